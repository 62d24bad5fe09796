//! Copies of documents that partners hold, in PostgreSQL.
//!
//! Invariant: a copy and what has to go for it are one transaction.

use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::{Postgres, failed};
use crate::store::Reply;
use crate::store::document_copy::{COPY, CopyRow, CopyStore, Keeping, prune};

fn row(row: &Row) -> CopyRow {
    CopyRow {
        pointer: row.get(0),
        address: row.get(1),
        holder: row.get(2),
        version: row.get(3),
        media_type: row.get(4),
        etag: row.get(5),
        last_modified: row.get(6),
        asked_ms: row.get(7),
        life_ms: row.get(8),
        keeping: Keeping::of(row.get(9)),
        used_ms: row.get(10),
        body: row.get(11),
    }
}

impl Postgres {
    async fn kept(
        &self,
        it: &CopyRow,
        bytes_max: i64,
        rows_max: i64,
    ) -> Result<(), crate::store::StoreError> {
        let doing = "keeping a document's copy";
        let mut client = self.reader(doing).await?;
        let done: Result<(), Error> = async {
            let to = client.transaction().await?;
            let sql = format!(
                "INSERT INTO document_copy ({COPY}, bytes) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, octet_length($12::bytea)) \
                 ON CONFLICT (pointer, address) DO UPDATE SET holder = excluded.holder, version = excluded.version, \
                 media_type = excluded.media_type, etag = excluded.etag, last_modified = excluded.last_modified, \
                 asked_ms = excluded.asked_ms, life_ms = excluded.life_ms, rule = excluded.rule, \
                 used_ms = excluded.used_ms, body = excluded.body, bytes = excluded.bytes"
            );
            let values: [&(dyn ToSql + Sync); 12] = [
                &it.pointer,
                &it.address,
                &it.holder,
                &it.version,
                &it.media_type,
                &it.etag,
                &it.last_modified,
                &it.asked_ms,
                &it.life_ms,
                &it.keeping.number(),
                &it.used_ms,
                &it.body,
            ];
            to.execute(&sql, &values).await?;
            let sql = prune("$1::bigint", "$2::bigint");
            to.execute(&sql, &[&bytes_max, &rows_max]).await?;
            to.commit().await
        }
        .await;
        done.map_err(|error| failed(doing, error))
    }

    async fn told(
        &self,
        doing: &'static str,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<(), crate::store::StoreError> {
        let client = self.reader(doing).await?;
        let done = client.execute(sql, values).await;
        done.map(drop).map_err(|error| failed(doing, error))
    }
}

impl CopyStore for Postgres {
    fn document_copy(&self, pointer: String, address: String) -> Reply<'_, Option<CopyRow>> {
        Box::pin(async move {
            let sql =
                format!("SELECT {COPY} FROM document_copy WHERE pointer = $1 AND address = $2");
            let values: Vec<Box<dyn ToSql + Sync + Send>> =
                vec![Box::new(pointer), Box::new(address)];
            let found = self.asked("looking for a document's copy", sql, values, row);
            Ok(found.await?.pop())
        })
    }

    fn keep_copy(&self, row: CopyRow, bytes_max: i64, rows_max: i64) -> Reply<'_, ()> {
        Box::pin(async move { self.kept(&row, bytes_max, rows_max).await })
    }

    fn copy_used(&self, pointer: String, address: String, used_ms: i64) -> Reply<'_, ()> {
        Box::pin(async move {
            let sql = "UPDATE document_copy SET used_ms = $3 WHERE pointer = $1 AND address = $2";
            let doing = "noting that a copy was used";
            self.told(doing, sql, &[&pointer, &address, &used_ms]).await
        })
    }

    fn drop_copy(&self, pointer: String, address: String) -> Reply<'_, ()> {
        Box::pin(async move {
            let sql = "DELETE FROM document_copy WHERE pointer = $1 AND address = $2";
            let doing = "removing a document's copy";
            self.told(doing, sql, &[&pointer, &address]).await
        })
    }

    fn copies(&self) -> Reply<'_, Vec<(String, i64)>> {
        let sql = "SELECT holder, COUNT(*) FROM document_copy GROUP BY holder ORDER BY holder";
        let doing = "counting copies of documents";
        self.asked(doing, sql.to_owned(), Vec::new(), |row| {
            (row.get(0), row.get(1))
        })
    }
}
