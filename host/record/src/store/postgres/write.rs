//! What PostgreSQL writes: migrations, batches, shelves.
//!
//! Invariant: a batch is one transaction, its statements sent without waiting for each other's answers.

use std::collections::HashMap;

use deadpool_postgres::{ClientWrapper, Object};
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use super::connection::failed;
use super::pipeline::Pipeline;
use super::{TURN, call, index, message};
use crate::lease::Lease;
use crate::store::row::{Batch, MOVED};
use crate::store::shelf::{Item, Shelf};
use crate::store::{StoreError, Wanted, body, leaf};

/// In the order in which they are carried out; the table `migration` says how many have been.
pub(crate) const MIGRATIONS: [&str; 9] = [
    include_str!("../../../migrations/postgres/0001_record.sql"),
    include_str!("../../../migrations/postgres/0002_terminology.sql"),
    include_str!("../../../migrations/postgres/0003_lease.sql"),
    include_str!("../../../migrations/postgres/0004_call.sql"),
    include_str!("../../../migrations/postgres/0005_message.sql"),
    include_str!("../../../migrations/postgres/0006_subscription.sql"),
    include_str!("../../../migrations/postgres/0007_sending.sql"),
    include_str!("../../../migrations/postgres/0008_heard.sql"),
    include_str!("../../../migrations/postgres/0009_document_copy.sql"),
];

pub(super) async fn migrate(connection: &mut Object) -> Result<(), StoreError> {
    let doing = "migrating the database";
    let transaction = connection
        .transaction()
        .await
        .map_err(|error| failed(doing, error))?;
    // A migration takes what time it needs, and other hosts wait for it.
    let begin = format!(
        "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({TURN}); CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)"
    );
    transaction
        .batch_execute(&begin)
        .await
        .map_err(|error| failed(doing, error))?;
    let row = transaction
        .query_one("SELECT count(*) FROM migration", &[])
        .await;
    let done: i64 = row.map_err(|error| failed(doing, error))?.get(0);
    let done = usize::try_from(done).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        let what = format!(
            "it was migrated {done} times, and this program knows {} migrations",
            MIGRATIONS.len()
        );
        return Err(StoreError::Corrupt { doing, what });
    }
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        transaction
            .batch_execute(migration)
            .await
            .map_err(|error| failed(doing, error))?;
        let number = i64::try_from(number + 1).unwrap_or(i64::MAX);
        let kept = transaction
            .execute("INSERT INTO migration (number) VALUES ($1)", &[&number])
            .await;
        kept.map_err(|error| failed(doing, error))?;
    }
    transaction
        .commit()
        .await
        .map_err(|error| failed(doing, error))
}

/// Sends a statement that writes so many rows, unless there are none.
pub(super) async fn send(
    client: &ClientWrapper,
    rows: usize,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<(), Error> {
    if rows == 0 {
        return Ok(());
    }
    let statement = client.prepare_cached(sql).await?;
    client.execute(&statement, values).await?;
    Ok(())
}

/// Writes the batch, whole or not at all.
pub(super) async fn batch(client: &ClientWrapper, batch: &Batch) -> Result<(), StoreError> {
    let failed = |error| failed("writing a batch", error);
    if let Some(lease) = lost(client, &batch.leases).await.map_err(failed)? {
        return Err(StoreError::Fenced { lease });
    }
    rows(client, batch).await.map_err(failed)
}

/// The first lease that somebody else has taken over. The others cannot be until this transaction has ended.
async fn lost(client: &ClientWrapper, leases: &[Lease]) -> Result<Option<String>, Error> {
    if leases.is_empty() {
        return Ok(None);
    }
    let names: Vec<&str> = leases.iter().map(|lease| lease.name.as_str()).collect();
    let sql = "SELECT name, token FROM lease WHERE name = ANY($1) ORDER BY name FOR SHARE";
    let statement = client.prepare_cached(sql).await?;
    let held: HashMap<String, i64> = client
        .query(&statement, &[&names])
        .await?
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let lost = leases
        .iter()
        .find(|lease| held.get(&lease.name) != Some(&lease.token));
    Ok(lost.map(|lease| lease.name.clone()))
}

async fn rows(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let mut pipeline = Pipeline::default();
    resources(&mut pipeline, batch);
    versions(&mut pipeline, batch);
    index::rows(&mut pipeline, batch);
    commits(&mut pipeline, batch);
    message::write(&mut pipeline, batch);
    cursors(&mut pipeline, batch);
    call::write(&mut pipeline, batch);
    leaves(&mut pipeline, batch);
    pipeline.commit(client).await
}

fn resources<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let types: Vec<i64> = batch
        .resources
        .iter()
        .map(|(key, _)| i64::from(key.resource_type.number()))
        .collect();
    let ids: Vec<&str> = batch
        .resources
        .iter()
        .map(|(key, _)| key.id.as_str())
        .collect();
    let numbers: Vec<i64> = batch.resources.iter().map(|(_, r)| *r).collect();
    let homes: HashMap<i64, i64> = batch
        .versions
        .iter()
        .map(|row| (row.r, row.compartment))
        .collect();
    let compartments: Vec<i64> = numbers
        .iter()
        .map(|r| homes.get(r).copied().unwrap_or_default())
        .collect();
    let sql = "INSERT INTO resource (type, id, r, compartment) SELECT * FROM unnest($1::bigint[], $2::text[], \
               $3::bigint[], $4::bigint[])";
    pipeline.add(
        numbers.len(),
        sql,
        vec![
            Box::new(types),
            Box::new(ids),
            Box::new(numbers),
            Box::new(compartments),
        ],
    );
}

