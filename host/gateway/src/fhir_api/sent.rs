//! What a body holds: a resource, or a patch of one.
//!
//! Invariant: the type of a body's resource is that of the address, or the request is refused.

use axum::http::{HeaderMap, StatusCode, header};
use fhir::outcome::IssueType;
use fhir::patch::Patch;
use fhir::resource::{Key, Resource, ResourceType};

use super::negotiate;
use crate::problem::Problem;

/// The media type of a JSON Patch; a FHIRPath Patch is Parameters in a format of resources.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";

/// A resource of any type.
pub(super) fn any(body: &[u8]) -> Result<Resource, Problem> {
    negotiate::any_resource(body)
}

/// A resource of the type that the address names.
pub(super) fn of_type(body: &[u8], expected: ResourceType) -> Result<Resource, Problem> {
    negotiate::resource(body, expected)
}

/// A resource with the id that the address names.
pub(super) fn of_key(body: &[u8], key: &Key) -> Result<Resource, Problem> {
    let resource = of_type(body, key.resource_type)?;
    if resource.id().as_ref() == Some(&key.id) {
        return Ok(resource);
    }
    let details = format!(
        "the body's id must be the path's: write \"id\": \"{}\"",
        key.id
    );
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        IssueType::Invalid,
        details,
    ))
}

/// A patch, in the form that the headers say.
pub(super) fn patch(headers: &HeaderMap, body: &[u8]) -> Result<Patch, Problem> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let patch = match essence.eq_ignore_ascii_case(JSON_PATCH) {
        true => Patch::json(body),
        false => Patch::of_resource(&any(body)?),
    };
    patch.map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))
}
