//! Why something was not done with a job.
//!
//! Invariant: a job that is unknown and one that is somebody else's give one answer.

use crate::commit::CommitError;
use crate::store::StoreError;
use crate::{Kind, ReadError};

/// Why something was not done with a job.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job, or it is somebody else's.
    #[error("there is no such job: it may have ended some time ago, or been cancelled")]
    NoJob,
    /// What is asked for cannot be understood or is not done.
    #[error("{what}")]
    Incorrect {
        /// What is wrong and what to do.
        what: String,
    },
    /// This caller may not.
    #[error("{account} may not {what}")]
    Forbidden {
        /// Who asked.
        account: String,
        /// What they may not.
        what: String,
    },
    /// This host keeps no files for jobs.
    #[error("this host has no folder for the files of jobs: set PALATINE_JOBS")]
    NoFolder,
    /// Too many jobs are waiting.
    #[error("{open} jobs are waiting: try again when some are done")]
    Busy {
        /// How many.
        open: usize,
    },
    /// The job is done, or was cancelled, meanwhile.
    #[error("the job was ended by somebody else")]
    Ended,
    /// A file could not be used.
    #[error("{doing} a file of the job")]
    File {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// It could not be read.
    #[error("the record could not be read for the job")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
    /// It could not be committed.
    #[error("the job could not be kept")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
    /// The database did not answer.
    #[error("the job could not be looked up")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

impl JobError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoJob => Kind::NotFound,
            Self::Incorrect { .. } => Kind::Incorrect,
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Busy { .. } => Kind::Busy,
            Self::Ended => Kind::Conflict,
            Self::NoFolder | Self::File { .. } => Kind::Fault,
            Self::Read { source } => source.kind(),
            Self::Commit { source } => source.kind(),
            Self::Store { source } => source.kind(),
        }
    }
}

/// A file's failure while something was done with it.
pub(super) fn file(doing: &'static str) -> impl FnOnce(std::io::Error) -> JobError {
    move |source| JobError::File { doing, source }
}
