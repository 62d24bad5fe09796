//! Pairs that may be one person, as a registrar works through them in the browser.

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::{Ground, hidden};

fn patient(given: &str, birth: &str) -> Value {
    json!({
        "resourceType": "Patient", "birthDate": birth, "gender": "female",
        "name": [{"use": "official", "family": "Hargreaves", "given": [given]}],
        "address": [{"use": "home", "line": ["12 Mill Lane"], "postalCode": "PR1 1AA"}],
        "telecom": [{"system": "phone", "value": "07700 900123"}],
    })
}

async fn put(ground: &Ground, id: &str, mut body: Value) {
    body["id"] = json!(id);
    let token = ground.token("clinician").await;
    let said = ground
        .fhir(
            "PUT",
            &format!("/fhir/Patient/{id}"),
            &token,
            &[],
            &body.to_string(),
        )
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
}

/// Where the list's first pair leads.
fn first(page: &str) -> String {
    let (_, rest) = page.split_once("<a href=\"/matching/").unwrap();
    let (_, rest) = rest
        .split_once("<a href=\"/matching/")
        .unwrap_or(("", rest));
    format!("/matching/{}", rest.split_once('"').unwrap().0)
}

#[tokio::test]
async fn a_registrar_says_who_is_who() {
    let ground = Ground::new().await;
    let record = &ground.door.record;
    let cookie = ground.sign_in("clinician").await;
    put(&ground, "jane", patient("Jane", "1990-05-17")).await;
    assert!(record.match_once().await.unwrap());
    let page = ground.get("/matching", &cookie).await;
    assert!(page.body.contains("No pair waits"), "{}", page.body);

    put(&ground, "joan", patient("Joan", "1990-05-17")).await;
    assert!(record.match_once().await.unwrap());
    let page = ground.get("/matching", &cookie).await;
    assert!(page.body.contains("Nobody has looked"), "{}", page.body);
    let path = first(&page.body);
    let page = ground.get(&path, &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    // Both records whole, what differs in words first, a weight in words beside every bar.
    for words in [
        "HARGREAVES, Jane",
        "HARGREAVES, Joan",
        "17-May-1990",
        "12 Mill Lane",
        "Look at this first: forename",
        "sounds alike",
        "Twins",
        "aria-label=\"-",
        "aria-label=\"+",
        "All together",
        "It cannot be told by the score",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let token = hidden(&page.body, "form_token");
    let seen = hidden(&page.body, "seen");
    let send = |decision, reason, token, seen| {
        let form = [
            ("form_token", token),
            ("seen", seen),
            ("decision", decision),
            ("reason", reason),
        ];
        let (ground, path, cookie) = (&ground, path.clone(), cookie.clone());
        async move { ground.post(&path, &cookie, &form).await }
    };
    let (token, seen) = (token.as_str(), seen.as_str());
    // Decision, reason, token, version; status and words.
    for (decision, reason, token, seen, status, words) in [
        (
            "different",
            "twins",
            token,
            seen,
            422,
            "Say why, in at least 10 characters",
        ),
        (
            "",
            "rang both of them",
            token,
            seen,
            422,
            "Choose whether they are one person",
        ),
        (
            "different",
            "rang both of them",
            token,
            "99",
            409,
            "meanwhile: look at it again",
        ),
        (
            "different",
            "rang both of them",
            "forged",
            seen,
            403,
            "Nothing was done",
        ),
    ] {
        let said = send(decision, reason, token, seen).await;
        assert_eq!(said.status.as_u16(), status, "{}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    let said = send("different", "rang both of them", token, seen).await;
    assert_eq!(said.headers[header::LOCATION], "/matching?done=different");
    let page = ground.get("/matching?done=different", &cookie).await;
    assert!(
        page.body.contains("will not be asked about again") && page.body.contains("No pair waits")
    );
    let again = send("same", "rang both of them", token, seen).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_weights_say_what_nobody_trained() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("clinician").await;
    let page = ground.get("/matching/weights", &cookie).await;
    for words in [
        "Not trained",
        "assumed",
        "historical",
        "F1 on held-out halves",
        "surname and day of birth",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
}

#[tokio::test]
async fn an_operator_has_everybody_compared() {
    let ground = Ground::new().await;
    let record = &ground.door.record;
    put(&ground, "jane", patient("Jane", "1990-05-17")).await;
    put(&ground, "joan", patient("Joan", "1990-05-17")).await;
    assert!(
        record.match_once().await.unwrap(),
        "begins behind those who are there"
    );
    for (account, status) in [("clinician", 403), ("operator", 303)] {
        let cookie = ground.sign_in(account).await;
        let page = ground.get("/matching", &cookie).await;
        assert!(page.body.contains("No pair waits"), "{}", page.body);
        assert_eq!(
            page.body.contains("Compare everybody"),
            account == "operator"
        );
        let token = hidden(&page.body, "form_token");
        let said = ground
            .post(
                "/matching/everybody",
                &cookie,
                &[("form_token", token.as_str())],
            )
            .await;
        assert_eq!(said.status.as_u16(), status, "{}", said.body);
    }
    assert!(record.match_once().await.unwrap());
    let cookie = ground.sign_in("operator").await;
    let page = ground.get("/matching", &cookie).await;
    assert!(
        page.body.contains("Patient/jane") && page.body.contains("Patient/joan"),
        "{}",
        page.body
    );
}
