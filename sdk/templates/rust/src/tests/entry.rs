//! The form by what is typed: findings on its fields, and what is filed.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Ward, form};
use sdk::{Value, json};

use super::{empty, nodes};
use crate::VitalSigns;

const COMPLETE: [(&str, &str); 8] = [
    ("when", "2026-11-24T14:00:00Z"),
    ("respiration", "24"),
    ("saturation", "93"),
    ("oxygen", "oxygen"),
    ("systolic", "105"),
    ("pulse", "105"),
    ("consciousness", "alert"),
    ("temperature", "38.50"),
];

fn submit(form: &Value) -> Value {
    empty().submit(&VitalSigns, "enter", "file", form).unwrap()
}

/// The complete form with these fields instead; an empty one is left out.
fn with(fields: &[(&str, &str)]) -> Value {
    let mut all = form(&COMPLETE);
    for (name, text) in fields {
        match text.is_empty() {
            true => drop(all["fields"].as_object_mut().unwrap().shift_remove(*name)),
            false => all["fields"][*name] = json!(text),
        }
    }
    all
}

#[test]
fn what_is_wrong_is_said_on_its_field() {
    for (field, text, expected) in [
        ("when", "", "Say when the observations were taken."),
        ("when", "2026-11-24", "Write the day and the time of day"),
        ("when", "2026-11-24T14:04:00Z", "This time has not come yet"),
        (
            "respiration",
            "20.5",
            "Respirations must be a whole number.",
        ),
        ("respiration", "024", "Respirations is no number."),
        ("saturation", "101", "SpO2 must be from 1 to 100 %."),
        (
            "systolic",
            "0",
            "Systolic pressure must be from 1 to 350 mmHg.",
        ),
        ("pulse", "fast", "Pulse is no number."),
        ("pulse", "-1", "Pulse must be from 0 to 350 /min."),
        (
            "temperature",
            "98.6",
            "Temperature must be from 20.0 to 46.0 Cel.",
        ),
        ("temperature", "37,5", "Temperature is no number."),
        (
            "consciousness",
            "asleep",
            "Choose one of the words that are listed.",
        ),
        ("scale", "2", "confirmed"),
        ("confirmed-by", "Dr Iqbal", "Tick scale 2"),
    ] {
        let findings = submit(&with(&[(field, text)]));
        let on = if field == "scale" {
            "confirmed-by"
        } else if field == "confirmed-by" {
            "scale"
        } else {
            field
        };
        let finding = &findings["findings"][0];
        assert_eq!(finding["field"], on, "{field} {text}: {findings}");
        assert!(
            finding["message"].as_str().unwrap().contains(expected),
            "{field} {text}: {findings}"
        );
        assert_eq!(findings.get("proposal"), None);
    }
    let nothing = submit(&form(&[("when", "2026-11-24T14:00:00Z")]));
    assert_eq!(nothing["findings"][0].get("field"), None);
}

#[test]
fn a_complete_set_is_filed_with_its_score() {
    let outcome = submit(&with(&[]));
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 8);
    let total = &changes[7]["resource"];
    assert_eq!(total["code"]["coding"][0]["code"], "1104051000000101");
    assert_eq!(total["valueInteger"], 9);
    assert_eq!(total["derivedFrom"].as_array().unwrap().len(), 7);
    assert_eq!(total["component"].as_array().unwrap().len(), 7);
    assert_eq!(
        total["component"][0]["code"]["coding"][0]["code"],
        "1104301000000104"
    );
    // With the digits that were typed.
    let temperature = changes
        .iter()
        .find(|it| it["resource"]["code"]["coding"][0]["code"] == "8310-5")
        .unwrap();
    assert_eq!(
        temperature["resource"]["valueQuantity"]["value"].to_string(),
        "38.50"
    );
    assert_eq!(outcome["next"]["screen"], "chart");
}

#[test]
fn an_incomplete_set_is_filed_without_a_score() {
    let outcome = submit(&with(&[("temperature", "")]));
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 6);
    assert!(
        changes
            .iter()
            .all(|it| it["resource"].get("valueInteger").is_none())
    );
}

#[test]
fn scale_2_is_filed_with_who_confirmed_it_and_without_the_code_of_scale_1() {
    let mut form = with(&[("saturation", "97"), ("confirmed-by", "Dr Iqbal")]);
    form["fields"]["scale"] = json!(["2"]);
    let outcome = submit(&form);
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 9);
    assert!(
        changes[7]["resource"]["note"][0]["text"]
            .as_str()
            .unwrap()
            .ends_with("confirmed by Dr Iqbal")
    );
    let total = &changes[8]["resource"];
    assert_eq!(total["valueInteger"], 10);
    assert_eq!(total["component"][1]["code"].get("coding"), None);
}

#[test]
fn what_is_filed_is_what_the_chart_reads() {
    let mut ward = Ward::new(empty(), VitalSigns);
    let mut fields: Vec<(&str, Value)> = COMPLETE.map(|(name, text)| (name, json!(text))).to_vec();
    fields.extend([
        ("saturation", json!("97")),
        ("confirmed-by", json!("Dr Iqbal")),
        ("scale", json!(["2"])),
    ]);
    let filled = ward.filled("enter", "file", fields).unwrap();
    ward.submit(&filled).unwrap();
    let screen = ward.open("chart").unwrap();
    assert_eq!(nodes(&screen, "score")[0]["value"], "10");
    assert_eq!(
        nodes(&screen, "alert")[0]["title"],
        "NEWS2 10. High: emergency response"
    );
}

#[test]
fn actions_and_screens_that_are_not_there_are_refused() {
    let refused = empty()
        .submit(&VitalSigns, "enter", "delete", &with(&[]))
        .unwrap_err();
    assert_eq!(refused.code, "not-provided");
}
