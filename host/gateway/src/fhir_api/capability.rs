//! `GET /fhir/metadata`: the CapabilityStatement, made from the tables that the server itself works by.
//!
//! Invariant: nothing is claimed by hand that a table could say: interactions and operations come from the routes, types
//! and search parameters from the definitions.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::compartment::COMPARTMENTS;
use fhir::outcome::IssueType;
use fhir::resource::ResourceType;
use fhir::search_parameter::{Kept, Kind, Known, SearchParameter};
use record::subscription::topic::TOPICS;
use serde_json::{Value, json};

use super::answer;
use super::format::Format;
use super::interaction::{Claim, INTERACTIONS};
use super::negotiate::{Pairs, formats, nothing_else, take};
use super::operation::{Level, OPERATIONS};
use super::sent::JSON_PATCH;
use crate::Door;
use crate::problem::Problem;

/// Stands for when this host started, until it is known.
const STARTED: &str = "0001-01-01T00:00:00Z";
/// The formats of resources.
const FORMATS: [Format; 2] = [Format::Json, Format::Xml];

/// What is said as long as no search parameter was added.
static STATEMENT: LazyLock<String> = LazyLock::new(|| statement(&Known::default()).to_string());

/// `GET /fhir/metadata`: 200. Needs no sign-in: it says what can be asked, nothing of anybody.
pub(super) async fn metadata(
    State(door): State<Door>,
    Query(mut pairs): Query<Pairs>,
) -> Result<Response, Problem> {
    formats(&mut pairs);
    mode(take(&mut pairs, "mode")?.as_deref())?;
    nothing_else(&pairs)?;
    let known = door.record.known_parameters().await?;
    let text = written(&known).replacen(STARTED, &door.started, 1);
    Ok(answer::read_at(door.record.current(), text))
}

/// The statement, made anew only where a search parameter was added.
fn written(known: &Known) -> Cow<'static, str> {
    match known.is_of_r4() {
        true => Cow::Borrowed(STATEMENT.as_str()),
        false => Cow::Owned(statement(known).to_string()),
    }
}

fn mode(mode: Option<&str>) -> Result<(), Problem> {
    match mode {
        None | Some("full" | "normative") => Ok(()),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            IssueType::NotSupported,
            "`mode` is full or normative here",
        )),
    }
}

fn statement(known: &Known) -> Value {
    let resources: Vec<Value> = ResourceType::all().map(|of| resource(known, of)).collect();
    let of_system = INTERACTIONS.iter().filter_map(|it| match it.claim {
        Claim::OfSystem(code) => Some(json!({"code": code})),
        Claim::OfType(_) | Claim::Conditional(_) | Claim::Nothing => None,
    });
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STARTED,
        "publisher": "Palatine",
        "kind": "instance",
        "software": {"name": "Palatine", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "Palatine, a regional electronic patient record"},
        "fhirVersion": "4.0.1",
        "format": formats_written().collect::<Vec<_>>(),
        "patchFormat": patch_formats(),
        "rest": [full(json!({
            "mode": "server",
            "security": {
                "cors": false,
                "description": "A bearer token from POST /auth/token, or the session of a signed-in person",
            },
            "resource": resources,
            "interaction": of_system.collect::<Vec<_>>(),
            "operation": operations("", |level| level == Level::System),
            "compartment": COMPARTMENTS.map(compartment),
        }))],
    })
}

/// The address of a compartment's definition: `relatedPerson` of `RelatedPerson`.
fn compartment(of: ResourceType) -> String {
    let (first, rest) = of.as_str().split_at(1);
    format!(
        "http://hl7.org/fhir/CompartmentDefinition/{}{rest}",
        first.to_lowercase()
    )
}

/// A JSON Patch, and a FHIRPath Patch in every format of resources.
fn patch_formats() -> Vec<&'static str> {
    std::iter::once(JSON_PATCH)
        .chain(formats_written())
        .collect()
}

/// The media types of the formats, without their character set.
fn formats_written() -> impl Iterator<Item = &'static str> {
    let each = FORMATS.iter().map(|format| format.media_type());
    each.map(|media_type| media_type.split(';').next().unwrap_or(media_type))
}

fn resource(known: &Known, of: ResourceType) -> Value {
    let interactions = INTERACTIONS.iter().filter_map(|it| match it.claim {
        Claim::OfType(code) => Some(json!({"code": code})),
        Claim::OfSystem(_) | Claim::Conditional(_) | Claim::Nothing => None,
    });
    let parameters: Vec<&SearchParameter> = usable(known, of).collect();
    let included: Vec<String> = parameters
        .iter()
        .filter(|it| it.kind == Kind::Reference)
        .map(|it| format!("{of}:{}", it.name))
        .collect();
    full(json!({
        "extension": topics(of),
        "type": of.as_str(),
        "supportedProfile": fhir::validate::profiles_of(of),
        "interaction": interactions.collect::<Vec<_>>(),
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "full-support",
        "conditionalUpdate": claims("conditionalUpdate"),
        "conditionalDelete": if claims("conditionalDelete") { "multiple" } else { "not-supported" },
        "referencePolicy": ["literal", "logical", "enforced"],
        "searchInclude": included,
        "searchRevInclude": referring(known, of),
        "searchParam": parameters.iter().map(|it| json!({"name": it.name, "type": it.kind.as_str()})).collect::<Vec<_>>(),
        "operation": operations(of.as_str(), |level| level.is_of(of)),
    }))
}

/// The topics that can be subscribed to, as the R5 Backport guide lists them.
fn topics(of: ResourceType) -> Vec<Value> {
    const LISTED: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical";
    let listed = TOPICS.iter().filter(|_| of == ResourceType::SUBSCRIPTION);
    listed
        .map(|topic| json!({ "url": LISTED, "valueCanonical": topic.url }))
        .collect()
}

/// Without the members that would be empty arrays, which FHIR does not have.
fn full(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, member| member.as_array().is_none_or(|items| !items.is_empty()));
    }
    value
}

fn claims(name: &str) -> bool {
    INTERACTIONS
        .iter()
        .any(|it| matches!(it.claim, Claim::Conditional(claimed) if claimed == name))
}

/// The search parameters that can be searched by.
fn usable(known: &Known, of: ResourceType) -> impl Iterator<Item = &'static SearchParameter> {
    known.of(of).filter(|it| it.kept != Kept::Nowhere)
}

/// Every reference of other types that may lead to this one.
fn referring(known: &Known, to: ResourceType) -> Vec<String> {
    let all = ResourceType::all().flat_map(|of| usable(known, of));
    all.filter(|it| it.kind == Kind::Reference && it.targets.contains(&to))
        .map(|it| format!("{}:{}", it.resource_type, it.name))
        .collect()
}

fn operations(of: &str, at: impl Fn(Level) -> bool) -> Vec<Value> {
    let called = OPERATIONS
        .iter()
        .filter(|operation| operation.levels.iter().any(|level| at(*level)));
    called
        .map(|it| json!({"name": it.name, "definition": it.definition.replace("{type}", of)}))
        .collect()
}
