//! Holders of documents on the operations page: how each has answered, and whether it is asked.
//!
//! Invariant: a holder is changed only on the version of the list that the page showed.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::adviser::DeclareError;
use record::locator::{Holder, HolderHeard};

use super::{Operator, Part, Row, shown, unread};
use crate::Door;
use crate::address::encoded;
use crate::admin::adviser::refused;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::icon::{Icon, icon};
use crate::screen::sent::Typed;
use crate::written::{moment, plain};

/// `POST /operations/holders/{holder}`: has it asked no longer, or again; 303 back. 409 and the page again when somebody
/// was quicker; 422 when none is declared under that name; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    Operator(session): Operator,
    Path(holder): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    answered(&door, &session, &holder, &typed).await
}

async fn answered(door: &Door, session: &Session, holder: &str, typed: &Typed) -> Response {
    match decided(door, session, holder, typed).await {
        Ok(()) => Redirect::to("/operations").into_response(),
        Err(why) => {
            let (code, words) = refused(&why);
            shown(door, session, code, Some(&words)).await
        }
    }
}

async fn decided(
    door: &Door,
    session: &Session,
    holder: &str,
    typed: &Typed,
) -> Result<(), DeclareError> {
    let incorrect = |what: &str| DeclareError::Incorrect {
        member: "holder",
        what: what.to_owned(),
    };
    let id = holder.parse();
    let id = id.map_err(|_| incorrect("use the buttons of this page"))?;
    let runs = match typed.one("decision") {
        Some("ask") => true,
        Some("stop") => false,
        Some(_) | None => return Err(incorrect("use the buttons of this page")),
    };
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    let seen = seen.unwrap_or_default();
    let done = door.record.ask_holder(&session.caller, &id, runs, seen);
    done.await.map(drop)
}

/// The part.
pub(super) async fn part(door: &Door, session: &Session) -> Part {
    Part {
        title: "Holders of documents",
        none: "No holder is declared: palatine locator declare",
        rows: rows(door, session).await.map_err(|why| unread(&why)),
    }
}

async fn rows(door: &Door, session: &Session) -> Result<Vec<Row>, DeclareError> {
    let known = door.record.holders(&session.caller).await?;
    let copies = door.record.copies(&session.caller).await?;
    let heard = door.record.holders_heard();
    let row = |it: &Holder| {
        let id = it.id.to_string();
        let kept = copies.iter().find(|(of, _)| *of == id);
        let kept = kept.map_or(0, |(_, count)| *count);
        let what = html! {
            (plain(&it.name))
            span .pal-line2 { (plain(&it.base.to_string())) @if !it.sites.is_empty() { ", for " @for site in &it.sites { (site) " " } } }
        };
        let stands = stands(it, heard.get(&it.id), kept);
        (what, stands, action(it, known.version, &session.form_token))
    };
    Ok(known.all.iter().map(row).collect())
}

fn stands(it: &Holder, heard: Option<&HolderHeard>, kept: u64) -> Markup {
    let answered = heard.and_then(|it| it.answered.as_deref());
    let failed = heard.and_then(|it| it.failed.as_ref());
    // Both were written by one clock in one form, so that they are in order as texts.
    let is_failing =
        failed.is_some_and(|(at, _)| answered.is_none_or(|answered| answered < at.as_str()));
    html! {
        @if it.runs { "Asked whenever somebody opens a document of its" } @else { (icon(Icon::Warning)) " Not asked" }
        span .pal-line2 { (kept) @if kept == 1 { " copy kept" } @else { " copies kept" } ", shown for " (it.old_copy_hours) " hours when it cannot be asked" }
        @if let Some(at) = answered { span .pal-line2 { "Last answered at " (moment(at)) } }
        @if let Some((at, why)) = failed {
            span .pal-line2 { @if is_failing { (icon(Icon::Warning)) " " } "Last failed at " (moment(at)) ": " (plain(why)) }
        }
        @if heard.is_none() { span .pal-line2 { "This host has not asked it since it was started" } }
    }
}

fn action(it: &Holder, seen: u64, form_token: &str) -> Markup {
    let (decision, label) = if it.runs {
        ("stop", "Stop asking")
    } else {
        ("ask", "Ask it")
    };
    html! {
        form method="post" action={ "/operations/holders/" (encoded(&it.id.to_string())) } {
            input type="hidden" name="form_token" value=(form_token);
            input type="hidden" name="seen" value=(seen);
            button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value=(decision) { (label) }
        }
    }
}
