//! Search parameters that an operator adds, over HTTP: who may, what is refused where, and when they can be used.

use serde_json::{Value, json};

use super::{Api, Said, on_both};

/// Files a search parameter as an operator.
async fn put(api: &Api, resource: &Value) -> Said {
    let id = resource["id"].as_str().unwrap();
    let line = format!("PUT /fhir/SearchParameter/{id}");
    api.operator(&line, resource.to_string()).await
}

fn eye() -> Value {
    json!({
        "resourceType": "SearchParameter", "id": "eye", "url": "urn:parameter:eye", "name": "Eye", "status": "active",
        "description": "the colour of the eyes", "code": "eye", "base": ["Patient"], "type": "token",
        "expression": "Patient.extension.where(url = 'urn:eye').value",
    })
}

fn patient(id: &str, eye: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id, "extension": [{ "url": "urn:eye", "valueCode": eye }] })
}

/// Whether the server says that patients can be searched by it.
async fn is_listed(api: &Api) -> bool {
    let said = api.get("/fhir/metadata").await.json();
    let resources = said["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|it| it["type"] == "Patient").unwrap();
    let parameters = patient["searchParam"].as_array().unwrap();
    parameters
        .iter()
        .any(|it| it == &json!({ "name": "eye", "type": "token" }))
}

async fn found(api: &Api, path: &str) -> Vec<String> {
    let said = api.get(path).await;
    assert_eq!(said.status.as_u16(), 200, "{path}: {}", said.body);
    let bundle = said.json();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let id = |entry: &Value| entry["resource"]["id"].as_str().unwrap().to_owned();
    entries.iter().map(id).collect()
}

#[test]
fn what_an_operator_adds_is_searched_by_once_it_is_reindexed() {
    on_both(|api| async move {
        api.put(patient("anne", "green")).await;
        api.put(patient("ben", "brown")).await;
        let earlier = api.t();
        let line = "PUT /fhir/SearchParameter/eye";
        let refused = api.ask(line, &[], eye().to_string()).await;
        assert_eq!(refused.status.as_u16(), 403, "{}", refused.body);
        let made = put(&api, &eye()).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.body);
        assert!(!is_listed(&api).await);
        for prefer in ["handling=strict", "handling=lenient"] {
            let asked = "GET /fhir/Patient?eye=green";
            let said = api.ask(asked, &[("prefer", prefer)], "").await;
            assert_eq!(said.status.as_u16(), 503, "{}", said.body);
            assert!(
                said.words().contains("up to commit 0 of 3"),
                "{}",
                said.body
            );
            assert_eq!(said.header("retry-after"), "1");
        }
        assert!(api.door.record.reindex_once().await.unwrap());
        assert!(is_listed(&api).await);
        assert_eq!(found(&api, "/fhir/Patient?eye=green").await, ["anne"]);
        assert_eq!(found(&api, "/fhir/Patient?eye:not=green").await, ["ben"]);
        api.put(patient("anne", "blue")).await;
        assert!(found(&api, "/fhir/Patient?eye=green").await.is_empty());
        let before = format!("/fhir/Patient?eye=green&_asOf={earlier}");
        assert_eq!(found(&api, &before).await, ["anne"]);
        // Conditions go by it as well.
        let mut changed = patient("ben", "hazel");
        changed["active"] = json!(true);
        let said = api
            .ask("PUT /fhir/Patient?eye=brown", &[], changed.to_string())
            .await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        let once = [("if-none-exist", "eye=hazel")];
        let said = api
            .ask(
                "POST /fhir/Patient",
                &once,
                patient("x", "hazel").to_string(),
            )
            .await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        assert_eq!(found(&api, "/fhir/Patient?eye=hazel").await, ["ben"]);
        let mut retired = eye();
        retired["status"] = json!("retired");
        assert_eq!(put(&api, &retired).await.status.as_u16(), 200);
        assert!(!is_listed(&api).await);
        let said = api.get("/fhir/Patient?eye=hazel").await;
        assert_eq!(said.status.as_u16(), 400, "{}", said.body);
    });
}

#[test]
fn what_cannot_be_searched_by_is_refused_with_its_place() {
    on_both(|api| async move {
        let table = [
            ("code", json!("birthdate"), "SearchParameter.code"),
            (
                "expression",
                json!("Patient.name["),
                "SearchParameter.expression",
            ),
            (
                "base",
                json!(["Patient", "Resource"]),
                "SearchParameter.base[1]",
            ),
            ("type", json!("special"), "SearchParameter.type"),
        ];
        for (member, value, place) in table {
            let mut resource = eye();
            resource[member] = value;
            let said = put(&api, &resource).await;
            assert_eq!(said.status.as_u16(), 422, "{member}: {}", said.body);
            let places = &said.json()["issue"][0]["expression"];
            assert_eq!(places, &json!([place]), "{}", said.body);
        }
    });
}
