//! Every route, and what each answer carries whatever it says.
//!
//! Invariant: a route that is not listed here does not exist, and no answer leaves without the headers set here.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::{Door, admin, app, assets, auth, cds_hooks, fhir_api, gallery, limits, websocket};

/// All routes.
pub(crate) fn router(door: Door) -> Router {
    let bodies = DefaultBodyLimit::max(limits::FHIR_BODY_BYTES_MAX);
    let fhir = fhir_api::routes(&door).layer(bodies);
    let base = fhir_api::base(&door).layer(bodies);
    let people = application()
        .merge(identity())
        .merge(matching())
        .merge(administration())
        .merge(interfaces())
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX));
    Router::new()
        .nest("/fhir", fhir)
        .nest("/fhir/", base)
        .merge(hooks())
        .merge(people)
        .route("/subscriptions/websocket", get(websocket::open))
        .route("/assets/{name}", get(assets::asset))
        .route("/healthz", get(healthy))
        .fallback(app::start::nothing_here)
        .layer(from_fn(bounded))
        .with_state(door)
}

/// What other systems ask for decision support.
fn hooks() -> Router<Door> {
    Router::new()
        .route("/cds-services", get(cds_hooks::discovery))
        .route("/cds-services/{id}", post(cds_hooks::call))
        .route("/cds-services/{id}/feedback", post(cds_hooks::feedback))
        .route("/.well-known/jwks.json", get(cds_hooks::keys))
        .layer(DefaultBodyLimit::max(limits::HOOK_BODY_BYTES_MAX))
}

/// The way in, and the pages of patients and departments.
fn application() -> Router<Door> {
    Router::new()
        .route("/", get(app::start::home))
        .route("/sign-in", get(app::start::sign_in).post(app::start::enter))
        .route("/sign-out", post(app::start::leave))
        .route("/auth/token", post(auth::token))
        .route("/patients", get(app::find::patients))
        .route("/patients/{patient}", get(app::patient::summary))
        .route(
            "/patients/{patient}/documents",
            get(app::patient::documents::documents),
        )
        .route(
            "/patients/{patient}/documents/{document}",
            get(app::patient::document::document),
        )
        .route(
            "/patients/{patient}/documents/{document}/content",
            get(app::patient::document::content),
        )
        .route(
            "/patients/{patient}/departments/{departmental}/{screen}",
            get(app::department::open).post(app::department::submit),
        )
        .route("/departments", get(app::departments::departments))
        .route(
            "/departments/{departmental}/{screen}",
            get(app::department::open_at_site).post(app::department::submit_at_site),
        )
        .route("/tasks", get(app::tasks::tasks))
        .route("/gallery", get(gallery::gallery))
        .route(
            "/gallery/{kind}",
            get(gallery::exhibit).post(gallery::answered),
        )
}

/// The pages on which two records that may be one person's are looked at.
fn matching() -> Router<Door> {
    Router::new()
        .route("/matching", get(app::matching::waiting))
        .route("/matching/weights", get(app::matching::weights))
        .route("/matching/everybody", post(app::matching::everybody))
        .route(
            "/matching/{task}",
            get(app::matching::pair).post(app::matching::decide),
        )
}

/// What runs at a site, and how it does.
fn administration() -> Router<Door> {
    Router::new()
        .route("/departmentals", get(admin::departmentals))
        .route(
            "/departmentals/{digest}",
            get(admin::release).post(admin::decide),
        )
        .route("/operations", get(admin::operations::operations))
        .route("/operations/jobs/{job}", post(admin::operations::decide))
        .route(
            "/operations/holders/{holder}",
            post(admin::operations::holders::decide),
        )
        .route("/parked", get(admin::parked::parked))
        .route("/parked/{task}", post(admin::parked::decide))
        .route(
            "/profiles",
            get(admin::profile::profiles).post(admin::profile::choose),
        )
}

/// What a site exchanges with other systems: messages in and out, subscribers, advisers.
fn interfaces() -> Router<Door> {
    Router::new()
        .route("/messages", get(admin::messages::messages))
        .route(
            "/messages/{message}",
            get(admin::messages::message).post(admin::messages::decide),
        )
        .route(
            "/interfaces",
            get(admin::interfaces::interfaces).post(admin::interfaces::declare),
        )
        .route(
            "/interfaces/{interface}/{n}",
            post(admin::interfaces::decide),
        )
        .route("/subscribers", get(admin::subscribers::subscribers))
        .route("/subscribers/{id}", post(admin::subscribers::tend))
        .route(
            "/advisers",
            get(admin::adviser::advisers).post(admin::adviser::declare),
        )
}

/// The pages on which records are merged and parted.
fn identity() -> Router<Door> {
    Router::new()
        .route("/patients/{patient}/identity", get(app::identity::identity))
        .route(
            "/patients/{patient}/merge",
            get(app::identity::merge::compare).post(app::identity::merge::merge),
        )
        .route(
            "/patients/{patient}/unmerge/{event}",
            get(app::identity::parting::look).post(app::identity::parting::part),
        )
        .route(
            "/settle/{task}",
            get(app::identity::parting::open).post(app::identity::parting::settle),
        )
}

/// `GET /healthz`: 200 while this process answers.
async fn healthy() -> &'static str {
    "ok\n"
}

/// Bounds the time of a request and sets the headers of its answer.
async fn bounded(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(limits::REQUEST_WAIT, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| too_slow());
    let policy = answer.extensions_mut().remove::<Policy>();
    guard(answer.headers_mut(), policy.unwrap_or(Policy::Page));
    answer
}

fn too_slow() -> Response {
    let words = "This took too long and was given up.\n";
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "5")],
        words,
    )
        .into_response()
}

/// What a browser may do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// A page of this host.
    Page,
    /// A page of this host with somebody else's document in a frame.
    Framing,
    /// Somebody else's document: shown in such a frame, and nothing of it runs, loads or leads anywhere.
    Foreign,
    /// The same for a PDF, which no browser draws in a sandbox; its own viewer runs nothing of this host's.
    ForeignPdf,
}

impl Policy {
    fn content_security(self) -> &'static str {
        match self {
            Self::Page => {
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                 frame-ancestors 'none'; base-uri 'none'"
            }
            Self::Framing => {
                "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; \
                 frame-ancestors 'none'; base-uri 'none'"
            }
            Self::Foreign => "sandbox; default-src 'none'; frame-ancestors 'self'",
            Self::ForeignPdf => {
                "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
            }
        }
    }

    fn framed_by(self) -> &'static str {
        match self {
            Self::Page | Self::Framing => "DENY",
            Self::Foreign | Self::ForeignPdf => "SAMEORIGIN",
        }
    }
}

fn guard(headers: &mut HeaderMap, policy: Policy) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, policy.content_security()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, policy.framed_by()),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests;
