//! A database read from one end to the other, as of one commit: what `verify` compares, beside a host that goes on writing.
//!
//! Invariant: nothing here writes, and every row that was not there at that commit is left out, so that what is appended
//! meanwhile changes nothing.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use fhir::resource::{Key, ResourceType};
use tokio::sync::mpsc;

use crate::limits;
use crate::store::call::CallRow;
use crate::store::postgres::scan::PostgresScan;
use crate::store::row::{CommitRow, Head, IndexRow, LeafRow, MessageRow};
use crate::store::sqlite::scan::SqliteScan;
use crate::store::{Place, Reply, StoreError};

/// Rows handed over at once; a version may have megabytes.
pub(crate) const CHUNK: usize = 64;

/// The rising part of a resource's number, as both databases compute it.
pub(crate) const RISING: &str = "(r & 1099511627775)";

/// A database that can be read through. Both databases pass `verify`'s suite.
pub(crate) trait Scan: Send + Sync {
    /// Where the record ends now.
    fn head(&self) -> Reply<'_, Head>;
    /// What the database itself finds wrong with its files, in its own words.
    fn damage(&self) -> Reply<'_, Vec<String>>;
    /// The cursors with a greater number than this.
    fn cursors_beyond(&self, t: i64) -> Reply<'_, Vec<String>>;
    /// Where a cursor stands.
    fn cursor(&self, name: String) -> Reply<'_, Option<i64>>;
    /// The versions of each resource of a type together, in order.
    fn of_type(&self, of: ResourceType, upto: &Head) -> Rows<KeptVersion>;
    /// The numbers of resources, in the order asked.
    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>>;
    /// The commits, in order.
    fn commits(&self, upto: &Head) -> Rows<CommitRow>;
    /// The versions in the order in which they were written.
    fn versions(&self, upto: &Head) -> Rows<KeptVersion>;
    /// The versions of each resource together, in order.
    fn histories(&self, upto: &Head) -> Rows<KeptVersion>;
    /// The resources, in no order.
    fn resources(&self, upto: &Head) -> Rows<KeptResource>;
    /// All index rows, in no order.
    fn index(&self, upto: &Head) -> Rows<Span>;
    /// The messages, by commit.
    fn messages(&self, upto: &Head) -> Rows<MessageRow>;
    /// The audit leaves, in order.
    fn leaves(&self, upto: &Head) -> Rows<LeafRow>;
    /// The calls of departmentals, by their leaves.
    fn calls(&self, upto: &Head) -> Rows<CallRow>;
}

/// One version as it lies there, readable or not.
#[derive(Clone, Debug)]
pub(crate) struct KeptVersion {
    pub(crate) v: i64,
    pub(crate) r: i64,
    pub(crate) version: i64,
    pub(crate) t: i64,
    pub(crate) at_ms: i64,
    pub(crate) what: i64,
    pub(crate) compartment: i64,
    pub(crate) id: String,
    pub(crate) body: KeptBody,
}

/// A body as it lies there.
#[derive(Clone, Debug)]
pub(crate) enum KeptBody {
    /// Its JSON.
    Json(Arc<str>),
    /// There is none.
    None,
    /// Bytes in no form that this program knows.
    Unreadable,
}

/// One resource's number as it is looked up.
#[derive(Clone, Debug)]
pub(crate) struct KeptResource {
    pub(crate) resource_type: i64,
    pub(crate) id: String,
    pub(crate) r: i64,
}

/// An index row with its time. `to_t` is `None` while it stands at the scan's commit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) row: IndexRow,
    pub(crate) from_t: i64,
    pub(crate) to_t: Option<i64>,
}

/// What a scan gives, row by row; it reads only a little ahead.
pub(crate) struct Rows<T> {
    chunks: mpsc::Receiver<Result<Vec<T>, StoreError>>,
    ready: VecDeque<T>,
}

/// Where a scan puts its rows.
pub(crate) struct Sink<T> {
    chunks: mpsc::Sender<Result<Vec<T>, StoreError>>,
    chunk: Vec<T>,
}

impl<T> Rows<T> {
    /// Rows, and where they are put.
    pub(crate) fn new() -> (Sink<T>, Self) {
        let (to, from) = mpsc::channel(limits::SCAN_CHUNKS);
        let sink = Sink {
            chunks: to,
            chunk: Vec::with_capacity(CHUNK),
        };
        let rows = Self {
            chunks: from,
            ready: VecDeque::new(),
        };
        (sink, rows)
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, StoreError> {
        while self.ready.is_empty() {
            match self.chunks.recv().await {
                None => return Ok(None),
                Some(chunk) => self.ready.extend(chunk?),
            }
        }
        Ok(self.ready.pop_front())
    }
}

impl<T> Sink<T> {
    /// Puts a row; false when nobody reads any longer. For a thread of its own.
    pub(crate) fn put_blocking(&mut self, row: T) -> bool {
        self.chunk.push(row);
        self.chunk.len() < CHUNK || self.flush_blocking()
    }

    /// Hands over what is left.
    pub(crate) fn flush_blocking(&mut self) -> bool {
        let chunk = std::mem::take(&mut self.chunk);
        chunk.is_empty() || self.chunks.blocking_send(Ok(chunk)).is_ok()
    }

    /// Ends with what went wrong. For a thread of its own.
    pub(crate) fn fail_blocking(self, error: StoreError) {
        // Nobody reading any longer needs no telling.
        drop(self.chunks.blocking_send(Err(error)));
    }

    /// Hands over rows; false when nobody reads any longer.
    pub(crate) async fn put_all(&self, rows: Vec<T>) -> bool {
        rows.is_empty() || self.chunks.send(Ok(rows)).await.is_ok()
    }

    /// Ends with what went wrong.
    pub(crate) async fn fail(self, error: StoreError) {
        drop(self.chunks.send(Err(error)).await);
    }
}

/// The database at a place, which must be there, to be read through.
pub(crate) async fn scan(place: &Place) -> Result<Box<dyn Scan>, StoreError> {
    Ok(match place {
        Place::Sqlite(folder) => Box::new(SqliteScan::open(Path::new(folder))?),
        Place::Postgres(url) => Box::new(PostgresScan::open(url).await?),
    })
}
