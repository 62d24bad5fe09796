//! The commits in order, and cursors over them.
//!
//! Invariant: `t` starts at 1, rises by 1 with every commit and is never used twice.

pub mod moment;

use std::fmt;
use std::time::Duration;

use fhir::resource::Key;

use crate::clock::{from_rfc3339, rfc3339};
use crate::commit::{What, basis};
use crate::person::Identity;
use crate::store::row::{CREATED, DELETED, VersionRow};
use crate::{ReadError, Record, limits};

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
    /// The identity event that it is, if it is one: it moves what is recorded, and records nothing new.
    pub identity: Option<Identity>,
    /// Who sent the message that caused it, MSH-3 and MSH-4 joined by `|`, if one did.
    pub source: Option<String>,
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
    /// What happened to it: never [`What::Existing`] or [`What::Absent`].
    pub what: What,
}

impl Record {
    /// The last commit this host knows of.
    pub fn current(&self) -> T {
        number(self.current_t())
    }

    pub(crate) fn current_t(&self) -> i64 {
        *self.last().borrow()
    }

    /// Commits after `after`, oldest first, at most `n_max` (bounded by `limits::LOG_PAGE_MAX`).
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn commits_after(&self, after: T, n_max: u32) -> Result<Vec<CommitEntry>, ReadError> {
        let current = self.current_t();
        let after = i64::try_from(after.0).unwrap_or(i64::MAX);
        let rows = self
            .store()
            .commits_after(after, n_max.min(limits::LOG_PAGE_MAX))
            .await?;
        // What is on disk but not published yet is not known to other readers either.
        let known = rows.into_iter().filter(|(commit, _)| commit.t <= current);
        let entries = known.map(|(commit, versions)| CommitEntry {
            t: number(commit.t),
            at: rfc3339(commit.at_ms),
            site: commit.site,
            account: commit.account,
            departmental: basis::departmental(&commit.basis),
            identity: Identity::read(&commit.basis),
            source: basis::source(&commit.basis),
            changes: versions.into_iter().map(change).collect(),
        });
        Ok(entries.collect())
    }

    /// Waits until there is a commit after `after`, and gives the last one's number.
    pub async fn wait_after(&self, after: T) -> T {
        let after = i64::try_from(after.0).unwrap_or(i64::MAX);
        let mut published = self.last().clone();
        let reached = published.wait_for(|t| *t > after).await.map(|t| number(*t));
        match reached {
            Ok(t) => t,
            // A closed record has no further commits; nobody is to go round and round because of that.
            Err(_) => std::future::pending().await,
        }
    }

    /// Whether there are commits after one, at this host or another; if so, waits until they are known here.
    pub(crate) async fn knows_more_than(&self, known: T) -> Result<bool, crate::store::StoreError> {
        if self.current() > known {
            return Ok(true);
        }
        if !self.store().shared() {
            return Ok(false);
        }
        let head = number(self.store().head().await?.t);
        if head <= known {
            return Ok(false);
        }
        Ok(self.comes_to_know(head).await)
    }

    /// Waits until this host knows of a commit that the database has, its own or another's; whether it came to.
    pub(crate) async fn comes_to_know(&self, t: T) -> bool {
        // A host looks for the commits of others that often at least; longer it takes only while the database is away.
        let bound = Duration::from_millis(10 * limits::OTHERS_MS);
        let known = self.wait_after(T(t.0.saturating_sub(1)));
        tokio::time::timeout(bound, known).await.is_ok()
    }

    /// Where a reader of the log stands; `None` when it never moved. It is moved only by a proposal's `cursor`.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn cursor(&self, name: &str) -> Result<Option<T>, ReadError> {
        Ok(self.cursor_t(name).await?)
    }

    pub(crate) async fn cursor_t(&self, name: &str) -> Result<Option<T>, crate::store::StoreError> {
        Ok(self.store().cursor(name.to_owned()).await?.map(number))
    }

    /// The commit as of which a moment is read, so that several reads see the same record.
    ///
    /// # Errors
    /// `NoSuchMoment` for what lies in the future or is no moment, `Store`.
    pub async fn as_of(&self, at: &At) -> Result<T, ReadError> {
        Ok(number(self.moment(at).await?))
    }

    /// The commit as of which a moment is read.
    pub(crate) async fn moment(&self, at: &At) -> Result<i64, ReadError> {
        let current = self.current_t();
        match at {
            At::Now => Ok(current),
            At::Commit(T(t)) => match i64::try_from(*t) {
                Ok(t) if t <= current => Ok(t),
                Ok(_) | Err(_) => Err(ReadError::NoSuchMoment {
                    at: t.to_string(),
                    why: format!("the last commit is {current}"),
                }),
            },
            At::Instant(text) => {
                let at_ms = from_rfc3339(text).ok_or_else(|| ReadError::NoSuchMoment {
                    at: text.chars().take(40).collect(),
                    why: "write a commit's number, or a moment such as 2026-11-22T09:30:00Z"
                        .to_owned(),
                })?;
                Ok((self.commit_from(at_ms.saturating_add(1)).await? - 1).min(current))
            }
        }
    }

    /// The first commit made at or after a moment; one past the last when there is none.
    pub(crate) async fn commit_from(&self, at_ms: i64) -> Result<i64, ReadError> {
        Ok(self.store().commit_from(at_ms).await?)
    }
}

fn number(t: i64) -> T {
    T(u64::try_from(t).unwrap_or(0))
}

fn change(row: VersionRow) -> ChangeEntry {
    let what = match row.what {
        CREATED => What::Created,
        DELETED => What::Deleted,
        _ => What::Updated,
    };
    ChangeEntry {
        version: u64::try_from(row.version).unwrap_or(0),
        key: row.key,
        what,
    }
}
