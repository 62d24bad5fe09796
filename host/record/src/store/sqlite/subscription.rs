//! Subscriptions and their events in SQLite.
//!
//! Invariant: a step is one transaction, and nothing of it is written without its lease and its cursor.

use fhir::resource::{Id, Key, ResourceType};
use rusqlite::{
    Connection, OptionalExtension as _, Result, Row, Transaction, TransactionBehavior, params,
};

use super::Sqlite;
use crate::lease::Lease;
use crate::store::Reply;
use crate::store::subscription::{EventRow, Lane, Sent, Step, SubscriptionRow, SubscriptionStore};

/// The columns of a subscription, as `row` reads them.
const SUBSCRIPTION: &str =
    "id, author, shard, hook, status, version, last, delivered, failures, due_ms, since_ms, said";
/// The columns of an event, as `event` reads them.
const EVENT: &str = "subscription, number, t, at_ms, type, resource, version, what";

fn row(row: &Row<'_>) -> Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        id: row.get(0)?,
        author: row.get(1)?,
        shard: row.get(2)?,
        hook: row.get(3)?,
        status: row.get(4)?,
        version: row.get(5)?,
        last: row.get(6)?,
        delivered: row.get(7)?,
        failures: row.get(8)?,
        due_ms: row.get(9)?,
        since_ms: row.get(10)?,
        said: row.get(11)?,
    })
}

/// An event; `None` when it is none of ours.
fn event(row: &Row<'_>) -> Result<Option<EventRow>> {
    let of: u16 = row.get(4)?;
    let id: String = row.get(5)?;
    let key = ResourceType::from_number(of).zip(id.parse::<Id>().ok());
    let Some((of, id)) = key else { return Ok(None) };
    Ok(Some(EventRow {
        subscription: row.get(0)?,
        number: row.get(1)?,
        t: row.get(2)?,
        at_ms: row.get(3)?,
        key: Key::new(of, id),
        version: row.get(6)?,
        what: row.get(7)?,
    }))
}

fn holds(to: &Transaction<'_>, lease: &Lease) -> Result<bool> {
    let mut find = to.prepare_cached("SELECT token FROM lease WHERE name = ?1")?;
    let token: Option<i64> = find.query_row([&lease.name], |row| row.get(0)).optional()?;
    Ok(token == Some(lease.token))
}

fn step(connection: &mut Connection, step: &Step) -> Result<bool> {
    let to = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stands: Option<i64> = to
        .prepare_cached("SELECT t FROM place_in_log WHERE name = ?1")?
        .query_row([step.cursor], |row| row.get(0))
        .optional()?;
    if stands != step.from || !holds(&to, &step.lease)? {
        return Ok(false);
    }
    to.prepare_cached(
        "INSERT INTO place_in_log (name, t) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET t = excluded.t",
    )?
    .execute(params![step.cursor, step.to])?;
    for it in &step.written {
        to.prepare_cached(
            "INSERT INTO subscription (id, author, shard, hook, status, version, last, delivered, failures, due_ms, \
             since_ms, said) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO UPDATE SET \
             author = excluded.author, hook = excluded.hook, status = excluded.status, version = excluded.version, \
             delivered = CASE WHEN subscription.status = 3 THEN subscription.last ELSE subscription.delivered END, \
             failures = 0, due_ms = excluded.due_ms, since_ms = excluded.since_ms, said = excluded.said",
        )?
        .execute(params![
            it.id, it.author, it.shard, it.hook, it.status, it.version, it.last, it.delivered, it.failures, it.due_ms,
            it.since_ms, it.said
        ])?;
    }
    let sql =
        format!("INSERT INTO subscription_event ({EVENT}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    for it in &step.events {
        to.prepare_cached(&sql)?.execute(params![
            it.subscription,
            it.number,
            it.t,
            it.at_ms,
            it.key.resource_type.number(),
            it.key.id.as_str(),
            it.version,
            it.what
        ])?;
    }
    for (id, last) in step.counted() {
        to.prepare_cached(
            "UPDATE subscription SET last = ?2, due_ms = CASE WHEN hook = 1 AND status = 1 AND failures = 0 THEN ?3 \
             ELSE due_ms END WHERE id = ?1",
        )?
        .execute(params![id, last, step.now_ms])?;
    }
    to.commit()?;
    Ok(true)
}

