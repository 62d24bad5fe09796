//! A patient who was ill for long: thousands of laboratory results as a laboratory reports them, five to a report.
//!
//! Invariant: the same number gives the same patient, so that a measurement can be made again.

use std::ops::Range;

use fhir::resource::Resource;
use record::Record;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

/// The tests of a report: LOINC, name, unit, the usual value, and how far it goes up and down.
const TESTS: [(&str, &str, &str, u32, u32); 5] = [
    ("2951-2", "Sodium", "mmol/L", 139, 5),
    ("2823-3", "Potassium", "mmol/L", 4, 2),
    ("22664-7", "Urea", "mmol/L", 6, 4),
    ("14682-9", "Creatinine", "umol/L", 76, 30),
    ("1963-8", "Bicarbonate", "mmol/L", 25, 4),
];
/// The system of LOINC's codes.
const LOINC: &str = "http://loinc.org";
/// Resources written in one commit.
const AT_ONCE: usize = 1_000;

type Failure = Box<dyn std::error::Error>;

/// The patient of a number.
pub(crate) fn patient(number: usize) -> Value {
    json!({
        "resourceType": "Patient", "id": id(number), "gender": "female", "birthDate": "1957-03-04",
        "name": [{ "use": "official", "family": "Longstaff", "given": [format!("Number{number}")] }],
    })
}

/// The patient's id.
pub(crate) fn id(number: usize) -> String {
    format!("long-{number}")
}

/// So many of a patient's results, from one to before another, and a report for every five.
pub(crate) fn resources(number: usize, of: Range<usize>) -> Vec<Value> {
    let reports = of.start / TESTS.len()..of.end.div_ceil(TESTS.len());
    let observations = of.map(|at| observation(number, at));
    observations
        .chain(reports.map(|at| report(number, at)))
        .collect()
}

/// Writes a patient with so many results into a record.
pub(crate) async fn load(record: &Record, number: usize, results: usize) -> Result<(), Failure> {
    let operator = record.operator(&"RXR".parse()?);
    let mut all = vec![patient(number)];
    all.extend(resources(number, 0..results));
    for some in all.chunks(AT_ONCE) {
        let changes = some.iter().map(put).collect::<Result<Vec<_>, _>>()?;
        record.commit(&operator, Proposal::direct(changes)).await?;
    }
    Ok(())
}

/// The change that writes one of them.
pub(crate) fn put(value: &Value) -> Result<Change, Failure> {
    let resource = Resource::from_value(value.clone())?;
    let key = resource.key().ok_or("a resource of this bench has no id")?;
    Ok(Change::Update {
        key,
        resource,
        seen: None,
        temporary: None,
    })
}

/// The same as entries of a transaction.
pub(crate) fn transaction(number: usize, of: Range<usize>) -> Value {
    let mut all = resources(number, of);
    all.push(patient(number));
    let entry = |resource: Value| {
        let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let url = format!("{}/{}", text("resourceType"), text("id"));
        json!({ "request": { "method": "PUT", "url": url }, "resource": resource })
    };
    let entries: Vec<Value> = all.into_iter().map(entry).collect();
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}

/// When a report's specimen was taken: forty in a year, from 2002 to 2026.
fn taken(report: usize) -> String {
    let (year, month, day) = (2002 + report / 40, report % 40 / 4 + 1, report % 4 * 7 + 1);
    format!("{year}-{month:02}-{day:02}T08:{:02}:00Z", report % 60)
}

fn observation(number: usize, at: usize) -> Value {
    let (loinc, name, unit, usual, by) = TESTS[at % TESTS.len()];
    let when = taken(at / TESTS.len());
    let step = u32::try_from(at * 7 % 11).unwrap_or(0);
    let value = f64::from(usual) + f64::from(by) * (f64::from(step) - 5.0) / 5.0;
    let (low, high) = (usual.saturating_sub(by), usual + by);
    let end = |value: u32| json!({ "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit });
    json!({
        "resourceType": "Observation", "id": format!("{}-o{at}", id(number)), "status": "final",
        "identifier": [{ "system": "https://lab.example/result", "value": format!("26H{number:03}{at:06}-{loinc}") }],
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory", "display": "Laboratory" }] }],
        "code": { "coding": [{ "system": LOINC, "code": loinc, "display": name }], "text": name },
        "subject": { "reference": format!("Patient/{}", id(number)) },
        "effectiveDateTime": when, "issued": when,
        "performer": [{ "display": "Department of Clinical Biochemistry" }],
        "valueQuantity": { "value": (value * 10.0).round() / 10.0, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit },
        "interpretation": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "N", "display": "Normal" }] }],
        "referenceRange": [{ "low": end(low), "high": end(high), "text": format!("{low} to {high}") }],
    })
}

fn report(number: usize, at: usize) -> Value {
    let first = at * TESTS.len();
    let held: Vec<Value> = (first..first + TESTS.len())
        .map(|at| json!({ "reference": format!("Observation/{}-o{at}", id(number)) }))
        .collect();
    let when = taken(at);
    json!({
        "resourceType": "DiagnosticReport", "id": format!("{}-r{at}", id(number)), "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB", "display": "Laboratory" }] }],
        "code": { "text": "Urea and electrolytes" },
        "subject": { "reference": format!("Patient/{}", id(number)) },
        "effectiveDateTime": when, "issued": when, "result": held,
    })
}
