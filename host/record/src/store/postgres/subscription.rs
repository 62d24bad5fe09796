//! Subscriptions and their events in PostgreSQL.
//!
//! Invariant: a step is one transaction, and nothing of it is written without its lease and its cursor.

use deadpool_postgres::Transaction;
use fhir::resource::{Id, Key, ResourceType};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::{Postgres, failed};
use crate::lease::Lease;
use crate::store::Reply;
use crate::store::subscription::{EventRow, Lane, Sent, Step, SubscriptionRow, SubscriptionStore};

/// The columns of a subscription, as `row` reads them.
const SUBSCRIPTION: &str =
    "id, author, shard, hook, status, version, last, delivered, failures, due_ms, since_ms, said";
/// The columns of an event, as `event` reads them.
const EVENT: &str = "subscription, number, t, at_ms, type, resource, version, what";

fn row(row: &Row) -> SubscriptionRow {
    SubscriptionRow {
        id: row.get(0),
        author: row.get(1),
        shard: row.get(2),
        hook: row.get(3),
        status: row.get(4),
        version: row.get(5),
        last: row.get(6),
        delivered: row.get(7),
        failures: row.get(8),
        due_ms: row.get(9),
        since_ms: row.get(10),
        said: row.get(11),
    }
}

/// An event; `None` when it is none of ours.
fn event(row: &Row) -> Option<EventRow> {
    let of = u16::try_from(row.get::<_, i64>(4)).ok()?;
    let id: Id = row.get::<_, &str>(5).parse().ok()?;
    Some(EventRow {
        subscription: row.get(0),
        number: row.get(1),
        t: row.get(2),
        at_ms: row.get(3),
        key: Key::new(ResourceType::from_number(of)?, id),
        version: row.get(6),
        what: row.get(7),
    })
}

/// Whether the lease is held; if so, nobody takes it over before this transaction has ended.
async fn holds(to: &Transaction<'_>, lease: &Lease) -> Result<bool, Error> {
    let find = to
        .prepare_cached("SELECT token FROM lease WHERE name = $1 FOR SHARE")
        .await?;
    let found = to.query_opt(&find, &[&lease.name]).await?;
    Ok(found.map(|row| row.get::<_, i64>(0)) == Some(lease.token))
}

async fn step(to: Transaction<'_>, step: &Step) -> Result<bool, Error> {
    let find = to
        .prepare_cached("SELECT t FROM place_in_log WHERE name = $1 FOR UPDATE")
        .await?;
    let stands = to.query_opt(&find, &[&step.cursor]).await?;
    let stands: Option<i64> = stands.map(|row| row.get(0));
    if stands != step.from || !holds(&to, &step.lease).await? {
        return Ok(false);
    }
    let sql = "INSERT INTO place_in_log (name, t) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET t = excluded.t";
    let put = to.prepare_cached(sql).await?;
    to.execute(&put, &[&step.cursor, &step.to]).await?;
    let sql = "INSERT INTO subscription (id, author, shard, hook, status, version, last, delivered, failures, due_ms, \
               since_ms, said) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO UPDATE SET \
               author = excluded.author, hook = excluded.hook, status = excluded.status, version = excluded.version, \
               delivered = CASE WHEN subscription.status = 3 THEN subscription.last ELSE subscription.delivered END, \
               failures = 0, due_ms = excluded.due_ms, since_ms = excluded.since_ms, said = excluded.said";
    let put = to.prepare_cached(sql).await?;
    for it in &step.written {
        let values: [&(dyn ToSql + Sync); 12] = [
            &it.id,
            &it.author,
            &it.shard,
            &it.hook,
            &it.status,
            &it.version,
            &it.last,
            &it.delivered,
            &it.failures,
            &it.due_ms,
            &it.since_ms,
            &it.said,
        ];
        to.execute(&put, &values).await?;
    }
    if !step.events.is_empty() {
        events(&to, step).await?;
    }
    to.commit().await?;
    Ok(true)
}

async fn events(to: &Transaction<'_>, step: &Step) -> Result<(), Error> {
    let of: Vec<&str> = step
        .events
        .iter()
        .map(|it| it.subscription.as_str())
        .collect();
    let resource: Vec<&str> = step.events.iter().map(|it| it.key.id.as_str()).collect();
    let column = |value: fn(&EventRow) -> i64| step.events.iter().map(value).collect::<Vec<i64>>();
    let (number, t, at_ms) = (
        column(|it| it.number),
        column(|it| it.t),
        column(|it| it.at_ms),
    );
    let types = column(|it| i64::from(it.key.resource_type.number()));
    let (version, what) = (column(|it| it.version), column(|it| it.what));
    let sql = format!(
        "INSERT INTO subscription_event ({EVENT}) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], \
         $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::bigint[])"
    );
    let put = to.prepare_cached(&sql).await?;
    to.execute(
        &put,
        &[&of, &number, &t, &at_ms, &types, &resource, &version, &what],
    )
    .await?;
    let counted = step.counted();
    let ids: Vec<&str> = counted.iter().map(|(id, _)| *id).collect();
    let last: Vec<i64> = counted.iter().map(|(_, last)| *last).collect();
    let sql = "UPDATE subscription SET last = new.last, due_ms = CASE WHEN hook = 1 AND status = 1 AND failures = 0 \
               THEN $3::bigint ELSE due_ms END FROM unnest($1::text[], $2::bigint[]) AS new (id, last) \
               WHERE subscription.id = new.id";
    let put = to.prepare_cached(sql).await?;
    to.execute(&put, &[&ids, &last, &step.now_ms]).await?;
    Ok(())
}

