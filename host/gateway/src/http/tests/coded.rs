//! A concept is found by words in the record's terminology, and a departmental is given only one that is there, by its words.

use axum::http::StatusCode;
use fhir::resource::Resource;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use super::{Ground, Said, enabled, hidden};

pub(super) fn a_form() -> Value {
    json!({"screen": 1, "root": 0, "nodes": [
        {"kind": "form", "action": "sign", "children": [1, 2, 3, 4]},
        {"kind": "input-text", "field": "comment", "label": "Comment"},
        {"kind": "input-coded", "field": "why", "label": "Why", "value_set": "http://e.org/vs/reds", "required": true},
        {"kind": "input-coded", "field": "else", "label": "Else", "value_set": "http://e.org/vs/none"},
        {"kind": "action", "label": "Send"},
    ]})
}

/// Two reds and a green; of the set are only the reds.
async fn keep_colours(ground: &Ground) {
    let colours = json!({ "resourceType": "CodeSystem", "id": "colours", "url": "http://e.org/colours", "version": "2",
        "status": "active", "content": "complete",
        "concept": [{ "code": "green", "display": "Green" }, { "code": "red", "display": "Red",
            "concept": [{ "code": "crimson", "display": "Crimson" }] }] });
    let reds = json!({ "resourceType": "ValueSet", "id": "reds", "url": "http://e.org/vs/reds", "status": "active",
        "compose": { "include": [{ "system": "http://e.org/colours",
            "filter": [{ "property": "concept", "op": "is-a", "value": "red" }] }] } });
    let changes = [colours, reds].map(|value| {
        let resource = Resource::from_value(value).unwrap();
        Change::Update {
            key: resource.key().unwrap(),
            resource,
            seen: None,
            temporary: None,
        }
    });
    let record = &ground.door.record;
    let operator = record.operator(&"RXR".parse().unwrap());
    let proposal = Proposal::direct(changes.into());
    record.commit(&operator, proposal).await.unwrap();
}

/// Action, what was typed as the words, what was chosen, and then: status, and what the page says or, after a colon, must not.
const SENT: &str = "
    find.why     | crim |                                     | 200 | 1 was found for
    find.why     | crim |                                     | 200 | value=\"http://e.org/colours|crimson|Crimson\"
    find.why     | crim |                                     | 200 | value=\"As typed\"
    find.why     | gree |                                     | 200 | Nothing was found for
    find.why     | red  | http://e.org/colours~crimson~Crimson | 200 | value=\"http://e.org/colours|crimson|Crimson\" checked
    find.why     | r    |                                     | 422 | type 2 to 100 characters
    find.else    | red  |                                     | 422 | Nothing could be looked for: there is no value set
    find.comment | red  |                                     | 422 | Use one of the form
    find.none    | red  |                                     | 422 | Use one of the form
    sign         |      |                                     | 422 | Find and choose one: Why
    sign         |      | http://e.org/colours~crimson        | 422 | Why: choose one of those found
    sign         |      | http://e.org/colours~green~Green    | 422 | Why: choose one of those found
    sign         |      | http://e.org/nowhere~red~Red        | 422 | Why: choose one of those found
";

#[tokio::test]
async fn a_concept_is_found_by_words_and_given_as_the_terminology_has_it() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    keep_colours(&ground).await;
    enabled(&ground, &patient).await;
    let cookie = ground.sign_in("clinician").await;
    let path = format!("/patients/{patient}/departments/pathology/diagnose");
    let page = ground.get(&path, &cookie).await;
    assert!(page.body.contains("Find by words"), "{}", page.body);
    let send = |action: String, words: String, chosen: String| {
        let (ground, path, cookie, page) = (&ground, &path, &cookie, &page.body);
        async move { sent(ground, path, cookie, page, [&action, &words, &chosen]).await }
    };
    let before = ground.door.record.current();
    for row in SENT.trim().lines() {
        let cells: Vec<&str> = row.splitn(5, " | ").map(str::trim).collect();
        let [action, words, chosen, status, says] = cells.try_into().unwrap();
        let said = send(
            action.to_owned(),
            words.to_owned(),
            chosen.replace('~', "|"),
        )
        .await;
        assert_eq!(said.status.as_str(), status, "{row}: {}", said.body);
        assert!(said.body.contains(says), "{row}: {}", said.body);
    }
    assert_eq!(
        ground.door.record.current(),
        before,
        "nothing was committed"
    );
    let forged = "http://e.org/colours|crimson|No allergy".to_owned();
    let done = send("sign".to_owned(), String::new(), forged).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let token = ground.token("clinician").await;
    let tasks = ground.fhir("GET", "/fhir/Task", &token, &[], "").await;
    let words = "As typed http://e.org/colours crimson Crimson";
    assert!(tasks.body.contains(words), "{}", tasks.body);
}

async fn sent(
    ground: &Ground,
    path: &str,
    cookie: &str,
    page: &str,
    [action, words, chosen]: [&str; 3],
) -> Said {
    let (token, sealed) = (hidden(page, "form_token"), hidden(page, "sealed"));
    let form = [
        ("form_token", token.as_str()),
        ("sealed", sealed.as_str()),
        ("action", action),
        ("f.comment", "As typed"),
        ("f.why.words", words),
        ("f.else.words", words),
        ("f.comment.words", words),
        ("f.why", chosen),
    ];
    ground.post(path, cookie, &form).await
}
