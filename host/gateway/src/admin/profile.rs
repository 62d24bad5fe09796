//! What the administrator's own site does with resources that break the profiles they declare, and what was filed so.
//!
//! Invariant: the choice that holds is shown as chosen, and a change of it says why.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::profile_policy::{Broken, Filed, ProfilePolicy, Unknown};
use record::{Kind, with_causes};

use super::Administrator;
use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::plain;

/// Least words of a reason for a choice, in characters.
const REASON_CHARS_MIN: usize = 10;

/// `GET /profiles`: what the site chose, and the last that was filed with findings.
pub(crate) async fn profiles(
    State(door): State<Door>,
    Administrator(session): Administrator,
) -> Response {
    shown(&door, &session, StatusCode::OK, None).await
}

/// `POST` to the same address: chooses; 303 back. 422 and the page again with why not; 403 for a foreign form.
pub(crate) async fn choose(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    let Err(words) = chosen(&door, &session, &typed).await else {
        return Redirect::to("/profiles").into_response();
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    shown(&door, &session, status, Some(&words)).await
}

async fn chosen(door: &Door, session: &Session, typed: &Typed) -> Result<(), String> {
    let feeds = match typed.one("feeds") {
        Some("refuse") => Broken::Refuse,
        Some("warn") => Broken::Warn,
        Some(_) | None => return Err("Choose what becomes of a feed's resource.".to_owned()),
    };
    let unknown = match typed.one("unknown") {
        Some("accept") => Unknown::Accept,
        Some("refuse") => Unknown::Refuse,
        Some(_) | None => return Err("Choose what becomes of unknown profiles.".to_owned()),
    };
    let reason = typed.one("reason").unwrap_or_default().trim();
    if reason.chars().count() < REASON_CHARS_MIN {
        return Err(format!(
            "Say why, in at least {REASON_CHARS_MIN} characters: whoever looks for it will read this."
        ));
    }
    let policy = ProfilePolicy { feeds, unknown };
    let receipt = door
        .record
        .choose_profile_policy(&session.caller, policy, reason)
        .await;
    receipt.map(drop).map_err(|why| {
        if why.kind() == Kind::Fault {
            tracing::error!("{}", with_causes(&why));
        }
        "The choice could not be kept. Try again, then report it.".to_owned()
    })
}

async fn shown(door: &Door, session: &Session, code: StatusCode, wrong: Option<&str>) -> Response {
    let filed = door.record.filed_with_findings(&session.caller).await;
    let policy = door.record.profile_policy(session.caller.site()).await;
    let (filed, policy) = match (filed, policy) {
        (Ok(filed), Ok(policy)) => (filed, policy),
        (Err(why), _) => return failed(door, session, why.kind(), &why),
        (_, Err(why)) => return failed(door, session, why.kind(), &why),
    };
    let drawn = draw(policy, &filed, &session.form_token, wrong);
    frame::page(door, Some(session), code, Page::plain("Profiles", drawn))
}

fn failed(door: &Door, session: &Session, kind: Kind, why: &dyn std::error::Error) -> Response {
    tracing::error!("{}", with_causes(why));
    let words = "The record could not be read. Try again, then report it.";
    frame::no(
        door,
        Some(session),
        status(kind),
        "This cannot be shown",
        words,
    )
}

fn draw(policy: ProfilePolicy, filed: &[Filed], form_token: &str, wrong: Option<&str>) -> Markup {
    html! {
        h1 .pal-h1 { "Profiles" }
        p .pal-p { "A resource that breaks FHIR itself is always refused. A resource that names a profile, such as UK Core's, has to keep it." }
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was changed" } p { (words) } }
        }
        form method="post" action="/profiles" novalidate {
            input type="hidden" name="form_token" value=(form_token);
            (choice("feeds", "When a feed of your site sends what breaks a profile", policy.feeds.as_str(), &[
                ("refuse", "Refuse it, as everybody's"),
                ("warn", "File it, marked, with what was found beside it"),
            ]))
            (choice("unknown", "When a resource names a profile that is not known here", policy.unknown.as_str(), &[
                ("accept", "File it: that profile was not checked"),
                ("refuse", "Refuse it"),
            ]))
            div .nhsuk-form-group {
                label .nhsuk-label for="reason" { "Reason" }
                input .nhsuk-input id="reason" name="reason" type="text" autocomplete="off" maxlength="500";
            }
            button .nhsuk-button type="submit" { "Choose this for my site" }
        }
        h2 .pal-h2 { "Filed although it breaks a profile" }
        @if filed.is_empty() { p .pal-absent { "Nothing was filed so at your site" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Filed with findings" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "When" } th scope="col" { "What was found" } } }
                tbody { @for it in filed { tr {
                    th scope="row" .pal-nw { (plain(&it.recorded)) span .pal-line2 { (it.targets.len()) " filed" } }
                    td { ul .pal-list { @for finding in &it.findings { li { (plain(finding)) } } } }
                } } }
            } } }
        }
    }
}

fn choice(name: &str, legend: &str, chosen: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        fieldset .nhsuk-fieldset .nhsuk-form-group {
            legend .nhsuk-fieldset__legend { (legend) }
            div .nhsuk-radios {
                @for (value, label) in options {
                    @let id = format!("{name}-{value}");
                    div .nhsuk-radios__item {
                        input .nhsuk-radios__input type="radio" id=(id) name=(name) value=(value) checked[*value == chosen];
                        label .nhsuk-label .nhsuk-radios__label for=(id) { (label) }
                    }
                }
            }
        }
    }
}
