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

/// Two women of one name and household, twins by their day of birth; and where their pair is looked at.
async fn twins(ground: &Ground, cookie: &str) -> String {
    let record = &ground.door.record;
    put(ground, "jane", patient("Jane", "1990-05-17")).await;
    assert!(record.match_once().await.unwrap());
    let page = ground.get("/matching", cookie).await;
    assert!(page.body.contains("No pair waits"), "{}", page.body);
    put(ground, "joan", patient("Joan", "1990-05-17")).await;
    assert!(record.match_once().await.unwrap());
    let page = ground.get("/matching", cookie).await;
    assert!(page.body.contains("Nobody has looked"), "{}", page.body);
    first(&page.body)
}

#[tokio::test]
async fn a_pair_shows_both_records_and_what_to_look_at_first() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("clinician").await;
    let path = twins(&ground, &cookie).await;
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
}

#[tokio::test]
async fn a_registrar_says_who_is_who() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("clinician").await;
    let path = twins(&ground, &cookie).await;
    let page = ground.get(&path, &cookie).await;
    let (token, seen) = (hidden(&page.body, "form_token"), hidden(&page.body, "seen"));
    // Decision, reason, token, version; status; words of the page, or where it leads.
    let table = "
        different | twins             | TOKEN  | SEEN | 422 | Say why, in at least 10 characters
        -         | rang both of them | TOKEN  | SEEN | 422 | Choose whether they are one person
        different | rang both of them | TOKEN  | 99   | 409 | meanwhile: look at it again
        different | rang both of them | forged | SEEN | 403 | Nothing was done
        different | rang both of them | TOKEN  | SEEN | 303 | /matching?done=different
        same      | rang both of them | TOKEN  | SEEN | 404 | was decided
    ";
    for line in table.lines().filter(|line| line.contains('|')) {
        let line = line.replace("TOKEN", &token).replace("SEEN", &seen);
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let form = [
            ("decision", cells[0]),
            ("reason", cells[1]),
            ("form_token", cells[2]),
            ("seen", cells[3]),
        ];
        let said = ground.post(&path, &cookie, &form).await;
        assert_eq!(said.status.as_str(), cells[4], "{line}: {}", said.body);
        let leads_to = said.headers.get(header::LOCATION);
        let leads_to = leads_to.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let told = format!("{leads_to}{}", said.body);
        assert!(told.contains(cells[5]), "{line}: {told}");
    }
    let page = ground.get("/matching?done=different", &cookie).await;
    let (kept, empty) = ("will not be asked about again", "No pair waits");
    assert!(page.body.contains(kept) && page.body.contains(empty));
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
        page.body.contains("HARGREAVES, Jane") && page.body.contains("HARGREAVES, Joan"),
        "{}",
        page.body
    );
    // Charts are not an operator's to open: no link leads to where they are refused.
    let pair = ground.get(&first(&page.body), &cookie).await;
    assert_eq!(pair.status, StatusCode::OK, "{}", pair.body);
    assert!(!pair.body.contains("href=\"/patients/"), "{}", pair.body);
}
