//! Services outside by case: what may be declared, what they are sent, and what is said of one that does not answer.
//!
//! Invariant: what leaves is compared whole, so that nothing leaves that no row names.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its story breaks"
)]

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};

use super::{
    Adviser, Asked, DeclareError, Errand, Fetched, Heard, Outside, OutsideError, Template,
};
use crate::caller::{Caller, Role};
use crate::departmental::manifest::Hook;
use crate::departmental::tests::{Ward, caller, observation, put};
use crate::log::At;
use crate::tests::on_both_databases;
use crate::{Kind, Record};

on_both_databases! {
    only_an_operator_declares_and_what_is_wrong_is_named,
    a_service_is_sent_what_its_declaration_names,
    who_does_not_answer_is_named_and_left_alone,
    a_chart_of_an_earlier_moment_is_sent_as_it_stood,
}

/// A way outside that answers as it is told, and remembers what was sent.
struct Way {
    answer: Mutex<Result<Vec<u8>, OutsideError>>,
    sent: Mutex<Vec<Errand>>,
}

impl Outside for Way {
    fn send(
        &self,
        errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        self.sent.lock().unwrap().push(errand);
        let answer = self.answer.lock().unwrap().clone();
        Box::pin(async move { answer })
    }

    fn fetch(
        &self,
        _asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>> {
        Box::pin(async { Err(OutsideError::Late) })
    }
}

impl Way {
    fn answering(record: &Record, answer: &Value) -> Arc<Self> {
        let way = Arc::new(Self {
            answer: Mutex::new(Ok(answer.to_string().into_bytes())),
            sent: Mutex::default(),
        });
        record.with_outside(Arc::<Self>::clone(&way));
        way
    }
}

fn adviser(id: &str, prefetch: &[(&str, &str)]) -> Adviser {
    let prefetch = prefetch.iter();
    Adviser {
        id: id.parse().unwrap(),
        name: format!("The {id} service"),
        address: format!("https://advice.example/cds-services/{id}"),
        hook: Hook::PatientView,
        prefetch: prefetch
            .map(|(key, text)| ((*key).to_owned(), text.parse().unwrap()))
            .collect(),
        sites: Vec::new(),
        runs: true,
    }
}

async fn declare(record: &Record, adviser: Adviser) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let seen = record.advisers(&operator).await.unwrap().version;
    record
        .declare_adviser(&operator, adviser, seen)
        .await
        .unwrap();
}

async fn ask(record: &Record, caller: &Caller, patient: &str, at: &At) -> Vec<(String, Heard)> {
    let moment = record.when(at).await.unwrap();
    let patient = patient.parse().unwrap();
    let heard = record.outside_advice(caller, Hook::PatientView, &patient, &moment);
    let heard = heard.await.unwrap().into_iter();
    heard.map(|it| (it.id.to_string(), it.heard)).collect()
}

fn a_card() -> Value {
    json!({ "cards": [{
        "uuid": "1", "summary": "Check the potassium", "detail": "**Now**", "indicator": "critical",
        "source": { "label": "Renal rules", "url": "https://renal.example" },
        "suggestions": [{ "label": "Order U&E", "actions": [{ "type": "create" }] }],
        "links": [{ "label": "Guideline", "url": "https://renal.example/g", "type": "absolute" }],
    }] })
}

#[test]
fn templates_by_case() {
    let table = [
        ("Patient/{{context.patientId}}", "yes"),
        (
            "Observation?patient={{context.patientId}}&code=http://loinc.org|2160-0&_count=5&_sort=-date",
            "yes",
        ),
        ("Patient/7", "write Patient/{{context.patientId}}"),
        (
            "Observation/{{context.patientId}}",
            "write Patient/{{context.patientId}}",
        ),
        (
            "Observation?code=2160-0",
            "write Patient/{{context.patientId}}",
        ),
        (
            "Observation?patient={{context.patientId}}&code={{context.code}}",
            "only token",
        ),
        ("Potion?patient={{context.patientId}}", "no type"),
        (
            "Observation?patient={{context.patientId}}&colour=red",
            "colour",
        ),
        (
            "Observation?patient={{context.patientId}}&_include=Observation:performer",
            "leave _include",
        ),
        (
            "Observation?patient={{context.patientId}}&_asOf=1",
            "leave _include",
        ),
        (
            "Observation?patient={{context.patientId}}&_count=0",
            "_count=0",
        ),
    ];
    for (text, want) in table {
        match text.parse::<Template>() {
            Ok(template) => assert_eq!((template.to_string().as_str(), want), (text, "yes")),
            Err(why) => assert!(why.to_string().contains(want), "{text}: {why}"),
        }
    }
}

