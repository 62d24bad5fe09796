//! Subscribers written with an ordinary HTTP server, on a real socket, beside a real record on both databases: honest ones,
//! and every kind that hangs, lies, redirects or goes away.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a story stops at its first surprise, and says on which database"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fhir::resource::{Key, Resource};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use record::Record;
use record::account::NewAccount;
use record::caller::{Caller, Role};
use record::clock::Written;
use record::log::At;
use record::proposal::{Change, Proposal};
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use record::subscription::overview::{Deed, Range};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Config, Deliveries};
use crate::network::Listed;

/// 2026-11-22T09:30:00Z.
const NOON_MS: i64 = 1_795_339_800_000;
const PASSWORD: &str = "correct horse battery";
const GUIDE: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";

/// A host: a record, whoever counts and whoever delivers.
struct Host {
    record: Record,
    clock: Arc<Written>,
    clinician: Caller,
    stop: Vec<oneshot::Sender<()>>,
    parts: Vec<JoinHandle<()>>,
}

impl Host {
    async fn start(place: &Place) -> Self {
        let clock = Arc::new(Written::at_ms(NOON_MS));
        let record = Record::open(place, clock.clone()).await.unwrap();
        put_account(&record, Role::Clinician).await;
        let clinician = record.sign_in("clinician", PASSWORD).await.unwrap().caller;
        let config = Config {
            listed: Listed::read("PALATINE_SUBSCRIBERS", "127.0.0.1").unwrap(),
            base: "https://record.example/fhir".to_owned(),
        };
        let deliveries = Deliveries::new(record.clone(), config).unwrap();
        let ((stop_counting, counting), (stop_sending, sending)) =
            (oneshot::channel(), oneshot::channel());
        let counter = record.clone();
        let parts = vec![
            tokio::spawn(async move { counter.count_events(async { drop(counting.await) }).await }),
            tokio::spawn(deliveries.serve(async { drop(sending.await) })),
        ];
        Self {
            record,
            clock,
            clinician,
            stop: vec![stop_counting, stop_sending],
            parts,
        }
    }

    async fn stop(self) {
        for stop in self.stop {
            stop.send(()).unwrap();
        }
        for part in self.parts {
            part.await.unwrap();
        }
        self.record.close().await;
    }

    async fn create(&self, value: Value) -> Key {
        let resource = Resource::from_value(value).unwrap();
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: None,
        };
        let committed = self
            .record
            .commit(&self.clinician, Proposal::direct(vec![change]))
            .await;
        committed.unwrap().outcomes[0].key.clone()
    }

    async fn patients(&self, names: &[&str]) {
        for name in names {
            self.create(json!({ "resourceType": "Patient", "name": [{ "family": name }] }))
                .await;
        }
    }

    async fn body(&self, key: &Key) -> Value {
        let stored = self
            .record
            .read(&self.clinician, key, &At::Now)
            .await
            .unwrap();
        serde_json::from_str(&stored.body.unwrap()).unwrap()
    }

    /// Waits until the subscription says that it has a state, time going on by a minute with every look.
    async fn until(&self, key: &Key, status: &str) -> Value {
        for _ in 0..600 {
            let body = self.body(key).await;
            if body["status"] == status {
                return body;
            }
            let seen = self.record.current();
            let next = self.record.wait_after(seen);
            if tokio::time::timeout(Duration::from_millis(100), next)
                .await
                .is_err()
            {
                self.clock.advance_ms(60_000);
            }
        }
        panic!("{key} never became {status}: {}", self.body(key).await);
    }

    /// What a receiver is told next, time going on by a minute with every look.
    async fn told(&self, receiver: &mut Receiver) -> Told {
        for _ in 0..600 {
            match tokio::time::timeout(Duration::from_millis(100), receiver.told.recv()).await {
                Ok(told) => return told.unwrap(),
                Err(_) => self.clock.advance_ms(60_000),
            }
        }
        panic!("nothing was told");
    }

    /// The next events that a receiver is told of, by their numbers.
    async fn numbers(&self, receiver: &mut Receiver, until: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.last() != Some(&until) {
            let told = self.told(receiver).await;
            numbers.extend(told.events());
        }
        numbers
    }
}

async fn put_account(record: &Record, role: Role) {
    let new = NewAccount {
        account: "clinician".to_owned(),
        name: "The clinician".to_owned(),
        role,
        site: "RXR".parse().unwrap(),
        password: PASSWORD.to_owned(),
        feed: None,
    };
    record.put_account(new).await.unwrap();
}

