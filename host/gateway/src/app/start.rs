//! The way in and out, and the first page.
//!
//! Invariant: signing in opens a new session; a name that does not exist and a wrong password get one answer.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::Kind;
use record::caller::Role;
use serde::Deserialize;

use crate::Door;
use crate::auth::{self, Session};
use crate::frame::{self, Page};
use crate::problem::status;

/// `GET /`: where each role begins.
pub(crate) async fn home(State(door): State<Door>, session: Session) -> Response {
    begin(&door, &session)
}

fn begin(door: &Door, session: &Session) -> Response {
    match session.caller.role() {
        Role::TrustAdministrator => Redirect::to("/departmentals").into_response(),
        Role::Clinician => {
            let page = Page::plain(
                "Find a patient",
                super::find::form(&super::find::Asked::default(), None),
            );
            frame::page(door, Some(session), StatusCode::OK, page)
        }
        Role::Feed | Role::Operator | Role::Reaction => {
            let words = "This account is for a machine. It has no pages; it uses the API at /fhir.";
            frame::no(
                door,
                Some(session),
                StatusCode::FORBIDDEN,
                "No pages for this account",
                words,
            )
        }
    }
}

/// `GET /sign-in`.
pub(crate) async fn sign_in(State(door): State<Door>) -> Response {
    frame::page(
        &door,
        None,
        StatusCode::OK,
        Page::plain("Sign in", entrance("", None)),
    )
}

/// What a person signs in with.
#[derive(Deserialize)]
pub(crate) struct SignInBody {
    #[serde(default)]
    account: String,
    #[serde(default)]
    password: String,
}

/// `POST /sign-in`: 303 to the first page with a session's cookie; 403 and the page again when they do not belong together;
/// 403 also for a form of another site, which browsers name.
pub(crate) async fn enter(
    State(door): State<Door>,
    headers: HeaderMap,
    Form(body): Form<SignInBody>,
) -> Response {
    entered(&door, &headers, &body).await
}

async fn entered(door: &Door, headers: &HeaderMap, body: &SignInBody) -> Response {
    if from_elsewhere(headers) {
        return frame::no(
            door,
            None,
            StatusCode::FORBIDDEN,
            "Sign in here",
            "The form came from another site. Sign in on this one.",
        );
    }
    match auth::enter(door, &body.account, &body.password).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        Err(why) => {
            let words = match why.kind() {
                Kind::Fault => {
                    tracing::error!("{}", record::with_causes(&why));
                    "Signing in failed on our side. Try again, then report it.".to_owned()
                }
                Kind::Incorrect | Kind::Forbidden | Kind::NotFound => {
                    "Account and password do not belong together".to_owned()
                }
                Kind::Conflict | Kind::Refused | Kind::Busy | Kind::Full => why.to_string(),
            };
            let page = Page::plain("Sign in", entrance(&body.account, Some(&words)));
            frame::page(door, None, status(why.kind()), page)
        }
    }
}

/// Whether a browser says that another site sent this.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    matches!(site, Some("cross-site" | "same-site"))
}

/// What a form of one button sends.
#[derive(Deserialize)]
pub(crate) struct LeaveBody {
    #[serde(default)]
    form_token: String,
}

/// `POST /sign-out`: ends the session, 303 to the way in.
pub(crate) async fn leave(
    State(door): State<Door>,
    session: Session,
    Form(body): Form<LeaveBody>,
) -> Response {
    left(&door, &session, &body.form_token).await
}

async fn left(door: &Door, session: &Session, form_token: &str) -> Response {
    if !session.sent(form_token) {
        return not_ours(door, session);
    }
    match auth::leave(door, session).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response(),
        Err(why) => {
            tracing::error!("{}", record::with_causes(&why));
            let words = "The session could not be ended. You are still signed in: try again before you leave this computer.";
            frame::no(
                door,
                Some(session),
                status(why.kind()),
                "Still signed in",
                words,
            )
        }
    }
}

/// A form that no page of this session carries.
pub(crate) fn not_ours(door: &Door, session: &Session) -> Response {
    let words = "The form did not come from a page of this session, so nothing was done. Open the page again and send it from there.";
    frame::no(
        door,
        Some(session),
        StatusCode::FORBIDDEN,
        "Nothing was done",
        words,
    )
}

/// Every address that no route has.
pub(crate) async fn nothing_here(State(door): State<Door>) -> Response {
    frame::no(
        &door,
        None,
        StatusCode::NOT_FOUND,
        "Not found",
        "There is no page at this address. Check it for a slip.",
    )
}

fn entrance(account: &str, wrong: Option<&str>) -> Markup {
    html! {
        div .pal-plain .pal-narrow {
            h1 .pal-h1 { "Sign in" }
            @if let Some(words) = wrong {
                div .nhsuk-error-summary role="alert" {
                    h2 .nhsuk-error-summary__title { "You are not signed in" }
                    p { a href="#account" { (words) } }
                }
            }
            form method="post" action="/sign-in" novalidate {
                div .nhsuk-form-group {
                    label .nhsuk-label for="account" { "Account" }
                    input .nhsuk-input id="account" name="account" type="text" value=(account) autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100";
                }
                div .nhsuk-form-group {
                    label .nhsuk-label for="password" { "Password" }
                    input .nhsuk-input id="password" name="password" type="password" autocomplete="current-password" maxlength="256";
                }
                button .nhsuk-button type="submit" { "Sign in" }
            }
            p .pal-quiet { "What you open is recorded with your name." }
        }
    }
}
