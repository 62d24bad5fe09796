//! `GET /fhir/metadata`: the CapabilityStatement, made from the tables that the server itself works by.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use fhir::resource::ResourceType;
use fhir::search_parameter::{self, Kind};
use serde_json::{Value, json};

use super::FHIR_JSON;

/// Needs no sign-in: it says what can be asked, nothing of anybody.
pub(super) async fn metadata() -> Response {
    ([(header::CONTENT_TYPE, FHIR_JSON)], statement().to_string()).into_response()
}

fn statement() -> Value {
    let resources: Vec<Value> = ResourceType::all().map(resource).collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "software": {"name": "Palatine", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "Palatine, a regional electronic patient record"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [{
            "mode": "server",
            "security": {"description": "A bearer token from POST /auth/token, or the session of a signed-in person"},
            "resource": resources,
            "interaction": [{"code": "transaction"}, {"code": "batch"}, {"code": "history-system"}],
        }],
    })
}

fn resource(resource_type: ResourceType) -> Value {
    let interactions = [
        "read",
        "vread",
        "update",
        "delete",
        "history-instance",
        "history-type",
        "create",
        "search-type",
    ];
    let parameters: Vec<Value> = search_parameter::of(resource_type)
        .filter(|it| !matches!(it.kind, Kind::Composite | Kind::Special))
        .map(|it| json!({"name": it.name, "type": it.kind.as_str()}))
        .collect();
    json!({
        "type": resource_type.as_str(),
        "interaction": interactions.map(|code| json!({"code": code})),
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "searchParam": parameters,
    })
}
