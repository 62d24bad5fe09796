//! kill -9 at any moment while departmentals react to events, again and again: each event has exactly one effect.
//!
//! One departmental looks for what it wrote before and the other does not, so that an event told twice shows.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use record::Record;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::clients::patient;
use crate::host::{Database, Ground, Host, component};
use crate::ledger::SYSTEM;
use crate::versions::Versions;

/// Connections that send events.
const CLIENTS: u32 = 3;
/// A host lives at least so long after its clients have begun, and less than so much longer, by chance.
const LIVES_MS: (u64, u64) = (50, 900);
/// How long the reactions to what is left may take in the end.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(600);
/// How often is looked, which takes the database's time from what is waited for.
const LOOK: Duration = Duration::from_secs(3);
/// What each event has to bring about, once: a task about the weight; an alert and a task about the creatinine.
const EFFECTS: [&str; 3] = ["weight", "alert", "review"];

/// `drill reactions`.
pub(crate) async fn figures(databases: &[Database], cycles: u32) -> Result<Value, String> {
    let mut figures = json!({ "drill": "reactions", "cycles": cycles });
    for database in databases {
        figures[database.name()] = drill(*database, cycles).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, cycles: u32) -> Result<Value, String> {
    let components = [component("pathology.wasm")?, component("example.wasm")?];
    let ground = Ground::with_departmentals(database, &components).await?;
    let book = Arc::new(Book::default());
    let chance = RandomState::new();
    let (mut cut_off, mut waited) = (0_u32, 0);
    for cycle in 0..cycles {
        let host = ground.start().await?;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(events(host.client().await?, Arc::clone(&book)));
        }
        let mut watcher = host.client().await?;
        let (least_ms, spread_ms) = LIVES_MS;
        let lives_ms = least_ms + chance.hash_one(cycle) % spread_ms;
        tokio::time::sleep(Duration::from_millis(lives_ms)).await;
        let waiting = waiting(&mut watcher).await?;
        host.kill().await?;
        while let Some(ended) = clients.join_next().await {
            ended.map_err(|why| why.to_string())??;
        }
        cut_off += u32::from(waiting > 0);
        waited += waiting;
    }
    let host = ground.start().await?;
    caught_up(&host).await?;
    host.kill().await?;
    let mut judged = book.judge(&ground).await?;
    judged["kills_with_events_waiting"] = json!(cut_off);
    judged["events_waiting_at_kills"] = json!(waited);
    let (whole, words) = ground.said("verify", &[]).await?;
    judged["log_audit_and_calls_whole"] = json!(whole);
    let faults = [
        "lost_events",
        "effects_lost",
        "effects_doubled",
        "strangers",
        "parked",
    ];
    let is_sound = faults.iter().all(|fault| judged[fault] == json!(0));
    // A drill in which nothing waited when the host was killed would show nothing.
    match is_sound && whole && (cut_off > 0 || cycles == 0) {
        true => Ok(judged),
        false => Err(format!("the drill failed: {judged} {words}")),
    }
}

/// What the clients did: whether each number was acknowledged.
#[derive(Default)]
struct Book(Mutex<Vec<bool>>);

impl Book {
    fn number(&self) -> usize {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(false);
        sent.len() - 1
    }

    fn acknowledged(&self, n: usize) {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent[n] = true;
    }

    /// Reads what a record holds, with no host running, and counts the effects of each event.
    async fn judge(&self, ground: &Ground) -> Result<Value, String> {
        let place = ground.place()?;
        let record = Record::open(&place, Arc::new(record::clock::System)).await;
        let record = record.map_err(|why| why.to_string())?;
        let there = There::read(&record).await?;
        record.close().await;
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = sent.clone();
        let known = |n: &usize| there.events.contains_key(n);
        let all = sent.iter().enumerate();
        let lost = all.clone().filter(|(n, done)| **done && !known(n)).count();
        let unanswered = all.filter(|(n, done)| !**done && known(n)).count();
        let (mut none, mut several) = (0, 0);
        for patient in there.events.values() {
            for effect in EFFECTS {
                match there.effects.get(&(patient.clone(), effect)) {
                    None => none += 1,
                    Some(1) => {}
                    Some(_) => several += 1,
                }
            }
        }
        let about = there.effects.keys().map(|(patient, _)| patient);
        let strangers = about.filter(|it| !there.events.values().any(|known| known == *it));
        Ok(json!({
            "events": there.events.len() * 2, "acknowledged": sent.iter().filter(|done| **done).count() * 2,
            "unanswered_but_kept": unanswered * 2, "lost_events": lost * 2, "effects": there.effects.len(),
            "effects_lost": none, "effects_doubled": several, "strangers": strangers.count(), "parked": there.parked,
        }))
    }
}

