//! The record: facts about patients, kept as a log of numbered commits; this is its whole public API.
//!
//! Invariant: every change is a commit with a gap-free number `t`, every read is made as of one `t`,
//! and no answer leaves before its audit leaf is kept.

pub mod account;
pub mod audit;
pub mod caller;
pub mod clock;
pub mod commit;
pub mod departmental;
pub mod enablement;
pub mod limits;
pub mod log;
pub mod message;
pub mod permission;
pub mod proposal;
pub mod reaction;
pub mod read;
pub mod search;
pub mod store;

use std::sync::Arc;

use fhir::resource::Key;

use crate::clock::Clock;
use crate::log::T;
use crate::store::{Place, StoreError};

/// The record of one region. Cheap to clone; every clone is the same record.
#[derive(Clone)]
pub struct Record {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    /// What sign-in and the departmental seam keep in memory.
    accounts: account::Accounts,
    seam: departmental::seam::Seam,
}

impl Record {
    /// Opens the record at a place, creating it when there is none, and starts its committer.
    ///
    /// # Errors
    /// When the database cannot be opened, or is not set to keep what it acknowledges.
    pub async fn open(place: &Place, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let _ = (place, clock);
        todo!()
    }

    /// The time on the record's clock, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// Takes nothing more on, waits until what was taken on is on disk, and closes the database.
    pub async fn close(&self) {
        todo!()
    }
}

/// What went wrong, as far as an edge may care: HTTP status, HL7 acknowledgement and contract code follow from it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The asker has to change the request.
    Incorrect,
    /// This caller may not.
    Forbidden,
    /// There is no such thing, or this caller may not know of it.
    NotFound,
    /// Somebody else was first: look again.
    Conflict,
    /// A rule says no.
    Refused,
    /// Try again later.
    Busy,
    /// Our own fault.
    Fault,
}

/// One version of a resource as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Which resource.
    pub key: Key,
    /// Its version, from 1, without gaps.
    pub version: u64,
    /// The commit that wrote it.
    pub t: T,
    /// When that commit was made, RFC 3339 in UTC.
    pub last_updated: String,
    /// The whole resource as compact JSON, `id` and `meta` included. `None`: this version is a deletion.
    pub body: Option<Arc<str>>,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such resource, or this caller may not know of it.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The resource was deleted.
    #[error("{key} was deleted in commit {t}; its earlier versions can be read")]
    Gone {
        /// Which resource.
        key: Key,
        /// The commit that deleted it.
        t: T,
    },
    /// The moment asked for is not in the record.
    #[error("`{at}` is not a moment of this record: {why}")]
    NoSuchMoment {
        /// The moment as asked for.
        at: String,
        /// What is wrong with it.
        why: String,
    },
    /// The search or page cannot be understood.
    #[error("{what}")]
    Unreadable {
        /// What is wrong, where and what to do.
        what: String,
    },
    /// This caller may not read this.
    #[error("{account} may not read {what}")]
    Forbidden {
        /// Who asked.
        account: String,
        /// What they may not read.
        what: String,
    },
    /// More is being read than the record takes on.
    #[error("too much is being read: try again in a second")]
    Busy,
    /// The database did not answer.
    #[error("the record could not be read")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

impl ReadError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotFound { .. } | Self::Gone { .. } => Kind::NotFound,
            Self::NoSuchMoment { .. } | Self::Unreadable { .. } => Kind::Incorrect,
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Busy => Kind::Busy,
            Self::Store { source } => source.kind(),
        }
    }
}
