//! Releases of code systems in SQLite.
//!
//! Invariant: a batch is one transaction, and its number is kept in it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, TransactionBehavior, params};

use super::Sqlite;
use crate::store::Reply;
use crate::store::terminology::{
    ConceptRow, Filling, Keys, Lines, MapRow, PostingRow, ReleaseRow, TerminologyStore,
};

const RELEASE: &str = "release, system, version, name, digest, concepts, batches, ready";

impl TerminologyStore for Sqlite {
    fn releases(&self) -> Reply<'_, Vec<ReleaseRow>> {
        self.read("reading the releases of terminology", |connection| {
            let sql = format!("SELECT {RELEASE} FROM terminology_release ORDER BY release");
            connection
                .prepare_cached(&sql)?
                .query_map([], release)?
                .collect()
        })
    }

    fn release_begin(&self, new: ReleaseRow) -> Reply<'_, ReleaseRow> {
        self.change("beginning a release", move |connection| {
            let sql = "INSERT INTO terminology_release (system, version, name, digest, concepts, batches, ready) \
                       VALUES (?1, ?2, ?3, ?4, ?5, 0, 0) ON CONFLICT (system, version) DO NOTHING";
            let values = params![new.system, new.version, new.name, new.digest, new.concepts];
            connection.execute(sql, values)?;
            let sql = format!(
                "SELECT {RELEASE} FROM terminology_release WHERE system = ?1 AND version = ?2"
            );
            connection.query_row(&sql, [&new.system, &new.version], release)
        })
    }

    fn release_fill(&self, release: i64, batch: i64, rows: Arc<Filling>) -> Reply<'_, ()> {
        self.change("filling a release", move |connection| {
            fill(connection, release, batch, &rows)
        })
    }

    fn release_ready(&self, release: i64) -> Reply<'_, ()> {
        self.change("ending a release", move |connection| {
            let sql = "UPDATE terminology_release SET ready = 1 WHERE release = ?1";
            connection.execute(sql, [release]).map(drop)
        })
    }

    fn release_clear(&self, release: i64, n_max: u32) -> Reply<'_, bool> {
        self.change("removing a release", move |connection| {
            clear(connection, release, n_max)
        })
    }

    fn concept_numbers(
        &self,
        release: i64,
        hashes: Vec<i64>,
    ) -> Reply<'_, Vec<(i64, i64, String)>> {
        self.read("looking up codes", move |connection| {
            let sql =
                "SELECT hash, n, code FROM terminology_concept WHERE release = ?1 AND hash = ?2";
            let mut find = connection.prepare_cached(sql)?;
            let mut found = Vec::with_capacity(hashes.len());
            for hash in hashes {
                let rows = find.query_map([release, hash], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
                for row in rows {
                    found.push(row?);
                }
            }
            Ok(found)
        })
    }

    fn concepts(&self, release: i64, numbers: Vec<i64>) -> Reply<'_, Vec<ConceptRow>> {
        self.read("reading concepts", move |connection| {
            let sql = "SELECT n, code, display, parents, children, below, detail FROM terminology_concept \
                       WHERE release = ?1 AND n = ?2";
            let mut find = connection.prepare_cached(sql)?;
            let rows = numbers
                .iter()
                .map(|n| find.query_row([release, *n], concept).optional());
            rows.filter_map(Result::transpose).collect()
        })
    }

    fn postings(
        &self,
        release: i64,
        kind: String,
        keys: Keys,
        n_max: u32,
    ) -> Reply<'_, Vec<PostingRow>> {
        self.read("reading postings", move |connection| {
            let (by, key) = match keys {
                Keys::Is(key) => ("key = ?3", key),
                Keys::Begin(key) => ("key >= ?3 AND key < ?3 || char(1114111)", key),
            };
            let sql = format!(
                "SELECT kind, key, value_n, members FROM terminology_posting \
                 WHERE release = ?1 AND kind = ?2 AND {by} ORDER BY key LIMIT ?4"
            );
            let mut find = connection.prepare_cached(&sql)?;
            find.query_map(params![release, kind, key, n_max], posting)?
                .collect()
        })
    }

    fn map_lines(
        &self,
        release: i64,
        map: String,
        lines: Lines,
        n_max: u32,
    ) -> Reply<'_, Vec<MapRow>> {
        self.read("reading a map", move |connection| {
            const COLUMNS: &str = "SELECT map, n, place, target, detail FROM terminology_map WHERE release = ?1 AND map = ?2";
            match lines {
                Lines::From(n) => {
                    let sql = format!("{COLUMNS} AND n = ?3 ORDER BY place LIMIT ?4");
                    let mut find = connection.prepare_cached(&sql)?;
                    find.query_map(params![release, map, n, n_max], line)?
                        .collect()
                }
                Lines::To(target) => {
                    let sql = format!("{COLUMNS} AND target = ?3 ORDER BY n, place LIMIT ?4");
                    let mut find = connection.prepare_cached(&sql)?;
                    find.query_map(params![release, map, target, n_max], line)?
                        .collect()
                }
            }
        })
    }
}

