//! Who is told of events: each subscription, how far its receiver has come, and what may be done when it did not.
//!
//! Invariant: nothing is done with a subscription but in the version that the page showed; no secret of its headers is
//! shown.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::subscription::asked::Status;
use record::subscription::overview::{Deed, DeedError, Subscriber};
use record::{Kind, with_causes};

use super::Administrator;
use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::{moment, plain};

/// `GET /subscribers`: the subscriptions, those behind `after`.
pub(crate) async fn subscribers(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let after = query.iter().find(|(name, _)| name == "after");
    let after = after.map_or("", |(_, after)| after.as_str());
    shown(&door, &session, StatusCode::OK, after, None).await
}

/// `POST /subscribers/{id}`: has what waits sent again, or ends a subscription; 303 back. 409 and the page again when it
/// has changed; 403 for a foreign form.
pub(crate) async fn tend(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match tended(&door, &session, &id, &typed).await {
        Ok(()) => Redirect::to("/subscribers").into_response(),
        Err((code, words)) => shown(&door, &session, code, "", Some(&words)).await,
    }
}

async fn tended(
    door: &Door,
    session: &Session,
    id: &str,
    typed: &Typed,
) -> Result<(), (StatusCode, String)> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    let id = id
        .parse()
        .map_err(|_| wrong("There is no such subscription."))?;
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    let seen = seen.ok_or_else(|| wrong("Use the buttons of this page."))?;
    let deed = match typed.one("decision") {
        Some("resend") => Deed::Resend,
        Some("end") => Deed::End,
        Some(_) | None => return Err(wrong("Use the buttons of this page.")),
    };
    let done = door
        .record
        .tend_subscription(&session.caller, &id, seen, deed)
        .await;
    done.map_err(|why| (status(why.kind()), sentence(&why)))
}

fn sentence(why: &DeedError) -> String {
    if why.kind() == Kind::Fault {
        tracing::error!("{}", with_causes(why));
    }
    match why {
        DeedError::Forbidden { .. } => "You may not look after subscriptions.".to_owned(),
        DeedError::Changed => {
            "The subscription has changed since this page was drawn. Look again, then decide."
                .to_owned()
        }
        DeedError::Delivery(_) => {
            "The record could not be read or written. Try again, then report it.".to_owned()
        }
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    code: StatusCode,
    after: &str,
    wrong: Option<&str>,
) -> Response {
    match door.record.subscribers(&session.caller, after).await {
        Ok((listed, more)) => {
            let drawn = draw(&listed, more.as_deref(), &session.form_token, wrong);
            frame::page(door, Some(session), code, Page::plain("Subscribers", drawn))
        }
        Err(why) => {
            tracing::error!("{}", with_causes(&why));
            let words = "The subscriptions could not be read. Try again, then report it.";
            frame::no(
                door,
                Some(session),
                status(why.kind()),
                "This cannot be shown",
                words,
            )
        }
    }
}

fn draw(
    listed: &[Subscriber],
    more: Option<&str>,
    form_token: &str,
    wrong: Option<&str>,
) -> Markup {
    html! {
        h1 .pal-h1 { "Subscribers" }
        p .pal-p { "Systems that are told what happens in the record. An event that a receiver does not take is sent again; after several tries its subscription is in error, and what happens meanwhile is kept for a week." }
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was done" } p { (plain(words)) } }
        }
        @if listed.is_empty() { p .pal-absent { "Nobody at your site has subscribed" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Subscribers" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "Receiver" } th scope="col" { "About" } th scope="col" { "State" } th scope="col" { "Events" } th scope="col" { "What to do" } } }
                tbody { @for it in listed { (row(it, form_token)) } }
            } } }
        }
        @if let Some(after) = more { p .pal-p { a href={ "/subscribers?after=" (after) } { "More subscribers" } } }
    }
}

fn row(it: &Subscriber, form_token: &str) -> Markup {
    let of = it.host.as_deref().unwrap_or("Websocket");
    html! {
        tr {
            th scope="row" { (plain(of)) span .pal-line2 { "Subscribed by " (plain(&it.author)) } span .pal-line2 { code { (it.id) } } }
            td { (plain(&it.about)) }
            td {
                (state(it.status))
                span .pal-line2 { "Since " (moment(&it.since)) }
                @if let Some(said) = &it.said { span .pal-line2 { (plain(said)) } }
                @if it.failures > 0 { span .pal-line2 { "Failed " (it.failures) @if it.failures == 1 { " time" } @else { " times" } } }
            }
            td {
                (it.last) " counted"
                @if let Some(delivered) = it.delivered { span .pal-line2 { (delivered) " taken, " (it.last.saturating_sub(delivered)) " waiting" } }
            }
            td {
                @if it.status != Status::Off {
                    form method="post" action={ "/subscribers/" (it.id) } novalidate {
                        input type="hidden" name="form_token" value=(form_token);
                        input type="hidden" name="seen" value=(it.version);
                        @if it.status == Status::Error {
                            button .nhsuk-button type="submit" name="decision" value="resend" aria-label={ "Send again to " (plain(of)) ", " (it.id) } { "Send again" }
                        }
                        button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="end" aria-label={ "End the subscription of " (plain(of)) ", " (it.id) } { "End" }
                    }
                }
            }
        }
    }
}

pub(super) fn state(status: Status) -> &'static str {
    match status {
        Status::Requested => "Waiting for its receiver to answer",
        Status::Active => "Active",
        Status::Error => "In error",
        Status::Off => "Ended",
    }
}
