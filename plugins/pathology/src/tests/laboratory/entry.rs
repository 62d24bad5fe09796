//! Entered results: what is wrong on which field, and what is released or held for which reasons.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use super::{Record, findings, potassium, specimen};
use crate::tests::chart::observation;

/// A record with one specimen, and an earlier potassium of 4.0.
fn record() -> Record {
    let earlier = "k1 | 2823-3 | 4.0 mmol/L | 2026-11-20T08:00:00Z | {}";
    Record::new()
        .with(specimen("s1", "2026-11-24T11:30:00Z"))
        .with(observation(earlier))
}

fn with(fields: &mut Value, member: &str, value: Value) {
    fields[member] = value;
}

#[test]
fn what_is_wrong_is_said_on_its_field() {
    let table = [
        (
            "specimen",
            json!("Specimen/s9"),
            "specimen: Select a specimen that was received.",
        ),
        ("test", json!("moonstone"), "test: Select the test."),
        (
            "value",
            json!("high"),
            "value: Give the result as a number, for example 4.2.",
        ),
        (
            "value",
            json!("4,2"),
            "value: Give the result as a number, for example 4.2.",
        ),
        (
            "value",
            json!("4e0"),
            "value: Give the result as a number, for example 4.2.",
        ),
        (
            "value",
            json!("<4"),
            "value: Give the result as a number, for example 4.2.",
        ),
        (
            "value",
            json!("4.2 mg/dL"),
            "value: This test is reported in mmol/L, and mg/dL was typed. Nothing is converted: give the result in mmol/L.",
        ),
        (
            "value",
            json!("4.2mmol/L"),
            "value: Give the result as a number, for example 4.2.",
        ),
        (
            "value",
            json!("0.9"),
            "value: 0.9 mmol/L is not possible: 1 to 15 is. Check the unit.",
        ),
        (
            "value",
            json!("15.1"),
            "value: 15.1 mmol/L is not possible: 1 to 15 is. Check the unit.",
        ),
        (
            "measured",
            json!("2026-11-24"),
            "measured: Give a real date and time, for example 24 November 2026, 12:05.",
        ),
        (
            "measured",
            json!("2026-11-24T14:02:01Z"),
            "measured: Give a time that has passed.",
        ),
        (
            "measured",
            json!("2026-11-24T11:29:00Z"),
            "measured: Give a time after the specimen was collected.",
        ),
        (
            "analyser",
            json!("maybe"),
            "analyser: Select what the analyser said.",
        ),
        (
            "analyser",
            json!("flagged"),
            "flags: Write which flag it raised.",
        ),
        (
            "flags",
            json!("clot"),
            "flags: You selected that it raised no flag: leave this empty, or select that it raised one.",
        ),
        (
            "interference",
            json!(["none", "icteric"]),
            "interference: Select none of these, or what the specimen is, not both.",
        ),
        (
            "interference",
            json!(["blue"]),
            "interference: Select what is offered.",
        ),
        (
            "controls",
            json!("4.1"),
            "controls: Line 1: write `4.1` as value/mean/deviation, for example 4.12/4.10/0.06 6.05/6.00/0.09.",
        ),
        (
            "controls",
            json!("4/4/900000000"),
            "controls: These controls cannot be judged: a standard deviation is not one that a control material has.",
        ),
    ];
    for (field, value, expected) in table {
        let mut record = record().signed();
        let mut fields = potassium("4.2");
        with(&mut fields, field, value.clone());
        let outcome = record.submit("enter", "enter", fields);
        assert_eq!(findings(&outcome).join(" "), expected, "{field} {value}");
        assert!(record.all("Task").is_empty());
    }
}

/// What does not hold of a result that was entered; nothing when it was released.
fn held(record: &mut Record, fields: Value) -> Vec<String> {
    let outcome = record.submit("enter", "enter", fields);
    assert_eq!(findings(&outcome), Vec::<String>::new());
    let observation = record.all("Observation").into_iter().last().unwrap();
    let Some(task) = record.tasks("authorise-result").into_iter().last() else {
        assert_eq!(observation["status"], "final");
        return vec![];
    };
    assert_eq!(observation["status"], "preliminary");
    assert_eq!(
        task["focus"]["reference"],
        json!(format!(
            "Observation/{}",
            observation["id"].as_str().unwrap()
        ))
    );
    let input = task["input"].as_array().unwrap().iter();
    let failed = input.filter(|it| it["type"]["coding"][0]["code"] == "failed");
    let failed = failed.map(|it| it["valueString"].as_str().unwrap().to_owned());
    failed.collect()
}

#[test]
fn a_result_is_released_when_every_condition_holds_and_the_rules_are_signed() {
    assert_eq!(
        held(&mut record().signed(), potassium("4.2")),
        Vec::<String>::new()
    );
    assert_eq!(
        held(&mut record(), potassium("4.2")),
        ["signed rules: nobody answerable has signed the laboratory's rules"]
    );
}

