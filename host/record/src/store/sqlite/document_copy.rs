//! Copies of documents that partners hold, in SQLite.
//!
//! Invariant: a copy and what has to go for it are one transaction.

use rusqlite::{OptionalExtension as _, Result, Row, params};

use super::Sqlite;
use crate::store::Reply;
use crate::store::document_copy::{COPY, CopyRow, CopyStore, Keeping, prune};

fn row(row: &Row<'_>) -> Result<CopyRow> {
    Ok(CopyRow {
        pointer: row.get(0)?,
        address: row.get(1)?,
        holder: row.get(2)?,
        version: row.get(3)?,
        media_type: row.get(4)?,
        etag: row.get(5)?,
        last_modified: row.get(6)?,
        asked_ms: row.get(7)?,
        life_ms: row.get(8)?,
        keeping: Keeping::of(row.get(9)?),
        used_ms: row.get(10)?,
        body: row.get(11)?,
    })
}

impl CopyStore for Sqlite {
    fn document_copy(&self, pointer: String, address: String) -> Reply<'_, Option<CopyRow>> {
        self.read("looking for a document's copy", move |connection| {
            let sql =
                format!("SELECT {COPY} FROM document_copy WHERE pointer = ?1 AND address = ?2");
            let mut find = connection.prepare_cached(&sql)?;
            find.query_row([pointer, address], row).optional()
        })
    }

    fn keep_copy(&self, it: CopyRow, bytes_max: i64, rows_max: i64) -> Reply<'_, ()> {
        self.change("keeping a document's copy", move |connection| {
            let to = connection.transaction()?;
            let sql = format!(
                "INSERT OR REPLACE INTO document_copy ({COPY}, bytes) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, length(?12))"
            );
            to.execute(
                &sql,
                params![
                    it.pointer,
                    it.address,
                    it.holder,
                    it.version,
                    it.media_type,
                    it.etag,
                    it.last_modified,
                    it.asked_ms,
                    it.life_ms,
                    it.keeping.number(),
                    it.used_ms,
                    it.body
                ],
            )?;
            to.execute(&prune("?1", "?2"), params![bytes_max, rows_max])?;
            to.commit()
        })
    }

    fn copy_used(&self, pointer: String, address: String, used_ms: i64) -> Reply<'_, ()> {
        self.change("noting that a copy was used", move |connection| {
            let sql = "UPDATE document_copy SET used_ms = ?3 WHERE pointer = ?1 AND address = ?2";
            connection.execute(sql, params![pointer, address, used_ms])?;
            Ok(())
        })
    }

    fn drop_copy(&self, pointer: String, address: String) -> Reply<'_, ()> {
        self.change("removing a document's copy", move |connection| {
            let sql = "DELETE FROM document_copy WHERE pointer = ?1 AND address = ?2";
            connection.execute(sql, [pointer, address])?;
            Ok(())
        })
    }

    fn copies(&self) -> Reply<'_, Vec<(String, i64)>> {
        self.read("counting copies of documents", |connection| {
            let sql = "SELECT holder, COUNT(*) FROM document_copy GROUP BY holder ORDER BY holder";
            let mut find = connection.prepare_cached(sql)?;
            find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}
