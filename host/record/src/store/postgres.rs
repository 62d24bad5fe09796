//! PostgreSQL: one connection that commits under an advisory lock, and a pool that reads.
//!
//! Invariant: the server keeps what it acknowledges (fsync, synchronous_commit, full_page_writes), or the record is not
//! opened; a commit is made only by whoever holds the lock.

pub(crate) mod backup;
mod call;
#[cfg(any(test, feature = "testing"))]
pub mod cluster;
mod connection;
mod document_copy;
mod heard;
mod home;
mod index;
mod message;
mod pipeline;
mod read;
mod reserve;
pub(crate) mod scan;
mod sending;
mod subscription;
mod terminology;
mod turn;
mod version;
mod write;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use fhir::resource::Key;
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use self::home::Homes;
use self::turn::Turn;
pub(crate) use self::write::MIGRATIONS;
use crate::limits;
use crate::store::plan::Plan;
use crate::store::postgres::connection::failed;
use crate::store::row::{Batch, CommitRow, Head, LeafRow, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::{Reply, Store, StoreError, Turned, Wanted};
use crate::with_causes;

/// The number of the advisory lock that is the committer's turn.
const TURN: i64 = 0x7061_6c61;

/// A record in a PostgreSQL database.
pub(crate) struct Postgres {
    readers: Pool,
    /// For what is found by keys.
    finders: Pool,
    /// The connection of the turn, while it is held.
    turn: Mutex<Option<Turn>>,
    writers: Pool,
    /// Where resources' versions lie.
    homes: Arc<Homes>,
}

impl Postgres {
    /// The record in the database behind a connection string, as it is; nothing is asked of the server yet.
    pub(crate) fn look_at(url: &str) -> Result<Self, StoreError> {
        let config = connection::config(url)?;
        let reading = connection::reading(&config);
        let finding = connection::planned_once(&reading);
        let writing = connection::planned_once(&connection::writing(&config));
        Ok(Self {
            readers: connection::pool(reading, limits::CONNECTIONS_MAX)?,
            finders: connection::pool(finding, limits::FINDERS_MAX)?,
            turn: Mutex::new(None),
            writers: connection::pool(writing, 2)?,
            homes: Arc::default(),
        })
    }

    /// Opens the record in the database behind a connection string, creating its tables when they are not there.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let this = Self::look_at(url)?;
        let mut connection =
            this.writer("opening the database")
                .await
                .map_err(|error| StoreError::Open {
                    place: "the PostgreSQL database".to_owned(),
                    why: with_causes(&error),
                })?;
        connection::durable(&connection).await?;
        write::migrate(&mut connection).await?;
        if !reserve::restore(&mut connection).await? {
            tracing::warn!("the disk of the database has no room for the reserve of the audit");
        }
        drop(connection);
        Ok(this)
    }

    async fn reader(&self, doing: &'static str) -> Result<Object, StoreError> {
        connection::taken(&self.readers, doing).await
    }

    async fn finder(&self, doing: &'static str) -> Result<Object, StoreError> {
        connection::taken(&self.finders, doing).await
    }

    async fn writer(&self, doing: &'static str) -> Result<Object, StoreError> {
        connection::taken(&self.writers, doing).await
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
            *turn = None;
            let begun_on = Turn::on(self.writer(doing).await?);
            let begun = async {
                let connection = begun_on.connection()?;
                let sql = format!("BEGIN; SELECT pg_advisory_xact_lock({TURN})");
                let locked = connection.batch_execute(&sql);
                let done = tokio::try_join!(locked, read::head(connection));
                done.map(|((), head)| head)
                    .map_err(|error| failed(doing, error))
            };
            // The server ends the waiting by itself; longer than that only a server waits that does not answer.
            let bound = Duration::from_millis(2 * limits::TURN_WAIT_MS);
            let head = match timeout(bound, begun).await {
                Ok(begun) => begun?,
                Err(_) => return Err(StoreError::Busy { doing }),
            };
            *turn = Some(begun_on);
            Ok(head)
        })
    }

    fn write(&self, batch: Arc<Batch>) -> Reply<'_, ()> {
        // On its own task, so that a committer that is dropped does not leave a batch half sent.
        Box::pin(async move {
            let doing = "writing a batch";
            let turn = self.turn.lock().await.take().ok_or(StoreError::Closed)?;
            let (answer, answered) = oneshot::channel();
            let homes = Arc::clone(&self.homes);
            tokio::spawn(async move {
                let written = match turn.connection() {
                    Ok(connection) => write::batch(connection, &batch).await,
                    Err(closed) => Err(closed),
                };
                // Where it failed the connection may be in any state, and is not used again.
                if written.is_ok() {
                    turn.ended();
                    homes.learn(batch.versions.iter().map(|row| (row.r, row.compartment)));
                }
                // Nobody waiting any longer is no fault.
                drop(answer.send(written));
            });
            let bound = Duration::from_millis(limits::WRITE_MS_MAX);
            match timeout(bound, answered).await {
                Ok(answer) => answer.map_err(|_| StoreError::Closed)?,
                Err(_) => Err(StoreError::Busy { doing }),
            }
        })
    }

    fn give_up(&self) -> Reply<'_, ()> {
        Box::pin(async {
            let Some(turn) = self.turn.lock().await.take() else {
                return Ok(());
            };
            let ended = turn.connection()?.batch_execute("ROLLBACK").await;
            ended.map_err(|error| failed("ending the turn", error))?;
            turn.ended();
            Ok(())
        })
    }

    fn shared(&self) -> bool {
        true
    }

    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>> {
        Box::pin(async move {
            let doing = "looking up resources";
            let found = version::find(&*self.finder(doing).await?, &keys)
                .await
                .map_err(|error| failed(doing, error))?;
            self.homes.learn(found.iter().flatten().copied());
            Ok(found.into_iter().map(|found| Some(found?.0)).collect())
        })
    }

    fn standing(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<Option<VersionRow>>> {
        Box::pin(async move {
            let doing = "reading resources";
            let rows =
                version::standing(&*self.finder(doing).await?, &self.homes, &numbers, t).await;
            rows.map_err(|error| failed(doing, error))?
                .into_iter()
                .map(|row| row.map(|row| row.ok_or_else(|| corrupt(doing))).transpose())
                .collect()
        })
    }

    fn version(&self, r: i64, version: i64) -> Reply<'_, Option<VersionRow>> {
        Box::pin(async move {
            let doing = "reading a version";
            let reader = self.reader(doing).await?;
            let row = version::version(&reader, self.homes.of(r), r, version).await;
            row.map_err(|error| failed(doing, error))?
                .map(|row| row.ok_or_else(|| corrupt(doing)))
                .transpose()
        })
    }

    fn histories(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<VersionRow>> {
        Box::pin(async move {
            let doing = "reading histories";
            let rows = version::histories(&*self.reader(doing).await?, &numbers, t).await;
            rows.map_err(|error| failed(doing, error))?
                .into_iter()
                .map(|row| row.ok_or_else(|| corrupt(doing)))
                .collect()
        })
    }

    fn history(&self, page: Turned) -> Reply<'_, Vec<VersionRow>> {
        Box::pin(async move {
            let doing = "reading a history";
            let rows = version::history(&*self.reader(doing).await?, &page).await;
            rows.map_err(|error| failed(doing, error))?
                .into_iter()
                .map(|row| row.ok_or_else(|| corrupt(doing)))
                .collect()
        })
    }

    fn search(&self, plan: Plan) -> Reply<'_, Vec<(i64, i64)>> {
        Box::pin(async move {
            let doing = "searching";
            read::search(&*self.reader(doing).await?, &self.homes, &plan)
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

    fn messages_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>> {
        Box::pin(async move {
            let doing = "reading kept messages";
            read::messages_after(&*self.reader(doing).await?, t, n_max)
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

    fn shelve_first(&self, item: Item) -> Reply<'_, Item> {
        Box::pin(async move {
            let doing = "keeping a secret";
            write::shelve_first(&*self.reader(doing).await?, item)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn lease(&self, wanted: Wanted) -> Reply<'_, Option<i64>> {
        Box::pin(async move {
            let doing = "taking a lease";
            write::lease(&*self.reader(doing).await?, &wanted)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn let_go(&self, name: String, holder: String) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "letting go of a lease";
            write::let_go(&*self.reader(doing).await?, &name, &holder)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn spend_reserve(&self) -> Reply<'_, bool> {
        Box::pin(async move {
            let mut connection = self.writer("giving back the reserve").await?;
            reserve::spend(&mut connection).await
        })
    }

    fn restore_reserve(&self) -> Reply<'_, bool> {
        Box::pin(async move {
            let mut connection = self.writer("taking the reserve").await?;
            reserve::restore(&mut connection).await
        })
    }

    fn close(&self) -> Reply<'_, ()> {
        Box::pin(async {
            self.turn.lock().await.take();
            self.readers.close();
            self.finders.close();
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

#[cfg(test)]
mod tests;
