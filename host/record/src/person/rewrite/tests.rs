//! What merges make of a person's own record, and of references to them.
//!
//! Invariant: taking out what was put in leaves what was there.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use fhir::resource::{Id, Key};
use serde_json::{Value, json};

use super::{Side, give_back, merged_away, merged_from, merged_into, merged_to, refer, without};

fn id(text: &str) -> Id {
    text.parse().unwrap()
}

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn to(who: &str) -> Value {
    json!({ "reference": who })
}

#[test]
fn references_that_are_given_back() {
    // What was there before the merge; what somebody made of it since; what the source's has then.
    let table = [
        (
            Value::Null,
            json!({ "subject": to("Patient/t") }),
            json!({ "subject": to("Patient/s") }),
        ),
        (
            json!({ "subject": to("Patient/s") }),
            json!({ "subject": to("Patient/t"), "n": 1 }),
            json!({ "subject": to("Patient/s"), "n": 1 }),
        ),
        (
            json!({ "subject": to("Patient/s/_history/2") }),
            json!({ "subject": to("Patient/t") }),
            json!({ "subject": to("Patient/s/_history/2") }),
        ),
        (
            json!({ "subject": to("Patient/s"), "performer": [to("Patient/t")] }),
            json!({ "subject": to("Patient/t"), "performer": [to("Patient/t"), to("Patient/t")] }),
            json!({ "subject": to("Patient/s"), "performer": [to("Patient/t"), to("Patient/s")] }),
        ),
        (
            json!({ "a": to("Patient/x") }),
            json!({ "a": to("Patient/t"), "b": to("Patient/tt") }),
            json!({ "a": to("Patient/s"), "b": to("Patient/tt") }),
        ),
    ];
    for (before, mut now, expected) in table {
        give_back(&mut now, Some(&before), &id("s"), &id("t"));
        assert_eq!(now, expected);
    }
}

#[test]
fn references_that_are_moved() {
    let table = [
        (to("Patient/s"), Some(to("Patient/t"))),
        (to("Patient/s/_history/3"), Some(to("Patient/t"))),
        (to("Patient/ss"), None),
        (to("Practitioner/s"), None),
        (to("https://elsewhere.example/Patient/s"), None),
        (to("#s"), None),
        (
            json!({ "contained": [{ "subject": to("Patient/s") }] }),
            Some(json!({ "contained": [{ "subject": to("Patient/t") }] })),
        ),
    ];
    for (before, expected) in table {
        let mut now = before.clone();
        assert_eq!(
            refer(&mut now, &id("s"), &id("t")),
            expected.is_some(),
            "{before}"
        );
        assert_eq!(now, expected.unwrap_or(before));
    }
}

#[test]
fn a_merge_is_taken_out_of_what_somebody_changed_since() {
    let nhs =
        |number: &str| json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": number });
    let own = |number: &str| json!({ "system": "urn:pas", "value": number });
    let source = json!({ "id": "s", "identifier": [nhs("1"), own("5")] });
    let target = json!({ "id": "t", "identifier": [nhs("2"), own("6")], "name": "before" });
    for stands in [Some(Side::Source), Some(Side::Target)] {
        let mut merged = merged_into(target.clone(), &key("Patient/s"), &source, stands);
        let old = |number: &Value| number["use"] == "old";
        let numbers = merged["identifier"].as_array().unwrap().clone();
        assert_eq!(numbers.iter().filter(|it| old(it)).count(), 2);
        assert_eq!(old(&numbers[0]), stands == Some(Side::Source));
        assert_eq!(merged_from(&merged), [key("Patient/s")]);
        merged["name"] = json!("after");
        let apart = without(merged, &target, &key("Patient/s"), &source);
        let expected = json!({ "id": "t", "identifier": [nhs("2"), own("6")], "name": "after" });
        assert_eq!(apart, expected);
    }
    let away = merged_away(source.clone(), &key("Patient/t"));
    assert_eq!(merged_to(&away), Some(key("Patient/t")));
    assert_eq!(merged_to(&source), None);
    let elsewhere =
        json!({ "active": false, "link": [{ "other": to("Patient/t"), "type": "replaced-by" }] });
    assert_eq!(
        merged_to(&elsewhere),
        None,
        "a link that came with the patient is no merge of ours"
    );
}
