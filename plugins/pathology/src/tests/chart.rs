//! An invented person's chart, and the bedside at which it lies.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Value, json};

use super::folder;

pub(super) const NOW: &str = "2026-11-24T14:02:00Z";

/// `id | LOINC | value unit | taken | more`, where more is JSON members that are added to the Observation.
pub(super) const RESULTS: &str = r#"
    c1 | 2160-0  | 76 umol/L  | 2026-01-14T09:12:00Z | {}
    c2 | 14682-9 | 78 umol/L  | 2026-06-09T10:40:00Z | {}
    c3 | 2160-0  | 80 umol/L  | 2026-09-02T14:15:00+01:00 | {}
    c4 | 2160-0  | 118 umol/L | 2026-11-22T19:25:00Z | {}
    c5 | 2160-0  | 149 umol/L | 2026-11-23T06:40:00Z | {}
    c6 | 2160-0  | 171 umol/L | 2026-11-24T11:20:00Z | {"issued":"2026-11-24T12:41:00Z","encounter":{"reference":"Encounter/ward"}}
    k4 | 2823-3  | 5.10 mmol/L | 2026-11-22T19:25:00Z | {}
    k6 | 2823-3  | 5.8 mmol/L | 2026-11-24T11:20:00Z | {"referenceRange":[{"low":{"value":3.5,"unit":"mmol/L"},"high":{"value":5.3,"unit":"mmol/L"}}]}
    n5 | 2951-2  | 132 mmol/L | 2026-11-23T06:40:00Z | {"status":"corrected"}
    n6 | 2951-2  | 131 mmol/L | 2026-11-24T11:20:00Z | {"status":"entered-in-error"}
    r6 | 1988-5  | 163 mg/L   | 2026-11-24T11:20:00Z | {"interpretation":[{"coding":[{"code":"HH"}]}]}
    x6 | 99999-9 | 7 arb      | 2026-11-24T11:20:00Z | {"code":{"text":"A test nobody listed","coding":[{"system":"http://loinc.org","code":"99999-9"}]}}
    g5 | 718-7   | - -        | 2026-11-23T06:40:00Z | {"status":"cancelled"}
"#;

pub(super) fn observation(row: &str) -> Value {
    let cells: Vec<_> = row.splitn(5, '|').map(str::trim).collect();
    let (value, unit) = cells[2].split_once(' ').unwrap();
    let mut observation = json!({
        "resourceType": "Observation",
        "id": cells[0],
        "meta": { "versionId": "1" },
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": cells[1] }], "text": cells[1] },
        "subject": { "reference": "Patient/maureen" },
        "effectiveDateTime": cells[3]
    });
    if let Ok(value) = serde_json::from_str::<Value>(value) {
        observation["valueQuantity"] = json!({ "value": value, "unit": unit, "code": unit });
    }
    let more: Value = serde_json::from_str(cells.get(4).copied().unwrap_or("{}")).unwrap();
    for (name, member) in more.as_object().unwrap() {
        observation[name] = member.clone();
    }
    observation
}

pub(super) fn results(rows: &str) -> Vec<Value> {
    rows.lines()
        .filter(|row| row.contains('|'))
        .map(observation)
        .collect()
}

pub(super) fn report(id: &str, name: &str, taken: &str, results: &[&str]) -> Value {
    let results: Vec<_> = results
        .iter()
        .map(|id| json!({ "reference": format!("Observation/{id}") }))
        .collect();
    json!({
        "resourceType": "DiagnosticReport",
        "id": id,
        "meta": { "versionId": "2" },
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB" }] }],
        "code": { "text": name },
        "subject": { "reference": "Patient/maureen" },
        "effectiveDateTime": taken,
        "result": results
    })
}

/// Nothing in the chart but the person.
pub(super) fn empty() -> Bedside {
    let patient = json!({ "resourceType": "Patient", "id": "maureen", "gender": "female", "birthDate": "1948-03-03" });
    let ward = json!({
        "resourceType": "Encounter", "id": "ward", "status": "in-progress", "class": { "code": "IMP" },
        "subject": { "reference": "Patient/maureen" }
    });
    Bedside::of(folder())
        .unwrap()
        .with_all([patient, ward])
        .unwrap()
        .patient("Patient/maureen")
        .now(NOW)
}

pub(super) fn with_results() -> Bedside {
    empty().with_all(results(RESULTS)).unwrap()
}

/// With two reports that wait, and the older results in one that was acknowledged.
pub(super) fn with_reports() -> Bedside {
    let old = report(
        "old",
        "Kidney profile",
        "2026-11-23T06:40:00Z",
        &["c1", "c2", "c3", "c4", "c5", "k4", "n5", "g5"],
    );
    let kidney = report(
        "kidney",
        "Kidney profile",
        "2026-11-24T11:20:00Z",
        &["c6", "k6", "n6"],
    );
    let crp = report("crp", "CRP", "2026-11-24T11:20:00Z", &["r6"]);
    let acknowledged = json!({
        "resourceType": "Task", "id": "done", "status": "completed", "intent": "order",
        "code": { "coding": [{ "system": "urn:palatine:pathology", "code": "acknowledge-result" }] },
        "for": { "reference": "Patient/maureen" },
        "focus": { "reference": "DiagnosticReport/old" },
        "authoredOn": "2026-11-23T10:00:00Z",
        "input": [{ "type": { "coding": [{ "code": "version-read" }] }, "valueString": "2" }]
    });
    with_results()
        .with_all([old, kidney, crp, acknowledged])
        .unwrap()
}
