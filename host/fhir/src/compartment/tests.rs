//! Whose record resources belong to.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use serde_json::json;

use super::{TEXT, has_patients, patient_of};
use crate::resource::{Resource, ResourceType};
use crate::search_parameter::find;

#[test]
fn patients_by_case() {
    let reference = |text: &str| json!({ "reference": text });
    let one = reference("Patient/1");
    for (name, members, expected) in [
        ("Patient", json!({ "id": "1" }), Some("1")),
        ("Patient", json!({}), None),
        ("Patient", json!({ "link": [{ "other": one }] }), None),
        ("Observation", json!({ "subject": one }), Some("1")),
        (
            "Observation",
            json!({ "subject": reference("Patient/1/_history/3") }),
            Some("1"),
        ),
        (
            "Observation",
            json!({ "subject": reference("Group/1") }),
            None,
        ),
        (
            "Observation",
            json!({ "subject": reference("urn:uuid:1") }),
            None,
        ),
        (
            "Observation",
            json!({ "subject": reference("https://a.example/Patient/1") }),
            None,
        ),
        // The patient that it is about comes before the patient who did it.
        (
            "Observation",
            json!({ "performer": [reference("Patient/2")], "subject": one }),
            Some("1"),
        ),
        (
            "Observation",
            json!({ "performer": [reference("Patient/2")] }),
            Some("2"),
        ),
        (
            "AllergyIntolerance",
            json!({ "patient": one, "recorder": reference("Patient/2") }),
            Some("1"),
        ),
        (
            "Appointment",
            json!({ "participant": [{ "actor": reference("Location/1") }, { "actor": one }] }),
            Some("1"),
        ),
        ("Encounter", json!({ "subject": one }), Some("1")),
        (
            "Provenance",
            json!({ "target": [reference("Observation/9"), one] }),
            Some("1"),
        ),
        ("Task", json!({ "for": one }), Some("1")),
        ("Organization", json!({ "partOf": one }), None),
        ("Immunization", json!({ "patient": one }), Some("1")),
        ("Immunization", json!({ "patient": "Patient/1" }), None),
    ] {
        let mut value = json!({ "resourceType": name });
        value
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let found = patient_of(&Resource::from_value(value.clone()).unwrap());
        assert_eq!(
            found.map(|id| id.to_string()).as_deref(),
            expected,
            "{value}"
        );
    }
}

#[test]
fn every_parameter_of_the_definition_is_known() {
    for line in TEXT.lines() {
        let (resource_type, name) = line.split_once('\t').unwrap();
        let parameter = find(resource_type.parse().unwrap(), name);
        assert!(
            parameter.is_some_and(|parameter| parameter.expression.is_some()),
            "{line}"
        );
    }
}

#[test]
fn types_that_are_about_patients() {
    for (resource_type, expected) in [
        (ResourceType::PATIENT, true),
        (ResourceType::OBSERVATION, true),
        (ResourceType::ORGANIZATION, false),
        (ResourceType::QUESTIONNAIRE, false),
    ] {
        assert_eq!(has_patients(resource_type), expected, "{resource_type}");
    }
}
