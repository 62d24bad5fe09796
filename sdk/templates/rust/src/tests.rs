//! The departmental at the bedside: whole screens and the form over a written chart.
#![expect(clippy::unwrap_used, reason = "tests")]

mod entry;
mod screens;

use sdk::bedside::{Bedside, demonstration, golden};
use sdk::{Parameters, Value, json};

use crate::VitalSigns;

/// `id | code | value | unit or word | taken | more`, where more is JSON members that are added to the Observation.
fn observation(row: &str) -> Value {
    let cells: Vec<_> = row.splitn(6, '|').map(str::trim).collect();
    let local = "urn:palatine:vital-signs";
    let system = if cells[1].contains('-') && cells[1].starts_with(|it: char| it.is_ascii_digit()) {
        "http://loinc.org"
    } else {
        local
    };
    let mut observation = json!({
        "resourceType": "Observation",
        "id": cells[0],
        "status": "final",
        "code": { "coding": [{ "system": system, "code": cells[1] }] },
        "subject": { "reference": "Patient/maureen" },
        "effectiveDateTime": cells[4],
    });
    match serde_json::from_str::<Value>(cells[2]) {
        Ok(value) => {
            observation["valueQuantity"] =
                json!({ "value": value, "unit": cells[3], "code": cells[3] })
        }
        Err(_) => {
            observation["valueCodeableConcept"] =
                json!({ "coding": [{ "system": local, "code": cells[3] }] })
        }
    }
    let more: Value = serde_json::from_str(cells.get(5).copied().unwrap_or("{}")).unwrap();
    for (name, member) in more.as_object().unwrap() {
        observation[name] = member.clone();
    }
    observation
}

/// A whole set of one time.
fn set(prefix: &str, taken: &str, values: [&str; 7]) -> Vec<Value> {
    let [
        respiration,
        saturation,
        oxygen,
        systolic,
        pulse,
        consciousness,
        temperature,
    ] = values;
    [
        format!("{prefix}r | 9279-1  | {respiration} | /min | {taken}"),
        format!("{prefix}s | 59408-5 | {saturation} | % | {taken}"),
        format!("{prefix}o | air-or-oxygen | - | {oxygen} | {taken}"),
        format!("{prefix}b | 8480-6  | {systolic} | mm[Hg] | {taken}"),
        format!("{prefix}p | 8867-4  | {pulse} | /min | {taken}"),
        format!("{prefix}c | 80288-4 | - | {consciousness} | {taken}"),
        format!("{prefix}t | 8310-5  | {temperature} | Cel | {taken}"),
    ]
    .iter()
    .map(|row| observation(row))
    .collect()
}

/// Nothing in the chart but the person.
fn empty() -> Bedside {
    let patient = json!({ "resourceType": "Patient", "id": "maureen", "birthDate": "1948-03-03" });
    Bedside::of(env!("CARGO_MANIFEST_DIR"))
        .unwrap()
        .with(patient)
        .unwrap()
        .patient("Patient/maureen")
        .now("2026-11-24T14:02:00Z")
}

/// Three sets, of which the second lacks its temperature.
fn with_sets() -> Bedside {
    let mut second = set(
        "b",
        "2026-11-24T06:00:00Z",
        ["18", "95", "air", "118", "95", "alert", "37.9"],
    );
    second.pop();
    empty()
        .with_all(set(
            "a",
            "2026-11-23T22:10:00Z",
            ["16", "97", "air", "132", "78", "alert", "36.8"],
        ))
        .unwrap()
        .with_all(second)
        .unwrap()
        .with_all(set(
            "c",
            "2026-11-24T11:20:00Z",
            ["24", "93", "oxygen", "105", "105", "alert", "38.46"],
        ))
        .unwrap()
}

fn open(bedside: &Bedside, screen: &str) -> Value {
    bedside
        .open(&VitalSigns, screen, &Parameters::default())
        .unwrap()
}

/// All nodes of a kind.
fn nodes<'a>(screen: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = screen["nodes"].as_array().unwrap();
    all.iter().filter(|node| node["kind"] == kind).collect()
}

#[test]
fn the_demonstration_is_a_chart_with_scores() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/demonstration/worsening.json");
    let story = demonstration(file, "Patient/maureen", "2026-11-24T14:02:00Z").unwrap();
    let screen = open(&empty().with_all(story).unwrap(), "chart");
    let totals = &nodes(&screen, "banded-observation-chart")[0]["total"]["cells"];
    let totals: Vec<&Value> = totals
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["value"])
        .collect();
    assert_eq!(totals, ["0", "2", "9"]);
}

#[test]
fn golden_cases_hold() {
    let cases = golden(env!("CARGO_MANIFEST_DIR"), &VitalSigns).unwrap();
    assert!(cases >= 20, "there are {cases} golden cases");
}
