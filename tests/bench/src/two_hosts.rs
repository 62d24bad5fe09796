//! Two hosts over one PostgreSQL, one of them killed again and again: the other goes on, and takes over what reacts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clients::{Clients, Tolerated};
use crate::host::{Database, Ground, Host, component};
use crate::ledger::{Ledger, passes};

const NAMES: [&str; 2] = ["first", "second"];
/// How long the other host may take to acknowledge a write again.
const GOES_ON_MAX: Duration = Duration::from_secs(10);
/// How long it may take until somebody reacts again: the bound of the record, and time for the reaction itself.
const TAKEN_OVER_MAX: Duration = Duration::from_millis(record::limits::TAKEN_OVER_MS_MAX + 5_000);
/// How long every reaction may take when both hosts are well.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(120);
/// Wait between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Events in each round before a host is killed.
const EVENTS: usize = 5;

/// `drill two-hosts`.
pub(crate) async fn figures(rounds: u32) -> Result<Value, String> {
    let ground =
        Ground::with_departmentals(Database::Postgres, &[component("pathology.wasm")?]).await?;
    let ledger = Arc::new(Ledger::default());
    let mut hosts: HashMap<usize, Host> = HashMap::new();
    for (at, name) in NAMES.iter().enumerate() {
        hosts.insert(at, ground.start_as(name).await?);
    }
    let mut drill = Drill::default();
    for round in 0..rounds {
        let victim = usize::try_from(round % 2).unwrap_or(0);
        drill.round(round, &mut hosts, victim, &ledger).await?;
        hosts.insert(victim, ground.start_as(NAMES[victim]).await?);
    }
    let reactions = drill.reactions(&hosts[&0]).await?;
    for (_, host) in hosts {
        host.kill().await?;
    }
    let mut judged = ledger.judge(&ground.place()?).await?;
    judged["reactions"] = reactions.clone();
    judged["slowest_to_write_again_s"] = json!(drill.goes_on.as_secs_f64());
    judged["slowest_to_react_again_s"] = json!(drill.taken_over.as_secs_f64());
    judged["drill"] = json!("two-hosts");
    judged["rounds"] = json!(rounds);
    passes(&judged)?;
    let each_once = reactions["lost"] == json!(0) && reactions["doubled"] == json!(0);
    match each_once {
        true => Ok(judged),
        false => Err(format!("the drill failed: {judged}")),
    }
}

/// What the rounds leave behind.
#[derive(Default)]
struct Drill {
    /// Patients whose second creatinine was acknowledged: each has one alert.
    events: Vec<String>,
    goes_on: Duration,
    taken_over: Duration,
}

impl Drill {
    /// Clients write to both hosts, one is killed in the middle, and the other has to go on with everything.
    async fn round(
        &mut self,
        round: u32,
        hosts: &mut HashMap<usize, Host>,
        victim: usize,
        ledger: &Arc<Ledger>,
    ) -> Result<(), String> {
        let killed = hosts.remove(&victim).ok_or("the host is not there")?;
        let other = &hosts[&(1 - victim)];
        let at_killed = Clients::of(&killed, NAMES[victim], round, ledger, Tolerated::Busy).await?;
        let at_other =
            Clients::of(other, NAMES[1 - victim], round, ledger, Tolerated::Busy).await?;
        let (mut here, mut there) = (killed.client().await?, other.client().await?);
        for _ in 0..EVENTS {
            self.events.push(event(&mut here, &mut there).await?);
        }
        tokio::time::sleep(Duration::from_millis(300 + u64::from(round * 379 % 900))).await;
        killed.kill().await?;
        let since = Instant::now();
        at_killed.ended().await?;
        let before = ledger.acknowledged();
        while ledger.acknowledged() == before {
            within(since, GOES_ON_MAX, "a write at the other host")?;
            tokio::time::sleep(LOOK).await;
        }
        self.goes_on = self.goes_on.max(since.elapsed());
        let mut again = other.client().await?;
        let patient = event(&mut there, &mut again).await?;
        while alerts(&mut again, &patient).await? == 0 {
            within(since, TAKEN_OVER_MAX, "a reaction at the other host")?;
            tokio::time::sleep(LOOK).await;
        }
        self.taken_over = self.taken_over.max(since.elapsed());
        self.events.push(patient);
        at_other.stop().await
    }

