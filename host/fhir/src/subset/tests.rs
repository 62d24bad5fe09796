//! What is left of resources by what was asked for.
#![expect(clippy::unwrap_used, reason = "a test stops where its story breaks")]

use serde_json::{Value, json};

use super::Subset;
use crate::resource::ResourceType;

fn patient() -> Value {
    json!({
        "resourceType": "Patient", "id": "1",
        "meta": {"versionId": "3", "tag": [{"system": "urn:t", "code": "x"}]},
        "text": {"status": "generated", "div": "<div/>"},
        "modifierExtension": [{"url": "urn:m", "valueBoolean": true}],
        "extension": [{"url": "urn:e", "valueBoolean": true}],
        "name": [{"family": "Hargreaves", "extension": [{"url": "urn:e", "valueString": "x"}]}],
        "gender": "female",
        "_birthDate": {"extension": [{"url": "urn:e", "valueString": "x"}]},
        "deceasedBoolean": false,
        "contact": [{"gender": "male"}],
        "photo": [{"title": "her"}],
        "link": [{"other": {"reference": "Patient/2"}, "type": "seealso"}]
    })
}

#[test]
fn a_patient_by_what_is_asked_for() {
    let elements =
        |names: &[&str]| Subset::Elements(names.iter().map(|it| (*it).to_owned()).collect());
    let rows = [
        (
            Subset::Summary,
            "resourceType id meta modifierExtension name gender _birthDate deceasedBoolean link",
        ),
        (Subset::Text, "resourceType id meta text modifierExtension"),
        (
            Subset::Data,
            "resourceType id meta modifierExtension extension name gender _birthDate deceasedBoolean contact photo link",
        ),
        (
            elements(&["birthDate", "deceased"]),
            "resourceType id meta modifierExtension _birthDate",
        ),
        (
            elements(&["deceasedBoolean"]),
            "resourceType id meta modifierExtension deceasedBoolean",
        ),
        (
            elements(&["nonsense"]),
            "resourceType id meta modifierExtension",
        ),
    ];
    for (subset, expected) in rows {
        let left: Value =
            serde_json::from_str(&subset.of(&patient().to_string()).unwrap()).unwrap();
        let names: Vec<&str> = left
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let expected = match &subset {
            Subset::Elements(names) if names.contains(&"deceased".to_owned()) => {
                format!("{expected} deceasedBoolean")
            }
            _ => expected.to_owned(),
        };
        assert_eq!(names.join(" "), expected, "{subset:?}");
        let tags = left["meta"]["tag"].as_array().unwrap();
        assert_eq!(
            (tags.len(), &tags[1]["code"]),
            (2, &json!("SUBSETTED")),
            "{subset:?}"
        );
    }
    assert_eq!(Subset::Whole.of(&patient().to_string()), None);
}

#[test]
fn the_summary_goes_into_parts_and_keeps_what_must_be_there() {
    let observation = json!({
        "resourceType": "Observation", "status": "final", "code": {"text": "x", "coding": [{"code": "1"}]},
        "valueQuantity": {"value": 1.50, "unit": "mmol/L"}, "note": [{"text": "n"}],
        "component": [{"code": {"text": "c"}, "valueString": "v", "interpretation": [{"text": "i"}],
                       "referenceRange": [{"text": "r"}]}]
    });
    let of = |subset: Subset| -> Value {
        serde_json::from_str(&subset.of(&observation.to_string()).unwrap()).unwrap()
    };
    let summary = of(Subset::Summary);
    assert_eq!(summary["valueQuantity"], observation["valueQuantity"]);
    assert_eq!(
        summary["component"],
        json!([{"code": {"text": "c"}, "valueString": "v"}])
    );
    assert_eq!(summary.get("note"), None);
    let text = of(Subset::Text);
    assert_eq!(
        (&text["status"], &text["code"]),
        (&json!("final"), &observation["code"])
    );
}

#[test]
fn every_resource_type_has_a_summary() {
    for of in ResourceType::all() {
        let body = json!({"resourceType": of.as_str(), "id": "1"}).to_string();
        let left: Value = serde_json::from_str(&Subset::Summary.of(&body).unwrap()).unwrap();
        assert_eq!(
            (&left["id"], &left["meta"]["tag"][0]["code"]),
            (&json!("1"), &json!("SUBSETTED")),
            "{of}"
        );
    }
}
