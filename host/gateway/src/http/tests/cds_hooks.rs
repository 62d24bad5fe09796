//! CDS Hooks by case: what is discovered, what a call answers, and what becomes of feedback.
//!
//! Invariant: a status other than 200 wherever the departmental was not asked or did not answer.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::StatusCode;
use record::adviser::{Asked, Errand, Fetched, Outside, OutsideError};
use record::departmental::scripted::Scripted;
use record::departmental::{Answer, Departmental, Failure, FailureKind};
use serde_json::{Value, json};

use super::advice::{card, enabled};
use super::{Ground, hidden};

const INSTANCE: &str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";
const ASTHMA: &str = "/cds-services/asthma.patient-view";

fn saying(answer: Answer) -> Arc<dyn Departmental> {
    Scripted::saying(move |_, _| answer.clone())
}

fn call(patient: &str) -> Value {
    json!({
        "hook": "patient-view", "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/7", "patientId": patient},
    })
}

/// A call by a system with ids of its own.
fn from_elsewhere(number: &str, born: &str) -> Value {
    let mut call = call("their-own-id");
    call["fhirServer"] = Value::from("https://gp.example/fhir");
    call["prefetch"] = json!({"patient": {
        "resourceType": "Patient", "id": "their-own-id", "birthDate": born,
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}],
    }});
    call
}

async fn ground() -> (Ground, String, String) {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cards = vec![
        card("Inhaler is due", "info"),
        card("Stop aspirin", "critical"),
    ];
    let advice = Answer::Advice(json!({"advice": 1, "cards": cards}));
    let on: &[&str] = &["patient-view"];
    enabled(&ground, "asthma", "Asthma", saying(advice), on).await;
    let silent = Answer::Advice(json!({"advice": 1, "cards": []}));
    enabled(&ground, "blood", "Blood", saying(silent), on).await;
    let never: Arc<dyn Departmental> =
        Scripted::new(|_, _, _| Box::pin(std::future::pending::<Answer>()));
    enabled(&ground, "cardiology", "Cardiology", never, on).await;
    let traps = Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    };
    enabled(&ground, "dermatology", "Dermatology", saying(traps), on).await;
    let no = Answer::Refused(Failure {
        code: "refused".to_owned(),
        detail: "no eyes on record".to_owned(),
    });
    enabled(&ground, "eyes", "Eyes", saying(no), on).await;
    enabled(
        &ground,
        "feet",
        "Feet",
        saying(Answer::Advice(json!({"advice": 1, "cards": []}))),
        &[],
    )
    .await;
    let token = ground.token("clinician").await;
    (ground, patient, token)
}

