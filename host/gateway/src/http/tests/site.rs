//! Screens about a site: granted in plain words, reached from the tasks, drawn from rows, never under a patient's banner.

use axum::http::{StatusCode, header};
use record::departmental::scripted::Scripted;
use record::departmental::{Answer, Question};
use serde_json::{Value, json};

use super::{Ground, hidden};

fn manifest() -> Value {
    let screen = |id: &str, title: &str, place: &str| json!({"id": id, "title": title, "place": place, "audience": ["clinician"]});
    json!({
        "manifest": 1, "id": "imaging", "name": "Imaging", "version": "1.0.0", "supplier": "A Supplier", "contract": "0.2",
        "screens": [screen("waiting", "Who waits", "site"), screen("chart", "Pictures", "patient")],
        "views": [{
            "id": "people", "title": "Who is here", "reason": "To list who waits for a picture.", "scope": "site",
            "view": { "resource": "Patient", "select": [{ "column": [{ "name": "id", "path": "getResourceKey()" }] }] },
        }],
    })
}

/// A list of everybody of the view, and a form.
fn screen(rows: &Value) -> Value {
    let people = rows["values"].as_array().unwrap().iter();
    let people = people.map(|row| json!({ "patient": row[0], "cells": [] }));
    json!({"screen": 1, "root": 0, "nodes": [
        { "kind": "section", "children": [1, 2] },
        { "kind": "worklist", "caption": "Who waits", "order": "As they came", "columns": [], "empty": "Nobody waits",
          "rows": people.collect::<Vec<_>>() },
        { "kind": "form", "action": "seen", "children": [3] },
        { "kind": "action", "label": "I have looked" },
    ]})
}

#[tokio::test]
async fn a_list_about_the_site_is_granted_reached_and_drawn() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let at = format!("/fhir/Patient/{patient}");
    let said = ground.fhir("GET", &at, &token, &[], "").await;
    let mut here: Value = serde_json::from_str(&said.body).unwrap();
    let scripted = Scripted::new(|_, question, chart| {
        Box::pin(async move {
            match question {
                Question::Open { .. } => match chart.rows("people", "{}").await {
                    Ok(rows) => Answer::Screen(screen(&serde_json::from_str(&rows).unwrap())),
                    Err(failure) => Answer::Refused(failure),
                },
                _other => Answer::Outcome(json!({"outcome": 1, "next": {"screen": "waiting"}})),
            }
        })
    });
    let release = ground.library.publish(&manifest(), scripted).unwrap();
    let administrator = ground.sign_in("administrator").await;
    let path = format!("/departmentals/{}", release.digest);
    let page = ground.get(&path, &administrator).await;
    let words =
        "Who is here: id of Patient, of ALL patients whom this site cares for, in lists about many";
    assert!(page.body.contains(words), "{}", page.body);
    let token_of_form = hidden(&page.body, "form_token");
    let form = [
        ("form_token", token_of_form.as_str()),
        ("decision", "enable"),
        ("view", "people"),
    ];
    let said = ground.post(&path, &administrator, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);

    let cookie = ground.sign_in("clinician").await;
    let waiting = "/departments/imaging/waiting";
    let lists = ground.get("/departments", &cookie).await;
    let link = format!("<a href=\"{waiting}\">Who waits</a>");
    assert!(lists.body.contains(&link), "{}", lists.body);
    let page = ground.get(waiting, &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(page.body.contains("Nobody waits"), "{}", page.body);

    here["managingOrganization"] = json!({ "type": "Organization", "identifier": {
        "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RXR" } });
    let said = ground
        .fhir("PUT", &at, &token, &[], &here.to_string())
        .await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let page = ground.get(waiting, &cookie).await;
    assert!(page.body.contains("HARGREAVES"), "{}", page.body);
    assert!(!page.body.contains("This patient"), "{}", page.body);

    let form = [
        ("form_token", hidden(&page.body, "form_token")),
        ("sealed", hidden(&page.body, "sealed")),
        ("action", "seen".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let said = ground.post(waiting, &cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    assert_eq!(said.headers[header::LOCATION], waiting);
    // The same form is of no use in a patient's chart, and the list is not drawn there.
    let in_chart = format!("/patients/{patient}/departments/imaging/waiting");
    let said = ground.get(&in_chart, &cookie).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    assert_eq!(said.headers[header::LOCATION], waiting);
    let said = ground.get("/departments/imaging/chart", &cookie).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND, "{}", said.body);
}
