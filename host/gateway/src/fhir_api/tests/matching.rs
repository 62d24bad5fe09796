//! `Patient/$match` over HTTP.

use serde_json::{Value, json};

use super::{Api, Said, on_both};

async fn people(api: &Api) {
    api.put(json!({
        "resourceType": "Patient", "id": "ann", "birthDate": "1950-03-02", "gender": "female",
        "name": [{"use": "official", "family": "Hargreaves", "given": ["Ann"]}], "address": [{"use": "home", "postalCode": "PR1 1AA"}],
    }))
    .await;
    api.put(json!({
        "resourceType": "Patient", "id": "joan", "birthDate": "1950-03-02", "gender": "female",
        "name": [{"use": "official", "family": "Hargreaves", "given": ["Joan"]}], "address": [{"use": "home", "postalCode": "PR1 1AA"}],
    }))
    .await;
}

async fn post(api: &Api, body: Value) -> Said {
    api.ask("POST /fhir/Patient/$match", &[], body.to_string())
        .await
}

fn asked(given: &str, more: &[Value]) -> Value {
    let person = json!({
        "resourceType": "Patient", "birthDate": "1950-03-02", "gender": "female",
        "name": [{"family": "Hargreaves", "given": [given]}], "address": [{"postalCode": "pr11aa"}],
    });
    let mut parameters = vec![json!({"name": "resource", "resource": person})];
    parameters.extend(more.iter().cloned());
    json!({"resourceType": "Parameters", "parameter": parameters})
}

#[test]
fn who_is_meant_with_score_and_grade() {
    on_both(|api| async move {
        people(&api).await;
        let certain = json!({"name": "onlyCertainMatches", "valueBoolean": true});
        let one = json!({"name": "count", "valueInteger": 1});
        // Forename asked for, further parameters; ids with grades.
        let table: [(&str, Vec<Value>, &str); 5] = [
            ("Ann", vec![], "ann certain, joan possible"),
            ("Ann", vec![certain.clone()], "ann certain"),
            ("Ann", vec![one], "ann certain"),
            ("Zoe", vec![], "ann possible, joan possible"),
            ("Zoe", vec![certain], ""),
        ];
        for (given, more, wanted) in table {
            let said = post(&api, asked(given, &more)).await;
            assert_eq!(said.status, 200, "{}", said.body);
            let bundle = said.json();
            assert_eq!(bundle["type"], "searchset");
            let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
            let told = entries.iter().map(|it| {
                let score = it["search"]["score"].as_f64().unwrap();
                assert!(score > 0.0 && score < 1.0, "{score}");
                assert_eq!(it["search"]["mode"], "match");
                let grade = it
                    .pointer("/search/extension/0/valueCode")
                    .and_then(Value::as_str);
                format!(
                    "{} {}",
                    it["resource"]["id"].as_str().unwrap(),
                    grade.unwrap()
                )
            });
            assert_eq!(
                told.collect::<Vec<_>>().join(", "),
                wanted,
                "{given}: {}",
                said.body
            );
        }
    });
}

#[test]
fn a_question_that_cannot_be_answered_says_what_to_do() {
    on_both(|api| async move {
        for (body, status, words) in [
            (
                json!({"resourceType": "Parameters"}),
                400,
                "as the parameter `resource`",
            ),
            (
                json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}),
                400,
                "send the person as a patient",
            ),
            (
                json!({"resourceType": "Patient", "gender": "female"}),
                400,
                "give an nhs number",
            ),
            (
                asked("Ann", &[json!({"name": "count", "valueInteger": 0})]),
                400,
                "from 1 to 100",
            ),
            (
                asked("Ann", &[json!({"name": "sure", "valueBoolean": true})]),
                400,
                "`sure` is no parameter here",
            ),
        ] {
            let said = post(&api, body).await;
            assert_eq!(said.status.as_u16(), status, "{}", said.body);
            assert!(said.words().contains(words), "{}", said.body);
        }
    });
}
