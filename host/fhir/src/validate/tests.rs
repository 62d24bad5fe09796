//! What is found wrong, one row for each thing that can be; and that real histories are found sound.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]
#![expect(clippy::print_stderr, reason = "what was left out is said in one line")]

use std::io::Read;

use serde_json::{Value, json};

use super::{ISSUES_MAX, check};
use crate::outcome::Issue;
use crate::resource::Resource;
use crate::search_parameter::extract;

/// `path: details` of each issue.
fn issues(value: Value) -> Vec<String> {
    let said = |issue: &Issue| {
        format!(
            "{}: {}",
            issue.expression.as_deref().unwrap_or(""),
            issue.details
        )
    };
    check(&Resource::from_value(value).unwrap())
        .iter()
        .map(said)
        .collect()
}

/// Adds the members to a sound Patient and expects one issue that begins so; nothing where it is empty.
fn patient_with(members: Value, expected: &str) {
    let mut value = json!({ "resourceType": "Patient" });
    let object = value.as_object_mut().unwrap();
    object.extend(members.as_object().unwrap().clone());
    let found = issues(value);
    let fits = match expected {
        "" => found.is_empty(),
        expected => matches!(found.as_slice(), [only] if only.starts_with(expected)),
    };
    assert!(
        fits,
        "{members}\n  expected: {expected}\n  found: {found:#?}"
    );
}

#[test]
fn elements_and_how_often_they_occur() {
    for (members, expected) in [
        (json!({ "birthDate": "1970-01-01" }), ""),
        (
            json!({ "birthdate": "1970" }),
            "Patient.birthdate: Patient has no element `birthdate`; did you mean `birthDate`?",
        ),
        (
            json!({ "name": { "family": "A" } }),
            "Patient.name: this may repeat",
        ),
        (
            json!({ "birthDate": ["1970"] }),
            "Patient.birthDate: this occurs once only",
        ),
        (json!({ "name": [] }), "Patient.name: the array is empty"),
        (
            json!({ "name": [{}] }),
            "Patient.name[0]: the object is empty",
        ),
        (
            json!({ "name": ["A"] }),
            "Patient.name[0]: this must be an object (HumanName), but it is a text",
        ),
        (
            json!({ "name": [{ "given": ["A", 1] }] }),
            "Patient.name[0].given[1]: write a text",
        ),
        (
            json!({ "name": [{ "given": ["A", null] }] }),
            "Patient.name[0].given[1]: null is not a value",
        ),
        (
            json!({ "name": [{ "given": [null], "_given": [{ "id": "a" }] }] }),
            "",
        ),
        (json!({ "name": [{ "_given": [{ "id": "a" }] }] }), ""),
        (
            json!({ "name": [{ "given": ["A"], "_given": [null, { "id": "a" }] }] }),
            "Patient.name[0]._given: this needs as many",
        ),
        (
            json!({ "_birthDate": { "extension": [{ "url": "urn:x", "valueCode": "unknown" }] } }),
            "",
        ),
        (
            json!({ "_birthDate": { "extension": [{ "url": "urn:x" }] } }),
            "Patient._birthDate.extension[0]: an extension has either",
        ),
        (
            json!({ "_birthDate": "x" }),
            "Patient._birthDate: this must be an object",
        ),
        (
            json!({ "_name": {} }),
            "Patient._name: Patient has no simple element `name`",
        ),
        (
            json!({ "deceasedBoolean": false, "deceasedDateTime": "2024" }),
            "Patient.deceased: `deceasedBoolean` and `deceasedDateTime` exclude",
        ),
        (
            json!({ "deceasedString": "yes" }),
            "Patient.deceasedString: Patient has no element",
        ),
        (
            json!({ "deceased": true }),
            "Patient.deceased: Patient has no element",
        ),
        (
            json!({ "link": [{ "type": "seealso" }] }),
            "Patient.link[0].other: `other` is required",
        ),
        (
            json!({ "communication": [{ "preferred": true }] }),
            "Patient.communication[0].language: `language` is required",
        ),
    ] {
        patient_with(members, expected);
    }
    let bare = issues(
        json!({ "resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": { "display": "x" } }),
    );
    assert_eq!(
        bare,
        [
            "MedicationRequest.medication: one of `medicationCodeableConcept`, `medicationReference` is required"
        ]
    );
}

