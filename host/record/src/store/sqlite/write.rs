//! What SQLite writes: migrations, batches, shelves.
//!
//! Invariant: a batch is one transaction.

use rusqlite::{Connection, OptionalExtension, Result, Transaction, TransactionBehavior, params};

use super::connection::failed;
use super::{call, message};
use crate::store::leaf::LeafGroup;
use crate::store::row::{Batch, Found, IndexRow};
use crate::store::scan::Span;
use crate::store::shelf::{Item, Shelf};
use crate::store::{StoreError, Wanted, body, leaf};

/// In the order in which they are carried out; `user_version` says how many have been.
pub(crate) const MIGRATIONS: [&str; 9] = [
    include_str!("../../../migrations/sqlite/0001_record.sql"),
    include_str!("../../../migrations/sqlite/0002_terminology.sql"),
    include_str!("../../../migrations/sqlite/0003_lease.sql"),
    include_str!("../../../migrations/sqlite/0004_call.sql"),
    include_str!("../../../migrations/sqlite/0005_message.sql"),
    include_str!("../../../migrations/sqlite/0006_subscription.sql"),
    include_str!("../../../migrations/sqlite/0007_sending.sql"),
    include_str!("../../../migrations/sqlite/0008_heard.sql"),
    include_str!("../../../migrations/sqlite/0009_document_copy.sql"),
];

pub(super) fn migrate(connection: &mut Connection) -> std::result::Result<(), StoreError> {
    let doing = "migrating the database";
    let done: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| failed(doing, error))?;
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        let what = format!(
            "it was migrated {done} times, and this program knows {} migrations",
            MIGRATIONS.len()
        );
        return Err(StoreError::Corrupt { doing, what });
    }
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let all = || -> Result<()> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(migration)?;
            transaction.pragma_update(
                None,
                "user_version",
                i64::try_from(number + 1).unwrap_or(i64::MAX),
            )?;
            transaction.commit()
        };
        let mut all = all;
        all().map_err(|error| failed(doing, error))?;
    }
    Ok(())
}

/// Writes the batch. Gives the lease that was lost, if one was: then nothing is written.
pub(super) fn batch(connection: &mut Connection, batch: &Batch) -> Result<Option<String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for lease in &batch.leases {
        let token: Option<i64> = transaction
            .prepare_cached("SELECT token FROM lease WHERE name = ?1")?
            .query_row([&lease.name], |row| row.get(0))
            .optional()?;
        if token != Some(lease.token) {
            return Ok(Some(lease.name.clone()));
        }
    }
    facts(&transaction, batch)?;
    for (row, t) in &batch.closed {
        close(&transaction, row, *t)?;
    }
    for span in &batch.opened {
        open(&transaction, span)?;
    }
    beside(&transaction, batch)?;
    transaction.commit()?;
    Ok(None)
}

fn facts(to: &Transaction<'_>, batch: &Batch) -> Result<()> {
    let mut insert = to.prepare_cached("INSERT INTO resource (type, id, r) VALUES (?1, ?2, ?3)")?;
    for (key, r) in &batch.resources {
        insert.execute(params![
            i64::from(key.resource_type.number()),
            key.id.as_str(),
            r
        ])?;
    }
    let mut insert = to.prepare_cached(
        "INSERT INTO version (v, r, version, from_t, at_ms, what, compartment, id, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for row in &batch.versions {
        let kept = row.body.as_deref().map(body::pack);
        insert.execute(params![
            row.v,
            row.r,
            row.version,
            row.t,
            row.at_ms,
            row.what,
            row.compartment,
            row.key.id.as_str(),
            kept
        ])?;
    }
    Ok(())
}

