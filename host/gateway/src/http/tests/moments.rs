//! A patient's pages as they were: said on top, kept by every link, nothing to be written.

use axum::http::StatusCode;

use super::{Ground, Said, enabled, hidden};

/// What is on a page, and what is not.
fn has(address: &str, drawn: &Said, on_it: &[&str], not_on_it: &[&str]) {
    for words in on_it {
        let found = drawn.body.contains(words);
        assert!(found, "{address}: {words}: {}", drawn.body);
    }
    for words in not_on_it {
        let found = drawn.body.contains(words);
        assert!(!found, "{address}: {words}: {}", drawn.body);
    }
}

#[tokio::test]
async fn pages_of_the_past_say_so_keep_the_moment_and_take_nothing() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    enabled(&ground, &patient).await;
    let then = ground.door.record.current();
    let token = ground.token("clinician").await;
    let hers = format!("/fhir/Patient/{patient}");
    let changed = format!(
        r#"{{"resourceType":"Patient","id":"{patient}","birthDate":"1948-03-03","name":[{{"family":"Afterwards"}}]}}"#
    );
    let said = ground.fhir("PUT", &hers, &token, &[], &changed).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let cookie = ground.sign_in("clinician").await;
    let summary = format!("/patients/{patient}");
    let screen = format!("{summary}/departments/pathology/acknowledge");
    let (of_t, of_time) = (format!("t={then}"), "moment=2026-11-22T14:02".to_owned());
    let banner = |t: u64| {
        format!("You are looking at the record as it was at 14:02 on 22-Nov-2026 (commit {t}).")
    };
    let last = ground.door.record.current().0;
    // Page, its moment; what is on it, what is not.
    for (page, query, on_it, not_on_it) in [
        (
            &summary,
            "",
            vec!["AFTERWARDS", "Now</span>", "name=\"moment\"", "name=\"t\""],
            vec!["You are looking at"],
        ),
        (
            &summary,
            &*of_t,
            vec!["HARGREAVES", "Return to now"],
            vec!["AFTERWARDS"],
        ),
        (
            &summary,
            &*of_time,
            vec!["AFTERWARDS", "Return to now"],
            vec!["HARGREAVES"],
        ),
        (
            &screen,
            "",
            vec!["AFTERWARDS", "method=\"post\"", "Acknowledge and sign"],
            vec!["You are looking at"],
        ),
        (
            &screen,
            &*of_t,
            vec!["HARGREAVES", "It is not offered of the past"],
            vec!["Acknowledge and sign", "AFTERWARDS", "name=\"sealed\""],
        ),
        (
            &screen,
            &*of_time,
            vec!["AFTERWARDS", "It is not offered of the past"],
            vec!["Acknowledge and sign"],
        ),
    ] {
        let address = format!("{page}?{query}");
        let drawn = ground.get(&address, &cookie).await;
        assert_eq!(drawn.status, StatusCode::OK, "{address}: {}", drawn.body);
        has(&address, &drawn, &on_it, &not_on_it);
        if query.is_empty() {
            continue;
        }
        let t = if query == of_t { then.0 } else { last };
        assert!(drawn.body.contains(&banner(t)), "{address}: {}", drawn.body);
        let kept = [&summary, &screen].map(|page| format!("{page}?{query}\"").replace(':', "%3A"));
        let back = format!("href=\"{page}\"");
        has(&address, &drawn, &[&kept[0], &kept[1], &back], &[]);
        // The bar's own form, to sign out, is the only one that is posted.
        assert_eq!(
            drawn.body.matches("method=\"post\"").count(),
            1,
            "{address}: {}",
            drawn.body
        );
    }
    for (query, status) in [
        ("t=999999", StatusCode::BAD_REQUEST),
        ("t=-1", StatusCode::BAD_REQUEST),
        ("t=0", StatusCode::NOT_FOUND),
        ("moment=yesterday", StatusCode::BAD_REQUEST),
        ("moment=2199-01-01T00:00", StatusCode::BAD_REQUEST),
        ("moment=1999-01-01T00:00", StatusCode::NOT_FOUND),
    ] {
        for page in [&summary, &screen] {
            let drawn = ground.get(&format!("{page}?{query}"), &cookie).await;
            assert_eq!(drawn.status, status, "{page}?{query}: {}", drawn.body);
        }
    }
    // A form drawn now and sent to the past is refused.
    let now = ground.get(&screen, &cookie).await;
    let (form_token, sealed) = (hidden(&now.body, "form_token"), hidden(&now.body, "sealed"));
    let form = [
        ("form_token", form_token.as_str()),
        ("sealed", sealed.as_str()),
        ("action", "sign"),
        ("f.comment", "Seen"),
    ];
    let said = ground
        .post(&format!("{screen}?{of_t}"), &cookie, &form)
        .await;
    assert_eq!(said.status, StatusCode::BAD_REQUEST, "{}", said.body);
    assert_eq!(ground.door.record.current().0, last, "nothing was written");
}
