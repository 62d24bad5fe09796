//! One large thing at a time: a transaction of thousands of entries, and everything about a patient who has thousands.

use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::spread::Spread;

/// Entries of the transaction.
const ENTRIES: usize = 3_000;
/// Resources of the patient, the Patient included.
const RESOURCES: usize = 5_000;
/// How often each is measured.
const TIMES: usize = 10;

/// The times of a transaction of `ENTRIES` entries, and of `$everything` of a patient with `RESOURCES` resources.
pub(crate) async fn figures(server: &Server) -> Result<Value, String> {
    let mut client = server.connect().await?;
    let mut filing = Spread::new()?;
    for n in 0..TIMES {
        let body = history(&format!("whole-{n}"), 0..ENTRIES - 1);
        filing.add(filed(&mut client, server, body).await?);
    }
    // In two, since some servers take no more at once.
    let (first, second) = (0..RESOURCES / 2, RESOURCES / 2..RESOURCES - 1);
    for some in [first, second] {
        filed(&mut client, server, history("whole", some)).await?;
    }
    let path = server.path(&format!("Patient/whole/$everything?_count={RESOURCES}"));
    let mut asking = Spread::new()?;
    for _ in 0..TIMES {
        let since = Instant::now();
        let (status, body) = client.get(&path).await?;
        asking.add(since.elapsed());
        let page: Value = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
        let found = page["entry"].as_array().map_or(0, Vec::len);
        if status != StatusCode::OK || found != RESOURCES {
            return Err(format!("{path} was answered {status} with {found} entries"));
        }
    }
    Ok(json!({
        "transaction": { "entries": ENTRIES, "p50_ms": filing.at_us(50.0) / 1000.0, "slowest_ms": filing.at_us(100.0) / 1000.0 },
        "everything": { "resources": RESOURCES, "p50_ms": asking.at_us(50.0) / 1000.0, "slowest_ms": asking.at_us(100.0) / 1000.0 },
    }))
}

async fn filed(client: &mut Client, server: &Server, body: Bytes) -> Result<Duration, String> {
    let since = Instant::now();
    let (status, body) = client.post(&server.path(""), body).await?;
    match status {
        StatusCode::OK => Ok(since.elapsed()),
        status => {
            let words = String::from_utf8_lossy(&body);
            Err(format!("a large bundle was answered {status}: {words}"))
        }
    }
}

/// A patient and so many body weights, as one transaction.
fn history(id: &str, numbers: std::ops::Range<usize>) -> Bytes {
    let mut entries = vec![json!({
        "request": { "method": "PUT", "url": format!("Patient/{id}") },
        "resource": {
            "resourceType": "Patient", "id": id, "name": [{ "family": "Whole" }], "gender": "female", "birthDate": "1960-01-01",
        },
    })];
    entries.extend(numbers.map(|n| {
        json!({
            "request": { "method": "POST", "url": "Observation" },
            "resource": {
                "resourceType": "Observation", "status": "final",
                "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7", "display": "Body weight" }] },
                "subject": { "reference": format!("Patient/{id}") },
                "effectiveDateTime": format!("20{:02}-{:02}-{:02}T09:30:00Z", n % 26, n % 12 + 1, n % 28 + 1),
                "valueQuantity": { "value": 71.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" },
            },
        })
    }));
    Bytes::from(
        json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries }).to_string(),
    )
}
