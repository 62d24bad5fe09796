//! Why an interface is not declared, or nothing is done with one of its messages.
//!
//! Invariant: each says what to do about it.

use crate::commit::CommitError;
use crate::store::StoreError;
use crate::{Kind, ReadError};

/// Why an interface is not declared, or nothing is done with one of its messages.
#[derive(Debug, thiserror::Error)]
pub enum SendingError {
    /// Operators decide about all sites, a trust administrator about their own.
    #[error("{account} may not decide what is sent from {site}")]
    Forbidden {
        /// Who asked.
        account: String,
        /// From where.
        site: String,
    },
    /// There is no such interface or message, or it is another site's.
    #[error("there is no {what}")]
    NotFound {
        /// What.
        what: String,
    },
    /// The declaration cannot be used.
    #[error("the declaration's `{member}` {what}")]
    Declaration {
        /// Which member.
        member: &'static str,
        /// What is wrong and what to do.
        what: String,
    },
    /// The message has gone on since it was looked at.
    #[error("the message has gone on since it was looked at: look again")]
    Changed,
    /// Nothing is dropped without a reason.
    #[error("say why the message is dropped: whoever looks for it will read this")]
    NoReason,
    /// The declaration was not committed.
    #[error("the declaration was not committed")]
    Commit(#[from] CommitError),
    /// The record could not be read.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
    /// The queue could not be read or written.
    #[error("the queue could not be read or written")]
    Store(#[from] StoreError),
}

impl SendingError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NotFound { .. } => Kind::NotFound,
            Self::Declaration { .. } | Self::NoReason => Kind::Incorrect,
            Self::Changed => Kind::Conflict,
            Self::Commit(source) => source.kind(),
            Self::Read(source) => source.kind(),
            Self::Store(source) => source.kind(),
        }
    }
}
