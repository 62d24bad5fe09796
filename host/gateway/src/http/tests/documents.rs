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

/// The one document that is listed about somebody, and its page.
async fn opened(ground: &Ground, patient: &str) -> String {
    let cookie = ground.sign_in("clinician").await;
    let list = format!("/patients/{patient}/documents");
    let page = ground.get(&list, &cookie).await;
    let (_, rest) = page.body.split_once(&format!("{list}/")).unwrap();
    let (id, _) = rest.split_once('"').unwrap();
    let page = ground.get(&format!("{list}/{id}"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.body
}

fn narrative(inner: &str) -> Value {
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
    json!({"status": "generated", "div": div})
}

#[tokio::test]
async fn a_filed_document_is_listed_and_read_as_it_came() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let mut sent = letter("1", "9991122338", "1948-03-03");
    sent["entry"][0]["resource"]["confidentiality"] = json!("N");
    let label =
        json!({"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"});
    sent["entry"][2]["resource"]["meta"] = json!({"security": [label]});
    let sent = sent.to_string();
    let said = ground.fhir("POST", "/fhir", &token, &[], &sent).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let operator = ground.token("operator").await;
    let path = format!("/fhir/DocumentReference?patient={patient}");
    let found = ground.fhir("GET", &path, &operator, &[], "").await;
    let found: Value = serde_json::from_str(&found.body).unwrap();
    let pointer = &found["entry"][0]["resource"];
    assert_eq!(pointer["masterIdentifier"]["value"], "1");
    assert_eq!(
        pointer["subject"]["reference"],
        format!("Patient/{patient}")
    );
    assert_eq!(pointer["docStatus"], "final");
    assert_eq!(pointer["custodian"]["display"], "Community trust");
    let labels = pointer["meta"]["security"].as_array().unwrap().iter();
    let labels: Vec<&Value> = labels.map(|it| &it["code"]).collect();
    assert_eq!(labels, ["R", "N"], "as strict as anything in it");
    let data = pointer["content"][0]["attachment"]["data"]
        .as_str()
        .unwrap();
    let data = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).unwrap();
    assert_eq!(String::from_utf8(data).unwrap(), sent);
}

#[tokio::test]
async fn its_sections_are_drawn_as_words() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let mut sent = letter("1", "9991122338", "1948-03-03");
    sent["entry"][0]["resource"]["section"] = json!([
        {"title": "Medicines", "text": narrative("<table><tr><td>Aspirin</td><td>75&nbsp;mg</td></tr></table><del>Warfarin</del>"),
         "section": [{"title": "Stopped <b>", "text": narrative("<p>Ibuprofen &lt;i&gt;</p>")}]},
        {"title": "Problems", "entry": [{"reference": sent["entry"][4]["fullUrl"]}]},
        {"title": "Allergies", "text": narrative("None known"), "emptyReason": {"text": "Not asked"}},
    ]);
    let said = ground
        .fhir("POST", "/fhir", &token, &[], &sent.to_string())
        .await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let page = opened(&ground, &patient).await;
    for words in [
        "Kept in this record.",
        "It says that it is about ELSEWHERE",
        "Discharge letter",
        "Community trust",
        "<h3 class=\"pal-h3\">Medicines</h3>",
        "Aspirin | 75 mg",
        "[deleted: Warfarin]",
        "<h4 class=\"pal-h3\">Stopped &lt;b&gt;</h4>",
        "Ibuprofen &lt;i&gt;",
        "Condition: Leg ulcer",
        "Nothing is said here: Not asked.",
        "Download the document as it came",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("may be about somebody else"), "{page}");
}

#[tokio::test]
async fn a_document_that_names_somebody_else_says_so_first() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let other = letter("1", "9434765919", "1948-03-03");
    let mut born = letter("1", "9991122338", "1949-03-03");
    // What cannot be shown of it is not left out unsaid.
    born["entry"][0]["resource"]["section"] = json!([
        {"title": "Plan", "text": narrative("<script>alert(1)</script>")},
        {"title": "Held by others", "entry": [{"reference": "Condition/none", "display": "Gout"}]},
    ]);
    for (bundle, words) in [
        (&other, &["NHS No. 943 476 5919"][..]),
        (
            &born,
            &[
                "born 03-Mar-1949",
                "The words of this part cannot be shown",
                "Gout, which the document does not hold",
                "There is more in it than is shown here",
            ],
        ),
    ] {
        let data = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            bundle.to_string(),
        );
        let pointer = json!({
            "resourceType": "DocumentReference", "id": "plan", "status": "current", "subject": {"reference": format!("Patient/{patient}")},
            "content": [{"attachment": {"contentType": "application/fhir+json", "data": data}}],
        });
        let said = ground
            .fhir(
                "PUT",
                "/fhir/DocumentReference/plan",
                &token,
                &[],
                &pointer.to_string(),
            )
            .await;
        assert!(said.status.is_success(), "{}", said.body);
        let page = opened(&ground, &patient).await;
        let alert = page.find("may be about somebody else").unwrap();
        assert!(alert < page.find("aria-label=\"The document\"").unwrap());
        for words in words {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("alert(1)"), "{page}");
    }
}
