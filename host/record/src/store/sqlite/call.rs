//! Calls of departmentals in SQLite.
//!
//! Invariant: a call is written in the transaction of its leaf.

use rusqlite::{Connection, OptionalExtension as _, Result, Row, Transaction, params};

use super::Sqlite;
use crate::store::Reply;
use crate::store::call::{CallRow, CallStore, KeptCall, Which};
use crate::store::row::LeafRow;

/// The columns of a call, as `row` reads them.
pub(super) const CALL: &str = "n, at_ms, t, site, id, departmental, digest, answer, body";

pub(super) fn write(to: &Transaction<'_>, leaves: &[LeafRow]) -> Result<()> {
    let sql = format!("INSERT INTO call ({CALL}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    for leaf in leaves {
        let Some(call) = &leaf.call else { continue };
        to.prepare_cached(&sql)?.execute(params![
            leaf.n,
            leaf.at_ms,
            leaf.t,
            leaf.site,
            call.id,
            call.departmental,
            call.digest,
            call.answer,
            call.body
        ])?;
    }
    Ok(())
}

pub(super) fn row(row: &Row<'_>) -> Result<CallRow> {
    Ok(CallRow {
        n: row.get(0)?,
        at_ms: row.get(1)?,
        t: row.get(2)?,
        site: row.get(3)?,
        kept: KeptCall {
            id: row.get(4)?,
            departmental: row.get(5)?,
            digest: row.get(6)?,
            answer: row.get(7)?,
            body: row.get(8)?,
        },
    })
}

impl CallStore for Sqlite {
    fn call(&self, id: String) -> Reply<'_, Option<CallRow>> {
        self.read("looking for a call", move |connection| {
            let sql = format!("SELECT {CALL} FROM call WHERE id = ?1 ORDER BY n DESC LIMIT 1");
            connection
                .prepare_cached(&sql)?
                .query_row([id], row)
                .optional()
        })
    }

    fn calls(
        &self,
        departmental: Option<String>,
        which: Which,
        n_max: u32,
    ) -> Reply<'_, Vec<CallRow>> {
        self.read("reading calls", move |connection| {
            let (t, after, order) = which.bounds();
            // Told apart here and not in the statement, so that an index serves either.
            let of = match departmental {
                Some(_) => "departmental = ?1",
                None => "?1 IS NULL",
            };
            let sql = format!(
                "SELECT {CALL} FROM call WHERE {of} AND t >= ?2 AND n > ?3 ORDER BY {order} LIMIT ?4"
            );
            connection
                .prepare_cached(&sql)?
                .query_map(params![departmental, t, after, n_max], row)?
                .collect()
        })
    }

    fn calls_beyond(&self, before_ms: i64, keep: u32) -> Reply<'_, Option<i64>> {
        self.read("looking for old calls", move |connection| {
            beyond(connection, before_ms, keep)
        })
    }

    fn calls_prune(&self, upto: i64, n_max: u32) -> Reply<'_, u64> {
        self.change("removing old calls", move |connection| {
            let sql = "DELETE FROM call WHERE n IN (SELECT n FROM call WHERE n <= ?1 ORDER BY n LIMIT ?2)";
            let removed = connection.execute(sql, params![upto, n_max])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
    }
}

/// The moments rise with the numbers, so the first that is young enough stands behind all that are not.
fn beyond(connection: &Connection, before_ms: i64, keep: u32) -> Result<Option<i64>> {
    let one = |sql: &str, value: i64| -> Result<Option<i64>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row([value], |row| row.get(0)).optional()
    };
    let young = one(
        "SELECT n FROM call WHERE at_ms >= ?1 ORDER BY n LIMIT 1",
        before_ms,
    )?;
    let old = "SELECT n FROM call WHERE n < ?1 ORDER BY n DESC LIMIT 1";
    let by_age = one(old, young.unwrap_or(i64::MAX))?;
    let many = "SELECT n FROM call ORDER BY n DESC LIMIT 1 OFFSET ?1";
    let by_number = one(many, i64::from(keep))?;
    Ok(by_age.max(by_number))
}
