//! A departmental that fails and fails, as the clinician and the administrator see it.

use axum::http::StatusCode;
use record::limits::{REST_MS, RESTS_MAX, STRIKES_MAX};

use super::{Ground, enabled, hidden};

/// The administrator's sheet of the one release.
async fn sheet(ground: &Ground, cookie: &str) -> (String, String) {
    let list = ground.get("/departmentals", cookie).await.body;
    let (_, rest) = list.split_once("href=\"/departmentals/sha256").unwrap();
    let digest = rest.split_once('"').unwrap().0;
    let path = format!("/departmentals/sha256{digest}");
    let page = ground.get(&path, cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (path, page.body)
}

fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn what_fails_rests_then_is_held_back_until_the_administrator_lets_it_run() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    enabled(&ground, &patient).await;
    let clinician = ground.sign_in("clinician").await;
    let trap = format!("/patients/{patient}/departments/pathology/trap");
    let well = format!("/patients/{patient}/departments/pathology/acknowledge");
    let drawn = ground.get(&well, &clinician).await.body;
    for rest in 0..=RESTS_MAX {
        for _ in 0..STRIKES_MAX {
            let page = ground.get(&trap, &clinician).await;
            assert_eq!(page.status, StatusCode::BAD_GATEWAY, "{}", page.body);
            says(&page.body, &["stopped in the middle"]);
        }
        if rest == 0 {
            rests(&ground, &well, &clinician, &drawn).await;
        }
        ground.clock.advance_ms(REST_MS << rest);
    }
    let page = ground.get(&well, &clinician).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    says(
        &page.body,
        &[
            "pathology 1.0.0",
            "until your trust's administrator lets it run",
            "Results may exist that are not shown here.",
        ],
    );
    let administrator = ground.sign_in("administrator").await;
    let (path, page) = sheet(&ground, &administrator).await;
    says(
        &page,
        &[
            "It is held back at your site",
            "Held back",
            "stopped itself",
        ],
    );
    let token = hidden(&page, "form_token");
    let form = [("form_token", token.as_str()), ("decision", "run-again")];
    let said = ground.post(&path, &administrator, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let (_, page) = sheet(&ground, &administrator).await;
    assert!(!page.contains("Held back"), "{page}");
    let page = ground.get(&well, &clinician).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let said = ground.post(&path, &administrator, &form).await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// While it rests, every screen of it says so, and a form that is sent is kept.
async fn rests(ground: &Ground, well: &str, clinician: &str, drawn: &str) {
    let page = ground.get(well, clinician).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    says(
        &page.body,
        &[
            "failed several times and is left alone for a while",
            "Results may exist that are not shown here.",
            "The summary and the other departments still work.",
        ],
    );
    let (token, sealed) = (hidden(drawn, "form_token"), hidden(drawn, "sealed"));
    let form = [
        ("form_token", token.as_str()),
        ("sealed", sealed.as_str()),
        ("action", "sign"),
        ("f.comment", "Seen"),
    ];
    let sent = ground.post(well, clinician, &form).await;
    says(&sent.body, &["Nothing was saved", "comment", "Seen"]);
    assert_eq!(sent.status, StatusCode::SERVICE_UNAVAILABLE);
    let administrator = ground.sign_in("administrator").await;
    let (_, page) = sheet(ground, &administrator).await;
    says(&page, &["10 stopped itself", "Rests until"]);
}
