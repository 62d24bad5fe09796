//! FHIR R4 over HTTP under `/fhir`: instances, searches, bundles, operations, the statement of what is there.
//!
//! Invariant: every answer but `metadata` was asked for by an authenticated caller; every error is an OperationOutcome.

mod answer;
mod ask;
mod bulk;
mod bundle;
mod capability;
mod format;
mod instance;
mod interaction;
mod negotiate;
mod operation;
mod page;
mod prefer;
mod render;
mod search;
mod searchset;
mod sent;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use fhir::outcome::IssueType;

pub(crate) use self::answer::T_HEADER;
pub(crate) use self::ask::base_of;
use crate::Door;
use crate::problem::Problem;

/// The media type of every answer as handlers write it; `render` makes others of it.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// The routes, to be nested under `/fhir`.
pub(crate) fn routes(door: &Door) -> Router<Door> {
    layered(inner(), door).merge(bulk::routes())
}

/// The routes of the base alone, to be nested under `/fhir/`.
pub(crate) fn base(door: &Door) -> Router<Door> {
    layered(interaction::base(), door)
}

fn layered(router: Router<Door>, door: &Door) -> Router<Door> {
    router
        .layer(from_fn(method))
        .layer(from_fn_with_state(door.clone(), render::formats))
}

/// The routes alone, to which the entries of bundles are put as well.
fn inner() -> Router<Door> {
    operation::routed(interaction::routed(Router::new())).fallback(nothing_here)
}

async fn nothing_here() -> Problem {
    let details = "there is nothing at this address: /fhir/metadata says what there is";
    Problem::new(StatusCode::NOT_FOUND, IssueType::NotFound, details)
}

/// Refuses a method that is not the one of the request line; answers what methods an address takes.
async fn method(request: Request, next: Next) -> Response {
    if overridden(request.headers()) {
        let details =
            "a header names another method than the request: send the request with that method";
        let problem = Problem::new(StatusCode::BAD_REQUEST, IssueType::NotSupported, details);
        return problem.into_response();
    }
    let is_options = request.method() == Method::OPTIONS;
    let mut answer = next.run(request).await;
    if is_options && answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The Allow header, which is there already, is the answer.
        *answer.status_mut() = StatusCode::NO_CONTENT;
    }
    answer
}

fn overridden(headers: &HeaderMap) -> bool {
    const NAMES: [&str; 3] = [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ];
    NAMES.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests;
