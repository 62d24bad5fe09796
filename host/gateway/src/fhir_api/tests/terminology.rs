//! Questions to terminology over HTTP: GET and POST, type and instance, and what is refused with which status.

use fhir::resource::Resource;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use super::{Api, on_both};

/// Writes resources as an operator: clinicians only read terminology.
async fn keep(api: &Api, resources: &[Value]) {
    let record = &api.door.record;
    let changes = resources.iter().map(|value| {
        let resource = Resource::from_value(value.clone()).unwrap();
        Change::Update {
            key: resource.key().unwrap(),
            resource,
            seen: None,
            temporary: None,
        }
    });
    let operator = record.operator(&"RXR".parse().unwrap());
    let proposal = Proposal::direct(changes.collect());
    record.commit(&operator, proposal).await.unwrap();
}

fn colours() -> Value {
    json!({ "resourceType": "CodeSystem", "id": "colours", "url": "http://e.org/colours", "version": "2",
        "status": "active", "content": "complete",
        "concept": [{ "code": "red", "display": "Red", "concept": [{ "code": "crimson", "display": "Crimson" }] }] })
}

fn reds() -> Value {
    json!({ "resourceType": "ValueSet", "id": "reds", "url": "http://e.org/vs/reds", "status": "active",
        "compose": { "include": [{ "system": "http://e.org/colours",
            "filter": [{ "property": "concept", "op": "is-a", "value": "red" }] }] } })
}

fn signs() -> Value {
    json!({ "resourceType": "ConceptMap", "id": "signs", "url": "http://e.org/cm/signs", "status": "active",
        "group": [{ "source": "http://e.org/colours", "target": "http://e.org/signs",
            "element": [{ "code": "red", "target": [{ "code": "stop", "equivalence": "equivalent" }] }] }] })
}

/// Path, status and what the answer holds.
const ASKED: &[(&str, u16, &str)] = &[
    (
        "CodeSystem/$lookup?system=http://e.org/colours&code=red",
        200,
        "\"valueString\":\"Red\"",
    ),
    ("CodeSystem/colours/$lookup?code=crimson", 200, "Crimson"),
    (
        "CodeSystem/$lookup?system=http://e.org/colours&code=green",
        404,
        "code-invalid",
    ),
    (
        "CodeSystem/$lookup?system=http://e.org/nowhere&code=red",
        404,
        "not-found",
    ),
    (
        "CodeSystem/$lookup?code=red",
        400,
        "Parameters.parameter.where(name='system')",
    ),
    (
        "CodeSystem/$lookup?system=http://e.org/colours&code=red&colour=1",
        400,
        "`colour` is no parameter",
    ),
    (
        "CodeSystem/$validate-code?url=http://e.org/colours&code=green",
        200,
        "\"valueBoolean\":false",
    ),
    (
        "CodeSystem/colours/$validate-code?code=red",
        200,
        "\"valueBoolean\":true",
    ),
    (
        "CodeSystem/$subsumes?system=http://e.org/colours&codeA=red&codeB=crimson",
        200,
        "\"valueCode\":\"subsumes\"",
    ),
    (
        "ValueSet/$expand?url=http://e.org/vs/reds",
        200,
        "\"total\":2",
    ),
    ("ValueSet/reds/$expand?count=1", 200, "\"total\":2"),
    ("ValueSet/nobody/$expand", 404, "not-found"),
    (
        "ValueSet/reds/$validate-code?system=http://e.org/colours&code=crimson",
        200,
        "\"valueBoolean\":true",
    ),
    (
        "ValueSet/$validate-code?url=http://e.org/vs/reds&code=red",
        400,
        "required",
    ),
    (
        "ConceptMap/$translate?url=http://e.org/cm/signs&system=http://e.org/colours&code=red",
        200,
        "stop",
    ),
    (
        "ConceptMap/signs/$translate?system=http://e.org/colours&code=red",
        200,
        "stop",
    ),
    (
        "ValueSet/$expand?url=http://snomed.info/sct?fhir_vs=nonsense/1",
        400,
        "not-supported",
    ),
];

#[test]
fn terminology_is_asked_over_http() {
    on_both(|api| async move {
        let first = api.t();
        keep(&api, &[colours(), reds(), signs()]).await;
        for (path, status, words) in ASKED.iter().copied() {
            let said = api
                .get(&format!("/fhir/{}", path.replace("sct?", "sct%3F")))
                .await;
            assert_eq!(said.status.as_u16(), status, "{path}: {}", said.body);
            assert!(said.body.contains(words), "{path}: {}", said.body);
        }
        let early = format!("/fhir/ValueSet/$expand?url=http://e.org/vs/reds&_asOf={first}");
        assert_eq!(api.get(&early).await.status.as_u16(), 404);
        let now = api
            .get("/fhir/ValueSet/$expand?url=http://e.org/vs/reds")
            .await;
        assert_eq!(now.header("x-palatine-t"), api.t().to_string());
    });
}

#[test]
fn terminology_takes_parameters_and_resources_in_the_body() {
    on_both(|api| async move {
        keep(&api, &[colours(), reds()]).await;
        let parameters = |list: Value| json!({ "resourceType": "Parameters", "parameter": list });
        let coding = json!({ "system": "http://e.org/colours", "code": "red" });
        for (path, body, status, words) in [
            (
                "CodeSystem/$lookup",
                parameters(json!([{ "name": "coding", "valueCoding": coding }])),
                200,
                "Red",
            ),
            (
                "ValueSet/$validate-code",
                parameters(json!([
                { "name": "url", "valueUri": "http://e.org/vs/reds" },
                { "name": "codeableConcept", "valueCodeableConcept": { "coding": [coding] } }])),
                200,
                "\"valueBoolean\":true",
            ),
            (
                "ValueSet/$expand",
                parameters(
                    json!([{ "name": "valueSet", "resource": reds() }, { "name": "count", "valueInteger": 1 }]),
                ),
                200,
                "\"total\":2",
            ),
            ("ValueSet/$expand", reds(), 200, "\"total\":2"),
            (
                "ValueSet/$expand",
                json!({ "resourceType": "Patient" }),
                400,
                "send Parameters",
            ),
            (
                "ValueSet/$expand",
                parameters(json!([{ "valueUri": "x" }])),
                400,
                "each parameter needs a name",
            ),
        ] {
            let said = api
                .ask(&format!("POST /fhir/{path}"), &[], body.to_string())
                .await;
            assert_eq!(said.status.as_u16(), status, "{path}: {}", said.body);
            assert!(said.body.contains(words), "{path}: {}", said.body);
        }
        let nobody = api
            .as_whom(None, ("GET", "/fhir/ValueSet/reds/$expand"), &[], "")
            .await;
        assert_eq!(nobody.status.as_u16(), 401);
        let written = api
            .ask("PUT /fhir/CodeSystem/colours", &[], colours().to_string())
            .await;
        assert_eq!(written.status.as_u16(), 403);
    });
}
