//! Who is who: pairs of records that may be one person's, one pair side by side with what speaks for and against, and
//! the weights behind it.
//!
//! Invariant: a decision is taken on a page that shows both records whole and side by side; nothing is chosen beforehand.

mod pair;
mod weighing;

use axum::extract::{Form, FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use fhir::resource::Key;
use maud::{Markup, html};
use record::caller::Role;
use record::log::At;
use record::matching::review::{Decision, Review, ReviewError, State as Standing};
use record::matching::weights::Weights;
use record::{Kind, ReadError, with_causes};

use super::look::Reader;
use super::person::Person;
use super::start::not_ours;
use crate::Door;
use crate::address::encoded;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::moment;

/// Somebody who may say who is who: a clinician or an operator.
pub(crate) struct Reviewer(Session);

impl FromRequestParts<Door> for Reviewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, door)
            .await
            .map_err(IntoResponse::into_response)?;
        match session.caller.role() {
            Role::Clinician | Role::Operator => Ok(Self(session)),
            Role::TrustAdministrator | Role::Feed | Role::Reaction => {
                let words = "Who is who is decided by those who know patients: clinicians, and operators of the region.";
                let title = "This page is not for your role";
                Err(frame::no(
                    door,
                    Some(&session),
                    StatusCode::FORBIDDEN,
                    title,
                    words,
                ))
            }
        }
    }
}

/// What was done last, as the address says it: words of this page alone.
const DONE: [(&str, &str); 3] = [
    (
        "everybody",
        "Everybody in the record is being compared with everybody. Pairs appear here as they are found.",
    ),
    (
        "different",
        "Kept: they are two people. This pair will not be asked about again.",
    ),
    ("later", "Put off. The pair stays on this list."),
];

/// `GET /matching`: the pairs that wait.
pub(crate) async fn waiting(
    State(door): State<Door>,
    Reviewer(session): Reviewer,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let done = query.iter().find(|(name, _)| name == "done");
    let done = DONE
        .iter()
        .find(|it| done.is_some_and(|(_, word)| it.0 == word));
    listed(&door, &session, done.map(|(_, words)| *words)).await
}

async fn listed(door: &Door, session: &Session, done: Option<&str>) -> Response {
    match door.record.reviews(&session.caller).await {
        Ok((reviews, more)) => match people(door, session, &reviews).await {
            Ok(known) => {
                let list = list((&reviews, &known), more, (done, session));
                frame::page(
                    door,
                    Some(session),
                    StatusCode::OK,
                    Page::plain("Who is who", list),
                )
            }
            Err(why) => failed(door, session, &why.into()),
        },
        Err(why) => failed(door, session, &why),
    }
}

/// Who the records of these pairs are.
async fn people(
    door: &Door,
    session: &Session,
    reviews: &[Review],
) -> Result<Vec<Person>, ReadError> {
    let ids = reviews
        .iter()
        .flat_map(|it| [it.one.id.as_str(), it.other.id.as_str()]);
    let reader = Reader {
        door,
        caller: &session.caller,
        at: &At::Now,
    };
    reader.people(&ids.collect()).await
}

/// `GET /matching/weights`: the weights, what they rest on, and where the bands lie.
pub(crate) async fn weights(State(door): State<Door>, Reviewer(session): Reviewer) -> Response {
    let main = weighing::drawn(&[Weights::region(), Weights::historical()]);
    frame::page(
        &door,
        Some(&session),
        StatusCode::OK,
        Page::plain("Weights of who is who", main),
    )
}

/// `POST /matching/everybody`: begins to compare everybody with everybody, for operators; 303 back.
pub(crate) async fn everybody(
    State(door): State<Door>,
    Reviewer(session): Reviewer,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match door.record.match_everybody(&session.caller).await {
        Ok(()) => Redirect::to("/matching?done=everybody").into_response(),
        Err(why) => failed(&door, &session, &why),
    }
}

/// `GET /matching/{task}`: one pair.
pub(crate) async fn pair(
    State(door): State<Door>,
    Reviewer(session): Reviewer,
    Path(task): Path<String>,
) -> Response {
    shown(&door, &session, &task, (StatusCode::OK, None)).await
}

/// `POST /matching/{task}`: keeps a decision; 303 back. 422 and the page again with why not, 409 when somebody was quicker;
/// 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    Reviewer(session): Reviewer,
    Path(task): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    answered(&door, &session, &task, &typed).await
}

async fn answered(door: &Door, session: &Session, task: &str, typed: &Typed) -> Response {
    let again =
        |code, words: String| async move { shown(door, session, task, (code, Some(&words))).await };
    match decided(door, session, task, typed).await {
        // What is to be done next stands on the pair's own page.
        Ok("same") => Redirect::to(&format!("/matching/{}", encoded(task))).into_response(),
        Ok(word) => Redirect::to(&format!("/matching?done={word}")).into_response(),
        Err(Wrong::Said(words)) => again(StatusCode::UNPROCESSABLE_ENTITY, words).await,
        Err(Wrong::Refused(why)) if why.kind() == Kind::Conflict => {
            again(StatusCode::CONFLICT, sentence(&why)).await
        }
        Err(Wrong::Refused(why)) => failed(door, session, &why),
    }
}