/// What a row of `version` says, body apart: number, resource, compartment, commit, moment, version, what.
type Said = (i64, i64, i64, i64, i64, i64, i64);

fn versions<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let moved = batch.moved.iter().filter_map(|moved| {
        let row = batch.versions.get(moved.version)?;
        let said = (
            row.v,
            row.r,
            moved.from,
            row.t,
            row.at_ms,
            row.version,
            MOVED,
        );
        Some((said, row.key.id.as_str(), None))
    });
    let new = batch.versions.iter().map(|row| {
        let said = (
            row.v,
            row.r,
            row.compartment,
            row.t,
            row.at_ms,
            row.version,
            row.what,
        );
        let body = row.body.as_deref().map(body::pack);
        (said, row.key.id.as_str(), body)
    });
    let (mut said, mut ids, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for (row, id, body) in new.chain(moved) {
        said.push(row);
        ids.push(id);
        bodies.push(body);
    }
    let column = |of: fn(&Said) -> i64| said.iter().map(of).collect::<Vec<i64>>();
    let (v, r, compartment) = (
        column(|row| row.0),
        column(|row| row.1),
        column(|row| row.2),
    );
    let (t, at_ms, version) = (
        column(|row| row.3),
        column(|row| row.4),
        column(|row| row.5),
    );
    let what = column(|row| row.6);
    let sql = "INSERT INTO version (v, r, compartment, from_t, at_ms, version, what, id, body) SELECT * FROM unnest(\
               $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], \
               $8::text[], $9::bytea[])";
    pipeline.add(
        v.len(),
        sql,
        vec![
            Box::new(v),
            Box::new(r),
            Box::new(compartment),
            Box::new(t),
            Box::new(at_ms),
            Box::new(version),
            Box::new(what),
            Box::new(ids),
            Box::new(bodies),
        ],
    );
}

fn commits<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let rows = &batch.commits;
    let t: Vec<i64> = rows.iter().map(|row| row.t).collect();
    let at_ms: Vec<i64> = rows.iter().map(|row| row.at_ms).collect();
    let v_last: Vec<i64> = rows.iter().map(|row| row.v_last).collect();
    let seq_last: Vec<i64> = rows.iter().map(|row| row.seq_last).collect();
    let site: Vec<&str> = rows.iter().map(|row| row.site.as_str()).collect();
    let account: Vec<&str> = rows.iter().map(|row| row.account.as_str()).collect();
    let role: Vec<&str> = rows.iter().map(|row| row.role.as_str()).collect();
    let basis: Vec<&str> = rows.iter().map(|row| row.basis.as_str()).collect();
    let sql = "INSERT INTO commits (t, at_ms, v_last, seq_last, site, account, role, basis) SELECT * FROM unnest(\
               $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])";
    pipeline.add(
        t.len(),
        sql,
        vec![
            Box::new(t),
            Box::new(at_ms),
            Box::new(v_last),
            Box::new(seq_last),
            Box::new(site),
            Box::new(account),
            Box::new(role),
            Box::new(basis),
        ],
    );
}

