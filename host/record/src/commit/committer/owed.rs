//! What is owed to whoever waits for a batch, and how it is paid.
//!
//! Invariant: everybody who waits is told exactly one thing, and it is true.

use tokio::sync::oneshot;

use super::{Fate, Waiting};
use crate::commit::Receipt;
use crate::store::StoreError;

/// What is owed to whoever waits, once the batch is on disk.
pub(in crate::commit) enum Owed {
    /// What the proposals did.
    Receipts {
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Vec<Receipt>, Fate>>,
        /// The answer.
        receipts: Vec<Receipt>,
        /// The lease on which the proposals rest, if they do on one.
        lease: Option<String>,
    },
    /// The proposals have to be prepared again.
    Moved(oneshot::Sender<Result<Vec<Receipt>, Fate>>),
    /// The leaf is kept.
    Leaf {
        /// Where the answer goes.
        answer: oneshot::Sender<Result<(), Fate>>,
        /// Which leaf of the batch it is.
        at: usize,
    },
}

impl Owed {
    /// Whoever stopped waiting is not told.
    pub(super) fn pay(self) {
        match self {
            Self::Receipts {
                answer, receipts, ..
            } => drop(answer.send(Ok(receipts))),
            Self::Moved(answer) => drop(answer.send(Err(Fate::Moved(None)))),
            Self::Leaf { answer, .. } => drop(answer.send(Ok(()))),
        }
    }

    pub(super) fn refuse(self, error: &StoreError) {
        match self {
            Self::Receipts { answer, .. } | Self::Moved(answer) => {
                drop(answer.send(Err(Fate::Failed(error.again()))))
            }
            Self::Leaf { answer, .. } => drop(answer.send(Err(Fate::Failed(error.again())))),
        }
    }

    /// The batch was not written since this lease was lost: who rests on it is told so, everybody else comes again.
    pub(super) fn fence(self, lost: &str) {
        match self {
            Self::Receipts {
                answer,
                lease: Some(lease),
                ..
            } if lease == lost => {
                drop(answer.send(Err(Fate::Failed(StoreError::Fenced { lease }))))
            }
            Self::Receipts { answer, .. } | Self::Moved(answer) => {
                drop(answer.send(Err(Fate::Moved(None))))
            }
            Self::Leaf { answer, .. } => drop(answer.send(Err(Fate::Moved(None)))),
        }
    }
}

/// Tells everybody that nothing could be begun.
pub(super) fn refuse(taken: Vec<Waiting>, error: &StoreError) {
    for waiting in taken {
        match waiting {
            Waiting::Proposals { answer, .. } => {
                drop(answer.send(Err(Fate::Failed(error.again()))));
            }
            Waiting::Leaf { answer, .. } => drop(answer.send(Err(Fate::Failed(error.again())))),
        }
    }
}
