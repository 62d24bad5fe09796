//! Messages of machines that wait at a site, how its interfaces do, and one message with all that became of it: filed again,
//! put right in a copy, or dropped.
//!
//! Invariant: nothing is done with a message but as the page showed it, and what a message holds is shown as text and never
//! carried out.

mod draw;
pub(super) mod segments;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use record::caller::Role;
use record::log::T;
use record::message::{DecideError, Waited};
use record::{Kind, with_causes};

use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;

pub(super) use self::draw::capital;

/// What was done last, as the address says it: words of this page alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Replayed,
    Corrected,
    Dropped,
}

impl Done {
    const ALL: [Self; 3] = [Self::Replayed, Self::Corrected, Self::Dropped];

    fn as_str(self) -> &'static str {
        match self {
            Self::Replayed => "replayed",
            Self::Corrected => "corrected",
            Self::Dropped => "dropped",
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Replayed => {
                "The message is filed again within seconds, and then what it held back."
            }
            Self::Corrected => {
                "The corrected copy is filed within seconds, and then what the message held back. This is the copy."
            }
            Self::Dropped => "The message was dropped. What it held back is filed within seconds.",
        }
    }
}

fn found<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    let pair = query.iter().find(|(it, _)| it == name);
    pair.map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}

/// `GET /messages`: how each interface does, and what waits; `source` and `after` choose among what waits.
pub(crate) async fn messages(
    State(door): State<Door>,
    session: Session,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let after = found(&query, "after").and_then(|after| after.parse().ok());
    let (source, after) = (found(&query, "source"), T(after.unwrap_or_default()));
    match listed(&door, &session, source, after).await {
        Ok(page) => frame::page(&door, Some(&session), StatusCode::OK, page),
        Err(why) => refused(&door, &session, &why),
    }
}

async fn listed(
    door: &Door,
    session: &Session,
    source: Option<&str>,
    after: T,
) -> Result<Page<'static>, DecideError> {
    let senders = door.record.message_senders(&session.caller).await?;
    let waiting = door
        .record
        .messages_waiting(&session.caller, source, after)
        .await?;
    let everywhere = session.caller.role() == Role::Operator;
    let drawn = draw::list(&senders, &waiting, source, everywhere);
    Ok(Page::plain("Messages", drawn))
}

/// `GET /messages/{message}`: one message; 404 where there is none at the caller's site.
pub(crate) async fn message(
    State(door): State<Door>,
    session: Session,
    Path(message): Path<u64>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let done = found(&query, "done");
    let done = done.and_then(|word| Done::ALL.into_iter().find(|it| it.as_str() == word));
    shown(&door, &session, T(message), StatusCode::OK, done, None).await
}

/// `POST /messages/{message}`: files it again, puts a corrected copy in its place, or drops it; 303 to what stands there
/// then. 400 or 422 and the page again with why not, 409 when somebody was
/// quicker; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    session: Session,
    Path(message): Path<u64>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match decided(&door, &session, T(message), &typed).await {
        Ok((there, done)) => led_on(there, done),
        Err(refused) => again(&door, &session, T(message), &typed, refused).await,
    }
}

fn led_on(there: T, done: Done) -> Response {
    Redirect::to(&format!("/messages/{there}?done={}", done.as_str())).into_response()
}

/// The message again, with why not and what was typed.
async fn again(
    door: &Door,
    session: &Session,
    message: T,
    typed: &Typed,
    (code, words): (StatusCode, String),
) -> Response {
    let wrong = Some((words.as_str(), typed));
    shown(door, session, message, code, None, wrong).await
}

async fn decided(
    door: &Door,
    session: &Session,
    message: T,
    typed: &Typed,
) -> Result<(T, Done), (StatusCode, String)> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    let refused = |why: DecideError| {
        if why.kind() == Kind::Fault {
            tracing::error!("{}", with_causes(&why));
        }
        (status(why.kind()), sentence(&why))
    };
    let since = typed.one("since").and_then(|since| since.parse().ok());
    let since = T(since.ok_or_else(|| wrong("Use the buttons of this page."))?);
    let seen = Waited { message, since };
    let (record, caller) = (&door.record, &session.caller);
    match typed.one("decision") {
        Some("replay") => {
            record.message_replay(caller, seen).await.map_err(refused)?;
            Ok((message, Done::Replayed))
        }
        Some("drop") => {
            let reason = typed.one("reason").unwrap_or_default();
            let dropped = record.message_drop(caller, seen, reason);
            dropped.await.map_err(refused)?;
            Ok((message, Done::Dropped))
        }
        Some("correct") => {
            let looked = record.message_looked(caller, message);
            let original = looked.await.map_err(refused)?.bytes;
            let edited = typed.one("text").unwrap_or_default();
            let bytes = segments::bytes_like(&original, edited).ok_or_else(|| {
                wrong("The copy has a letter that the message's character set does not have: write it otherwise.")
            })?;
            // What a browser makes of ends of lines is no correction.
            let same = segments::lines(&segments::text(&bytes)).trim_end()
                == segments::lines(&segments::text(&original)).trim_end();
            if same {
                return Err(refused(DecideError::Same));
            }
            let copy = record.message_correct(caller, seen, bytes);
            Ok((copy.await.map_err(refused)?, Done::Corrected))
        }
        Some(_) | None => Err(wrong("Use the buttons of this page.")),
    }
}

async fn shown(
    door: &Door,
    session: &Session,
    message: T,
    code: StatusCode,
    done: Option<Done>,
    wrong: Option<(&str, &Typed)>,
) -> Response {
    match door.record.message_looked(&session.caller, message).await {
        Ok(looked) => {
            let sheet = draw::Sheet {
                looked: &looked,
                form_token: &session.form_token,
                links: session.caller.role() == Role::Clinician,
                done,
                wrong,
            };
            let title = format!("Message {message}");
            frame::page(
                door,
                Some(session),
                code,
                Page::plain(&title, draw::message(&sheet)),
            )
        }
        Err(why) => refused(door, session, &why),
    }
}

fn refused(door: &Door, session: &Session, why: &DecideError) -> Response {
    if why.kind() == Kind::Fault {
        tracing::error!("{}", with_causes(why));
    }
    let title = match why.kind() {
        Kind::NotFound => "Not found",
        Kind::Incorrect
        | Kind::Forbidden
        | Kind::Conflict
        | Kind::Refused
        | Kind::Busy
        | Kind::Full
        | Kind::Fault => "This cannot be shown",
    };
    frame::no(
        door,
        Some(session),
        status(why.kind()),
        title,
        &sentence(why),
    )
}

/// A refusal as a sentence.
fn sentence(why: &DecideError) -> String {
    match why {
        DecideError::Read { .. } | DecideError::Commit { .. } => {
            "The record could not be read or written. Try again, then report it.".to_owned()
        }
        DecideError::Forbidden { .. }
        | DecideError::NotFound { .. }
        | DecideError::Changed
        | DecideError::AtItsEnd { .. }
        | DecideError::NoReason
        | DecideError::Same
        | DecideError::TooLong => {
            let words = why.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|it| it.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    }
}