fn open(to: &Transaction<'_>, span: &Span) -> Result<()> {
    let Span {
        row,
        from_t: t,
        to_t,
    } = span;
    let IndexRow {
        parameter,
        compartment,
        r,
        found,
    } = row;
    match found {
        Found::Term { value, system } => to
            .prepare_cached("INSERT INTO index_term (parameter, value, compartment, r, system, from_t, to_t) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![parameter, value, compartment, r, system, t, to_t])?,
        Found::Text(value) => to
            .prepare_cached("INSERT INTO index_text (parameter, value, compartment, r, from_t, to_t) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![parameter, value, compartment, r, t, to_t])?,
        Found::Date { low, high, ends } => to
            .prepare_cached("INSERT INTO index_date (parameter, compartment, low, r, high, ends, from_t, to_t) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![parameter, compartment, low, r, high, ends, t, to_t])?,
        Found::Amount { low, high, system, code, unit } => to
            .prepare_cached(
                "INSERT INTO index_amount (parameter, compartment, low, r, high, system, code, unit, from_t, to_t) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![parameter, compartment, low, r, high, system, code, unit, t, to_t])?,
    };
    Ok(())
}

fn close(to: &Transaction<'_>, row: &IndexRow, t: i64) -> Result<()> {
    let IndexRow {
        parameter,
        compartment,
        r,
        found,
    } = row;
    match found {
        Found::Term { value, system } => to
            .prepare_cached(
                "UPDATE index_term SET to_t = ?6 WHERE parameter = ?1 AND value = ?2 AND compartment = ?3 AND r = ?4 \
                 AND system = ?5 AND to_t IS NULL",
            )?
            .execute(params![parameter, value, compartment, r, system, t])?,
        Found::Text(value) => to
            .prepare_cached(
                "UPDATE index_text SET to_t = ?5 WHERE parameter = ?1 AND value = ?2 AND compartment = ?3 AND r = ?4 \
                 AND to_t IS NULL",
            )?
            .execute(params![parameter, value, compartment, r, t])?,
        Found::Date { low, high, ends } => to
            .prepare_cached(
                "UPDATE index_date SET to_t = ?7 WHERE parameter = ?1 AND compartment = ?2 AND low = ?3 AND r = ?4 \
                 AND high = ?5 AND ends = ?6 AND to_t IS NULL",
            )?
            .execute(params![parameter, compartment, low, r, high, ends, t])?,
        Found::Amount { low, high, system, code, unit } => to
            .prepare_cached(
                "UPDATE index_amount SET to_t = ?9 WHERE parameter = ?1 AND compartment = ?2 AND low = ?3 AND r = ?4 \
                 AND high = ?5 AND system = ?6 AND code = ?7 AND unit = ?8 AND to_t IS NULL",
            )?
            .execute(params![parameter, compartment, low, r, high, system, code, unit, t])?,
    };
    Ok(())
}

fn beside(to: &Transaction<'_>, batch: &Batch) -> Result<()> {
    let mut insert = to.prepare_cached(
        "INSERT INTO commits (t, at_ms, v_last, seq_last, site, account, role, basis) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for row in &batch.commits {
        insert.execute(params![
            row.t,
            row.at_ms,
            row.v_last,
            row.seq_last,
            row.site,
            row.account,
            row.role,
            row.basis
        ])?;
    }
    let mut insert = to.prepare_cached(
        "INSERT INTO message (source, control_id, digest, t, received_at, site, reason, field, bytes) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for row in &batch.messages {
        insert.execute(params![
            row.source,
            row.control_id,
            row.digest,
            row.t,
            row.received_at,
            row.site,
            row.reason,
            row.field,
            row.bytes
        ])?;
    }
    message::write(to, &batch.messages, &batch.fates)?;
    let mut put = to.prepare_cached(
        "INSERT INTO place_in_log (name, t) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET t = excluded.t",
    )?;
    for (name, t) in &batch.cursors {
        put.execute(params![name, t])?;
    }
    call::write(to, &batch.leaves)?;
    leaves(to, &leaf::groups(&batch.leaves))
}

pub(super) fn leaves(to: &Connection, groups: &[LeafGroup]) -> Result<()> {
    let sql = "INSERT INTO leaf (n, at_ms, digest, leaves) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = to.prepare_cached(sql)?;
    for group in groups {
        insert.execute(params![group.n, group.at_ms, group.digest, group.leaves])?;
    }
    Ok(())
}

pub(super) fn shelve(connection: &mut Connection, items: &[Item]) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for item in items {
        transaction
            .prepare_cached(
                "INSERT INTO shelf (shelf, name, document, ends_at_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (shelf, name) \
                 DO UPDATE SET document = excluded.document, ends_at_ms = excluded.ends_at_ms",
            )?
            .execute(params![item.shelf.number(), item.name, item.document, item.ends_at_ms])?;
    }
    transaction.commit()
}

pub(super) fn unshelve(connection: &mut Connection, shelf: Shelf, name: &str) -> Result<()> {
    connection.execute(
        "DELETE FROM shelf WHERE shelf = ?1 AND name = ?2",
        params![shelf.number(), name],
    )?;
    Ok(())
}

pub(super) fn shelve_first(connection: &mut Connection, item: &Item) -> Result<Item> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO shelf (shelf, name, document, ends_at_ms) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (shelf, name) DO NOTHING",
        params![item.shelf.number(), item.name, item.document, item.ends_at_ms],
    )?;
    let kept = transaction.query_row(
        "SELECT document, ends_at_ms FROM shelf WHERE shelf = ?1 AND name = ?2",
        params![item.shelf.number(), item.name],
        |row| {
            Ok(Item {
                shelf: item.shelf,
                name: item.name.clone(),
                document: row.get(0)?,
                ends_at_ms: row.get(1)?,
            })
        },
    )?;
    transaction.commit()?;
    Ok(kept)
}

/// A lease whose end lies further away than it can was given by a clock that has been put back since.
pub(super) fn lease(connection: &mut Connection, wanted: &Wanted) -> Result<Option<i64>> {
    connection
        .prepare_cached(
            "INSERT INTO lease (name, holder, token, until_ms) VALUES (?1, ?2, 1, ?4 + ?3) ON CONFLICT (name) DO UPDATE \
             SET holder = excluded.holder, until_ms = excluded.until_ms, \
             token = lease.token + (lease.holder <> excluded.holder) \
             WHERE lease.holder = excluded.holder OR lease.until_ms <= ?4 OR lease.until_ms > ?4 + ?3 RETURNING token",
        )?
        .query_row(
            params![wanted.name, wanted.holder, wanted.for_ms, wanted.now_ms],
            |row| row.get(0),
        )
        .optional()
}

/// Ends every lease: the folder is locked, so whoever held one is gone.
pub(super) fn end_leases(connection: &Connection) -> Result<()> {
    connection.execute("UPDATE lease SET until_ms = 0 WHERE until_ms <> 0", [])?;
    Ok(())
}

pub(super) fn let_go(connection: &mut Connection, name: &str, holder: &str) -> Result<()> {
    connection.execute(
        "UPDATE lease SET until_ms = 0 WHERE name = ?1 AND holder = ?2",
        params![name, holder],
    )?;
    Ok(())
}
