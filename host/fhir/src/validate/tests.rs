//! What is found wrong, one row for each thing that can be; and that real histories are found sound.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]
#![expect(clippy::print_stderr, reason = "what was left out is said in one line")]

use std::io::Read;

use serde_json::{Value, json};

use super::{ISSUES_MAX, Question, Reach, ask, check, profiles_of};
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

/// Each row: members of a Patient as JSON, `=>`, and how the one issue begins; nothing where there is none.
fn check_rows(rows: &str) {
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (members, expected) = row.split_once("=>").unwrap();
        let mut value = json!({ "resourceType": "Patient" });
        let members: Value = serde_json::from_str(members).unwrap();
        value
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let found = issues(value);
        let fits = match expected.trim() {
            "" => found.is_empty(),
            expected => matches!(found.as_slice(), [only] if only.starts_with(expected)),
        };
        assert!(fits, "{row}\n  found: {found:#?}");
    }
}

#[test]
fn elements_and_how_often_they_occur() {
    check_rows(
        r#"
        {"birthDate": "1970-01-01"} =>
        {"birthdate": "1970"} => Patient.birthdate: Patient has no element `birthdate`; did you mean `birthDate`?
        {"name": {"family": "A"}} => Patient.name: this may repeat
        {"birthDate": ["1970"]} => Patient.birthDate: this occurs once only
        {"name": []} => Patient.name: the array is empty
        {"name": [{}]} => Patient.name[0]: the object is empty
        {"name": ["A"]} => Patient.name[0]: this must be an object (HumanName), but it is a text
        {"name": [{"given": ["A", 1]}]} => Patient.name[0].given[1]: write a text
        {"name": [{"given": ["A", null]}]} => Patient.name[0].given[1]: null is not a value
        {"name": [{"given": [null], "_given": [{"extension": [{"url": "urn:x", "valueCode": "unknown"}]}]}]} =>
        {"name": [{"_given": [{"extension": [{"url": "urn:x", "valueCode": "unknown"}]}]}]} =>
        {"name": [{"given": ["A"], "_given": [{"id": "a"}]}]} =>
        {"name": [{"given": [null], "_given": [{"id": "a"}]}]} => Patient.name[0]._given[0]: an element has a value or extensions, not only an id (rule ele-1)
        {"name": [{"_given": [{"id": "a"}]}]} => Patient.name[0]._given[0]: an element has a value or extensions
        {"birthDate": "1970", "_birthDate": {"id": "a"}} =>
        {"_birthDate": {"id": "a"}} => Patient._birthDate: an element has a value or extensions
        {"name": [{"id": "a"}]} => Patient.name[0]: an element has a value or further elements, not only an id (rule ele-1)
        {"name": [{"id": "a", "family": "A"}]} =>
        {"name": [{"given": ["A"], "_given": [null, {"id": "a"}]}]} => Patient.name[0]._given: this needs as many
        {"_birthDate": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}} =>
        {"_birthDate": {"extension": [{"url": "urn:x"}]}} => Patient._birthDate.extension[0]: an extension has either
        {"_birthDate": "x"} => Patient._birthDate: this must be an object
        {"_name": {}} => Patient._name: Patient has no simple element `name`
        {"deceasedBoolean": false, "deceasedDateTime": "2024"} => Patient.deceased: `deceasedBoolean` and `deceasedDateTime` exclude
        {"deceasedString": "yes"} => Patient.deceasedString: Patient has no element
        {"deceased": true} => Patient.deceased: Patient has no element
        {"link": [{"type": "seealso"}]} => Patient.link[0].other: `other` is required
        {"communication": [{"preferred": true}]} => Patient.communication[0].language: `language` is required
        "#,
    );
    let bare = json!({
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": { "display": "x" }
    });
    let expected = "MedicationRequest.medication: one of `medicationCodeableConcept`, `medicationReference` is required";
    assert_eq!(issues(bare), [expected]);
}

