//! What the record asks of a database: a narrow, append-only trait that SQLite and PostgreSQL both implement.
//!
//! Invariant: only `Record` holds a `Store`; what a store has acknowledged is on disk.

pub(crate) mod backup;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod cut;
pub(crate) mod document_copy;
pub(crate) mod heard;
mod leaf;
pub(crate) mod message;
pub(crate) mod plan;
pub mod postgres;
pub(crate) mod row;
pub(crate) mod scan;
pub(crate) mod sending;
pub(crate) mod shelf;
pub(crate) mod sqlite;
pub(crate) mod statement;
pub(crate) mod subscription;
pub(crate) mod terminology;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use fhir::resource::Key;

pub(crate) use self::statement::NOT_IMPLIED;
use crate::store::call::CallStore;
use crate::store::document_copy::CopyStore;
use crate::store::heard::HeardStore;
use crate::store::message::MessageStore;
use crate::store::plan::Plan;
use crate::store::row::{Batch, CommitRow, Head, LeafRow, MessageRow, VersionRow};
use crate::store::sending::SendingStore;
use crate::store::shelf::{Item, Shelf};
use crate::store::subscription::SubscriptionStore;
use crate::store::terminology::TerminologyStore;
use crate::{Kind, with_causes};

/// What a store answers, in its time.
pub(crate) type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Which versions a history is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// One resource's, by its number.
    Resource(i64),
    /// Those of numbers from the first until before the second.
    Between(i64, i64),
}

/// A page of versions, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turned {
    /// Whose.
    pub(crate) span: Span,
    /// Only versions with a number below this.
    pub(crate) before_v: i64,
    /// Only versions of commits up to this.
    pub(crate) t: i64,
    /// Only versions of commits made at or after this, in milliseconds since 1970.
    pub(crate) since_ms: i64,
    /// Only versions that were current at or after this, in milliseconds since 1970: not those that were replaced by
    /// then, nor a deletion from before.
    pub(crate) during_ms: Option<i64>,
    /// At most so many.
    pub(crate) n_max: u32,
}

/// A wish to have a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Of what.
    pub(crate) name: String,
    /// By whom.
    pub(crate) holder: String,
    /// For how long, in milliseconds.
    pub(crate) for_ms: i64,
    /// The time on the record's clock, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// A database that keeps the record. `sqlite` and `postgres` both pass `suite`.
pub(crate) trait Store:
    TerminologyStore
    + CallStore
    + CopyStore
    + SendingStore
    + SubscriptionStore
    + HeardStore
    + MessageStore
{
    /// Where the record ends.
    fn head(&self) -> Reply<'_, Head>;
    /// Takes the committer's turn, and tells where the record ends now. `write` or `give_up` ends the turn.
    fn begin(&self) -> Reply<'_, Head>;
    /// Writes the batch whole or not at all, and ends the turn either way. When it fails, `head` tells what is true.
    fn write(&self, batch: Arc<Batch>) -> Reply<'_, ()>;
    /// Ends the turn with nothing written.
    fn give_up(&self) -> Reply<'_, ()>;
    /// Whether other hosts may commit to the same database.
    fn shared(&self) -> bool;

    /// The numbers of resources, in the order asked.
    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>>;
    /// The versions that stood at commit `t`, deletions included, in the order asked.
    fn standing(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<Option<VersionRow>>>;
    /// One version of a resource.
    fn version(&self, r: i64, version: i64) -> Reply<'_, Option<VersionRow>>;
    /// All versions of these resources up to commit `t`, each resource's together and in order.
    fn histories(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<VersionRow>>;
    /// Versions, newest first.
    fn history(&self, page: Turned) -> Reply<'_, Vec<VersionRow>>;
    /// Keys and numbers of what matches, each once, in the plan's order, at most `n_max`.
    fn search(&self, plan: Plan) -> Reply<'_, Vec<(i64, i64)>>;
    /// How many match.
    fn count(&self, plan: Plan) -> Reply<'_, u64>;

    /// Commits after `t`, oldest first, and what each changed; without bodies.
    fn commits_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<(CommitRow, Vec<VersionRow>)>>;
    /// The first commit made at or after a moment; one past the last when there is none.
    fn commit_from(&self, at_ms: i64) -> Reply<'_, i64>;
    /// Where a cursor stands.
    fn cursor(&self, name: String) -> Reply<'_, Option<i64>>;
    /// Every kept message after commit `t`, filed or parked, oldest first, with its bytes.
    fn messages_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>>;
    /// Audit leaves after number `n`, oldest first.
    fn leaves(&self, n: i64, n_max: u32) -> Reply<'_, Vec<LeafRow>>;

    /// Puts things on their shelves.
    fn shelve(&self, items: Vec<Item>) -> Reply<'_, ()>;
    /// Looks for a thing.
    fn shelved(&self, shelf: Shelf, name: String) -> Reply<'_, Option<Item>>;
    /// Takes a thing off its shelf.
    fn unshelve(&self, shelf: Shelf, name: String) -> Reply<'_, ()>;
    /// Puts a thing on its shelf unless something has its name there, and gives what lies there then.
    fn shelve_first(&self, item: Item) -> Reply<'_, Item>;

    /// Takes a lease, or keeps it for longer: `None` when another holder has it. The token given is greater than that of
    /// any holder before. `now_ms` counts only where one process has the database for itself; hosts that share one go by
    /// its clock.
    fn lease(&self, wanted: Wanted) -> Reply<'_, Option<i64>>;
    /// Lets go of a lease, if this holder has it.
    fn let_go(&self, name: String, holder: String) -> Reply<'_, ()>;

    /// Gives a part of the reserve back to the disk, so that leaves can still be kept; false when there is none left.
    fn spend_reserve(&self) -> Reply<'_, bool>;
    /// Makes the reserve whole; false when the disk has no room for it.
    fn restore_reserve(&self) -> Reply<'_, bool>;
    /// Finishes what is being done and lets the database go.
    fn close(&self) -> Reply<'_, ()>;
}

/// Merges the answers of a plan's arms: each match once, in order, at most `n_max`.
fn merged(plan: &Plan, mut rows: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    if plan.arms.len() > 1 {
        rows.sort_unstable();
        rows.dedup_by_key(|(_, r)| *r);
        if plan.order.descending() {
            rows.reverse();
        }
    }
    rows.truncate(usize::try_from(plan.n_max).unwrap_or(usize::MAX));
    rows
}

/// Where the record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder for an embedded SQLite database.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its connection string.
    Postgres(String),
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(folder) if !folder.is_empty() => Ok(Self::Sqlite(PathBuf::from(folder))),
            Some(_) | None => Err(NotAPlace),
        }
    }
}

