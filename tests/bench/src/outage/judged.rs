//! What the record, the broker's stream and the subscriber's ledger hold against what was acknowledged, and against each other.
//!
//! Invariant: the log of the record is the measure: each of its changes is in the stream once, and each change of a patient
//! is in the ledger under one number, both in the log's order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use record::Record;
use record::clock::System;
use record::log::T;
use serde_json::{Value, json};

use super::load::told;
use super::subscriber::{Ledger, Taken};
use crate::host::Ground;
use crate::versions::{Versions, each_commit};

/// What must be nought.
const FAULTS: [&str; 12] = [
    "lost",
    "doubled",
    "out_of_order",
    "events_lost",
    "events_doubled",
    "events_out_of_order",
    "events_of_nothing",
    "notifications_lost",
    "notifications_doubled",
    "notifications_out_of_order",
    "notifications_untrue",
    "notifications_unreadable",
];

/// A change of the log.
struct Logged {
    t: u64,
    /// Which version of which resource, as events name it.
    subject: String,
}

/// The figures, with no host running. `last`: of each patient, the number of the last message that was acknowledged.
pub(super) async fn judged(
    ground: &Ground,
    last: &HashMap<u64, u64>,
    stream: &[(String, Value)],
    ledger: &Ledger,
) -> Result<Value, String> {
    let record = Record::open(&ground.place()?, Arc::new(System))
        .await
        .map_err(|why| why.to_string())?;
    let messages = messages(&record, last).await?;
    let log = log(&record).await?;
    record.close().await;
    let mut judged = json!({});
    for part in [messages, events(&log, stream)?, notifications(&log, ledger)] {
        for (name, figure) in part.as_object().into_iter().flatten() {
            judged[name] = figure.clone();
        }
    }
    Ok(judged)
}

/// Refuses figures with anything lost, doubled, untrue or out of order.
pub(super) fn passes(judged: &Value) -> Result<(), String> {
    match FAULTS.iter().all(|fault| judged[fault] == json!(0)) {
        true => Ok(()),
        false => Err(format!("the drill failed: {judged}")),
    }
}

/// Messages against the versions of the patients that they tell of.
async fn messages(record: &Record, last: &HashMap<u64, u64>) -> Result<Value, String> {
    // Newest first, as the history gives them.
    let mut found: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut versions = Versions::of_type(record, "Patient")?;
    while let Some(version) = versions.next().await? {
        if let Some((patient, n)) = version.body.as_deref().and_then(told) {
            found.entry(patient).or_default().push(n);
        }
    }
    let (mut lost, mut doubled, mut out_of_order) = (0, 0, 0);
    for (patient, last) in last {
        let mut numbers = found.remove(patient).unwrap_or_default();
        numbers.reverse();
        out_of_order += descents(&numbers);
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

/// How often something is followed by what belongs before it.
fn descents<P: PartialOrd>(places: &[P]) -> usize {
    places.windows(2).filter(|pair| pair[0] > pair[1]).count()
}

/// Every change of the record's log but its own notes, which are told to nobody.
async fn log(record: &Record) -> Result<Vec<Logged>, String> {
    let mut log = Vec::new();
    each_commit(record, T(0), |commit| {
        let changes = commit.changes.iter();
        let told = changes.filter(|change| change.key.resource_type.as_str() != "Basic");
        log.extend(told.map(|change| Logged {
            t: commit.t.0,
            subject: format!("{}/_history/{}", change.key, change.version),
        }));
    })
    .await?;
    Ok(log)
}

/// What is in the stream against the log, from the commit on with which the relay began: that was before any load.
fn events(log: &[Logged], stream: &[(String, Value)]) -> Result<Value, String> {
    let read = |event: &Value| {
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        let place = (
            event["data"]["t"].as_u64()?,
            event["data"]["index"].as_u64()?,
        );
        Some((place, text("id")?, text("subject")?))
    };
    let mut places = Vec::with_capacity(stream.len());
    let (mut ids, mut subjects) = (HashSet::new(), HashSet::new());
    for (_, event) in stream {
        let (place, id, subject) = read(event).ok_or(format!("no event of ours: {event}"))?;
        places.push(place);
        ids.insert(id);
        subjects.insert(subject);
    }
    let subjects: HashSet<&str> = subjects.iter().map(String::as_str).collect();
    let since = places.first().map_or(0, |(t, _)| *t);
    let logged = log.iter().filter(|change| change.t >= since);
    let logged: HashSet<&str> = logged.map(|change| change.subject.as_str()).collect();
    let mut lost: Vec<&str> = logged.difference(&subjects).copied().collect();
    lost.sort_unstable();
    let strangers = subjects.difference(&logged).count();
    Ok(json!({
        "events": stream.len(), "events_lost": lost.len(), "first_lost": lost.first(),
        "events_doubled": stream.len() - ids.len().min(subjects.len()),
        "events_out_of_order": descents(&places), "events_of_nothing": strangers,
    }))
}

/// What the subscriber acknowledged against the patients' changes, of which the first is number 1.
///
/// Delivery is at least once: an event whose acknowledgement was lost in an outage is told again, under the same number and
/// in the same words, and counts as resent. Told again without an outage between, it counts as doubled.
fn notifications(log: &[Logged], ledger: &Ledger) -> Value {
    let patients = log
        .iter()
        .filter(|change| change.subject.starts_with("Patient/"));
    let patients: Vec<&str> = patients.map(|change| change.subject.as_str()).collect();
    let mut known: HashMap<u64, &Taken> = HashMap::new();
    let (mut highest, mut out_of_order) = (0, 0);
    let (mut resent, mut doubled, mut untrue) = (0, 0, 0);
    let all = ledger.taken();
    for taken in all.iter() {
        out_of_order += u64::from(taken.number > highest + 1);
        highest = highest.max(taken.number);
        let at = usize::try_from(taken.number).ok();
        let wanted = at.and_then(|at| patients.get(at.checked_sub(1)?));
        let before = known.insert(taken.number, taken);
        resent += u64::from(before.is_some());
        doubled += u64::from(before.is_some_and(|it| it.outages == taken.outages));
        untrue += u64::from(
            wanted != Some(&taken.subject.as_str())
                || before.is_some_and(|it| it.said != taken.said),
        );
    }
    let numbers = (1_u64..).zip(&patients);
    let lost = numbers
        .filter(|(number, _)| !known.contains_key(number))
        .count();
    json!({
        "notifications": known.len(), "notifications_lost": lost, "notifications_doubled": doubled,
        "notifications_out_of_order": out_of_order, "notifications_untrue": untrue,
        "notifications_unreadable": ledger.refused(), "notifications_resent": resent,
    })
}
