//! Messages that wait, as an administrator and a clinician of the site work through them in the browser.

use axum::http::{StatusCode, header};
use record::log::T;
use record::message::{Arrival, Kept, State};

use super::{Ground, PASSWORD, Said, hidden};

const POISON: &[u8] = b"MSH|^~\\&|PAS|RXR|PALATINE||20261122140000||ADT^A01|P-1|P|2.4\rPID|1||9434765919^^^NHS^NH||<b>WRIGHT</b>^Ann\rPV1|1|Q\r";

/// Parks a message of the site's PAS and holds another one behind it; their numbers.
async fn waiting(ground: &Ground) -> (T, T) {
    let record = &ground.door.record;
    let feed = record::account::NewAccount {
        account: "feed-pas".to_owned(),
        name: "PAS".to_owned(),
        role: record::caller::Role::Feed,
        site: "RXR".parse().unwrap(),
        password: PASSWORD.to_owned(),
        feed: Some(("PAS".to_owned(), "RXR".to_owned())),
    };
    record.put_account(feed).await.unwrap();
    let caller = record.feed("PAS", "RXR").await.unwrap();
    let kept = |control_id: &str, bytes: &[u8], state: State| Kept {
        source: "PAS|RXR".to_owned(),
        control_id: control_id.to_owned(),
        received_at: "2026-11-22T14:02:00Z".to_owned(),
        bytes: bytes.to_vec(),
        state,
        numbers: vec!["https://fhir.nhs.uk/Id/nhs-number|9434765919".to_owned()],
        place: None,
        arrival: Arrival::New,
    };
    let parked = State::Parked {
        reason: "PV1-2.1 is \"Q\": send E, I, O or P".to_owned(),
        at: Some("PV1-2.1".to_owned()),
    };
    let first = record
        .park(Some(&caller), kept("P-1", POISON, parked))
        .await
        .unwrap();
    let held = State::Held { behind: first.t };
    let second = record
        .park(Some(&caller), kept("P-2", b"MSH|^~\\&|PAS|RXR", held))
        .await
        .unwrap();
    (first.t, second.t)
}

#[tokio::test]
async fn a_message_is_looked_at_and_decided_about() {
    let ground = Ground::new().await;
    let (first, second) = waiting(&ground).await;
    listed(&ground).await;
    let cookie = ground.sign_in("administrator").await;
    let path = format!("/messages/{first}");
    let page = ground.get(&path, &cookie).await;
    for words in [
        "Patient class",
        "At fault",
        "Patient identifiers",
        "&lt;b&gt;WRIGHT&lt;/b&gt;",
        "File it again",
        "Corrected copy",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("<b>WRIGHT"), "{}", page.body);
    let held = ground.get(&format!("/messages/{second}"), &cookie).await;
    assert!(
        !held.body.contains("File it again") && held.body.contains("by itself"),
        "{}",
        held.body
    );
    if let Some(folder) = std::env::var_os("PALATINE_SHOW") {
        let list = ground.get("/messages", &cookie).await.body;
        for (name, body) in [("list", &list), ("message", &page.body)] {
            let path = std::path::Path::new(&folder).join(format!("{name}.html"));
            std::fs::write(path, body).unwrap();
        }
    }
    let token = hidden(&page.body, "form_token");
    let since = first.to_string();
    let text = String::from_utf8(POISON.to_vec()).unwrap();
    let crlf = text.replace('\r', "\r\n");
    refused(&ground, &cookie, first, &token, &crlf).await;
    let right = crlf.replace("PV1|1|Q", "PV1|1|I");
    let said = send(
        &ground,
        &cookie,
        &path,
        [&token, &since, "correct", "", &right],
    )
    .await;
    let there = said.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert!(there.ends_with("?done=corrected"), "{there}");
    let copy = ground.get(&there, &cookie).await;
    for words in [
        "To be filed",
        "This is the copy",
        &format!("corrects:{first}:"),
    ] {
        assert!(copy.body.contains(words), "{words}: {}", copy.body);
    }
    let original = ground.get(&path, &cookie).await;
    for words in ["Corrected", "PV1|1|Q", "What became of it"] {
        assert!(original.body.contains(words), "{words}: {}", original.body);
    }
    let path = format!("/messages/{second}");
    let since = second.to_string();
    let said = send(
        &ground,
        &cookie,
        &path,
        [&token, &since, "drop", "it was a test", ""],
    )
    .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let page = ground.get(&path, &cookie).await;
    assert!(
        page.body.contains("it was a test") && !page.body.contains("Drop it"),
        "{}",
        page.body
    );
}

async fn send(ground: &Ground, cookie: &str, path: &str, typed: [&str; 5]) -> Said {
    let names = ["form_token", "since", "decision", "reason", "text"];
    let form: Vec<(&str, &str)> = names.into_iter().zip(typed).collect();
    ground.post(path, cookie, &form).await
}

async fn listed(ground: &Ground) {
    for who in ["administrator", "clinician", "operator"] {
        let cookie = ground.sign_in(who).await;
        let page = ground.get("/messages", &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{who}: {}", page.body);
        for words in [
            "PAS|RXR",
            "Some wait",
            "Parked",
            "PV1-2.1",
            "which is about the same patient",
            "22-Nov-2026 14:02",
            "WRIGHT",
            "NHS No. 943 476 5919",
        ] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
}

async fn refused(ground: &Ground, cookie: &str, message: T, token: &str, same: &str) {
    let path = format!("/messages/{message}");
    let since = message.to_string();
    // Token, since, decision, reason, text, status, what the page says.
    let refused = [
        (
            "",
            since.as_str(),
            "replay",
            "",
            "",
            StatusCode::FORBIDDEN,
            "Nothing was done",
        ),
        (
            token,
            "99",
            "replay",
            "",
            "",
            StatusCode::CONFLICT,
            "has changed since",
        ),
        (
            token,
            "x",
            "replay",
            "",
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "buttons",
        ),
        (
            token,
            &since,
            "keep",
            "",
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "buttons",
        ),
        (
            token,
            &since,
            "drop",
            "why",
            "",
            StatusCode::BAD_REQUEST,
            "Say why",
        ),
        (
            token,
            &since,
            "correct",
            "",
            same,
            StatusCode::BAD_REQUEST,
            "the same as the message",
        ),
    ];
    for (token, since, decision, reason, text, status, words) in refused {
        let said = send(
            ground,
            cookie,
            &path,
            [token, since, decision, reason, text],
        )
        .await;
        assert_eq!(said.status, status, "{decision} {since}: {}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
}
