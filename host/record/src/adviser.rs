//! Services outside that give advice beside an opened chart (CDS Hooks), as an operator declares them.
//!
//! Invariant: what is declared is one note in the log, so who let what leave to where has a history; a service is sent
//! what its declaration names and nothing else, whatever it asks for.

mod answer;
mod ask;
mod codec;
mod prefetch;
mod token;
mod way;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock};

use fhir::resource::Key;
use serde_json::Value;

pub use self::answer::OutsideCard;
pub use self::ask::{Heard, OutsideAdvice};
pub use self::prefetch::Template;
pub use self::way::{Asked, Errand, Fetched, Outside, OutsideError};
use crate::caller::{Caller, Role, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::departmental::manifest::Hook;
use crate::limits::{ADVISER_ADDRESS_CHARS_MAX, ADVISERS_AT_ONCE, ADVISERS_MAX, PREFETCH_KEYS_MAX};
use crate::note::Note;
use crate::proposal::Proposal;
use crate::store::StoreError;
use crate::{Kind, ReadError, Record, Stored};

/// The name of a service outside: 1 to 40 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdviserId(String);

/// A text that is no such name.
#[derive(Debug, thiserror::Error)]
#[error("write 1 to 40 lower-case letters, digits and hyphens")]
pub struct NotAnAdviserId;

impl FromStr for AdviserId {
    type Err = NotAnAdviserId;

    fn from_str(text: &str) -> Result<Self, NotAnAdviserId> {
        is_short_name(text)
            .then(|| Self(text.to_owned()))
            .ok_or(NotAnAdviserId)
    }
}

/// Whether it names somebody outside: 1 to 40 lower-case letters, digits and hyphens.
pub(crate) fn is_short_name(text: &str) -> bool {
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(right)
}

impl fmt::Display for AdviserId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// A service outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adviser {
    /// Its name here.
    pub id: AdviserId,
    /// Its name as people read it.
    pub name: String,
    /// Where it is called, for example `https://advice.example/cds-services/renal`.
    pub address: String,
    /// At which hook.
    pub hook: Hook,
    /// What is sent to it of the patient, by the key under which it expects it.
    pub prefetch: BTreeMap<String, Template>,
    /// For whose clinicians; none: for those of every site.
    pub sites: Vec<SiteCode>,
    /// Whether it is called.
    pub runs: bool,
}

/// Why a service, or a holder of documents, was not declared.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// Only an operator declares services.
    #[error("{account} may not declare services outside")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// Something about it is wrong.
    #[error("{member}: {what}")]
    Incorrect {
        /// Which member.
        member: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// Somebody else changed what is declared in between.
    #[error("somebody else declared something meanwhile: look again")]
    Changed,
    /// It could not be committed.
    #[error("it could not be declared")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
    /// The record could not be read.
    #[error("what is declared could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl DeclareError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Incorrect { .. } => Kind::Incorrect,
            Self::Changed => Kind::Conflict,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

impl From<StoreError> for DeclareError {
    fn from(source: StoreError) -> Self {
        ReadError::from(source).into()
    }
}

/// Every service, with the version of the note that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advisers {
    /// In order of their names here.
    pub all: Vec<Adviser>,
    /// What whoever changes them saw.
    pub version: u64,
}

/// What a record keeps about services outside in memory.
pub(crate) struct Abroad {
    way: OnceLock<Arc<dyn Outside>>,
    turns: Arc<tokio::sync::Semaphore>,
    strikes: Mutex<BTreeMap<AdviserId, ask::Strikes>>,
    key: [u8; 32],
}

impl Abroad {
    /// Nothing known; calls are signed with this key, which the hosts of one database share.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            way: OnceLock::new(),
            turns: Arc::new(tokio::sync::Semaphore::new(ADVISERS_AT_ONCE)),
            strikes: Mutex::default(),
            key,
        }
    }
}

impl Record {
    /// Gives the record a way to services outside. Without one, they are named and not called. Only the first call counts.
    pub fn with_outside(&self, way: Arc<dyn Outside>) {
        if self.abroad().way.set(way).is_err() {
            tracing::warn!("a second way outside was ignored");
        }
    }

    /// The public key by which services outside know the calls of this record: a JSON Web Key Set.
    pub fn advice_keys(&self) -> Value {
        token::key_set(&self.abroad().key)
    }

    /// Every service, for an operator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else, `Read`.
    pub async fn advisers(&self, caller: &Caller) -> Result<Advisers, DeclareError> {
        may_declare(caller)?;
        Ok(self.known_advisers().await?)
    }

