//! What PostgreSQL writes: migrations, batches, shelves.
//!
//! Invariant: a batch is one transaction, its statements sent without waiting for each other's answers.

use deadpool_postgres::{ClientWrapper, Object};
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use super::{TURN, failed};
use crate::store::row::{Batch, Found, IndexRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::{StoreError, body};

/// In the order in which they are carried out; the table `migration` says how many have been.
pub(crate) const MIGRATIONS: [&str; 1] =
    [include_str!("../../../migrations/postgres/0001_record.sql")];

pub(super) async fn migrate(connection: &mut Object) -> Result<(), StoreError> {
    let doing = "migrating the database";
    let transaction = connection
        .transaction()
        .await
        .map_err(|error| failed(doing, error))?;
    let begin = format!(
        "SELECT pg_advisory_xact_lock({TURN}); CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY)"
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

async fn send(
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

pub(super) async fn batch(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    // What ends goes before what begins, since a row may end and begin anew; the rest is sent in one go.
    terms(client, &batch.closed, CLOSE_TERM).await?;
    tokio::try_join!(
        resources(client, batch),
        versions(client, batch),
        texts(client, &batch.closed, CLOSE_TEXT),
        dates(client, &batch.closed, CLOSE_DATE),
        amounts(client, &batch.closed, CLOSE_AMOUNT),
    )?;
    tokio::try_join!(
        terms(client, &batch.opened, OPEN_TERM),
        texts(client, &batch.opened, OPEN_TEXT),
        dates(client, &batch.opened, OPEN_DATE),
        amounts(client, &batch.opened, OPEN_AMOUNT),
        commits(client, batch),
        messages(client, batch),
        cursors(client, batch),
        leaves(client, batch),
    )?;
    client.batch_execute("COMMIT").await
}

async fn resources(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
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
    let sql = "INSERT INTO resource (type, id, r) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])";
    send(client, numbers.len(), sql, &[&types, &ids, &numbers]).await
}

async fn versions(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let column = |of: fn(&crate::store::row::VersionRow) -> i64| {
        batch.versions.iter().map(of).collect::<Vec<i64>>()
    };
    let (v, r, version) = (
        column(|row| row.v),
        column(|row| row.r),
        column(|row| row.version),
    );
    let (t, at_ms, what) = (
        column(|row| row.t),
        column(|row| row.at_ms),
        column(|row| row.what),
    );
    let compartment = column(|row| row.compartment);
    let ids: Vec<&str> = batch
        .versions
        .iter()
        .map(|row| row.key.id.as_str())
        .collect();
    let bodies: Vec<Option<Vec<u8>>> = batch
        .versions
        .iter()
        .map(|row| row.body.as_deref().map(body::pack))
        .collect();
    let sql = "INSERT INTO version (v, r, version, from_t, at_ms, what, compartment, id, body) SELECT * FROM unnest(\
               $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], \
               $8::text[], $9::bytea[])";
    send(
        client,
        v.len(),
        sql,
        &[
            &v,
            &r,
            &version,
            &t,
            &at_ms,
            &what,
            &compartment,
            &ids,
            &bodies,
        ],
    )
    .await
}

type Timed = (IndexRow, i64);

/// The columns that every index has, then the picked ones.
type Columns<T> = (Vec<i64>, Vec<i64>, Vec<i64>, Vec<i64>, Vec<T>);

/// The columns that every index has: parameter, compartment, number, commit.
fn columns<'a, T>(rows: &'a [Timed], pick: impl Fn(&'a Found) -> Option<T>) -> Columns<T> {
    let mut all = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, t) in rows {
        if let Some(picked) = pick(&row.found) {
            all.0.push(row.parameter);
            all.1.push(row.compartment);
            all.2.push(row.r);
            all.3.push(*t);
            all.4.push(picked);
        }
    }
    all
}

const OPEN_TERM: &str = "INSERT INTO index_term (parameter, compartment, r, from_t, value, system) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])";
const CLOSE_TERM: &str = "UPDATE index_term i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::bigint[], $6::bigint[]) AS k (parameter, compartment, r, t, value, system) \
    WHERE i.parameter = k.parameter AND i.value = k.value AND i.compartment = k.compartment AND i.r = k.r \
    AND i.system = k.system AND i.to_t IS NULL";

async fn terms(client: &ClientWrapper, rows: &[Timed], sql: &str) -> Result<(), Error> {
    let (parameter, compartment, r, t, pairs) = columns(rows, |found| match found {
        Found::Term { value, system } => Some((*value, *system)),
        Found::Text(_) | Found::Date { .. } | Found::Amount { .. } => None,
    });
    let (value, system): (Vec<i64>, Vec<i64>) = pairs.into_iter().unzip();
    send(
        client,
        r.len(),
        sql,
        &[&parameter, &compartment, &r, &t, &value, &system],
    )
    .await
}

const OPEN_TEXT: &str = "INSERT INTO index_text (parameter, compartment, r, from_t, value) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])";
const CLOSE_TEXT: &str = "UPDATE index_text i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::text[]) AS k (parameter, compartment, r, t, value) WHERE i.parameter = k.parameter \
    AND i.value = k.value AND i.compartment = k.compartment AND i.r = k.r AND i.to_t IS NULL";

async fn texts(client: &ClientWrapper, rows: &[Timed], sql: &str) -> Result<(), Error> {
    let (parameter, compartment, r, t, value) = columns(rows, |found| match found {
        Found::Text(text) => Some(text.as_str()),
        Found::Term { .. } | Found::Date { .. } | Found::Amount { .. } => None,
    });
    send(
        client,
        r.len(),
        sql,
        &[&parameter, &compartment, &r, &t, &value],
    )
    .await
}

const OPEN_DATE: &str = "INSERT INTO index_date (parameter, compartment, r, from_t, low, high, ends) SELECT * FROM \
    unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])";
const CLOSE_DATE: &str = "UPDATE index_date i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS k (parameter, compartment, r, t, low, high, ends) \
    WHERE i.parameter = k.parameter AND i.compartment = k.compartment AND i.low = k.low AND i.r = k.r \
    AND i.high = k.high AND i.ends = k.ends AND i.to_t IS NULL";

async fn dates(client: &ClientWrapper, rows: &[Timed], sql: &str) -> Result<(), Error> {
    let (parameter, compartment, r, t, spans) = columns(rows, |found| match found {
        Found::Date { low, high, ends } => Some((*low, *high, *ends)),
        Found::Term { .. } | Found::Text(_) | Found::Amount { .. } => None,
    });
    let low: Vec<i64> = spans.iter().map(|(low, _, _)| *low).collect();
    let high: Vec<i64> = spans.iter().map(|(_, high, _)| *high).collect();
    let ends: Vec<i64> = spans.iter().map(|(_, _, ends)| *ends).collect();
    send(
        client,
        r.len(),
        sql,
        &[&parameter, &compartment, &r, &t, &low, &high, &ends],
    )
    .await
}

const OPEN_AMOUNT: &str = "INSERT INTO index_amount (parameter, compartment, r, from_t, low, high, system, code, unit) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], \
    $7::bigint[], $8::bigint[], $9::bigint[])";
const CLOSE_AMOUNT: &str = "UPDATE index_amount i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], \
    $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], $7::bigint[], $8::bigint[], $9::bigint[]) \
    AS k (parameter, compartment, r, t, low, high, system, code, unit) WHERE i.parameter = k.parameter \
    AND i.compartment = k.compartment AND i.low = k.low AND i.r = k.r AND i.high = k.high AND i.system = k.system \
    AND i.code = k.code AND i.unit = k.unit AND i.to_t IS NULL";

async fn amounts(client: &ClientWrapper, rows: &[Timed], sql: &str) -> Result<(), Error> {
    let (parameter, compartment, r, t, amounts) = columns(rows, |found| match found {
        Found::Amount {
            low,
            high,
            system,
            code,
            unit,
        } => Some((*low, *high, *system, *code, *unit)),
        Found::Term { .. } | Found::Text(_) | Found::Date { .. } => None,
    });
    let low: Vec<f64> = amounts.iter().map(|amount| amount.0).collect();
    let high: Vec<f64> = amounts.iter().map(|amount| amount.1).collect();
    let system: Vec<i64> = amounts.iter().map(|amount| amount.2).collect();
    let code: Vec<i64> = amounts.iter().map(|amount| amount.3).collect();
    let unit: Vec<i64> = amounts.iter().map(|amount| amount.4).collect();
    send(
        client,
        r.len(),
        sql,
        &[
            &parameter,
            &compartment,
            &r,
            &t,
            &low,
            &high,
            &system,
            &code,
            &unit,
        ],
    )
    .await
}

async fn commits(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
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
    send(
        client,
        t.len(),
        sql,
        &[
            &t, &at_ms, &v_last, &seq_last, &site, &account, &role, &basis,
        ],
    )
    .await
}

async fn messages(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let sql = "INSERT INTO message (source, control_id, digest, t, received_at, site, reason, field, bytes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    for row in &batch.messages {
        let values: &[&(dyn ToSql + Sync)] = &[
            &row.source,
            &row.control_id,
            &row.digest,
            &row.t,
            &row.received_at,
            &row.site,
            &row.reason,
            &row.field,
            &row.bytes,
        ];
        send(client, 1, sql, values).await?;
    }
    Ok(())
}

async fn cursors(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let names: Vec<&str> = batch
        .cursors
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let t: Vec<i64> = batch.cursors.iter().map(|(_, t)| *t).collect();
    let sql = "INSERT INTO place_in_log (name, t) SELECT * FROM unnest($1::text[], $2::bigint[]) \
               ON CONFLICT (name) DO UPDATE SET t = excluded.t";
    send(client, t.len(), sql, &[&names, &t]).await
}

async fn leaves(client: &ClientWrapper, batch: &Batch) -> Result<(), Error> {
    let rows = &batch.leaves;
    let n: Vec<i64> = rows.iter().map(|row| row.n).collect();
    let at_ms: Vec<i64> = rows.iter().map(|row| row.at_ms).collect();
    let account: Vec<&str> = rows.iter().map(|row| row.account.as_str()).collect();
    let role: Vec<&str> = rows.iter().map(|row| row.role.as_str()).collect();
    let site: Vec<&str> = rows.iter().map(|row| row.site.as_str()).collect();
    let what: Vec<&str> = rows.iter().map(|row| row.what.as_str()).collect();
    let about: Vec<&str> = rows.iter().map(|row| row.about.as_str()).collect();
    let t: Vec<i64> = rows.iter().map(|row| row.t).collect();
    let count: Vec<i64> = rows.iter().map(|row| row.count).collect();
    let digest: Vec<&[u8]> = rows.iter().map(|row| row.digest.as_slice()).collect();
    let sql = "INSERT INTO leaf (n, at_ms, account, role, site, what, about, t, count, digest) SELECT * FROM unnest(\
               $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], \
               $9::bigint[], $10::bytea[])";
    send(
        client,
        n.len(),
        sql,
        &[
            &n, &at_ms, &account, &role, &site, &what, &about, &t, &count, &digest,
        ],
    )
    .await
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
