//! The page of subscribers: who sees whom, and ending a subscription in the version that was shown.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Ground, hidden};

#[tokio::test]
async fn an_administrator_sees_who_is_told_and_ends_it() {
    let ground = Ground::new().await;
    let token = ground.token("clinician").await;
    let id = subscribed(&ground, &token).await;
    ground.door.record.count_events_once().await.unwrap();
    let clinician = ground.sign_in("clinician").await;
    assert_eq!(
        ground.get("/subscribers", &clinician).await.status,
        StatusCode::FORBIDDEN
    );
    let cookie = ground.sign_in("administrator").await;
    let page = ground.get("/subscribers", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "hooks.example.org",
        "Patient changed",
        "Subscribed by clinician",
        "Waiting for its receiver",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("hush"), "secrets are not shown");
    let (form_token, seen) = (hidden(&page.body, "form_token"), hidden(&page.body, "seen"));
    let path = format!("/subscribers/{id}");
    let form = |decision| {
        [
            ("form_token", form_token.as_str()),
            ("seen", seen.as_str()),
            ("decision", decision),
        ]
    };
    let said = ground.post(&path, &cookie, &form("forget")).await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = ground
        .post(&path, &cookie, &[("seen", "1"), ("decision", "end")])
        .await;
    assert_eq!(
        said.status,
        StatusCode::FORBIDDEN,
        "a form that is not ours"
    );
    let said = ground.post(&path, &cookie, &form("end")).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let said = ground.post(&path, &cookie, &form("end")).await;
    assert_eq!(said.status, StatusCode::CONFLICT, "it has changed since");
    let said = ground
        .fhir("GET", &format!("/fhir/Subscription/{id}"), &token, &[], "")
        .await;
    let now: Value = serde_json::from_str(&said.body).unwrap();
    assert_eq!(
        (&now["status"], &now["error"]),
        (&json!("off"), &json!("ended by administrator"))
    );
}

async fn subscribed(ground: &Ground, token: &str) -> String {
    let value = json!({
        "resourceType": "Subscription", "status": "requested", "reason": "x",
        "criteria": "urn:palatine:topic:patient-changed",
        "channel": { "type": "rest-hook", "endpoint": "https://hooks.example.org/a", "header": ["X-Key: hush"] },
    });
    let said = ground
        .fhir("POST", "/fhir/Subscription", token, &[], &value.to_string())
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    serde_json::from_str::<Value>(&said.body).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}
