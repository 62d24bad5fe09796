//! A merge and its undoing in the browser: compared, refused without reason and tick, merged, led on to, undone, decided.

use axum::http::{StatusCode, header};
use serde_json::json;

use super::{Ground, hidden};

async fn put(ground: &Ground, kind: &str, id: &str, body: serde_json::Value) {
    let token = ground.token("clinician").await;
    let path = format!("/fhir/{kind}/{id}");
    let said = ground
        .fhir("PUT", &path, &token, &[], &body.to_string())
        .await;
    assert!(said.status.is_success(), "{}", said.body);
}

async fn two(ground: &Ground) {
    for (id, given, number) in [("p1", "Maureen", "A1"), ("p2", "Maureen Ann", "A2")] {
        let person = json!({
            "resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1948-03-03",
            "identifier": [{"system": "urn:pas", "value": number}], "name": [{"family": "Hargreaves", "given": [given]}],
        });
        put(ground, "Patient", id, person).await;
    }
    put(ground, "Observation", "o1", result("o1", "p2")).await;
}

fn result(id: &str, of: &str) -> serde_json::Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "Potassium"},
        "subject": {"reference": format!("Patient/{of}")}, "valueQuantity": {"value": 5.1, "unit": "mmol/L"}})
}

#[tokio::test]
async fn a_registrar_merges_two_records_and_undoes_it() {
    let ground = Ground::new().await;
    two(&ground).await;
    let cookie = ground.sign_in("clinician").await;
    let page = compared(&ground, &cookie).await;
    let token = hidden(&page, "form_token");
    merged(&ground, &cookie, &token, &page).await;
    led_on(&ground, &cookie).await;
    put(&ground, "Observation", "n1", result("n1", "p1")).await;
    undone(&ground, &cookie, &token).await;
    settled(&ground, &cookie, &token).await;
    let page = ground.get("/patients/p2", &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "the record stands again");
    let page = ground.get("/patients/p2/identity", &cookie).await;
    assert!(page.body.contains("A merge was undone"), "{}", page.body);
}

/// Finds the other record; the page that compares the two.
async fn compared(ground: &Ground, cookie: &str) -> String {
    let page = ground
        .get("/patients/p1/identity?q=Hargreaves%2003-Mar-1948", cookie)
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(
        page.body.contains("/patients/p1/merge?other=p2"),
        "{}",
        page.body
    );
    let compare = "/patients/p1/merge?other=p2";
    let page = ground.get(compare, cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in [
        "HARGREAVES, Maureen Ann",
        "Record that would end",
        "1 entry",
        "Differs",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    page.body
}

/// Merges the two as the page compares them, once there is a reason and a tick.
async fn merged(ground: &Ground, cookie: &str, token: &str, page: &str) {
    let (source, target) = (hidden(page, "seen_source"), hidden(page, "seen_target"));
    let form = |sure: &'static str, reason: &'static str| {
        vec![
            ("form_token", token.to_owned()),
            ("other", "p2".to_owned()),
            ("seen_source", source.clone()),
            ("seen_target", target.clone()),
            ("sure", sure.to_owned()),
            ("reason", reason.to_owned()),
        ]
    };
    let table = [
        (
            form("", "registered twice at the front desk"),
            "tick that you have done so",
        ),
        (form("yes", "same"), "at least 10 characters"),
    ];
    for (form, words) in table {
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let said = ground.post("/patients/p1/merge", cookie, &form).await;
        assert_eq!(
            said.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            said.body
        );
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    let foreign = ground
        .post(
            "/patients/p1/merge",
            cookie,
            &[("form_token", "x"), ("other", "p2")],
        )
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let form = form("yes", "registered twice at the front desk");
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let said = ground.post("/patients/p1/merge", cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
}

/// An old bookmark leads on, with a word about it.
async fn led_on(ground: &Ground, cookie: &str) {
    let said = ground.get("/patients/p2", cookie).await;
    assert_eq!(said.headers[header::LOCATION], "/patients/p1?merged=p2");
    let page = ground.get("/patients/p1?merged=p2", cookie).await;
    assert!(
        page.body
            .contains("You opened a record that was merged into this one."),
        "{}",
        page.body
    );
    let list = ground.get("/patients?family=Hargreaves", cookie).await;
    assert!(!list.body.contains("/patients/p2\""), "{}", list.body);
}

/// Undoes the merge, and leaves the later entry for later.
async fn undone(ground: &Ground, cookie: &str, token: &str) {
    let page = ground
        .get("/patients/p1/identity?done=merged", cookie)
        .await;
    let (_, rest) = page
        .body
        .split_once("href=\"/patients/p1/unmerge/")
        .unwrap();
    let event = rest.split_once('"').unwrap().0.to_owned();
    let path = format!("/patients/p1/unmerge/{event}");
    let page = ground.get(&path, cookie).await;
    assert!(
        page.body
            .contains("1 entry that nobody changed since goes back exactly as it was."),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("Result or finding: Potassium"),
        "{}",
        page.body
    );
    let seen = hidden(&page.body, "seen");
    let form = [
        ("form_token", token),
        ("seen", seen.as_str()),
        ("item", "Observation/n1"),
        ("side:Observation/n1", ""),
        ("reason", "the photograph is another woman's"),
    ];
    let said = ground.post(&path, cookie, &form).await;
    assert_eq!(
        said.headers[header::LOCATION],
        "/patients/p1/identity?done=open",
        "{}",
        said.body
    );
}

/// Decides about the later entry, in the task.
async fn settled(ground: &Ground, cookie: &str, token: &str) {
    let tasks = ground.get("/tasks", cookie).await;
    let (_, rest) = tasks.body.split_once("href=\"/settle/").unwrap();
    let path = format!("/settle/{}", rest.split_once('"').unwrap().0);
    let page = ground.get(&path, cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Whose are these?"), "{}", page.body);
    let form = [
        ("form_token", token),
        ("item", "Observation/n1"),
        ("side:Observation/n1", ""),
    ];
    let said = ground.post(&path, cookie, &form).await;
    assert_eq!(
        said.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        said.body
    );
    let form = [
        ("form_token", token),
        ("item", "Observation/n1"),
        ("side:Observation/n1", "source"),
    ];
    let said = ground.post(&path, cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
}

#[tokio::test]
async fn nobody_but_a_clinician_merges_in_a_browser() {
    let ground = Ground::new().await;
    two(&ground).await;
    let cookie = ground.sign_in("administrator").await;
    for path in [
        "/patients/p1/identity",
        "/patients/p1/merge?other=p2",
        "/patients/p1/unmerge/x",
        "/settle/x",
    ] {
        let said = ground.get(path, &cookie).await;
        assert_eq!(said.status, StatusCode::FORBIDDEN, "{path}");
    }
    let cookie = ground.sign_in("clinician").await;
    for path in [
        "/patients/nobody/identity",
        "/patients/p1/merge?other=nobody",
        "/patients/p1/unmerge/nothing",
        "/settle/nothing",
    ] {
        let said = ground.get(path, &cookie).await;
        assert_eq!(said.status, StatusCode::NOT_FOUND, "{path}: {}", said.body);
    }
}
