//! Calls of departmentals in PostgreSQL.
//!
//! Invariant: a call is written in the transaction of its leaf.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::pipeline::{Pipeline, Values};
use super::{Postgres, failed};
use crate::store::Reply;
use crate::store::call::{CallRow, CallStore, KeptCall, Which};
use crate::store::row::Batch;

/// The columns of a call, as `row` reads them.
pub(super) const CALL: &str = "n, at_ms, t, site, id, departmental, digest, answer, body";

const WRITE: &str = "INSERT INTO call (n, at_ms, t, site, id, departmental, digest, answer, body) SELECT * FROM unnest(\
    $1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[])";

pub(super) fn write<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let calls = batch.leaves.iter();
    let calls: Vec<_> = calls
        .filter_map(|leaf| Some((leaf, leaf.call.as_ref()?)))
        .collect();
    let n: Vec<i64> = calls.iter().map(|(leaf, _)| leaf.n).collect();
    let at_ms: Vec<i64> = calls.iter().map(|(leaf, _)| leaf.at_ms).collect();
    let t: Vec<i64> = calls.iter().map(|(leaf, _)| leaf.t).collect();
    let site: Vec<&str> = calls.iter().map(|(leaf, _)| leaf.site.as_str()).collect();
    let text =
        |of: fn(&KeptCall) -> &str| calls.iter().map(|(_, it)| of(it)).collect::<Vec<&str>>();
    let id = text(|it| &it.id);
    let departmental = text(|it| &it.departmental);
    let digest = text(|it| &it.digest);
    let answer = text(|it| &it.answer);
    let body: Vec<&[u8]> = calls.iter().map(|(_, it)| it.body.as_slice()).collect();
    let values: Values<'a> = vec![
        Box::new(n),
        Box::new(at_ms),
        Box::new(t),
        Box::new(site),
        Box::new(id),
        Box::new(departmental),
        Box::new(digest),
        Box::new(answer),
        Box::new(body),
    ];
    pipeline.add(calls.len(), WRITE, values);
}

pub(super) fn row(row: &Row) -> CallRow {
    CallRow {
        n: row.get(0),
        at_ms: row.get(1),
        t: row.get(2),
        site: row.get(3),
        kept: KeptCall {
            id: row.get(4),
            departmental: row.get(5),
            digest: row.get(6),
            answer: row.get(7),
            body: row.get(8),
        },
    }
}

impl CallStore for Postgres {
    fn call(&self, id: String) -> Reply<'_, Option<CallRow>> {
        Box::pin(async move {
            let sql = format!("SELECT {CALL} FROM call WHERE id = $1 ORDER BY n DESC LIMIT 1");
            let found = self.asked("looking for a call", sql, vec![Box::new(id)], row);
            Ok(found.await?.pop())
        })
    }

    fn calls(
        &self,
        departmental: Option<String>,
        which: Which,
        n_max: u32,
    ) -> Reply<'_, Vec<CallRow>> {
        let (t, after, order) = which.bounds();
        // Told apart here and not in the statement, so that an index serves either.
        let of = match departmental {
            Some(_) => "departmental = $1",
            None => "$1::text IS NULL",
        };
        let sql = format!(
            "SELECT {CALL} FROM call WHERE {of} AND t >= $2 AND n > $3 ORDER BY {order} LIMIT $4"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(departmental),
            Box::new(t),
            Box::new(after),
            Box::new(i64::from(n_max)),
        ];
        self.asked("reading calls", sql, values, row)
    }

    fn calls_beyond(&self, before_ms: i64, keep: u32) -> Reply<'_, Option<i64>> {
        // The moments rise with the numbers, so the first that is young enough stands behind all that are not.
        let sql = "SELECT greatest((SELECT n FROM call WHERE n < coalesce((SELECT n FROM call WHERE at_ms >= $1 \
                   ORDER BY n LIMIT 1), 9223372036854775807) ORDER BY n DESC LIMIT 1), \
                   (SELECT n FROM call ORDER BY n DESC LIMIT 1 OFFSET $2))";
        let values: Vec<Box<dyn ToSql + Sync + Send>> =
            vec![Box::new(before_ms), Box::new(i64::from(keep))];
        let found = self.asked("looking for old calls", sql.to_owned(), values, |row| {
            row.get::<_, Option<i64>>(0)
        });
        Box::pin(async move { Ok(found.await?.pop().flatten()) })
    }

    fn calls_prune(&self, upto: i64, n_max: u32) -> Reply<'_, u64> {
        Box::pin(async move {
            let doing = "removing old calls";
            let sql = "DELETE FROM call WHERE n IN (SELECT n FROM call WHERE n <= $1 ORDER BY n LIMIT $2)";
            let client = self.writer(doing).await?;
            let removed = client.execute(sql, &[&upto, &i64::from(n_max)]).await;
            removed.map_err(|error| failed(doing, error))
        })
    }
}
