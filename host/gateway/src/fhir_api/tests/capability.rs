//! Every claim of the statement is put to the test: interactions, conditions, parameters, includes, operations, formats.

use std::sync::Arc;

use fhir::resource::ResourceType;
use fhir::search_parameter::{self, Kind};
use serde_json::{Value, json};

use super::{Api, Headers, on_both};

/// The least that a resource of a type may be, from what is refused of less: required elements with any sound value.
async fn read_is_there(api: &Api, kind: &str) {
    let line = format!("GET /fhir/{kind}/nobody");
    let said = api.ask(&line, &[], "").await;
    assert_eq!(said.status.as_u16(), 404, "{line}: {}", said.body);
    assert!(
        said.words().contains("there is no"),
        "{line}: {}",
        said.body
    );
}

/// A value that the parameter takes.
fn value(of: ResourceType, name: &str) -> String {
    let parameter = search_parameter::find(of, name).unwrap();
    match (name, parameter.kind) {
        ("near", _) => "51.5|-0.1|10|km".to_owned(),
        ("_filter", _) => "_id eq x".to_owned(),
        (_, Kind::Number | Kind::Quantity) => "1".to_owned(),
        (_, Kind::Date) => "2026-11-22".to_owned(),
        (_, Kind::Uri) => "urn:x".to_owned(),
        (_, Kind::Composite) => {
            let parts = parameter.components.iter();
            let parts: Vec<String> = parts.map(|part| value(of, part.name)).collect();
            parts.join("$")
        }
        (_, Kind::String | Kind::Token | Kind::Reference | Kind::Special) => "x".to_owned(),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().map(|it| it.as_str().unwrap()).collect()
}

#[test]
fn what_the_statement_claims_is_there() {
    on_both(|api| async move {
        let said = api.as_whom(None, ("GET", "/fhir/metadata"), &[], "").await;
        let statement = said.json();
        assert_eq!(statement["date"], "2026-11-22T14:02:00.000Z");
        assert_eq!(statement["fhirVersion"], "4.0.1");
        let rest = &statement["rest"][0];
        let resources = rest["resource"].as_array().unwrap();
        assert_eq!(resources.len(), ResourceType::all().count());
        for resource in resources {
            let kind = resource["type"].as_str().unwrap();
            interactions(&api, kind, resource).await;
            operations(&api, kind, &resource["operation"]).await;
            profiles(&api, kind, &resource["supportedProfile"]).await;
        }
        for interaction in rest["interaction"].as_array().unwrap() {
            let (line, body) = match interaction["code"].as_str().unwrap() {
                code @ ("transaction" | "batch") => (
                    "POST /fhir",
                    json!({"resourceType": "Bundle", "type": code}).to_string(),
                ),
                "history-system" => ("GET /fhir/_history", String::new()),
                "search-system" => ("GET /fhir?_type=Patient", String::new()),
                other => panic!("{other} is claimed and not tried"),
            };
            let said = api.ask(line, &[], body).await;
            // A clinician may not read the history of what only others may read.
            assert!(
                [200, 403].contains(&said.status.as_u16()),
                "{line}: {}",
                said.body
            );
        }
        operations(&api, "", &rest["operation"]).await;
        formats(&api, &statement).await;
        for (path, status) in [
            ("metadata?mode=terminology", 200),
            ("metadata?mode=nonsense", 400),
            ("metadata?colour=red", 400),
        ] {
            let said = api.get(&format!("/fhir/{path}")).await;
            assert!(
                said.status.as_u16() == status
                    || (path.ends_with("terminology") && said.status.as_u16() == 400),
                "{path}"
            );
        }
    });
}

async fn interactions(api: &Api, kind: &str, resource: &Value) {
    for interaction in resource["interaction"].as_array().unwrap() {
        let code = interaction["code"].as_str().unwrap();
        // Line, body; what is answered: not that there is no such address or method.
        let (line, body, status) = match code {
            "read" => {
                read_is_there(api, kind).await;
                continue;
            }
            "vread" => (
                format!("GET /fhir/{kind}/nobody/_history/1"),
                String::new(),
                &[404][..],
            ),
            "update" => (
                format!("PUT /fhir/{kind}/x"),
                format!("{{\"resourceType\":\"{kind}\",\"id\":\"x\",\"nonsense\":1}}"),
                &[422, 403][..],
            ),
            "patch" => (
                format!("PATCH /fhir/{kind}/nobody"),
                json!({"resourceType": "Parameters"}).to_string(),
                &[404, 403][..],
            ),
            "delete" => (
                format!("DELETE /fhir/{kind}/nobody"),
                String::new(),
                &[204, 403][..],
            ),
            "history-instance" => (
                format!("GET /fhir/{kind}/nobody/_history"),
                String::new(),
                &[404][..],
            ),
            "history-type" => (
                format!("GET /fhir/{kind}/_history"),
                String::new(),
                &[200][..],
            ),
            "create" => (
                format!("POST /fhir/{kind}"),
                format!("{{\"resourceType\":\"{kind}\",\"nonsense\":1}}"),
                &[422, 403][..],
            ),
            "search-type" => (format!("GET /fhir/{kind}"), String::new(), &[200][..]),
            other => panic!("{other} is claimed and not tried"),
        };
        let said = api.ask(&line, &[], body).await;
        assert!(
            status.contains(&said.status.as_u16()),
            "{line}: {} {}",
            said.status,
            said.body
        );
        if said.status.is_client_error() {
            let words = said.words();
            assert!(!words.contains("at this address"), "{line}: {words}");
        }
    }
    conditions(api, kind, resource).await;
}

async fn conditions(api: &Api, kind: &str, resource: &Value) {
    assert_eq!(resource["conditionalUpdate"], true);
    assert_eq!(resource["conditionalDelete"], "multiple");
    assert_eq!(resource["conditionalCreate"], true);
    assert_eq!(resource["conditionalRead"], "full-support");
    let body = format!("{{\"resourceType\":\"{kind}\",\"nonsense\":1}}");
    let condition = "_id=nobody";
    let tried: [(&str, String, Headers<'_>, &[u16]); 3] = [
        (
            &format!("PUT /fhir/{kind}?{condition}"),
            body.clone(),
            &[],
            &[422, 403],
        ),
        (
            &format!("DELETE /fhir/{kind}?{condition}"),
            String::new(),
            &[],
            &[204, 403],
        ),
        (
            &format!("POST /fhir/{kind}"),
            body,
            &[("if-none-exist", condition)],
            &[422, 403],
        ),
    ];
    for (line, body, headers, statuses) in tried {
        let said = api.ask(line, headers, body).await;
        assert!(
            statuses.contains(&said.status.as_u16()),
            "{line}: {}",
            said.body
        );
    }
}

async fn operations(api: &Api, kind: &str, claimed: &Value) {
    let claimed = claimed.as_array().cloned().unwrap_or_default();
    for operation in claimed {
        let name = operation["name"].as_str().unwrap();
        assert!(
            operation["definition"]
                .as_str()
                .unwrap()
                .starts_with("http"),
            "{name}"
        );
        let paths = match kind {
            "" => vec![format!("/fhir/${name}")],
            kind => vec![
                format!("/fhir/{kind}/${name}"),
                format!("/fhir/{kind}/nobody/${name}"),
            ],
        };
        let mut there = false;
        for path in paths {
            let said = api.ask(&format!("POST {path}"), &[], "").await;
            let unrouted = said.status.as_u16() == 405
                || (said.status.as_u16() == 404 && !said.body.contains("there is no "));
            assert_ne!(said.status.as_u16(), 501, "{path}");
            there |= !unrouted;
        }
        assert!(there, "{kind}/${name} is claimed and not there");
    }
}

async fn profiles(api: &Api, kind: &str, claimed: &Value) {
    for profile in claimed.as_array().into_iter().flatten() {
        let profile = profile.as_str().unwrap();
        let line = format!("POST /fhir/{kind}/$validate?profile={profile}");
        let body = json!({"resourceType": kind}).to_string();
        let said = api.ask(&line, &[], body).await;
        assert_eq!(said.status.as_u16(), 200, "{line}: {}", said.body);
        assert!(!said.body.contains("is not known here"), "{line}");
    }
}

async fn formats(api: &Api, statement: &Value) {
    for format in texts(&statement["format"]) {
        let said = api
            .ask("GET /fhir/metadata", &[("accept", format)], "")
            .await;
        assert_eq!(said.status.as_u16(), 200, "{format}");
        assert!(said.header("content-type").starts_with(format), "{format}");
    }
    for format in texts(&statement["patchFormat"]) {
        let said = api
            .ask(
                "PATCH /fhir/Patient/nobody",
                &[("content-type", format)],
                "nonsense",
            )
            .await;
        assert_eq!(said.status.as_u16(), 400, "{format}: {}", said.body);
    }
}

#[test]
fn what_the_statement_says_can_be_searched_by_can() {
    on_both(|api| async move {
        let statement = api.get("/fhir/metadata").await.json();
        let resources = statement["rest"][0]["resource"].as_array().unwrap().clone();
        let mut tasks = tokio::task::JoinSet::new();
        for resource in resources {
            let api = Arc::clone(&api);
            tasks.spawn(async move { searched(&api, &resource).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
}

async fn searched(api: &Api, resource: &Value) {
    let kind = resource["type"].as_str().unwrap();
    let of: ResourceType = kind.parse().unwrap();
    for parameter in resource["searchParam"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let value = crate::address::encoded(&value(of, name));
        let path = format!("/fhir/{kind}?{name}={value}&_summary=count");
        let said = api.get(&path).await;
        assert_eq!(said.status.as_u16(), 200, "{path}: {}", said.body);
    }
    let includes = texts(&resource["searchInclude"])
        .into_iter()
        .map(|it| ("_include", it));
    let reverse = texts(&resource["searchRevInclude"])
        .into_iter()
        .map(|it| ("_revinclude", it));
    for some in includes.chain(reverse).collect::<Vec<_>>().chunks(16) {
        let query: Vec<String> = some
            .iter()
            .map(|(name, it)| format!("{name}={it}"))
            .collect();
        let path = format!("/fhir/{kind}?_id=nobody&{}", query.join("&"));
        let said = api.get(&path).await;
        assert_eq!(said.status.as_u16(), 200, "{path}: {}", said.body);
    }
}
