//! `bench reactions`: how many events a second one departmental reacts to, the whole host being on one core.
//!
//! The events are there before the host is started, so that it has nothing to do but react; how far it has come is told
//! by what it has written. PostgreSQL's own processes are where they like to be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fhir::resource::Resource;
use record::Record;
use record::caller::Caller;
use record::clock::System;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::host::{Database, Ground, component};

/// Each of so many events has an effect: all of them, and what is more usual.
const SHARES: [u32; 2] = [1, 10];
/// People whom the events are about.
const PATIENTS: u32 = 500;
/// Events written at once beforehand.
const WRITERS: u32 = 64;
/// Without a further effect in this time, the host is stuck.
const STUCK: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(250);

/// Events a second, on each database and with each share of effects.
pub(crate) async fn figures(databases: &[Database], events: u32) -> Result<Value, String> {
    let mut figures = json!({ "bench": "reactions", "events": events });
    for database in databases {
        for share in SHARES {
            let per_second = measured(*database, events, share).await?;
            figures[database.name()][format!("per_second_one_in_{share}_with_effect")] =
                json!(per_second);
        }
    }
    Ok(figures)
}

async fn measured(database: Database, events: u32, share: u32) -> Result<u64, String> {
    let ground = Ground::with_departmentals(database, &[component("example.wasm")?]).await?;
    written(&ground, events, share).await?;
    let host = ground.start_on_one_core().await?;
    let mut client = host.client().await?;
    let wanted = u64::from(events.div_ceil(share));
    let mut first = None;
    let mut last = (Instant::now(), 0);
    while last.1 < wanted {
        let tasks = tasks(&mut client).await?;
        let now = Instant::now();
        if tasks > last.1 {
            last = (now, tasks);
            first = first.or(Some(last));
        }
        if now - last.0 > STUCK {
            return Err(format!("{} of {wanted} effects, and no more come", last.1));
        }
        tokio::time::sleep(LOOK).await;
    }
    host.kill().await?;
    let (since, before) = first.unwrap_or(last);
    let took_ms = u64::try_from((last.0 - since).as_millis()).map_err(|why| why.to_string())?;
    match took_ms {
        0 => Err("all effects came at once: say --events with a larger number".to_owned()),
        took_ms => Ok((last.1 - before) * u64::from(share) * 1_000 / took_ms),
    }
}

async fn tasks(client: &mut Client) -> Result<u64, String> {
    let page = client.document("/fhir/Task?_summary=count").await?;
    page["total"]
        .as_u64()
        .ok_or_else(|| format!("the tasks were not counted: {page}"))
}

/// Writes every event as a commit of its own, while nobody reacts.
async fn written(ground: &Ground, events: u32, share: u32) -> Result<(), String> {
    let place = ground.place()?;
    let record = Record::open(&place, Arc::new(System)).await;
    let record = record.map_err(|why| why.to_string())?;
    let site = "RXR"
        .parse()
        .map_err(|why: record::caller::NotASiteCode| why.to_string())?;
    let operator = record.operator(&site);
    let people = (0..PATIENTS).map(|n| {
        let patient =
            json!({ "resourceType": "Patient", "id": person(n), "name": [{ "family": "Event" }] });
        put(patient)
    });
    let people: Vec<Change> = people.collect::<Result<_, _>>()?;
    commit(&record, &operator, people).await?;
    let mut writing = JoinSet::new();
    for writer in 0..WRITERS {
        let (record, operator) = (record.clone(), operator.clone());
        writing.spawn(async move {
            for n in (writer..events).step_by(WRITERS as usize) {
                let kg = if n % share == 0 { 300 } else { 80 };
                let weight = put(weight(n, kg))?;
                commit(&record, &operator, vec![weight]).await?;
            }
            Ok::<(), String>(())
        });
    }
    while let Some(ended) = writing.join_next().await {
        ended.map_err(|why| why.to_string())??;
    }
    record.close().await;
    Ok(())
}

async fn commit(record: &Record, by: &Caller, changes: Vec<Change>) -> Result<(), String> {
    let committed = record.commit(by, Proposal::direct(changes)).await;
    committed.map(drop).map_err(|why| why.to_string())
}

fn put(value: Value) -> Result<Change, String> {
    let resource = Resource::from_value(value).map_err(|why| why.to_string())?;
    let key = resource.key().ok_or("a resource without an id")?;
    Ok(Change::Update {
        key,
        resource,
        seen: None,
        temporary: None,
    })
}

fn person(n: u32) -> String {
    format!("event-{}", n % PATIENTS)
}

fn weight(n: u32, kg: u32) -> Value {
    json!({
        "resourceType": "Observation", "id": format!("event-{n}"), "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7" }] },
        "subject": { "reference": format!("Patient/{}", person(n)) },
        "effectiveDateTime": "2026-11-21T08:00:00Z",
        "valueQuantity": { "value": kg, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" },
    })
}
