//! A kept call as JSON: the form in which it lies in a database.
//!
//! Invariant: what was written once stays readable, so members are added and never renamed.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::departmental::cost::Cost;
use crate::departmental::grant::Grants;
use crate::departmental::{Answer, Call, Failure, FailureKind, Question};

/// The whole.
#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) head: Head<'static>,
    pub(super) question: Part<Asked<'static>>,
    pub(super) answer: Part<Answered<'static>>,
}

/// Everything but the question and the answer.
#[derive(Serialize, Deserialize)]
pub(super) struct Head<'a> {
    pub(super) version: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) patient: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) encounter: Option<Cow<'a, str>>,
    pub(super) role: Cow<'a, str>,
    pub(super) account: Cow<'a, str>,
    pub(super) now: Cow<'a, str>,
    pub(super) settings: Cow<'a, Value>,
    pub(super) grants: Cow<'a, Grants>,
    pub(super) cost: Cost,
}

impl<'a> Head<'a> {
    pub(super) fn of(caller: &'a Caller, call: &'a Call, grants: &'a Grants, cost: Cost) -> Self {
        Self {
            version: Cow::Borrowed(&call.release.version),
            patient: call.patient.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            encounter: call.encounter.as_ref().map(|id| Cow::Borrowed(id.as_str())),
            role: Cow::Borrowed(call.role.as_str()),
            account: Cow::Borrowed(caller.account()),
            now: Cow::Borrowed(&call.now),
            settings: Cow::Borrowed(&call.settings),
            grants: Cow::Borrowed(grants),
            cost,
        }
    }
}

/// A part of a call, which may have been too large to keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part<T> {
    /// As it was.
    Whole(T),
    /// Its digest alone.
    Beyond(Beyond),
}

/// What is kept of what is too large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Beyond {
    /// SHA-256 of its JSON, in hexadecimal.
    pub(crate) sha256: String,
    /// How long that was.
    pub(crate) bytes: u64,
}

impl<T> Part<T> {
    pub(super) fn map<U>(self, with: impl FnOnce(T) -> U) -> Part<U> {
        match self {
            Self::Whole(whole) => Part::Whole(with(whole)),
            Self::Beyond(beyond) => Part::Beyond(beyond),
        }
    }
}

/// A question.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Asked<'a> {
    Open {
        screen: Cow<'a, str>,
        parameters: Cow<'a, Value>,
    },
    Submit {
        screen: Cow<'a, str>,
        action: Cow<'a, str>,
        form: Cow<'a, Value>,
    },
    React {
        event: Cow<'a, Value>,
    },
    Advise {
        hook: Cow<'a, str>,
        input: Cow<'a, Value>,
    },
    Convert {
        format: Cow<'a, str>,
        message: Bytes<'a>,
    },
}

impl<'a> Asked<'a> {
    pub(super) fn of(question: &'a Question) -> Self {
        match question {
            Question::Open { screen, parameters } => Self::Open {
                screen: Cow::Borrowed(screen),
                parameters: Cow::Borrowed(parameters),
            },
            Question::Submit {
                screen,
                action,
                form,
            } => Self::Submit {
                screen: Cow::Borrowed(screen),
                action: Cow::Borrowed(action),
                form: Cow::Borrowed(form),
            },
            Question::React { event } => Self::React {
                event: Cow::Borrowed(event),
            },
            Question::Advise { hook, input } => Self::Advise {
                hook: Cow::Borrowed(hook),
                input: Cow::Borrowed(input),
            },
            Question::Convert { format, message } => Self::Convert {
                format: Cow::Borrowed(format),
                message: Bytes(Cow::Borrowed(message)),
            },
        }
    }

    pub(super) fn question(self) -> Question {
        match self {
            Self::Open { screen, parameters } => Question::Open {
                screen: screen.into_owned(),
                parameters: parameters.into_owned(),
            },
            Self::Submit {
                screen,
                action,
                form,
            } => Question::Submit {
                screen: screen.into_owned(),
                action: action.into_owned(),
                form: form.into_owned(),
            },
            Self::React { event } => Question::React {
                event: event.into_owned(),
            },
            Self::Advise { hook, input } => Question::Advise {
                hook: hook.into_owned(),
                input: input.into_owned(),
            },
            Self::Convert { format, message } => Question::Convert {
                format: format.into_owned(),
                message: message.0.into_owned(),
            },
        }
    }
}

/// Bytes, as base64.
pub(super) struct Bytes<'a>(Cow<'a, [u8]>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        let bytes = STANDARD.decode(text.as_ref());
        let bytes = bytes.map_err(serde::de::Error::custom)?;
        Ok(Self(Cow::Owned(bytes)))
    }
}

/// An answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answered<'a> {
    Screen(Cow<'a, Value>),
    Outcome(Cow<'a, Value>),
    Proposal(Cow<'a, Value>),
    Advice(Cow<'a, Value>),
    Refused {
        code: Cow<'a, str>,
        detail: Cow<'a, str>,
    },
    Failed {
        kind: Cow<'a, str>,
        what: Cow<'a, str>,
    },
}

impl<'a> Answered<'a> {
    pub(super) fn of(answer: &'a Answer) -> Self {
        match answer {
            Answer::Screen(document) => Self::Screen(Cow::Borrowed(document)),
            Answer::Outcome(document) => Self::Outcome(Cow::Borrowed(document)),
            Answer::Proposal(document) => Self::Proposal(Cow::Borrowed(document)),
            Answer::Advice(document) => Self::Advice(Cow::Borrowed(document)),
            Answer::Refused(Failure { code, detail }) => Self::Refused {
                code: Cow::Borrowed(code),
                detail: Cow::Borrowed(detail),
            },
            Answer::Failed { kind, what } => Self::Failed {
                kind: Cow::Borrowed(kind.word()),
                what: Cow::Borrowed(what),
            },
        }
    }

    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Screen(document) => Answer::Screen(document.into_owned()),
            Self::Outcome(document) => Answer::Outcome(document.into_owned()),
            Self::Proposal(document) => Answer::Proposal(document.into_owned()),
            Self::Advice(document) => Answer::Advice(document.into_owned()),
            Self::Refused { code, detail } => Answer::Refused(Failure {
                code: code.into_owned(),
                detail: detail.into_owned(),
            }),
            Self::Failed { kind, what } => Answer::Failed {
                // One that this program does not know is the guest's own.
                kind: FailureKind::named(&kind).unwrap_or(FailureKind::Trap),
                what: what.into_owned(),
            },
        }
    }
}

/// JSON of what has text for its keys, which can always be written.
pub(super) fn text(of: &impl Serialize) -> String {
    serde_json::to_string(of).unwrap_or_else(|_| "null".to_owned())
}

/// SHA-256 of a text, in hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
