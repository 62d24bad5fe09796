//! What a message asks of the record, and what came of asking.
//!
//! Invariant: whatever the record answers is one of four things to do: done, look again, say what was said before, or say no.

use record::Kind;
use record::caller::Caller;
use record::commit::CommitError;
use record::log::T;
use record::message::KeptBefore;
use record::person::{Merge, PersonError};
use record::proposal::Proposal;
use tracing::warn;

use crate::feed::acknowledgement::Verdict;
use crate::feed::intake::Intake;
use crate::feed::intake::verdict::{uncommitted, unmerged};

/// What a message asks of the record.
pub(super) enum Task {
    /// To change something.
    Propose(Box<Proposal>),
    /// To make one record of two.
    Merge(Box<Merge>),
}

/// Why it was not done.
pub(super) enum Undone {
    /// Somebody was merged, or changed, since the record was looked at.
    Again,
    /// The message was kept before.
    Kept(KeptBefore),
    /// The record takes nothing now.
    NotNow,
    /// The record says no.
    Refused(Verdict),
}

impl Intake {
    /// Asks it of the record.
    pub(super) async fn carried_out(&self, caller: &Caller, task: Task) -> Result<T, Undone> {
        let done = match task {
            Task::Propose(proposal) => {
                let receipt = self.record.commit(caller, *proposal).await;
                receipt.map(|receipt| receipt.t)
            }
            Task::Merge(wish) => match self.record.merge(caller, &wish).await {
                Ok(done) => Ok(done.t),
                Err(PersonError::Commit { source }) => Err(source),
                Err(error) => return Err(of(error.kind(), &error, || unmerged(&error))),
            },
        };
        done.map_err(|error| match error {
            CommitError::Stale { .. }
            | CommitError::Missing { .. }
            | CommitError::Merged { .. } => Undone::Again,
            // Another host, or somebody, decided about it meanwhile.
            CommitError::CursorMoved { .. } => Undone::NotNow,
            CommitError::AlreadyKept { before } => Undone::Kept(before),
            error => of(error.kind(), &error, || uncommitted(&error)),
        })
    }
}

fn of(kind: Kind, error: &dyn std::error::Error, refused: impl FnOnce() -> Verdict) -> Undone {
    match kind {
        Kind::Busy | Kind::Full | Kind::Fault => {
            warn!(error = %error, "could not commit a message");
            Undone::NotNow
        }
        Kind::Incorrect | Kind::Forbidden | Kind::NotFound | Kind::Conflict | Kind::Refused => {
            Undone::Refused(refused())
        }
    }
}
