//! Whole histories as FHIR transactions over four connections, acknowledged when they are on disk.
//!
//! Real files where `PALATINE_DATA` names a folder with them, else the demonstration's people.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use palatine::bundles::Source;
use serde_json::{Value, json};

use crate::host::{Database, Ground};
use crate::server::Server;
use crate::spread::Spread;

/// Connections that import.
pub(crate) const CONNECTIONS: usize = 4;
/// Bundles that hold what others refer to.
const SHARED: usize = 2;
/// People of the generator when no folder is given: about 40,000 resources.
const PEOPLE: usize = 300;

/// One bundle to send.
#[derive(Clone)]
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

/// What others refer to, which goes first and alone, and whole histories.
pub(crate) fn apart(mut bundles: Vec<Load>) -> (Vec<Load>, Vec<Load>) {
    let people = bundles.split_off(SHARED.min(bundles.len()));
    (bundles, people)
}

/// Sends every bundle over four connections and gives resources a second and the spread of a bundle's time.
pub(crate) async fn load(server: &Server, bundles: Vec<Load>) -> Result<(usize, Value), String> {
    let since = Instant::now();
    let (shared, people) = apart(bundles);
    let (ahead, mut spread) = send_all(server, shared, 1).await?;
    let (behind, rest) = send_all(server, people, CONNECTIONS).await?;
    spread.join(&rest)?;
    Ok((
        ahead + behind,
        figure(ahead + behind, since.elapsed(), &spread),
    ))
}

/// Resources a second, and the spread of a bundle's time.
pub(crate) fn figure(resources: usize, elapsed: Duration, spread: &Spread) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
    let per_second = (resources as f64 / elapsed.as_secs_f64()).round();
    let bundle = spread.figures(elapsed);
    json!({"resources": resources, "resources_per_second": per_second, "seconds": elapsed.as_secs_f64(), "bundle": bundle})
}

/// Sends these bundles over so many connections, in order of their turn: how many resources, and how long each took.
pub(crate) async fn send_all(
    server: &Server,
    bundles: Vec<Load>,
    connections: usize,
) -> Result<(usize, Spread), String> {
    let resources = bundles.iter().map(|load| load.resources).sum::<usize>();
    let queue = Arc::new(Mutex::new(VecDeque::from(bundles)));
    let mut senders = Vec::new();
    for _ in 0..connections {
        let (mut client, queue) = (server.connect().await?, Arc::clone(&queue));
        let path = server.path("");
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
                let since = Instant::now();
                let (status, body) = client.post(&path, load.body).await?;
                spread.add(since.elapsed());
                if status != StatusCode::OK {
                    let words = String::from_utf8_lossy(&body);
                    return Err(format!("a bundle was answered {status}: {words}"));
                }
            }
        }));
    }
    Ok((resources, Spread::of_all(senders).await?))
}

/// `bench import`.
pub(crate) async fn figures(databases: &[Database]) -> Result<Value, String> {
    let mut figures = json!({"bench": "import", "connections": CONNECTIONS, "durable": true, "signed_in_and_audited": true});
    for database in databases {
        let ground = Ground::new(*database).await?;
        let before = ground.bytes_on_disk();
        let host = ground.start().await?;
        let (source, bundles) = bundles()?;
        let (resources, mut figure) = load(&Server::of(&host).await?, bundles).await?;
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
