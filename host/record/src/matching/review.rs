//! Pairs of records that may be one person's, waiting for somebody to say: a `Task` each, with its score and who decided.
//!
//! Invariant: a pair has one task for ever, so that what was decided is not asked again; a decision rests on the version
//! that was shown, and says why.

use fhir::query::Query;
use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desk::{Candidate, may_match, patient_key};
use super::frequency::Rarity;
use super::person::Details;
use super::weights::{Waterfall, Weights};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::commit::CommitError;
use crate::enablement::CODES;
use crate::log::At;
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::{Kind, ReadError, Record, Stored, limits};

/// What marks a `Task` as a pair to be looked at.
pub const CODE: &str = "match-review";
/// The system of pairs: 64 hexadecimal digits for two patients in either order.
const PAIRS: &str = "urn:palatine:match-pair";

/// A pair that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// The task that stands for it.
    pub task: Id,
    /// The task's version, on which a decision rests.
    pub seen: u64,
    /// When it was found, RFC 3339 in UTC.
    pub at: String,
    /// What was decided so far.
    pub state: State,
    /// The record that was new.
    pub one: Key,
    /// The record that was there.
    pub other: Key,
}

/// How far a pair is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has said anything.
    Waits,
    /// Put off.
    Later,
    /// Somebody said that they are one person; their records are to be merged.
    ToMerge,
}

/// What somebody says of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They are one person: their records may be merged.
    Same,
    /// They are two people: never ask again.
    Different,
    /// It cannot be told yet.
    Later,
}

/// A pair opened: both as they stand, and what speaks for and against.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The pair.
    pub review: Review,
    /// The record that was new.
    pub one: Stored,
    /// The record that was there.
    pub other: Stored,
    /// Bars as the two stand now.
    pub waterfall: Waterfall,
}

/// Why a pair cannot be looked at or decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Not for this role.
    #[error("{account} may not say who is who: clinicians and operators may")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// No such pair waits.
    #[error("no pair {task} waits: it was decided, or there was none")]
    NotFound {
        /// Its task.
        task: String,
    },
    /// Somebody else was first.
    #[error("somebody has decided or put off this pair meanwhile: look at it again")]
    Changed,
    /// Nothing was said why.
    #[error(
        "say why, in at least {} characters: whoever looks at this later will read it",
        limits::REVIEW_REASON_CHARS_MIN
    )]
    NoReason,
    /// The record could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The record could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl ReviewError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Changed => Kind::Conflict,
            Self::NoReason => Kind::Incorrect,
            Self::Read(why) => why.kind(),
            Self::Commit(why) => why.kind(),
        }
    }
}

impl Record {
    /// The pairs that wait, those to be merged first, then the oldest; and whether there are more.
    ///
    /// # Errors
    /// `Forbidden`, `Read`.
    pub async fn reviews(&self, caller: &Caller) -> Result<(Vec<Review>, bool), ReviewError> {
        may_review(caller)?;
        let pairs = [
            ("code", format!("{CODES}|{CODE}")),
            ("status", "requested,on-hold,accepted".to_owned()),
            ("_sort", "_lastUpdated".to_owned()),
            ("_count", limits::REVIEWS_LISTED_MAX.to_string()),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        let query = Query::parse(ResourceType::TASK, &pairs).map_err(unreadable)?;
        let found = self.search(caller, &query, &Page::First(At::Now)).await?;
        let mut reviews: Vec<Review> = found.matches.iter().filter_map(Review::read).collect();
        reviews.sort_by_key(|it| match it.state {
            State::ToMerge => 0,
            State::Waits => 1,
            State::Later => 2,
        });
        Ok((reviews, found.next.is_some()))
    }

    /// A pair as both stand now.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Read`.
    pub async fn open_review(&self, caller: &Caller, task: &Id) -> Result<Opened, ReviewError> {
        may_review(caller)?;
        let (review, _) = self.waiting_review(caller, task).await?;
        let one = self.read(caller, &review.one, &At::Now).await?;
        let other = self.read(caller, &review.other, &At::Now).await?;
        let details = |it: &Stored| Ok::<_, ReadError>(Details::of_patient(&body(it)?));
        let both = (details(&one)?, details(&other)?);
        let usual = (&Rarity::USUAL, &Rarity::USUAL);
        let waterfall = Weights::region().explain((&both.0, &both.1), usual);
        Ok(Opened {
            review,
            one,
            other,
            waterfall,
        })
    }

    /// Keeps what somebody says of a pair.
    ///
    /// # Errors
    /// Every variant of [`ReviewError`] says what to do about it.
    pub async fn decide_review(
        &self,
        caller: &Caller,
        (task, seen): (&Id, u64),
        (decision, reason): (Decision, &str),
    ) -> Result<(), ReviewError> {
        may_review(caller)?;
        let (review, stored) = self.waiting_review(caller, task).await?;
        if review.seen != seen {
            return Err(ReviewError::Changed);
        }
        let reason: String = reason
            .trim()
            .chars()
            .filter(|it| !it.is_control())
            .collect();
        let reason: String = reason
            .chars()
            .take(limits::PARKED_REASON_CHARS_MAX)
            .collect();
        let is_final = decision != Decision::Later;
        if is_final && reason.chars().count() < limits::REVIEW_REASON_CHARS_MIN {
            return Err(ReviewError::NoReason);
        }
        let word = decision.as_str();
        let reason = if reason.is_empty() {
            "put off"
        } else {
            &reason
        };
        let mut decided = answered(body(&stored)?, decision, reason);
        if decision == Decision::Same {
            // It is done when they are merged.
            decided["status"] = json!("accepted");
        }
        decided["lastModified"] = json!(crate::clock::rfc3339(self.now_ms()));
        let resource = Resource::from_value(decided).map_err(unreadable)?;
        let change = Change::Update {
            key: stored.key.clone(),
            resource,
            seen: Some(seen),
            temporary: None,
        };
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            count: 1,
            ..NewLeaf::by(caller, "match-decide", format!("{} {word}", stored.key))
        })
        .await?;
        match self
            .commit_granted(caller, Proposal::direct(vec![change]))
            .await
        {
            Ok(_) => Ok(()),
            Err(CommitError::Stale { .. }) => Err(ReviewError::Changed),
            Err(why) => Err(why.into()),
        }
    }

    async fn waiting_review(
        &self,
        caller: &Caller,
        task: &Id,
    ) -> Result<(Review, Stored), ReviewError> {
        let unknown = || ReviewError::NotFound {
            task: task.to_string(),
        };
        let key = Key::new(ResourceType::TASK, task.clone());
        let stored = match self.read(caller, &key, &At::Now).await {
            Ok(stored) => stored,
            Err(why) if why.kind() == Kind::NotFound => return Err(unknown()),
            Err(why) => return Err(why.into()),
        };
        let review = Review::read(&stored).ok_or_else(unknown)?;
        Ok((review, stored))
    }
}

