//! Releases of code systems in PostgreSQL.
//!
//! Invariant: a batch is one transaction, and its number is kept in it.

use std::sync::Arc;

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Transaction};

use super::{Postgres, failed};
use crate::store::Reply;
use crate::store::terminology::{
    ConceptRow, Filling, Keys, Lines, MapRow, PostingRow, ReleaseRow, TerminologyStore,
};

const RELEASE: &str = "release, system, version, name, digest, concepts, batches, ready";

impl Postgres {
    pub(super) fn asked<'a, T: Send + 'static>(
        &'a self,
        doing: &'static str,
        sql: String,
        values: Vec<Box<dyn ToSql + Sync + Send>>,
        row: fn(&Row) -> T,
    ) -> Reply<'a, Vec<T>> {
        Box::pin(async move {
            let client = self.reader(doing).await?;
            let statement = client
                .prepare_cached(&sql)
                .await
                .map_err(|error| failed(doing, error))?;
            let values: Vec<&(dyn ToSql + Sync)> = values
                .iter()
                .map(|value| -> &(dyn ToSql + Sync) { value.as_ref() })
                .collect();
            let rows = client
                .query(&statement, &values)
                .await
                .map_err(|error| failed(doing, error))?;
            Ok(rows.iter().map(row).collect())
        })
    }
}

impl TerminologyStore for Postgres {
    fn releases(&self) -> Reply<'_, Vec<ReleaseRow>> {
        let sql = format!("SELECT {RELEASE} FROM terminology_release ORDER BY release");
        self.asked("reading the releases of terminology", sql, vec![], release)
    }

    fn release_begin(&self, new: ReleaseRow) -> Reply<'_, ReleaseRow> {
        Box::pin(async move {
            let doing = "beginning a release";
            let mut client = self.writer(doing).await?;
            begin(&mut client, &new)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn release_fill(&self, release: i64, batch: i64, rows: Arc<Filling>) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "filling a release";
            let mut client = self.writer(doing).await?;
            fill(&mut client, release, batch, &rows)
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn release_ready(&self, release: i64) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "ending a release";
            let client = self.writer(doing).await?;
            let sql = "UPDATE terminology_release SET ready = 1 WHERE release = $1";
            let done = client.execute(sql, &[&release]).await;
            done.map(drop).map_err(|error| failed(doing, error))
        })
    }

    fn release_clear(&self, release: i64, n_max: u32) -> Reply<'_, bool> {
        Box::pin(async move {
            let doing = "removing a release";
            let mut client = self.writer(doing).await?;
            clear(&mut client, release, i64::from(n_max))
                .await
                .map_err(|error| failed(doing, error))
        })
    }

    fn concept_numbers(
        &self,
        release: i64,
        hashes: Vec<i64>,
    ) -> Reply<'_, Vec<(i64, i64, String)>> {
        let sql = "SELECT hash, n, code FROM terminology_concept WHERE release = $1 AND hash = ANY($2::bigint[])";
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![Box::new(release), Box::new(hashes)];
        self.asked("looking up codes", sql.to_owned(), values, |row| {
            (row.get(0), row.get(1), row.get(2))
        })
    }

    fn concepts(&self, release: i64, numbers: Vec<i64>) -> Reply<'_, Vec<ConceptRow>> {
        let sql = "SELECT n, code, display, parents, children, below, detail FROM terminology_concept \
                   WHERE release = $1 AND n = ANY($2::bigint[])";
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![Box::new(release), Box::new(numbers)];
        self.asked("reading concepts", sql.to_owned(), values, |row| {
            ConceptRow {
                n: row.get(0),
                code: row.get(1),
                display: row.get(2),
                parents: row.get(3),
                children: row.get(4),
                below: row.get(5),
                detail: row.get(6),
            }
        })
    }

    fn postings(
        &self,
        release: i64,
        kind: String,
        keys: Keys,
        n_max: u32,
    ) -> Reply<'_, Vec<PostingRow>> {
        let (by, key) = match keys {
            Keys::Is(key) => ("key = $3", key),
            Keys::Begin(key) => ("key >= $3 AND key < $3 || chr(1114111)", key),
        };
        let sql = format!(
            "SELECT kind, key, value_n, members FROM terminology_posting \
             WHERE release = $1 AND kind = $2 AND {by} ORDER BY key LIMIT $4"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(release),
            Box::new(kind),
            Box::new(key),
            Box::new(i64::from(n_max)),
        ];
        self.asked("reading postings", sql, values, |row| PostingRow {
            kind: row.get(0),
            key: row.get(1),
            value_n: row.get(2),
            members: row.get(3),
        })
    }

    fn map_lines(
        &self,
        release: i64,
        map: String,
        lines: Lines,
        n_max: u32,
    ) -> Reply<'_, Vec<MapRow>> {
        let (by, value): (&str, Box<dyn ToSql + Sync + Send>) = match lines {
            Lines::From(n) => ("n = $3 ORDER BY place", Box::new(n)),
            Lines::To(target) => ("target = $3 ORDER BY n, place", Box::new(target)),
        };
        let sql = format!(
            "SELECT map, n, place, target, detail FROM terminology_map WHERE release = $1 AND map = $2 AND {by} LIMIT $4"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(release),
            Box::new(map),
            value,
            Box::new(i64::from(n_max)),
        ];
        self.asked("reading a map", sql, values, |row| MapRow {
            map: row.get(0),
            n: row.get(1),
            place: row.get(2),
            target: row.get(3),
            detail: row.get(4),
        })
    }
}

