//! Whole screens: what must be true of them whatever they look like.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use super::{empty, nodes, observation, open, set, with_sets};

fn total(screen: &Value, column: usize) -> Value {
    nodes(screen, "banded-observation-chart")[0]["total"]["cells"][column].clone()
}

fn why(screen: &Value) -> String {
    let callouts = nodes(screen, "warning-callout");
    callouts[0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn the_newest_score_and_its_response_are_said_first() {
    let screen = open(&with_sets(), "chart");
    assert_eq!(
        nodes(&screen, "alert")[0]["title"],
        "NEWS2 9. High: emergency response"
    );
    assert_eq!(nodes(&screen, "alert")[0]["level"], "mandatory");
    let score = nodes(&screen, "score")[0];
    assert_eq!(
        (&score["value"], &score["band"]),
        (&json!("9"), &json!("high"))
    );
    // What was reported is shown; what was banded is on the chart.
    assert_eq!(
        score["components"][6]["value"]["quantity"]["value"],
        "38.46"
    );
    assert_eq!(total(&screen, 0)["value"], "0");
    assert_eq!(total(&screen, 1)["absent"], "not-recorded");
    assert_eq!(total(&screen, 2)["value"], "9");
}

#[test]
fn every_screen_says_what_is_unverified() {
    for screen in ["chart", "enter"] {
        for bedside in [empty(), with_sets()] {
            let said = nodes(&open(&bedside, screen), "inset")
                .iter()
                .any(|it| it["text"].as_str().unwrap().starts_with("Unverified, "));
            assert!(said, "{screen}");
        }
    }
}

#[test]
fn what_cannot_be_used_is_said_and_gives_no_total() {
    let taken = "2026-11-24T12:00:00Z";
    for (replaced, row, expected) in [
        (
            6,
            "z | 8310-5 | 101.2 | [degF] | 2026-11-24T12:00:00Z",
            "Temperature: its unit [degF] is not known",
        ),
        (
            1,
            "z | 59408-5 | 101 | % | 2026-11-24T12:00:00Z",
            "SpO2: must be from 1 to 100 %",
        ),
        (
            5,
            "z | 80288-4 | - | asleep | 2026-11-24T12:00:00Z",
            "Consciousness: is no word that is known",
        ),
        (
            4,
            r#"z | 8867-4 | 200 | /min | 2026-11-24T12:00:00Z | {"valueQuantity":{"value":200,"comparator":">","unit":"/min"}}"#,
            "Pulse: is only known to be above or below a number",
        ),
        (
            4,
            r#"z | 8867-4 | 72 | /min | 2026-11-24T12:00:00Z | {"status":"entered-in-error"}"#,
            "Pulse is not recorded",
        ),
        (
            4,
            r#"z | 8867-4 | 72 | /min | 2026-11-24T12:00:00Z | {"valueQuantity":{"value":72}}"#,
            "Pulse: has no unit",
        ),
    ] {
        let mut resources = set(
            "z",
            taken,
            ["16", "97", "air", "128", "72", "alert", "37.0"],
        );
        resources[replaced] = observation(row);
        let screen = open(&with_sets().with_all(resources).unwrap(), "chart");
        assert_eq!(
            why(&screen),
            format!("NEWS2 cannot be calculated: {expected}."),
            "{row}"
        );
        assert_eq!(nodes(&screen, "score")[0].get("value"), None);
        let absent = if expected.ends_with("not recorded") {
            "not-recorded"
        } else {
            "unknown"
        };
        assert_eq!(total(&screen, 3)["absent"], absent, "{row}");
    }
}

#[test]
fn two_values_of_one_time_are_neither_of_them_used() {
    let other = observation("z | 8867-4 | 44 | /min | 2026-11-24T11:20:00Z");
    let screen = open(&with_sets().with(other).unwrap(), "chart");
    assert!(
        why(&screen).contains("Pulse: different values are recorded for one time"),
        "{}",
        why(&screen)
    );
    // The same value twice is one.
    let same = observation("z | 8867-4 | 105 | /min | 2026-11-24T12:20:00+01:00");
    assert_eq!(
        total(&open(&with_sets().with(same).unwrap(), "chart"), 2)["value"],
        "9"
    );
}

#[test]
fn a_pressure_in_a_panel_is_read() {
    let mut resources = set(
        "z",
        "2026-11-24T12:00:00Z",
        ["16", "97", "air", "128", "72", "alert", "37.0"],
    );
    resources[3] = json!({
        "resourceType": "Observation", "id": "panel", "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9" }] },
        "subject": { "reference": "Patient/maureen" }, "effectiveDateTime": "2026-11-24T12:00:00Z",
        "component": [
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] }, "valueQuantity": { "value": 88, "unit": "mmHg", "code": "mm[Hg]" } },
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8462-4" }] }, "valueQuantity": { "value": 50, "unit": "mmHg", "code": "mm[Hg]" } },
        ],
    });
    let screen = open(&with_sets().with_all(resources).unwrap(), "chart");
    assert_eq!(nodes(&screen, "score")[0]["value"], "3");
    assert_eq!(nodes(&screen, "score")[0]["band"], "single");
}

#[test]
fn scale_2_needs_who_confirmed_it() {
    let confirmed = r#"{"note":[{"text":"Hypercapnic respiratory failure and the target of 88 to 92 % confirmed by Dr Iqbal, respiratory"}]}"#;
    let resources = || {
        set(
            "z",
            "2026-11-24T12:00:00Z",
            ["16", "97", "oxygen", "128", "72", "alert", "37.0"],
        )
    };
    let scale = |more: &str| {
        observation(&format!(
            "zz | spo2-scale | - | spo2-scale-2 | 2026-11-24T12:00:00Z | {more}"
        ))
    };
    let with = |more: Option<&str>| {
        let bedside = with_sets().with_all(resources()).unwrap();
        open(&bedside.with_all(more.map(scale)).unwrap(), "chart")
    };
    assert_eq!(total(&with(None), 3)["value"], "2");
    let two = with(Some(confirmed));
    assert_eq!(total(&two, 3)["value"], "5");
    // Sets of both scales: the table of the other scale does not apply.
    let rows = nodes(&two, "banded-observation-chart")[0]["rows"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[2]["label"], "SpO2, 2 on oxygen");
    assert_eq!(rows[2]["cells"][0]["absent"], "not-applicable");
    assert_eq!(rows[1]["cells"][3]["absent"], "not-applicable");
    assert!(why(&with(Some("{}"))).contains("scale 2 is recorded without who confirmed it"));
}

#[test]
fn the_young_and_those_of_unknown_age_have_no_score() {
    for (birth, expected) in [
        (json!("2010-11-25"), "it is not for people under 16 years"),
        (
            json!("2010"),
            "the date of birth is not recorded in a way that tells the age",
        ),
        (
            Value::Null,
            "the date of birth is not recorded in a way that tells the age",
        ),
    ] {
        let patient = json!({ "resourceType": "Patient", "id": "young", "birthDate": birth });
        let resources = set(
            "z",
            "2026-11-24T12:00:00Z",
            ["16", "97", "air", "128", "72", "alert", "37.0"],
        );
        let resources = resources.into_iter().map(|mut it| {
            it["subject"]["reference"] = json!("Patient/young");
            it
        });
        let bedside = empty()
            .with(patient)
            .unwrap()
            .with_all(resources)
            .unwrap()
            .patient("Patient/young");
        assert_eq!(
            why(&open(&bedside, "chart")),
            format!("NEWS2 cannot be calculated: {expected}.")
        );
    }
}
