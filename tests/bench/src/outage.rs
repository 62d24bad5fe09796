//! kill -9 of the host and of the database in turn while feeds send: nothing acknowledged is lost, nothing is there twice,
//! and each patient's messages are in the record in the order in which they were sent.
//!
//! Each sender tells of one patient, message after message, and sends one again until it is acknowledged, as an interface
//! engine does. What a message tells is its own number, so a patient's versions show which came when.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use record::Record;
use record::clock::System;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::host::{Database, Ground};
use crate::mllp::Sender;
use crate::versions::Versions;

/// Senders, each with a connection and a patient of its own.
const SENDERS: u64 = 8;
/// Wait before a message that was not acknowledged is sent again.
const AGAIN: Duration = Duration::from_millis(50);
/// How long a sender waits for an acknowledgement before it sends again.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// How long after an outage the first message may be acknowledged.
const GOES_ON_MAX: Duration = Duration::from_secs(30);
/// Marks the patients of the drill.
const SYSTEM: &str = "urn:palatine:outage";

/// `drill outage`.
pub(crate) async fn figures(databases: &[Database], rounds: u32) -> Result<Value, String> {
    let mut figures = json!({ "drill": "outage", "rounds": rounds, "senders": SENDERS });
    for database in databases {
        figures[database.name()] = drill(*database, rounds).await?;
    }
    Ok(figures)
}

/// What all senders share.
struct Load {
    /// Where the MLLP door is now; it is another after each start.
    door: watch::Receiver<String>,
    stop: AtomicBool,
    acknowledged: AtomicU64,
    sent_again: AtomicU64,
}

async fn drill(database: Database, rounds: u32) -> Result<Value, String> {
    let mut ground = Ground::new(database).await?;
    let mut host = ground.start().await?;
    let (tell, door) = watch::channel(host.mllp.clone());
    let load = Arc::new(Load {
        door,
        stop: AtomicBool::new(false),
        acknowledged: AtomicU64::new(0),
        sent_again: AtomicU64::new(0),
    });
    let mut senders = JoinSet::new();
    for patient in 0..SENDERS {
        senders.spawn(send_on(Arc::clone(&load), patient));
    }
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        // Between 0.3 and 1.2 s, different in every round.
        tokio::time::sleep(Duration::from_millis(300 + u64::from(round * 379 % 900))).await;
        let since = Instant::now();
        host.kill().await?;
        host = ground.start().await?;
        tell.send_replace(host.mllp.clone());
        slowest = slowest.max(goes_on(&load, since).await?);
        if database == Database::Postgres {
            tokio::time::sleep(Duration::from_millis(300 + u64::from(round * 577 % 900))).await;
            let since = Instant::now();
            ground.crash_database()?;
            slowest = slowest.max(goes_on(&load, since).await?);
        }
    }
    load.stop.store(true, Ordering::SeqCst);
    let mut last = HashMap::new();
    while let Some(ended) = senders.join_next().await {
        let (patient, n) = ended.map_err(|why| why.to_string())??;
        last.insert(patient, n);
    }
    host.kill().await?;
    let mut judged = judged(&ground, &last).await?;
    judged["acknowledged"] = json!(load.acknowledged.load(Ordering::SeqCst));
    judged["sent_again"] = json!(load.sent_again.load(Ordering::SeqCst));
    judged["slowest_to_go_on_s"] = json!(slowest.as_secs_f64());
    let is_sound = ["lost", "doubled", "out_of_order"]
        .iter()
        .all(|fault| judged[fault] == json!(0));
    match is_sound {
        true => Ok(judged),
        false => Err(format!("the drill failed: {judged}")),
    }
}

/// How long after an outage a message was acknowledged.
async fn goes_on(load: &Load, since: Instant) -> Result<Duration, String> {
    let before = load.acknowledged.load(Ordering::SeqCst);
    while load.acknowledged.load(Ordering::SeqCst) == before {
        if since.elapsed() > GOES_ON_MAX {
            return Err(format!(
                "the drill failed: no message was acknowledged within {GOES_ON_MAX:?} of an outage"
            ));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(since.elapsed())
}

/// Sends one message about a patient after the other; the patient, and the number of the last that was acknowledged.
async fn send_on(load: Arc<Load>, patient: u64) -> Result<(u64, u64), String> {
    let mut connection = None;
    let mut n = 0;
    while !load.stop.load(Ordering::SeqCst) {
        let message = message(patient, n + 1);
        while !acknowledged(&load, &mut connection, &message).await? {
            load.sent_again.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(AGAIN).await;
        }
        n += 1;
        load.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    Ok((patient, n))
}

/// Sends a message once. Whether it was acknowledged; if not, nobody knows whether it was kept.
async fn acknowledged(
    load: &Load,
    connection: &mut Option<Sender>,
    message: &str,
) -> Result<bool, String> {
    let door = load.door.borrow().clone();
    if connection.is_none() {
        *connection = Sender::connect(&door).await.ok();
    }
    let Some(sender) = connection else {
        return Ok(false);
    };
    let answered = tokio::time::timeout(ANSWER_MAX, sender.send(message)).await;
    match answered.as_ref().map(|it| it.as_deref()) {
        Ok(Ok("AA")) => Ok(true),
        // The database is away.
        Ok(Ok("AE" | "AR")) => Ok(false),
        Ok(Ok(code)) => Err(format!("a message was answered {code}")),
        Ok(Err(_)) | Err(_) => {
            *connection = None;
            Ok(false)
        }
    }
}

/// What the record holds against what was acknowledged.
async fn judged(ground: &Ground, last: &HashMap<u64, u64>) -> Result<Value, String> {
    let record = Record::open(&ground.place()?, Arc::new(System))
        .await
        .map_err(|why| why.to_string())?;
    // Newest first, as the history gives them.
    let mut found: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut versions = Versions::of_type(&record, "Patient")?;
    while let Some(version) = versions.next().await? {
        if let Some((patient, n)) = version.body.as_deref().and_then(told) {
            found.entry(patient).or_default().push(n);
        }
    }
    record.close().await;
    let (mut lost, mut doubled, mut out_of_order) = (0, 0, 0);
    for (patient, last) in last {
        let mut numbers = found.remove(patient).unwrap_or_default();
        numbers.reverse();
        out_of_order += numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
        let there = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        doubled += there - numbers.len();
        lost += (1..=*last)
            .filter(|n| numbers.binary_search(n).is_err())
            .count();
    }
    Ok(json!({ "lost": lost, "doubled": doubled, "out_of_order": out_of_order }))
}

/// Which patient of the drill this is, and which message this version came from.
fn told(body: &str) -> Option<(u64, u64)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let mut identifiers = body["identifier"].as_array()?.iter();
    let ours = identifiers.find(|it| it["system"] == SYSTEM)?;
    let number = body["name"][0]["given"][0].as_str()?;
    Some((
        ours["value"].as_str()?.parse().ok()?,
        number.strip_prefix('N')?.parse().ok()?,
    ))
}

/// The message with this number about a patient, who is given it as a name.
fn message(patient: u64, n: u64) -> String {
    let second = n % 60;
    let minute = n / 60 % 60;
    let (hour, day) = (n / 3_600 % 24, 1 + n / 86_400);
    let at = format!("202611{day:02}{hour:02}{minute:02}{second:02}");
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|REGION|{at}||ADT^A08|O{patient}-{n}|P|2.4\r\
         EVN|A08|{at}\r\
         PID|1||{patient}^^^&{SYSTEM}&URI^PI||OUTAGE{patient}^N{n}||19600101|F\r\
         PV1|1|N\r"
    )
}
