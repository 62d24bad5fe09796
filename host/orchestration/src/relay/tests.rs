//! The relay against a real broker: what an event says, and that nothing is lost or doubled when either side is killed.
//!
//! Invariant: every change of the log is in the stream once, in order, whatever was killed meanwhile.
#![expect(clippy::unwrap_used, reason = "a test stops where its story breaks")]

use std::sync::Arc;
use std::time::Duration;

use fhir::resource::Resource;
use record::Record;
use record::clock::Written;
use record::proposal::{Change, Proposal};
use record::store::Place as At;
use record::store::postgres::cluster::Cluster;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::event::{Event, Place};
use super::server::Server;
use super::stream::Stream;
use super::{Broker, relay};

/// A broker in a folder of its own.
fn server() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Server::start(folder.path()).unwrap(), folder)
}

fn broker(server: &Server) -> Broker {
    server.address().parse().unwrap()
}

/// Everything in the stream, once it holds so many.
async fn all(server: &Server, wanted: u64) -> Vec<(String, Value)> {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    while !server.count().await.is_ok_and(|count| count >= wanted) {
        tick.tick().await;
    }
    server.events().await.unwrap()
}

/// A relay that runs until it is told to stop, or is dropped in the middle of whatever it does.
struct Relaying {
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Relaying {
    fn start(record: &Record, broker: Broker) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let record = record.clone();
        let task = tokio::spawn(async move {
            relay(record, broker, async move { drop(stopped.await) }).await;
        });
        Self {
            stop: Some(stop),
            task,
        }
    }

    async fn stop(mut self) {
        drop(self.stop.take());
        self.task.await.unwrap();
    }

    async fn kill(self, record: &Record) {
        self.task.abort();
        drop(self.task.await);
        // A host that is gone loses its lease in time; here it is given back.
        record.let_go(super::CURSOR).await;
    }
}

async fn write(record: &Record, ids: &[String]) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let changes = ids.iter().map(|id| {
        let resource = json!({ "resourceType": "Organization", "id": id, "name": id });
        let resource = Resource::from_value(resource).unwrap();
        Change::Update {
            key: resource.key().unwrap(),
            resource,
            seen: None,
            temporary: None,
        }
    });
    let proposal = Proposal::direct(changes.collect());
    record.commit(&operator, proposal).await.unwrap();
}

async fn record_at(place: &At) -> Record {
    Record::open(place, Arc::new(Written::at_ms(1_795_356_120_000)))
        .await
        .unwrap()
}

/// Waits until the relay keeps a cursor: from then on, what is committed is an event.
async fn begun(record: &Record) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while record.cursor(super::CURSOR).await.unwrap().is_none() {
        tick.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_names_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let record = record_at(&At::Sqlite(folder.path().join("record"))).await;
    write(&record, &["before".to_owned()]).await;
    let (server, _folder) = server();
    let relaying = Relaying::start(&record, broker(&server));
    begun(&record).await;
    write(&record, &["a".to_owned(), "b".to_owned()]).await;
    let end = Change::Delete {
        key: "Organization/a".parse().unwrap(),
        seen: None,
    };
    let operator = record.operator(&"RXR".parse().unwrap());
    record
        .commit(&operator, Proposal::direct(vec![end]))
        .await
        .unwrap();
    let all = all(&server, 3).await;
    let told: Vec<(&str, &str)> = all
        .iter()
        .map(|(subject, event)| (subject.as_str(), event["subject"].as_str().unwrap()))
        .collect();
    let want = [
        (
            "region.RXR.Organization.created",
            "Organization/a/_history/1",
        ),
        (
            "region.RXR.Organization.created",
            "Organization/b/_history/1",
        ),
        (
            "region.RXR.Organization.deleted",
            "Organization/a/_history/2",
        ),
    ];
    assert_eq!(told, want);
    let event = &all[2].1;
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["type"], "uk.nhs.palatine.resource.deleted");
    assert_eq!(event["source"], record.name());
    assert!(
        event["data"].get("name").is_none(),
        "nothing of the resource leaves"
    );
    relaying.stop().await;
    record.close().await;
}