async fn only_an_operator_declares_and_what_is_wrong_is_named(record: Record) {
    let operator = record.operator(&"RXR".parse().unwrap());
    for role in [Role::Clinician, Role::TrustAdministrator, Role::Feed] {
        let who = caller("ada", role, "RXR");
        let refused = record.declare_adviser(&who, adviser("renal", &[]), 0).await;
        assert_eq!(refused.unwrap_err().kind(), Kind::Forbidden);
        assert!(record.advisers(&who).await.is_err());
    }
    let long = format!("https://{}", "x".repeat(500));
    for address in [
        "ftp://x",
        "https://",
        "https://u@x/y",
        "https://x/?q",
        "https://x/#f",
        "https://x y",
        long.as_str(),
    ] {
        let wrong = Adviser {
            address: address.to_owned(),
            ..adviser("renal", &[])
        };
        let why = record
            .declare_adviser(&operator, wrong, 0)
            .await
            .unwrap_err();
        assert!(
            matches!(
                why,
                DeclareError::Incorrect {
                    member: "address",
                    ..
                }
            ),
            "{address}: {why}"
        );
    }
    declare(
        &record,
        adviser("renal", &[("patient", "Patient/{{context.patientId}}")]),
    )
    .await;
    declare(&record, adviser("asthma", &[])).await;
    let stale = record
        .declare_adviser(&operator, adviser("feet", &[]), 1)
        .await;
    assert_eq!(stale.unwrap_err().kind(), Kind::Conflict);
    let known = record.advisers(&operator).await.unwrap();
    let ids: Vec<String> = known.all.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(
        (ids, known.version),
        (vec!["asthma".to_owned(), "renal".to_owned()], 2)
    );
}

