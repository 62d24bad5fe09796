//! The four labels as a table.

use serde_json::{Value, json};

use super::super::look::List;
use super::label;

fn allergy(code: &str, words: &str, clinical: &str, verified: &str) -> Value {
    json!({
        "resourceType": "AllergyIntolerance",
        "code": {"text": words, "coding": [{"system": "http://snomed.info/sct", "code": code}]},
        "clinicalStatus": {"coding": [{"code": clinical}]},
        "verificationStatus": {"coding": [{"code": verified}]},
    })
}

#[test]
fn one_of_four_labels() {
    let penicillin = allergy("91936005", "penicillin", "active", "confirmed");
    let refuted = allergy("91936005", "penicillin", "active", "refuted");
    let resolved = allergy("91936005", "penicillin", "resolved", "confirmed");
    let none = allergy("716186003", "No known allergy", "active", "confirmed");
    let no_drug = allergy("409137002", "No known drug allergy", "active", "confirmed");
    let wrong_none = allergy(
        "716186003",
        "No known allergy",
        "active",
        "entered-in-error",
    );
    let table: [(&[&Value], bool, &str, &str); 9] = [
        (&[], false, "Allergies not recorded", ""),
        (&[&penicillin], false, "Known allergies", "penicillin"),
        (&[&none], false, "No known allergies", ""),
        (
            &[&none, &penicillin],
            false,
            "Known allergies",
            "penicillin",
        ),
        (&[&refuted], false, "Allergies not recorded", ""),
        (&[&resolved], false, "Allergies not recorded", ""),
        (
            &[&no_drug],
            false,
            "Allergies not recorded",
            "No known drug allergy",
        ),
        (&[&wrong_none], false, "Allergies not recorded", ""),
        (
            &[&none],
            true,
            "Known allergies",
            "and more: open Allergies",
        ),
    ];
    for (given, more, words, detail) in table {
        let list = List {
            resources: given.iter().map(|it| (*it).clone()).collect(),
            more,
            next: None,
        };
        let said = label(Some(&list));
        assert_eq!(
            (said.words, said.detail.as_str()),
            (words, detail),
            "{given:?}"
        );
    }
    assert_eq!(label(None).words, "Allergies unavailable");
}
