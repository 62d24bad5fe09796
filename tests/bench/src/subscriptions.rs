//! How long it takes to find whom a commit batch concerns, with ten thousand subscriptions in memory.
//!
//! Invariant: what is timed is the host's own evaluation; the subscriptions are those of a region: most about one patient,
//! some about a code or a place, a few about everything of a topic.

use std::time::Instant;

use fhir::resource::Resource;
use hdrhistogram::Histogram;
use record::subscription::measured::Measured;
use serde_json::{Value, json};

/// Batches that are timed.
const BATCHES: u64 = 2_000;
/// Results of one batch: a full blood count, urea and electrolytes.
const RESULTS: u64 = 15;
/// Those who subscribe to everything of a topic.
const UNNARROWED: u64 = 20;

/// Times the evaluation of batches against so many subscriptions.
pub(crate) async fn figures(subscriptions: u64) -> Result<Value, String> {
    tokio::task::spawn_blocking(move || measured(subscriptions))
        .await
        .map_err(|why| why.to_string())?
}

fn measured(subscriptions: u64) -> Result<Value, String> {
    let mut all = Measured::default();
    for n in 0..subscriptions {
        let written = resource(subscription(n))?;
        all.add(&written).map_err(|issues| format!("{issues:?}"))?;
    }
    let words = |why: hdrhistogram::CreationError| why.to_string();
    let mut micros = Histogram::<u64>::new(3).map_err(words)?;
    let mut events = 0;
    for n in 0..BATCHES {
        let batch = batch(n, subscriptions)?;
        let since = Instant::now();
        events += all.events_of(&batch);
        let took = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        micros.saturating_record(took);
    }
    let batches = usize::try_from(BATCHES).unwrap_or(1);
    Ok(json!({
        "subscriptions": all.subscriptions(),
        "resources_per_batch": RESULTS + 3,
        "events_per_batch": events / batches,
        "batch_us_median": micros.value_at_quantile(0.5),
        "batch_us_p99": micros.value_at_quantile(0.99),
    }))
}

fn subscription(n: u64) -> Value {
    let criteria = match n {
        n if n < UNNARROWED => "urn:palatine:topic:result-available".to_owned(),
        n if n % 10 == 0 => format!(
            "Observation?code=http://loinc.org|{}-{}&status=final",
            n % 500,
            n % 10
        ),
        n if n % 10 == 1 => format!("Encounter?location=Location/l{}", n % 200),
        n if n % 10 < 5 => format!("DiagnosticReport?patient=Patient/p{n}&status=final"),
        n => format!("Observation?patient=Patient/p{n}"),
    };
    json!({
        "resourceType": "Subscription", "id": format!("s{n}"), "status": "active", "reason": "measured", "criteria": criteria,
        "channel": { "type": "rest-hook", "endpoint": "https://hooks.example.org/" },
    })
}

/// A laboratory's message about one patient, as it is filed.
fn batch(n: u64, subscriptions: u64) -> Result<Vec<Resource>, String> {
    let patient = json!({ "reference": format!("Patient/p{}", n * 7 % subscriptions.max(1)) });
    let results = (0..RESULTS).map(|code| {
        json!({
            "resourceType": "Observation", "id": format!("o{n}-{code}"), "status": "final", "subject": patient,
            "code": { "coding": [{ "system": "http://loinc.org", "code": format!("{}-0", code * 10) }] },
            "valueQuantity": { "value": 4.2, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L" },
        })
    });
    let beside = [
        json!({ "resourceType": "Patient", "id": format!("p{n}"), "active": true }),
        json!({
            "resourceType": "Encounter", "id": format!("e{n}"), "status": "in-progress", "subject": patient,
            "class": { "code": "IMP" }, "location": [{ "location": { "reference": format!("Location/l{}", n % 200) } }],
        }),
        json!({
            "resourceType": "DiagnosticReport", "id": format!("r{n}"), "status": "final", "subject": patient,
            "code": { "text": "blood" },
        }),
    ];
    results.chain(beside).map(resource).collect()
}

fn resource(value: Value) -> Result<Resource, String> {
    Resource::from_value(value).map_err(|why| why.to_string())
}
