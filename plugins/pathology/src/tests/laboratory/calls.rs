//! Authorising, and the calls that follow from it: attempts, read-back, closing, the timer.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use super::{Record, findings, potassium, specimen};
use crate::tests::nodes;

fn held(value: &str) -> Record {
    let mut record = Record::new().with(specimen("s1", "2026-11-24T11:30:00Z"));
    record.submit("enter", "enter", potassium(value));
    assert_eq!(record.tasks("authorise-result").len(), 1);
    record
}

fn authorised(value: &str) -> Record {
    let mut record = held(value);
    let decided = json!({ "results": ["Task/made-2"], "decision": "authorise" });
    let outcome = record.submit("authorise", "authorise", decided);
    assert_eq!(findings(&outcome), Vec::<String>::new());
    record
}

#[test]
fn a_decision_says_what_is_wrong_with_it() {
    let table = [
        (
            json!({}),
            "results: Select the results. decision: Select a decision.",
        ),
        (
            json!({ "results": ["Task/made-2"], "decision": "perhaps" }),
            "decision: Select a decision.",
        ),
        (
            json!({ "results": ["Task/made-2"], "decision": "reject" }),
            "comment: Say why the result is rejected.",
        ),
        (
            json!({ "results": ["Task/made-9"], "decision": "authorise" }),
            "results: What you selected is not open for this patient: somebody may have dealt with it. Open the form again.",
        ),
    ];
    for (fields, expected) in table {
        let mut record = held("4.2");
        let outcome = record.submit("authorise", "authorise", fields);
        assert_eq!(findings(&outcome).join(" "), expected);
        assert_eq!(record.all("Observation")[0]["status"], "preliminary");
    }
    let mut record = held("4.2");
    let unseen =
        json!({ "form": 1, "fields": { "results": ["Task/made-2"], "decision": "authorise" } });
    let outcome = record.submit_as("authorise", "authorise", unseen);
    assert!(findings(&outcome)[0].contains("has changed since this form was opened"));
}

#[test]
fn a_rejected_result_is_cancelled_and_nobody_is_telephoned() {
    let mut record = held("7.2");
    let decided =
        json!({ "results": ["Task/made-2"], "decision": "reject", "comment": "Haemolysed" });
    record.submit("authorise", "authorise", decided);
    let result = record.all("Observation")[0].clone();
    assert_eq!(
        (&result["status"], &result["note"][0]["text"]),
        (&json!("cancelled"), &json!("Haemolysed"))
    );
    assert_eq!(record.tasks("telephone-critical-result").len(), 0);
}

#[test]
fn only_a_result_beyond_a_critical_limit_is_to_be_telephoned() {
    for (value, calls) in [("2.49", 1), ("2.5", 0), ("6.5", 0), ("6.51", 1)] {
        let record = authorised(value);
        let tasks = record.tasks("telephone-critical-result");
        assert_eq!(tasks.len(), calls, "{value}");
        for task in tasks {
            assert_eq!(task["restriction"]["period"]["end"], "2026-11-24T15:02:00Z");
            assert!(
                task["description"]
                    .as_str()
                    .unwrap()
                    .contains("limits unverified")
            );
        }
    }
}

#[test]
fn what_is_unverified_is_said_until_it_is_signed() {
    for (signed, insets) in [(false, 1), (true, 0)] {
        let new = || match signed {
            true => Record::new().signed(),
            false => Record::new(),
        };
        let mut record = new().with(specimen("s1", "2026-11-24T11:30:00Z"));
        record.submit("enter", "enter", potassium("7.2"));
        assert_eq!(nodes(&record.open("authorise"), "inset").len(), insets);
        let decided = json!({ "results": ["Task/made-2"], "decision": "authorise" });
        record.submit("authorise", "authorise", decided);
        assert_eq!(nodes(&record.open("calls"), "inset").len(), insets);
        let call = record.tasks("telephone-critical-result")[0]["description"].to_string();
        assert_eq!(call.contains("limits unverified"), !signed, "{call}");
    }
}

#[test]
fn a_rule_that_only_warns_is_shown_beside_the_result() {
    for (control, warns) in [("4.22/4.10/0.06", false), ("4.23/4.10/0.06", true)] {
        let mut record = Record::new().with(specimen("s1", "2026-11-24T11:30:00Z"));
        let mut fields = potassium("4.2");
        fields["controls"] = json!(control);
        record.submit("enter", "enter", fields);
        let screen = record.open("authorise").to_string();
        assert_eq!(
            screen.contains("Quality control warns by 1-2s"),
            warns,
            "{control}"
        );
        assert!(!screen.contains("quality control: the run violates"));
    }
}