/// What came to a receiver.
#[derive(Debug)]
struct Told {
    method: String,
    path: String,
    headers: http::HeaderMap,
    body: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A value of the first entry's Parameters.
    fn said(&self, name: &str) -> String {
        let bundle = self.json();
        assert_eq!(
            (&bundle["resourceType"], &bundle["type"]),
            (&json!("Bundle"), &json!("history"))
        );
        let parameters = bundle["entry"][0]["resource"]["parameter"]
            .as_array()
            .unwrap()
            .clone();
        let it = parameters
            .iter()
            .find(|it| it["name"] == name)
            .unwrap_or(&Value::Null);
        let value = it
            .as_object()
            .and_then(|it| it.iter().find(|(name, _)| name.starts_with("value")));
        let value = value.map_or(&Value::Null, |(_, value)| value);
        let text = value.as_str().or_else(|| value["reference"].as_str());
        text.unwrap_or_default().to_owned()
    }

    fn events(&self) -> Vec<u64> {
        let bundle = self.json();
        let parameters = bundle["entry"][0]["resource"]["parameter"]
            .as_array()
            .unwrap()
            .clone();
        let events = parameters
            .iter()
            .filter(|it| it["name"] == "notification-event");
        events
            .map(|it| {
                it["part"][0]["valueString"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap()
            })
            .collect()
    }
}

/// How a receiver answers.
#[derive(Clone, Copy)]
enum Manner {
    Takes,
    Refuses,
    Redirects,
    Gone,
}

/// A receiver that speaks HTTP.
struct Receiver {
    at: SocketAddr,
    told: mpsc::UnboundedReceiver<Told>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn open(at: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let at = listener.local_addr().unwrap();
        let (tell, told) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let tell = tell.clone();
                let service = service_fn(move |request| answer(request, tell.clone(), manner));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { at, told, task }
    }

    async fn close(self) -> String {
        self.task.abort();
        drop(self.task.await);
        self.at.to_string()
    }

    fn address(&self) -> String {
        format!("http://{}/hook?of=me", self.at)
    }
}

async fn answer(
    request: Request<Incoming>,
    tell: mpsc::UnboundedSender<Told>,
    manner: Manner,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let told = Told {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    drop(tell.send(told));
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = match manner {
        Manner::Takes => StatusCode::OK,
        Manner::Refuses => StatusCode::INTERNAL_SERVER_ERROR,
        Manner::Redirects => StatusCode::TEMPORARY_REDIRECT,
        Manner::Gone => StatusCode::GONE,
    };
    if let Manner::Redirects = manner {
        let inside = http::HeaderValue::from_static("http://169.254.169.254/latest/meta-data");
        answer.headers_mut().insert(http::header::LOCATION, inside);
    }
    Ok(answer)
}

/// A receiver that does as a function says with each connection, and never closes it.
async fn raw(answer: &'static [u8], endless: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut some = [0; 64];
                drop(stream.read(&mut some).await);
                drop(stream.write_all(answer).await);
                while !endless.is_empty() && stream.write_all(endless).await.is_ok() {}
                std::future::pending::<()>().await;
            });
        }
    });
    at
}

fn subscription(endpoint: &str, content: &str) -> Value {
    json!({
        "resourceType": "Subscription", "status": "requested", "reason": "to know who is who",
        "criteria": "urn:palatine:topic:patient-changed",
        "channel": {
            "type": "rest-hook", "endpoint": endpoint, "header": ["Authorization: Bearer hush"],
            "payload": "application/fhir+json",
            "_payload": { "extension": [{ "url": format!("{GUIDE}/backport-payload-content"), "valueCode": content }] },
            "extension": [{ "url": format!("{GUIDE}/backport-timeout"), "valueUnsignedInt": 1 }],
        },
    })
}

fn on_both<F: Future<Output = ()>>(story: impl Fn(Place) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    eprintln!("on sqlite");
    runtime.block_on(story(Place::Sqlite(folder.path().join("record"))));
    let cluster = Cluster::start().unwrap();
    eprintln!("on postgres");
    runtime.block_on(story(Place::Postgres(cluster.database().unwrap())));
}

/// The first word to a receiver is a handshake, as the guide writes it.
async fn handshaken(host: &Host, receiver: &mut Receiver, key: &Key) {
    let handshake = host.told(receiver).await;
    assert_eq!(
        (handshake.method.as_str(), handshake.path.as_str()),
        ("POST", "/hook?of=me")
    );
    assert_eq!(handshake.headers["authorization"], "Bearer hush");
    assert_eq!(handshake.headers["content-type"], "application/fhir+json");
    assert_eq!(
        (
            handshake.said("type").as_str(),
            handshake.said("status").as_str()
        ),
        ("handshake", "requested")
    );
    assert_eq!(
        handshake.said("topic"),
        "urn:palatine:topic:patient-changed"
    );
    assert_eq!(
        handshake.said("subscription"),
        format!("https://record.example/fhir/{key}")
    );
}

