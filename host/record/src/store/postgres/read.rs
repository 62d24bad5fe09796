//! What PostgreSQL is asked when the record is read.
//!
//! Invariant: nothing here writes; every answer is bounded by what was asked.

use std::collections::HashMap;

use deadpool_postgres::ClientWrapper;
use fhir::resource::Key;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use crate::store::body;
use crate::store::plan::Plan;
use crate::store::row::{CommitRow, DELETED, Head, LeafRow, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::statement::{Bound, Dialect, Statement, Wanted, select};
use crate::store::{Span, Turned, merged};

const VERSION: &str = "v.v, v.r, v.version, v.from_t, v.at_ms, v.what, v.compartment, v.id, v.body";

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

async fn rows(client: &ClientWrapper, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Error> {
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, values).await
}

pub(super) async fn head(client: &ClientWrapper) -> Result<Head, Error> {
    let commit = "SELECT t, at_ms, v_last, seq_last FROM commits ORDER BY t DESC LIMIT 1";
    let leaf = "SELECT n, at_ms, digest FROM leaf ORDER BY n DESC LIMIT 1";
    let (commit, leaf) = tokio::try_join!(rows(client, commit, &[]), rows(client, leaf, &[]))?;
    let mut head = commit.first().map_or_else(Head::default, |row| Head {
        t: row.get(0),
        at_ms: row.get(1),
        v: row.get(2),
        seq: row.get(3),
        ..Head::default()
    });
    if let Some(row) = leaf.first() {
        head.leaf = row.get(0);
        head.at_ms = head.at_ms.max(row.get(1));
        head.leaf_digest = row.get(2);
    }
    Ok(head)
}

/// `None`: a row that this program did not write.
fn version_row(row: &Row) -> Option<VersionRow> {
    let (r, id): (i64, &str) = (row.get(1), row.get(7));
    let body = match row.get::<_, Option<&[u8]>>(8) {
        None => None,
        Some(kept) => Some(body::unpack(kept)?),
    };
    Some(VersionRow {
        v: row.get(0),
        r,
        version: row.get(2),
        t: row.get(3),
        at_ms: row.get(4),
        what: row.get(5),
        compartment: row.get(6),
        key: VersionRow::key_of(r, id)?,
        body,
    })
}

pub(super) async fn find(client: &ClientWrapper, keys: &[Key]) -> Result<Vec<Option<i64>>, Error> {
    let types: Vec<i64> = keys
        .iter()
        .map(|key| i64::from(key.resource_type.number()))
        .collect();
    let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    let sql = "SELECT k.n, r.r FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS k (type, id, n) \
               JOIN resource r ON r.type = k.type AND r.id = k.id";
    let mut found = vec![None; keys.len()];
    for row in rows(client, sql, &[&types, &ids]).await? {
        let n: i64 = row.get(0);
        if let Some(place) = usize::try_from(n - 1).ok().and_then(|at| found.get_mut(at)) {
            *place = Some(row.get(1));
        }
    }
    Ok(found)
}

pub(super) async fn standing(
    client: &ClientWrapper,
    numbers: &[i64],
    t: i64,
) -> Result<Vec<Option<Option<VersionRow>>>, Error> {
    let sql = format!(
        "SELECT {VERSION} FROM unnest($1::bigint[]) AS k (r) CROSS JOIN LATERAL (SELECT * FROM version o \
         WHERE o.r = k.r AND o.from_t <= $2 ORDER BY o.version DESC LIMIT 1) v"
    );
    let found = rows(client, &sql, &[&numbers, &t]).await?;
    let by_number: HashMap<i64, Option<VersionRow>> = found
        .iter()
        .map(|row| (row.get(1), version_row(row)))
        .collect();
    Ok(numbers.iter().map(|r| by_number.get(r).cloned()).collect())
}

pub(super) async fn version(
    client: &ClientWrapper,
    r: i64,
    version: i64,
) -> Result<Option<Option<VersionRow>>, Error> {
    let sql = format!("SELECT {VERSION} FROM version v WHERE v.r = $1 AND v.version = $2");
    Ok(rows(client, &sql, &[&r, &version])
        .await?
        .first()
        .map(version_row))
}

pub(super) async fn history(
    client: &ClientWrapper,
    page: &Turned,
) -> Result<Vec<Option<VersionRow>>, Error> {
    let (by, low, high) = match page.span {
        Span::Resource(r) => ("v.r = $5 AND $6 = 0::bigint", r, 0),
        Span::Between(low, high) => ("v.r >= $5 AND v.r < $6", low, high),
    };
    let sql = format!(
        "SELECT {VERSION} FROM version v WHERE {by} AND v.v < $1 AND v.from_t <= $2 AND v.at_ms >= $3 \
         AND ($7::bigint IS NULL OR ((v.what <> {DELETED} OR v.at_ms >= $7) AND NOT EXISTS (SELECT 1 FROM version n \
         WHERE n.r = v.r AND n.version = v.version + 1 AND n.from_t <= $2 AND n.at_ms <= $7))) \
         ORDER BY v.v DESC LIMIT $4"
    );
    let n_max = i64::from(page.n_max);
    let found = rows(
        client,
        &sql,
        &[
            &page.before_v,
            &page.t,
            &page.since_ms,
            &n_max,
            &low,
            &high,
            &page.during_ms,
        ],
    )
    .await?;
    Ok(found.iter().map(version_row).collect())
}

async fn run(client: &ClientWrapper, statement: &Statement) -> Result<Vec<Row>, Error> {
    let values: Vec<&(dyn ToSql + Sync)> = statement
        .values
        .iter()
        .map(|value| match value {
            Bound::Int(value) => value as &(dyn ToSql + Sync),
            Bound::Real(value) => value,
            Bound::Text(value) => value,
        })
        .collect();
    rows(client, &statement.sql, &values).await
}

pub(super) async fn search(client: &ClientWrapper, plan: &Plan) -> Result<Vec<(i64, i64)>, Error> {
    let mut found = Vec::new();
    for arm in &plan.arms {
        let statement = select(Dialect::Postgres, plan, arm, Wanted::Rows);
        found.extend(
            run(client, &statement)
                .await?
                .iter()
                .map(|row| (row.get(0), row.get(1))),
        );
    }
    Ok(merged(plan, found))
}

pub(super) async fn count(client: &ClientWrapper, plan: &Plan) -> Result<u64, Error> {
    let mut total = 0;
    for arm in &plan.arms {
        let statement = select(Dialect::Postgres, plan, arm, Wanted::Count);
        for row in run(client, &statement).await? {
            total += u64::try_from(row.get::<_, i64>(0)).unwrap_or(0);
        }
    }
    Ok(total)
}

pub(super) async fn commits_after(
    client: &ClientWrapper,
    t: i64,
    n_max: u32,
) -> Result<Option<Vec<(CommitRow, Vec<VersionRow>)>>, Error> {
    let sql = "SELECT t, at_ms, v_last, seq_last, site, account, role, basis FROM commits WHERE t > $1 ORDER BY t LIMIT $2";
    let commits: Vec<CommitRow> = rows(client, sql, &[&t, &i64::from(n_max)])
        .await?
        .iter()
        .map(commit_row)
        .collect();
    let before = rows(client, "SELECT v_last FROM commits WHERE t = $1", &[&t]).await?;
    let first: i64 = before.first().map_or(0, |row| row.get(0));
    let last = commits.last().map_or(first, |commit| commit.v_last);
    let sql = "SELECT v.v, v.r, v.version, v.from_t, v.at_ms, v.what, v.compartment, v.id, NULL::bytea FROM version v \
               WHERE v.v > $1 AND v.v <= $2 ORDER BY v.v";
    let mut by_commit: HashMap<i64, Vec<VersionRow>> = HashMap::new();
    for row in rows(client, sql, &[&first, &last]).await? {
        let Some(row) = version_row(&row) else {
            return Ok(None);
        };
        by_commit.entry(row.t).or_default().push(row);
    }
    let each = commits.into_iter().map(|commit| {
        let changes = by_commit.remove(&commit.t).unwrap_or_default();
        (commit, changes)
    });
    Ok(Some(each.collect()))
}

pub(super) fn commit_row(row: &Row) -> CommitRow {
    CommitRow {
        t: row.get(0),
        at_ms: row.get(1),
        v_last: row.get(2),
        seq_last: row.get(3),
        site: row.get(4),
        account: row.get(5),
        role: row.get(6),
        basis: row.get(7),
    }
}

pub(super) async fn commit_from(client: &ClientWrapper, at_ms: i64) -> Result<i64, Error> {
    let sql = "SELECT t FROM commits WHERE at_ms >= $1 ORDER BY at_ms, t LIMIT 1";
    match rows(client, sql, &[&at_ms]).await?.first() {
        Some(row) => Ok(row.get(0)),
        None => Ok(head(client).await?.t + 1),
    }
}

pub(super) async fn cursor(client: &ClientWrapper, name: &str) -> Result<Option<i64>, Error> {
    let found = rows(
        client,
        "SELECT t FROM place_in_log WHERE name = $1",
        &[&name],
    )
    .await?;
    Ok(found.first().map(|row| row.get(0)))
}

pub(super) fn message_row(row: &Row) -> MessageRow {
    MessageRow {
        source: row.get(0),
        control_id: row.get(1),
        digest: row.get(2),
        t: row.get(3),
        received_at: row.get(4),
        site: row.get(5),
        reason: row.get(6),
        field: row.get(7),
        bytes: row.get(8),
    }
}

pub(super) async fn messages(
    client: &ClientWrapper,
    source: &str,
    control_id: &str,
) -> Result<Vec<MessageRow>, Error> {
    let sql = "SELECT source, control_id, digest, t, received_at, site, reason, field, ''::bytea FROM message \
               WHERE source = $1 AND control_id = $2 ORDER BY t";
    Ok(rows(client, sql, &[&source, &control_id])
        .await?
        .iter()
        .map(message_row)
        .collect())
}

pub(super) async fn parked(
    client: &ClientWrapper,
    site: Option<&str>,
    t: i64,
    n_max: u32,
) -> Result<Vec<MessageRow>, Error> {
    let sql = "SELECT source, control_id, digest, t, received_at, site, reason, field, bytes FROM message \
               WHERE reason IS NOT NULL AND t > $1 AND ($2::text IS NULL OR site = $2) ORDER BY t LIMIT $3";
    Ok(rows(client, sql, &[&t, &site, &i64::from(n_max)])
        .await?
        .iter()
        .map(message_row)
        .collect())
}

pub(super) async fn leaves(
    client: &ClientWrapper,
    n: i64,
    n_max: u32,
) -> Result<Vec<LeafRow>, Error> {
    let sql = "SELECT n, at_ms, account, role, site, what, about, t, count, digest FROM leaf WHERE n > $1 ORDER BY n LIMIT $2";
    let leaf = |row: &Row| LeafRow {
        n: row.get(0),
        at_ms: row.get(1),
        account: row.get(2),
        role: row.get(3),
        site: row.get(4),
        what: row.get(5),
        about: row.get(6),
        t: row.get(7),
        count: row.get(8),
        digest: row.get(9),
    };
    Ok(rows(client, sql, &[&n, &i64::from(n_max)])
        .await?
        .iter()
        .map(leaf)
        .collect())
}

pub(super) async fn shelved(
    client: &ClientWrapper,
    shelf: Shelf,
    name: &str,
) -> Result<Option<Item>, Error> {
    let sql = "SELECT document, ends_at_ms FROM shelf WHERE shelf = $1 AND name = $2";
    let found = rows(client, sql, &[&shelf.number(), &name]).await?;
    Ok(found.first().map(|row| Item {
        shelf,
        name: name.to_owned(),
        document: row.get(0),
        ends_at_ms: row.get(1),
    }))
}