#[test]
fn each_condition_that_does_not_hold_is_listed() {
    let table = [
        (
            "controls",
            json!("4.29/4.10/0.06 6.0/6.0/0.09"),
            "quality control: the run violates 1-3s",
        ),
        (
            "controls",
            json!("4.24/4.10/0.06 5.80/6.00/0.09"),
            "quality control: the run violates R-4s",
        ),
        (
            "controls",
            json!("4.24/4.10/0.06\n4.24/4.10/0.06"),
            "quality control: the run violates 2-2s",
        ),
        ("controls", json!("4.22/4.10/0.06"), ""),
        ("controls", json!("4.23/4.10/0.06"), ""),
        (
            "controls",
            json!(""),
            "quality control: the quality control of the run is not known",
        ),
        (
            "analyser",
            json!("unknown"),
            "analyser flags: whether the analyser raised a flag is not known",
        ),
        (
            "interference",
            json!(["haemolysed", "lipaemic"]),
            "interference: the specimen is haemolysed, lipaemic",
        ),
        (
            "interference",
            json!([]),
            "interference: haemolysis, icterus and lipaemia were not looked at",
        ),
        // √2 · 1.96 · √(1.5² + 4.1²) is 12.1 %: 4.48 is 12.0 % above 4.0, 4.49 is 12.25 %.
        ("value", json!("4.48"), ""),
        (
            "value",
            json!("4.49"),
            "delta check: changed by +12.3 %, not below the reference change value of 12.1 %",
        ),
        (
            "value",
            json!("6.6"),
            "range of release: 6.6 is not within 3.2 to 5.6; not critical: 6.6 is critical: above 6.5; delta check: changed by +65.0 %, not below the reference change value of 12.1 %",
        ),
    ];
    for (field, value, expected) in table {
        let mut fields = potassium("4.2");
        with(&mut fields, field, value.clone());
        let said = held(&mut record().signed(), fields);
        assert_eq!(said.join("; "), expected, "{field} {value}");
    }
}

#[test]
fn the_earlier_result_must_be_of_the_time_allowed_in_the_unit_and_authorised() {
    let none = "delta check: there is no earlier result to compare with";
    let table = [
        ("k1 | 2823-3 | 4.0 mmol/L | 2026-08-26T11:30:00Z | {}", ""),
        ("k1 | 2823-3 | 4.0 mmol/L | 2026-08-26T11:29:59Z | {}", none),
        ("k1 | 2823-3 | 4.0 mmol/L | 2026-11-24T11:30:00Z | {}", none),
        (
            "k1 | 2823-3 | 4.0 mmol/L | 2026-11-20T08:00:00Z | {\"status\":\"preliminary\"}",
            none,
        ),
        (
            "k1 | 2823-3 | 4.0 mmol/L | 2026-11-20T08:00:00Z | {\"status\":\"entered-in-error\"}",
            none,
        ),
        (
            "k1 | 2823-3 | 4.0 mg/dL | 2026-11-20T08:00:00Z | {}",
            "delta check: cannot be compared: the earlier result: its unit is mg/dL, and mmol/L is needed",
        ),
        (
            "k1 | 2823-3 | 0 mmol/L | 2026-11-20T08:00:00Z | {}",
            "delta check: cannot be compared: the earlier result is not above 0",
        ),
    ];
    for (earlier, expected) in table {
        let mut record = Record::new()
            .with(specimen("s1", "2026-11-24T11:30:00Z"))
            .with(observation(earlier))
            .signed();
        assert_eq!(
            held(&mut record, potassium("4.2")).join("; "),
            expected,
            "{earlier}"
        );
    }
}

#[test]
fn an_old_specimen_and_one_without_a_time_are_held() {
    let table = [
        ("2026-11-24T04:30:00Z", ""),
        (
            "2026-11-24T04:29:00Z",
            "age of the specimen: the specimen was 481 minutes old, and 480 are allowed",
        ),
        (
            "2026-11-24",
            "age of the specimen: the age of the specimen is not known",
        ),
    ];
    for (collected, expected) in table {
        let earlier = "k1 | 2823-3 | 4.0 mmol/L | 2026-11-20T08:00:00Z | {}";
        let mut record = Record::new()
            .with(specimen("s1", collected))
            .with(observation(earlier))
            .signed();
        assert_eq!(
            held(&mut record, potassium("4.2")).join("; "),
            expected,
            "{collected}"
        );
    }
}

#[test]
fn without_a_specimen_nothing_is_entered() {
    let mut record = Record::new().signed();
    let outcome = record.submit("enter", "enter", potassium("4.2"));
    assert_eq!(
        findings(&outcome),
        ["specimen: Select a specimen that was received."]
    );
    assert_eq!(
        crate::tests::nodes(&record.open("enter"), "empty-state").len(),
        1
    );
}

#[test]
fn a_unit_that_is_typed_after_the_number_is_taken_when_it_is_that_of_the_test() {
    let mut record = record();
    let outcome = record.submit("enter", "enter", potassium("4.20 mmol/L"));
    assert_eq!(findings(&outcome), Vec::<String>::new());
    let filed = record.all("Observation").into_iter().last().unwrap();
    assert_eq!(filed["valueQuantity"]["value"].to_string(), "4.20");
    assert_eq!(filed["valueQuantity"]["unit"], "mmol/L");
}