fn release(row: &Row<'_>) -> Result<ReleaseRow> {
    Ok(ReleaseRow {
        release: row.get(0)?,
        system: row.get(1)?,
        version: row.get(2)?,
        name: row.get(3)?,
        digest: row.get(4)?,
        concepts: row.get(5)?,
        batches: row.get(6)?,
        ready: row.get::<_, i64>(7)? == 1,
    })
}

fn concept(row: &Row<'_>) -> Result<ConceptRow> {
    Ok(ConceptRow {
        n: row.get(0)?,
        code: row.get(1)?,
        display: row.get(2)?,
        parents: row.get(3)?,
        children: row.get(4)?,
        below: row.get(5)?,
        detail: row.get(6)?,
    })
}

fn posting(row: &Row<'_>) -> Result<PostingRow> {
    Ok(PostingRow {
        kind: row.get(0)?,
        key: row.get(1)?,
        value_n: row.get(2)?,
        members: row.get(3)?,
    })
}

fn line(row: &Row<'_>) -> Result<MapRow> {
    Ok(MapRow {
        map: row.get(0)?,
        n: row.get(1)?,
        place: row.get(2)?,
        target: row.get(3)?,
        detail: row.get(4)?,
    })
}

fn fill(connection: &mut Connection, release: i64, batch: i64, rows: &Filling) -> Result<()> {
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "UPDATE terminology_release SET batches = ?2 WHERE release = ?1 AND batches = ?2 - 1 AND ready = 0";
    if all.execute(sql, [release, batch])? == 0 {
        return Ok(());
    }
    {
        let mut insert = all.prepare_cached(
            "INSERT INTO terminology_concept (release, n, hash, code, display, parents, children, below, detail) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for row in &rows.concepts {
            let hash = crate::index::hash(&row.code);
            insert.execute(params![
                release,
                row.n,
                hash,
                row.code,
                row.display,
                row.parents,
                row.children,
                row.below,
                row.detail
            ])?;
        }
        let mut insert = all.prepare_cached(
            "INSERT INTO terminology_posting (release, kind, key, value_n, members) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for row in &rows.postings {
            insert.execute(params![
                release,
                row.kind,
                row.key,
                row.value_n,
                row.members
            ])?;
        }
        let mut insert = all.prepare_cached(
            "INSERT INTO terminology_map (release, map, n, place, target, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for row in &rows.maps {
            insert.execute(params![
                release, row.map, row.n, row.place, row.target, row.detail
            ])?;
        }
    }
    all.commit()
}

/// The tables of a release's rows, each with the columns of its key.
const TABLES: [(&str, &str); 3] = [
    ("terminology_concept", "release, n"),
    ("terminology_posting", "release, kind, key"),
    ("terminology_map", "release, map, n, place"),
];

fn clear(connection: &mut Connection, release: i64, n_max: u32) -> Result<bool> {
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    all.execute(
        "UPDATE terminology_release SET ready = 0, batches = 0, digest = '' WHERE release = ?1",
        [release],
    )?;
    let mut removed = 0;
    for (table, key) in TABLES {
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE release = ?1 LIMIT ?2)"
        );
        removed += all.execute(&sql, params![release, n_max])?;
    }
    if removed == 0 {
        all.execute(
            "DELETE FROM terminology_release WHERE release = ?1",
            [release],
        )?;
    }
    all.commit()?;
    Ok(removed > 0)
}
