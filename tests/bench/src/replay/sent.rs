//! What the replay drill sends: results of patients, and which of them lie between a threshold and the changed one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::report::Named;
use crate::client::Client;
use crate::host::Host;

/// A rise of creatinine within 48 hours above so many µmol/L is an acute kidney injury, as published and as changed. No
/// chart has a line at it, so that nothing but what is said of a patient changes with it.
const RISE: u32 = 26;
pub(super) const RISE_CHANGED: u32 = 40;
/// From this ratio to the baseline on it is one whatever the rise, in percent.
const RATIO_PERCENT: u32 = 150;
/// Above so many kilograms a weight is to be confirmed, as published and as changed.
const HEAVY_KG: u32 = 250;
pub(super) const HEAVY_KG_CHANGED: u32 = 200;

/// The first creatinine of everybody, in µmol/L, a day before the next: which is its own percentage of the baseline.
const BASELINE: u32 = 100;
/// Later ones: on both sides of every threshold of the rule, and below what is stage 3 by itself.
const CREATININES: [u32; 13] = [
    110, 126, 127, 133, 140, 141, 149, 150, 199, 200, 299, 300, 340,
];
/// Weights: on both sides of both limits.
const WEIGHTS: [u32; 7] = [80, 199, 200, 201, 249, 250, 251];
/// Every so many patients one creatinine is corrected afterwards.
const CORRECTED_EACH: u32 = 5;
/// How long the reactions may take.
const REACTED_MAX: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(100);

/// Everybody, and what was sent of them.
pub(super) struct Sent {
    pub(super) patients: Vec<Patient>,
    /// Events that departmentals were told.
    pub(super) reactions: u64,
}

/// One patient.
pub(super) struct Patient {
    pub(super) id: String,
    /// Each event of a later creatinine: its commit, and the value in µmol/L. The last one stands.
    creatinines: Vec<(u64, u32)>,
    /// The commit of a weight, and its kilograms.
    weight: (u64, u32),
}

impl Patient {
    /// Whether the creatinine that stands is judged otherwise by the changed rise.
    pub(super) fn is_between(&self) -> bool {
        let last = self.creatinines.last();
        last.is_some_and(|(_, umol_l)| is_between(*umol_l))
    }

    /// The reactions to creatinines that are judged otherwise by it.
    pub(super) fn reactions_between(&self) -> impl Iterator<Item = Named> {
        let between = self.creatinines.iter();
        let between = between.filter(|(_, umol_l)| is_between(*umol_l));
        between.map(|(t, _)| self.reaction(*t))
    }

    fn reaction(&self, t: u64) -> Named {
        Named {
            asked: "react".to_owned(),
            patient: self.id.clone(),
            t,
        }
    }
}

fn is_between(umol_l: u32) -> bool {
    let rise = umol_l - BASELINE;
    rise > RISE && rise <= RISE_CHANGED && umol_l < RATIO_PERCENT
}

impl Sent {
    /// Sends everything to a host, and waits until everybody has reacted to it.
    pub(super) async fn to(host: &Host, patients: u32) -> Result<Self, String> {
        let mut client = host.client().await?;
        let mut sent = Self {
            patients: Vec::new(),
            reactions: 0,
        };
        for n in 0..patients {
            let of = |each: &[u32]| each[n as usize % each.len()];
            let correction = (n % CORRECTED_EACH == 0).then(|| of(&CREATININES[4..]));
            let patient = sent.patient(&mut client, of(&CREATININES), correction, of(&WEIGHTS));
            let patient = patient.await?;
            sent.patients.push(patient);
        }
        // Whoever comes last is reacted to last, and its effects are there for certain.
        let last = sent.patient(&mut client, 340, None, HEAVY_KG + 1).await?;
        for effect in ["DetectedIssue", "Task"] {
            let wanted = if effect == "Task" { 2 } else { 1 };
            reacted(
                &mut client,
                &format!("{effect}?patient=Patient/{}", last.id),
                wanted,
            )
            .await?;
        }
        sent.patients.push(last);
        Ok(sent)
    }

    /// The reactions that weigh a patient otherwise by the changed limit.
    pub(super) fn differing_by_heavy_kg(&self) -> BTreeSet<Named> {
        let between = |kg| kg > HEAVY_KG_CHANGED && kg <= HEAVY_KG;
        let each = self.patients.iter();
        let each = each.filter(|it| between(it.weight.1));
        each.map(|it| it.reaction(it.weight.0)).collect()
    }

    async fn patient(
        &mut self,
        client: &mut Client,
        creatinine: u32,
        correction: Option<u32>,
        kg: u32,
    ) -> Result<Patient, String> {
        let person = json!({
            "resourceType": "Patient", "name": [{ "family": "Replay" }], "gender": "female",
            "birthDate": "1960-01-01",
        });
        let (id, _) = written(client, Method::POST, "/fhir/Patient", &person).await?;
        let path = "/fhir/Observation";
        let weight = result(&id, ("29463-7", "kg"), "2026-11-20T07:00:00Z", kg);
        let (_, weighed) = written(client, Method::POST, path, &weight).await?;
        let of = |at, value| result(&id, ("14682-9", "umol/L"), at, value);
        let (early, late) = ("2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z");
        written(client, Method::POST, path, &of(early, BASELINE)).await?;
        let (key, first) = written(client, Method::POST, path, &of(late, creatinine)).await?;
        let mut creatinines = vec![(first, creatinine)];
        if let Some(value) = correction.filter(|value| *value != creatinine) {
            let mut corrected = of(late, value);
            corrected["id"] = json!(key);
            corrected["status"] = json!("corrected");
            let path = format!("{path}/{key}");
            let (_, t) = written(client, Method::PUT, &path, &corrected).await?;
            creatinines.push((t, value));
        }
        // The weight, the baseline and each later creatinine.
        self.reactions += 2 + creatinines.len() as u64;
        Ok(Patient {
            id,
            creatinines,
            weight: (weighed, kg),
        })
    }
}

fn result(patient: &str, (code, unit): (&str, &str), at: &str, value: u32) -> Value {
    // What the laboratory measured waits to be acknowledged.
    let category = match unit {
        "kg" => "vital-signs",
        _ => "laboratory",
    };
    json!({
        "resourceType": "Observation", "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": format!("Patient/{patient}") }, "effectiveDateTime": at, "issued": at,
        "valueQuantity": {
            "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
        },
    })
}

/// The id and the commit of what was written.
pub(super) async fn written(
    client: &mut Client,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<(String, u64), String> {
    let bytes = Bytes::from(body.to_string());
    let (status, body) = client.request(method, path, &[], bytes).await?;
    if !matches!(status, StatusCode::CREATED | StatusCode::OK) {
        let body = String::from_utf8_lossy(&body);
        return Err(format!("{path} was answered {status}: {body}"));
    }
    let body: Value = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
    let id = body["id"].as_str().map(str::to_owned);
    id.zip(client.t())
        .ok_or_else(|| format!("{path} was answered without an id or a commit"))
}

/// Waits until a search finds so many.
async fn reacted(client: &mut Client, search: &str, wanted: u64) -> Result<(), String> {
    let since = Instant::now();
    loop {
        let page = client
            .document(&format!("/fhir/{search}&_summary=count"))
            .await?;
        match page["total"].as_u64() {
            Some(found) if found >= wanted => return Ok(()),
            Some(_) if since.elapsed() < REACTED_MAX => tokio::time::sleep(LOOK).await,
            found => return Err(format!("{search} found {found:?} after {REACTED_MAX:?}")),
        }
    }
}
