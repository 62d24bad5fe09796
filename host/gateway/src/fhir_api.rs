//! FHIR R4 over HTTP under `/fhir`: instances, searches, transactions, the statement of what is there.
//!
//! Invariant: every answer but `metadata` was asked for by an authenticated caller; every error is an OperationOutcome.

mod capability;
mod instance;
mod negotiate;
mod page;

use axum::Router;
use axum::routing::{get, post};

use crate::Door;

/// The media type of every answer.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// The routes, to be nested under `/fhir`.
pub(crate) fn routes() -> Router<Door> {
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
}
