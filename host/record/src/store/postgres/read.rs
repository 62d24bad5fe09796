//! What PostgreSQL is asked when the record is read.
//!
//! Invariant: nothing here writes; every answer is bounded by what was asked.

use std::collections::HashMap;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::home::Homes;
use super::version::version_row;
use crate::store::leaf::{self, LeafGroup};
use crate::store::merged;
use crate::store::plan::Plan;
use crate::store::row::{CommitRow, Head, LeafRow, MOVED, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::statement::{Bound, Dialect, Statement, Wanted, select};

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// What a statement gives; it stays prepared with its connection.
pub(super) async fn rows(
    client: &ClientWrapper,
    sql: &str,
    values: Values<'_>,
) -> Result<Vec<Row>, Error> {
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

async fn run(client: &ClientWrapper, statement: &Statement) -> Result<Vec<Row>, Error> {
    let values: Vec<&(dyn ToSql + Sync)> = statement
        .values
        .iter()
        .map(|value| match value {
            Bound::Int(value) => value as &(dyn ToSql + Sync),
            Bound::Real(value) => value,
            Bound::Text(value) => value,
            Bound::Ints(values) => values,
        })
        .collect();
    rows(client, &statement.sql, &values).await
}

pub(super) async fn search(
    client: &ClientWrapper,
    homes: &Homes,
    plan: &Plan,
) -> Result<Vec<(i64, i64)>, Error> {
    let mut found = Vec::new();
    for arm in &plan.arms {
        let statement = select(Dialect::Postgres, plan, arm, Wanted::Rows);
        let rows: Vec<(i64, i64)> = run(client, &statement)
            .await?
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        // What was found in a compartment is read there.
        if let Some(compartment) = arm.compartment {
            homes.learn(rows.iter().map(|(_, r)| (*r, compartment)));
        }
        found.extend(rows);
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
    let sql = format!(
        "SELECT v.v, v.r, v.version::bigint, v.from_t, v.at_ms, v.what::bigint, v.compartment, v.id, NULL::bytea \
         FROM version v WHERE v.v > $1 AND v.v <= $2 AND v.what < {MOVED} ORDER BY v.v"
    );
    let mut by_commit: HashMap<i64, Vec<VersionRow>> = HashMap::new();
    for row in rows(client, &sql, &[&first, &last]).await? {
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

pub(super) async fn messages_after(
    client: &ClientWrapper,
    t: i64,
    n_max: u32,
) -> Result<Vec<MessageRow>, Error> {
    let sql = "SELECT source, control_id, digest, t, received_at, site, reason, field, bytes FROM message \
               WHERE t > $1 ORDER BY t LIMIT $2";
    Ok(rows(client, sql, &[&t, &i64::from(n_max)])
        .await?
        .iter()
        .map(message_row)
        .collect())
}

pub(super) fn leaf_group(row: &Row) -> LeafGroup {
    LeafGroup {
        n: row.get(0),
        at_ms: row.get(1),
        digest: row.get(2),
        leaves: row.get(3),
    }
}

/// Groups of leaves read at once.
const GROUPS_AT_ONCE: i64 = 16;

pub(super) async fn leaves(
    client: &ClientWrapper,
    n: i64,
    n_max: u32,
) -> Result<Vec<LeafRow>, Error> {
    let n_max = usize::try_from(n_max).unwrap_or(usize::MAX);
    let sql = "SELECT n, digest FROM leaf WHERE n <= $1 ORDER BY n DESC LIMIT 1";
    let before = rows(client, sql, &[&n]).await?;
    let mut last: (i64, Vec<u8>) = before
        .first()
        .map_or((0, Vec::new()), |row| (row.get(0), row.get(1)));
    let sql = "SELECT n, at_ms, digest, leaves FROM leaf WHERE n > $1 ORDER BY n LIMIT $2";
    let mut leaves: Vec<LeafRow> = Vec::new();
    while leaves.len() < n_max {
        let groups = rows(client, sql, &[&last.0, &GROUPS_AT_ONCE]).await?;
        for row in &groups {
            let group = leaf_group(row);
            let of_group = leaf::unpacked(&last.1, &group);
            leaves.extend(of_group.into_iter().filter(|leaf| leaf.n > n));
            last = (group.n, group.digest);
        }
        if i64::try_from(groups.len()).unwrap_or(0) < GROUPS_AT_ONCE {
            break;
        }
    }
    leaves.truncate(n_max);
    Ok(leaves)
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
