//! What an identity event says of itself in the log: which persons, what was done, which event it undoes.
//!
//! Invariant: only this package makes an errand, so no request from outside can move what is recorded of one person to another.

use fhir::resource::{Id, Key, ResourceType};
use serde_json::{Value, json};

use crate::log::T;
use crate::memory::Mark;

/// What an identity event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Two records become one.
    Merge,
    /// They become two again.
    Unmerge,
    /// It is said whose something is that was written while they were one.
    Settle,
}

impl Act {
    /// The word in the log, in tags and in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Unmerge => "unmerge",
            Self::Settle => "settle",
        }
    }

    fn read(word: &str) -> Option<Self> {
        let all = [Self::Merge, Self::Unmerge, Self::Settle];
        all.into_iter().find(|act| act.as_str() == word)
    }
}

/// One of the two persons of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that was merged into the other.
    Source,
    /// The one that stands.
    Target,
}

impl Side {
    /// The word in requests, forms and the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    /// The side that a word names.
    pub fn read(word: &str) -> Option<Self> {
        let all = [Self::Source, Self::Target];
        all.into_iter().find(|side| side.as_str() == word)
    }
}

/// What the log says of an identity event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What was done.
    pub act: Act,
    /// Who was merged into the other.
    pub source: Key,
    /// Who stands.
    pub target: Key,
    /// The Provenance that says who did it, when, why and on what evidence.
    pub event: Key,
    /// Whose NHS number stands, where the two differed.
    pub stands: Option<Side>,
    /// The commit of the merge that is undone.
    pub undoes: Option<T>,
}

impl Identity {
    /// As it is written beside the commit.
    pub(crate) fn written(&self) -> Value {
        json!({
            "act": self.act.as_str(),
            "source": self.source.id.as_str(),
            "target": self.target.id.as_str(),
            "event": self.event.id.as_str(),
            "stands": self.stands.map(Side::as_str),
            "undoes": self.undoes.map(|t| t.0),
        })
    }

    /// What was written beside a commit; `None`: it is no identity event.
    pub(crate) fn read(basis: &str) -> Option<Self> {
        if !basis.contains("\"identity\"") {
            return None;
        }
        let basis: Value = serde_json::from_str(basis).ok()?;
        let kept = basis.get("identity")?;
        let text = |name: &str| kept.get(name).and_then(Value::as_str);
        let patient = |name: &str| Some(person(text(name)?.parse().ok()?));
        Some(Self {
            act: Act::read(text("act")?)?,
            source: patient("source")?,
            target: patient("target")?,
            event: Key::new(ResourceType::PROVENANCE, text("event")?.parse().ok()?),
            stands: text("stands").and_then(Side::read),
            undoes: kept.get("undoes").and_then(Value::as_u64).map(T),
        })
    }

    /// The person of a side.
    pub fn of(&self, side: Side) -> &Key {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

/// The leave to move facts between two persons, and as of when it was found out what has to be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    pub(crate) identity: Identity,
    /// The commit as of which it was planned; what it rests on must not have changed since.
    pub(crate) t: i64,
    /// What must not have changed.
    pub(crate) rests_on: Vec<Mark>,
    /// The message that asked for it: MSH-3 and MSH-4 joined by `|`, and MSH-10.
    pub(crate) message: Option<(String, String)>,
}

impl Errand {
    /// What the audit's leaf says that it is about.
    pub(crate) fn about(&self) -> String {
        let Identity {
            act,
            source,
            target,
            event,
            ..
        } = &self.identity;
        format!("{} {source} {target} {event}", act.as_str())
    }
}

/// The patient of that id.
pub(crate) fn person(id: Id) -> Key {
    Key::new(ResourceType::PATIENT, id)
}
