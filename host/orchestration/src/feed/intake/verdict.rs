//! What each failure means for the sender: the answer, the condition and the reason.
//!
//! Invariant: every variant of every error is named here, so that a new one cannot be answered by accident.

use record::commit::CommitError;
use record::message::State;
use record::person::PersonError;

use crate::feed::acknowledgement::{Code, Condition, Verdict};
use crate::feed::filing::FileError;
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::limits::CERTIFICATE_NAME_CHARS_MAX;
use crate::plan::{Plan, PlanError};

pub(super) fn unknown_sender() -> Verdict {
    Verdict {
        code: Code::Reject,
        condition: Condition::TableValue,
        reason: "MSH-3 and MSH-4 name no feed that is known here: have an account made for it, then send again \
                 under a new control id"
            .to_owned(),
        place: Some(Place::of("MSH", 3)),
        accept: Code::Reject,
    }
}

/// The message came over a connection that is not its sender's. What certificate it showed stands in the reason, for
/// whoever looks into it; what the account is bound to does not.
pub(super) fn not_the_certificates(names: Option<&str>) -> Verdict {
    let shown = match names {
        None => "the connection showed no certificate".to_owned(),
        Some("") => "the connection's certificate has no name".to_owned(),
        Some(names) => {
            let names: String = names.chars().take(CERTIFICATE_NAME_CHARS_MAX).collect();
            format!("the connection's certificate is that of {names}")
        }
    };
    Verdict {
        code: Code::Reject,
        condition: Condition::TableValue,
        reason: format!(
            "the feed of MSH-3 and MSH-4 is not the connection's: {shown}; have the feed's account bound to its \
             certificate, then send again under a new control id"
        ),
        place: Some(Place::of("MSH", 3)),
        accept: Code::Reject,
    }
}

/// A batch says of itself what is not so. Its messages were answered by themselves.
pub(super) fn wrong_batch(what: &str) -> Verdict {
    Verdict {
        code: Code::Error,
        condition: Condition::SegmentSequence,
        reason: format!(
            "the batch is not as it says: {what}; each of its messages was taken by itself and has an answer of its own"
        ),
        place: None,
        accept: Code::Error,
    }
}

/// Nothing of the message was kept: the sender still has it.
pub(super) fn not_kept() -> Verdict {
    Verdict {
        code: Code::Error,
        condition: Condition::Internal,
        reason: "the record cannot take this message now; nothing of it was kept: send it again"
            .to_owned(),
        place: None,
        accept: Code::Error,
    }
}

pub(super) fn refused(error: &MessageError) -> Verdict {
    let condition = match error {
        MessageError::Missing { at, .. } if at.field() == 0 => Condition::SegmentSequence,
        MessageError::Missing { .. } => Condition::FieldMissing,
        MessageError::Code { .. } | MessageError::CharacterSet { .. } => Condition::TableValue,
        MessageError::NoHeader
        | MessageError::Segment { .. }
        | MessageError::Continued { .. }
        | MessageError::SecondHeader { .. }
        | MessageError::Sequence { .. }
        | MessageError::TooManySegments => Condition::SegmentSequence,
        MessageError::Delimiters(_)
        | MessageError::TooLong { .. }
        | MessageError::NotInCharacterSet { .. }
        | MessageError::Escape { .. }
        | MessageError::Control { .. }
        | MessageError::ValueTooLong { .. }
        | MessageError::Form { .. } => Condition::DataType,
    };
    Verdict {
        code: Code::Error,
        condition,
        reason: error.to_string(),
        place: error.place(),
        accept: Code::Error,
    }
}

pub(super) fn unplanned(error: &PlanError) -> Verdict {
    match error {
        PlanError::Message(error) => refused(error),
        PlanError::Kind { type_known, .. } => Verdict {
            code: Code::Reject,
            condition: if *type_known {
                Condition::EventCode
            } else {
                Condition::MessageType
            },
            reason: error.to_string(),
            place: Some(Place::of("MSH", 9)),
            accept: Code::Reject,
        },
    }
}

pub(super) fn unfiled(error: &FileError) -> Verdict {
    stands_against(error.to_string(), error.place())
}

pub(super) fn unmerged(error: &PersonError) -> Verdict {
    stands_against(error.to_string(), Some(Place::of("MRG", 1)))
}

pub(super) fn uncommitted(error: &CommitError) -> Verdict {
    stands_against(error.to_string(), None)
}

/// The message can be read, but what is in the record, or its rules, stand against filing it. The same reason and place
/// give the same verdict, so that a repeat gets the answer that the message had before.
pub(super) fn stands_against(reason: String, place: Option<Place>) -> Verdict {
    let condition = match place {
        Some(_) => Condition::UnknownKey,
        None => Condition::DataType,
    };
    Verdict {
        code: Code::Error,
        condition,
        reason,
        place,
        accept: Code::Accept,
    }
}

/// The verdict that a message had when it was kept.
pub(super) fn earlier(state: State, read: impl FnOnce() -> Result<Plan, PlanError>) -> Verdict {
    match (state, read()) {
        // What waits behind another, or what somebody has dealt with, is no longer its sender's.
        (
            State::Filed
            | State::Loose
            | State::Held { .. }
            | State::Due
            | State::Corrected { .. }
            | State::Dropped { .. },
            _,
        ) => Verdict::filed(),
        (State::Parked { reason, .. }, Err(error)) if reason == error.to_string() => {
            unplanned(&error)
        }
        (State::Parked { reason, at } | State::Awaiting { reason, at }, Ok(_) | Err(_)) => {
            stands_against(reason, at.and_then(|at| at.parse().ok()))
        }
    }
}
