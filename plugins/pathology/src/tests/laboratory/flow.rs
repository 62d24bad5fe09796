//! From a request to a result that somebody authorised and telephoned, each step on what the one before left.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::json;

use super::{Record, findings};
use crate::tests::nodes;

#[test]
fn a_request_becomes_a_result_that_is_authorised_and_telephoned() {
    let mut record = Record::new();
    let asked = json!({ "tests": ["potassium", "sodium", "haemoglobin"], "priority": "urgent", "details": "Unwell, on spironolactone" });
    record.submit("requests", "request", asked);
    assert_eq!(
        record.all("ServiceRequest").len(),
        2,
        "one for each section"
    );

    let request = "ServiceRequest/made-1";
    let received = json!({ "for": request, "kind": "serum", "collected": "2026-11-24T11:20:00Z" });
    record.submit("requests", "receive", received.clone());
    let again = record.submit("requests", "receive", received);
    assert!(findings(&again)[0].starts_with("for: This request no longer waits"));

    let entered = json!({
        "specimen": "Specimen/made-3", "test": "potassium", "value": "7.20",
        "measured": "2026-11-24T12:30:00Z", "analyser": "flagged", "flags": "H",
        "interference": ["haemolysed"], "controls": "4.12/4.10/0.06 6.28/6.00/0.09"
    });
    record.submit("enter", "enter", entered.clone());
    let again = record.submit("enter", "enter", entered);
    assert!(findings(&again)[0].starts_with("test: This specimen has a result of this test"));

    let task = format!(
        "Task/{}",
        record.tasks("authorise-result")[0]["id"].as_str().unwrap()
    );
    let decided = json!({ "results": [task], "decision": "authorise", "comment": "Repeated" });
    record.submit("authorise", "authorise", decided);
    assert_eq!(record.all("Observation")[0]["status"], "final");
    assert_eq!(record.tasks("authorise-result")[0]["status"], "completed");

    let cumulative = record.open("cumulative");
    let grid = nodes(&cumulative, "result-grid")[0];
    assert_eq!(
        grid["groups"][0]["rows"][0]["cells"][0]["value"], "7.20",
        "as it was typed"
    );
    assert_eq!(nodes(&record.open("authorise"), "empty-state").len(), 1);
}

#[test]
fn a_request_says_what_is_wrong_with_it() {
    let long = "x".repeat(1_001);
    let table = [
        (
            json!({}),
            "tests: Select the tests. priority: Select the priority. details: Write what the laboratory needs to know.",
        ),
        (
            json!({ "tests": ["moonstone"], "priority": "routine", "details": "x" }),
            "tests: Select tests that are offered.",
        ),
        (
            json!({ "tests": ["sodium"], "priority": "soon", "details": "x" }),
            "priority: Select the priority.",
        ),
        (
            json!({ "tests": ["sodium"], "priority": "stat", "details": long }),
            "details: Write 1000 characters or fewer.",
        ),
    ];
    for (fields, expected) in table {
        let mut record = Record::new();
        let outcome = record.submit("requests", "request", fields);
        assert_eq!(findings(&outcome).join(" "), expected);
        assert!(record.all("ServiceRequest").is_empty());
    }
}

#[test]
fn a_specimen_says_what_is_wrong_with_it() {
    let table = [
        (
            json!({}),
            "for: Select the request. kind: Select what the specimen is. collected: Give the time of collection.",
        ),
        (
            json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-11-24" }),
            "collected: Give a real date and time, for example 24 November 2026, 11:20.",
        ),
        (
            json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-11-24T14:02:01Z" }),
            "collected: Give a time that has passed.",
        ),
        (
            json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-10-25T14:01:59Z" }),
            "collected: The specimen would be more than 30 days old. Check the date.",
        ),
        (
            json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-10-25T14:02:00Z" }),
            "",
        ),
        (
            json!({ "for": "ServiceRequest/made-9", "kind": "serum", "collected": "2026-11-24T11:20:00Z" }),
            "for: This request no longer waits for a specimen: it was received already, or withdrawn. Open the form again.",
        ),
        (
            json!({ "for": "ServiceRequest/made-1", "kind": "cake", "collected": "2026-11-24T11:20:00Z" }),
            "kind: Select what the specimen is.",
        ),
    ];
    for (fields, expected) in table {
        let mut record = Record::new();
        let asked = json!({ "tests": ["sodium"], "priority": "routine", "details": "x" });
        record.submit("requests", "request", asked);
        let outcome = record.submit("requests", "receive", fields);
        assert_eq!(findings(&outcome).join(" "), expected);
        assert_eq!(
            record.all("Specimen").len(),
            usize::from(expected.is_empty())
        );
    }
}