    /// Declares a service, or another one in its place; `seen` is the version of [`Advisers`] that was looked at.
    ///
    /// # Errors
    /// Every variant of [`DeclareError`].
    pub async fn declare_adviser(
        &self,
        caller: &Caller,
        adviser: Adviser,
        seen: u64,
    ) -> Result<Receipt, DeclareError> {
        may_declare(caller)?;
        sound(&adviser)?;
        let known = self.known_advisers().await?;
        if known.version != seen {
            return Err(DeclareError::Changed);
        }
        let mut all = known.all;
        all.retain(|it| it.id != adviser.id);
        all.push(adviser);
        all.sort_by(|one, other| one.id.cmp(&other.id));
        if all.len() > ADVISERS_MAX {
            let what = format!("{ADVISERS_MAX} are declared already");
            return Err(incorrect("services", what));
        }
        self.declare_note(caller, codec::written(&all, caller)?, seen)
            .await
    }

    /// Commits a note that declares who is asked outside, in the place of the version that was seen.
    pub(crate) async fn declare_note(
        &self,
        caller: &Caller,
        note: Note,
        seen: u64,
    ) -> Result<Receipt, DeclareError> {
        let proposal = Proposal::direct(vec![note.change(Some(seen))?]);
        let committed = self.commit_granted(caller, proposal).await;
        committed.map_err(|why| match why.kind() {
            Kind::Conflict => DeclareError::Changed,
            Kind::Incorrect
            | Kind::Forbidden
            | Kind::NotFound
            | Kind::Refused
            | Kind::Busy
            | Kind::Full
            | Kind::Fault => why.into(),
        })
    }

    /// What is declared now. It is the host's own note, and kept in memory: looking at it leaves no leaf.
    async fn known_advisers(&self) -> Result<Advisers, ReadError> {
        let Some(stored) = self.note_outside(codec::key()?).await? else {
            return Ok(Advisers::default());
        };
        let version = stored.version;
        let all = codec::read(&stored)?;
        Ok(Advisers { all, version })
    }

    /// A note that declares who is asked outside; `None`: nobody was ever declared.
    pub(crate) async fn note_outside(&self, key: Key) -> Result<Option<Stored>, ReadError> {
        let standing = self.standing_of(&[key], self.current_t()).await?;
        let row = standing.into_iter().next().flatten();
        Ok(row.map(|row| Stored::of(&row)))
    }

    /// The way outside, if this host was given one.
    pub(crate) fn way_outside(&self) -> Option<&Arc<dyn Outside>> {
        self.abroad().way.get()
    }

    /// What says to somebody outside that this record asks, for whom and why, under a number of its own.
    pub(crate) fn bearer(&self, address: &str, about: Value) -> Result<String, ReadError> {
        let (key, number) = (&self.abroad().key, ask::uuid()?);
        Ok(token::token(key, address, self.now_ms(), &number, about))
    }

    fn abroad(&self) -> &Abroad {
        &self.inner.abroad
    }
}

/// What the record is called outside: a name that only the holder of its key can sign for.
pub(crate) fn issuer_of(record: &Record) -> String {
    token::issuer(&record.abroad().key)
}

pub(crate) fn may_declare(caller: &Caller) -> Result<(), DeclareError> {
    if caller.role() == Role::Operator {
        return Ok(());
    }
    Err(DeclareError::Forbidden {
        account: caller.account().to_owned(),
    })
}

pub(crate) fn incorrect(member: &'static str, what: impl Into<String>) -> DeclareError {
    DeclareError::Incorrect {
        member,
        what: what.into(),
    }
}

/// Whether somebody outside can be called so.
pub(crate) fn sound_name(name: &str) -> Result<(), DeclareError> {
    let is_right = (1..=120).contains(&name.trim().chars().count());
    if is_right && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(incorrect("name", "write 1 to 120 characters in one line"))
}

/// Whether a service can be declared so. What its host's name leads to is looked at whenever it is called.
fn sound(adviser: &Adviser) -> Result<(), DeclareError> {
    sound_name(&adviser.name)?;
    let address = adviser.address.as_str();
    let rest = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"));
    let visible = address.bytes().all(|byte| byte.is_ascii_graphic());
    let is_plain = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '?', '#']));
    if !visible || !is_plain || address.len() > ADVISER_ADDRESS_CHARS_MAX {
        let what = format!(
            "write https://HOST/… without a user, query or fragment, at most {ADVISER_ADDRESS_CHARS_MAX} characters"
        );
        return Err(incorrect("address", what));
    }
    if adviser.prefetch.len() > PREFETCH_KEYS_MAX {
        let what = format!("name at most {PREFETCH_KEYS_MAX} things to send");
        return Err(incorrect("prefetch", what));
    }
    let is_key = |key: &String| {
        (1..=64).contains(&key.len())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !adviser.prefetch.keys().all(is_key) {
        let what = "a key has 1 to 64 letters, digits, `-` and `_`";
        return Err(incorrect("prefetch", what));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
