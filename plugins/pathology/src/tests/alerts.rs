//! The reaction: every row of the table of cases as a whole chart, and the life of an alert.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Action, Event, Parameters, Value, json};

use super::chart::{empty, observation, results, with_results};
use crate::Pathology;
use sdk::moment::{DAY_MS, HOUR_MS, Moment};

const AT_MS: i64 = 1_795_518_000_000;

fn react(bedside: &Bedside, action: Action, resource: &Value) -> Value {
    bedside
        .react(&Pathology, &Event::new(7, action, resource.clone()))
        .unwrap()
}

/// The chart of a row of `cases/aki.txt`: who, what came before, and the result.
fn chart(cells: &[&str]) -> (Bedside, Value) {
    let ranges = match cells[4].split_once('-') {
        None => json!([]),
        Some((low, high)) => {
            let end = |it: &str| {
                serde_json::from_str::<Value>(it)
                    .ok()
                    .map(|it| json!({ "value": it, "unit": cells[2] }))
            };
            json!([{ "low": end(low), "high": end(high) }])
        }
    };
    let result = |id: &str, value: &str, ago_ms: i64| {
        let mut it = observation(&format!(
            "{id} | 2160-0 | {value} {} | {} | {{}}",
            cells[2],
            Moment::text(AT_MS - ago_ms)
        ));
        it["referenceRange"] = ranges.clone();
        it
    };
    let mut bedside = match cells[3].parse::<i64>() {
        // Born on the day, so many years ago: the age holds exactly.
        Ok(age) => {
            let birth = format!("{:04}{}", 2026 - age, &Moment::day_text(AT_MS)[4..]);
            let person = json!({ "resourceType": "Patient", "id": "case", "gender": "unknown", "birthDate": birth });
            empty().with(person).unwrap().patient("Patient/case")
        }
        Err(_) => empty().patient("Patient/case"),
    };
    for (n, earlier) in cells[0]
        .split(',')
        .filter(|it| it.contains('@'))
        .enumerate()
    {
        let (value, ago) = earlier.trim().split_once('@').unwrap();
        let sign = if ago.starts_with('+') { -1 } else { 1 };
        let (number, unit_ms) = ago
            .trim_start_matches('+')
            .split_at(ago.trim_start_matches('+').len() - 1);
        let unit_ms = if unit_ms == "h" { HOUR_MS } else { DAY_MS };
        let mut it = result(
            &format!("e{n}"),
            value,
            sign * number.parse::<i64>().unwrap() * unit_ms,
        );
        it["subject"]["reference"] = json!("Patient/case");
        bedside = bedside.with(it).unwrap();
    }
    let mut current = result("now", cells[1], 0);
    current["subject"]["reference"] = json!("Patient/case");
    (bedside.with(current.clone()).unwrap(), current)
}

