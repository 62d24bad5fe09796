//! Why nothing was done with an event that was put aside.
//!
//! Invariant: every variant says what its reader can do about it.

use crate::commit::CommitError;
use crate::departmental::{DepartmentalId, LibraryError};
use crate::reaction::Stuck;
use crate::{Kind, ReadError};

/// Why nothing was done with an event.
#[derive(Debug, thiserror::Error)]
pub enum ParkedError {
    /// Only a trust administrator may, and only at their own site.
    #[error("{account} may not decide about events that were put aside")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// No such event waits here.
    #[error("no event {task} waits at this site")]
    NotFound {
        /// Which task.
        task: String,
    },
    /// Somebody has done something with it in between.
    #[error("somebody has tried or dropped this event in between: look at the list again")]
    Changed,
    /// Nobody can react.
    #[error("{departmental} is not enabled at this site: enable it, or drop the event")]
    NotEnabled {
        /// Which departmental.
        departmental: DepartmentalId,
    },
    /// The change cannot be read any longer, or not by the departmental.
    #[error("the departmental may not read {what}: drop the event")]
    Unreadable {
        /// What.
        what: String,
    },
    /// A drop has no reason.
    #[error("say why the event is dropped")]
    NoReason,
    /// The departmental could not be asked now.
    #[error("the departmental cannot be asked now: {what}")]
    NotNow {
        /// Why.
        what: String,
    },
    /// It was not committed.
    #[error("it was not committed")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
    /// The record could not be read.
    #[error("the record could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl ParkedError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Changed => Kind::Conflict,
            Self::NotEnabled { .. } | Self::Unreadable { .. } => Kind::Refused,
            Self::NoReason => Kind::Incorrect,
            Self::NotNow { .. } => Kind::Busy,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

impl From<Stuck> for ParkedError {
    fn from(why: Stuck) -> Self {
        match why {
            Stuck::Read(source) => source.into(),
            Stuck::Commit(source) => source.into(),
            why @ (Stuck::Library(_) | Stuck::NotAsked(_)) => Self::NotNow {
                what: why.to_string(),
            },
        }
    }
}

impl From<LibraryError> for ParkedError {
    fn from(why: LibraryError) -> Self {
        Stuck::from(why).into()
    }
}
