//! What a Subscription asks for: R4's own, by a search, or by a topic as the R5 Backport guide writes it.
//!
//! Invariant: what is read here can be evaluated and delivered; everything else is refused with its place and what to
//! write instead.

mod hook;
mod reading;

use fhir::query::{Condition, Query};
use fhir::resource::{Key, ResourceType};
use serde_json::Value;

use super::topic::Topic;
use crate::caller::Caller;

/// What the structures of the guide have in common.
pub(crate) const GUIDE: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
/// The system of the tag that says whose subscription it is.
pub(crate) const AUTHOR: &str = "urn:palatine:subscription-author";

/// What a subscription asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which resource says so.
    pub key: Key,
    /// Its state, as it stands in the record.
    pub status: Status,
    /// Whose it is: an account. Empty before it is committed.
    pub author: String,
    /// What is an event.
    pub criteria: Criteria,
    /// Where events go.
    pub channel: Channel,
    /// What an event carries.
    pub content: Content,
    /// When it ends, in milliseconds since 1970.
    pub end_ms: Option<i64>,
}

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its receiver was not heard of yet.
    Requested,
    /// Events are delivered.
    Active,
    /// Its receiver does not take events; they are counted and wait.
    Error,
    /// It has ended.
    Off,
}

/// What is an event for a subscription.
#[derive(Clone)]
pub struct Criteria {
    /// The topic; `None`: every create and update that the search finds.
    pub topic: Option<&'static Topic>,
    /// Everything that must hold of the resource.
    pub queries: Vec<Query>,
    /// Of which type.
    pub resource_type: ResourceType,
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Sent to an address.
    RestHook(RestHook),
    /// To whoever is connected with a token.
    WebSocket {
        /// How often it is written to when nothing happens, in seconds.
        heartbeat_s: Option<u64>,
    },
}

/// An address that takes events.
#[derive(Clone, PartialEq, Eq)]
pub struct RestHook {
    /// Where.
    pub endpoint: String,
    /// What its owner wants sent with each, name and value.
    pub headers: Vec<(String, String)>,
    /// How long it may take to answer, in seconds.
    pub timeout_s: u64,
    /// How often it is written to when nothing happens, in seconds.
    pub heartbeat_s: Option<u64>,
    /// How many events one notification may carry.
    pub count_max: u32,
}

/// What an event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing but its number.
    Empty,
    /// Which resource it is about.
    IdOnly,
    /// The resource as well.
    FullResource,
}

impl Status {
    /// Every state, in the order of its number.
    pub(crate) const ALL: [Self; 4] = [Self::Requested, Self::Active, Self::Error, Self::Off];

    /// As FHIR writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Error => "error",
            Self::Off => "off",
        }
    }

    /// Its number in databases, which never changes its meaning.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Requested => 0,
            Self::Active => 1,
            Self::Error => 2,
            Self::Off => 3,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl Content {
    /// Every kind.
    const ALL: [Self; 3] = [Self::Empty, Self::IdOnly, Self::FullResource];

    /// As the guide writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::IdOnly => "id-only",
            Self::FullResource => "full-resource",
        }
    }

    /// What a word of the guide means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl RestHook {
    /// The host, as the address names it.
    pub fn host(&self) -> &str {
        let rest = self.endpoint.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }
}

/// The headers may hold what opens a door, so they are not printed.
impl std::fmt::Debug for RestHook {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut it = to.debug_struct("RestHook");
        it.field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Criteria {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let topic = self.topic.map(|topic| topic.url);
        let mut it = to.debug_struct("Criteria");
        it.field("type", &self.resource_type).field("topic", &topic);
        it.finish_non_exhaustive()
    }
}

impl Asked {
    /// Whether what is asked for is that of another version, whatever its state.
    pub(crate) fn same_question(one: &Value, other: &Value) -> bool {
        ["criteria", "_criteria", "channel"]
            .iter()
            .all(|member| one.get(member) == other.get(member))
    }

    /// Whether one patient is named, so that what is delivered is of that patient alone.
    pub(crate) fn is_of_one_patient(&self) -> bool {
        let is_patient = |value: &Condition| match value {
            Condition::Reference { keys, .. } => {
                let patients = keys
                    .iter()
                    .filter(|key| key.resource_type == ResourceType::PATIENT);
                patients.count() == 1
            }
            Condition::Token { code, .. } => code.is_some(),
            Condition::Text { .. } | Condition::Date { .. } | Condition::Number { .. } => false,
            Condition::Quantity { .. } | Condition::Uri(_) | Condition::OfType { .. } => false,
            Condition::Composite(_) | Condition::Near { .. } | Condition::Words(_) => false,
            Condition::Missing(_) => false,
        };
        let names_one = |query: &Query| {
            query.clauses.iter().any(|clause| {
                let by = clause.parameter.name;
                let of_patient = query.resource_type == ResourceType::PATIENT && by == "_id";
                clause.modifier.is_none()
                    && (of_patient || by == "patient" || by == "subject")
                    && matches!(clause.values.as_slice(), [one] if is_patient(one))
            })
        };
        self.criteria.queries.iter().any(names_one)
    }

    /// Whether its time is over.
    pub(crate) fn has_ended(&self, now_ms: i64) -> bool {
        self.end_ms.is_some_and(|end_ms| end_ms <= now_ms)
    }

    /// Whether this caller may look after it: its author, or somebody who answers for the whole record.
    pub(crate) fn is_looked_after_by(&self, caller: &Caller) -> bool {
        self.author == caller.account() || caller.role() == crate::caller::Role::Operator
    }
}

/// Whose subscription a resource is.
pub(crate) fn author(value: &Value) -> Option<&str> {
    let tags = value.pointer("/meta/tag")?.as_array()?;
    let tag = tags
        .iter()
        .find(|tag| tag.get("system").and_then(Value::as_str) == Some(AUTHOR))?;
    tag.get("code")?.as_str()
}
