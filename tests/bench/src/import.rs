//! Whole histories as FHIR transactions over four connections, acknowledged when they are on disk.
//!
//! Real files where `PALATINE_DATA` names a folder with them, else the demonstration's people.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use hyper::StatusCode;
use palatine::bundles::Source;
use serde_json::{Value, json};

use crate::host::{Database, Ground, Host};
use crate::spread::Spread;

const CONNECTIONS: usize = 4;
/// People of the generator when no folder is given: about 40,000 resources.
const PEOPLE: usize = 300;

/// One bundle to send.
pub(crate) struct Load {
    pub(crate) body: Bytes,
    pub(crate) resources: usize,
}

/// The bundles in the order in which they must go: those that others refer to first.
pub(crate) fn bundles() -> Result<(String, Vec<Load>), String> {
    let source = match std::env::var_os("PALATINE_DATA") {
        Some(folder) => Source::Folder(std::path::PathBuf::from(folder).join("synthea")),
        None => Source::People {
            count: PEOPLE,
            today: palatine::demonstration::today(),
        },
    };
    let mut all = Vec::new();
    for bundle in source.bundles().map_err(|why| why.to_string())? {
        let bundle = bundle.map_err(|why| why.to_string())?;
        let resources = bundle.value["entry"].as_array().map_or(0, Vec::len);
        all.push(Load {
            body: Bytes::from(bundle.value.to_string()),
            resources,
        });
    }
    Ok((source.to_string(), all))
}

/// Sends every bundle and gives resources a second and the spread of a bundle's time.
pub(crate) async fn load(host: &Host, bundles: Vec<Load>) -> Result<(usize, Value), String> {
    let mut bundles = VecDeque::from(bundles);
    let resources = bundles.iter().map(|load| load.resources).sum::<usize>();
    let since = Instant::now();
    let mut spread = Spread::new()?;
    // What others refer to goes first and alone.
    let mut first = host.importer().await?;
    for _ in 0..2.min(bundles.len()) {
        if let Some(load) = bundles.pop_front() {
            send(&mut first, load, &mut spread).await?;
        }
    }
    let queue = Arc::new(Mutex::new(bundles));
    let mut senders = Vec::new();
    for _ in 0..CONNECTIONS {
        let (mut client, queue) = (host.importer().await?, Arc::clone(&queue));
        senders.push(tokio::spawn(async move {
            let mut spread = Spread::new()?;
            loop {
                let next = queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front();
                let Some(load) = next else {
                    return Ok::<_, String>(spread);
                };
                send(&mut client, load, &mut spread).await?;
            }
        }));
    }
    for sender in senders {
        spread.join(&sender.await.map_err(|why| why.to_string())??)?;
    }
    let elapsed = since.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
    let per_second = (resources as f64 / elapsed.as_secs_f64()).round();
    let bundle = spread.figures(elapsed);
    Ok((
        resources,
        json!({"resources": resources, "resources_per_second": per_second, "seconds": elapsed.as_secs_f64(), "bundle": bundle}),
    ))
}

async fn send(
    client: &mut crate::client::Client,
    load: Load,
    spread: &mut Spread,
) -> Result<(), String> {
    let since = Instant::now();
    let (status, body) = client.post("/fhir", load.body).await?;
    spread.add(since.elapsed());
    if status != StatusCode::OK {
        return Err(format!(
            "a bundle was answered {status}: {}",
            String::from_utf8_lossy(&body)
        ));
    }
    Ok(())
}

/// `bench import`.
pub(crate) async fn figures(databases: &[Database]) -> Result<Value, String> {
    let mut figures = json!({"bench": "import", "connections": CONNECTIONS, "durable": true, "signed_in_and_audited": true});
    for database in databases {
        let ground = Ground::new(*database).await?;
        let before = ground.bytes_on_disk();
        let host = ground.start().await?;
        let (source, bundles) = bundles()?;
        let (resources, mut figure) = load(&host, bundles).await?;
        let resident = host.resident_bytes().unwrap_or(0);
        host.kill().await?;
        // Opened once more, so that what the log file holds is counted where it ends up.
        ground.start().await?.kill().await?;
        let grown = ground.bytes_on_disk().saturating_sub(before);
        figure["bytes_per_resource"] = json!(grown / (resources.max(1) as u64));
        figure["host_resident_mb"] = json!(resident / 1_000_000);
        figures["source"] = json!(source);
        figures[database.name()] = figure;
    }
    Ok(figures)
}