/// Sends patients whose weight and creatinine departmentals react to, until the host is gone.
async fn events(mut client: Client, book: Arc<Book>) -> Result<(), String> {
    loop {
        let n = book.number();
        let bundle = Bytes::from(event(n as u64).to_string());
        match client.post("/fhir", bundle).await {
            Ok((StatusCode::OK, _)) => book.acknowledged(n),
            Ok((status, body)) => {
                let body = String::from_utf8_lossy(&body);
                return Err(format!("an answer that may not be: {status} {body}"));
            }
            Err(_) => return Ok(()),
        }
    }
}

/// A patient with a number, who is heavier than the scales, and whose creatinine has risen fourfold.
fn event(n: u64) -> Value {
    let full_url = format!("urn:uuid:00000000-0000-4000-8000-{n:012x}");
    let mut entries = vec![json!({
        "fullUrl": full_url, "request": { "method": "POST", "url": "Patient" }, "resource": patient(n),
    })];
    let results = [
        ("29463-7", "kg", "2026-11-21T08:00:00Z", 300),
        ("14682-9", "umol/L", "2026-11-20T08:00:00Z", 70),
        ("14682-9", "umol/L", "2026-11-21T08:00:00Z", 280),
    ];
    entries.extend(results.map(|(code, unit, at, value)| {
        json!({
            "request": { "method": "POST", "url": "Observation" },
            "resource": {
                "resourceType": "Observation", "status": "final",
                "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
                "subject": { "reference": full_url }, "effectiveDateTime": at, "issued": at,
                "valueQuantity": {
                    "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
                },
            },
        })
    }));
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

/// How many weights no departmental has reacted to.
async fn waiting(client: &mut Client) -> Result<u64, String> {
    let mut count = async |search: &str| {
        let path = format!("/fhir/{search}&_summary=count");
        let page = client.document(&path).await?;
        let total = page["total"].as_u64();
        total.ok_or_else(|| format!("{path} was answered {page}"))
    };
    // Each weight brings about a task, and each rise of a creatinine one with an identifier.
    let tasks = count("Task?identifier:missing=true").await?;
    let events = count("Observation?code=29463-7").await?;
    Ok(events.saturating_sub(tasks))
}

/// Waits until departmentals have reacted to everything, the host being left alone.
async fn caught_up(host: &Host) -> Result<(), String> {
    let mut client = host.client().await?;
    let since = Instant::now();
    loop {
        let left = waiting(&mut client).await?;
        let alerts = client
            .document("/fhir/DetectedIssue?_summary=count")
            .await?;
        let weights = client
            .document("/fhir/Observation?code=29463-7&_summary=count")
            .await?;
        if left == 0 && alerts["total"] == weights["total"] {
            // Whatever would be done twice is given the time to be.
            tokio::time::sleep(Duration::from_secs(2)).await;
            return Ok(());
        }
        if since.elapsed() > CAUGHT_UP_MAX {
            return Err(format!(
                "the drill failed: {left} events wait after {CAUGHT_UP_MAX:?}, with {} alerts for {} events",
                alerts["total"], weights["total"]
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What is in a record.
#[derive(Default)]
struct There {
    /// The reference of each event's patient, by its number.
    events: HashMap<usize, String>,
    /// How often each effect was written about a patient.
    effects: HashMap<(String, &'static str), u32>,
    /// Events that were put aside.
    parked: u32,
}

impl There {
    async fn read(record: &Record) -> Result<Self, String> {
        let mut there = Self::default();
        for name in ["Patient", "DetectedIssue", "Task"] {
            let mut versions = Versions::of_type(record, name)?;
            while let Some(version) = versions.next().await? {
                let Some(body) = version.body else { continue };
                let body = serde_json::from_str(&body).map_err(|why| why.to_string())?;
                there.take(name, &body);
            }
        }
        Ok(there)
    }

    /// Counts one version of a resource: every version is an effect of its own.
    fn take(&mut self, of: &str, body: &Value) {
        let text = |at: &str| body.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let is_ours = text("/identifier/0/system") == SYSTEM;
        let (about, effect) = match of {
            "Patient" => {
                let n = text("/identifier/0/value").parse();
                let id = format!("Patient/{}", text("/id"));
                self.events
                    .extend(n.ok().filter(|_| is_ours).map(|n| (n, id)));
                return;
            }
            "DetectedIssue" => (text("/patient/reference"), "alert"),
            _ if text("/code/coding/0/code") == "reaction-parked" => {
                self.parked += 1;
                return;
            }
            _ if body.get("identifier").is_some() => (text("/for/reference"), "review"),
            _ => (text("/for/reference"), "weight"),
        };
        *self.effects.entry((about.to_owned(), effect)).or_default() += 1;
    }
}