#[test]
fn every_event_comes_once_per_number_through_a_restart_of_both_sides() {
    on_both(|place| async move {
        let host = Host::start(&place).await;
        let mut receiver = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let key = host
            .create(subscription(&receiver.address(), "full-resource"))
            .await;
        handshaken(&host, &mut receiver, &key).await;
        host.until(&key, "active").await;
        host.patients(&["One", "Two", "Three"]).await;
        let mut numbers = Vec::new();
        for (n, name) in [(1_u64, "One"), (2, "Two"), (3, "Three")] {
            let told = host.told(&mut receiver).await;
            assert_eq!(told.said("type"), "event-notification");
            assert_eq!(told.events(), [n], "one by one, in order");
            let entry = &told.json()["entry"][1];
            assert_eq!(entry["resource"]["name"][0]["family"], name);
            assert_eq!(
                entry["request"],
                json!({ "method": "POST", "url": "Patient" })
            );
            numbers.extend(told.events());
        }
        // The receiver goes away, something happens, the host goes away, and both come back.
        let at = receiver.close().await;
        host.patients(&["Four", "Five"]).await;
        host.stop().await;
        let host = Host::start(&place).await;
        host.patients(&["Six"]).await;
        let mut receiver = Receiver::open(&at, Manner::Takes).await;
        numbers.extend(host.numbers(&mut receiver, 6).await);
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        assert_eq!(host.body(&key).await["status"], "active");
        let range = Range {
            since: 2,
            until: Some(5),
            content: None,
        };
        let again = host.record.subscription_events(
            &host.clinician,
            &key,
            range,
            "https://record.example/fhir",
        );
        let again = again.await.unwrap();
        let told = Told {
            method: String::new(),
            path: String::new(),
            headers: http::HeaderMap::new(),
            body: again.to_string(),
        };
        assert_eq!(
            (told.events(), told.said("type").as_str()),
            (vec![2, 3, 4, 5], "query-event")
        );
        host.stop().await;
    });
}

#[test]
fn whoever_hangs_lies_or_redirects_holds_up_nobody_and_goes_into_error() {
    on_both(|place| async move {
        let host = Host::start(&place).await;
        let hanging = raw(b"", b"").await;
        let chatty = raw(b"HTTP/1.1 200 OK\r\n", b"x-more: of this\r\n").await;
        let redirecting = Receiver::open("127.0.0.1:0", Manner::Redirects).await;
        let refusing = Receiver::open("127.0.0.1:0", Manner::Refuses).await;
        let gone = Receiver::open("127.0.0.1:0", Manner::Gone).await;
        let long = raw(
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
            b"and so on, ",
        )
        .await;
        let mut honest = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let mut bad = Vec::new();
        for (endpoint, why) in [
            (
                format!("http://{hanging}/"),
                "did not answer within 1 seconds",
            ),
            (format!("http://{chatty}/"), "did not answer as HTTP"),
            (redirecting.address(), "redirects are not followed"),
            (refusing.address(), "500"),
            (gone.address(), "410"),
            (
                "https://169.254.169.254/latest/meta-data".to_owned(),
                "is never called",
            ),
            (
                "http://10.0.0.1/".to_owned(),
                "list it in PALATINE_SUBSCRIBERS",
            ),
            (
                "https://[::ffff:10.0.0.1]/".to_owned(),
                "is not in the public network",
            ),
        ] {
            bad.push((host.create(subscription(&endpoint, "empty")).await, why));
        }
        let lying = host
            .create(subscription(&format!("http://{long}/"), "empty"))
            .await;
        let good = host
            .create(subscription(&honest.address(), "id-only"))
            .await;
        host.patients(&["One", "Two"]).await;
        assert_eq!(host.told(&mut honest).await.said("type"), "handshake");
        assert_eq!(host.numbers(&mut honest, 2).await, [1, 2]);
        host.until(&good, "active").await;
        host.until(&lying, "active").await;
        for (key, why) in bad {
            let body = host.until(&key, "error").await;
            let said = body["error"].as_str().unwrap();
            assert!(said.contains(why), "{said}: {why}");
        }
        host.stop().await;
    });
}

