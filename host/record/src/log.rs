//! The commits in order, and cursors over them.
//!
//! Invariant: `t` starts at 1, rises by 1 with every commit and is never used twice.

use std::fmt;

use fhir::resource::Key;

use crate::commit::What;
use crate::{ReadError, Record};

/// The number of a commit. 0 is the empty record before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct T(pub u64);

impl fmt::Display for T {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}", self.0)
    }
}

/// The moment at which the record is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// As of the last commit.
    Now,
    /// As of this commit.
    Commit(T),
    /// As of the last commit at or before this RFC 3339 moment.
    Instant(String),
}

/// One commit, as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitEntry {
    /// Its number.
    pub t: T,
    /// When it was made, RFC 3339 in UTC; never earlier than the commit before it.
    pub at: String,
    /// The site for which it was made.
    pub site: String,
    /// The account that made it.
    pub account: String,
    /// The departmental that proposed it, if one did.
    pub departmental: Option<ProposedBy>,
    /// What it changed, in the order of the proposal.
    pub changes: Vec<ChangeEntry>,
}

/// The departmental that proposed a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedBy {
    /// Its name.
    pub id: String,
    /// The digest of its bytes, `sha256:…`.
    pub digest: String,
    /// The call that answered the proposal.
    pub call: String,
}

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeEntry {
    /// Which resource.
    pub key: Key,
    /// The version this commit wrote.
    pub version: u64,
    /// What happened to it: never [`What::Existing`].
    pub what: What,
}

impl Record {
    /// The last commit this host knows of.
    pub fn current(&self) -> T {
        todo!()
    }

    /// Commits after `after`, oldest first, at most `n_max` (bounded by `limits::LOG_PAGE_MAX`).
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn commits_after(&self, after: T, n_max: u32) -> Result<Vec<CommitEntry>, ReadError> {
        let _ = (after, n_max);
        todo!()
    }

    /// Waits until there is a commit after `after`, and gives the last one's number.
    pub async fn wait_after(&self, after: T) -> T {
        let _ = after;
        todo!()
    }

    /// Where a reader of the log stands; `None` when it never moved. It is moved only by a proposal's `cursor`.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn cursor(&self, name: &str) -> Result<Option<T>, ReadError> {
        let _ = name;
        todo!()
    }
}
