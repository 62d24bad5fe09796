//! The pieces of work that are put to a FHIR server: point reads, two searches of one patient's results, single creates.
//!
//! Invariant: what is asked for was found on the server itself, so that the same work can be put to any server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;
use crate::spread::Spread;

/// Connections that read.
const READERS: usize = 32;
/// Connections that create.
const CREATORS: usize = 64;
/// Observations looked at to learn what is there.
const LEARNT: usize = 10_000;
/// Observations on a page while learning: what every server grants.
const LEARNT_PAGE: usize = 250;

/// What is asked again and again.
enum Asked {
    /// `GET` of each path in turn; 200.
    Get(Vec<String>),
    /// `POST` of each body in turn to one path; 201.
    Create(String, Vec<Bytes>),
}

/// One piece of work.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    connections: usize,
    asked: Arc<Asked>,
}

/// An observation on the server.
struct Known {
    id: String,
    patient: String,
    /// `system|code`.
    code: String,
}

/// Reads and searches over what the server holds.
pub(crate) async fn reading(server: &Server) -> Result<Vec<Work>, String> {
    Ok(reads(server, &learn(server).await?))
}

/// The same, and creates.
pub(crate) async fn all(server: &Server) -> Result<Vec<Work>, String> {
    let known = learn(server).await?;
    let mut works = reads(server, &known);
    works.push(Work {
        name: "create",
        connections: CREATORS,
        asked: Arc::new(Asked::Create(
            server.path("Observation"),
            known.iter().map(weight).collect(),
        )),
    });
    Ok(works)
}

fn reads(server: &Server, known: &[Known]) -> Vec<Work> {
    let paths = |path: &dyn Fn(&Known) -> String| {
        known
            .iter()
            .map(|one| server.path(&path(one)))
            .collect::<Vec<_>>()
    };
    let work = |name, paths| Work {
        name,
        connections: READERS,
        asked: Arc::new(Asked::Get(paths)),
    };
    vec![
        work("read", paths(&|one| format!("Observation/{}", one.id))),
        work(
            "search_patient_code",
            paths(&|one| {
                format!(
                    "Observation?patient={}&code={}&_count=20",
                    one.patient,
                    one.code.replace('|', "%7C")
                )
            }),
        ),
        work(
            "search_patient_sorted",
            paths(&|one| format!("Observation?patient={}&_sort=-date&_count=50", one.patient)),
        ),
    ]
}

/// Turns pages of observations until enough are known.
async fn learn(server: &Server) -> Result<Vec<Known>, String> {
    let mut client = server.connect().await?;
    let mut known = Vec::new();
    let mut next = Some(server.path(&format!("Observation?_count={LEARNT_PAGE}")));
    while let (Some(path), true) = (next, known.len() < LEARNT) {
        let page = client.document(&path).await?;
        let entries = page["entry"]
            .as_array()
            .map_or(&[] as &[Value], Vec::as_slice);
        known.extend(entries.iter().filter_map(|entry| one(&entry["resource"])));
        let links = page["link"]
            .as_array()
            .map_or(&[] as &[Value], Vec::as_slice);
        let link = links.iter().find(|link| link["relation"] == "next");
        next = link
            .and_then(|link| link["url"].as_str())
            .map(|url| server.path_of(url));
    }
    if known.is_empty() {
        return Err(String::from("the server holds no observation to ask for"));
    }
    // Neighbours in the log have ids that begin alike: by their ends they are asked for far apart.
    known.sort_by_cached_key(|one| one.id.chars().rev().collect::<String>());
    Ok(known)
}

fn one(observation: &Value) -> Option<Known> {
    let coding = &observation["code"]["coding"][0];
    let patient = observation["subject"]["reference"].as_str()?;
    Some(Known {
        id: observation["id"].as_str()?.to_owned(),
        patient: patient.rsplit('/').next()?.to_owned(),
        code: format!(
            "{}|{}",
            coding["system"].as_str()?,
            coding["code"].as_str()?
        ),
    })
}

/// A body weight of the same patient.
fn weight(known: &Known) -> Bytes {
    let vital_signs = json!([{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}]);
    let weight = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": vital_signs,
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}]},
        "subject": {"reference": format!("Patient/{}", known.patient)},
        "effectiveDateTime": "2026-11-22T09:30:00Z",
        "valueQuantity": {"value": 71.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    });
    Bytes::from(weight.to_string())
}

impl Work {
    /// Puts this work to the server over all its connections for a time: rate and percentiles.
    pub(crate) async fn put(&self, server: &Server, time: Duration) -> Result<Value, String> {
        let since = Instant::now();
        let mut askers = Vec::new();
        for start in 0..self.connections {
            let (client, asked) = (server.connect().await?, Arc::clone(&self.asked));
            askers.push(tokio::spawn(ask(client, asked, start * 131, since + time)));
        }
        Ok(Spread::of_all(askers).await?.figures(since.elapsed()))
    }
}

async fn ask(
    mut client: Client,
    asked: Arc<Asked>,
    mut at: usize,
    until: Instant,
) -> Result<Spread, String> {
    let mut spread = Spread::new()?;
    loop {
        let since = Instant::now();
        if since >= until {
            return Ok(spread);
        }
        let (path, (status, body), wanted) = match asked.as_ref() {
            Asked::Get(paths) => {
                let path = &paths[at % paths.len()];
                (path, client.get(path).await?, StatusCode::OK)
            }
            Asked::Create(path, bodies) => {
                let body = bodies[at % bodies.len()].clone();
                (path, client.post(path, body).await?, StatusCode::CREATED)
            }
        };
        spread.add(since.elapsed());
        if status != wanted {
            let words = String::from_utf8_lossy(&body);
            return Err(format!("{path} was answered {status}: {words}"));
        }
        at += 1;
    }
}
