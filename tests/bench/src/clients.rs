//! The clients of a drill: each does one kind of act again and again, until its host is gone or it is told to stop.
//!
//! What a client sends is written so that the ledger's number of the act is found in whatever comes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::host::Host;
use crate::ledger::{Act, End, Ledger, RESULTS, SYSTEM};
use crate::mllp::Sender;

/// Numbers of conditional creates begin here.
const ONCE: u64 = 1 << 40;
/// More than a round has of them.
const ONCE_EACH_ROUND: u64 = 1 << 20;
/// Clients of each kind.
const EACH: usize = 2;
/// Wait after a refusal, so that a client that is refused does not fill the ledger.
const REFUSED_WAIT: Duration = Duration::from_millis(50);

/// The clients of one host.
pub(crate) struct Clients {
    tasks: JoinSet<Result<(), String>>,
    stop: Arc<AtomicBool>,
}

/// What is right besides an acknowledgement; any other answer fails the drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tolerated {
    /// Nothing.
    Nothing,
    /// That another host is asked, or the database is away for a moment.
    Busy,
    /// That the disk is full.
    Full,
}

/// What every client has.
#[derive(Clone)]
struct Kit {
    ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    tolerated: Tolerated,
    /// Tells the clients of one host from those of another.
    name: String,
    /// Where the numbers of this round's conditional creates begin.
    once_from: u64,
}

impl Clients {
    /// Starts clients of every kind.
    pub(crate) async fn of(
        host: &Host,
        name: &str,
        round: u32,
        ledger: &Arc<Ledger>,
        tolerated: Tolerated,
    ) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let kit = Kit {
            ledger: Arc::clone(ledger),
            stop: Arc::clone(&stop),
            tolerated,
            name: name.to_owned(),
            once_from: ONCE + u64::from(round) * ONCE_EACH_ROUND,
        };
        let mut tasks = JoinSet::new();
        for at in 0..EACH {
            let kit = || kit.clone();
            tasks.spawn(posts(host.client().await?, kit(), Act::Transaction));
            tasks.spawn(posts(host.client().await?, kit(), Act::Create));
            tasks.spawn(posts(host.client().await?, kit(), Act::CreateOnce));
            tasks.spawn(updates(host.client().await?, kit(), at));
            tasks.spawn(messages(Sender::connect(&host.mllp).await?, kit()));
        }
        Ok(Self { tasks, stop })
    }

    /// Tells them to stop, and waits until all have.
    pub(crate) async fn stop(self) -> Result<(), String> {
        self.stop.store(true, Ordering::SeqCst);
        self.ended().await
    }

    /// Waits until all have ended: their host is gone.
    pub(crate) async fn ended(mut self) -> Result<(), String> {
        while let Some(ended) = self.tasks.join_next().await {
            ended.map_err(|why| why.to_string())??;
        }
        Ok(())
    }
}

impl Kit {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    /// What an answer's status means.
    fn end(&self, status: StatusCode, body: &Bytes) -> Result<End, String> {
        let tolerated = match self.tolerated {
            Tolerated::Nothing => false,
            Tolerated::Busy => status == StatusCode::SERVICE_UNAVAILABLE,
            Tolerated::Full => [
                StatusCode::INSUFFICIENT_STORAGE,
                StatusCode::SERVICE_UNAVAILABLE,
            ]
            .contains(&status),
        };
        let text = String::from_utf8_lossy(body);
        match status {
            StatusCode::OK | StatusCode::CREATED => Ok(End::Acknowledged),
            _ if tolerated && text.contains("OperationOutcome") => Ok(End::Refused),
            // The host says that it does not know, which is no refusal.
            StatusCode::INTERNAL_SERVER_ERROR if text.contains("is not known") => {
                Ok(End::Unanswered)
            }
            _ => Err(format!("an answer that may not be: {status} {text}")),
        }
    }
}

/// Posts one thing after the other.
async fn posts(mut client: Client, kit: Kit, act: Act) -> Result<(), String> {
    let mut once = 0;
    while kit.goes_on() {
        let n = match act {
            // Every client of the kind goes through the same numbers, which are those of nothing else.
            Act::CreateOnce => kit.once_from + once,
            Act::Transaction | Act::Create | Act::Update | Act::Message => kit.ledger.number(),
        };
        let if_none_exist = format!("identifier={SYSTEM}|{n}");
        let headers = match act {
            Act::CreateOnce => vec![("if-none-exist", if_none_exist.as_str())],
            Act::Transaction | Act::Create | Act::Update | Act::Message => Vec::new(),
        };
        let (path, body) = match act {
            Act::Transaction => ("/fhir", transaction(n)),
            Act::Create | Act::CreateOnce | Act::Update | Act::Message => {
                ("/fhir/Patient", patient(n))
            }
        };
        let body = Bytes::from(body.to_string());
        let Ok((status, body)) = client.request(Method::POST, path, &headers, body).await else {
            kit.ledger.note(n, act, End::Unanswered);
            return Ok(());
        };
        let end = kit.end(status, &body)?;
        kit.ledger.note(n, act, end);
        once += 1;
        if end != End::Acknowledged {
            tokio::time::sleep(REFUSED_WAIT).await;
        }
    }
    Ok(())
}

