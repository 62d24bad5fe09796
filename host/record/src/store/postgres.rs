//! PostgreSQL: one connection that commits under an advisory lock, and a pool that reads.
//!
//! Invariant: the server keeps what it acknowledges (fsync, synchronous_commit, full_page_writes), or the record is not
//! opened; a commit is made only by whoever holds the lock.

#[cfg(any(test, feature = "testing"))]
pub mod cluster;
mod read;
mod write;

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use fhir::resource::Key;
use tokio::sync::{Mutex, oneshot};
use tokio_postgres::{Config, NoTls};

use crate::limits;
use crate::store::plan::Plan;
use crate::store::row::{Batch, CommitRow, Head, LeafRow, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::{Reply, Store, StoreError, Turned};
use crate::with_causes;

/// The number of the advisory lock that is the committer's turn.
const TURN: i64 = 0x7061_6c61;

/// A record in a PostgreSQL database.
pub(crate) struct Postgres {
    readers: Pool,
    /// The connection of the turn, while it is held.
    turn: Mutex<Option<Object>>,
    writers: Pool,
}

fn failed(doing: &'static str, error: tokio_postgres::Error) -> StoreError {
    match error.code() {
        Some(&tokio_postgres::error::SqlState::QUERY_CANCELED) => StoreError::TooLong { doing },
        Some(_) | None => StoreError::Failed {
            doing,
            source: Box::new(error),
        },
    }
}

fn pool(config: &Config, connections: usize) -> Result<Pool, StoreError> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config.clone(), NoTls, manager);
    let timeout = Duration::from_millis(limits::SEARCH_MS_MAX);
    let pool = Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(timeout))
        .create_timeout(Some(timeout))
        .build();
    pool.map_err(|error| StoreError::Failed {
        doing: "opening the database",
        source: Box::new(error),
    })
}

impl Postgres {
    /// Opens the record in the database behind a connection string, creating its tables when they are not there.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let mut config = Config::from_str(url).map_err(|error| StoreError::Open {
            place: "the PostgreSQL database".to_owned(),
            why: format!("the connection string cannot be read: {error}"),
        })?;
        config
            .application_name("palatine")
            .connect_timeout(Duration::from_secs(10));
        let mut reading = config.clone();
        reading.options(format!(
            "-c statement_timeout={} -c default_transaction_read_only=off",
            limits::SEARCH_MS_MAX
        ));
        let this = Self {
            readers: pool(&reading, limits::CONNECTIONS_MAX)?,
            turn: Mutex::new(None),
            writers: pool(&config, 2)?,
        };
        let mut connection =
            this.writer("opening the database")
                .await
                .map_err(|error| StoreError::Open {
                    place: "the PostgreSQL database".to_owned(),
                    why: with_causes(&error),
                })?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            durable(&connection, setting).await?;
        }
        write::migrate(&mut connection).await?;
        drop(connection);
        Ok(this)
    }

    async fn reader(&self, doing: &'static str) -> Result<Object, StoreError> {
        self.readers
            .get()
            .await
            .map_err(|error| no_connection(doing, error))
    }

    async fn writer(&self, doing: &'static str) -> Result<Object, StoreError> {
        self.writers
            .get()
            .await
            .map_err(|error| no_connection(doing, error))
    }
}

fn no_connection(doing: &'static str, error: deadpool_postgres::PoolError) -> StoreError {
    match error {
        deadpool_postgres::PoolError::Timeout(_) => StoreError::Busy { doing },
        deadpool_postgres::PoolError::Closed => StoreError::Closed,
        other @ (deadpool_postgres::PoolError::Backend(_)
        | deadpool_postgres::PoolError::NoRuntimeSpecified
        | deadpool_postgres::PoolError::PostCreateHook(_)) => StoreError::Failed {
            doing,
            source: Box::new(other),
        },
    }
}

/// Refuses a server that acknowledges what is not on disk.
async fn durable(connection: &Object, setting: &'static str) -> Result<(), StoreError> {
    let doing = "opening the database";
    let row = connection
        .query_one("SELECT current_setting($1)", &[&setting])
        .await
        .map_err(|error| failed(doing, error))?;
    let found: String = row.get(0);
    match (setting, found.as_str()) {
        (_, "on") | ("synchronous_commit", "remote_apply" | "remote_write") => Ok(()),
        _ => Err(StoreError::NotDurable {
            setting,
            wanted: "on",
            found,
        }),
    }
}

