//! A connection to SQLite with the settings that the record needs.
//!
//! Invariant: no connection acknowledges what is not on disk.

use std::path::Path;

use rusqlite::Connection;

use super::failed;
use crate::limits;
use crate::store::StoreError;

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
    let ask = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0))
    };
    let mode = ask("journal_mode").map_err(|error| failed(doing, error))?;
    if mode != rusqlite::types::Value::Text("wal".to_owned()) {
        return Err(StoreError::NotDurable {
            setting: "journal_mode",
            wanted: "wal",
            found: format!("{mode:?}"),
        });
    }
    let synchronous = ask("synchronous").map_err(|error| failed(doing, error))?;
    if synchronous != rusqlite::types::Value::Integer(2) {
        return Err(StoreError::NotDurable {
            setting: "synchronous",
            wanted: "2 (FULL)",
            found: format!("{synchronous:?}"),
        });
    }
    Ok(connection)
}
