//! What the record asks of a database: a narrow, append-only trait that SQLite and PostgreSQL both implement.
//!
//! Invariant: only `Record` holds a `Store`; what a store has acknowledged is on disk.

pub(crate) mod shelf;

use std::path::PathBuf;
use std::str::FromStr;

use crate::Kind;

/// Where the record is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder for an embedded SQLite database.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its connection string.
    Postgres(String),
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(folder) if !folder.is_empty() => Ok(Self::Sqlite(PathBuf::from(folder))),
            Some(_) | None => Err(NotAPlace),
        }
    }
}

/// A text that says no place. It is not repeated, since it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write `sqlite:<folder>` or `postgres://<user>@<host>:<port>/<database>`")]
pub struct NotAPlace;

/// Why the database did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be opened.
    #[error("opening the record at {place}: {why}")]
    Open {
        /// Where, without passwords.
        place: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// It would acknowledge what is not on disk.
    #[error(
        "the database does not keep what it acknowledges: set {setting} to {wanted}, it is {found}"
    )]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// Too much is waiting for it, or it took too long.
    #[error("the database is busy {doing}")]
    Busy {
        /// What was being done.
        doing: &'static str,
    },
    /// It failed.
    #[error("the database failed {doing}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The driver's own words.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What it holds is not what this program wrote.
    #[error("the database holds something unexpected {doing}: {what}")]
    Corrupt {
        /// What was being done.
        doing: &'static str,
        /// What was found.
        what: String,
    },
    /// The record is closed or closing.
    #[error("the record is closed")]
    Closed,
}

impl StoreError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Busy { .. } | Self::Closed => Kind::Busy,
            Self::Open { .. } | Self::NotDurable { .. } => Kind::Fault,
            Self::Failed { .. } | Self::Corrupt { .. } => Kind::Fault,
        }
    }
}