impl Store for Postgres {
    fn head(&self) -> Reply<'_, Head> {
        Box::pin(async {
            let doing = "reading the end of the log";
            read::head(&*self.reader(doing).await?)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn begin(&self) -> Reply<'_, Head> {
        Box::pin(async {
            let doing = "waiting for the turn to commit";
            let mut turn = self.turn.lock().await;
            // A turn that was never ended goes back with its connection, and the server ends the transaction.
            *turn = None;
            let connection = self.writer(doing).await?;
            let sql = format!("ROLLBACK; BEGIN; SELECT pg_advisory_xact_lock({TURN})");
            connection
                .batch_execute(&sql)
                .await
                .map_err(|error| failed(doing, error))?;
            let head = read::head(&connection)
                .await
                .map_err(|error| failed(doing, error))?;
            *turn = Some(connection);
            Ok(head)
        })
    }

    fn write(&self, batch: Arc<Batch>) -> Reply<'_, ()> {
        // On its own task, so that a committer that is dropped does not leave a batch half sent.
        Box::pin(async move {
            let doing = "writing a batch";
            let connection = self.turn.lock().await.take().ok_or(StoreError::Closed)?;
            let (answer, answered) = oneshot::channel();
            tokio::spawn(async move {
                let written = write::batch(&connection, &batch).await;
                if written.is_err() {
                    // The connection may be in any state: it is not used again, and the server ends its transaction.
                    drop(Object::take(connection));
                }
                // Nobody waiting any longer is no fault.
                drop(answer.send(written));
            });
            answered
                .await
                .map_err(|_| StoreError::Closed)?
                .map_err(|error| failed(doing, error))
        })
    }

    fn give_up(&self) -> Reply<'_, ()> {
        Box::pin(async {
            let Some(connection) = self.turn.lock().await.take() else {
                return Ok(());
            };
            connection
                .batch_execute("ROLLBACK")
                .await
                .map_err(|error| failed("ending the turn", error))
        })
    }

    fn shared(&self) -> bool {
        true
    }

    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>> {
        Box::pin(async move {
            let doing = "looking up resources";
            read::find(&*self.reader(doing).await?, &keys)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn standing(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<Option<VersionRow>>> {
        Box::pin(async move {
            let doing = "reading resources";
            let rows = read::standing(&*self.reader(doing).await?, &numbers, t).await;
            rows.map_err(|error| failed(doing, error))?
                .into_iter()
                .map(|row| row.map(|row| row.ok_or_else(|| corrupt(doing))).transpose())
                .collect()
        })
    }

    fn version(&self, r: i64, version: i64) -> Reply<'_, Option<VersionRow>> {
        Box::pin(async move {
            let doing = "reading a version";
            let row = read::version(&*self.reader(doing).await?, r, version).await;
            row.map_err(|error| failed(doing, error))?
                .map(|row| row.ok_or_else(|| corrupt(doing)))
                .transpose()
        })
    }

    fn history(&self, page: Turned) -> Reply<'_, Vec<VersionRow>> {
        Box::pin(async move {
            let doing = "reading a history";
            let rows = read::history(&*self.reader(doing).await?, &page).await;
            rows.map_err(|error| failed(doing, error))?
                .into_iter()
                .map(|row| row.ok_or_else(|| corrupt(doing)))
                .collect()
        })
    }

    fn search(&self, plan: Plan) -> Reply<'_, Vec<(i64, i64)>> {
        Box::pin(async move {
            let doing = "searching";
            read::search(&*self.reader(doing).await?, &plan)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn count(&self, plan: Plan) -> Reply<'_, u64> {
        Box::pin(async move {
            let doing = "counting";
            read::count(&*self.reader(doing).await?, &plan)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn commits_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<(CommitRow, Vec<VersionRow>)>> {
        Box::pin(async move {
            let doing = "reading the log";
            let rows = read::commits_after(&*self.reader(doing).await?, t, n_max).await;
            rows.map_err(|error| failed(doing, error))?
                .ok_or_else(|| corrupt(doing))
        })
    }

    fn commit_from(&self, at_ms: i64) -> Reply<'_, i64> {
        Box::pin(async move {
            let doing = "reading the log";
            read::commit_from(&*self.reader(doing).await?, at_ms)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn cursor(&self, name: String) -> Reply<'_, Option<i64>> {
        Box::pin(async move {
            let doing = "reading a cursor";
            read::cursor(&*self.reader(doing).await?, &name)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn messages(&self, source: String, control_id: String) -> Reply<'_, Vec<MessageRow>> {
        Box::pin(async move {
            let doing = "looking for a message";
            read::messages(&*self.reader(doing).await?, &source, &control_id)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn parked(&self, site: Option<String>, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>> {
        Box::pin(async move {
            let doing = "reading parked messages";
            read::parked(&*self.reader(doing).await?, site.as_deref(), t, n_max)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn leaves(&self, n: i64, n_max: u32) -> Reply<'_, Vec<LeafRow>> {
        Box::pin(async move {
            let doing = "reading the audit";
            read::leaves(&*self.reader(doing).await?, n, n_max)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn shelve(&self, items: Vec<Item>) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "keeping an account";
            write::shelve(&*self.reader(doing).await?, &items)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn shelved(&self, shelf: Shelf, name: String) -> Reply<'_, Option<Item>> {
        Box::pin(async move {
            let doing = "looking for an account";
            read::shelved(&*self.reader(doing).await?, shelf, &name)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn unshelve(&self, shelf: Shelf, name: String) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "ending an account";
            write::unshelve(&*self.reader(doing).await?, shelf, &name)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn close(&self) -> Reply<'_, ()> {
        Box::pin(async {
            self.turn.lock().await.take();
            self.readers.close();
            self.writers.close();
            Ok(())
        })
    }
}

fn corrupt(doing: &'static str) -> StoreError {
    StoreError::Corrupt {
        doing,
        what: "a version that this program did not write".to_owned(),
    }
}