/// Writes one version after the other of a patient of its own, as of the version it knows.
async fn updates(mut client: Client, kit: Kit, at: usize) -> Result<(), String> {
    let path = format!("/fhir/Patient/drill-{}-{at}", kit.name);
    let mut seen = None;
    while kit.goes_on() {
        let known = match seen {
            Some(version) => version,
            None => match version(&mut client, &path).await {
                Ok(version) => version,
                Err(_) => return Ok(()),
            },
        };
        let n = kit.ledger.number();
        let mut body = patient(n);
        body["id"] = json!(format!("drill-{}-{at}", kit.name));
        let tag = format!("W/\"{known}\"");
        let headers = match known {
            0 => Vec::new(),
            _ => vec![("if-match", tag.as_str())],
        };
        let body = Bytes::from(body.to_string());
        let Ok((status, body)) = client.request(Method::PUT, &path, &headers, body).await else {
            kit.ledger.note(n, Act::Update, End::Unanswered);
            return Ok(());
        };
        let end = kit.end(status, &body)?;
        kit.ledger.note(n, Act::Update, end);
        seen = match end {
            End::Acknowledged => Some(known + 1),
            End::Refused => Some(known),
            End::Unanswered => None,
        };
        if end != End::Acknowledged {
            tokio::time::sleep(REFUSED_WAIT).await;
        }
    }
    Ok(())
}

/// The version that a resource has; 0 when there is none.
async fn version(client: &mut Client, path: &str) -> Result<u64, String> {
    let (status, body) = client.get(path).await?;
    if status == StatusCode::NOT_FOUND {
        return Ok(0);
    }
    let body: Value = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
    let version = body["meta"]["versionId"].as_str();
    version
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| format!("{path} was answered {status}: {body}"))
}

/// Sends admissions; one that is not taken is sent again, as a sender does, until it is.
async fn messages(mut sender: Sender, kit: Kit) -> Result<(), String> {
    while kit.goes_on() {
        let n = kit.ledger.number();
        loop {
            let end = match sender.send(&admission(n)).await.as_deref() {
                Ok("AA") => End::Acknowledged,
                Ok("AE" | "AR") if kit.tolerated != Tolerated::Nothing => End::Refused,
                Ok(code) => return Err(format!("message {n} was answered {code}")),
                Err(_) => End::Unanswered,
            };
            kit.ledger.note(n, Act::Message, end);
            match end {
                End::Acknowledged => break,
                End::Unanswered => return Ok(()),
                End::Refused if kit.goes_on() => tokio::time::sleep(REFUSED_WAIT).await,
                End::Refused => return Ok(()),
            }
        }
    }
    Ok(())
}

/// A patient with a number.
pub(crate) fn patient(n: u64) -> Value {
    json!({
        "resourceType": "Patient", "name": [{ "family": format!("Drill{n}") }], "gender": "female",
        "birthDate": "1960-01-01", "identifier": [{ "system": SYSTEM, "value": n.to_string() }],
    })
}

/// A patient and results that share a number, as one transaction.
pub(crate) fn transaction(n: u64) -> Value {
    let full_url = format!("urn:uuid:00000000-0000-4000-8000-{n:012x}");
    let identifier = json!([{"system": SYSTEM, "value": n.to_string()}]);
    let mut entries = vec![json!({
        "fullUrl": full_url,
        "request": {"method": "POST", "url": "Patient"},
        "resource": patient(n),
    })];
    entries.extend((0..RESULTS).map(|at| {
        json!({
            "fullUrl": format!("urn:uuid:00000000-0000-4000-9{at:03x}-{n:012x}"),
            "request": {"method": "POST", "url": "Observation"},
            "resource": {
                "resourceType": "Observation", "status": "final", "identifier": identifier,
                "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2"}]},
                "subject": {"reference": full_url}, "effectiveDateTime": "2026-11-22T08:00:00Z",
                "valueQuantity": {"value": 130 + at, "unit": "mmol/L"},
            },
        })
    }));
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

/// An admission that makes a patient with number `n`.
pub(crate) fn admission(n: u64) -> String {
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|REGION|20261122080000||ADT^A01|D{n}|P|2.4\r\
         EVN|A01|20261122080000\r\
         PID|1||{n}^^^&{SYSTEM}&URI^PI||DRILL{n}^Pat||19600101|F\r\
         PV1|1|I|C3^1^12^RXR||||||||||||||||V{n}\r"
    )
}