#[test]
fn brokers_by_case() {
    for (text, want) in [
        ("nats://localhost:4222/REGION", true),
        ("tls://user:word@broker.example:4222/REGION", true),
        ("nats://localhost:4222", false),
        ("nats://localhost:4222/", false),
        ("http://localhost/REGION", false),
        ("nats://localhost/a.b", false),
        ("", false),
    ] {
        assert_eq!(text.parse::<Broker>().is_ok(), want, "{text}");
    }
    let secret: Broker = "nats://user:word@broker/REGION".parse().unwrap();
    assert!(!format!("{secret:?}").contains("word"));
}

/// Events of one record, one for each of these commits.
fn told(commits: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    let one = |t: u64| {
        let at = "2026-11-22T09:30:00Z";
        Event {
            place: Place {
                t: record::log::T(t),
                at: at.to_owned(),
                index: 0,
            },
            id: format!("{t}.0@{at}"),
            subject: "RXR.Patient.updated".to_owned(),
            body: json!({ "source": "us", "time": at, "data": { "t": t, "index": 0 } }),
        }
    };
    commits.map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_former_writer_adds_late_leaves_no_gap() {
    let (server, _folder) = server();
    let address = server.address();
    let address = address.rsplit_once('/').unwrap().0;
    let mut writer = Stream::open(address, "REGION").await.unwrap();
    let mut former = Stream::open(address, "REGION").await.unwrap();
    // Between the opening of the stream and the question for its last event.
    former.publish(&told(1..=1)).await.unwrap();
    assert_eq!(writer.last("us").await.unwrap().unwrap().t.0, 1);
    // Between that question and the first event: it is refused, and whoever asks again goes on behind what is there.
    former.publish(&told(2..=3)).await.unwrap();
    assert!(writer.publish(&told(2..=5)).await.is_err());
    let mut last = 1;
    while last < 5 {
        last = writer.last("us").await.unwrap().unwrap().t.0;
        drop(writer.publish(&told(last + 1..=5)).await);
    }
    // Whoever knows of an earlier end adds nothing, not even what would fit by its number.
    assert!(former.publish(&told(7..=12)).await.is_err());
    let all = server.events().await.unwrap();
    let commits = all
        .iter()
        .map(|(_, event)| event["data"]["t"].as_u64().unwrap());
    assert_eq!(commits.collect::<Vec<u64>>(), [1, 2, 3, 4, 5]);
}

/// Clients write while the broker, then the relay, then both are killed, again and again.
async fn killed(place: &At) {
    const ROUNDS: usize = 6;
    const EACH: usize = 40;
    let (mut server, _folder) = server();
    let record = record_at(place).await;
    let mut relaying = Relaying::start(&record, broker(&server));
    begun(&record).await;
    for round in 0..ROUNDS {
        // In the middle of it, as far as the log tells.
        let middle = record.current().0 + 20;
        let writing = record.clone();
        let writer = tokio::spawn(async move {
            for n in 0..EACH {
                write(
                    &writing,
                    &[format!("o{round}-{n}"), format!("p{round}-{n}")],
                )
                .await;
            }
        });
        record.wait_after(record::log::T(middle)).await;
        if round % 3 != 1 {
            server.kill().unwrap();
        }
        if round % 3 != 0 {
            relaying.kill(&record).await;
            relaying = Relaying::start(&record, broker(&server));
        }
        writer.await.unwrap();
        server.run().unwrap();
    }
    let wanted = ROUNDS * EACH * 2;
    let all = all(&server, wanted as u64).await;
    let order = |event: &Value| {
        (
            event["data"]["t"].as_u64().unwrap(),
            event["data"]["index"].as_u64().unwrap(),
        )
    };
    let told: Vec<(u64, u64)> = all.iter().map(|(_, event)| order(event)).collect();
    assert_eq!(told.len(), wanted, "nothing is lost and nothing is doubled");
    assert!(
        told.is_sorted_by(|one, other| one < other),
        "in the order of the log"
    );
    relaying.stop().await;
    record.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    killed(&At::Sqlite(folder.path().join("record"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_on_postgres() {
    let cluster = Cluster::start().unwrap();
    killed(&At::Postgres(cluster.database().unwrap())).await;
}
