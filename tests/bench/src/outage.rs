//! kill -9 of the host, of the database and of the broker in turn, and of a subscriber, while feeds send: nothing
//! acknowledged is lost, nothing is there twice, and everything is in order, in the record as with whoever is told of it.

mod judged;
mod load;
mod subscriber;

use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use orchestration::relay::server::Server;
use record::limits::TAKEN_OVER_MS_MAX;
use serde_json::{Value, json};

use self::judged::{judged, passes};
use self::load::{Load, SENDERS};
use self::subscriber::Subscriber;
use crate::client::Client;
use crate::host::{Database, Ground, Host};

/// How long after an outage the first message may be acknowledged.
const MESSAGES_MAX: Duration = Duration::from_secs(30);
/// How long after an outage something may be told again: whoever held the lease may be gone, and then waits between tries.
const TOLD_MAX: Duration = Duration::from_millis(TAKEN_OVER_MS_MAX + 30_000);
/// How long it may take to tell everything that is left in the end.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(600);
/// Wait between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// What can be killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Database,
    Broker,
    Subscriber,
}

/// The outages of a round, one after the other: what goes away in each.
const OUTAGES: [&[Part]; 5] = [
    &[Part::Host],
    &[Part::Database],
    &[Part::Broker],
    &[Part::Subscriber],
    &[Part::Subscriber, Part::Broker, Part::Host],
];

