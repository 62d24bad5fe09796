//! Who is concerned by a change, and that finding them through the index misses nobody.
#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use fhir::resource::Resource;
use serde_json::{Value, json};

use super::super::measured::Measured;

fn subscription(id: &str, criteria: &str) -> Resource {
    let value = json!({
        "resourceType": "Subscription", "id": id, "status": "active", "reason": "x", "criteria": criteria,
        "channel": { "type": "rest-hook", "endpoint": "https://hooks.example.org/" },
    });
    Resource::from_value(value).unwrap()
}

fn observation(patient: &str, code: &str, status: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": "o1", "status": status,
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": format!("Patient/{patient}") },
    })
}

#[test]
fn whoever_asks_for_what_a_resource_has_is_concerned() {
    for (criteria, concerned) in [
        ("Observation?", true),
        ("Observation?code=2160-0", true),
        ("Observation?code=http://loinc.org|2160-0", true),
        ("Observation?code=http://snomed.info/sct|2160-0", false),
        ("Observation?code=2160-0,718-7", true),
        ("Observation?code=718-7", false),
        ("Observation?patient=p1", true),
        ("Observation?patient=Patient/p1", true),
        ("Observation?subject=Patient/p1", true),
        ("Observation?patient=Patient/p2", false),
        ("Observation?patient=Patient/p1&status=final", true),
        ("Observation?patient=Patient/p1&status=amended", false),
        ("Observation?status:not=amended", true),
        ("Observation?status:not=final", false),
        ("Observation?_id=o1", true),
        ("Observation?_id=o2", false),
        ("Observation?date:missing=true", true),
        ("Patient?_id=o1", false),
    ] {
        let mut all = Measured::default();
        all.add(&subscription("s1", criteria)).unwrap();
        let is = Resource::from_value(observation("p1", "2160-0", "final")).unwrap();
        assert_eq!(all.events_of(&[is]) == 1, concerned, "{criteria}");
    }
}

#[test]
fn what_is_restricted_concerns_only_those_who_name_the_patient() {
    for (criteria, label, concerned) in [
        ("Observation?code=2160-0", "N", 1),
        ("Observation?code=2160-0", "R", 0),
        ("Observation?code=2160-0", "V", 0),
        ("Observation?patient=Patient/p1&code=2160-0", "R", 1),
        ("Observation?patient=Patient/p1,Patient/p2", "R", 0),
    ] {
        let mut all = Measured::default();
        all.add(&subscription("s1", criteria)).unwrap();
        let mut value = observation("p1", "2160-0", "final");
        let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
        value["meta"] = json!({ "security": [{ "system": system, "code": label }] });
        assert_eq!(
            all.events_of(&[Resource::from_value(value).unwrap()]),
            concerned,
            "{criteria} {label}"
        );
    }
}

#[test]
fn a_subscription_is_there_once_however_often_it_is_written() {
    let mut all = Measured::default();
    for criteria in [
        "Observation?code=718-7",
        "Observation?",
        "Observation?patient=Patient/p1",
        "Observation?code=2160-0",
    ] {
        all.add(&subscription("s1", criteria)).unwrap();
        all.add(&subscription("s2", "Observation?code=2160-0"))
            .unwrap();
    }
    let is = |code| Resource::from_value(observation("p1", code, "final")).unwrap();
    assert_eq!(
        (
            all.subscriptions(),
            all.events_of(&[is("2160-0")]),
            all.events_of(&[is("718-7")])
        ),
        (2, 2, 0)
    );
}