#[test]
fn forms_of_primitive_values() {
    for (members, expected) in [
        (
            json!({ "active": "true" }),
            "Patient.active: write true or false without quotes",
        ),
        (
            json!({ "birthDate": "1970-02-30" }),
            "Patient.birthDate: there is no such day",
        ),
        (
            json!({ "birthDate": "1970-1-1" }),
            "Patient.birthDate: not a date; write 2024",
        ),
        (
            json!({ "birthDate": "1970-01-01T00:00:00Z" }),
            "Patient.birthDate: not a date",
        ),
        (
            json!({ "deceasedDateTime": "2024-01-01T10:00:00" }),
            "Patient.deceasedDateTime: not a date",
        ),
        (
            json!({ "deceasedDateTime": "2024-01-01T10:00:00+14:00" }),
            "",
        ),
        (
            json!({ "deceasedDateTime": "2024-01-01T10:00:00+14:01" }),
            "Patient.deceasedDateTime: not a date",
        ),
        (
            json!({ "meta": { "lastUpdated": "2024-01-01" } }),
            "Patient.meta.lastUpdated: not a date",
        ),
        (json!({ "id": "a b" }), "Patient.id: an id is"),
        (json!({ "id": "a".repeat(64) }), ""),
        (json!({ "id": "a".repeat(65) }), "Patient.id: an id is"),
        (
            json!({ "multipleBirthInteger": 2.0 }),
            "Patient.multipleBirthInteger: write a whole number",
        ),
        (json!({ "multipleBirthInteger": 2_147_483_647 }), ""),
        (
            json!({ "multipleBirthInteger": 2_147_483_648_i64 }),
            "Patient.multipleBirthInteger: write a whole number",
        ),
        (
            json!({ "telecom": [{ "rank": 0 }] }),
            "Patient.telecom[0].rank: write a whole number from 1",
        ),
        (
            json!({ "telecom": [{ "value": "" }] }),
            "Patient.telecom[0].value: the text is empty",
        ),
        (
            json!({ "telecom": [{ "value": "a\u{1}" }] }),
            "Patient.telecom[0].value: the text holds a control character",
        ),
        (
            json!({ "language": " en" }),
            "Patient.language: a code has no space",
        ),
        (
            json!({ "implicitRules": "a b" }),
            "Patient.implicitRules: a URI has no spaces",
        ),
        (json!({ "photo": [{ "data": "aGk=" }] }), ""),
        (
            json!({ "photo": [{ "data": "aGk" }] }),
            "Patient.photo[0].data: this is not base64",
        ),
        (
            json!({ "text": { "status": "generated", "div": "hello" } }),
            "Patient.text.div: write one <div",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueTime": "14:30:00" }] }),
            "",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueTime": "14:30" }] }),
            "Patient.extension[0].valueTime: write a time",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueTime": "14:30:00Z" }] }),
            "Patient.extension[0].valueTime: write a time",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueOid": "urn:oid:1.2.36" }] }),
            "",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueOid": "urn:oid:3.2" }] }),
            "Patient.extension[0].valueOid: write an OID",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueUuid": "c757873d" }] }),
            "Patient.extension[0].valueUuid: write a UUID",
        ),
        (
            json!({ "extension": [{ "url": "urn:x", "valueDecimal": "1.0" }] }),
            "Patient.extension[0].valueDecimal: write a number",
        ),
    ] {
        patient_with(members, expected);
    }
}