impl Review {
    /// From its task; `None` for any other task, and for one that is decided.
    fn read(stored: &Stored) -> Option<Self> {
        let task: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
        let text = |at: &str| task.pointer(at).and_then(Value::as_str);
        if !is_review(&task) {
            return None;
        }
        let state = match text("/status")? {
            "requested" => State::Waits,
            "on-hold" => State::Later,
            "accepted" => State::ToMerge,
            _ => return None,
        };
        Some(Self {
            task: stored.key.id.clone(),
            seen: stored.version,
            at: text("/authoredOn")?.to_owned(),
            state,
            one: patient_key(text("/focus/reference"))?,
            other: patient_key(text("/input/0/valueReference/reference"))?,
        })
    }
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
            Self::Later => "later",
        }
    }
}

/// A pair's task with what was found out, at its end unless it is put off.
pub(crate) fn answered(mut task: Value, decision: Decision, reason: &str) -> Value {
    task["status"] = json!(match decision {
        Decision::Same | Decision::Different => "completed",
        Decision::Later => "on-hold",
    });
    task["businessStatus"] = json!({ "text": decision.as_str() });
    task["statusReason"] = json!({ "text": reason });
    task
}

/// Whether this is the task of some pair.
pub(crate) fn is_review(task: &Value) -> bool {
    let text = |at: &str| task.pointer(at).and_then(Value::as_str);
    text("/code/coding/0/code") == Some(CODE) && text("/code/coding/0/system") == Some(CODES)
}

/// Whether this is the task of this pair.
pub(crate) fn is_of(task: &Value, pair: &str) -> bool {
    let text = |at: &str| task.pointer(at).and_then(Value::as_str);
    text("/identifier/0/system") == Some(PAIRS) && text("/identifier/0/value") == Some(pair)
}

/// What stands for two patients, in either order.
pub(crate) fn pair_of(one: &Key, other: &Key) -> String {
    let (first, second) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    hex::encode(Sha256::digest(format!("{first} {second}")))
}

/// The search for a pair's task, decided or not.
pub(crate) fn of_pair(pair: &str) -> Option<Query> {
    let identifier = ("identifier".to_owned(), format!("{PAIRS}|{pair}"));
    Query::parse(ResourceType::TASK, &[identifier]).ok()
}

/// The task that asks about a pair.
pub(super) fn task(about: &Key, candidate: &Candidate, (pair, now): (&str, &str)) -> Value {
    let weights = Weights::region();
    let scored = &candidate.waterfall;
    let told = |name: &str, value: String| json!({"type": {"text": name}, "valueString": value});
    json!({
        "resourceType": "Task",
        "identifier": [{"system": PAIRS, "value": pair}],
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": CODES, "code": CODE}], "text": "Are these one person?"},
        "description": "Two records may be of one person. Compare them under Who is who.",
        "focus": {"reference": about.to_string()},
        "authoredOn": now,
        "lastModified": now,
        "input": [
            {"type": {"text": "other"}, "valueReference": {"reference": candidate.stored.key.to_string()}},
            told("weight in bits", format!("{:.1}", scored.bits)),
            told("band", scored.band.as_str().to_owned()),
            told("weights", format!("{} {}", weights.name, weights.version)),
        ],
    })
}

/// Whoever knows patients: clinicians, and operators for the region. An administrator of a trust reads no patient.
fn may_review(caller: &Caller) -> Result<(), ReviewError> {
    let forbidden = || ReviewError::Forbidden {
        account: caller.account().to_owned(),
    };
    may_match(caller).map_err(|_| forbidden())?;
    match caller.role() {
        Role::Clinician | Role::Operator => Ok(()),
        Role::TrustAdministrator | Role::Feed | Role::Reaction => Err(forbidden()),
    }
}

fn body(stored: &Stored) -> Result<Value, ReadError> {
    serde_json::from_str(stored.body.as_deref().unwrap_or("null")).map_err(unreadable)
}

fn unreadable(why: impl std::fmt::Display) -> ReadError {
    ReadError::Unreadable {
        what: why.to_string(),
    }
}
