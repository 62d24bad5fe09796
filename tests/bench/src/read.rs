//! Reads and searches a second over HTTP with 32 connections, signed in, each with its audit leaf on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::host::{Database, Ground, Host};
use crate::import;
use crate::spread::Spread;

const CONNECTIONS: usize = 32;

/// One kind of work: its name and the paths that are asked for in turn.
struct Work {
    name: &'static str,
    paths: Arc<Vec<String>>,
}

/// `bench read`.
pub(crate) async fn figures(databases: &[Database], seconds: u64) -> Result<Value, String> {
    let mut figures = json!({"bench": "read", "connections": CONNECTIONS, "durable_audit": true});
    for database in databases {
        let ground = Ground::new(*database).await?;
        let host = ground.start().await?;
        let (source, bundles) = import::bundles()?;
        import::load(&host, bundles).await?;
        let mut measured = json!({});
        for work in works(&host).await? {
            measured[work.name] = put(&host, &work, Duration::from_secs(seconds)).await?;
        }
        measured["host_resident_mb"] = json!(host.resident_bytes().unwrap_or(0) / 1_000_000);
        host.kill().await?;
        figures["source"] = json!(source);
        figures[database.name()] = measured;
    }
    Ok(figures)
}

/// Point reads over what is there, and the searches of one patient's results.
async fn works(host: &Host) -> Result<Vec<Work>, String> {
    let mut client = host.client().await?;
    let ids = |page: Value| -> Vec<String> {
        let entries = page["entry"].as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .filter_map(|entry| entry["resource"]["id"].as_str().map(str::to_owned))
            .collect()
    };
    let mut ask = async |path: &str| -> Result<Value, String> {
        let (status, body) = client.get(path).await?;
        if status != StatusCode::OK {
            return Err(format!(
                "{path} was answered {status}: {}",
                String::from_utf8_lossy(&body)
            ));
        }
        serde_json::from_slice(&body).map_err(|why| why.to_string())
    };
    let patients = ids(ask("/fhir/Patient?_count=200").await?);
    let observations = ids(ask("/fhir/Observation?_count=1000").await?);
    let creatinine = "http://loinc.org|2160-0,http://loinc.org|14682-9";
    let of = |paths: Vec<String>| Arc::new(paths);
    Ok(vec![
        Work {
            name: "read",
            paths: of(observations
                .iter()
                .map(|id| format!("/fhir/Observation/{id}"))
                .collect()),
        },
        Work {
            name: "search_patient_code",
            paths: of(patients
                .iter()
                .map(|id| {
                    format!(
                        "/fhir/Observation?patient={id}&code={}&_count=20",
                        creatinine.replace('|', "%7C")
                    )
                })
                .collect()),
        },
        Work {
            name: "search_patient_newest",
            paths: of(patients
                .iter()
                .map(|id| format!("/fhir/Observation?patient={id}&_sort=-date&_count=50"))
                .collect()),
        },
    ])
}

/// Puts one kind of work to the host over all connections for a time.
async fn put(host: &Host, work: &Work, time: Duration) -> Result<Value, String> {
    if work.paths.is_empty() {
        return Err(format!("nothing to ask for in {}", work.name));
    }
    let since = Instant::now();
    let mut askers = Vec::new();
    for start in 0..CONNECTIONS {
        let (mut client, paths) = (host.client().await?, Arc::clone(&work.paths));
        askers.push(tokio::spawn(async move {
            let mut spread = Spread::new()?;
            let mut at = start * 131;
            while since.elapsed() < time {
                let path = &paths[at % paths.len()];
                let asked = Instant::now();
                let (status, body) = client.get(path).await?;
                spread.add(asked.elapsed());
                if status != StatusCode::OK {
                    return Err(format!(
                        "{path} was answered {status}: {}",
                        String::from_utf8_lossy(&body)
                    ));
                }
                at += 1;
            }
            Ok::<_, String>(spread)
        }));
    }
    let mut spread = Spread::new()?;
    for asker in askers {
        spread.join(&asker.await.map_err(|why| why.to_string())??)?;
    }
    Ok(spread.figures(since.elapsed()))
}
