//! What PostgreSQL is asked about resources' numbers and versions.
//!
//! Invariant: a read that knows a resource's compartment names it, so that one partition is looked at; what it finds there
//! is never less true than what a look at all of them would find.

use std::collections::{BTreeMap, HashMap};
use std::iter;

use deadpool_postgres::ClientWrapper;
use fhir::resource::Key;
use tokio_postgres::{Error, Row};

use super::home::{Homes, Sorted};
use super::read::rows;
use crate::store::row::{DELETED, MOVED, VersionRow};
use crate::store::{Span, Turned, body};

const VERSION: &str =
    "v.v, v.r, v.version::bigint, v.from_t, v.at_ms, v.what::bigint, v.compartment, v.id, v.body";

/// `None`: a row that this program did not write.
pub(super) fn version_row(row: &Row) -> Option<VersionRow> {
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

/// Number and first compartment of each resource.
pub(super) async fn find(
    client: &ClientWrapper,
    keys: &[Key],
) -> Result<Vec<Option<(i64, i64)>>, Error> {
    let types: Vec<i64> = keys
        .iter()
        .map(|key| i64::from(key.resource_type.number()))
        .collect();
    let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    if let ([of_type], [id]) = (types.as_slice(), ids.as_slice()) {
        let sql = "SELECT r, compartment FROM resource WHERE id = $1 AND type = $2::bigint";
        let found = rows(client, sql, &[id, of_type]).await?;
        return Ok(vec![found.first().map(|row| (row.get(0), row.get(1)))]);
    }
    // Looked up one by one: a plan made while the table was empty would read all of it for each handful of keys.
    let sql = "SELECT k.n, r.r, r.compartment FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS k (type, id, n) \
               CROSS JOIN LATERAL (SELECT * FROM resource o WHERE o.id = k.id AND o.type = k.type LIMIT 1) r";
    let mut found = vec![None; keys.len()];
    for row in rows(client, sql, &[&types, &ids]).await? {
        let n: i64 = row.get(0);
        if let Some(place) = usize::try_from(n - 1).ok().and_then(|at| found.get_mut(at)) {
            *place = Some((row.get(1), row.get(2)));
        }
    }
    Ok(found)
}

/// As what a resource stood, by its number; `None`: as a row that this program did not write.
type Standing = HashMap<i64, Option<VersionRow>>;

pub(super) async fn standing(
    client: &ClientWrapper,
    homes: &Homes,
    numbers: &[i64],
    t: i64,
) -> Result<Vec<Option<Option<VersionRow>>>, Error> {
    let Sorted {
        within,
        mut anywhere,
    } = homes.sorted(numbers);
    let mut found = Standing::with_capacity(numbers.len());
    match within.first_key_value() {
        None => {}
        Some((compartment, numbers)) if within.len() == 1 => {
            found.extend(standing_in(client, *compartment, numbers, t).await?);
        }
        Some(_) => found.extend(standing_apart(client, &within, t).await?),
    }
    // What ended or is not where it was believed to be may stand in another compartment.
    let elsewhere = |r: &i64| match found.get(r) {
        Some(Some(row)) => row.what >= DELETED,
        Some(None) => false,
        None => true,
    };
    anywhere.extend(within.values().flatten().copied().filter(elsewhere));
    found.extend(standing_anywhere(client, &anywhere, t).await?);
    let rows = found.values().flatten();
    homes.learn(rows.map(|row| (row.r, row.compartment)));
    found.retain(|_, row| row.as_ref().is_none_or(|row| row.what < MOVED));
    Ok(numbers.iter().map(|r| found.get(r).cloned()).collect())
}

/// One resource of a compartment.
pub(super) fn sql_of_one() -> String {
    format!(
        "SELECT {VERSION} FROM version v WHERE v.compartment = $1 AND v.r = $2 AND v.from_t <= $3 \
         ORDER BY v.version DESC LIMIT 1"
    )
}

/// Several of a compartment.
pub(super) fn sql_within() -> String {
    format!(
        "SELECT {VERSION} FROM unnest($2::bigint[]) AS k (r) CROSS JOIN LATERAL (SELECT * FROM version o \
         WHERE o.compartment = $1 AND o.r = k.r AND o.from_t <= $3 ORDER BY o.version DESC LIMIT 1) v"
    )
}

/// Of many compartments, each with its own.
pub(super) fn sql_apart() -> String {
    format!(
        "SELECT {VERSION} FROM unnest($1::bigint[], $2::bigint[]) AS k (compartment, r) CROSS JOIN LATERAL \
         (SELECT * FROM version o WHERE o.compartment = k.compartment AND o.r = k.r AND o.from_t <= $3 \
         ORDER BY o.version DESC LIMIT 1) v"
    )
}

/// Of compartments that are not known.
pub(super) fn sql_anywhere() -> String {
    format!(
        "SELECT {VERSION} FROM unnest($1::bigint[]) AS k (r) CROSS JOIN LATERAL (SELECT * FROM version o \
         WHERE o.r = k.r AND o.from_t <= $2 AND o.what < {MOVED} ORDER BY o.version DESC LIMIT 1) v"
    )
}

fn by_number(found: &[Row]) -> Standing {
    found
        .iter()
        .map(|row| (row.get(1), version_row(row)))
        .collect()
}

/// In one compartment, its note that a resource moved away included.
async fn standing_in(
    client: &ClientWrapper,
    compartment: i64,
    numbers: &[i64],
    t: i64,
) -> Result<Standing, Error> {
    let found = if let [r] = numbers {
        rows(client, &sql_of_one(), &[&compartment, r, &t]).await?
    } else {
        rows(client, &sql_within(), &[&compartment, &numbers, &t]).await?
    };
    Ok(by_number(&found))
}

/// In many compartments.
async fn standing_apart(
    client: &ClientWrapper,
    within: &BTreeMap<i64, Vec<i64>>,
    t: i64,
) -> Result<Standing, Error> {
    let (compartments, numbers): (Vec<i64>, Vec<i64>) = within
        .iter()
        .flat_map(|(compartment, numbers)| iter::repeat(*compartment).zip(numbers.iter().copied()))
        .unzip();
    let found = rows(client, &sql_apart(), &[&compartments, &numbers, &t]).await?;
    Ok(by_number(&found))
}

/// Wherever they are.
async fn standing_anywhere(
    client: &ClientWrapper,
    numbers: &[i64],
    t: i64,
) -> Result<Standing, Error> {
    if numbers.is_empty() {
        return Ok(Standing::new());
    }
    let found = rows(client, &sql_anywhere(), &[&numbers, &t]).await?;
    Ok(by_number(&found))
}

pub(super) async fn version(
    client: &ClientWrapper,
    home: Option<i64>,
    r: i64,
    version: i64,
) -> Result<Option<Option<VersionRow>>, Error> {
    let version_is = format!("v.r = $1 AND v.version = $2::bigint AND v.what < {MOVED}");
    if let Some(compartment) = home {
        let sql =
            format!("SELECT {VERSION} FROM version v WHERE {version_is} AND v.compartment = $3");
        let found = rows(client, &sql, &[&r, &version, &compartment]).await?;
        if let Some(row) = found.first() {
            return Ok(Some(version_row(row)));
        }
    }
    let sql = format!("SELECT {VERSION} FROM version v WHERE {version_is}");
    Ok(rows(client, &sql, &[&r, &version])
        .await?
        .first()
        .map(version_row))
}

pub(super) async fn histories(
    client: &ClientWrapper,
    numbers: &[i64],
    t: i64,
) -> Result<Vec<Option<VersionRow>>, Error> {
    let sql = format!(
        "SELECT {VERSION} FROM version v WHERE v.r = ANY($1::bigint[]) AND v.what < {MOVED} AND v.from_t <= $2 \
         ORDER BY v.r, v.version"
    );
    let found = rows(client, &sql, &[&numbers, &t]).await?;
    Ok(found.iter().map(version_row).collect())
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
        "SELECT {VERSION} FROM version v WHERE {by} AND v.what < {MOVED} AND v.v < $1 AND v.from_t <= $2 \
         AND v.at_ms >= $3 \
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
