//! What SQLite is asked when the record is read.
//!
//! Invariant: nothing here writes; every answer is bounded by what was asked.

use std::time::{Duration, Instant};

use fhir::resource::Key;
use rusqlite::types::{FromSqlError, Type, Value};
use rusqlite::{Connection, OptionalExtension, Result, Row, params, params_from_iter};

use crate::limits;
use crate::store::body;
use crate::store::leaf::{self, LeafGroup};
use crate::store::plan::Plan;
use crate::store::row::{CommitRow, DELETED, Head, LeafRow, MessageRow, VersionRow};
use crate::store::shelf::{Item, Shelf};
use crate::store::statement::{Bound, Dialect, Wanted, select};
use crate::store::{Span, Turned, merged};

const VERSION: &str = "v, r, version, from_t, at_ms, what, compartment, id, body";

pub(super) fn head(connection: &Connection) -> Result<Head> {
    let mut last = connection
        .prepare_cached("SELECT t, at_ms, v_last, seq_last FROM commits ORDER BY t DESC LIMIT 1")?;
    let commit = last.query_row([], |row| {
        Ok(Head {
            t: row.get(0)?,
            at_ms: row.get(1)?,
            v: row.get(2)?,
            seq: row.get(3)?,
            ..Head::default()
        })
    });
    let mut head = commit.optional()?.unwrap_or_default();
    let mut last =
        connection.prepare_cached("SELECT n, at_ms, digest FROM leaf ORDER BY n DESC LIMIT 1")?;
    let leaf = last
        .query_row([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((n, at_ms, digest)) = leaf {
        head.leaf = n;
        head.leaf_digest = digest;
        head.at_ms = head.at_ms.max(at_ms);
    }
    Ok(head)
}

fn version_row(row: &Row<'_>) -> Result<VersionRow> {
    let (r, id): (i64, String) = (row.get(1)?, row.get(7)?);
    let unreadable = |at: usize| {
        rusqlite::Error::FromSqlConversionFailure(
            at,
            Type::Blob,
            Box::new(FromSqlError::InvalidType),
        )
    };
    let body = match row.get_ref(8)?.as_blob_or_null()? {
        None => None,
        Some(kept) => Some(body::unpack(kept).ok_or_else(|| unreadable(8))?),
    };
    Ok(VersionRow {
        v: row.get(0)?,
        r,
        version: row.get(2)?,
        t: row.get(3)?,
        at_ms: row.get(4)?,
        what: row.get(5)?,
        compartment: row.get(6)?,
        key: VersionRow::key_of(r, &id).ok_or_else(|| unreadable(7))?,
        body,
    })
}

pub(super) fn find(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<i64>>> {
    let mut find =
        connection.prepare_cached("SELECT r FROM resource WHERE type = ?1 AND id = ?2")?;
    let mut each = |key: &Key| {
        find.query_row(
            params![i64::from(key.resource_type.number()), key.id.as_str()],
            |row| row.get(0),
        )
        .optional()
    };
    keys.iter().map(&mut each).collect()
}

pub(super) fn standing(
    connection: &Connection,
    numbers: &[i64],
    t: i64,
) -> Result<Vec<Option<VersionRow>>> {
    let sql = format!(
        "SELECT {VERSION} FROM version WHERE r = ?1 AND from_t <= ?2 ORDER BY version DESC LIMIT 1"
    );
    let mut find = connection.prepare_cached(&sql)?;
    numbers
        .iter()
        .map(|r| find.query_row([*r, t], version_row).optional())
        .collect()
}

pub(super) fn version(connection: &Connection, r: i64, version: i64) -> Result<Option<VersionRow>> {
    let sql = format!("SELECT {VERSION} FROM version WHERE r = ?1 AND version = ?2");
    connection
        .prepare_cached(&sql)?
        .query_row([r, version], version_row)
        .optional()
}

pub(super) fn histories(
    connection: &Connection,
    numbers: &[i64],
    t: i64,
) -> Result<Vec<VersionRow>> {
    let sql =
        format!("SELECT {VERSION} FROM version WHERE r = ?1 AND from_t <= ?2 ORDER BY version");
    let mut find = connection.prepare_cached(&sql)?;
    let mut all = Vec::new();
    for r in numbers {
        for row in find.query_map([*r, t], version_row)? {
            all.push(row?);
        }
    }
    Ok(all)
}

pub(super) fn history(connection: &Connection, page: &Turned) -> Result<Vec<VersionRow>> {
    let (by, low, high) = match page.span {
        Span::Resource(r) => (
            "r = ?5 AND ?6 = 0 AND v < ?1 AND from_t <= ?2 AND at_ms >= ?3 ORDER BY version DESC",
            r,
            0,
        ),
        Span::Between(low, high) => (
            "r >= ?5 AND r < ?6 AND v < ?1 AND from_t <= ?2 AND at_ms >= ?3 ORDER BY v DESC",
            low,
            high,
        ),
    };
    // The unary plus keeps the planner on the order of v, since a page is all that is wanted.
    let by = by.replace("r >= ?5 AND r < ?6", "+r >= ?5 AND +r < ?6");
    let during = "(?7 IS NULL OR ((what <> ?8 OR at_ms >= ?7) AND NOT EXISTS (SELECT 1 FROM version n \
                  WHERE n.r = version.r AND n.version = version.version + 1 AND n.from_t <= ?2 AND n.at_ms <= ?7))) AND ";
    let sql = format!("SELECT {VERSION} FROM version WHERE {during}{by} LIMIT ?4");
    let mut find = connection.prepare_cached(&sql)?;
    let (before_v, n_max) = (page.before_v, page.n_max);
    let values = params![
        before_v,
        page.t,
        page.since_ms,
        n_max,
        low,
        high,
        page.during_ms,
        DELETED
    ];
    watched(connection, || {
        find.query_map(values, version_row)?.collect()
    })
}

fn bound(value: &Bound) -> Value {
    match value {
        Bound::Int(value) => Value::Integer(*value),
        Bound::Real(value) => Value::Real(*value),
        Bound::Text(value) => Value::Text(value.clone()),
        Bound::Ints(values) => {
            let values: Vec<String> = values.iter().map(i64::to_string).collect();
            Value::Text(format!("[{}]", values.join(",")))
        }
    }
}

/// Interrupts what takes longer than a search may.
fn watched<T>(connection: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let end = Instant::now() + Duration::from_millis(limits::SEARCH_MS_MAX);
    connection.progress_handler(super::STEPS_PER_LOOK, Some(move || Instant::now() > end))?;
    let answer = work();
    connection.progress_handler(0, None::<fn() -> bool>)?;
    answer
}

pub(super) fn search(connection: &Connection, plan: &Plan) -> Result<Vec<(i64, i64)>> {
    let mut rows = Vec::new();
    for arm in &plan.arms {
        let statement = select(Dialect::Sqlite, plan, arm, Wanted::Rows);
        let mut find = connection.prepare_cached(&statement.sql)?;
        let values = params_from_iter(statement.values.iter().map(bound));
        let found: Vec<(i64, i64)> = watched(connection, || {
            find.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        rows.extend(found);
    }
    Ok(merged(plan, rows))
}

pub(super) fn count(connection: &Connection, plan: &Plan) -> Result<u64> {
    let mut total = 0;
    for arm in &plan.arms {
        let statement = select(Dialect::Sqlite, plan, arm, Wanted::Count);
        let mut find = connection.prepare_cached(&statement.sql)?;
        let values = params_from_iter(statement.values.iter().map(bound));
        let found: i64 = watched(connection, || find.query_row(values, |row| row.get(0)))?;
        total += u64::try_from(found).unwrap_or(0);
    }
    Ok(total)
}

pub(super) fn commits_after(
    connection: &Connection,
    t: i64,
    n_max: u32,
) -> Result<Vec<(CommitRow, Vec<VersionRow>)>> {
    let sql = "SELECT t, at_ms, v_last, seq_last, site, account, role, basis FROM commits WHERE t > ?1 ORDER BY t LIMIT ?2";
    let mut find = connection.prepare_cached(sql)?;
    let commits: Vec<CommitRow> = find
        .query_map(params![t, n_max], commit_row)?
        .collect::<Result<_>>()?;
    let sql = "SELECT v, r, version, from_t, at_ms, what, compartment, id, NULL FROM version WHERE v > ?1 AND v <= ?2 ORDER BY v";
    let mut changes = connection.prepare_cached(sql)?;
    let mut before = connection.prepare_cached("SELECT v_last FROM commits WHERE t = ?1")?;
    let mut v: i64 = before
        .query_row([t], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let mut answer = Vec::with_capacity(commits.len());
    for commit in commits {
        let rows = changes
            .query_map([v, commit.v_last], version_row)?
            .collect::<Result<_>>()?;
        v = commit.v_last;
        answer.push((commit, rows));
    }
    Ok(answer)
}

pub(super) fn commit_row(row: &Row<'_>) -> Result<CommitRow> {
    Ok(CommitRow {
        t: row.get(0)?,
        at_ms: row.get(1)?,
        v_last: row.get(2)?,
        seq_last: row.get(3)?,
        site: row.get(4)?,
        account: row.get(5)?,
        role: row.get(6)?,
        basis: row.get(7)?,
    })
}

pub(super) fn commit_from(connection: &Connection, at_ms: i64) -> Result<i64> {
    let mut find = connection
        .prepare_cached("SELECT t FROM commits WHERE at_ms >= ?1 ORDER BY at_ms, t LIMIT 1")?;
    let t = find.query_row([at_ms], |row| row.get(0)).optional()?;
    t.map_or_else(|| Ok(head(connection)?.t + 1), Ok)
}

pub(super) fn cursor(connection: &Connection, name: &str) -> Result<Option<i64>> {
    let mut find = connection.prepare_cached("SELECT t FROM place_in_log WHERE name = ?1")?;
    find.query_row([name], |row| row.get(0)).optional()
}

pub(super) fn message_row(row: &Row<'_>) -> Result<MessageRow> {
    Ok(MessageRow {
        source: row.get(0)?,
        control_id: row.get(1)?,
        digest: row.get(2)?,
        t: row.get(3)?,
        received_at: row.get(4)?,
        site: row.get(5)?,
        reason: row.get(6)?,
        field: row.get(7)?,
        bytes: row.get(8)?,
    })
}

pub(super) fn messages_after(
    connection: &Connection,
    t: i64,
    n_max: u32,
) -> Result<Vec<MessageRow>> {
    let sql = "SELECT source, control_id, digest, t, received_at, site, reason, field, bytes FROM message \
               WHERE t > ?1 ORDER BY t LIMIT ?2";
    connection
        .prepare_cached(sql)?
        .query_map(params![t, n_max], message_row)?
        .collect()
}

/// The digest of the last group that ends at or before leaf `n`.
fn digest_before(connection: &Connection, n: i64) -> Result<Vec<u8>> {
    let sql = "SELECT digest FROM leaf WHERE n <= ?1 ORDER BY n DESC LIMIT 1";
    let mut before = connection.prepare_cached(sql)?;
    let digest = before.query_row([n], |row| row.get(0)).optional()?;
    Ok(digest.unwrap_or_default())
}

const GROUPS_AFTER: &str = "SELECT n, at_ms, digest, leaves FROM leaf WHERE n > ?1 ORDER BY n";

fn leaf_group(row: &Row<'_>) -> Result<LeafGroup> {
    Ok(LeafGroup {
        n: row.get(0)?,
        at_ms: row.get(1)?,
        digest: row.get(2)?,
        leaves: row.get(3)?,
    })
}

pub(super) fn leaves(connection: &Connection, n: i64, n_max: u32) -> Result<Vec<LeafRow>> {
    let n_max = usize::try_from(n_max).unwrap_or(usize::MAX);
    let mut digest = digest_before(connection, n)?;
    let mut find = connection.prepare_cached(GROUPS_AFTER)?;
    let mut groups = find.query([n])?;
    let mut leaves: Vec<LeafRow> = Vec::new();
    while leaves.len() < n_max
        && let Some(row) = groups.next()?
    {
        let group = leaf_group(row)?;
        let of_group = leaf::unpacked(&digest, &group);
        leaves.extend(of_group.into_iter().filter(|leaf| leaf.n > n));
        digest = group.digest;
    }
    leaves.truncate(n_max);
    Ok(leaves)
}

/// What is to be left of the group in which the chain is to end at leaf `n`; nothing, when a group ends there anyway.
pub(super) fn group_with(connection: &Connection, n: i64) -> Result<Vec<LeafGroup>> {
    let digest = digest_before(connection, n)?;
    let mut find = connection.prepare_cached(GROUPS_AFTER)?;
    let group = find.query_row([n], leaf_group).optional()?;
    Ok(group.map_or_else(Vec::new, |group| leaf::cut(&digest, &group, n)))
}

pub(super) fn shelved(connection: &Connection, shelf: Shelf, name: &str) -> Result<Option<Item>> {
    let mut find = connection
        .prepare_cached("SELECT document, ends_at_ms FROM shelf WHERE shelf = ?1 AND name = ?2")?;
    let item = |row: &Row<'_>| {
        Ok(Item {
            shelf,
            name: name.to_owned(),
            document: row.get(0)?,
            ends_at_ms: row.get(1)?,
        })
    };
    find.query_row(params![shelf.number(), name], item)
        .optional()
}
