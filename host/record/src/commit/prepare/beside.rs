//! What a proposal keeps beside its changes: a message, a cursor's move.
//!
//! Invariant: a message is kept once, and a cursor moves only from where its reader believes it to be.

use super::{Moved, Preparing, within};
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::limits;
use crate::log::T;
use crate::memory::Mark;
use crate::message::{self, Arrival, Keeping, State, keeping};
use crate::proposal::Proposal;

impl Preparing<'_> {
    pub(super) async fn message(
        &mut self,
        caller: &Caller,
        kept: Option<&message::Kept>,
    ) -> Result<Option<Keeping>, CommitError> {
        let Some(kept) = kept else { return Ok(None) };
        within(
            "bytes of one message",
            kept.bytes.len(),
            limits::MESSAGE_BYTES_MAX,
        )?;
        within(
            "numbers of one message",
            kept.numbers.len(),
            limits::MESSAGE_NUMBERS_MAX,
        )?;
        let keeping = keeping(caller, kept);
        let Some(row) = &keeping.row else {
            // It was kept before; that it still waits is told by the cursor that moves with it.
            return Ok(Some(keeping));
        };
        self.rests_on
            .push(Mark::Message(row.source.clone(), row.control_id.clone()));
        let before = self
            .record
            .kept_before(&row.source, &row.control_id)
            .await?;
        let same = before.iter().find(|before| before.digest == row.digest);
        // Other bytes under a control id that was used are no second message: they can only be parked.
        let any = match kept.state {
            State::Filed | State::Loose => before.first(),
            State::Parked { .. }
            | State::Held { .. }
            | State::Awaiting { .. }
            | State::Due
            | State::Corrected { .. }
            | State::Dropped { .. } => None,
        };
        match same.or(any) {
            Some(before) => Err(CommitError::AlreadyKept {
                before: before.clone(),
            }),
            None => Ok(Some(keeping)),
        }
    }

    /// The move of a proposal's cursor. Where the proposal `before` it moves the same one, it begins where that one ends:
    /// neither is written without the other.
    pub(super) async fn cursor(
        &mut self,
        proposal: &Proposal,
        before: Option<&Proposal>,
    ) -> Result<Option<Moved>, CommitError> {
        let Some(cursor) = &proposal.cursor else {
            return Ok(None);
        };
        let before = before.and_then(|it| it.cursor.as_ref());
        let now = match before.filter(|it| it.name == cursor.name && it.to.is_some()) {
            Some(before) => before.to,
            None => {
                self.rests_on.push(Mark::Cursor(cursor.name.clone()));
                self.record.cursor_t(&cursor.name).await?
            }
        };
        if now != cursor.from {
            return Err(CommitError::CursorMoved {
                name: cursor.name.clone(),
                now,
            });
        }
        let to = cursor.to.map(|T(to)| i64::try_from(to).unwrap_or(i64::MAX));
        Ok(Some(Moved {
            name: cursor.name.clone(),
            to,
            under: cursor.under.clone(),
        }))
    }
}

/// The proposal with the cursor of the message that it decides on, if it decides on one that waited.
pub(super) fn guarded(proposal: &Proposal) -> Option<Proposal> {
    let cursor = match proposal.message.as_ref()?.arrival {
        Arrival::New => return None,
        Arrival::Again(waited) | Arrival::Correction(waited) => waited.cursor(),
    };
    Some(Proposal {
        cursor: Some(cursor),
        ..proposal.clone()
    })
}