fn release(row: &Row) -> ReleaseRow {
    ReleaseRow {
        release: row.get(0),
        system: row.get(1),
        version: row.get(2),
        name: row.get(3),
        digest: row.get(4),
        concepts: row.get(5),
        batches: row.get(6),
        ready: row.get::<_, i64>(7) == 1,
    }
}

async fn begin(client: &mut Object, new: &ReleaseRow) -> Result<ReleaseRow, Error> {
    let all = client.transaction().await?;
    // Releases are begun one at a time, so that their numbers need no sequence.
    all.batch_execute("LOCK TABLE terminology_release IN EXCLUSIVE MODE")
        .await?;
    let sql = "INSERT INTO terminology_release (release, system, version, name, digest, concepts, batches, ready) \
               SELECT coalesce(max(release), 0) + 1, $1, $2, $3, $4, $5, 0, 0 FROM terminology_release \
               ON CONFLICT (system, version) DO NOTHING";
    all.execute(
        sql,
        &[
            &new.system,
            &new.version,
            &new.name,
            &new.digest,
            &new.concepts,
        ],
    )
    .await?;
    let sql =
        format!("SELECT {RELEASE} FROM terminology_release WHERE system = $1 AND version = $2");
    let row = all.query_one(&sql, &[&new.system, &new.version]).await?;
    all.commit().await?;
    Ok(release(&row))
}

async fn fill(client: &mut Object, release: i64, batch: i64, rows: &Filling) -> Result<(), Error> {
    let all = client.transaction().await?;
    let sql = "UPDATE terminology_release SET batches = $2::bigint WHERE release = $1 AND batches = $2::bigint - 1 AND ready = 0";
    if all.execute(sql, &[&release, &batch]).await? == 0 {
        return Ok(());
    }
    concepts(&all, release, &rows.concepts).await?;
    postings(&all, release, &rows.postings).await?;
    maps(&all, release, &rows.maps).await?;
    all.commit().await
}

async fn concepts(to: &Transaction<'_>, release: i64, rows: &[ConceptRow]) -> Result<(), Error> {
    let n: Vec<i64> = rows.iter().map(|row| row.n).collect();
    let hash: Vec<i64> = rows
        .iter()
        .map(|row| crate::index::hash(&row.code))
        .collect();
    let code: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let display: Vec<&str> = rows.iter().map(|row| row.display.as_str()).collect();
    let parents: Vec<&[u8]> = rows.iter().map(|row| row.parents.as_slice()).collect();
    let children: Vec<&[u8]> = rows.iter().map(|row| row.children.as_slice()).collect();
    let below: Vec<&[u8]> = rows.iter().map(|row| row.below.as_slice()).collect();
    let detail: Vec<&str> = rows.iter().map(|row| row.detail.as_str()).collect();
    let sql = "INSERT INTO terminology_concept (release, n, hash, code, display, parents, children, below, detail) \
               SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], \
               $8::bytea[], $9::text[])";
    let values: [&(dyn ToSql + Sync); 9] = [
        &release, &n, &hash, &code, &display, &parents, &children, &below, &detail,
    ];
    to.execute(sql, &values).await.map(drop)
}

async fn postings(to: &Transaction<'_>, release: i64, rows: &[PostingRow]) -> Result<(), Error> {
    let kind: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    let key: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let value_n: Vec<i64> = rows.iter().map(|row| row.value_n).collect();
    let members: Vec<&[u8]> = rows.iter().map(|row| row.members.as_slice()).collect();
    let sql = "INSERT INTO terminology_posting (release, kind, key, value_n, members) \
               SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bytea[])";
    to.execute(sql, &[&release, &kind, &key, &value_n, &members])
        .await
        .map(drop)
}

async fn maps(to: &Transaction<'_>, release: i64, rows: &[MapRow]) -> Result<(), Error> {
    let map: Vec<&str> = rows.iter().map(|row| row.map.as_str()).collect();
    let n: Vec<i64> = rows.iter().map(|row| row.n).collect();
    let place: Vec<i64> = rows.iter().map(|row| row.place).collect();
    let target: Vec<&str> = rows.iter().map(|row| row.target.as_str()).collect();
    let detail: Vec<&str> = rows.iter().map(|row| row.detail.as_str()).collect();
    let sql = "INSERT INTO terminology_map (release, map, n, place, target, detail) \
               SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])";
    to.execute(sql, &[&release, &map, &n, &place, &target, &detail])
        .await
        .map(drop)
}

async fn clear(client: &mut Object, release: i64, n_max: i64) -> Result<bool, Error> {
    let all = client.transaction().await?;
    let sql =
        "UPDATE terminology_release SET ready = 0, batches = 0, digest = '' WHERE release = $1";
    all.execute(sql, &[&release]).await?;
    let mut removed = 0;
    for table in [
        "terminology_concept",
        "terminology_posting",
        "terminology_map",
    ] {
        let sql = format!(
            "DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE release = $1 LIMIT $2))"
        );
        removed += all.execute(&sql, &[&release, &n_max]).await?;
    }
    if removed == 0 {
        let sql = "DELETE FROM terminology_release WHERE release = $1";
        all.execute(sql, &[&release]).await?;
    }
    all.commit().await?;
    Ok(removed > 0)
}
