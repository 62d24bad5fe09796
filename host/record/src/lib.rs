//! The record: facts about patients, kept as a log of numbered commits; this is its whole public API.
//!
//! Invariant: every change is a commit with a gap-free number `t`, every read is made as of one `t`,
//! and no answer leaves before its audit leaf is kept.

pub mod account;
pub mod adviser;
pub mod audit;
pub mod backup;
pub mod caller;
pub mod clock;
pub mod commit;
pub mod departmental;
pub mod document;
pub mod enablement;
pub mod heard;
mod index;
pub mod job;
pub mod lease;
pub mod limits;
pub mod locator;
pub mod log;
pub mod matching;
mod memory;
pub mod message;
mod note;
pub mod parameter;
pub mod permission;
pub mod person;
pub mod profile_policy;
pub mod proposal;
pub mod reaction;
pub mod read;
mod reader;
pub mod search;
mod secret;
pub mod sending;
pub mod store;
pub mod subscription;
pub mod terminology;
#[cfg(test)]
mod tests;
pub mod verify;

use std::sync::{Arc, Mutex, PoisonError};

use fhir::outcome::IssueType;
use fhir::resource::Key;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::commit::body::Undated;
use crate::commit::committer::{Committer, Waiting};
use crate::commit::id::Ids;
use crate::log::T;
use crate::memory::Memory;
use crate::search::cursor::Secret;
use crate::secret::chance;
use crate::store::postgres::Postgres;
use crate::store::row::VersionRow;
use crate::store::sqlite::Sqlite;
use crate::store::{Place, Store, StoreError};

/// The record of one region. Cheap to clone; every clone is the same record.
#[derive(Clone)]
pub struct Record {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    memory: Arc<Memory>,
    published: watch::Receiver<i64>,
    queue: Mutex<mpsc::Sender<Waiting>>,
    /// Told when somebody decided about a message that waits.
    messages: tokio::sync::Notify,
    committer: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
    secret: Secret,
    forms: [u8; 32],
    /// What tells this host from the others of its database, and from itself before it was started anew.
    host: String,
    undated: Undated,
    ids: Ids,
    /// What sign-in and the departmental seam keep in memory.
    accounts: account::Accounts,
    seam: departmental::seam::Seam,
    jobs: job::Jobs,
    policies: profile_policy::Policies,
    parameters: parameter::Parameters,
    terminology: terminology::Shelf,
    subscriptions: subscription::News,
    abroad: adviser::Abroad,
    locator: locator::Doings,
    interfaces: tokio::sync::Mutex<sending::Known>,
    pulse: job::pace::Pulse,
}

impl Record {
    /// Opens the record at a place, creating it when there is none, and starts its committer.
    ///
    /// # Errors
    /// When the database cannot be opened, or is not set to keep what it acknowledges.
    pub async fn open(place: &Place, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let store: Arc<dyn Store> = match place {
            Place::Sqlite(folder) => {
                let folder = folder.clone();
                let opened = tokio::task::spawn_blocking(move || Sqlite::open(&folder));
                Arc::new(opened.await.map_err(|_| StoreError::Closed)??)
            }
            Place::Postgres(url) => Arc::new(Postgres::open(url).await?),
        };
        let head = store.head().await?;
        let secret = Secret(secret::shared(store.as_ref(), "cursor").await?);
        let forms = secret::shared(store.as_ref(), "form").await?;
        let advice = secret::shared(store.as_ref(), "advice").await?;
        let memory = Arc::new(Memory::default());
        memory.begin_at(head.t);
        let (published, follow) = watch::channel(head.t);
        let (queue, waiting) = mpsc::channel(limits::WAITING_MAX);
        let committer = Committer::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&memory),
            head,
            published,
        );
        let committer = tokio::spawn(committer.run(waiting));
        let inner = Inner {
            store,
            clock,
            memory,
            published: follow,
            queue: Mutex::new(queue),
            messages: tokio::sync::Notify::new(),
            committer: tokio::sync::Mutex::new(Some(committer)),
            secret,
            forms,
            host: hex::encode(chance::<16>()?),
            undated: Undated::new(chance()?),
            ids: Ids::new(chance()?),
            accounts: account::Accounts::default(),
            seam: departmental::seam::Seam::default(),
            jobs: job::Jobs::default(),
            policies: profile_policy::Policies::default(),
            parameters: parameter::Parameters::default(),
            terminology: terminology::Shelf::default(),
            subscriptions: subscription::News::default(),
            abroad: adviser::Abroad::new(advice),
            locator: locator::Doings::default(),
            interfaces: tokio::sync::Mutex::default(),
            pulse: job::pace::Pulse::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The time on the record's clock, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    /// What seals the forms that a host draws, so that another host of the same database can take them.
    pub fn secret_of_forms(&self) -> [u8; 32] {
        self.inner.forms
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.inner.store.as_ref()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.inner.memory
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.inner.secret
    }

    pub(crate) fn undated(&self) -> &Undated {
        &self.inner.undated
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.inner.ids
    }

    pub(crate) fn terminology(&self) -> &terminology::Shelf {
        &self.inner.terminology
    }

    pub(crate) fn pulse(&self) -> &job::pace::Pulse {
        &self.inner.pulse
    }

    pub(crate) fn last(&self) -> &watch::Receiver<i64> {
        &self.inner.published
    }

    /// Told when somebody at this host decided about a message that waits, for the program that files messages.
    pub fn messages_changed(&self) -> &tokio::sync::Notify {
        &self.inner.messages
    }

    pub(crate) fn queue(&self) -> mpsc::Sender<Waiting> {
        self.inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes nothing more on, waits until what was taken on is on disk, and closes the database.
    pub async fn close(&self) {
        // The committer ends when the last sender is gone; a closed channel's sender takes this one's place.
        let (closed, _) = mpsc::channel(1);
        *self
            .inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = closed;
        if let Some(committer) = self.inner.committer.lock().await.take()
            && let Err(error) = committer.await
        {
            tracing::error!(%error, "the committer ended badly");
        }
        if let Err(error) = self.inner.store.close().await {
            tracing::error!(%error, "the database was not closed cleanly");
        }
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
    /// There is no room for it: try again when somebody has made some.
    Full,
    /// Our own fault.
    Fault,
}

impl Kind {
    /// How an OperationOutcome calls it.
    pub fn issue_type(self) -> IssueType {
        match self {
            Self::Incorrect => IssueType::Invalid,
            Self::Forbidden => IssueType::Forbidden,
            Self::NotFound => IssueType::NotFound,
            Self::Conflict => IssueType::Conflict,
            Self::Refused => IssueType::BusinessRule,
            Self::Busy => IssueType::Throttled,
            Self::Full => IssueType::NoStore,
            Self::Fault => IssueType::Exception,
        }
    }
}

/// An error with its causes, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
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

impl Stored {
    fn of(row: &VersionRow) -> Self {
        Self {
            key: row.key.clone(),
            version: u64::try_from(row.version).unwrap_or(0),
            t: T(u64::try_from(row.t).unwrap_or(0)),
            last_updated: clock::rfc3339(row.at_ms),
            body: row.body.clone(),
        }
    }
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
    /// Reindexing by an added parameter goes on.
    #[error(
        "{parameter} cannot be searched by yet: what was written up to commit {done} of {of} is indexed by it; try again later"
    )]
    Unfinished {
        /// Which parameter, of which type.
        parameter: String,
        /// The last commit that is done.
        done: T,
        /// The commit to reach.
        of: T,
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
            Self::Busy | Self::Unfinished { .. } => Kind::Busy,
            Self::Store { source } => source.kind(),
        }
    }
}
