//! The seam between the host and a departmental: what it is asked, what it answers, and the chart it may read.
//!
//! Invariant: a departmental sees the record only through a `Chart`, as of its call's `t` and within its grants.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use fhir::resource::Id;
use serde_json::Value;

use crate::caller::{Caller, Role, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::log::T;
use crate::{Kind, ReadError, Record};

/// A departmental's name, for example `pathology`: 1 to 64 lower-case letters, digits and hyphens.
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

/// Why a manifest or a name in it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct ManifestError {
    /// Where in the manifest.
    pub at: String,
    /// What is wrong and what to do.
    pub what: String,
}

/// What a departmental says of itself: the component's `departmental.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Its name.
    pub id: DepartmentalId,
    /// Its title, as people read it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who supplies it.
    pub supplier: String,
    /// The version of the contract it is built against.
    pub contract: String,
    /// The whole manifest.
    pub document: Value,
}

impl Manifest {
    /// Reads a manifest, which must follow `wit/schemas/manifest-1.json`.
    ///
    /// # Errors
    /// The first place that is wrong.
    pub fn parse(document: &Value) -> Result<Self, ManifestError> {
        let _ = document;
        todo!()
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
    /// Puts a question; the chart is all it may read.
    fn ask<'a>(&'a self, call: &'a Call, question: Question, chart: &'a Chart)
    -> Reply<'a, Answer>;
}

/// Where releases come from.
pub trait Library: Send + Sync + 'static {
    /// Every release that may be enabled.
    fn published(&self) -> Reply<'_, Result<Vec<Arc<Release>>, LibraryError>>;
    /// The departmental behind a digest; its signature and digest are checked again.
    fn load(&self, digest: &Digest) -> Reply<'_, Result<Arc<dyn Departmental>, LibraryError>>;
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
pub struct Chart {}

impl Chart {
    /// One resource as JSON.
    ///
    /// # Errors
    /// `not-granted`, `not-found`, `invalid`, `limit`.
    pub async fn read(&self, reference: &str) -> Result<String, Failure> {
        let _ = reference;
        todo!()
    }

    /// A searchset Bundle as JSON, with a `next` link. The host adds the compartment.
    ///
    /// # Errors
    /// `not-granted`, `invalid`, `limit`.
    pub async fn search(&self, query: &str) -> Result<String, Failure> {
        let _ = query;
        todo!()
    }

    /// One of the release's rule packs as JSON.
    ///
    /// # Errors
    /// `not-found`.
    pub fn pack(&self, name: &str) -> Result<String, Failure> {
        let _ = name;
        todo!()
    }

    /// A line for whoever runs the host; bounded.
    pub fn note(&self, level: &str, message: &str) {
        let _ = (level, message);
        todo!()
    }
}

/// A wish to see a screen.
#[derive(Clone, Debug)]
pub struct ScreenAsk {
    /// Whose.
    pub departmental: DepartmentalId,
    /// Which.
    pub screen: String,
    /// For which patient.
    pub patient: Option<Id>,
    /// With what.
    pub parameters: Value,
}

/// A form that was sent.
#[derive(Clone, Debug)]
pub struct SubmitAsk {
    /// Whose.
    pub departmental: DepartmentalId,
    /// The release that drew the form.
    pub digest: Digest,
    /// The screen that drew it.
    pub screen: String,
    /// The button pressed.
    pub action: String,
    /// For which patient.
    pub patient: Option<Id>,
    /// The form's values.
    pub form: Value,
    /// The same key twice has one effect.
    pub idempotency_key: String,
}

/// A screen as drawn by a departmental.
#[derive(Clone, Debug)]
pub struct Shown {
    /// A `screen/1` document.
    pub screen: Value,
    /// Who drew it.
    pub release: Arc<Release>,
    /// As of which commit.
    pub t: T,
    /// At which moment, RFC 3339.
    pub now: String,
}

/// What a sent form did.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// What was committed, if something was.
    pub receipt: Option<Receipt>,
    /// The screen to open next, if the departmental says one.
    pub next: Option<Value>,
    /// Findings on fields; with any, nothing was committed.
    pub findings: Vec<Value>,
    /// The screen to show again.
    pub screen: Option<Value>,
    /// Who answered.
    pub release: Arc<Release>,
}

/// Why a departmental's screen could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It is not enabled at this site.
    #[error("{departmental} is not enabled at {site}")]
    NotEnabled {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which site.
        site: SiteCode,
    },
    /// It has no such screen.
    #[error("{departmental} has no screen {screen}")]
    NoSuchScreen {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which screen.
        screen: String,
    },
    /// This role may not see it.
    #[error("{screen} of {departmental} is not for this role")]
    NotForRole {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which screen.
        screen: String,
    },
    /// There is no such patient, or this caller may not know of them.
    #[error("there is no such patient")]
    UnknownPatient,
    /// The departmental failed.
    #[error("{departmental} {version} failed: {what}")]
    Failed {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Its version.
        version: String,
        /// How.
        kind: FailureKind,
        /// What happened.
        what: String,
    },
    /// The departmental says no.
    #[error("{departmental} refuses: {}", .failure.detail)]
    Refused {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Its words.
        failure: Failure,
    },
    /// Its proposal goes beyond what it was granted.
    #[error("{departmental} proposes to write {what}, which it was not granted")]
    NotGranted {
        /// Which departmental.
        departmental: DepartmentalId,
        /// The type or patient at fault.
        what: String,
    },
    /// Its release could not be loaded.
    #[error("{departmental} could not be loaded")]
    Library {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Why.
        source: LibraryError,
    },
    /// Its proposal was not committed.
    #[error("the change was not committed")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
    /// The record could not be read.
    #[error("the record could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl AskError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotEnabled { .. } | Self::NoSuchScreen { .. } | Self::UnknownPatient => {
                Kind::NotFound
            }
            Self::NotForRole { .. } => Kind::Forbidden,
            Self::Refused { .. } | Self::NotGranted { .. } => Kind::Refused,
            Self::Failed { .. } | Self::Library { .. } => Kind::Fault,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

impl Record {
    /// Joins the record to the departmentals this host can load. Only the first call counts.
    pub fn with_library(&self, library: Arc<dyn Library>) {
        let _ = library;
        todo!()
    }

    /// Draws a departmental's screen.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn open_screen(&self, caller: &Caller, ask: ScreenAsk) -> Result<Shown, AskError> {
        let _ = (caller, ask);
        todo!()
    }

    /// Puts a sent form to the departmental, and commits what it proposes.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn submit_screen(
        &self,
        caller: &Caller,
        ask: SubmitAsk,
    ) -> Result<Submitted, AskError> {
        let _ = (caller, ask);
        todo!()
    }
}
