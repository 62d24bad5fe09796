//! Whose record resources belong to.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::{COMPARTMENTS, OTHERS, TEXT, has_patients, is_decided_by, members, patient_of};
use crate::resource::{Resource, ResourceType};
use crate::search_parameter::find;

#[test]
fn patients_by_case() {
    // The patient that a resource is about comes before the patient who did it.
    let rows = r#"
        {"resourceType": "Patient", "id": "1"} => 1
        {"resourceType": "Patient"} =>
        {"resourceType": "Patient", "link": [{"other": {"reference": "Patient/1"}}]} =>
        {"resourceType": "Observation", "subject": {"reference": "Patient/1"}} => 1
        {"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/3"}} => 1
        {"resourceType": "Observation", "subject": {"reference": "Group/1"}} =>
        {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}} =>
        {"resourceType": "Observation", "subject": {"reference": "https://a.example/Patient/1"}} =>
        {"resourceType": "Observation", "performer": [{"reference": "Patient/2"}], "subject": {"reference": "Patient/1"}} => 1
        {"resourceType": "Observation", "performer": [{"reference": "Patient/2"}]} => 2
        {"resourceType": "AllergyIntolerance", "recorder": {"reference": "Patient/2"}, "patient": {"reference": "Patient/1"}} => 1
        {"resourceType": "Appointment", "participant": [{"actor": {"reference": "Location/1"}}, {"actor": {"reference": "Patient/1"}}]} => 1
        {"resourceType": "Encounter", "subject": {"reference": "Patient/1"}} => 1
        {"resourceType": "Provenance", "target": [{"reference": "Observation/9"}, {"reference": "Patient/1"}]} => 1
        {"resourceType": "Task", "for": {"reference": "Patient/1"}} => 1
        {"resourceType": "Organization", "partOf": {"reference": "Patient/1"}} =>
        {"resourceType": "Immunization", "patient": "Patient/1"} =>
    "#;
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (resource, expected) = row.split_once("=>").unwrap();
        let found = patient_of(&Resource::parse(resource.as_bytes()).unwrap());
        assert_eq!(
            found.map_or(String::new(), |id| id.to_string()),
            expected.trim(),
            "{row}"
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
fn every_compartment_has_its_members() {
    let lines = TEXT.lines().count() + OTHERS.lines().count();
    let known = COMPARTMENTS.map(|whose| members(whose).len());
    assert_eq!(known.iter().sum::<usize>(), lines);
    for (whose, of, name) in [
        (ResourceType::PATIENT, "Observation", "performer"),
        (ResourceType::ENCOUNTER, "Observation", "encounter"),
        (
            ResourceType::PRACTITIONER,
            "Patient",
            "general-practitioner",
        ),
        (ResourceType::DEVICE, "Observation", "device"),
        (ResourceType::RELATED_PERSON, "Schedule", "actor"),
    ] {
        let found = members(whose)
            .iter()
            .any(|it| it.resource_type.as_str() == of && it.name == name);
        assert!(found, "{whose}: {of}.{name}");
    }
    assert!(members(ResourceType::ORGANIZATION).is_empty());
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

#[test]
fn what_decides_whose_a_resource_is() {
    for (of, name, expected) in [
        ("Observation", "patient", true),
        ("Observation", "subject", true),
        ("Observation", "performer", false),
        ("Condition", "patient", true),
        ("Task", "patient", true),
        ("Claim", "patient", true),
        // Several patients may be named.
        ("Appointment", "patient", false),
        ("Provenance", "patient", false),
        ("AuditEvent", "patient", false),
        // Of no compartment.
        ("MedicinalProductIndication", "subject", false),
        ("SupplyRequest", "subject", true),
    ] {
        let parameter = find(of.parse().unwrap(), name).unwrap();
        assert_eq!(is_decided_by(parameter), expected, "{of}.{name}");
    }
}
