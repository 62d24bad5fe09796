//! Events put aside, as a trust administrator works through them in the browser.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{StatusCode, header};
use record::departmental::scripted::Scripted;
use record::departmental::{Answer, FailureKind};
use record::enablement::Enable;
use serde_json::json;

use super::{Ground, PASSWORD, Said, hidden, manifest};

/// A departmental that fails until it is mended, enabled with everything it asks for; and two events.
async fn failing(ground: &Ground) -> Arc<AtomicBool> {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let scripted = Scripted::saying(move |call, _| {
        let subject = call.patient.as_ref().map(|id| format!("Patient/{id}"));
        match is_mended.load(Ordering::SeqCst) {
            true => Answer::Proposal(json!({"proposal": 1, "summary": "", "changes": [
                {"action": "create", "resource": {"resourceType": "Task", "status": "requested", "intent": "order",
                    "description": "look", "for": {"reference": subject}}},
            ]})),
            false => Answer::Failed {
                kind: FailureKind::Trap,
                what: "<b>unreachable</b>".to_owned(),
            },
        }
    });
    let mut manifest = manifest();
    manifest["reads"] = json!([{"type": "Observation", "reason": "To notice a result."}]);
    manifest["reactions"] = json!([{"type": "Observation", "on": ["create"]}]);
    let release = ground.library.publish(&manifest, scripted).unwrap();
    let record = &ground.door.record;
    let administrator = record
        .sign_in("administrator", PASSWORD)
        .await
        .unwrap()
        .caller;
    record
        .enable(&administrator, Enable::all_that(&release))
        .await
        .unwrap();
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    for id in ["r1", "r2"] {
        let result = json!({
            "resourceType": "Observation", "id": id, "status": "final", "code": {"text": "A result"},
            "subject": {"reference": format!("Patient/{patient}")},
        });
        let path = format!("/fhir/Observation/{id}");
        let said = ground
            .fhir("PUT", &path, &token, &[], &result.to_string())
            .await;
        assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    }
    assert_eq!(record.react_once().await.unwrap(), 2);
    mended
}

#[tokio::test]
async fn an_administrator_works_through_what_was_put_aside() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("administrator").await;
    let page = ground.get("/parked", &cookie).await;
    assert!(page.body.contains("No event waits"), "{}", page.body);
    let mended = failing(&ground).await;
    let page = ground.get("/parked", &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in [
        "Observation/r1",
        "Observation/r2",
        "Version 1",
        "pathology",
        "Pathology 1.0.0",
        "unreachable",
        "Asked 3 times",
        "Last call <code>reaction-1-",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("<b>unreachable"), "{}", page.body);
    let token = hidden(&page.body, "form_token");
    let token = token.as_str();
    let first = action(&page.body);
    // Token, version seen, decision, reason, status, what the page says.
    let refused = [
        (
            "",
            "1",
            "retry",
            "",
            StatusCode::FORBIDDEN,
            "Nothing was done",
        ),
        (token, "7", "retry", "", StatusCode::CONFLICT, "in between"),
        (
            token,
            "x",
            "retry",
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "buttons",
        ),
        (
            token,
            "1",
            "keep",
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "buttons",
        ),
        (
            token,
            "1",
            "drop",
            "why not",
            StatusCode::UNPROCESSABLE_ENTITY,
            "Say why",
        ),
        (
            token,
            "1",
            "retry",
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "failed again",
        ),
    ];
    for (token, seen, decision, reason, status, words) in refused {
        let said = send(&ground, &cookie, &first, (token, seen, decision, reason)).await;
        assert_eq!(said.status, status, "{decision} {seen}: {}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    mended.store(true, Ordering::SeqCst);
    let said = send(&ground, &cookie, &first, (token, "2", "retry", "")).await;
    assert_eq!(said.headers[header::LOCATION], "/parked?done=reacted");
    let page = ground.get("/parked?done=reacted", &cookie).await;
    assert!(page.body.contains("has reacted"), "{}", page.body);
    let second = action(&page.body);
    assert_ne!(first, second);
    let reason = "written down by hand";
    let said = send(&ground, &cookie, &second, (token, "1", "drop", reason)).await;
    assert_eq!(said.headers[header::LOCATION], "/parked?done=dropped");
    let page = ground.get("/parked", &cookie).await;
    assert!(page.body.contains("No event waits"), "{}", page.body);
    let clinician = ground.sign_in("clinician").await;
    let said = send(&ground, &clinician, &second, (token, "1", "drop", reason)).await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
}

async fn send(
    ground: &Ground,
    cookie: &str,
    path: &str,
    (token, seen, decision, reason): (&str, &str, &str, &str),
) -> Said {
    let form = [
        ("form_token", token),
        ("seen", seen),
        ("decision", decision),
        ("reason", reason),
    ];
    ground.post(path, cookie, &form).await
}

/// Where the page's first event sends its form.
fn action(page: &str) -> String {
    let (_, rest) = page.split_once("action=\"/parked/").unwrap();
    format!("/parked/{}", rest.split_once('"').unwrap().0)
}