async fn a_service_is_sent_what_its_declaration_names(record: Record) {
    let ward = Ward::on(&record).await;
    let way = Way::answering(&record, &a_card());
    let mut restricted = observation("o3", "p1", 99.0);
    restricted["meta"] = json!({ "security": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R" }] });
    ward.write(vec![put(restricted)]).await;
    let prefetch = [
        ("patient", "Patient/{{context.patientId}}"),
        (
            "results",
            "Observation?patient={{context.patientId}}&code=2160-0",
        ),
        ("everybody", "Observation?status:not={{context.patientId}}"),
    ];
    declare(&record, adviser("renal", &prefetch)).await;
    let elsewhere = Adviser {
        sites: vec!["RTX".parse().unwrap()],
        ..adviser("elsewhere", &[])
    };
    declare(&record, elsewhere).await;
    declare(
        &record,
        Adviser {
            runs: false,
            ..adviser("stopped", &[])
        },
    )
    .await;
    let heard = ask(&record, &ward.clinician, "p1", &At::Now).await;
    let [(id, Heard::Cards(cards))] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert_eq!(
        (id.as_str(), cards[0].summary.as_str()),
        ("renal", "Check the potassium")
    );
    assert_eq!(cards[0].suggestions, ["Order U&E"]);
    let sent = way.sent.lock().unwrap().clone();
    let [errand] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let body: Value = serde_json::from_str(&errand.body).unwrap();
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["hook", "hookInstance", "context", "prefetch"]);
    assert_eq!(body["context"]["patientId"], "p1");
    assert!(
        !errand.body.contains("ada"),
        "who looks is not named: {}",
        errand.body
    );
    let ids = |key: &str| -> Vec<String> {
        let entries = body["prefetch"][key]["entry"].as_array().unwrap().iter();
        entries
            .map(|it| it["resource"]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(body["prefetch"]["patient"]["id"], "p1");
    // Neither what is restricted nor anybody else's.
    assert_eq!(
        (ids("results"), ids("everybody")),
        (vec!["o1".to_owned()], vec!["o1".to_owned()])
    );
    noted_down(&record, &ward).await;
    signed_for(&record, errand);
}

/// What left and what came back is in the audit.
async fn noted_down(record: &Record, ward: &Ward) {
    let leaves = record
        .audit_leaves(&record.operator(ward.clinician.site()), 0, 1_000)
        .await
        .unwrap();
    let outside: Vec<_> = leaves
        .iter()
        .filter(|it| it.what.starts_with("advice-"))
        .collect();
    let [out, back] = outside.as_slice() else {
        panic!("{outside:?}");
    };
    assert_eq!(
        (out.what.as_str(), out.count, out.account.as_str()),
        ("advice-sent", 3, "ada")
    );
    let about = "Patient/p1 renal https://advice.example/cds-services/renal: everybody patient results, sha256:";
    assert!(out.about.starts_with(about), "{}", out.about);
    assert_eq!(back.what, "advice-heard");
}

/// The token is the record's own, for this service.
fn signed_for(record: &Record, errand: &Errand) {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let keys = record.advice_keys();
    let x: [u8; 32] = decode(keys["keys"][0]["x"].as_str().unwrap())
        .try_into()
        .unwrap();
    let (signed, signature) = errand.bearer.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&decode(signature)).unwrap();
    let key = VerifyingKey::from_bytes(&x).unwrap();
    key.verify_strict(signed.as_bytes(), &signature).unwrap();
    let claims: Value = serde_json::from_slice(&decode(signed.split('.').nth(1).unwrap())).unwrap();
    assert_eq!(claims["aud"], errand.address.as_str());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        60
    );
}

async fn who_does_not_answer_is_named_and_left_alone(record: Record) {
    let ward = Ward::on(&record).await;
    declare(&record, adviser("renal", &[])).await;
    let none = ask(&record, &ward.clinician, "p1", &At::Now).await;
    assert!(
        matches!(none.as_slice(), [(_, Heard::Unsent(_))]),
        "{none:?}"
    );
    let way = Way::answering(&record, &json!({ "cards": [] }));
    let silent = ask(&record, &ward.clinician, "p1", &At::Now).await;
    assert_eq!(silent[0].1, Heard::Cards(Vec::new()));
    let failures: [Result<Vec<u8>, OutsideError>; 5] = [
        Err(OutsideError::Late),
        Err(OutsideError::Status { status: 500 }),
        Ok(b"{\"cards\": 1}".to_vec()),
        Ok(json!({ "cards": [{ "summary": "x".repeat(2_001), "indicator": "info", "source": { "label": "y" } }] }).to_string().into_bytes()),
        Err(OutsideError::Address { why: "10.0.0.1 is private".to_owned() }),
    ];
    for failure in failures {
        *way.answer.lock().unwrap() = failure.clone();
        let heard = ask(&record, &ward.clinician, "p1", &At::Now).await;
        let is_right = match &failure {
            Err(OutsideError::Late) => matches!(heard[0].1, Heard::Late),
            Ok(_) | Err(_) => matches!(heard[0].1, Heard::Failed(_)),
        };
        assert!(is_right, "{failure:?}: {heard:?}");
    }
    let sent = way.sent.lock().unwrap().len();
    let heard = ask(&record, &ward.clinician, "p1", &At::Now).await;
    assert!(matches!(heard[0].1, Heard::Resting(_)), "{heard:?}");
    assert_eq!(way.sent.lock().unwrap().len(), sent, "it is left alone");
    assert_eq!(record.resting_advisers().len(), 1);
}

async fn a_chart_of_an_earlier_moment_is_sent_as_it_stood(record: Record) {
    let ward = Ward::on(&record).await;
    let way = Way::answering(&record, &json!({ "cards": [] }));
    let prefetch = [("results", "Observation?patient={{context.patientId}}")];
    declare(&record, adviser("renal", &prefetch)).await;
    let before = record.current();
    ward.write(vec![put(observation("o1", "p1", 400.0))]).await;
    for (at, value) in [(At::Commit(before), "71"), (At::Now, "400")] {
        ask(&record, &ward.clinician, "p1", &at).await;
        let sent = way.sent.lock().unwrap().pop().unwrap();
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        let found = &body["prefetch"]["results"]["entry"][0]["resource"]["valueQuantity"]["value"];
        assert_eq!(found.to_string().trim_end_matches(".0"), value);
    }
}