/// `drill outage`.
pub(crate) async fn figures(databases: &[Database], rounds: u32) -> Result<Value, String> {
    let mut figures = json!({ "drill": "outage", "rounds": rounds, "senders": SENDERS });
    for database in databases {
        figures[database.name()] = drill(*database, rounds).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, rounds: u32) -> Result<Value, String> {
    let mut region = Region::open(database).await?;
    for round in 0..rounds {
        for (n, outage) in (0..).zip(OUTAGES) {
            if outage.contains(&Part::Database) && database != Database::Postgres {
                continue;
            }
            // Between 0.3 and 1.2 s, different each time.
            let some =
                |step: u32| Duration::from_millis(u64::from(300 + (round * 5 + n) * step % 900));
            tokio::time::sleep(some(379)).await;
            region.outage(outage, some(577)).await?;
        }
    }
    let last = region.load.end().await?;
    let told_all = region.tells_all().await?;
    region.host.kill().await?;
    let stream = region.broker.events().await?;
    let mut judged = judged(&region.ground, &last, &stream, region.subscriber.ledger()).await?;
    let [messages, events, notifications] = region.slowest.map(|it| it.as_secs_f64());
    judged["acknowledged"] = json!(region.load.acknowledged());
    judged["sent_again"] = json!(region.load.sent_again());
    judged["slowest_to_go_on_s"] = json!({
        "messages": messages, "events": events, "notifications": notifications,
    });
    let [events, notifications] = told_all.map(|it| it.as_secs_f64());
    judged["told_all_after_s"] = json!({ "events": events, "notifications": notifications });
    passes(&judged).map(|()| judged)
}

/// Everything that the drill starts. What is told by a host is ended before what it is told of.
struct Region {
    load: Load,
    subscriber: Subscriber,
    broker: Server,
    host: Host,
    ground: Ground,
    /// After which outage it took longest until messages, events and notifications went on.
    slowest: [Duration; 3],
}

impl Region {
    /// Starts everything: the relay has begun and the subscription is active before the first message is sent.
    async fn open(database: Database) -> Result<Self, String> {
        let mut ground = Ground::new(database).await?;
        let broker = Server::start(&ground.folder().join("broker"))?;
        let subscriber = Subscriber::open().await?;
        ground.set("PALATINE_EVENTS", broker.address());
        ground.set("PALATINE_SUBSCRIBERS", String::from("127.0.0.1"));
        let host = ground.start().await?;
        let mut client = host.client().await?;
        until("there is a stream", TOLD_MAX, async || {
            broker.count().await.is_ok()
        })
        .await?;
        let key = created(&mut client, &subscriber.subscription()).await?;
        until("the subscription is told of", TOLD_MAX, async || {
            broker.count().await.is_ok_and(|count| count > 0)
        })
        .await?;
        let path = format!("/fhir/{key}");
        let since = Instant::now();
        while client.document(&path).await?["status"] != "active" {
            if since.elapsed() > TOLD_MAX {
                return Err(format!("the drill failed: {key} is not active"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(Self {
            load: Load::begin(&host.mllp),
            subscriber,
            broker,
            host,
            ground,
            slowest: [Duration::ZERO; 3],
        })
    }

    /// Kills these parts, has them away for a while, starts them again, and waits until everything goes on.
    async fn outage(&mut self, parts: &[Part], away: Duration) -> Result<(), String> {
        let since = Instant::now();
        self.subscriber.ledger().outage();
        for part in parts {
            match part {
                Part::Host => self.host.end().await?,
                Part::Broker => self.broker.kill()?,
                Part::Subscriber => self.subscriber.stop().await,
                // It is away for as long as it takes to start.
                Part::Database => {}
            }
        }
        if !parts.contains(&Part::Database) {
            tokio::time::sleep(away).await;
        }
        for part in parts {
            match part {
                Part::Host => {
                    self.host = self.ground.start().await?;
                    self.load.turn_to(&self.host.mllp);
                }
                Part::Broker => tokio::task::block_in_place(|| self.broker.run())?,
                Part::Subscriber => self.subscriber.begin().await?,
                Part::Database => tokio::task::block_in_place(|| self.ground.crash_database())?,
            }
        }
        self.subscriber.ledger().outage();
        let went_on = tokio::try_join!(
            goes_on(
                "message was acknowledged",
                MESSAGES_MAX,
                since,
                async || { Some(self.load.acknowledged()) }
            ),
            goes_on("event reached the broker", TOLD_MAX, since, async || {
                self.broker.count().await.ok()
            }),
            goes_on("notification was taken", TOLD_MAX, since, async || {
                Some(self.subscriber.ledger().count())
            }),
        )?;
        for (slowest, took) in self.slowest.iter_mut().zip(<[Duration; 3]>::from(went_on)) {
            *slowest = took.max(*slowest);
        }
        Ok(())
    }

    /// Waits until everything is told: one more patient is the last that there is to tell of. How long it took until the
    /// broker had all of it, and the subscriber.
    async fn tells_all(&self) -> Result<[Duration; 2], String> {
        let mut client = self.host.client().await?;
        let key = created(&mut client, &json!({ "resourceType": "Patient" })).await?;
        let last = json!(format!("{key}/_history/1"));
        let since = Instant::now();
        until("the broker has everything", CAUGHT_UP_MAX, async || {
            let event = self.broker.last("*.Patient.*").await;
            event.is_ok_and(|event| event["subject"] == last)
        })
        .await?;
        let events = since.elapsed();
        until("the subscriber has everything", CAUGHT_UP_MAX, async || {
            let taken = self.subscriber.ledger().taken();
            taken.last().is_some_and(|taken| last == taken.subject)
        })
        .await?;
        Ok([events, since.elapsed()])
    }
}

/// Creates a resource as a clinician; its type and id.
async fn created(client: &mut Client, resource: &Value) -> Result<String, String> {
    let of = resource["resourceType"].as_str().unwrap_or_default();
    let path = format!("/fhir/{of}");
    let (status, body) = client
        .post(&path, Bytes::from(resource.to_string()))
        .await?;
    let body: Value = serde_json::from_slice(&body).map_err(|why| format!("{path}: {why}"))?;
    match body["id"].as_str() {
        Some(id) if status == StatusCode::CREATED => Ok(format!("{of}/{id}")),
        Some(_) | None => Err(format!("{path} was answered {status}: {body}")),
    }
}

/// Waits until something is so.
async fn until(what: &str, most: Duration, is_so: impl AsyncFn() -> bool) -> Result<(), String> {
    let since = Instant::now();
    while !is_so().await {
        if since.elapsed() > most {
            return Err(format!("the drill failed: not within {most:?}: {what}"));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// How long after the beginning of an outage there is more of what is counted than at its end.
async fn goes_on(
    what: &str,
    most: Duration,
    since: Instant,
    count: impl AsyncFn() -> Option<u64>,
) -> Result<Duration, String> {
    let mut before = None;
    loop {
        let now = count().await;
        match before {
            Some(before) if now > Some(before) => return Ok(since.elapsed()),
            Some(_) => {}
            None => before = now,
        }
        if since.elapsed() > most {
            return Err(format!(
                "the drill failed: no {what} within {most:?} of an outage"
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}