fn cursors<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let names: Vec<&str> = batch
        .cursors
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let t: Vec<i64> = batch.cursors.iter().map(|(_, t)| *t).collect();
    let sql = "INSERT INTO place_in_log (name, t) SELECT * FROM unnest($1::text[], $2::bigint[]) \
               ON CONFLICT (name) DO UPDATE SET t = excluded.t";
    pipeline.add(t.len(), sql, vec![Box::new(names), Box::new(t)]);
}

fn leaves<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let (mut n, mut at_ms) = (Vec::new(), Vec::new());
    let (mut digest, mut leaves) = (Vec::new(), Vec::new());
    for group in leaf::groups(&batch.leaves) {
        n.push(group.n);
        at_ms.push(group.at_ms);
        digest.push(group.digest);
        leaves.push(group.leaves);
    }
    let sql = "INSERT INTO leaf (n, at_ms, digest, leaves) SELECT * FROM unnest($1::bigint[], $2::bigint[], \
               $3::bytea[], $4::bytea[])";
    pipeline.add(
        n.len(),
        sql,
        vec![
            Box::new(n),
            Box::new(at_ms),
            Box::new(digest),
            Box::new(leaves),
        ],
    );
}

pub(super) async fn shelve(client: &ClientWrapper, items: &[Item]) -> Result<(), Error> {
    let shelf: Vec<i64> = items.iter().map(|item| item.shelf.number()).collect();
    let name: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    let document: Vec<&str> = items.iter().map(|item| item.document.as_str()).collect();
    let ends: Vec<Option<i64>> = items.iter().map(|item| item.ends_at_ms).collect();
    let sql = "INSERT INTO shelf (shelf, name, document, ends_at_ms) SELECT * FROM unnest($1::bigint[], $2::text[], \
               $3::text[], $4::bigint[]) ON CONFLICT (shelf, name) DO UPDATE SET document = excluded.document, \
               ends_at_ms = excluded.ends_at_ms";
    send(client, shelf.len(), sql, &[&shelf, &name, &document, &ends]).await
}

pub(super) async fn unshelve(
    client: &ClientWrapper,
    shelf: Shelf,
    name: &str,
) -> Result<(), Error> {
    send(
        client,
        1,
        "DELETE FROM shelf WHERE shelf = $1 AND name = $2",
        &[&shelf.number(), &name],
    )
    .await
}

pub(super) async fn shelve_first(client: &ClientWrapper, item: Item) -> Result<Item, Error> {
    let sql = "INSERT INTO shelf (shelf, name, document, ends_at_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let values: &[&(dyn ToSql + Sync)] = &[
        &item.shelf.number(),
        &item.name,
        &item.document,
        &item.ends_at_ms,
    ];
    send(client, 1, sql, values).await?;
    let sql = "SELECT document, ends_at_ms FROM shelf WHERE shelf = $1 AND name = $2";
    let statement = client.prepare_cached(sql).await?;
    let row = client
        .query_one(&statement, &[&item.shelf.number(), &item.name])
        .await?;
    Ok(Item {
        document: row.get(0),
        ends_at_ms: row.get(1),
        ..item
    })
}

/// The time on the server's clock, which is the same for every host.
const NOW_MS: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// A lease whose end lies further away than it can was given by a clock that has been put back since.
pub(super) async fn lease(client: &ClientWrapper, wanted: &Wanted) -> Result<Option<i64>, Error> {
    let sql = format!(
        "INSERT INTO lease (name, holder, token, until_ms) VALUES ($1, $2, 1, {NOW_MS} + $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_ms = excluded.until_ms, \
         token = lease.token + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END \
         WHERE lease.holder = excluded.holder OR lease.until_ms <= {NOW_MS} OR lease.until_ms > {NOW_MS} + $3 \
         RETURNING token"
    );
    let statement = client.prepare_cached(&sql).await?;
    let row = client
        .query_opt(&statement, &[&wanted.name, &wanted.holder, &wanted.for_ms])
        .await?;
    Ok(row.map(|row| row.get(0)))
}

pub(super) async fn let_go(client: &ClientWrapper, name: &str, holder: &str) -> Result<(), Error> {
    let sql = "UPDATE lease SET until_ms = 0 WHERE name = $1 AND holder = $2";
    send(client, 1, sql, &[&name, &holder]).await
}