#[test]
fn what_its_author_may_no_longer_know_is_not_told() {
    on_both(|place| async move {
        let host = Host::start(&place).await;
        let mut receiver = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let key = host
            .create(subscription(&receiver.address(), "full-resource"))
            .await;
        host.told(&mut receiver).await;
        host.until(&key, "active").await;
        // Restricted facts are in no list that is not one patient's.
        let label = json!({ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R" });
        host.create(json!({ "resourceType": "Patient", "meta": { "security": [label] } }))
            .await;
        host.patients(&["Known"]).await;
        let told = host.told(&mut receiver).await;
        assert_eq!(
            (told.events(), told.body.contains("Known")),
            (vec![1], true)
        );
        put_account(&host.record, Role::TrustAdministrator).await;
        let operator = host.record.operator(&"RXR".parse().unwrap());
        let patient = Resource::from_value(
            json!({ "resourceType": "Patient", "name": [{ "family": "Unknown" }] }),
        );
        let change = Change::Create {
            resource: patient.unwrap(),
            temporary: None,
            if_none_exist: None,
        };
        host.record
            .commit(&operator, Proposal::direct(vec![change]))
            .await
            .unwrap();
        let body = host.until(&key, "off").await;
        assert!(
            body["error"]
                .as_str()
                .unwrap()
                .contains("may no longer know"),
            "{body}"
        );
        assert!(receiver.told.try_recv().is_err(), "nothing was told");
        host.stop().await;
    });
}

#[test]
fn r4s_own_subscriptions_get_the_resource_or_a_ping() {
    on_both(|place| async move {
        let host = Host::start(&place).await;
        let mut with = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let mut without = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let own = |receiver: &Receiver, payload: Option<&str>| {
            json!({
                "resourceType": "Subscription", "status": "requested", "reason": "as ever",
                "criteria": "Patient?family=Wanted",
                "channel": { "type": "rest-hook", "endpoint": format!("http://{}/base/", receiver.at), "payload": payload },
            })
        };
        let mut pinged = own(&without, None);
        pinged["channel"].as_object_mut().unwrap().remove("payload");
        for value in [own(&with, Some("application/fhir+json")), pinged] {
            let key = host.create(value).await;
            host.until(&key, "active").await;
        }
        host.patients(&["Other", "Wanted"]).await;
        let told = host.told(&mut with).await;
        assert_eq!(
            (
                told.method.as_str(),
                told.json()["name"][0]["family"].as_str()
            ),
            ("PUT", Some("Wanted"))
        );
        assert!(told.path.starts_with("/base/Patient/"), "{}", told.path);
        assert_eq!(told.headers["x-palatine-event-number"], "1");
        let told = host.told(&mut without).await;
        assert_eq!(
            (told.method.as_str(), told.path.as_str(), told.body.as_str()),
            ("POST", "/base/", "")
        );
        host.stop().await;
    });
}

#[test]
fn what_was_not_taken_waits_and_is_sent_again_when_an_administrator_says_so() {
    on_both(|place| async move {
        let host = Host::start(&place).await;
        let mut receiver = Receiver::open("127.0.0.1:0", Manner::Takes).await;
        let mut many = subscription(&receiver.address(), "id-only");
        let count = json!({ "url": format!("{GUIDE}/backport-max-count"), "valuePositiveInt": 10 });
        many["channel"]["extension"]
            .as_array_mut()
            .unwrap()
            .push(count);
        let key = host.create(many).await;
        host.told(&mut receiver).await;
        host.until(&key, "active").await;
        let at = receiver.close().await;
        host.patients(&["One", "Two", "Three"]).await;
        host.until(&key, "error").await;
        host.patients(&["Four"]).await;
        let operator = host.record.operator(&"RXR".parse().unwrap());
        let (listed, more) = host.record.subscribers(&operator, "").await.unwrap();
        let it = &listed[0];
        assert_eq!(
            (it.delivered, it.status.as_str(), more),
            (Some(0), "error", None)
        );
        assert!(
            it.said
                .as_deref()
                .unwrap()
                .contains("cannot connect to 127.0.0.1:"),
            "{:?}",
            it.said
        );
        let mut receiver = Receiver::open(&at, Manner::Takes).await;
        let seen = it.version;
        host.record
            .tend_subscription(&operator, &key.id, seen, Deed::Resend)
            .await
            .unwrap();
        assert_eq!(host.told(&mut receiver).await.said("type"), "handshake");
        let told = host.told(&mut receiver).await;
        assert_eq!(
            told.events()[..3],
            [1, 2, 3],
            "several at once, under the numbers that they had"
        );
        let late = host
            .record
            .tend_subscription(&operator, &key.id, seen, Deed::End)
            .await;
        assert!(late.is_err(), "it has changed since");
        host.stop().await;
    });
}
