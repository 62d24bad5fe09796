//! The clinicians' application: from signing in to a departmental's screen.
//!
//! Invariant: its pages are drawn for clinicians only; each page about a patient names who it is about.

pub(crate) mod department;
pub(crate) mod departments;
pub(crate) mod find;
pub(crate) mod identity;
pub(crate) mod matching;
pub(crate) mod moment;
pub(crate) mod patient;
pub(crate) mod start;
pub(crate) mod tasks;

mod allergies;
mod banner;
pub(crate) mod facts;
mod look;
mod person;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use record::caller::Role;
use record::{Kind, ReadError};

use crate::auth::Session;
use crate::problem::status;
use crate::{Door, frame};

/// A clinician who is signed in in this browser. Anybody else is told that this is not for them.
pub(crate) struct Clinician(pub(crate) Session);

impl FromRequestParts<Door> for Clinician {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, door)
            .await
            .map_err(IntoResponse::into_response)?;
        if session.caller.role() == Role::Clinician {
            return Ok(Self(session));
        }
        let words = format!(
            "You are signed in as {} ({}), who does not see clinical pages. Sign in as a clinician to open this.",
            session.caller.name(),
            session.caller.role(),
        );
        Err(frame::no(
            door,
            Some(&session),
            StatusCode::FORBIDDEN,
            "This page is for clinicians",
            &words,
        ))
    }
}

/// A page for a read that went wrong. Nothing of it says what was not found to somebody who may not know.
pub(crate) fn unread(door: &Door, session: &Session, why: &ReadError) -> Response {
    let (title, words) = match why.kind() {
        Kind::NotFound => ("Not found", "There is no such patient or page in this record, or you may not see it.".to_owned()),
        Kind::Incorrect => ("This cannot be shown", why.to_string()),
        Kind::Forbidden => ("You may not see this", "Your role does not allow it.".to_owned()),
        Kind::Conflict | Kind::Refused => ("This cannot be shown", why.to_string()),
        Kind::Busy => ("Too busy at this moment", "The record is taking no more work just now. Wait a few seconds and open the page again.".to_owned()),
        Kind::Full => ("No room to keep who looked at what", "The disk of the record is full, and nothing may be shown that cannot be noted down. Report it at once; it goes on by itself when there is room.".to_owned()),
        Kind::Fault => {
            tracing::error!("{}", record::with_causes(why));
            ("The record could not be read", "Something failed on our side. This does not mean that nothing is recorded. Try again, then report it.".to_owned())
        }
    };
    frame::no(door, Some(session), status(why.kind()), title, &words)
}