#[test]
fn codes_references_and_contained_resources() {
    let marital = |code: &str| json!({ "coding": [{ "system": "urn:local", "code": code }] });
    for (members, expected) in [
        (json!({ "gender": "female" }), ""),
        (
            json!({ "gender": "F" }),
            "Patient.gender: `F` is not a code of administrative-gender; write one of female, male",
        ),
        // The binding of maritalStatus is extensible, so any code will do.
        (json!({ "maritalStatus": marital("X") }), ""),
        (
            json!({ "managingOrganization": { "reference": "Organization/1" } }),
            "",
        ),
        (
            json!({ "managingOrganization": { "reference": "Patient/1" } }),
            "Patient.managingOrganization.reference: this cannot refer to a Patient, only to Organization",
        ),
        (
            json!({ "managingOrganization": { "reference": "Organization?identifier=x|y" } }),
            "",
        ),
        (
            json!({ "managingOrganization": { "reference": "Patient?identifier=x|y" } }),
            "Patient.managingOrganization.reference: this cannot refer",
        ),
        (
            json!({ "managingOrganization": { "reference": "urn:uuid:1" } }),
            "",
        ),
        (
            json!({ "managingOrganization": { "reference": "https://a.example/Organization/1" } }),
            "",
        ),
        (
            json!({ "managingOrganization": { "reference": "the hospital" } }),
            "Patient.managingOrganization.reference: `the hospital` is not a reference",
        ),
        (
            json!({ "managingOrganization": { "reference": "#o" } }),
            "Patient.managingOrganization.reference: no contained resource has the id `o`",
        ),
        (
            json!({ "managingOrganization": { "reference": "#o" }, "contained": [{ "resourceType": "Organization", "id": "o" }] }),
            "",
        ),
        (
            json!({ "contained": [{ "resourceType": "Organization" }] }),
            "Patient.contained[0].id: a contained resource needs",
        ),
        (
            json!({ "contained": [{ "resourceType": "Hospital", "id": "o" }] }),
            "Patient.contained[0].resourceType: `Hospital` is not a FHIR R4",
        ),
        (
            json!({ "contained": [{ "id": "o" }] }),
            "Patient.contained[0].resourceType: `resourceType` is required",
        ),
        (
            json!({ "contained": [{ "resourceType": "Organization", "id": "o", "nme": 1 }] }),
            "Patient.contained[0].nme: Organization has no element `nme`; did you mean `name`",
        ),
    ] {
        patient_with(members, expected);
    }
    let status = |coding: Value| {
        issues(
            json!({ "resourceType": "Condition", "subject": { "reference": "Patient/1" }, "clinicalStatus": coding }),
        )
    };
    let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    assert_eq!(
        status(
            json!({ "coding": [{ "code": "x", "system": "urn:x" }, { "system": system, "code": "active" }] })
        ),
        [""; 0]
    );
    assert!(
        status(json!({ "coding": [{ "system": "urn:x", "code": "active" }] }))[0]
            .contains("`active` is not a code of condition-clinical")
    );
    assert!(
        status(json!({ "text": "active" }))[0].contains("a code of condition-clinical is required")
    );
}

#[test]
fn a_contained_reference_looks_into_its_own_resource_of_a_bundle() {
    let organisation = json!({ "resourceType": "Organization", "id": "o" });
    let patient = json!({ "resourceType": "Patient", "managingOrganization": { "reference": "#o" }, "contained": [organisation] });
    let bundle = json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "resource": patient }] });
    assert_eq!(issues(bundle), [""; 0]);
}

#[test]
fn a_flood_of_issues_is_bounded() {
    let names = vec![json!({ "wrong": 1 }); 10 * ISSUES_MAX];
    assert_eq!(
        issues(json!({ "resourceType": "Patient", "name": names })).len(),
        ISSUES_MAX
    );
}

#[test]
fn a_type_changed_behind_the_back_is_found() {
    let mut resource = Resource::from_value(json!({ "resourceType": "Patient" })).unwrap();
    resource.value_mut()["resourceType"] = json!("Group");
    assert!(check(&resource)[0].details.contains("must stay"));
}

/// Synthea's histories are sound R4; a finding in one is a fault of ours.
#[test]
fn published_histories_are_sound() {
    let Ok(folder) = std::env::var("PALATINE_DATA") else {
        eprintln!("left out: checking published histories, since PALATINE_DATA is not set");
        return;
    };
    let mut count = 0;
    let mut indexed = 0;
    for file in std::fs::read_dir(format!("{folder}/synthea")).unwrap() {
        let path = file.unwrap().path();
        let mut text = Vec::new();
        let file = std::fs::File::open(&path).unwrap();
        bzip2::read::BzDecoder::new(file)
            .read_to_end(&mut text)
            .unwrap();
        let bundle =
            Resource::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            bundle.to_json().len(),
            serde_json::from_slice::<Value>(&text)
                .unwrap()
                .to_string()
                .len()
        );
        assert_eq!(check(&bundle), [], "{}", path.display());
        for entry in bundle.value()["entry"].as_array().unwrap() {
            let resource = Resource::from_value(entry["resource"].clone()).unwrap();
            assert_eq!(check(&resource), [], "{resource:?} in {}", path.display());
            indexed += extract(&resource).len();
            count += 1;
        }
    }
    assert!(
        count > 1000 && indexed > 5 * count,
        "{count} resources, {indexed} index entries"
    );
}
