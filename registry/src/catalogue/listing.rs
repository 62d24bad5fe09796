//! Lists: tags, referrers and what is published, in pages.
//!
//! Invariant: every list has a fixed order and a bound, and a page says where the next begins.

use rusqlite::{Connection, params};

use super::{CatalogueError, Doing as _, repository};
use crate::client::Published;
use crate::digest::Digest;
use crate::limits::{REFERRERS_MAX, TAGS_MAX};
use crate::name::Repository;

/// One manifest that is about another.
pub(crate) struct Referrer {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) bytes: u64,
    pub(crate) artifact_type: Option<String>,
    /// JSON.
    pub(crate) annotations: Option<String>,
}

/// Up to `n` tags after `last`, in ASCII order, and whether there are more.
pub(crate) fn tags(
    db: &Connection,
    repository: &Repository,
    last: &str,
    n: u32,
) -> Result<(Vec<String>, bool), CatalogueError> {
    let id = repository::find(db, repository)?
        .ok_or_else(|| CatalogueError::UnknownRepository(repository.clone()))?;
    let n = n.min(TAGS_MAX);
    let sql = "SELECT name FROM tag WHERE repository = ?1 AND name > ?2 ORDER BY name LIMIT ?3";
    let mut tags: Vec<String> = db
        .prepare_cached(sql)
        .and_then(|mut it| {
            it.query_map(params![id, last, n + 1], |row| row.get(0))?
                .collect()
        })
        .doing("listing tags")?;
    let more = tags.len() > n as usize;
    tags.truncate(n as usize);
    Ok((tags, more))
}

/// Everything about a manifest, whether that is there or not; of one artifact type, if that is asked.
pub(crate) fn referrers(
    db: &Connection,
    repository: &Repository,
    subject: &Digest,
    artifact_type: Option<&str>,
) -> Result<Vec<Referrer>, CatalogueError> {
    db.prepare_cached(
        "SELECT m.media_type, m.digest, length(m.body), m.artifact_type, m.annotations
         FROM manifest m JOIN repository r ON r.id = m.repository
         WHERE r.name = ?1 AND m.subject = ?2 AND (?3 IS NULL OR m.artifact_type = ?3)
         ORDER BY m.id LIMIT ?4",
    )
    .and_then(|mut it| {
        it.query_map(
            params![
                repository.as_str(),
                subject.to_string(),
                artifact_type,
                REFERRERS_MAX
            ],
            |row| {
                Ok(Referrer {
                    media_type: row.get(0)?,
                    digest: row.get(1)?,
                    bytes: row.get(2)?,
                    artifact_type: row.get(3)?,
                    annotations: row.get(4)?,
                })
            },
        )?
        .collect()
    })
    .doing("listing referrers")
}

/// Up to `n` published releases after the place `after`, in the order of publication, and where the next page begins.
pub(crate) fn published(
    db: &Connection,
    after: u64,
    n: u32,
) -> Result<(Vec<Published>, Option<u64>), CatalogueError> {
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut rows: Vec<(u64, Published)> = db
        .prepare_cached(
            "SELECT p.seq, r.name, p.version, p.manifest, p.wasm, p.supplier, p.pushed_at
             FROM publication p JOIN repository r ON r.id = p.repository
             WHERE p.seq > ?1 ORDER BY p.seq LIMIT ?2",
        )
        .and_then(|mut it| it.query_map(params![after, n + 1], row)?.collect())
        .doing("listing what is published")?;
    let more = rows.len() > n as usize;
    rows.truncate(n as usize);
    let next = rows.last().map(|(seq, _)| *seq).filter(|_| more);
    Ok((
        rows.into_iter().map(|(_, published)| published).collect(),
        next,
    ))
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, Published)> {
    let published = Published {
        repository: text(row, 1)?,
        version: text(row, 2)?,
        manifest_digest: text(row, 3)?,
        wasm_digest: text(row, 4)?,
        supplier: row.get(5)?,
        pushed_at: text(row, 6)?,
    };
    Ok((row.get(0)?, published))
}

/// A column that holds the text of one of our types.
fn text<T: std::str::FromStr>(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(at)?;
    text.parse().map_err(|source| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(source))
    })
}
