//! Queues of messages that go out, in PostgreSQL.
//!
//! Invariant: a queue is filled in one transaction with the interface's place.

use deadpool_postgres::Object;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Transaction};

use super::{Postgres, failed};
use crate::lease::Lease;
use crate::store::sending::{Counts, Filled, Marked, PlaceRow, SendingRow, SendingStore};
use crate::store::{Reply, StoreError};

/// The columns of a message, as `row` reads them.
const SENDING: &str = "interface, n, t, made_ms, next_ms, ended_ms, tries, state, control_id, kind, about, said, body";

fn row(row: &Row) -> SendingRow {
    SendingRow {
        interface: row.get(0),
        n: row.get(1),
        t: row.get(2),
        made_ms: row.get(3),
        next_ms: row.get(4),
        ended_ms: row.get(5),
        tries: row.get(6),
        state: row.get(7),
        control_id: row.get(8),
        kind: row.get(9),
        about: row.get(10),
        said: row.get(11),
        body: row.get(12),
    }
}

/// Whether somebody else has taken a lease over; if not, nobody can until this transaction has ended.
async fn is_lost(to: &Transaction<'_>, lease: Option<&Lease>) -> Result<bool, Error> {
    let Some(lease) = lease else {
        return Ok(false);
    };
    let sql = "SELECT token FROM lease WHERE name = $1 FOR SHARE";
    let held = to.query_opt(sql, &[&lease.name]).await?;
    Ok(held.map(|row| row.get::<_, i64>(0)) != Some(lease.token))
}

/// Puts messages into a queue; false when the lease was lost.
async fn fill(client: &mut Object, filled: &Filled) -> Result<bool, Error> {
    let to = client.transaction().await?;
    if is_lost(&to, filled.under.as_ref()).await? {
        return Ok(false);
    }
    let sql = "INSERT INTO sending_place (interface, t, n) VALUES ($1, 0, 0) ON CONFLICT (interface) DO NOTHING";
    to.execute(sql, &[&filled.interface]).await?;
    let sql = "SELECT t, n FROM sending_place WHERE interface = $1 FOR UPDATE";
    let at = to.query_one(sql, &[&filled.interface]).await?;
    let (t, mut n): (i64, i64) = (at.get(0), at.get(1));
    let sql = format!(
        "INSERT INTO sending ({SENDING}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (interface, control_id) DO NOTHING"
    );
    let insert = to.prepare_cached(&sql).await?;
    for it in &filled.rows {
        let next = n + 1;
        let values: [&(dyn ToSql + Sync); 13] = [
            &it.interface,
            &next,
            &it.t,
            &it.made_ms,
            &it.next_ms,
            &it.ended_ms,
            &it.tries,
            &it.state,
            &it.control_id,
            &it.kind,
            &it.about,
            &it.said,
            &it.body,
        ];
        if to.execute(&insert, &values).await? > 0 {
            n = next;
        }
    }
    let sql = "UPDATE sending_place SET t = $2, n = $3 WHERE interface = $1";
    to.execute(sql, &[&filled.interface, &filled.to.unwrap_or(t), &n])
        .await?;
    to.commit().await?;
    Ok(true)
}

/// Whether the message was as it was seen; `None` when the lease was lost.
async fn mark(client: &mut Object, it: &Marked) -> Result<Option<bool>, Error> {
    let to = client.transaction().await?;
    if is_lost(&to, it.under.as_ref()).await? {
        return Ok(None);
    }
    let sql = "UPDATE sending SET next_ms = $5, ended_ms = $6, tries = $7, state = $8, said = $9 \
               WHERE interface = $1 AND n = $2 AND state = $3 AND tries = $4";
    let values: [&(dyn ToSql + Sync); 9] = [
        &it.seen.interface,
        &it.seen.n,
        &it.seen.state,
        &it.seen.tries,
        &it.now.next_ms,
        &it.now.ended_ms,
        &it.now.tries,
        &it.now.state,
        &it.now.said,
    ];
    let done = to.execute(sql, &values).await?;
    to.commit().await?;
    Ok(Some(done > 0))
}

fn fenced(lease: Option<&Lease>) -> StoreError {
    StoreError::Fenced {
        lease: lease.map(|lease| lease.name.clone()).unwrap_or_default(),
    }
}

impl SendingStore for Postgres {
    fn sending_place(&self, interface: String) -> Reply<'_, Option<PlaceRow>> {
        let sql = "SELECT t, n FROM sending_place WHERE interface = $1".to_owned();
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![Box::new(interface)];
        let found = self.asked("reading the place of an interface", sql, values, |row| {
            PlaceRow {
                t: row.get(0),
                n: row.get(1),
            }
        });
        Box::pin(async move { Ok(found.await?.pop()) })
    }

    fn sending_fill(&self, filled: Filled) -> Reply<'_, ()> {
        Box::pin(async move {
            let doing = "filling a queue";
            let mut client = self.writer(doing).await?;
            match fill(&mut client, &filled).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(fenced(filled.under.as_ref())),
                Err(error) => Err(failed(doing, error)),
            }
        })
    }

    fn sending_rows(
        &self,
        interface: String,
        state: i64,
        after: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SendingRow>> {
        let sql = format!(
            "SELECT {SENDING} FROM sending WHERE interface = $1 AND state = $2 AND n > $3 ORDER BY n LIMIT $4"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(interface),
            Box::new(state),
            Box::new(after),
            Box::new(i64::from(n_max)),
        ];
        self.asked("reading a queue", sql, values, row)
    }

    fn sending_row(&self, interface: String, n: i64) -> Reply<'_, Option<SendingRow>> {
        let sql = format!("SELECT {SENDING} FROM sending WHERE interface = $1 AND n = $2");
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![Box::new(interface), Box::new(n)];
        let found = self.asked("reading a queue", sql, values, row);
        Box::pin(async move { Ok(found.await?.pop()) })
    }

    fn sending_mark(&self, marked: Marked) -> Reply<'_, bool> {
        Box::pin(async move {
            let doing = "writing down what became of a message";
            let mut client = self.writer(doing).await?;
            let done = mark(&mut client, &marked).await;
            done.map_err(|error| failed(doing, error))?
                .ok_or_else(|| fenced(marked.under.as_ref()))
        })
    }

    fn sending_counts(&self) -> Reply<'_, Counts> {
        let sql = "SELECT interface, state, count(*) FROM sending WHERE state IN (0, 2) GROUP BY interface, state";
        self.asked("counting queues", sql.to_owned(), vec![], |row| {
            (row.get(0), row.get(1), row.get(2))
        })
    }

    fn sending_prune(&self, state: i64, before_ms: i64, n_max: u32) -> Reply<'_, u64> {
        Box::pin(async move {
            let doing = "removing old messages";
            let sql = "DELETE FROM sending WHERE (interface, n) IN \
                       (SELECT interface, n FROM sending WHERE state = $1 AND ended_ms < $2 ORDER BY ended_ms LIMIT $3)";
            let client = self.writer(doing).await?;
            let removed = client
                .execute(sql, &[&state, &before_ms, &i64::from(n_max)])
                .await;
            removed.map_err(|error| failed(doing, error))
        })
    }
}
