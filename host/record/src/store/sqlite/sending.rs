//! Queues of messages that go out, in SQLite.
//!
//! Invariant: a queue is filled in one transaction with the interface's place.

use rusqlite::{
    Connection, OptionalExtension as _, Result, Row, Transaction, TransactionBehavior, params,
};

use super::Sqlite;
use crate::lease::Lease;
use crate::store::sending::{Counts, Filled, Marked, PlaceRow, SendingRow, SendingStore};
use crate::store::{Reply, StoreError};

/// The columns of a message, as `row` reads them.
const SENDING: &str = "interface, n, t, made_ms, next_ms, ended_ms, tries, state, control_id, kind, about, said, body";

fn row(row: &Row<'_>) -> Result<SendingRow> {
    Ok(SendingRow {
        interface: row.get(0)?,
        n: row.get(1)?,
        t: row.get(2)?,
        made_ms: row.get(3)?,
        next_ms: row.get(4)?,
        ended_ms: row.get(5)?,
        tries: row.get(6)?,
        state: row.get(7)?,
        control_id: row.get(8)?,
        kind: row.get(9)?,
        about: row.get(10)?,
        said: row.get(11)?,
        body: row.get(12)?,
    })
}

/// Whether somebody else has taken a lease over.
fn is_lost(transaction: &Transaction<'_>, lease: Option<&Lease>) -> Result<bool> {
    let Some(lease) = lease else {
        return Ok(false);
    };
    let token: Option<i64> = transaction
        .prepare_cached("SELECT token FROM lease WHERE name = ?1")?
        .query_row([&lease.name], |row| row.get(0))
        .optional()?;
    Ok(token != Some(lease.token))
}

fn place(connection: &Connection, interface: &str) -> Result<Option<PlaceRow>> {
    connection
        .prepare_cached("SELECT t, n FROM sending_place WHERE interface = ?1")?
        .query_row([interface], |row| {
            Ok(PlaceRow {
                t: row.get(0)?,
                n: row.get(1)?,
            })
        })
        .optional()
}

/// Puts messages into a queue; false when the lease was lost.
fn fill(connection: &mut Connection, filled: &Filled) -> Result<bool> {
    let to = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_lost(&to, filled.under.as_ref())? {
        return Ok(false);
    }
    let mut at = place(&to, &filled.interface)?.unwrap_or_default();
    let sql = format!(
        "INSERT INTO sending ({SENDING}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
         ON CONFLICT (interface, control_id) DO NOTHING"
    );
    for it in &filled.rows {
        let put = to.prepare_cached(&sql)?.execute(params![
            it.interface,
            at.n + 1,
            it.t,
            it.made_ms,
            it.next_ms,
            it.ended_ms,
            it.tries,
            it.state,
            it.control_id,
            it.kind,
            it.about,
            it.said,
            it.body
        ])?;
        at.n += i64::from(put > 0);
    }
    at.t = filled.to.unwrap_or(at.t);
    to.prepare_cached(
        "INSERT INTO sending_place (interface, t, n) VALUES (?1, ?2, ?3) \
         ON CONFLICT (interface) DO UPDATE SET t = excluded.t, n = excluded.n",
    )?
    .execute(params![filled.interface, at.t, at.n])?;
    to.commit()?;
    Ok(true)
}

/// Whether the message was as it was seen; `None` when the lease was lost.
fn mark(connection: &mut Connection, it: &Marked) -> Result<Option<bool>> {
    let to = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_lost(&to, it.under.as_ref())? {
        return Ok(None);
    }
    let done = to
        .prepare_cached(
            "UPDATE sending SET next_ms = ?5, ended_ms = ?6, tries = ?7, state = ?8, said = ?9 \
             WHERE interface = ?1 AND n = ?2 AND state = ?3 AND tries = ?4",
        )?
        .execute(params![
            it.seen.interface,
            it.seen.n,
            it.seen.state,
            it.seen.tries,
            it.now.next_ms,
            it.now.ended_ms,
            it.now.tries,
            it.now.state,
            it.now.said
        ])?;
    to.commit()?;
    Ok(Some(done > 0))
}

fn fenced(lease: Option<&Lease>) -> StoreError {
    StoreError::Fenced {
        lease: lease.map(|lease| lease.name.clone()).unwrap_or_default(),
    }
}

impl SendingStore for Sqlite {
    fn sending_place(&self, interface: String) -> Reply<'_, Option<PlaceRow>> {
        self.read("reading the place of an interface", move |connection| {
            place(connection, &interface)
        })
    }

    fn sending_fill(&self, filled: Filled) -> Reply<'_, ()> {
        let under = filled.under.clone();
        let put = self.change("filling a queue", move |connection| {
            fill(connection, &filled)
        });
        Box::pin(async move {
            match put.await? {
                true => Ok(()),
                false => Err(fenced(under.as_ref())),
            }
        })
    }

    fn sending_rows(
        &self,
        interface: String,
        state: i64,
        after: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SendingRow>> {
        self.read("reading a queue", move |connection| {
            let sql = format!(
                "SELECT {SENDING} FROM sending WHERE interface = ?1 AND state = ?2 AND n > ?3 ORDER BY n LIMIT ?4"
            );
            connection
                .prepare_cached(&sql)?
                .query_map(params![interface, state, after, n_max], row)?
                .collect()
        })
    }

    fn sending_row(&self, interface: String, n: i64) -> Reply<'_, Option<SendingRow>> {
        self.read("reading a queue", move |connection| {
            let sql = format!("SELECT {SENDING} FROM sending WHERE interface = ?1 AND n = ?2");
            connection
                .prepare_cached(&sql)?
                .query_row(params![interface, n], row)
                .optional()
        })
    }

    fn sending_mark(&self, marked: Marked) -> Reply<'_, bool> {
        let under = marked.under.clone();
        let done = self.change("writing down what became of a message", move |connection| {
            mark(connection, &marked)
        });
        Box::pin(async move { done.await?.ok_or_else(|| fenced(under.as_ref())) })
    }

    fn sending_counts(&self) -> Reply<'_, Counts> {
        self.read("counting queues", |connection| {
            connection
                .prepare_cached(
                    "SELECT interface, state, count(*) FROM sending WHERE state IN (0, 2) GROUP BY interface, state",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })
    }

    fn sending_prune(&self, state: i64, before_ms: i64, n_max: u32) -> Reply<'_, u64> {
        self.change("removing old messages", move |connection| {
            let sql = "DELETE FROM sending WHERE rowid IN \
                       (SELECT rowid FROM sending WHERE state = ?1 AND ended_ms < ?2 ORDER BY ended_ms LIMIT ?3)";
            let removed = connection.execute(sql, params![state, before_ms, n_max])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
    }
}
