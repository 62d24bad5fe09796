//! Events that departmentals could not react to at the administrator's own site: looked at, tried again, dropped.
//!
//! Invariant: nothing is done with an event but on the version that the page showed, and a drop says why.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::reaction::parked::{Parked, ParkedError, ParkedList, Retried};
use record::{Kind, with_causes};

use super::Administrator;
use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::plain;

/// Least words of a reason for dropping an event, in characters.
const REASON_CHARS_MIN: usize = 10;
/// What is shown of a departmental's reason, in characters.
const WHY_CHARS_MAX: usize = 300;

/// What was done last, as the address says it: words of this page alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Reacted,
    NothingToDo,
    Dropped,
}

impl Done {
    const ALL: [Self; 3] = [Self::Reacted, Self::NothingToDo, Self::Dropped];

    fn as_str(self) -> &'static str {
        match self {
            Self::Reacted => "reacted",
            Self::NothingToDo => "nothing-to-do",
            Self::Dropped => "dropped",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Reacted => "The departmental has reacted to the event.",
            Self::NothingToDo => "The departmental answered that there is nothing to do.",
            Self::Dropped => "The event was dropped.",
        }
    }
}

/// `GET /parked`: the events that wait.
pub(crate) async fn parked(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let done = query.iter().find(|(name, _)| name == "done");
    let done = done.and_then(|(_, word)| Done::ALL.into_iter().find(|it| it.as_str() == word));
    shown(&door, &session, StatusCode::OK, done, None).await
}

/// `POST /parked/{task}`: tries an event again or drops it; 303 back. 422 and the page again with why not, 409 when
/// somebody was quicker; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    Administrator(session): Administrator,
    Path(task): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match decided(&door, &session, &task, &typed).await {
        Ok(done) => Redirect::to(&format!("/parked?done={}", done.as_str())).into_response(),
        Err((code, words)) => shown(&door, &session, code, None, Some(&words)).await,
    }
}

async fn decided(
    door: &Door,
    session: &Session,
    task: &str,
    typed: &Typed,
) -> Result<Done, (StatusCode, String)> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    let refused = |why: ParkedError| {
        if why.kind() == Kind::Fault {
            tracing::error!("{}", with_causes(&why));
        }
        (status(why.kind()), sentence(&why))
    };
    let task = task.parse().map_err(|_| wrong("There is no such event."))?;
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    let seen = seen.ok_or_else(|| wrong("Use the buttons of this page."))?;
    match typed.one("decision") {
        Some("retry") => {
            let retried = door.record.retry_parked(&session.caller, &task, seen).await;
            match retried.map_err(refused)? {
                Retried::Done(_) => Ok(Done::Reacted),
                Retried::NothingToDo(_) => Ok(Done::NothingToDo),
                Retried::ParkedAgain(why) => Err(wrong(&format!(
                    "The departmental failed again: {}",
                    short(&why)
                ))),
            }
        }
        Some("drop") => {
            let reason = typed.one("reason").unwrap_or_default();
            if reason.trim().chars().count() < REASON_CHARS_MIN {
                return Err(wrong(&format!(
                    "Say why the event is dropped, in at least {REASON_CHARS_MIN} characters: whoever looks for it will read this."
                )));
            }
            let dropped = door
                .record
                .drop_parked(&session.caller, &task, seen, reason);
            dropped.await.map(|_| Done::Dropped).map_err(refused)
        }
        Some(_) | None => Err(wrong("Use the buttons of this page.")),
    }
}

/// A refusal as a sentence for the administrator.
fn sentence(why: &ParkedError) -> String {
    match why {
        ParkedError::Commit { .. } | ParkedError::Read { .. } => {
            "The record could not be read or written. Try again, then report it.".to_owned()
        }
        ParkedError::Forbidden { .. }
        | ParkedError::NotFound { .. }
        | ParkedError::Changed
        | ParkedError::NotEnabled { .. }
        | ParkedError::Unreadable { .. }
        | ParkedError::NoReason
        | ParkedError::NotNow { .. } => {
            let words = why.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|it| it.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    code: StatusCode,
    done: Option<Done>,
    wrong: Option<&str>,
) -> Response {
    match door.record.parked_events(&session.caller).await {
        Ok(list) => {
            let drawn = draw(&list, &session.form_token, done, wrong);
            frame::page(
                door,
                Some(session),
                code,
                Page::plain("Events put aside", drawn),
            )
        }
        Err(why) => {
            tracing::error!("{}", with_causes(&why));
            frame::no(
                door,
                Some(session),
                status(why.kind()),
                "This cannot be shown",
                &sentence(&why),
            )
        }
    }
}

fn short(why: &str) -> String {
    plain(&why.chars().take(WHY_CHARS_MAX).collect::<String>())
}

fn draw(list: &ParkedList, form_token: &str, done: Option<Done>, wrong: Option<&str>) -> Markup {
    html! {
        h1 .pal-h1 { "Events put aside" }
        p .pal-p { "A departmental that is enabled at your site could not react to these changes. Each waits until it is tried again with success, or dropped." }
        @if let Some(done) = done { div .pal-alert .pal-alert-information role="status" { p .pal-alert__title { (done.words()) } } }
        @if let Some(words) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "The event still waits" } p { (plain(words)) } }
        }
        @if list.events.is_empty() { p .pal-absent { "No event waits at your site" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Events put aside" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "Change" } th scope="col" { "Departmental" } th scope="col" { "Why" } th scope="col" { "What to do" } } }
                tbody { @for it in &list.events { (row(it, form_token)) } }
            } } }
            @if list.more { p .pal-p { "There are more. They appear here once these are dealt with." } }
        }
    }
}

fn row(it: &Parked, form_token: &str) -> Markup {
    let (reason, change) = (
        format!("reason-{}", it.task),
        format!("{} version {}", it.resource, it.version),
    );
    html! {
        tr {
            th scope="row" {
                code { (it.resource) } span .pal-line2 { "Version " (it.version) ", commit " (it.commit) }
                span .pal-line2 { "Put aside " (plain(&it.at)) }
            }
            td { (it.departmental) span .pal-line2 { (plain(&it.said)) } span .pal-line2 { code .pal-digest { (it.digest) } } }
            td {
                (short(&it.why))
                span .pal-line2 { @match it.tries { 0 => "Never asked", 1 => "Asked once", more => { "Asked " (more) " times" } } }
                @if let Some(call) = &it.call { span .pal-line2 { "Last call " code { (plain(call)) } } }
            }
            td {
                form method="post" action={ "/parked/" (it.task) } novalidate {
                    input type="hidden" name="form_token" value=(form_token);
                    input type="hidden" name="seen" value=(it.seen);
                    button .nhsuk-button type="submit" name="decision" value="retry" aria-label={ "Try again: " (change) } { "Try again" }
                    div .nhsuk-form-group {
                        label .nhsuk-label for=(reason) { "Reason to drop it" }
                        input .nhsuk-input id=(reason) name="reason" type="text" autocomplete="off" maxlength="500";
                    }
                    button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="drop" aria-label={ "Drop: " (change) } { "Drop" }
                }
            }
        }
    }
}
