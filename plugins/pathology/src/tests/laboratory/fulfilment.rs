//! When a request is received and when it is done, and what of it the laboratory's bench shows.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, ViewQuery, json};

use super::{Record, findings, potassium};
use crate::Pathology;
use crate::tests::{folder, nodes};

/// A request for these tests, with a specimen received for it; `n1` and `n2`.
fn received(tests: &[&str]) -> Record {
    let mut record = Record::new();
    let asked = json!({ "tests": tests, "priority": "urgent", "details": "Unwell" });
    record.submit("requests", "request", asked);
    let specimen = json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-11-24T11:20:00Z" });
    let outcome = record.submit("requests", "receive", specimen);
    assert_eq!(findings(&outcome), Vec::<String>::new());
    record
}

fn enter(record: &mut Record, test: &str, value: &str) {
    let mut fields = potassium(value);
    fields["specimen"] = json!("Specimen/made-2");
    fields["test"] = json!(test);
    let outcome = record.submit("enter", "enter", fields);
    assert_eq!(findings(&outcome), Vec::<String>::new());
}

fn decide(record: &mut Record, decision: &str) {
    let waiting = record.tasks("authorise-result").into_iter();
    let open = waiting.filter(|it| it["status"] == "requested");
    let results: Vec<_> = open
        .map(|it| format!("Task/{}", it["id"].as_str().unwrap()))
        .collect();
    let fields = json!({ "results": results, "decision": decision, "comment": "Looked at" });
    let outcome = record.submit("authorise", "authorise", fields);
    assert_eq!(findings(&outcome), Vec::<String>::new());
}

fn status(record: &Record) -> Value {
    record.all("ServiceRequest")[0]["status"].clone()
}

#[test]
fn a_received_request_names_its_specimen() {
    let record = received(&["potassium"]);
    let request = record.all("ServiceRequest")[0];
    assert_eq!(
        request["specimen"],
        json!([{ "reference": "Specimen/made-2" }])
    );
    assert_eq!(request["status"], "active");
}

#[test]
fn a_request_is_done_when_each_of_its_tests_was_released_or_authorised() {
    let mut record = received(&["potassium", "sodium"]);
    enter(&mut record, "potassium", "4.2");
    assert_eq!(status(&record), "active", "it is held");
    decide(&mut record, "authorise");
    assert_eq!(status(&record), "active", "sodium is still to come");
    enter(&mut record, "sodium", "140");
    decide(&mut record, "reject");
    assert_eq!(status(&record), "active", "a rejected result is none");
    enter(&mut record, "sodium", "141");
    decide(&mut record, "authorise");
    assert_eq!(status(&record), "completed");
    let screen = record.open("requests");
    assert_eq!(nodes(&screen, "empty-state")[0]["title"], "No requests");
}

#[test]
fn two_results_that_are_authorised_together_finish_their_request() {
    let mut record = received(&["potassium", "sodium"]);
    enter(&mut record, "potassium", "4.2");
    enter(&mut record, "sodium", "140");
    decide(&mut record, "authorise");
    assert_eq!(status(&record), "completed");
}

#[test]
fn a_request_that_changed_since_it_was_shown_is_not_received() {
    let mut record = Record::new();
    let asked = json!({ "tests": ["sodium"], "priority": "routine", "details": "x" });
    record.submit("requests", "request", asked);
    let fields = json!({ "for": "ServiceRequest/made-1", "kind": "serum", "collected": "2026-11-24T11:20:00Z" });
    let seen = json!([{ "resource": "ServiceRequest/made-1", "version": "0" }]);
    let filled = json!({ "form": 1, "fields": fields, "seen": seen });
    let outcome = record.submit_as("requests", "receive", filled);
    let expected = "for: This request has changed since this form was opened. Open the form again.";
    assert_eq!(findings(&outcome), [expected]);
}

#[test]
fn the_bench_shows_what_a_request_waits_for_and_the_most_urgent_first() {
    let columns = [
        "patient", "section", "tests", "at_once", "soon", "urgent", "authored", "received",
    ];
    let asked = ViewQuery::new()
        .search("category=http://snomed.info/sct|108252007&status=active")
        .among("section", ["haematology"])
        .descending("at_once")
        .descending("soon")
        .descending("urgent")
        .ascending("authored")
        .count(50);
    let row = |who: &str, tests: &[&str], at_once: bool, urgent: bool, received: bool| {
        let since = "2026-11-24T09:00:00Z";
        json!([
            who,
            "haematology",
            tests,
            at_once,
            false,
            urgent,
            since,
            received
        ])
    };
    let rows = [
        row("Patient/ann", &["Haemoglobin", "INR"], true, false, true),
        row("Patient/bob", &["Platelets"], false, true, false),
        row("Patient/cy", &[], false, false, false),
    ];
    let bedside = Bedside::of(folder()).unwrap();
    let bedside = bedside.rows("bench", asked, &columns, &rows).unwrap();
    let section = Parameters::default().with("section", "haematology");
    let screen = bedside.open(&Pathology, "bench", &section).unwrap();
    let list = nodes(&screen, "worklist")[0];
    let said = list["rows"].as_array().unwrap().iter().map(|row| {
        let text = |at: usize| row["cells"][at]["text"].as_str().unwrap();
        let (priority, way) = (
            row["priority"].as_str().unwrap(),
            row["link"]["screen"].as_str().unwrap(),
        );
        format!("{priority}: {}; {}; {way}", text(0), text(2))
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "emergency: Haemoglobin, INR; Received, waiting for results; enter",
            "urgent: Platelets; Waiting for a specimen; requests",
            "routine: No test is named; Waiting for a specimen; requests",
        ]
    );
    let wrong = Parameters::default().with("section", "kitchen");
    let failure = bedside.open(&Pathology, "bench", &wrong).unwrap_err();
    assert_eq!(failure.code, "invalid");
}
