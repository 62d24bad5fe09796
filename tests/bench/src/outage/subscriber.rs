//! A subscriber as a partner would write one: an ordinary HTTP server that notes what it is told and then says that it has it.
//!
//! Invariant: whatever it acknowledged is in its ledger, through its own restarts too; what it did not acknowledge may be.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// Events that it takes in one notification.
const EVENTS_AT_ONCE: u32 = 20;
/// How long it may take to answer, in seconds: on a busy machine a second is not much.
const ANSWER_S_MAX: u32 = 30;
/// How long it may take until it is told something that it does not answer any more.
const LAST_WORD_MAX: Duration = Duration::from_secs(2);
/// How long it may take to get its port back, which somebody else may have had for a moment.
const PORT_MAX: Duration = Duration::from_secs(10);
/// What the structures of the backport guide have in common.
const GUIDE: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";

/// A receiver of notifications.
pub(super) struct Subscriber {
    at: SocketAddr,
    ledger: Arc<Ledger>,
    serving: Option<JoinHandle<()>>,
}

/// What it was told.
#[derive(Default)]
pub(super) struct Ledger {
    taken: Mutex<Vec<Taken>>,
    /// What it could not read, and so did not take.
    refused: AtomicU64,
    /// Grows when an outage begins and when it ends.
    outages: AtomicU64,
    /// Whether it goes away before it answers.
    goes: AtomicBool,
}

/// One event, once acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// Its number.
    pub(super) number: u64,
    /// Which version of which resource it is about.
    pub(super) subject: String,
    /// A digest of all that was said of it.
    pub(super) said: u64,
    /// Between which outages it came.
    pub(super) outages: u64,
}

impl Subscriber {
    /// Begins to listen.
    pub(super) async fn open() -> Result<Self, String> {
        let mut subscriber = Self {
            at: ([127, 0, 0, 1], 0).into(),
            ledger: Arc::default(),
            serving: None,
        };
        subscriber.begin().await?;
        Ok(subscriber)
    }

    /// Begins to listen where it did before.
    pub(super) async fn begin(&mut self) -> Result<(), String> {
        let since = Instant::now();
        let listener = loop {
            match TcpListener::bind(self.at).await {
                Ok(listener) => break listener,
                Err(why) if since.elapsed() > PORT_MAX => {
                    return Err(format!("{}: {why}", self.at));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        self.at = listener.local_addr().map_err(|why| why.to_string())?;
        self.ledger.goes.store(false, Ordering::SeqCst);
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.ledger))));
        Ok(())
    }

    /// Goes away at the worst moment: it has noted what it was told, and did not say so yet.
    pub(super) async fn stop(&mut self) {
        let (since, before) = (Instant::now(), self.ledger.count());
        self.ledger.goes.store(true, Ordering::SeqCst);
        while self.ledger.count() == before && since.elapsed() < LAST_WORD_MAX {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if let Some(serving) = self.serving.take() {
            serving.abort();
            drop(serving.await);
        }
    }

    /// What it was told until now.
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Its subscription to every change of a patient, as it asks for it.
    pub(super) fn subscription(&self) -> Value {
        let extension = |name: &str, kind: &str, value: Value| json!({ "url": format!("{GUIDE}/{name}"), kind: value });
        json!({
            "resourceType": "Subscription", "status": "requested", "reason": "a drill",
            "criteria": "urn:palatine:topic:patient-changed",
            "channel": {
                "type": "rest-hook", "endpoint": format!("http://{}/told", self.at), "payload": "application/fhir+json",
                "_payload": {
                    "extension": [extension("backport-payload-content", "valueCode", json!("full-resource"))],
                },
                "extension": [
                    extension("backport-max-count", "valuePositiveInt", json!(EVENTS_AT_ONCE)),
                    extension("backport-timeout", "valueUnsignedInt", json!(ANSWER_S_MAX)),
                ],
            },
        })
    }
}

impl Ledger {
    /// Says that an outage begins or ends: whatever is told again across one may have been told in vain.
    pub(super) fn outage(&self) {
        self.outages.fetch_add(1, Ordering::SeqCst);
    }

    /// How many events were acknowledged until now, those told again too.
    pub(super) fn count(&self) -> u64 {
        self.taken().len().try_into().unwrap_or(u64::MAX)
    }

    /// What could not be read.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// What was acknowledged, in the order in which it came.
    pub(super) fn taken(&self) -> std::sync::MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a notification tells; `None`: it is none that can be read.
    fn note(&self, body: &[u8]) -> Option<()> {
        let bundle: Value = serde_json::from_slice(body).ok()?;
        let (status, told) = bundle["entry"].as_array()?.split_first()?;
        let said = status["resource"]["parameter"].as_array()?;
        let events = said.iter().filter(|it| it["name"] == "notification-event");
        let events: Vec<&Value> = events.collect();
        if events.len() != told.len() {
            return None;
        }
        let outages = self.outages.load(Ordering::SeqCst);
        let taken = events.into_iter().zip(told);
        let taken: Option<Vec<Taken>> = taken.map(|(event, it)| read(event, it, outages)).collect();
        self.taken().extend(taken?);
        Some(())
    }
}

/// An event with the entry of what it is about.
fn read(event: &Value, entry: &Value, outages: u64) -> Option<Taken> {
    let parts = event["part"].as_array()?;
    let part = |name: &str| parts.iter().find(|part| part["name"] == name);
    let resource = &entry["resource"];
    let id = format!(
        "{}/{}",
        resource["resourceType"].as_str()?,
        resource["id"].as_str()?
    );
    let focus = part("focus")?["valueReference"]["reference"].as_str()?;
    let mut said = DefaultHasher::new();
    (event.to_string(), entry.to_string()).hash(&mut said);
    focus.ends_with(&id).then_some(Taken {
        number: part("event-number")?["valueString"]
            .as_str()?
            .parse()
            .ok()?,
        subject: format!("{id}/_history/{}", resource["meta"]["versionId"].as_str()?),
        said: said.finish(),
        outages,
    })
}

/// Answers whoever connects. Connections end with it.
async fn serve(listener: TcpListener, ledger: Arc<Ledger>) {
    let mut connections = JoinSet::new();
    loop {
        // What did not become a connection is tried again by the other side.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let ledger = Arc::clone(&ledger);
        let service = service_fn(move |request| answer(request, Arc::clone(&ledger)));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    request: Request<Incoming>,
    ledger: Arc<Ledger>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let mut answer = Response::new(Full::default());
    if ledger.note(&body).is_none() {
        ledger.refused.fetch_add(1, Ordering::SeqCst);
        *answer.status_mut() = StatusCode::BAD_REQUEST;
    }
    if ledger.goes.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    Ok(answer)
}
