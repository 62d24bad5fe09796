//! Why a release was not loaded.
//!
//! Invariant: a bad line is named by its file, line and column.

use crate::commit::CommitError;
use crate::store::StoreError;
use crate::{Kind, ReadError};

/// A line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file's name within the release.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// From 1, in bytes.
    pub column: u64,
    /// What is wrong.
    pub why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            to,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.why
        )
    }
}

/// Why a release was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("reading {file}: {why}")]
    Unreadable {
        /// Which.
        file: String,
        /// The machine's own words.
        why: String,
    },
    /// What has to be there is not.
    #[error("{what}")]
    Incomplete {
        /// What is missing, and what to do.
        what: String,
    },
    /// Lines that cannot be taken: at most `limits::RELEASE_FAULTS_MAX`, after which reading was given up.
    #[error("nothing was loaded, since these lines cannot be taken:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
    /// More than is taken on.
    #[error("the release is too large: more than {max} {of}")]
    TooLarge {
        /// Of what.
        of: &'static str,
        /// How many may be.
        max: usize,
    },
    /// A release of this version was loaded from other files.
    #[error("version {version} was loaded from other files: forget it first")]
    Different {
        /// Which.
        version: String,
    },
    /// The release is in use.
    #[error("version {version} is in use: load another first")]
    InUse {
        /// Which.
        version: String,
    },
    /// The record could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The release could not be put to use.
    #[error("putting the release to use")]
    Commit(#[from] CommitError),
}

impl LoadError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unreadable { .. } | Self::Incomplete { .. } | Self::Faults(_) => Kind::Incorrect,
            Self::TooLarge { .. } => Kind::Refused,
            Self::Different { .. } | Self::InUse { .. } => Kind::Conflict,
            Self::Read(why) => why.kind(),
            Self::Store(why) => why.kind(),
            Self::Commit(why) => why.kind(),
        }
    }
}
