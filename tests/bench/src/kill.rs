//! kill -9 in the middle of imports and messages, again and again: what was acknowledged is there, once.
//!
//! The clients keep their own list of what was acknowledged; the host is believed in nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use record::Record;
use record::clock::System;
use record::log::T;
use serde_json::{Value, json};

use crate::client::Client;
use crate::host::{Database, Ground, Host};
use crate::mllp::Sender;

const IMPORTERS: usize = 3;
const SENDERS: usize = 3;
/// Observations in each transaction: all of them are there or none.
const RESULTS: usize = 8;
pub(crate) const SYSTEM: &str = "urn:palatine:drill";

/// What the clients did: sent, and what of it was acknowledged.
#[derive(Default)]
struct Ledger {
    next: AtomicU64,
    transactions: Mutex<Acts>,
    messages: Mutex<Acts>,
}

#[derive(Default)]
struct Acts {
    acknowledged: Vec<u64>,
    unanswered: Vec<u64>,
}

/// `drill kill`.
pub(crate) async fn figures(databases: &[Database], cycles: u32) -> Result<Value, String> {
    let mut figures = json!({"drill": "kill", "cycles": cycles});
    for database in databases {
        figures[database.name()] = drill(*database, cycles).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, cycles: u32) -> Result<Value, String> {
    let ground = Ground::new(database).await?;
    let ledger = Arc::new(Ledger::default());
    let mut slowest = Duration::ZERO;
    for cycle in 0..cycles {
        let host = ground.start().await?;
        slowest = slowest.max(host.ready_after);
        let mut clients = Vec::new();
        for _ in 0..IMPORTERS {
            clients.push(tokio::spawn(import(
                host.client().await?,
                Arc::clone(&ledger),
            )));
        }
        for _ in 0..SENDERS {
            clients.push(tokio::spawn(send(
                Sender::connect(&host.mllp).await?,
                Arc::clone(&ledger),
            )));
        }
        // Between 0.3 and 1.2 s, different in every cycle.
        tokio::time::sleep(Duration::from_millis(300 + u64::from(cycle * 379 % 900))).await;
        host.kill().await?;
        for client in clients {
            client.await.map_err(|why| why.to_string())??;
        }
    }
    let host = ground.start().await?;
    let mut verdict = judge(&host, &ledger).await?;
    verdict["slowest_start_s"] = json!(slowest.max(host.ready_after).as_secs_f64());
    host.kill().await?;
    verdict["gaps_in_t"] = json!(gaps(&ground).await?);
    Ok(verdict)
}

/// Sends transactions until the host is gone.
async fn import(mut client: Client, ledger: Arc<Ledger>) -> Result<(), String> {
    loop {
        let n = ledger.next.fetch_add(1, Ordering::Relaxed);
        let answer = client
            .post("/fhir", Bytes::from(transaction(n).to_string()))
            .await;
        if !keep(
            &ledger.transactions,
            n,
            answer.map(|(status, _)| status == StatusCode::OK),
            "transaction",
        )? {
            return Ok(());
        }
    }
}

/// Sends laboratory messages until the host is gone.
async fn send(mut sender: Sender, ledger: Arc<Ledger>) -> Result<(), String> {
    loop {
        let n = ledger.next.fetch_add(1, Ordering::Relaxed);
        let answer = sender.send(&admission(n)).await;
        if !keep(
            &ledger.messages,
            n,
            answer.map(|code| code == "AA"),
            "message",
        )? {
            return Ok(());
        }
    }
}

/// Notes how act `n` ended; false when the host did not answer any more. A refusal is a failure of the drill.
fn keep(
    acts: &Mutex<Acts>,
    n: u64,
    answer: Result<bool, String>,
    what: &str,
) -> Result<bool, String> {
    let mut acts = acts.lock().unwrap_or_else(PoisonError::into_inner);
    match answer {
        Ok(true) => acts.acknowledged.push(n),
        Ok(false) => return Err(format!("{what} {n} was refused")),
        Err(_) => acts.unanswered.push(n),
    }
    Ok(acts.unanswered.last() != Some(&n))
}

/// The acts of a ledger whose clients have all ended.
fn taken(acts: &Mutex<Acts>) -> Acts {
    std::mem::take(&mut acts.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Looks for every act: acknowledged ones must be there once and whole, unanswered ones once or not at all.
async fn judge(host: &Host, ledger: &Ledger) -> Result<Value, String> {
    let mut client = host.client().await?;
    let (mut lost, mut doubled, mut half, mut came_through) = (0, 0, 0, 0);
    let (transactions, messages) = (taken(&ledger.transactions), taken(&ledger.messages));
    let acts = [
        (&transactions.acknowledged, true, true),
        (&transactions.unanswered, false, true),
        (&messages.acknowledged, true, false),
        (&messages.unanswered, false, false),
    ];
    for (numbers, acknowledged, has_results) in acts {
        for n in numbers {
            let patients = count(&mut client, "Patient", *n).await?;
            let results = if has_results {
                count(&mut client, "Observation", *n).await?
            } else {
                0
            };
            let whole = if has_results { RESULTS as u64 } else { 0 };
            match (patients, results) {
                (1, results) if results == whole && acknowledged => {}
                (1, results) if results == whole => came_through += 1,
                (0, 0) if acknowledged => lost += 1,
                (0, 0) => {}
                (1, results) if results < whole => half += 1,
                _ => doubled += 1,
            }
        }
    }
    Ok(json!({
        "transactions_acknowledged": transactions.acknowledged.len(),
        "messages_acknowledged": messages.acknowledged.len(),
        "unanswered": transactions.unanswered.len() + messages.unanswered.len(),
        "unanswered_but_kept_whole": came_through,
        "lost": lost, "doubled": doubled, "half_done": half,
    }))
}

async fn count(client: &mut Client, resource_type: &str, n: u64) -> Result<u64, String> {
    let path = format!("/fhir/{resource_type}?identifier={SYSTEM}%7C{n}&_summary=count");
    let (status, body) = client.get(&path).await?;
    let page: Value = serde_json::from_slice(&body)
        .map_err(|why| format!("{path} was answered {status}: {why}"))?;
    page["total"]
        .as_u64()
        .ok_or_else(|| format!("{path} was answered {status}: {page}"))
}

/// How many numbers are missing between 1 and the newest commit, read from the database itself with no host running.
async fn gaps(ground: &Ground) -> Result<u64, String> {
    const PAGE: u32 = 1_000;
    let record = Record::open(&ground.place()?, Arc::new(System))
        .await
        .map_err(|why| why.to_string())?;
    let (mut gaps, mut last) = (0, T(0));
    while last < record.current() {
        let commits = record
            .commits_after(last, PAGE)
            .await
            .map_err(|why| why.to_string())?;
        if commits.is_empty() {
            return Err(format!(
                "no commit comes after {last}, and the newest is {}",
                record.current()
            ));
        }
        for commit in commits {
            gaps += commit.t.0 - last.0 - 1;
            last = commit.t;
        }
    }
    record.close().await;
    Ok(gaps)
}

/// A patient and results that share a number, as one transaction.
pub(crate) fn transaction(n: u64) -> Value {
    let patient = format!("urn:uuid:00000000-0000-4000-8000-{n:012x}");
    let identifier = json!([{"system": SYSTEM, "value": n.to_string()}]);
    let mut entries = vec![json!({
        "fullUrl": patient,
        "request": {"method": "POST", "url": "Patient"},
        "resource": {"resourceType": "Patient", "identifier": identifier, "name": [{"family": format!("Drill{n}")}]},
    })];
    entries.extend((0..RESULTS).map(|at| {
        json!({
            "fullUrl": format!("urn:uuid:00000000-0000-4000-9{at:03x}-{n:012x}"),
            "request": {"method": "POST", "url": "Observation"},
            "resource": {
                "resourceType": "Observation", "status": "final", "identifier": identifier,
                "code": {"coding": [{"system": "http://loinc.org", "code": "14682-9"}]},
                "subject": {"reference": patient}, "effectiveDateTime": "2026-11-22T08:00:00Z",
                "valueQuantity": {"value": 80 + at, "unit": "umol/L"},
            },
        })
    }));
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

/// An admission that makes a patient with number `n`.
fn admission(n: u64) -> String {
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|REGION|20261122080000||ADT^A01|D{n}|P|2.4\r\
         EVN|A01|20261122080000\r\
         PID|1||{n}^^^&{SYSTEM}&URI^PI||DRILL{n}^Pat||19600101|F\r\
         PV1|1|I|C3^1^12^RXR||||||||||||||||V{n}\r"
    )
}
