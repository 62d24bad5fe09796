//! What somebody decides about a message that waits: file it again, put a corrected copy in its place, or drop it.
//!
//! Invariant: a message is decided once for each time it was seen; its bytes stay, whatever is decided.

use sha2::{Digest, Sha256};

use super::waiting::present;
use super::{Arrival, Kept, State, Waited};
use crate::caller::{Caller, Role};
use crate::commit::CommitError;
use crate::log::T;
use crate::store::StoreError;
use crate::store::row::MessageRow;
use crate::{Kind, ReadError, Record, limits};

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// This role has nothing to do with messages that wait.
    #[error("{account} may not look at messages or decide about them")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// There is none, or it is another site's.
    #[error("there is no message {message} at your site")]
    NotFound {
        /// Which was asked for.
        message: T,
    },
    /// Somebody was quicker, or it was filed by itself.
    #[error("the message has changed since you looked at it: look at it again")]
    Changed,
    /// It does not wait.
    #[error("the message does not wait any longer: it is {state}")]
    AtItsEnd {
        /// What became of it.
        state: &'static str,
    },
    /// No reason was given.
    #[error(
        "say why the message is dropped, in at least {} characters",
        limits::DROP_REASON_CHARS_MIN
    )]
    NoReason,
    /// The corrected copy is the message itself, or nothing.
    #[error(
        "the corrected copy is the same as the message: change what is wrong in it, or file it again as it is"
    )]
    Same,
    /// The corrected copy is larger than a message may be.
    #[error("the corrected copy has more than {} bytes", limits::MESSAGE_BYTES_MAX)]
    TooLong,
    /// The record could not be read.
    #[error("the messages could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
    /// The decision was not committed.
    #[error("the decision was not kept")]
    Commit {
        /// Why.
        source: CommitError,
    },
}

impl DecideError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Changed | Self::AtItsEnd { .. } => Kind::Conflict,
            Self::NoReason | Self::Same | Self::TooLong => Kind::Incorrect,
            Self::Read { source } => source.kind(),
            Self::Commit { source } => source.kind(),
        }
    }
}

impl From<StoreError> for DecideError {
    fn from(source: StoreError) -> Self {
        Self::Read {
            source: source.into(),
        }
    }
}

impl From<CommitError> for DecideError {
    fn from(source: CommitError) -> Self {
        match source {
            CommitError::CursorMoved { .. } => Self::Changed,
            source => Self::Commit { source },
        }
    }
}

/// Of which site somebody sees messages; `None`: of every site.
///
/// # Errors
/// `Forbidden`.
pub(super) fn sees(caller: &Caller) -> Result<Option<String>, DecideError> {
    match caller.role() {
        Role::Operator => Ok(None),
        Role::Clinician | Role::TrustAdministrator => Ok(Some(caller.site().as_str().to_owned())),
        Role::Feed | Role::Reaction => Err(DecideError::Forbidden {
            account: caller.account().to_owned(),
        }),
    }
}

impl Record {
    /// Has a message filed again as it is, now that something else was put right.
    ///
    /// # Errors
    /// Every variant of [`DecideError`] says what to do about it.
    pub async fn message_replay(&self, caller: &Caller, seen: Waited) -> Result<T, DecideError> {
        let decided = self.message_to_decide(caller, seen).await?;
        self.note_message(
            caller,
            "message-replay",
            &format!("message/{}", seen.message),
            1,
        )
        .await?;
        let decision = (Arrival::Again(seen), State::Due);
        self.decide_message(caller, decided, decision, Vec::new())
            .await
    }

    /// Drops a message: it is not filed, and what it held back goes on without it.
    ///
    /// # Errors
    /// Every variant of [`DecideError`] says what to do about it.
    pub async fn message_drop(
        &self,
        caller: &Caller,
        seen: Waited,
        reason: &str,
    ) -> Result<T, DecideError> {
        let reason: String = reason
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(limits::PARKED_REASON_CHARS_MAX)
            .collect();
        if reason.chars().count() < limits::DROP_REASON_CHARS_MIN {
            return Err(DecideError::NoReason);
        }
        let decided = self.message_to_decide(caller, seen).await?;
        let about = format!("message/{}: {reason}", seen.message);
        self.note_message(caller, "message-drop", &about, 1).await?;
        let dropped = State::Dropped { reason };
        let decision = (Arrival::Again(seen), dropped);
        self.decide_message(caller, decided, decision, Vec::new())
            .await
    }

    /// Puts a corrected copy in the place of a message: the copy is a message of its own, which is filed next, and the
    /// original stays as it came. It has the place and the numbers of the original, so that nothing
    /// overtakes it.
    ///
    /// # Errors
    /// Every variant of [`DecideError`] says what to do about it.
    pub async fn message_correct(
        &self,
        caller: &Caller,
        seen: Waited,
        bytes: Vec<u8>,
    ) -> Result<T, DecideError> {
        if bytes.len() > limits::MESSAGE_BYTES_MAX {
            return Err(DecideError::TooLong);
        }
        let decided = self.message_to_decide(caller, seen).await?;
        let (row, place) = decided;
        if bytes == row.bytes || bytes.is_empty() {
            return Err(DecideError::Same);
        }
        let about = format!("message/{}", seen.message);
        self.note_message(caller, "message-correct", &about, 1)
            .await?;
        let mut digest = hex::encode(Sha256::digest(&bytes));
        digest.truncate(20);
        let copy = MessageRow {
            control_id: format!("corrects:{}:{digest}", seen.message),
            bytes,
            ..row
        };
        let numbers = self.store().numbers_of(super::number(seen.message)).await?;
        let decision = (Arrival::Correction(seen), State::Due);
        self.decide_message(caller, (copy, place), decision, numbers)
            .await
    }

    /// A message that waits and is as it was seen, with its place among those that wait.
    async fn message_to_decide(
        &self,
        caller: &Caller,
        seen: Waited,
    ) -> Result<(MessageRow, T), DecideError> {
        let (row, fates) = self.message_seen(caller, seen.message).await?;
        let since = fates.last().map_or(row.t, |fate| fate.from_t);
        if super::commit(since) != seen.since {
            return Err(DecideError::Changed);
        }
        let state = present(&row, &fates);
        match state.waits() {
            true => {
                let place = fates.last().map_or(row.t, |fate| fate.place);
                Ok((row, super::commit(place)))
            }
            false => Err(DecideError::AtItsEnd {
                state: state.as_str(),
            }),
        }
    }

    async fn decide_message(
        &self,
        caller: &Caller,
        (row, place): (MessageRow, T),
        (arrival, state): (Arrival, State),
        numbers: Vec<String>,
    ) -> Result<T, DecideError> {
        let kept = Kept {
            source: row.source,
            control_id: row.control_id,
            received_at: crate::clock::rfc3339(self.now_ms()),
            bytes: row.bytes,
            state,
            numbers,
            place: Some(place),
            arrival,
        };
        // The message stays its site's, whoever decides.
        let site = row.site.parse().unwrap_or_else(|_| caller.site().clone());
        let there = caller.at(site);
        let receipt = self.message_waits(&there, kept).await?;
        self.messages_changed().notify_one();
        Ok(receipt.t)
    }
}