async fn sent(to: Transaction<'_>, sent: &Sent) -> Result<bool, Error> {
    if !holds(&to, &sent.lease).await? {
        return Ok(false);
    }
    let sql = "UPDATE subscription SET delivered = greatest(delivered, $2::bigint), failures = $3::bigint, said = $4, \
               due_ms = CASE WHEN $3::bigint = 0 AND hook = 1 AND status = 1 \
               AND last > greatest(delivered, $2::bigint) THEN $6::bigint \
               ELSE $5::bigint END WHERE id = $1";
    let put = to.prepare_cached(sql).await?;
    let values: [&(dyn ToSql + Sync); 6] = [
        &sent.id,
        &sent.delivered,
        &sent.failures,
        &sent.said,
        &sent.due_ms,
        &sent.now_ms,
    ];
    to.execute(&put, &values).await?;
    to.commit().await?;
    Ok(true)
}

impl SubscriptionStore for Postgres {
    fn subscriptions_step(&self, of: Step) -> Reply<'_, bool> {
        Box::pin(async move {
            let doing = "counting events";
            let mut client = self.reader(doing).await?;
            let begun = client
                .transaction()
                .await
                .map_err(|error| failed(doing, error))?;
            step(begun, &of).await.map_err(|error| failed(doing, error))
        })
    }

    fn subscriptions(&self, ids: Vec<String>) -> Reply<'_, Vec<SubscriptionRow>> {
        let sql = format!("SELECT {SUBSCRIPTION} FROM subscription WHERE id = ANY($1) ORDER BY id");
        self.asked("reading subscriptions", sql, vec![Box::new(ids)], row)
    }

    fn subscriptions_after(&self, id: String, n_max: u32) -> Reply<'_, Vec<SubscriptionRow>> {
        let sql =
            format!("SELECT {SUBSCRIPTION} FROM subscription WHERE id > $1 ORDER BY id LIMIT $2");
        let values: Vec<Box<dyn ToSql + Sync + Send>> =
            vec![Box::new(id), Box::new(i64::from(n_max))];
        self.asked("reading subscriptions", sql, values, row)
    }

    fn subscriptions_due(
        &self,
        shards: Vec<i64>,
        lane: Lane,
        now_ms: i64,
        n_max: u32,
    ) -> Reply<'_, Vec<SubscriptionRow>> {
        let lane = match lane {
            Lane::Proven => "(status = 1 AND failures = 0)",
            Lane::Unproven => "NOT (status = 1 AND failures = 0)",
        };
        let sql = format!(
            "SELECT {SUBSCRIPTION} FROM subscription WHERE due_ms <= $1 AND {lane} AND shard = ANY($2) ORDER BY due_ms LIMIT $3"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(now_ms),
            Box::new(shards),
            Box::new(i64::from(n_max)),
        ];
        self.asked("looking for what is to be delivered", sql, values, row)
    }

    fn subscriptions_open(&self, author: String) -> Reply<'_, (i64, i64)> {
        let sql = "SELECT count(*), count(*) FILTER (WHERE author = $1) FROM subscription WHERE status <> 3";
        let counted = self.asked(
            "counting subscriptions",
            sql.to_owned(),
            vec![Box::new(author)],
            |row| (row.get(0), row.get(1)),
        );
        Box::pin(async move { Ok(counted.await?.pop().unwrap_or_default()) })
    }

    fn subscription_sent(&self, of: Sent) -> Reply<'_, bool> {
        Box::pin(async move {
            let doing = "noting a delivery";
            let mut client = self.reader(doing).await?;
            let begun = client
                .transaction()
                .await
                .map_err(|error| failed(doing, error))?;
            sent(begun, &of).await.map_err(|error| failed(doing, error))
        })
    }

    fn events(&self, id: String, after: i64, upto: i64, n_max: u32) -> Reply<'_, Vec<EventRow>> {
        let sql = format!(
            "SELECT {EVENT} FROM subscription_event WHERE subscription = $1 AND number > $2 AND number <= $3 \
             ORDER BY number LIMIT $4"
        );
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![
            Box::new(id),
            Box::new(after),
            Box::new(upto),
            Box::new(i64::from(n_max)),
        ];
        let found = self.asked("reading events", sql, values, event);
        Box::pin(async move { Ok(found.await?.into_iter().flatten().collect()) })
    }

    fn events_prune(&self, before_ms: i64, n_max: u32) -> Reply<'_, u64> {
        Box::pin(async move {
            let doing = "removing old events";
            let client = self.reader(doing).await?;
            let failed = |error| failed(doing, error);
            let sql = "DELETE FROM subscription_event WHERE ctid IN (SELECT ctid FROM subscription_event \
                       WHERE at_ms < $1 LIMIT $2)";
            let removed = client
                .execute(sql, &[&before_ms, &i64::from(n_max)])
                .await
                .map_err(failed)?;
            Ok(removed)
        })
    }
}