#[test]
fn forms_of_primitive_values() {
    check_rows(
        r#"
        {"active": "true"} => Patient.active: write true or false without quotes
        {"birthDate": "1970-02-30"} => Patient.birthDate: there is no such day
        {"birthDate": "1970-1-1"} => Patient.birthDate: not a date; write 2024
        {"birthDate": "1970-01-01T00:00:00Z"} => Patient.birthDate: not a date
        {"deceasedDateTime": "2024-01-01T10:00:00"} => Patient.deceasedDateTime: not a date
        {"deceasedDateTime": "2024-01-01T10:00:00+14:00"} =>
        {"deceasedDateTime": "2024-01-01T10:00:00+14:01"} => Patient.deceasedDateTime: not a date
        {"meta": {"lastUpdated": "2024-01-01"}} => Patient.meta.lastUpdated: not a date
        {"id": "a b"} => Patient.id: an id is
        {"multipleBirthInteger": 2.0} => Patient.multipleBirthInteger: write a whole number
        {"multipleBirthInteger": 2147483647} =>
        {"multipleBirthInteger": 2147483648} => Patient.multipleBirthInteger: write a whole number
        {"multipleBirthInteger": -2147483648} =>
        {"telecom": [{"rank": 1}]} =>
        {"telecom": [{"rank": 0}]} => Patient.telecom[0].rank: write a whole number from 1
        {"telecom": [{"value": ""}]} => Patient.telecom[0].value: the text is empty
        {"telecom": [{"value": "a\u0001"}]} => Patient.telecom[0].value: the text holds a control character
        {"telecom": [{"system": "phone", "value": "a\tb\r\n"}]} =>
        {"language": " en"} => Patient.language: a code has no space
        {"implicitRules": "a b"} => Patient.implicitRules: a URI has no spaces
        {"photo": [{"contentType": "image/png", "data": "aGk="}]} =>
        {"photo": [{"contentType": "image/png", "data": "aGk"}]} => Patient.photo[0].data: this is not base64
        {"text": {"status": "generated", "div": "hello"}} => Patient.text.div: write one <div
        {"extension": [{"url": "urn:x", "valueTime": "14:30:00"}]} =>
        {"extension": [{"url": "urn:x", "valueTime": "14:30"}]} => Patient.extension[0].valueTime: write a time
        {"extension": [{"url": "urn:x", "valueTime": "14:30:00Z"}]} => Patient.extension[0].valueTime: write a time
        {"extension": [{"url": "urn:x", "valueOid": "urn:oid:1.2.36"}]} =>
        {"extension": [{"url": "urn:x", "valueOid": "urn:oid:3.2"}]} => Patient.extension[0].valueOid: write an OID
        {"extension": [{"url": "urn:x", "valueUuid": "c757873d"}]} => Patient.extension[0].valueUuid: write a UUID
        {"extension": [{"url": "urn:x", "valueDecimal": 1.0e-2}]} =>
        {"extension": [{"url": "urn:x", "valueDecimal": "1.0"}]} => Patient.extension[0].valueDecimal: write a number
        "#,
    );
    for (length, expected) in [(64, ""), (65, "Patient.id: an id is")] {
        check_rows(&format!(
            "{{\"id\": \"{}\"}} => {expected}",
            "a".repeat(length)
        ));
    }
}

#[test]
fn codes_references_and_contained_resources() {
    // The binding of maritalStatus is extensible, so any code will do; that of gender is required.
    check_rows(
        r##"
        {"gender": "female"} =>
        {"gender": "F"} => Patient.gender: `F` is not a code of administrative-gender; write one of female, male
        {"maritalStatus": {"coding": [{"system": "urn:local", "code": "X"}]}} =>
        {"managingOrganization": {"reference": "Organization/1"}} =>
        {"managingOrganization": {"reference": "Patient/1"}} => Patient.managingOrganization.reference: this cannot refer to a Patient, only to Organization
        {"managingOrganization": {"reference": "Organization?identifier=x|y"}} =>
        {"managingOrganization": {"reference": "Patient?identifier=x|y"}} => Patient.managingOrganization.reference: this cannot refer
        {"managingOrganization": {"reference": "urn:uuid:1"}} =>
        {"managingOrganization": {"reference": "https://a.example/Organization/1"}} =>
        {"managingOrganization": {"reference": "the hospital"}} => Patient.managingOrganization.reference: `the hospital` is not a reference
        {"managingOrganization": {"reference": "#o"}} => Patient.managingOrganization.reference: no contained resource has the id `o`
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W"}]} =>
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Location", "id": "o"}]} => Patient.managingOrganization.reference: this cannot refer to a Location, only to Organization
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W"}, {"resourceType": "Organization", "id": "p", "name": "W"}]} => Patient.contained[1]: nothing refers to `#p`; refer to it or leave it out (rule dom-3)
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "partOf": {"reference": "#p"}}, {"resourceType": "Organization", "id": "p", "name": "W"}]} =>
        {"contained": [{"resourceType": "Organization", "id": "o", "name": "W", "partOf": {"reference": "#o"}}]} => Patient.contained[0]: nothing refers to `#o`
        {"contained": [{"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}, "subject": {"reference": "#"}}]} =>
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W"}, {"resourceType": "Organization", "id": "o", "name": "V"}]} => Patient.contained[1].id: another contained resource has the id `o` too
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "meta": {"source": "urn:x"}}]} =>
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "meta": {"versionId": "1"}}]} => Patient.contained[0].meta.versionId: a contained resource has no `versionId` of its own; leave it out (rule dom-4)
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "meta": {"lastUpdated": "2024-01-01T00:00:00Z"}}]} => Patient.contained[0].meta.lastUpdated: a contained resource has no
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "meta": {"security": [{"code": "R"}]}}]} => Patient.contained[0].meta.security: a contained resource has no `security` of its own; leave it out (rule dom-5)
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "contained": [{"resourceType": "Organization", "id": "p", "name": "V"}]}]} => Patient.contained[0].contained: a contained resource cannot contain another
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "name": "W", "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>"}}]} => Patient.contained[0].text.div: the element `script` is not allowed in a narrative
        {"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'><p onclick='x()'>x</p></div>"}} => Patient.text.div: the attribute `onclick` of `p` is not allowed
        {"contained": [{"resourceType": "Organization"}]} => Patient.contained[0].id: a contained resource needs
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Hospital", "id": "o"}]} => Patient.contained[0].resourceType: `Hospital` is not a FHIR R4
        {"managingOrganization": {"reference": "#o"}, "contained": [{"id": "o"}]} => Patient.contained[0].resourceType: `resourceType` is required
        {"managingOrganization": {"reference": "#o"}, "contained": [{"resourceType": "Organization", "id": "o", "nme": 1}]} => Patient.contained[0].nme: Organization has no element `nme`; did you mean `name`
        "##,
    );
    let status = |coding: Value| {
        let subject = json!({ "reference": "Patient/1" });
        issues(json!({ "resourceType": "Condition", "subject": subject, "clinicalStatus": coding }))
    };
    let sound = json!({ "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active" });
    let foreign = json!({ "system": "urn:x", "code": "active" });
    assert_eq!(status(json!({ "coding": [foreign, sound] })), [""; 0]);
    assert!(
        status(json!({ "coding": [foreign] }))[0]
            .contains("`active` is not a code of condition-clinical")
    );
    assert!(
        status(json!({ "text": "active" }))[0].contains("a code of condition-clinical is required")
    );
}