fn state(record: &Record) -> (String, String) {
    let screen = record.open("calls");
    let Some(table) = nodes(&screen, "table").into_iter().next().cloned() else {
        return ("none".to_owned(), String::new());
    };
    let row = &table["rows"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&row["cells"][2]["text"]), text(&row["tone"]))
}

#[test]
fn the_timer_says_what_is_left_and_what_is_overdue() {
    let table = [
        (
            "2026-11-24T14:02:00Z",
            "Nobody told yet; 60 minutes left",
            "warning",
        ),
        (
            "2026-11-24T15:01:01Z",
            "Nobody told yet; 1 minute left",
            "warning",
        ),
        (
            "2026-11-24T15:02:00Z",
            "Nobody told yet; overdue by 0 minutes",
            "critical",
        ),
        (
            "2026-11-24T16:02:00Z",
            "Nobody told yet; overdue by 60 minutes",
            "critical",
        ),
    ];
    for (now, words, tone) in table {
        let record = authorised("7.2").at(now);
        assert_eq!(state(&record), (words.to_owned(), tone.to_owned()), "{now}");
    }
}

#[test]
fn a_call_is_tried_told_with_read_back_and_closed_with_a_reason() {
    let mut record = authorised("7.2");
    let call = "Task/made-3";
    let wrong = [
        (
            json!({}),
            "call: Select what this is about. outcome: Select what came of it.",
        ),
        (
            json!({ "call": call, "outcome": "told" }),
            "person: Write the name and role of who was told. read-back: A critical result is told once it was read back: ask for it.",
        ),
        (
            json!({ "call": call, "outcome": "told", "person": "Dr A" }),
            "read-back: A critical result is told once it was read back: ask for it.",
        ),
        (
            json!({ "call": call, "outcome": "not-reached" }),
            "person: Write whom or which number you tried.",
        ),
        (
            json!({ "call": call, "outcome": "close" }),
            "outcome: Nobody was told yet: a call is closed after somebody was told. reason: Write what was done about the result.",
        ),
    ];
    for (fields, expected) in wrong {
        let outcome = record.submit("calls", "record", fields);
        assert_eq!(findings(&outcome).join(" "), expected);
    }
    record.submit(
        "calls",
        "record",
        json!({ "call": call, "outcome": "not-reached", "person": "Ward 4" }),
    );
    assert_eq!(state(&record).0, "Nobody reached yet; 60 minutes left");
    let told = json!({ "call": call, "outcome": "told", "person": "Dr A, registrar", "read-back": ["yes"] });
    record.submit("calls", "record", told);
    assert_eq!(
        state(&record).0,
        "Told, and to be closed with a reason",
        "being told does not close it"
    );
    record.submit(
        "calls",
        "record",
        json!({ "call": call, "outcome": "not-reached", "person": "Ward 4" }),
    );
    assert_eq!(
        state(&record).0,
        "Told, and to be closed with a reason",
        "one more attempt undoes nothing"
    );
    record.submit(
        "calls",
        "record",
        json!({ "call": call, "outcome": "close", "reason": "Treated, repeated at 15:00" }),
    );
    assert_eq!(state(&record).0, "none");
    let task = record.tasks("telephone-critical-result")[0];
    assert_eq!(task["status"], "completed");
    assert_eq!(
        task["note"].as_array().unwrap().len(),
        4,
        "every step is kept"
    );
}

#[test]
fn a_call_that_is_overdue_for_too_long_says_whom_to_call_next() {
    let table = [
        ("2026-11-24T15:31:59Z", "", None),
        (
            "2026-11-24T15:32:00Z",
            "",
            Some("is not recorded for this site"),
        ),
        (
            "2026-11-24T15:32:00Z",
            "Site manager, 2222",
            Some("Call now: Site manager, 2222."),
        ),
    ];
    for (now, contact, expected) in table {
        let record = authorised("7.2").at(now);
        let bedside = record
            .bedside()
            .clone()
            .setting("escalation-contact", contact);
        let none = sdk::Parameters::default();
        let screen = bedside.open(&crate::Pathology, "calls", &none).unwrap();
        let alerts = nodes(&screen, "alert");
        let said = alerts.first().map(|it| it["text"].to_string());
        match expected {
            None => assert_eq!(said, None, "{now}"),
            Some(words) => assert!(said.unwrap().contains(words), "{now} {contact}"),
        }
    }
    let mut told = authorised("7.2").at("2026-11-24T18:00:00Z");
    let fields =
        json!({ "call": "Task/made-3", "outcome": "told", "person": "Dr A", "read-back": ["yes"] });
    told.submit("calls", "record", fields);
    assert!(
        nodes(&told.open("calls"), "alert").is_empty(),
        "somebody was told"
    );
}
