//! A trust administrator's pages: which departmentals there are, what each asks for, what runs where.
//!
//! Invariant: nothing is given but what the administrator ticks, and only for their own site.

pub(crate) mod adviser;
mod decision;
mod draw;
pub(crate) mod interfaces;
pub(crate) mod messages;
pub(crate) mod operations;
pub(crate) mod parked;
pub(crate) mod profile;
pub(crate) mod subscribers;
mod watched;

use axum::extract::{Form, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use record::Kind;
use record::caller::{Role, SiteCode};
use record::enablement::{EnableError, Enablement};

use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;

/// The five trusts by their ODS codes, in their fixed order.
pub(crate) const TRUSTS: [(&str, &str); 5] = [
    ("RXL", "Blackpool Teaching Hospitals"),
    ("RXR", "East Lancashire Hospitals"),
    ("RW5", "Lancashire and South Cumbria"),
    ("RXN", "Lancashire Teaching Hospitals"),
    ("RTX", "University Hospitals of Morecambe Bay"),
];

/// A trust administrator who is signed in in this browser.
pub(crate) struct Administrator(pub(crate) Session);

impl FromRequestParts<Door> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, door)
            .await
            .map_err(IntoResponse::into_response)?;
        if session.caller.role() == Role::TrustAdministrator {
            return Ok(Self(session));
        }
        let words = format!(
            "You are signed in as {} ({}). Which departmentals run is decided by trust administrators.",
            session.caller.name(),
            session.caller.role()
        );
        Err(frame::no(
            door,
            Some(&session),
            StatusCode::FORBIDDEN,
            "This page is for trust administrators",
            &words,
        ))
    }
}

/// An operator who is signed in in this browser.
pub(crate) struct Operator(pub(crate) Session);

impl FromRequestParts<Door> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, door)
            .await
            .map_err(IntoResponse::into_response)?;
        if session.caller.role() == Role::Operator {
            return Ok(Self(session));
        }
        let words = format!(
            "You are signed in as {} ({}). What this host does for the whole region is decided by its operators.",
            session.caller.name(),
            session.caller.role()
        );
        Err(frame::no(
            door,
            Some(&session),
            StatusCode::FORBIDDEN,
            "This page is for operators",
            &words,
        ))
    }
}

/// What runs at a trust.
pub(crate) struct Trust {
    pub(crate) code: String,
    pub(crate) name: &'static str,
    pub(crate) own: bool,
    pub(crate) enabled: Vec<Enablement>,
}

async fn trusts(door: &Door, own: &SiteCode) -> Vec<Trust> {
    let mut trusts = Vec::with_capacity(TRUSTS.len());
    for (code, name) in TRUSTS {
        let Ok(site) = code.parse::<SiteCode>() else {
            continue;
        };
        trusts.push(Trust {
            code: code.to_owned(),
            name,
            own: site == *own,
            enabled: door.record.enabled(&site).await,
        });
    }
    if !trusts.iter().any(|it| it.own) {
        trusts.push(Trust {
            code: own.to_string(),
            name: "Your site",
            own: true,
            enabled: door.record.enabled(own).await,
        });
    }
    trusts
}

/// `GET /departmentals`: every release, and where it runs.
pub(crate) async fn departmentals(
    State(door): State<Door>,
    Administrator(session): Administrator,
) -> Response {
    listed(&door, &session).await
}

async fn listed(door: &Door, session: &Session) -> Response {
    match door.record.releases(&session.caller).await {
        Ok(mut releases) => {
            releases.sort_by(|a, b| {
                (&a.id, &a.version, &a.digest).cmp(&(&b.id, &b.version, &b.digest))
            });
            let trusts = trusts(door, session.caller.site()).await;
            let unfit = match door.record.unfit_releases(&session.caller) {
                Ok(unfit) => unfit,
                Err(why) => return refused(door, session, &why),
            };
            let page = Page::plain("Departmentals", draw::list(&releases, &unfit, &trusts));
            frame::page(door, Some(session), StatusCode::OK, page)
        }
        Err(why) => refused(door, session, &why),
    }
}

/// `GET /departmentals/{digest}`: what one release asks for, and the form that decides; 404 where none is published.
pub(crate) async fn release(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Path(digest): Path<String>,
) -> Response {
    shown(
        &door,
        &session,
        &digest,
        StatusCode::OK,
        &Typed::default(),
        None,
    )
    .await
}

/// `POST` to the same address: enables or disables; 303 back. 422 and the page again with why not; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Path(digest): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    decided(&door, &session, &digest, &Typed::new(pairs)).await
}

async fn decided(door: &Door, session: &Session, digest: &str, typed: &Typed) -> Response {
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(door, session);
    }
    match decision::make(door, session, digest, typed).await {
        Ok(()) => Redirect::to(&format!(
            "/departmentals/{}",
            crate::address::encoded(digest)
        ))
        .into_response(),
        Err(words) => {
            shown(
                door,
                session,
                digest,
                StatusCode::UNPROCESSABLE_ENTITY,
                typed,
                Some(&words),
            )
            .await
        }
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    digest: &str,
    code: StatusCode,
    typed: &Typed,
    wrong: Option<&str>,
) -> Response {
    let releases = match door.record.releases(&session.caller).await {
        Ok(releases) => releases,
        Err(why) => return refused(door, session, &why),
    };
    let Some(release) = releases.iter().find(|it| it.digest.as_str() == digest) else {
        return frame::no(
            door,
            Some(session),
            StatusCode::NOT_FOUND,
            "Not found",
            "No release with this digest is published.",
        );
    };
    let watched = match door.record.watched(&session.caller) {
        Ok(watched) => watched,
        Err(why) => return refused(door, session, &why),
    };
    let trusts = trusts(door, session.caller.site()).await;
    let sheet = draw::Sheet {
        release,
        trusts: &trusts,
        watched: &watched,
        form_token: &session.form_token,
        typed,
        wrong,
    };
    frame::page(
        door,
        Some(session),
        code,
        Page::plain(&release.manifest.name, draw::release(&sheet)),
    )
}

fn refused(door: &Door, session: &Session, why: &EnableError) -> Response {
    if why.kind() == Kind::Fault {
        tracing::error!("{}", record::with_causes(why));
    }
    let words = match why {
        EnableError::Library { .. } => "The registry could not be read. What is enabled keeps running. Try again, then report it.".to_owned(),
        EnableError::Forbidden { .. } | EnableError::NotFound { .. } | EnableError::NotAskedFor { .. } | EnableError::Setting { .. } => why.to_string(),
        EnableError::Commit { .. } | EnableError::Read { .. } => "The record could not be read or written. Try again, then report it.".to_owned(),
    };
    frame::no(
        door,
        Some(session),
        status(why.kind()),
        "This cannot be shown",
        &words,
    )
}