#[test]
fn a_contained_reference_looks_into_its_own_resource_of_a_bundle() {
    let organisation = json!({ "resourceType": "Organization", "id": "o", "name": "Ward" });
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

/// UK Core's own examples, and the findings of those that are wrong. Each row: file, what is found, `=>` what is wrong with
/// the example.
const UK_CORE_FINDINGS: &str = "
    Extension-UKCore-ConditionEpisode-Example Condition.extension[0].value: `valueCode` and `valueCodeableConcept` exclude => it has two values
    Extension-UKCore-ConditionEpisode-Example Condition.extension[0].value: this is a code, and only CodeableConcept is allowed => one of them is of a type that the extension does not have
    UKCore-MedicationDispense-Amoxicillin-Example MedicationDispense.authorizingPrescription[0].reference: `UKCore-MedicationRequest-Amoxicillin-Example` is not a reference => the reference lacks its type
    UKCore-Provenance-RARecordConsent-Example Provenance.agent[0].onBehalfOf.reference: `Organization/https://fhir.hl7.org.uk/StructureDefinition/UKCore-Organization` is not a reference => it refers to a profile
";

#[test]
fn published_examples_of_uk_core_are_as_expected() {
    let Ok(folder) = std::env::var("PALATINE_DATA") else {
        eprintln!("left out: checking UK Core's examples, since PALATINE_DATA is not set");
        return;
    };
    let rows = UK_CORE_FINDINGS
        .lines()
        .map(str::trim)
        .filter(|row| !row.is_empty());
    let mut expected: Vec<&str> = rows.map(|row| row.split(" =>").next().unwrap()).collect();
    let (mut surprises, mut with_profile) = (Vec::new(), 0);
    for file in std::fs::read_dir(format!("{folder}/ukcore/examples")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let resource = match crate::xml::read(&std::fs::read(&path).unwrap()) {
            Ok(resource) => resource,
            Err(error) => {
                // An example that is not even FHIR in XML says so itself.
                let known = expected.iter().any(|row| row.starts_with(&name));
                assert!(known, "{name}: {error}");
                expected.retain(|row| !row.starts_with(&name));
                continue;
            }
        };
        // None says which profile it is an example of; its name does.
        let of_type = format!("UKCore-{}", resource.resource_type());
        let named = |url: &&&str| {
            let profile = url.rsplit('/').next().unwrap();
            profile == of_type || (name.starts_with(profile) && profile.starts_with(&of_type))
        };
        let mut uk_core = profiles_of(resource.resource_type());
        uk_core.retain(|url| url.starts_with("https://fhir.hl7.org.uk/"));
        let uk = uk_core.iter().filter(named).max_by_key(|url| url.len());
        with_profile += usize::from(uk.is_some());
        let question = Question {
            reach: Reach::Errors,
            profiles: uk.map_or(&[], std::slice::from_ref),
        };
        for issue in ask(&resource, &question)
            .all
            .into_iter()
            .map(|finding| finding.issue)
        {
            let line = format!(
                "{name} {}: {}",
                issue.expression.unwrap_or_default(),
                issue.details
            );
            match expected.iter().position(|row| line.starts_with(row)) {
                Some(at) => drop(expected.remove(at)),
                None => surprises.push(line),
            }
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    assert!(expected.is_empty(), "not found any more: {expected:#?}");
    assert!(with_profile >= 60, "only {with_profile} declare a profile");
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
        assert_eq!(check(&bundle), [], "{}", path.display());
        for entry in bundle.value()["entry"].as_array().unwrap() {
            let resource = Resource::from_value(entry["resource"].clone()).unwrap();
            indexed += extract(&resource).len();
            count += 1;
        }
    }
    assert!(
        count > 1000 && indexed > 5 * count,
        "{count} resources, {indexed} index entries"
    );
}