/// A text that says no place. It is not repeated, since it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write `sqlite:<folder>` or `postgres://<user>@<host>:<port>/<database>`")]
pub struct NotAPlace;

/// The words of a driver.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be opened.
    #[error("opening the record at {place}: {why}")]
    Open {
        /// Where, without passwords.
        place: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// It would acknowledge what is not on disk.
    #[error(
        "the database does not keep what it acknowledges: set {setting} to {wanted}, it is {found}"
    )]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// It cannot be reached now, or went away in the middle. Nothing was written.
    #[error("the database cannot be reached {doing}")]
    Away {
        /// What was being done.
        doing: &'static str,
        /// The driver's own words.
        source: Cause,
    },
    /// Its disk is full. Nothing was written.
    #[error(
        "the database's disk is full {doing}: nothing was written; make room, and it goes on by itself"
    )]
    Full {
        /// What was being done.
        doing: &'static str,
    },
    /// It went away while a batch was written, and did not come back in time to be asked.
    #[error(
        "the database went away while this was written, and whether it was kept is not known: look before sending it again"
    )]
    Doubtful,
    /// Somebody else has taken over what the writer had a lease on.
    #[error("the lease {lease} was lost: another host has taken over")]
    Fenced {
        /// Which lease.
        lease: String,
    },
    /// Too much is waiting for it, or it took too long.
    #[error("the database is busy {doing}")]
    Busy {
        /// What was being done.
        doing: &'static str,
    },
    /// It took longer than it may.
    #[error(
        "{doing} took longer than {} ms: ask for less at once",
        crate::limits::SEARCH_MS_MAX
    )]
    TooLong {
        /// What was being done.
        doing: &'static str,
    },
    /// It failed.
    #[error("the database failed {doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The driver's own words.
        source: Cause,
    },
    /// What it holds is not what this program wrote.
    #[error("the database holds something unexpected {doing}: {what}")]
    Corrupt {
        /// What was being done.
        doing: &'static str,
        /// What was found.
        what: String,
    },
    /// The record is closed or closing.
    #[error("the record is closed")]
    Closed,
}

impl StoreError {
    /// The same once more, for one of several whom it concerns.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Open { place, why } => Self::Open {
                place: place.clone(),
                why: why.clone(),
            },
            Self::NotDurable {
                setting,
                wanted,
                found,
            } => Self::NotDurable {
                setting,
                wanted,
                found: found.clone(),
            },
            Self::Away { doing, source } => Self::Away {
                doing,
                source: with_causes(source.as_ref()).into(),
            },
            Self::Full { doing } => Self::Full { doing },
            Self::Doubtful => Self::Doubtful,
            Self::Fenced { lease } => Self::Fenced {
                lease: lease.clone(),
            },
            Self::Busy { doing } => Self::Busy { doing },
            Self::TooLong { doing } => Self::TooLong { doing },
            Self::Failed { doing, source } => Self::Failed {
                doing,
                source: with_causes(source.as_ref()).into(),
            },
            Self::Corrupt { doing, what } => Self::Corrupt {
                doing,
                what: what.clone(),
            },
            Self::Closed => Self::Closed,
        }
    }

    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Busy { .. } | Self::TooLong { .. } => Kind::Busy,
            Self::Away { .. } | Self::Closed => Kind::Busy,
            Self::Full { .. } => Kind::Full,
            Self::Fenced { .. } => Kind::Conflict,
            Self::Open { .. } | Self::NotDurable { .. } => Kind::Fault,
            Self::Failed { .. } | Self::Corrupt { .. } | Self::Doubtful => Kind::Fault,
        }
    }
}
