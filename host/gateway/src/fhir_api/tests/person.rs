//! `$merge`, `$unmerge` and `$settle` over HTTP.

use serde_json::{Value, json};

use super::{Api, Said, observation, on_both, patient};

fn named<'v>(said: &'v Value, name: &str) -> &'v Value {
    let all = said["parameter"].as_array().unwrap();
    all.iter()
        .find(|it| it["name"] == name)
        .unwrap_or(&Value::Null)
}

fn to(who: &str) -> Value {
    json!({ "reference": who })
}

fn wish(preview: bool, reason: &str) -> Value {
    let mut all = vec![
        json!({ "name": "source-patient", "valueReference": to("Patient/a") }),
        json!({ "name": "target-patient", "valueReference": to("Patient/b") }),
        json!({ "name": "preview", "valueBoolean": preview }),
    ];
    if !reason.is_empty() {
        all.push(json!({ "name": "reason", "valueString": reason }));
    }
    json!({ "resourceType": "Parameters", "parameter": all })
}

async fn post(api: &Api, path: &str, body: &Value) -> Said {
    api.ask(&format!("POST {path}"), &[], body.to_string())
        .await
}

#[test]
fn a_merge_and_its_undoing_over_http() {
    on_both(|api| async move {
        api.put(patient("a", "1")).await;
        api.put(patient("b", "2")).await;
        api.put(observation("o1", "a")).await;
        looked_at(&api).await;
        refused(&api).await;
        let event = merged(&api).await;
        api.put(observation("n1", "b")).await;
        let task = parted(&api, &event).await;
        settled(&api, &task).await;
    });
}

async fn looked_at(api: &Api) {
    let t = api.t();
    let preview = post(api, "/fhir/Patient/$merge", &wish(true, "")).await;
    assert_eq!(preview.status.as_u16(), 200, "{}", preview.body);
    assert!(
        preview
            .body
            .contains("1 resources would move (1 Observation)"),
        "{}",
        preview.body
    );
    assert_eq!(api.t(), t, "a preview writes nothing");
}

async fn refused(api: &Api) {
    let table = [
        (wish(false, ""), 400, "say why"),
        (
            json!({ "resourceType": "Parameters", "parameter": [{ "name": "source-patient", "valueReference": to("Patient/a") }] }),
            400,
            "say `target-patient`",
        ),
        (
            json!({ "resourceType": "Parameters", "parameter": [{ "name": "result-patient" }] }),
            400,
            "`result-patient` is no parameter here",
        ),
    ];
    for (body, status, words) in table {
        let said = post(api, "/fhir/Patient/$merge", &body).await;
        assert_eq!(said.status.as_u16(), status, "{}", said.body);
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
    let administrator = api
        .administrator(
            "POST /fhir/Patient/$merge",
            wish(false, "the same").to_string(),
        )
        .await;
    assert_eq!(administrator.status.as_u16(), 403, "{}", administrator.body);
}

/// Merges the two; the event of it.
async fn merged(api: &Api) -> String {
    let said = post(api, "/fhir/Patient/$merge", &wish(false, "the same")).await;
    assert_eq!(said.status.as_u16(), 200, "{}", said.body);
    let answer = said.json();
    assert_eq!(
        named(&answer, "outcome")["resource"]["resourceType"],
        "OperationOutcome"
    );
    assert_eq!(named(&answer, "result")["resource"]["id"], "b");
    assert_eq!(
        named(&answer, "input")["resource"]["resourceType"],
        "Parameters"
    );
    let event = named(&answer, "event")["valueReference"]["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let late = api
        .ask(
            "POST /fhir/Observation",
            &[],
            observation("x", "a").to_string(),
        )
        .await;
    assert_eq!(late.status.as_u16(), 409, "{}", late.body);
    assert!(
        late.body.contains("was merged into Patient/b"),
        "{}",
        late.body
    );
    event
}

/// Undoes the merge; the task that it leaves.
async fn parted(api: &Api, event: &str) -> String {
    let undo = json!({ "resourceType": "Parameters", "parameter": [{ "name": "reason", "valueString": "two people" }] });
    let parted = post(api, &format!("/fhir/{event}/$unmerge"), &undo).await;
    assert_eq!(parted.status.as_u16(), 200, "{}", parted.body);
    let answer = parted.json();
    assert_eq!(named(&answer, "source")["resource"].get("link"), None);
    let task = named(&answer, "task")["valueReference"]["reference"]
        .as_str()
        .unwrap()
        .to_owned();
    let twice = post(api, &format!("/fhir/{event}/$unmerge"), &undo).await;
    assert_eq!(twice.status.as_u16(), 409, "{}", twice.body);
    task
}

async fn settled(api: &Api, task: &str) {
    let decision = json!({ "resourceType": "Parameters", "parameter": [{ "name": "decision", "part": [
        { "name": "item", "valueReference": to("Observation/n1") }, { "name": "side", "valueCode": "source" }] }] });
    let settled = post(api, &format!("/fhir/{task}/$settle"), &decision).await;
    assert_eq!(settled.status.as_u16(), 200, "{}", settled.body);
    assert_eq!(
        api.get("/fhir/Observation/n1").await.json()["subject"],
        to("Patient/a")
    );
    assert_eq!(
        api.get(&format!("/fhir/{task}")).await.json()["status"],
        "completed"
    );
}
