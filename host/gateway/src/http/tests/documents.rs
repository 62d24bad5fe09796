//! Documents and messages of partners by case: what is filed, what is refused and with which words.
//!
//! Invariant: what is refused leaves nothing.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Ground;

const NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";

/// A discharge letter of a community trust about somebody.
fn letter(value: &str, number: &str, born: &str) -> Value {
    let url = |n: u8| format!("urn:uuid:0000000{n}-0000-4000-8000-000000000000");
    json!({
        "resourceType": "Bundle", "type": "document", "timestamp": "2026-11-22T10:00:00Z",
        "identifier": {"system": "https://community.example/documents", "value": value},
        "entry": [
            {"fullUrl": url(1), "resource": {"resourceType": "Composition", "status": "final", "type": {"text": "Discharge letter"},
                "subject": {"reference": url(2)}, "date": "2026-11-22", "author": [{"reference": url(4)}], "title": "Discharge letter",
                "section": [{"title": "Problems", "entry": [{"reference": url(5)}]}]}},
            {"fullUrl": url(2), "resource": {"resourceType": "Patient", "identifier": [{"system": NUMBER, "value": number}],
                "birthDate": born, "name": [{"family": "Elsewhere"}]}},
            {"fullUrl": url(3), "resource": {"resourceType": "Organization", "identifier": [{"system": ODS, "value": "RY2"}], "name": "Community trust"}},
            {"fullUrl": url(4), "resource": {"resourceType": "PractitionerRole", "organization": {"reference": url(3)}}},
            {"fullUrl": url(5), "resource": {"resourceType": "Condition", "subject": {"reference": url(2)}, "code": {"text": "Leg ulcer"},
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}}},
        ],
    })
}

#[tokio::test]
async fn a_document_is_filed_once_with_who_says_so() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let sent = letter("1", "9991122338", "1948-03-03").to_string();
    let said = ground.fhir("POST", "/fhir", &token, &[], &sent).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let answer: Value = serde_json::from_str(&said.body).unwrap();
    let status = answer["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["response"]["status"].as_str().unwrap());
    // The person is here already, and stays as they are.
    let want = [
        "201 Created",
        "200 OK",
        "201 Created",
        "201 Created",
        "201 Created",
        "201 Created",
    ];
    assert_eq!(status.collect::<Vec<_>>(), want);
    let found = ground
        .fhir(
            "GET",
            &format!("/fhir/Condition?patient={patient}"),
            &token,
            &[],
            "",
        )
        .await;
    assert!(found.body.contains("Leg ulcer"), "{}", found.body);
    let person = ground
        .fhir("GET", &format!("/fhir/Patient/{patient}"), &token, &[], "")
        .await;
    assert!(
        person.body.contains("Hargreaves") && !person.body.contains("Elsewhere"),
        "{}",
        person.body
    );
    let by = ground
        .fhir("GET", "/fhir/Provenance", &token, &[], "")
        .await;
    for words in [
        "Organization/",
        "https://community.example/documents",
        "sha256:",
        "clinician",
    ] {
        assert!(by.body.contains(words), "{words}: {}", by.body);
    }
    let again = ground.fhir("POST", "/fhir", &token, &[], &sent).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(
        again.body.contains("filed before, in commit"),
        "{}",
        again.body
    );
    let mut other = letter("1", "9991122338", "1948-03-03");
    other["entry"][4]["resource"]["code"]["text"] = Value::from("Foot ulcer");
    let said = ground
        .fhir("POST", "/fhir", &token, &[], &other.to_string())
        .await;
    assert_eq!(
        said.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        said.body
    );
}

#[tokio::test]
async fn who_is_not_here_yet_comes_to_be_and_is_the_same_person_in_the_next_one() {
    let ground = Ground::new().await;
    let token = ground.token("clinician").await;
    for value in ["2", "3"] {
        let sent = letter(value, "9434765919", "1990-01-01").to_string();
        let said = ground.fhir("POST", "/fhir", &token, &[], &sent).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    }
    let found = ground
        .fhir(
            "GET",
            &format!("/fhir/Patient?identifier={NUMBER}|9434765919"),
            &token,
            &[],
            "",
        )
        .await;
    let found: Value = serde_json::from_str(&found.body).unwrap();
    assert_eq!(found["entry"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_and_nothing_is_filed() {
    let ground = Ground::new().await;
    ground.patient().await;
    let token = ground.token("clinician").await;
    let good = || letter("1", "9991122338", "1948-03-03");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut letter = good();
        change(&mut letter);
        letter
    };
    let before = ground.door.record.current();
    let table: [(Value, &[&str]); 9] = [
        (
            letter("1", "9991122339", "1948-03-03"),
            &[
                "one that passes its check",
                "Bundle.entry[1].resource.identifier",
            ],
        ),
        (
            letter("1", "9991122338", "1949-03-03"),
            &["date of birth is not that of the person"],
        ),
        (
            changed(&|it| it["entry"][1]["resource"]["birthDate"] = Value::Null),
            &["send the date of birth"],
        ),
        (
            changed(&|it| it["identifier"] = Value::Null),
            &["Bundle.identifier", "once under its identifier"],
        ),
        (
            changed(&|it| it["entry"][2]["resource"]["identifier"] = json!([])),
            &["no Organization of this bundle with an ODS code"],
        ),
        (
            changed(&|it| it["type"] = Value::from("message")),
            &["first entry of this bundle is a MessageHeader"],
        ),
        (
            changed(&|it| it["entry"][4]["resource"] = json!({"resourceType": "AuditEvent"})),
            &["files no AuditEvent"],
        ),
        (
            changed(&|it| {
                it["entry"][4]["resource"]["subject"]["reference"] = Value::from("Patient/nobody")
            }),
            &["neither in the record nor in this proposal"],
        ),
        (
            changed(&|it| {
                it["identifier"] = Value::Null;
                it["entry"][4]["fullUrl"] = Value::Null;
                it["entry"][1]["resource"]["birthDate"] = Value::Null;
            }),
            &[
                "Bundle.identifier",
                "fullUrl is missing",
                "send the date of birth",
            ],
        ),
    ];
    for (sent, words) in table {
        let said = ground
            .fhir("POST", "/fhir", &token, &[], &sent.to_string())
            .await;
        assert_eq!(
            said.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{sent}: {}",
            said.body
        );
        for words in words {
            assert!(said.body.contains(words), "{words}: {}", said.body);
        }
    }
    assert_eq!(ground.door.record.current(), before, "nothing was written");
    let administrator = ground.token("administrator").await;
    let said = ground
        .fhir("POST", "/fhir", &administrator, &[], &good().to_string())
        .await;
    assert_eq!(said.status, StatusCode::FORBIDDEN, "{}", said.body);
}
