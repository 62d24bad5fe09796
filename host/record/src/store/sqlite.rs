//! SQLite, embedded: one thread that writes, a few that read, and a lock on the folder.
//!
//! Invariant: every connection is in WAL mode with synchronous FULL, so what a commit acknowledges is on disk.

pub(crate) mod backup;
mod call;
mod connection;
mod document_copy;
mod fold;
mod heard;
mod message;
mod read;
mod reserve;
pub(crate) mod scan;
mod sending;
mod subscription;
mod terminology;
mod write;

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use fhir::resource::Key;
use rusqlite::Connection;
use tokio::sync::oneshot;

use self::connection::Use;
use self::fold::Fold;
pub(crate) use self::write::MIGRATIONS;
use crate::limits;
use crate::store::plan::Plan;
use crate::store::row::{Batch, CommitRow, Head, LeafRow, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::sqlite::connection::{failed, locked};
use crate::store::sqlite::reserve::Reserve;
use crate::store::{Reply, Store, StoreError, Turned, Wanted};

/// Read jobs done in one transaction, so that they share its cost.
const READS_AT_ONCE: usize = 32;
/// Steps of the database's machine between two looks at the clock.
const STEPS_PER_LOOK: i32 = 10_000;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A record in a folder.
pub(crate) struct Sqlite {
    writer: Mutex<Option<SyncSender<Job>>>,
    reads: Arc<Reads>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    lock: Mutex<Option<File>>,
    reserve: Arc<Reserve>,
}

#[derive(Default)]
struct Reads {
    waiting: Mutex<Waiting>,
    come: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Sqlite {
    /// Opens the record in a folder, creating both when they are not there.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock = locked(folder)?;
        let reserve = Reserve::open(folder).map_err(|error| StoreError::Open {
            place: folder.display().to_string(),
            why: error.to_string(),
        })?;
        let path = folder.join("record.sqlite");
        let mut connection = connection::open(&path, Use::Writes)?;
        write::migrate(&mut connection)?;
        if let Err(error) = write::end_leases(&connection) {
            tracing::debug!("the leases of whoever was here before end by themselves: {error}");
        }
        let (writer, jobs) = sync_channel(limits::WAITING_MAX);
        let reads = Arc::new(Reads::default());
        let (fold, told) = fold::fold();
        let beside = connection::open(&path, Use::Reads)?;
        let mut threads = vec![
            spawn("record-write", move || write_jobs(connection, &jobs, fold))?,
            spawn("record-fold", move || fold::work(&beside, &told))?,
        ];
        for n in 0..limits::READERS {
            let (reads, connection) = (Arc::clone(&reads), connection::open(&path, Use::Reads)?);
            threads.push(spawn(&format!("record-read-{n}"), move || {
                reads.work(connection)
            })?);
        }
        Ok(Self {
            writer: Mutex::new(Some(writer)),
            reads,
            threads: Mutex::new(threads),
            lock: Mutex::new(Some(lock)),
            reserve: Arc::new(reserve),
        })
    }

    fn read<'a, T: Send + 'static>(
        &'a self,
        doing: &'static str,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Reply<'a, T> {
        let (answer, answered) = oneshot::channel();
        let sent = self.reads.send(Box::new(move |connection| {
            // Nobody waiting any longer is no fault.
            let _ = answer.send(job(connection));
        }));
        Box::pin(async move {
            sent?;
            let answer = answered.await.map_err(|_| StoreError::Closed)?;
            answer.map_err(|error| failed(doing, error))
        })
    }

    fn change<'a, T: Send + 'static>(
        &'a self,
        doing: &'static str,
        job: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Reply<'a, T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = answer.send(job(connection));
        });
        let sent = match &*self.writer.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Err(StoreError::Closed),
            Some(writer) => writer.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Busy { doing },
                TrySendError::Disconnected(_) => StoreError::Closed,
            }),
        };
        Box::pin(async move {
            sent?;
            let answer = answered.await.map_err(|_| StoreError::Closed)?;
            answer.map_err(|error| failed(doing, error))
        })
    }
}

impl Reads {
    fn send(&self, job: Job) -> Result<(), StoreError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        if waiting.jobs.len() >= limits::READS_WAITING_MAX {
            return Err(StoreError::Busy { doing: "reading" });
        }
        waiting.jobs.push_back(job);
        drop(waiting);
        self.come.notify_one();
        Ok(())
    }

    fn close(&self) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.come.notify_all();
    }

    fn next(&self) -> Vec<Job> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.jobs.is_empty() && !waiting.closed {
            waiting = self
                .come
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        // A fair part of what waits, so that the other threads have work too.
        let part = waiting
            .jobs
            .len()
            .div_ceil(limits::READERS)
            .min(READS_AT_ONCE);
        waiting.jobs.drain(..part).collect()
    }

    fn work(&self, mut connection: Connection) {
        loop {
            let jobs = self.next();
            if jobs.is_empty() {
                return;
            }
            // One transaction for all of them saves each its own; without it they are answered all the same.
            let began = connection.execute_batch("BEGIN").is_ok();
            for job in jobs {
                job(&mut connection);
            }
            if began && connection.execute_batch("COMMIT").is_err() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
    }
}

