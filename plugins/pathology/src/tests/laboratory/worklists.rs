//! Worklists over the site's patients.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, ViewQuery, json};

use crate::Pathology;
use crate::tests::{folder, nodes};

const COLUMNS: [&str; 7] = [
    "patient",
    "status",
    "priority",
    "description",
    "authored",
    "due",
    "section",
];

fn held() -> ViewQuery {
    ViewQuery::new()
        .search("code=urn:palatine:pathology|authorise-result&status=requested")
        .among("section", ["haematology"])
        .descending("priority")
        .ascending("authored")
        .count(50)
}

fn calls() -> ViewQuery {
    ViewQuery::new()
        .search("code=urn:palatine:pathology|telephone-critical-result&status=requested,in-progress,accepted")
        .ascending("due")
        .count(50)
}

fn rows() -> [Value; 2] {
    [
        json!([
            "Patient/ann",
            "requested",
            "stat",
            "Haemoglobin 61 g/L",
            "2026-11-24T12:00:00Z",
            null,
            "haematology"
        ]),
        json!([
            "Patient/bob",
            "requested",
            "routine",
            "Platelets 70 10*9/L",
            "2026-11-24T09:00:00Z",
            null,
            "haematology"
        ]),
    ]
}

fn open(bedside: &Bedside, screen: &str, parameters: &[(&str, &str)]) -> Value {
    let none = Parameters::default();
    let all = parameters.iter();
    let all = all.fold(none, |all, (name, value)| all.with(*name, *value));
    bedside.open(&Pathology, screen, &all).unwrap()
}

#[test]
fn a_section_has_its_own_worklist_in_the_order_of_the_record() {
    let bedside = Bedside::of(folder()).unwrap();
    let bedside = bedside.rows("waiting", held(), &COLUMNS, &rows()).unwrap();
    let screen = open(&bedside, "worklist", &[("section", "haematology")]);
    let list = nodes(&screen, "worklist")[0];
    assert_eq!(list["rows"][0]["patient"], "Patient/ann");
    assert_eq!(list["rows"][0]["priority"], "emergency");
}

#[test]
fn a_page_that_is_not_the_whole_says_so_and_leads_on() {
    let first = Bedside::of(folder())
        .unwrap()
        .rows_before("p2", "waiting", held(), &COLUMNS, &rows())
        .unwrap()
        .rows("waiting", held().page("p2"), &COLUMNS, &[])
        .unwrap();
    let screen = open(&first, "worklist", &[("section", "haematology")]);
    let list = nodes(&screen, "worklist")[0].clone();
    assert!(
        list["order"]
            .as_str()
            .unwrap()
            .ends_with("2 on this page; others follow")
    );
    let next = json!({ "section": "haematology", "page": "p2" });
    assert_eq!(list["more"]["parameters"], next);
    let last = open(
        &first,
        "worklist",
        &[("section", "haematology"), ("page", "p2")],
    );
    let list = nodes(&last, "worklist")[0];
    assert_eq!(list["rows"], json!([]));
    assert_eq!(list.get("more"), None);
}

#[test]
fn critical_calls_say_by_when_and_a_section_that_is_none_is_refused() {
    let row = json!([
        "Patient/ann",
        "in-progress",
        "stat",
        "Potassium 7.2 mmol/L",
        "2026-11-24T14:02:00Z",
        "2026-11-24T15:02:00Z",
        "blood-sciences"
    ]);
    let bedside = Bedside::of(folder()).unwrap();
    let bedside = bedside.rows("waiting", calls(), &COLUMNS, &[row]).unwrap();
    let screen = open(&bedside, "critical-calls", &[]);
    let list = nodes(&screen, "worklist")[0];
    assert_eq!(list["rows"][0]["due"], "2026-11-24T15:02:00Z");
    let wrong = Parameters::default().with("section", "kitchen");
    let failure = bedside.open(&Pathology, "worklist", &wrong).unwrap_err();
    assert_eq!(failure.code, "invalid");
}
