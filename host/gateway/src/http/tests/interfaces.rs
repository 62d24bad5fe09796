//! Messages that go out, as a trust administrator looks after them in the browser.

use axum::http::{StatusCode, header};
use record::log::T;
use record::sending::NewMessage;
use serde_json::json;

use super::{Ground, hidden};

#[tokio::test]
async fn an_administrator_declares_an_interface_and_decides_about_dead_letters() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("administrator").await;
    let page = ground.get("/interfaces", &cookie).await;
    assert!(
        page.body.contains("No interface is declared"),
        "{}",
        page.body
    );
    let token = hidden(&page.body, "form_token");
    let site = ground
        .door
        .record
        .sign_in("administrator", super::PASSWORD)
        .await;
    let site = site.unwrap().caller.site().to_string();
    refused(&ground, &cookie, &token, &site).await;
    let good = declaration(&site, "2.4");
    let form = [
        ("form_token", token.as_str()),
        ("declaration", good.as_str()),
    ];
    let said = ground.post("/interfaces", &cookie, &form).await;
    assert_eq!(said.headers[header::LOCATION], "/interfaces?done=declared");
    two_dead_letters(&ground).await;
    let page = ground.get("/interfaces", &cookie).await;
    for words in [
        "0 wait, 2 dead letters",
        "Encounter/e1",
        "control id <code>one",
        "&lt;b&gt;it has",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let decide = async |n: i64, decision: &str, reason: &str| {
        let form = [
            ("form_token", token.as_str()),
            ("decision", decision),
            ("reason", reason),
        ];
        ground
            .post(&format!("/interfaces/out/{n}"), &cookie, &form)
            .await
    };
    let said = decide(1, "drop", "no").await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = decide(1, "drop", "told by telephone").await;
    assert_eq!(said.headers[header::LOCATION], "/interfaces?done=dropped");
    let said = decide(2, "again", "").await;
    assert_eq!(said.headers[header::LOCATION], "/interfaces?done=again");
    assert_eq!(decide(2, "again", "").await.status, StatusCode::CONFLICT);
    assert_eq!(decide(9, "again", "").await.status, StatusCode::NOT_FOUND);
    let page = ground.get("/interfaces", &cookie).await;
    assert!(
        page.body.contains("1 wait, 0 dead letters"),
        "{}",
        page.body
    );
}

fn declaration(site: &str, version: &str) -> String {
    json!({
        "id": "out", "site": site, "active": true, "address": "10.0.0.7:2576", "tls": true,
        "sendingApplication": "PALATINE", "sendingFacility": "A", "receivingApplication": "TIE",
        "receivingFacility": "B", "processingId": "P", "version": version, "characterSet": "8859/1",
        "events": ["ADT^A01"], "acknowledgements": "original", "answerMs": 30_000, "triesMax": 10,
    })
    .to_string()
}

async fn refused(ground: &Ground, cookie: &str, token: &str, site: &str) {
    // Token, declaration, status, what the page says.
    let rows = [
        (
            "",
            declaration(site, "2.4"),
            StatusCode::FORBIDDEN,
            "Nothing was done",
        ),
        (
            token,
            "{".to_owned(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "cannot be read",
        ),
        (
            token,
            declaration(site, "9"),
            StatusCode::BAD_REQUEST,
            "`version` holds",
        ),
        (
            token,
            declaration("ZZZ", "2.4"),
            StatusCode::FORBIDDEN,
            "may not decide",
        ),
    ];
    for (token, declaration, status, words) in rows {
        let form = [("form_token", token), ("declaration", declaration.as_str())];
        let said = ground.post("/interfaces", cookie, &form).await;
        assert_eq!(said.status, status, "{}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
}

async fn two_dead_letters(ground: &Ground) {
    let record = &ground.door.record;
    let lease = record.lease("sending/out").await.unwrap().unwrap();
    let letter = |control_id: &str| NewMessage {
        t: T(1),
        control_id: control_id.to_owned(),
        kind: "ADT^A01".to_owned(),
        about: "Encounter/e1".to_owned(),
        body: b"MSH|".to_vec(),
        dead: Some("<b>it has letters</b>".to_owned()),
    };
    let letters = vec![letter("one"), letter("two")];
    record
        .fill_sending(&lease, "out", T(1), letters)
        .await
        .unwrap();
}
