//! The form: findings for each thing that can be wrong, and the proposal when nothing is.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Value, json};

use super::chart::{empty, with_reports};
use crate::Pathology;

/// A form with the versions that the screen showed.
fn form(fields: Value) -> Value {
    let seen = ["kidney", "crp"]
        .map(|id| json!({ "resource": format!("DiagnosticReport/{id}"), "version": "2" }));
    json!({ "form": 1, "fields": fields, "seen": seen })
}

fn submit(bedside: &Bedside, form: &Value) -> Value {
    bedside
        .submit(&Pathology, "acknowledge", "acknowledge", form)
        .unwrap()
}

const KIDNEY: &str = "DiagnosticReport/kidney";

#[test]
fn findings_by_what_was_typed() {
    let table = [
        (
            json!({}),
            "read: Select the reports you have read. next: Select what happens next.",
        ),
        (
            json!({ "read": [KIDNEY] }),
            "next: Select what happens next.",
        ),
        (
            json!({ "next": "acting" }),
            "read: Select the reports you have read.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "sleep" }),
            "next: Select one of the answers offered.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "hand-over" }),
            "task: Say what is handed over, and to whom.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "none" }),
            "comment: Say why no action is needed.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "none", "comment": "Known", "task": "Repeat" }),
            "task: You selected that no action is needed: leave the task empty, or select another answer.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "acting", "task": "Repeat", "due": "soon" }),
            "due: Give a real date and time, for example 24 November 2026, 20:00.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "acting", "task": "Repeat", "due": "2026-11-24T14:01:59Z" }),
            "due: Give a time that has not passed.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "acting", "due": "2026-11-24T20:00:00Z" }),
            "task: Say what is due at that time.",
        ),
        (
            json!({ "read": [KIDNEY], "next": "acting", "task": "x".repeat(301) }),
            "task: Write 300 characters or fewer.",
        ),
        (
            json!({ "read": ["DiagnosticReport/old"], "next": "acting" }),
            "read: A report you ticked no longer waits: somebody has acknowledged it, or it was withdrawn. Open the form again.",
        ),
        (
            json!({ "read": ["Observation/x6"], "next": "acting" }),
            "read: A test nobody listed has changed since this form was opened. Open the form again and read version 1.",
        ),
    ];
    for (fields, expected) in table {
        let outcome = submit(&with_reports(), &form(fields.clone()));
        let findings = outcome["findings"].as_array().cloned().unwrap_or_default();
        let said = findings.iter().map(|it| {
            format!(
                "{}: {}",
                it["field"].as_str().unwrap(),
                it["message"].as_str().unwrap()
            )
        });
        assert_eq!(said.collect::<Vec<_>>().join(" "), expected, "{fields}");
        assert_eq!(outcome.get("proposal"), None, "{fields}");
    }
}

#[test]
fn an_amended_report_must_be_read_again() {
    let mut opened_before = form(json!({ "read": [KIDNEY], "next": "acting" }));
    opened_before["seen"][0]["version"] = json!("1");
    let outcome = submit(&with_reports(), &opened_before);
    assert_eq!(
        outcome["findings"][0]["message"],
        "Kidney profile has changed since this form was opened. Open the form again and read version 2."
    );
}

#[test]
fn an_acknowledgement_is_a_task_for_each_report_and_one_for_what_remains() {
    let fields = json!({
        "read": [KIDNEY, "DiagnosticReport/crp", KIDNEY],
        "next": "acting", "task": "Repeat kidney profile", "due": "2026-11-24T20:00:00Z",
        "comment": "Dry on examination. Giving fluids."
    });
    let outcome = submit(&with_reports().encounter("Encounter/ward"), &form(fields));
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 3, "ticked twice is read once");
    assert!(
        changes
            .iter()
            .all(|change| change["action"] == "create"
                && change["resource"]["resourceType"] == "Task")
    );
    assert_eq!(changes[0]["resource"]["input"][0]["valueString"], "2");
    assert_eq!(outcome["next"]["screen"], "cumulative");
}

#[test]
fn what_was_acknowledged_waits_no_more_until_it_is_amended() {
    let outcome = submit(
        &with_reports(),
        &form(json!({ "read": [KIDNEY], "next": "acting" })),
    );
    let mut task = outcome["proposal"]["changes"][0]["resource"].clone();
    task["id"] = json!("t1");
    let waiting = |bedside: &Bedside| {
        let screen = bedside
            .open(&Pathology, "acknowledge", &sdk::Parameters::default())
            .unwrap();
        let inputs = super::nodes(&screen, "input-checks");
        let options = inputs[0]["options"].as_array().unwrap().clone();
        options
            .iter()
            .map(|it| it["value"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        waiting(&with_reports()),
        ["DiagnosticReport/crp", KIDNEY, "Observation/x6"]
    );
    assert_eq!(
        waiting(&with_reports().with(task.clone()).unwrap()),
        ["DiagnosticReport/crp", "Observation/x6"]
    );
    task["input"][0]["valueString"] = json!("1");
    assert_eq!(
        waiting(&with_reports().with(task).unwrap()),
        ["DiagnosticReport/crp", KIDNEY, "Observation/x6"]
    );
}

#[test]
fn an_unknown_action_or_form_is_not_provided() {
    let wrong = |screen: &str, action: &str| {
        empty()
            .submit(&Pathology, screen, action, &form(json!({})))
            .unwrap_err()
            .code
    };
    assert_eq!(
        (
            wrong("acknowledge", "erase"),
            wrong("cumulative", "acknowledge")
        ),
        ("not-provided".into(), "not-provided".into())
    );
}

#[test]
fn a_report_of_any_section_of_a_laboratory_waits_and_others_do_not() {
    for (section, waits) in [
        ("LAB", true),
        ("CH", true),
        ("HM", true),
        ("MB", true),
        ("RAD", false),
        ("34117-2", false),
    ] {
        let mut report = super::chart::report("r", "Report", "2026-11-24T11:20:00Z", &[]);
        report["category"][0]["coding"][0]["code"] = json!(section);
        let bedside = empty().with(report).unwrap();
        let screen = bedside
            .open(&Pathology, "acknowledge", &sdk::Parameters::default())
            .unwrap();
        assert_eq!(
            super::nodes(&screen, "form").len(),
            usize::from(waits),
            "{section}"
        );
    }
}

#[test]
fn fifty_reports_are_offered_and_it_is_said_that_there_are_more() {
    for (reports, said) in [(50, 0), (51, 1)] {
        let all = (0..reports).map(|n| {
            super::chart::report(
                &format!("r{n}"),
                "Report",
                &format!("2026-10-01T10:{n:02}:00Z"),
                &[],
            )
        });
        let bedside = empty().with_all(all).unwrap();
        let screen = bedside
            .open(&Pathology, "acknowledge", &sdk::Parameters::default())
            .unwrap();
        let offered = super::nodes(&screen, "input-checks")[0]["options"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(
            (offered, super::nodes(&screen, "warning-callout").len()),
            (50, said),
            "{reports}"
        );
    }
}
