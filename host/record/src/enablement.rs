//! Which release runs at which site, with which grants, by whom.
//!
//! Invariant: an enablement is a resource in the log (`Basic`, code `departmental-enablement`), so it has a history.

use std::sync::Arc;

use serde_json::Value;

use crate::caller::{Caller, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::departmental::{DepartmentalId, Digest, LibraryError, Release};
use crate::log::T;
use crate::{Kind, ReadError, Record};

/// One departmental at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct Enablement {
    /// Where.
    pub site: SiteCode,
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// Which version of it.
    pub version: String,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The digest of the published manifest that names those bytes.
    pub manifest_digest: String,
    /// The resource types it may read.
    pub reads: Vec<String>,
    /// The resource types it may write, each with the interactions.
    pub writes: Vec<(String, Vec<String>)>,
    /// Its settings here.
    pub settings: Value,
    /// Whether it runs.
    pub enabled: bool,
    /// Since which commit.
    pub since: T,
    /// The account that decided.
    pub by: String,
}

/// A wish to enable a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Enable {
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// Which bytes of it.
    pub digest: Digest,
    /// The resource types it may read: a subset of those its manifest asks for.
    pub reads: Vec<String>,
    /// The resource types it may write, each with the interactions: a subset likewise.
    pub writes: Vec<(String, Vec<String>)>,
    /// Its settings here.
    pub settings: Value,
}

/// Why a release was not enabled or disabled.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// Only a trust administrator decides, and only for their own site.
    #[error("{account} may not decide which departmentals run here")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// It is not enabled, or no such release is published.
    #[error("there is no {what}")]
    NotFound {
        /// What.
        what: String,
    },
    /// More is granted than the manifest asks for.
    #[error("{what} is granted, but the manifest does not ask for it")]
    NotAskedFor {
        /// What.
        what: String,
    },
    /// A setting is wrong, or differs from the region's.
    #[error("the setting {setting} {what}")]
    Setting {
        /// Which setting.
        setting: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The release could not be had.
    #[error("the release could not be had")]
    Library {
        /// Why.
        #[from]
        source: LibraryError,
    },
    /// The decision was not committed.
    #[error("the decision was not committed")]
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

impl EnableError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NotFound { .. } => Kind::NotFound,
            Self::NotAskedFor { .. } | Self::Setting { .. } => Kind::Incorrect,
            Self::Library { .. } => Kind::Fault,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

impl Record {
    /// What is enabled at a site; cached, and follows the log.
    pub async fn enabled(&self, site: &SiteCode) -> Vec<Enablement> {
        let _ = site;
        todo!()
    }

    /// Enables a release at the caller's site, or changes how it is enabled.
    ///
    /// # Errors
    /// Every variant of [`EnableError`] says what to do about it.
    pub async fn enable(&self, caller: &Caller, wanted: Enable) -> Result<Receipt, EnableError> {
        let _ = (caller, wanted);
        todo!()
    }

    /// Stops a departmental at the caller's site.
    ///
    /// # Errors
    /// Every variant of [`EnableError`] says what to do about it.
    pub async fn disable(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
        reason: &str,
    ) -> Result<Receipt, EnableError> {
        let _ = (caller, departmental, reason);
        todo!()
    }

    /// Every release that could be enabled.
    ///
    /// # Errors
    /// `Forbidden`, `Library`.
    pub async fn releases(&self, caller: &Caller) -> Result<Vec<Arc<Release>>, EnableError> {
        let _ = caller;
        todo!()
    }
}