#[test]
fn every_case_of_the_rule_holds_for_a_whole_chart() {
    let mut checked = 0;
    for row in include_str!("../../cases/aki.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
    {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let (bedside, current) = chart(&cells);
        let proposal = react(&bedside, Action::Create, &current);
        let changes = proposal["changes"].as_array().unwrap();
        // An earlier value that cannot be right is left out of a chart, where the rule itself would refuse it.
        if cells[0].starts_with("0@") {
            continue;
        }
        let stage = cells[5]
            .strip_prefix("AKI ")
            .and_then(|rest| rest.chars().next());
        match stage {
            None => assert!(changes.is_empty(), "{row}: {proposal}"),
            Some(stage) => {
                let code = &changes[0]["resource"]["code"]["coding"][0]["code"];
                assert_eq!(code, &json!(format!("aki-stage-{stage}")), "{row}");
                let detail = changes[0]["resource"]["detail"].as_str().unwrap();
                assert_eq!(
                    detail.contains("It could be stage 3"),
                    row.contains("or 3"),
                    "{row}: {detail}"
                );
            }
        }
        checked += 1;
    }
    assert!(checked > 60);
}

#[test]
fn an_alert_has_a_task_with_its_time_and_is_proposed_the_same_again() {
    let bedside = with_results().site("RXR").now("2026-11-24T12:41:30Z");
    let result = results(super::chart::RESULTS)
        .into_iter()
        .find(|it| it["id"] == "c6")
        .unwrap();
    let proposal = react(&bedside, Action::Create, &result);
    let task = &proposal["changes"][1]["resource"];
    assert_eq!(
        task["restriction"]["period"]["end"], "2026-11-24T18:41:00Z",
        "six hours after the report, in hospital"
    );
    assert_eq!(
        task["focus"]["reference"],
        proposal["changes"][0]["temporary"]
    );
    assert_eq!(
        react(&bedside, Action::Create, &result),
        proposal,
        "the same change proposes the same"
    );
}

#[test]
fn how_soon_depends_on_where_the_patient_was() {
    let table = [
        ("IMP", "2026-11-24T18:41:00Z"),
        ("EMER", "2026-11-24T18:41:00Z"),
        ("AMB", "2026-11-25T12:41:00Z"),
        ("strange", "2026-11-24T18:41:00Z"),
    ];
    for (class, by) in table {
        let encounter = json!({
            "resourceType": "Encounter", "id": "there", "class": { "code": class }, "subject": { "reference": "Patient/maureen" }
        });
        let mut result = results(super::chart::RESULTS)
            .into_iter()
            .find(|it| it["id"] == "c6")
            .unwrap();
        result["encounter"]["reference"] = json!("Encounter/there");
        let proposal = react(
            &with_results().with(encounter).unwrap(),
            Action::Create,
            &result,
        );
        let task = &proposal["changes"][1]["resource"];
        assert_eq!(task["restriction"]["period"]["end"], by, "{class}");
    }
}

/// The chart once a proposal was committed: the host gives ids and versions.
fn committed(bedside: Bedside, proposal: &Value) -> Bedside {
    let changes = proposal["changes"].as_array().unwrap();
    bedside
        .with_all(changes.iter().enumerate().map(|(n, change)| {
            let mut resource = change["resource"].clone();
            resource["id"] = json!(format!("made-{n}"));
            resource["meta"]["versionId"] = json!("1");
            resource
        }))
        .unwrap()
}

fn creatinine(value: u32, version: &str, status: &str) -> Value {
    let mut it = observation(&format!(
        "now | 2160-0 | {value} umol/L | 2026-11-24T11:20:00Z | {{}}"
    ));
    it["meta"]["versionId"] = json!(version);
    it["status"] = json!(status);
    it
}

fn with_baseline() -> Bedside {
    empty()
        .with(observation(
            "e | 2160-0 | 80 umol/L | 2026-11-20T11:20:00Z | {}",
        ))
        .unwrap()
}

#[test]
fn a_change_that_was_answered_proposes_nothing_again() {
    let first = creatinine(200, "1", "final");
    let proposal = react(&with_baseline(), Action::Create, &first);
    assert_eq!(proposal["changes"].as_array().unwrap().len(), 2);
    let after = committed(with_baseline(), &proposal);
    assert_eq!(react(&after, Action::Create, &first)["changes"], json!([]));
}

#[test]
fn a_corrected_result_changes_or_closes_its_alert() {
    let proposal = react(
        &with_baseline(),
        Action::Create,
        &creatinine(200, "1", "final"),
    );
    let after = || committed(with_baseline(), &proposal);

    let worse = react(&after(), Action::Update, &creatinine(250, "2", "corrected"));
    let [alert, task] = &worse["changes"].as_array().unwrap()[..] else {
        panic!("{worse}")
    };
    assert_eq!(
        (&alert["action"], &alert["seen"], &alert["resource"]["id"]),
        (&json!("update"), &json!("1"), &json!("made-0"))
    );
    assert_eq!(
        alert["resource"]["code"]["coding"][0]["code"],
        "aki-stage-3"
    );
    assert_eq!(
        (&task["action"], &task["resource"]["priority"]),
        (&json!("update"), &json!("stat"))
    );

    for gone in [
        creatinine(90, "2", "corrected"),
        creatinine(200, "2", "entered-in-error"),
        creatinine(200, "2", "cancelled"),
    ] {
        let closed = react(&after(), Action::Update, &gone);
        let [alert, task] = &closed["changes"].as_array().unwrap()[..] else {
            panic!("{closed}")
        };
        assert_eq!(
            (&alert["resource"]["status"], &task["resource"]["status"]),
            (&json!("entered-in-error"), &json!("cancelled")),
            "{gone}"
        );
        assert_eq!(
            alert["resource"]["meta"],
            Value::Null,
            "the host writes meta"
        );
        let again = committed(with_baseline(), &closed);
        assert_eq!(
            react(&again, Action::Update, &gone)["changes"],
            json!([]),
            "closed once"
        );
    }
}

#[test]
fn nothing_else_brings_anything_about() {
    let bedside = with_baseline();
    let sodium = observation("s | 2951-2 | 200 mmol/L | 2026-11-24T11:20:00Z | {}");
    assert_eq!(
        react(&bedside, Action::Create, &sodium)["changes"],
        json!([])
    );
    assert_eq!(
        react(
            &bedside,
            Action::Create,
            &json!({ "resourceType": "Patient", "id": "p" })
        )["changes"],
        json!([])
    );
    let unknown_unit = observation("u | 2160-0 | 200 g/L | 2026-11-24T11:20:00Z | {}");
    assert_eq!(
        react(&bedside, Action::Create, &unknown_unit)["changes"],
        json!([])
    );
    let notes = bedside.notes();
    assert!(
        notes
            .iter()
            .any(|(_, note)| note.contains("its unit g/L is not known")),
        "{notes:?}"
    );
    assert!(
        notes.iter().all(|(_, note)| !note.contains("200")),
        "no patient data in the journal"
    );
}

#[test]
fn another_trusts_history_counts() {
    let mut elsewhere = observation("e | 14682-9 | 80 umol/L | 2026-11-20T11:20:00Z | {}");
    elsewhere["performer"] = json!([{ "identifier": { "value": "RTX" } }]);
    let bedside = empty().with(elsewhere).unwrap().site("RXL");
    assert_eq!(
        react(&bedside, Action::Create, &creatinine(160, "1", "final"))["changes"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        bedside
            .open(&Pathology, "cumulative", &Parameters::default())
            .is_ok()
    );
}

#[test]
fn a_result_that_the_laboratory_still_holds_raises_no_alert_until_it_is_released() {
    let bedside = with_baseline();
    let held = creatinine(200, "1", "preliminary");
    assert_eq!(react(&bedside, Action::Create, &held)["changes"], json!([]));
    let released = creatinine(200, "2", "final");
    let changes = react(&bedside, Action::Update, &released)["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 2);
}
