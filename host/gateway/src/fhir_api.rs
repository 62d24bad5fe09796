//! FHIR R4 over HTTP under `/fhir`: instances, searches, transactions, the statement of what is there.
//!
//! Invariant: every answer but `metadata` was asked for by an authenticated caller; every error is an OperationOutcome.

mod capability;
mod format;
mod instance;
mod negotiate;
mod page;
mod render;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use fhir::outcome::IssueType;

use crate::Door;
use crate::problem::Problem;

/// The media type of every answer as handlers write it; `render` makes others of it.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// The routes, to be nested under `/fhir`.
pub(crate) fn routes(door: &Door) -> Router<Door> {
    Router::new()
        .route("/", post(instance::bundle))
        .route("/metadata", get(capability::metadata))
        .route("/_history", get(page::system_history))
        .route("/{type}", get(page::search).post(instance::create))
        .route("/{type}/_search", post(page::search_by_form))
        .route("/{type}/_history", get(page::type_history))
        .route(
            "/{type}/{id}",
            get(instance::read)
                .put(instance::update)
                .delete(instance::delete),
        )
        .route("/{type}/{id}/_history", get(page::instance_history))
        .route("/{type}/{id}/_history/{version}", get(instance::vread))
        .fallback(nothing_here)
        .layer(from_fn_with_state(door.clone(), render::formats))
}

async fn nothing_here() -> Problem {
    let details = "there is nothing at this address: /fhir/metadata says what there is";
    Problem::new(StatusCode::NOT_FOUND, IssueType::NotFound, details)
}
