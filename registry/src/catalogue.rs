//! What the registry knows beside the bytes: repositories, which blobs they hold, manifests, tags, signatures and what
//! is published. One SQLite file, one thread that writes and one that reads.
//!
//! Invariant: a change is answered only after its commit is on disk, and a change that is refused leaves no trace.
//! Changes that wait together share one commit.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use crate::digest::Digest;
use crate::kind::Kind;
use crate::limits::{CATALOGUE_BATCH_MAX, CATALOGUE_QUEUE_MAX};
use crate::name::Repository;

pub(crate) mod content;
pub(crate) mod listing;
pub(crate) mod publication;
mod repository;

/// A handle on the catalogue's two threads, which end when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct Catalogue {
    writer: SyncSender<Job>,
    reader: SyncSender<Job>,
}

/// Why the catalogue does not do or know something.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Too many requests wait.
    #[error("the catalogue has too much to do at the moment")]
    Busy,
    /// The catalogue's thread has ended.
    #[error("the catalogue has stopped")]
    Stopped,
    /// No such repository.
    #[error("there is no repository {0}")]
    UnknownRepository(Repository),
    /// A manifest needs a blob that the repository does not hold, or holds in another size.
    #[error("{repository} holds no blob {digest} of {bytes} bytes")]
    UnknownBlob {
        /// Where.
        repository: Repository,
        /// Which.
        digest: Digest,
        /// The size that the manifest gives.
        bytes: u64,
    },
    /// An index needs a manifest that the repository does not hold.
    #[error("{repository} holds no manifest {digest}")]
    UnknownManifest {
        /// Where.
        repository: Repository,
        /// Which.
        digest: Digest,
    },
    /// Something else has that name, and names are not reused.
    #[error(
        "{what} of {repository} is there already with other content, and modules/ is write-once"
    )]
    WriteOnce {
        /// Where.
        repository: Repository,
        /// Which tag, manifest or version.
        what: String,
    },
    /// A name that people would mistake for another.
    #[error("{repository} is too like {other}, which is there already")]
    NearMiss {
        /// The new one.
        repository: Repository,
        /// The one that is there.
        other: String,
    },
    /// A bound is reached.
    #[error("{repository} has reached the bound of {most} {what}")]
    Full {
        /// Where.
        repository: Repository,
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// A signature for another component or version than the manifest that it is attached to.
    #[error("the signature on {manifest} is for {what} {signed}, but here it is {found}")]
    SignedOther {
        /// The release's manifest.
        manifest: Digest,
        /// Which fact.
        what: &'static str,
        /// What was signed.
        signed: String,
        /// What is here.
        found: String,
    },
    /// The database failed.
    #[error("the catalogue failed while {doing}")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// The cause.
        source: rusqlite::Error,
    },
}

impl CatalogueError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::Busy,
            Self::Stopped | Self::Sqlite { .. } => Kind::Fault,
            Self::UnknownRepository(_) => Kind::NotFound,
            Self::UnknownBlob { .. } | Self::UnknownManifest { .. } => Kind::Incorrect,
            Self::WriteOnce { .. } => Kind::Conflict,
            Self::NearMiss { .. } | Self::Full { .. } | Self::SignedOther { .. } => Kind::Refused,
        }
    }
}

/// Names what was being done when the database failed.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, CatalogueError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, CatalogueError> {
        self.map_err(|source| CatalogueError::Sqlite { doing, source })
    }
}

/// Runs against the database and leaves behind what to do when its fate is known: true once it is on disk.
type Job = Box<dyn FnOnce(&Connection) -> Done + Send>;

/// Whether the work may stand, and how to answer for it.
struct Done {
    keep: bool,
    answer: Box<dyn FnOnce(bool) + Send>,
}

impl Catalogue {
    /// Opens or makes the catalogue in a file and starts its threads.
    pub(crate) fn open(path: &Path) -> Result<Self, CatalogueError> {
        let writing = connect(path)?;
        writing
            .execute_batch(include_str!("catalogue/schema.sql"))
            .doing("preparing its tables")?;
        let reading = connect(path)?;
        reading
            .pragma_update(None, "query_only", true)
            .doing("opening it for reading")?;
        let (writer, changes) = sync_channel(CATALOGUE_QUEUE_MAX);
        let (reader, questions) = sync_channel(CATALOGUE_QUEUE_MAX);
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
            spawned.map(|_| ()).map_err(|_| CatalogueError::Stopped)
        };
        start(
            "catalogue-write",
            Box::new(move || write_all(writing, &changes)),
        )?;
        start(
            "catalogue-read",
            Box::new(move || read_all(&reading, &questions)),
        )?;
        Ok(Self { writer, reader })
    }

    /// Makes a change, whole or not at all. Answers once it is on disk.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, CatalogueError> {
        ask(&self.writer, job).await
    }

    /// Asks a question, of the last commit.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
    ) -> Result<T, CatalogueError> {
        ask(&self.reader, job).await
    }
}

async fn ask<T: Send + 'static>(
    queue: &SyncSender<Job>,
    job: impl FnOnce(&Connection) -> Result<T, CatalogueError> + Send + 'static,
) -> Result<T, CatalogueError> {
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        let outcome = job(connection);
        Done {
            keep: outcome.is_ok(),
            answer: Box::new(move |kept| {
                let outcome = if kept || outcome.is_err() {
                    outcome
                } else {
                    Err(CatalogueError::Stopped)
                };
                // Nobody waits any more when the request was given up: the change stands all the same.
                drop(reply.send(outcome));
            }),
        }
    });
    queue.try_send(job).map_err(|refused| match refused {
        TrySendError::Full(_) => CatalogueError::Busy,
        TrySendError::Disconnected(_) => CatalogueError::Stopped,
    })?;
    answer.await.unwrap_or(Err(CatalogueError::Stopped))
}

fn connect(path: &Path) -> Result<Connection, CatalogueError> {
    let connection = Connection::open(path).doing("opening its file")?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .doing("setting its journal")?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .doing("setting its durability")?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .doing("setting its checks")?;
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .doing("setting its patience")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn write_all(mut connection: Connection, changes: &Receiver<Job>) {
    while let Ok(first) = changes.recv() {
        let batch: Vec<Job> = std::iter::once(first)
            .chain(changes.try_iter().take(CATALOGUE_BATCH_MAX - 1))
            .collect();
        match commit(&mut connection, batch) {
            Ok(()) => {}
            Err(source) => tracing::error!("the catalogue could not commit: {source}"),
        }
    }
}

/// Runs a batch in one transaction, each job within its own savepoint, and answers when the commit is done.
fn commit(connection: &mut Connection, batch: Vec<Job>) -> rusqlite::Result<()> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Vec::with_capacity(batch.len());
    for job in batch {
        let savepoint = transaction.savepoint()?;
        let done = job(&savepoint);
        if done.keep {
            savepoint.commit()?;
        } else {
            savepoint.finish()?;
        }
        answers.push(done.answer);
    }
    let outcome = transaction.commit();
    for answer in answers {
        answer(outcome.is_ok());
    }
    outcome
}

fn read_all(connection: &Connection, questions: &Receiver<Job>) {
    while let Ok(job) = questions.recv() {
        (job(connection).answer)(true);
    }
}