    /// Waits until every event has its alert, and counts those that have none or several.
    async fn reactions(&self, host: &Host) -> Result<Value, String> {
        let mut client = host.client().await?;
        let since = Instant::now();
        let (mut lost, mut doubled) = (0, 0);
        for patient in &self.events {
            let mut found = alerts(&mut client, patient).await?;
            while found == 0 && since.elapsed() < CAUGHT_UP_MAX {
                tokio::time::sleep(LOOK).await;
                found = alerts(&mut client, patient).await?;
            }
            lost += u64::from(found == 0);
            doubled += u64::from(found > 1);
        }
        Ok(json!({ "events": self.events.len(), "lost": lost, "doubled": doubled }))
    }
}

fn within(since: Instant, bound: Duration, what: &str) -> Result<(), String> {
    match since.elapsed() <= bound {
        true => Ok(()),
        false => Err(format!(
            "the drill failed: {what} took longer than {bound:?}"
        )),
    }
}

/// A patient whose creatinine rises fourfold: the first result through one host, the second through the other, which must
/// know of the first.
async fn event(one: &mut Client, other: &mut Client) -> Result<String, String> {
    let patient = json!({
        "resourceType": "Patient", "name": [{ "family": "Event" }], "gender": "female", "birthDate": "1960-01-01",
    });
    let id = posted(one, "Patient", &patient).await?;
    let first = creatinine(&id, "2026-11-20T08:00:00Z", 70);
    posted(one, "Observation", &first).await?;
    let read = other.get(&format!("/fhir/Patient/{id}")).await?;
    if read.0 != StatusCode::OK {
        return Err(format!(
            "the drill failed: what one host acknowledged, the other answered with {}",
            read.0
        ));
    }
    let second = creatinine(&id, "2026-11-21T08:00:00Z", 280);
    posted(other, "Observation", &second).await?;
    Ok(id)
}

fn creatinine(patient: &str, at: &str, umol_l: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "14682-9" }] },
        "subject": { "reference": format!("Patient/{patient}") }, "effectiveDateTime": at, "issued": at,
        "valueQuantity": {
            "value": umol_l, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L",
        },
    })
}

/// Posts until it is taken; the id that it got.
async fn posted(client: &mut Client, of: &str, body: &Value) -> Result<String, String> {
    let bytes = Bytes::from(body.to_string());
    let path = format!("/fhir/{of}");
    loop {
        let answer = client
            .request(Method::POST, &path, &[], bytes.clone())
            .await?;
        match answer {
            (StatusCode::CREATED, body) => {
                let body: Value = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
                let id = body["id"].as_str().map(str::to_owned);
                return id.ok_or_else(|| format!("{path} was answered without an id"));
            }
            // Refused whole: the other host had the turn for too long.
            (StatusCode::SERVICE_UNAVAILABLE, _) => tokio::time::sleep(LOOK).await,
            (status, body) => {
                let body = String::from_utf8_lossy(&body);
                return Err(format!("{path} was answered {status}: {body}"));
            }
        }
    }
}

async fn alerts(client: &mut Client, patient: &str) -> Result<u64, String> {
    let path = format!("/fhir/DetectedIssue?patient=Patient/{patient}&_summary=count");
    let (status, body) = client.get(&path).await?;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        return Ok(0);
    }
    let page: Value = serde_json::from_slice(&body).map_err(|why| format!("{path}: {why}"))?;
    page["total"]
        .as_u64()
        .ok_or_else(|| format!("{path} was answered {status}: {page}"))
}
