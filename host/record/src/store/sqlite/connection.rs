//! Connections to SQLite: how each is set, and what its errors mean.
//!
//! Invariant: no connection is used that would acknowledge what is not on disk.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::limits;
use crate::store::StoreError;

/// `SQLITE_IOERR_SHMSIZE`: the file of the log's index could not grow, for which there is one reason.
const NO_ROOM_FOR_INDEX: i32 = 4_874;

pub(super) fn failed(doing: &'static str, error: rusqlite::Error) -> StoreError {
    let is_full = |error: &rusqlite::ffi::Error| {
        error.code == rusqlite::ErrorCode::DiskFull || error.extended_code == NO_ROOM_FOR_INDEX
    };
    match error.sqlite_error() {
        Some(error) if is_full(error) => StoreError::Full { doing },
        Some(error) if error.code == rusqlite::ErrorCode::OperationInterrupted => {
            StoreError::TooLong { doing }
        }
        Some(_) | None => StoreError::Failed {
            doing,
            source: Box::new(error),
        },
    }
}

/// Makes this process the only one that writes in a folder, which is created when it is not there.
pub(super) fn locked(folder: &Path) -> Result<File, StoreError> {
    let refused = |why: String| StoreError::Open {
        place: folder.display().to_string(),
        why,
    };
    std::fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
    let lock = File::create(folder.join("lock")).map_err(|error| refused(error.to_string()))?;
    lock.try_lock()
        .map_err(|_| refused("another process has it open: stop that one first".to_owned()))?;
    Ok(lock)
}

/// What a connection is for: whoever writes touches many more pages than whoever reads.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// The one that writes.
    Writes,
    /// One of those that read.
    Reads,
}

/// Opens the database, and refuses it unless it keeps what it acknowledges.
pub(super) fn open(path: &Path, to: Use) -> Result<Connection, StoreError> {
    let doing = "opening the database";
    let connection = Connection::open(path).map_err(|error| failed(doing, error))?;
    let cache_kib = match to {
        Use::Writes => limits::WRITER_CACHE_KIB,
        Use::Reads => limits::READER_CACHE_KIB,
    };
    // The page's size counts only when the file is made; the log is folded in by `fold`.
    let settings = format!(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{cache_kib}; PRAGMA mmap_size = 0; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 4194304; PRAGMA busy_timeout = 10000;"
    );
    connection
        .execute_batch(&settings)
        .map_err(|error| failed(doing, error))?;
    connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_MAX);
    durable(&connection)?;
    Ok(connection)
}

/// Refuses a connection that acknowledges what is not on disk.
fn durable(connection: &Connection) -> Result<(), StoreError> {
    let wanted = [
        ("journal_mode", Value::Text("wal".to_owned()), "wal"),
        ("synchronous", Value::Integer(2), "2 (FULL)"),
    ];
    for (setting, right, wanted) in wanted {
        let found: Value = connection
            .pragma_query_value(None, setting, |row| row.get(0))
            .map_err(|error| failed("opening the database", error))?;
        if found != right {
            let found = format!("{found:?}");
            return Err(StoreError::NotDurable {
                setting,
                wanted,
                found,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