#[tokio::test]
async fn discovery_lists_who_speaks_at_the_callers_site() {
    let (ground, _, token) = ground().await;
    let said = ground.fhir("GET", "/cds-services", "nobody", &[], "").await;
    assert_eq!(said.status, StatusCode::UNAUTHORIZED);
    let said = ground.fhir("GET", "/cds-services", &token, &[], "").await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let answer: Value = serde_json::from_str(&said.body).unwrap();
    let ids = answer["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap());
    let all = ["asthma", "blood", "cardiology", "dermatology", "eyes"];
    assert!(
        ids.eq(all.map(|id| format!("{id}.patient-view"))),
        "{}",
        said.body
    );
    assert_eq!(answer["services"][0]["hook"], "patient-view");
    assert_eq!(answer["services"][0]["title"], "Asthma 1.0.0");
    assert_eq!(
        answer["services"][0]["prefetch"]["patient"],
        "Patient/{{context.patientId}}"
    );
}

#[tokio::test]
async fn a_call_is_answered_or_says_why_not() {
    let (ground, patient, token) = ground().await;
    let mut wrong_hook = call(&patient);
    wrong_hook["hook"] = Value::from("order-sign");
    let mut no_uuid = call(&patient);
    no_uuid["hookInstance"] = Value::from("1");
    let mut no_prefetch = call(&patient);
    no_prefetch["fhirServer"] = Value::from("https://gp.example/fhir");
    let blood = "/cds-services/blood.patient-view";
    let table = [
        (ASTHMA, call(&patient), 200, "Stop aspirin"),
        (blood, call(&patient), 200, r#"{"cards":[]}"#),
        (
            "/cds-services/cardiology.patient-view",
            call(&patient),
            503,
            "Cardiology 1.0.0 did not answer in time: it may have advice",
        ),
        (
            "/cds-services/dermatology.patient-view",
            call(&patient),
            500,
            "Dermatology 1.0.0 failed: it may have advice",
        ),
        (
            "/cds-services/eyes.patient-view",
            call(&patient),
            422,
            "no eyes on record",
        ),
        (
            "/cds-services/feet.patient-view",
            call(&patient),
            404,
            "no service `feet.patient-view`",
        ),
        (
            "/cds-services/asthma",
            call(&patient),
            404,
            "GET /cds-services",
        ),
        (
            "/cds-services/asthma.order-sign",
            call(&patient),
            404,
            "GET /cds-services",
        ),
        (ASTHMA, wrong_hook, 400, "speaks at patient-view"),
        (ASTHMA, no_uuid, 400, "write a UUID"),
        (ASTHMA, json!({"hook": "patient-view"}), 400, "hookInstance"),
        (ASTHMA, call("unknown"), 412, "not known here"),
        (ASTHMA, call("no id!"), 400, "is no id"),
        (
            ASTHMA,
            no_prefetch,
            412,
            "prefetch.patient, with its NHS number",
        ),
        (
            ASTHMA,
            from_elsewhere("999 112 2338", "1948-03-03"),
            200,
            "Stop aspirin",
        ),
        (
            ASTHMA,
            from_elsewhere("9991122338", "1948"),
            200,
            "Stop aspirin",
        ),
        (
            ASTHMA,
            from_elsewhere("9991122338", "1949-03-03"),
            412,
            "date of birth",
        ),
        (
            ASTHMA,
            from_elsewhere("9991122339", "1948-03-03"),
            412,
            "passes its check",
        ),
        (
            ASTHMA,
            from_elsewhere("9434765919", "1948-03-03"),
            412,
            "nobody here",
        ),
    ];
    for (path, body, status, words) in table {
        let said = ground
            .fhir("POST", path, &token, &[], &body.to_string())
            .await;
        assert_eq!(said.status.as_u16(), status, "{path} {body}: {}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    let said = ground.fhir("POST", ASTHMA, "nobody", &[], "{").await;
    assert_eq!(said.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn cards_are_plain_and_lead_back() {
    let (ground, patient, token) = ground().await;
    let host = [("host", "record.example")];
    let said = ground
        .fhir("POST", ASTHMA, &token, &host, &call(&patient).to_string())
        .await;
    let answer: Value = serde_json::from_str(&said.body).unwrap();
    let first = &answer["cards"][0];
    assert_eq!(first["summary"], "Inhaler is due");
    assert_eq!(first["indicator"], "info");
    assert_eq!(first["source"]["label"], "Asthma 1.0.0: Rule 7 <b>");
    assert_eq!(first["detail"], "First\\.\n\nSecond \\<script\\>\\.");
    let link =
        format!("http://record.example/patients/{patient}/departments/asthma/results?p.test=a%26b");
    assert_eq!(
        first["links"],
        json!([{"label": "See results", "url": link, "type": "absolute"}])
    );
    assert_ne!(first["uuid"], answer["cards"][1]["uuid"]);
}

#[tokio::test]
async fn feedback_is_kept_about_cards_that_were_given() {
    let (ground, patient, token) = ground().await;
    let said = ground
        .fhir("POST", ASTHMA, &token, &[], &call(&patient).to_string())
        .await;
    let answer: Value = serde_json::from_str(&said.body).unwrap();
    let uuid = answer["cards"][1]["uuid"].as_str().unwrap();
    let one = |card: &str, outcome: &str| {
        json!({"feedback": [{"card": card, "outcome": outcome, "outcomeTimestamp": "2026-11-22T14:03:00Z",
            "overrideReason": {"reason": {"system": "urn:x", "code": "d7ec"}, "userComment": "is allergic"}}]})
    };
    let asthma = "/cds-services/asthma.patient-view/feedback";
    let long = json!({"feedback": [{"card": uuid, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T14:03:00Z",
        "overrideReason": {"userComment": "x".repeat(2_001)}}]});
    let table = [
        (asthma, one(uuid, "overridden"), 200, "{}"),
        (asthma, one(uuid, "accepted"), 200, "{}"),
        (asthma, json!({"feedback": []}), 200, "{}"),
        (asthma, one(uuid, "liked"), 400, "accepted or overridden"),
        (asthma, one("7", "accepted"), 400, "uuid"),
        (asthma, one(INSTANCE, "accepted"), 404, "gave no card"),
        (
            "/cds-services/blood.patient-view/feedback",
            one(uuid, "accepted"),
            404,
            "gave no card",
        ),
        (asthma, long, 400, "2000 characters"),
    ];
    for (path, body, status, words) in table {
        let said = ground
            .fhir("POST", path, &token, &[], &body.to_string())
            .await;
        assert_eq!(said.status.as_u16(), status, "{path} {body}: {}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    let kept = format!("/fhir/Basic/feedback-{uuid}/_history");
    let said = ground.fhir("GET", &kept, &token, &[], "").await;
    for words in [
        "overridden",
        "accepted",
        "urn:x|d7ec",
        "is allergic",
        "asthma",
    ] {
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
}

/// A way outside that answers the same to whatever is sent.
struct Way(Result<&'static str, OutsideError>);

impl Outside for Way {
    fn send(
        &self,
        _errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        let answer = self.0.clone().map(|text| text.as_bytes().to_vec());
        Box::pin(async move { answer })
    }

    fn fetch(
        &self,
        _asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>> {
        Box::pin(async { Err(OutsideError::Late) })
    }
}

const OUTSIDE: &str = r#"{"cards": [{"summary": "Check the potassium <b>", "detail": "Now\n<script>", "indicator": "critical",
    "source": {"label": "Renal rules"}, "suggestions": [{"label": "Order U&E"}],
    "links": [{"label": "Guideline", "url": "javascript:alert(1)", "type": "absolute"}]}]}"#;

fn declaration<'a>(
    token: &'a str,
    seen: &'a str,
    changed: (&'a str, &'a str),
) -> Vec<(&'a str, &'a str)> {
    let form = [
        ("form_token", token),
        ("seen", seen),
        ("id", "renal"),
        ("name", "Renal advice"),
        ("address", "https://renal.example/cds-services/aki"),
        ("sites", "RXR, RTX"),
        (
            "prefetch",
            "patient=Patient/{{context.patientId}}\r\nresults=Observation?patient={{context.patientId}}",
        ),
        ("runs", "yes"),
    ];
    let form = form.into_iter();
    form.map(|(name, value)| {
        if name == changed.0 {
            changed
        } else {
            (name, value)
        }
    })
    .collect()
}

#[tokio::test]
async fn an_operator_declares_a_service_and_its_cards_stand_in_a_frame_of_their_own() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    ground.door.record.with_outside(Arc::new(Way(Ok(OUTSIDE))));
    for account in ["clinician", "administrator"] {
        let cookie = ground.sign_in(account).await;
        assert_eq!(
            ground.get("/advisers", &cookie).await.status,
            StatusCode::FORBIDDEN
        );
    }
    let operator = ground.sign_in("operator").await;
    let page = ground.get("/advisers", &operator).await;
    assert!(
        page.body.contains("No service is declared"),
        "{}",
        page.body
    );
    let token = hidden(&page.body, "form_token");
    let wrong = [
        (("id", "Renal!"), "Short name: write 1 to 40"),
        (("address", "ftp://x"), "address: write https://HOST"),
        (("prefetch", "all"), "`all` has no `=`"),
        (
            ("prefetch", "all=Patient/7"),
            "What is sent, `all`: write Patient/",
        ),
        (("sites", "rxr"), "Sites: a site&#39;s code"),
    ];
    for (changed, words) in wrong {
        let said = ground
            .post("/advisers", &operator, &declaration(&token, "0", changed))
            .await;
        assert_eq!(
            said.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            said.body
        );
        assert!(
            said.body.replace('\'', "&#39;").contains(words),
            "{words}: {}",
            said.body
        );
    }
    let foreign = ground
        .post("/advisers", &operator, &declaration("x", "0", ("", "")))
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let said = ground
        .post("/advisers", &operator, &declaration(&token, "0", ("", "")))
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let said = ground
        .post("/advisers", &operator, &declaration(&token, "0", ("", "")))
        .await;
    assert_eq!(said.status, StatusCode::CONFLICT, "{}", said.body);
    stands_in_its_frame(&ground, &patient).await;
    let said = ground
        .post(
            "/advisers",
            &operator,
            &declaration(&token, "1", ("runs", "no")),
        )
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let clinician = ground.sign_in("clinician").await;
    let page = ground
        .get(&format!("/patients/{patient}"), &clinician)
        .await;
    assert!(!page.body.contains("Advice from outside"), "{}", page.body);
}

async fn stands_in_its_frame(ground: &Ground, patient: &str) {
    let clinician = ground.sign_in("clinician").await;
    let page = ground
        .get(&format!("/patients/{patient}"), &clinician)
        .await;
    let mut rest = page.body.as_str();
    for words in [
        "Advice from outside this record",
        "Critical</b>, says <b>Renal advice</b>",
        "Check the potassium &lt;b&gt;",
        "&lt;script&gt;",
        "It suggests: Order U&amp;E",
        "To read on: Guideline, javascript:alert(1)",
        "It rests on: Renal rules",
    ] {
        let found = rest.split_once(words);
        rest = found
            .unwrap_or_else(|| panic!("{words} is not there: {}", page.body))
            .1;
    }
    assert!(!page.body.contains("href=\"javascript"), "{}", page.body);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_named() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    ground
        .door
        .record
        .with_outside(Arc::new(Way(Err(OutsideError::Late))));
    let operator = ground.sign_in("operator").await;
    let token = hidden(&ground.get("/advisers", &operator).await.body, "form_token");
    ground
        .post("/advisers", &operator, &declaration(&token, "0", ("", "")))
        .await;
    let clinician = ground.sign_in("clinician").await;
    for words in ["did not answer in time"; 5]
        .into_iter()
        .chain(["failed so often that it is not asked before"])
    {
        let page = ground
            .get(&format!("/patients/{patient}"), &clinician)
            .await;
        let words = format!("<b>Renal advice</b> {words}");
        assert!(page.body.contains(&words), "{words}: {}", page.body);
        assert!(
            page.body
                .contains("It may have advice that is not shown here.")
        );
    }
    let page = ground.get("/advisers", &operator).await;
    assert!(
        page.body.contains("Failed too often: not called before"),
        "{}",
        page.body
    );
    let keys = ground.get("/.well-known/jwks.json", "").await;
    assert!(keys.body.contains("Ed25519"), "{}", keys.body);
}