fn write_jobs(mut connection: Connection, jobs: &Receiver<Job>, mut fold: Fold) {
    fold::watch(&connection);
    while let Ok(job) = jobs.recv() {
        job(&mut connection);
        fold.look(&connection);
    }
    // The log of changes is folded in, so that the next start is quick; if not now, then at that start.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    thread.map_err(|error| StoreError::Failed {
        doing: "starting a thread",
        source: Box::new(error),
    })
}

impl Store for Sqlite {
    fn head(&self) -> Reply<'_, Head> {
        self.read("reading the end of the log", read::head)
    }

    fn begin(&self) -> Reply<'_, Head> {
        // The lock on the folder makes this process the only one, and it has one committer.
        self.head()
    }

    fn write(&self, batch: Arc<Batch>) -> Reply<'_, ()> {
        let written = self.change("writing a batch", move |connection| {
            write::batch(connection, &batch)
        });
        Box::pin(async move {
            match written.await? {
                None => Ok(()),
                Some(lease) => Err(StoreError::Fenced { lease }),
            }
        })
    }

    fn give_up(&self) -> Reply<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn shared(&self) -> bool {
        false
    }

    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>> {
        self.read("looking up resources", move |connection| {
            read::find(connection, &keys)
        })
    }

    fn standing(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<Option<VersionRow>>> {
        self.read("reading resources", move |connection| {
            read::standing(connection, &numbers, t)
        })
    }

    fn version(&self, r: i64, version: i64) -> Reply<'_, Option<VersionRow>> {
        self.read("reading a version", move |connection| {
            read::version(connection, r, version)
        })
    }

    fn histories(&self, numbers: Vec<i64>, t: i64) -> Reply<'_, Vec<VersionRow>> {
        self.read("reading histories", move |connection| {
            read::histories(connection, &numbers, t)
        })
    }

    fn history(&self, page: Turned) -> Reply<'_, Vec<VersionRow>> {
        self.read("reading a history", move |connection| {
            read::history(connection, &page)
        })
    }

    fn search(&self, plan: Plan) -> Reply<'_, Vec<(i64, i64)>> {
        self.read("searching", move |connection| {
            read::search(connection, &plan)
        })
    }

    fn count(&self, plan: Plan) -> Reply<'_, u64> {
        self.read("counting", move |connection| read::count(connection, &plan))
    }

    fn commits_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<(CommitRow, Vec<VersionRow>)>> {
        self.read("reading the log", move |connection| {
            read::commits_after(connection, t, n_max)
        })
    }

    fn commit_from(&self, at_ms: i64) -> Reply<'_, i64> {
        self.read("reading the log", move |connection| {
            read::commit_from(connection, at_ms)
        })
    }

    fn cursor(&self, name: String) -> Reply<'_, Option<i64>> {
        self.read("reading a cursor", move |connection| {
            read::cursor(connection, &name)
        })
    }

    fn messages_after(&self, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>> {
        self.read("reading kept messages", move |connection| {
            read::messages_after(connection, t, n_max)
        })
    }

    fn leaves(&self, n: i64, n_max: u32) -> Reply<'_, Vec<LeafRow>> {
        self.read("reading the audit", move |connection| {
            read::leaves(connection, n, n_max)
        })
    }

    fn shelve(&self, items: Vec<Item>) -> Reply<'_, ()> {
        self.change("keeping an account", move |connection| {
            write::shelve(connection, &items)
        })
    }

    fn shelved(&self, shelf: Shelf, name: String) -> Reply<'_, Option<Item>> {
        self.read("looking for an account", move |connection| {
            read::shelved(connection, shelf, &name)
        })
    }

    fn unshelve(&self, shelf: Shelf, name: String) -> Reply<'_, ()> {
        self.change("ending an account", move |connection| {
            write::unshelve(connection, shelf, &name)
        })
    }

    fn shelve_first(&self, item: Item) -> Reply<'_, Item> {
        self.change("keeping a secret", move |connection| {
            write::shelve_first(connection, &item)
        })
    }

    fn lease(&self, wanted: Wanted) -> Reply<'_, Option<i64>> {
        self.change("taking a lease", move |connection| {
            write::lease(connection, &wanted)
        })
    }

    fn let_go(&self, name: String, holder: String) -> Reply<'_, ()> {
        self.change("letting go of a lease", move |connection| {
            write::let_go(connection, &name, &holder)
        })
    }

    fn spend_reserve(&self) -> Reply<'_, bool> {
        self.of_reserve(Reserve::spend)
    }

    fn restore_reserve(&self) -> Reply<'_, bool> {
        self.of_reserve(Reserve::restore)
    }

    fn close(&self) -> Reply<'_, ()> {
        self.reads.close();
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let lock = self
            .lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        Box::pin(async move {
            let ended = tokio::task::spawn_blocking(move || {
                for thread in threads {
                    // A thread that panicked has nothing more to finish.
                    let _ = thread.join();
                }
                drop(lock);
            });
            ended.await.map_err(|_| StoreError::Closed)
        })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.reads.close();
    }
}
