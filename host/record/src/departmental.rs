//! The seam between the host and a departmental: what it is asked, what it answers, and the chart it may read.
//!
//! Invariant: a departmental sees the record only through a `Chart`, as of its call's `t` and within its grants.

pub mod advice;
mod answer;
pub(crate) mod call;
pub mod call_log;
pub mod chart;
pub mod cost;
pub(crate) mod form;
pub(crate) mod grant;
pub mod intake;
pub mod manifest;
pub mod menu;
pub mod outcome;
pub(crate) mod proposal;
pub mod rehearsal;
pub mod replay;
pub(crate) mod rows;
pub mod screen;
#[cfg(any(test, feature = "testing"))]
pub mod scripted;
pub(crate) mod seam;
pub(crate) mod search;
pub mod setting;
mod strikes;
pub mod watch;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use fhir::resource::Id;
use serde_json::Value;

use crate::caller::{Role, SiteCode};
use crate::departmental::cost::Answered;
use crate::departmental::manifest::{Manifest, ManifestError};
use crate::log::T;

/// A departmental's name: 1 to 64 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DepartmentalId(String);

impl DepartmentalId {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DepartmentalId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl FromStr for DepartmentalId {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(right) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ManifestError {
                at: "id".to_owned(),
                what: "write 1 to 64 lower-case letters, digits and hyphens".to_owned(),
            })
        }
    }
}

/// What bytes are known by: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// The digest as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let right = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.strip_prefix("sha256:") {
            Some(hex) if hex.len() == 64 && hex.bytes().all(right) => Ok(Self(text.to_owned())),
            Some(_) | None => Err(ManifestError {
                at: "digest".to_owned(),
                what: "write `sha256:` and 64 lower-case hexadecimal digits".to_owned(),
            }),
        }
    }
}

/// One published version of a departmental.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its name.
    pub id: DepartmentalId,
    /// Its version.
    pub version: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The digest of the published manifest that names those bytes.
    pub manifest_digest: String,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Who supplies it.
    pub supplier: String,
    /// The key that signed it.
    pub signed_by: String,
}

/// One call of a departmental: everything it may depend on but the chart.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which release.
    pub release: Arc<Release>,
    /// The site for which it answers.
    pub site: SiteCode,
    /// The patient it is about.
    pub patient: Option<Id>,
    /// The encounter it is about.
    pub encounter: Option<Id>,
    /// The role of whoever asks.
    pub role: Role,
    /// The moment of the whole call, RFC 3339.
    pub now: String,
    /// As of which commit the chart is read.
    pub t: T,
    /// Regional and site settings, already valid.
    pub settings: Value,
    /// The call's own id.
    pub id: String,
}

/// What a departmental is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Draw a screen.
    Open {
        /// Which.
        screen: String,
        /// With what.
        parameters: Value,
    },
    /// A form of a screen was sent.
    Submit {
        /// The screen that drew it.
        screen: String,
        /// The button pressed.
        action: String,
        /// The form's values.
        form: Value,
    },
    /// Something happened in the record.
    React {
        /// What.
        event: Value,
    },
    /// Is there anything to say at this moment of the core application?
    Advise {
        /// Which moment.
        hook: String,
        /// A `hook/1` document.
        input: Value,
    },
    /// What does this message say?
    Convert {
        /// A format of its manifest.
        format: String,
        /// The message as it arrived.
        message: Vec<u8>,
    },
}

/// What a departmental answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A `screen/1` document.
    Screen(Value),
    /// An `outcome/1` document.
    Outcome(Value),
    /// A `proposal/1` document.
    Proposal(Value),
    /// An `advice/1` document.
    Advice(Value),
    /// An ordinary "no" of the guest.
    Refused(Failure),
    /// The guest failed; this never means "nothing found".
    Failed {
        /// How.
        kind: FailureKind,
        /// What happened, for whoever runs the host.
        what: String,
    },
}

/// How a departmental failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It stopped itself.
    Trap,
    /// It took too long.
    Timeout,
    /// It wanted more than it may have.
    Limit,
    /// Its answer does not follow the contract.
    Malformed,
    /// It could not be loaded.
    Load,
    /// It was not asked: there was no turn for it within the time that a call waits.
    Busy,
    /// It was not asked: it failed so often of late that it is left alone for a while.
    Resting,
    /// It was not asked: it failed so often that a trust administrator has to let it run again.
    HeldBack,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Trap,
        Self::Timeout,
        Self::Limit,
        Self::Malformed,
        Self::Load,
        Self::Busy,
        Self::Resting,
        Self::HeldBack,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::Limit => "limit",
            Self::Malformed => "malformed",
            Self::Load => "load",
            Self::Busy => "busy",
            Self::Resting => "resting",
            Self::HeldBack => "held-back",
        }
    }

    /// The kind that a word names.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it was not asked at all, so that the same question may be answered later.
    pub fn was_not_asked(self) -> bool {
        match self {
            Self::Busy | Self::Resting | Self::HeldBack => true,
            Self::Trap | Self::Timeout | Self::Limit | Self::Malformed | Self::Load => false,
        }
    }
}

/// An ordinary "no", in the contract's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// An open list: `not-granted`, `not-found`, `invalid`, `busy`, `limit`, …
    pub code: String,
    /// What is wrong and what to do.
    pub detail: String,
}

/// An answer that takes its time.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One loaded release of a departmental.
pub trait Departmental: Send + Sync + 'static {
    /// Puts a question; the chart is all it may read. Says what the answer cost.
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answered>;
}

/// Where releases come from.
pub trait Library: Send + Sync + 'static {
    /// Every release that may be enabled.
    fn published(&self) -> Reply<'_, Result<Vec<Arc<Release>>, LibraryError>>;
    /// The departmental behind a digest; its signature and digest are checked again.
    fn load(&self, digest: &Digest) -> Reply<'_, Result<Arc<dyn Departmental>, LibraryError>>;
    /// Puts to a release, on this host, the golden cases that it carries. `Refused` names the first that does not pass.
    fn rehearse(&self, digest: &Digest) -> Reply<'_, Result<(), LibraryError>>;
    /// What was published when it was last looked, and cannot be enabled at this host.
    fn unfit(&self) -> Vec<Unfit>;
}

/// A published release that this host does not offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Under which name it is published.
    pub name: String,
    /// In which version.
    pub version: String,
    /// What it needs, or what is wrong with it.
    pub why: String,
}

/// Why a release could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// Nobody published it.
    #[error("no release {digest} is published")]
    NotPublished {
        /// Which bytes.
        digest: String,
    },
    /// It is not what was signed, or imports what no departmental may.
    #[error("release {digest} is refused: {why}")]
    Refused {
        /// Which bytes.
        digest: String,
        /// Why.
        why: String,
    },
    /// The registry did not answer.
    #[error("the registry cannot be reached: {why}")]
    Unreachable {
        /// Why.
        why: String,
    },
}

/// The record as of a call's `t`, through the grants: the only thing a departmental can read.
#[derive(Clone)]
pub struct Chart {
    window: Arc<chart::Window>,
}

impl Failure {
    /// A failure with its code and what to do about it.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    /// As it may be shown: a guest's own words, cut to a screen's measure.
    pub(crate) fn bounded(self) -> Self {
        Self {
            code: self.code.chars().take(64).collect(),
            detail: self.detail.chars().take(500).collect(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