fn sent(connection: &mut Connection, sent: &Sent) -> Result<bool> {
    let to = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !holds(&to, &sent.lease)? {
        return Ok(false);
    }
    to.prepare_cached(
        "UPDATE subscription SET delivered = max(delivered, coalesce(?2, delivered)), failures = ?3, said = ?4, \
         due_ms = CASE WHEN ?3 = 0 AND hook = 1 AND status = 1 AND last > max(delivered, coalesce(?2, delivered)) \
         THEN ?6 ELSE ?5 END WHERE id = ?1",
    )?
    .execute(params![sent.id, sent.delivered, sent.failures, sent.said, sent.due_ms, sent.now_ms])?;
    to.commit()?;
    Ok(true)
}

fn rows(
    connection: &Connection,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<SubscriptionRow>> {
    connection
        .prepare_cached(sql)?
        .query_map(values, row)?
        .collect()
}

impl SubscriptionStore for Sqlite {
    fn subscriptions_step(&self, of: Step) -> Reply<'_, bool> {
        self.change("counting events", move |connection| step(connection, &of))
    }

    fn subscriptions(&self, ids: Vec<String>) -> Reply<'_, Vec<SubscriptionRow>> {
        self.read("reading subscriptions", move |connection| {
            let sql = format!("SELECT {SUBSCRIPTION} FROM subscription WHERE id = ?1");
            let mut found = Vec::with_capacity(ids.len());
            for id in &ids {
                found.extend(rows(connection, &sql, &[id])?);
            }
            Ok(found)
        })
    }

    fn subscriptions_after(&self, id: String, n_max: u32) -> Reply<'_, Vec<SubscriptionRow>> {
        self.read("reading subscriptions", move |connection| {
            let sql = format!(
                "SELECT {SUBSCRIPTION} FROM subscription WHERE id > ?1 ORDER BY id LIMIT ?2"
            );
            rows(connection, &sql, &[&id, &n_max])
        })
    }

    fn subscriptions_due(
        &self,
        shards: Vec<i64>,
        lane: Lane,
        now_ms: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SubscriptionRow>> {
        self.read("looking for what is to be delivered", move |connection| {
            let lane = match lane {
                Lane::Proven => "(status = 1 AND failures = 0)",
                Lane::Unproven => "NOT (status = 1 AND failures = 0)",
            };
            let shards: Vec<String> = shards.iter().map(i64::to_string).collect();
            let shards = shards.join(", ");
            let sql = format!(
                "SELECT {SUBSCRIPTION} FROM subscription WHERE due_ms <= ?1 AND {lane} AND shard IN ({shards}) ORDER BY due_ms LIMIT ?2"
            );
            rows(connection, &sql, &[&now_ms, &n_max])
        })
    }

    fn subscriptions_open(&self, author: String) -> Reply<'_, (i64, i64)> {
        self.read("counting subscriptions", move |connection| {
            let sql = "SELECT count(*), coalesce(sum(author = ?1), 0) FROM subscription WHERE status <> 3";
            let mut count = connection.prepare_cached(sql)?;
            count.query_row([author], |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }

    fn subscription_sent(&self, of: Sent) -> Reply<'_, bool> {
        self.change("noting a delivery", move |connection| sent(connection, &of))
    }

    fn events(&self, id: String, after: i64, upto: i64, n_max: u32) -> Reply<'_, Vec<EventRow>> {
        self.read("reading events", move |connection| {
            let sql = format!(
                "SELECT {EVENT} FROM subscription_event WHERE subscription = ?1 AND number > ?2 AND number <= ?3 \
                 ORDER BY number LIMIT ?4"
            );
            let mut find = connection.prepare_cached(&sql)?;
            let found = find.query_map(params![id, after, upto, n_max], event)?;
            Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    fn events_prune(&self, before_ms: i64, n_max: u32) -> Reply<'_, u64> {
        self.change("removing old events", move |connection| {
            let sql = "DELETE FROM subscription_event WHERE rowid IN (SELECT rowid FROM subscription_event \
                       WHERE at_ms < ?1 LIMIT ?2)";
            let removed = connection.execute(sql, params![before_ms, n_max])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
    }
}
