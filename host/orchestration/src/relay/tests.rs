//! The relay against a real broker: what an event says, and that nothing is lost or doubled when either side is killed.
//!
//! Invariant: every change of the log is in the stream once, in order, whatever was killed meanwhile.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its story breaks"
)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use fhir::resource::Resource;
use record::Record;
use record::clock::Written;
use record::proposal::{Change, Proposal};
use record::store::Place as At;
use record::store::postgres::cluster::Cluster;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{Broker, relay};

/// A broker with a folder, which can be killed and started again.
struct Server {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Child>,
}

/// Where the commands put it: `cargo xtask test` installs it.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ours = root.join(".palatine/tools/nats-server");
    if ours.is_file() {
        return ours;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("nats-server"));
    match found.into_iter().find(|it| it.is_file()) {
        Some(program) => program,
        None => panic!("there is no nats-server: `cargo xtask test` installs it"),
    }
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "listen: 127.0.0.1:{port}\njetstream {{ store_dir: {:?}, sync_interval: always }}\n",
            folder.path().join("store")
        );
        std::fs::write(folder.path().join("nats.conf"), settings).unwrap();
        let mut server = Self {
            folder,
            port,
            running: None,
        };
        server.run();
        server
    }

    fn run(&mut self) {
        let mut command = Command::new(program());
        command.arg("-c").arg(self.folder.path().join("nats.conf"));
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(command.spawn().unwrap());
    }

    /// As `kill -9` does.
    fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().unwrap();
            running.wait().unwrap();
        }
    }

    fn broker(&self) -> Broker {
        format!("nats://127.0.0.1:{}/REGION", self.port)
            .parse()
            .unwrap()
    }

    /// Everything in the stream, once it holds so many.
    async fn all(&self, wanted: u64) -> Vec<(String, Value)> {
        let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        let client = options
            .connect(format!("nats://127.0.0.1:{}", self.port))
            .await
            .unwrap();
        let context = jetstream::new(client);
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        let stream = loop {
            tick.tick().await;
            let Ok(mut stream) = context.get_stream("REGION").await else {
                continue;
            };
            if stream
                .info()
                .await
                .is_ok_and(|info| info.state.messages >= wanted)
            {
                break stream;
            }
        };
        let last = stream.cached_info().state.last_sequence;
        let mut all = Vec::new();
        for sequence in 1..=last {
            let message = stream.get_raw_message(sequence).await.unwrap();
            let event = serde_json::from_slice(&message.payload).unwrap();
            all.push((message.subject.to_string(), event));
        }
        all
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
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
    let server = Server::start();
    let relaying = Relaying::start(&record, server.broker());
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
    let all = server.all(3).await;
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

/// Clients write while the broker, then the relay, then both are killed, again and again.
async fn killed(place: &At) {
    const ROUNDS: usize = 6;
    const EACH: usize = 40;
    let mut server = Server::start();
    let record = record_at(place).await;
    let mut relaying = Relaying::start(&record, server.broker());
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
            server.kill();
        }
        if round % 3 != 0 {
            relaying.kill(&record).await;
            relaying = Relaying::start(&record, server.broker());
        }
        writer.await.unwrap();
        if server.running.is_none() {
            server.run();
        }
    }
    let wanted = ROUNDS * EACH * 2;
    let all = server.all(wanted as u64).await;
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