enum Wrong {
    Said(String),
    Refused(ReviewError),
}

async fn decided(
    door: &Door,
    session: &Session,
    task: &str,
    typed: &Typed,
) -> Result<&'static str, Wrong> {
    let said = |words: &str| Wrong::Said(words.to_owned());
    let unknown = || {
        Wrong::Refused(ReviewError::NotFound {
            task: task.chars().take(64).collect(),
        })
    };
    let id = task.parse().map_err(|_| unknown())?;
    let seen = typed.one("seen").and_then(|seen| seen.parse().ok());
    let seen = seen.ok_or_else(|| said("Use the buttons of this page."))?;
    let (decision, word) = match typed.one("decision") {
        Some("same") => (Decision::Same, "same"),
        Some("different") => (Decision::Different, "different"),
        Some("later") => (Decision::Later, "later"),
        Some(_) | None => {
            return Err(said(
                "Choose whether they are one person, two people, or cannot be told yet.",
            ));
        }
    };
    let reason = typed.one("reason").unwrap_or_default();
    let kept = door
        .record
        .decide_review(&session.caller, (&id, seen), (decision, reason))
        .await;
    match kept {
        Ok(()) => Ok(word),
        Err(why @ ReviewError::NoReason) => Err(Wrong::Said(sentence(&why))),
        Err(why) => Err(Wrong::Refused(why)),
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    task: &str,
    (code, wrong): (StatusCode, Option<&str>),
) -> Response {
    let opened = match task.parse() {
        Ok(task) => door.record.open_review(&session.caller, &task).await,
        Err(_) => Err(ReviewError::NotFound {
            task: task.chars().take(64).collect(),
        }),
    };
    match opened.and_then(|opened| pair::drawn(&opened, session, wrong)) {
        Ok(main) => frame::page(
            door,
            Some(session),
            code,
            Page::plain("Are these one person?", main),
        ),
        Err(why) => failed(door, session, &why),
    }
}

fn failed(door: &Door, session: &Session, why: &ReviewError) -> Response {
    if why.kind() == Kind::Fault {
        tracing::error!("{}", with_causes(why));
    }
    frame::no(
        door,
        Some(session),
        status(why.kind()),
        "This cannot be shown",
        &sentence(why),
    )
}

/// A refusal as a sentence.
fn sentence(why: &ReviewError) -> String {
    match why {
        ReviewError::Read(_) | ReviewError::Commit(_) => {
            "The record could not be read or written. Nothing was decided. Try again, then report it.".to_owned()
        }
        ReviewError::Forbidden { .. }
        | ReviewError::NotFound { .. }
        | ReviewError::Changed
        | ReviewError::NoReason => {
            let words = why.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|it| it.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    }
}

fn list(
    (reviews, known): (&[Review], &[Person]),
    more: bool,
    (done, session): (Option<&str>, &Session),
) -> Markup {
    let who = |key: &Key| {
        let person = known.iter().find(|it| it.id == key.id.as_str());
        person.map_or_else(
            || "A record that is not there any longer".to_owned(),
            Person::line,
        )
    };
    html! {
        h1 .pal-h1 { "Who is who" }
        p .pal-p { "These pairs of records may be of one person. A probability never links them by itself: somebody has to look and say. " a href="/matching/weights" { "What the scores rest on" } }
        @if let Some(words) = done { div .pal-alert .pal-alert-information role="status" { p .pal-alert__title { (words) } } }
        @if reviews.is_empty() { p .pal-absent { "No pair waits" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Pairs that wait" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "Found" } th scope="col" { "State" } th scope="col" { "Records" } th scope="col" { "What to do" } } }
                tbody { @for it in reviews { tr {
                    th scope="row" .pal-nw { (moment(&it.at)) }
                    td { (state(it.state)) }
                    td { (who(&it.one)) span .pal-line2 { "and " (who(&it.other)) } }
                    td .pal-nw { a href={ "/matching/" (it.task) } aria-label={ (next(it.state)) ": " (who(&it.one)) " and " (who(&it.other)) } { (next(it.state)) } }
                } } }
            } } }
            @if more { p .pal-p { "There are more. They appear here once these are dealt with." } }
        }
        @if session.caller.role() == Role::Operator {
            section .pal-card .pal-pad {
                h2 .pal-h2 { "Everybody with everybody" }
                p .pal-p { "New and changed patients are compared by themselves. After an import, those who were there before can be compared as well: it goes on in the background and asks about no pair twice." }
                form method="post" action="/matching/everybody" { input type="hidden" name="form_token" value=(session.form_token); button .nhsuk-button .nhsuk-button--secondary type="submit" { "Compare everybody" } }
            }
        }
    }
}

fn next(of: Standing) -> &'static str {
    match of {
        Standing::Waits | Standing::Later => "Compare",
        Standing::ToMerge => "Merge them",
    }
}

fn state(of: Standing) -> &'static str {
    match of {
        Standing::Waits => "Nobody has looked",
        Standing::Later => "Put off",
        Standing::ToMerge => "One person: to be merged",
    }
}
