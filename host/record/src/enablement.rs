//! Which release runs at which site, with which grants, by whom.
//!
//! Invariant: an enablement is a resource in the log (`Basic`, code `departmental-enablement`), so it has a history.

mod codec;
mod follow;
mod held_back;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::caller::{Caller, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::departmental::grant::Given;
use crate::departmental::manifest::{Manifest, WriteAction};
use crate::departmental::setting::{self, Level};
use crate::departmental::{DepartmentalId, Digest, LibraryError, Release, Unfit};
use crate::log::T;
use crate::permission::{self, Action};
use crate::proposal::{Basis, Change, CursorMove, Proposal};
use crate::{Kind, ReadError, Record, reaction};

pub(crate) use codec::CODES;
pub(crate) use follow::Known;
pub use wanted::Enable;

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
    /// The views whose rows it may have.
    pub views: Vec<String>,
    /// The hooks at which it is asked for advice; a word that this host does not know is none of its hooks.
    pub hooks: Vec<String>,
    /// The formats of messages that go to it.
    pub intake: Vec<String>,
    /// Its settings here.
    pub settings: Value,
    /// Whether it runs.
    pub enabled: bool,
    /// Why the host asks it nothing until an administrator lets it run again.
    pub held_back: Option<String>,
    /// The commit that decided it so.
    pub since: T,
    /// The account that decided.
    pub by: String,
}

impl Enablement {
    /// What the site gave.
    pub(crate) fn given(&self) -> Given {
        let mut writes: BTreeMap<String, BTreeSet<WriteAction>> = BTreeMap::new();
        for (name, actions) in &self.writes {
            let known = actions
                .iter()
                .filter_map(|action| action.parse::<WriteAction>().ok());
            writes.entry(name.clone()).or_default().extend(known);
        }
        Given {
            reads: self.reads.iter().cloned().collect(),
            writes,
            views: self.views.iter().cloned().collect(),
            hooks: self
                .hooks
                .iter()
                .filter_map(|hook| hook.parse().ok())
                .collect(),
            intake: self.intake.iter().cloned().collect(),
        }
    }
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
    /// What is enabled at a site; cached, and follows the log. When the log cannot be read, what was known before.
    pub async fn enabled(&self, site: &SiteCode) -> Vec<Enablement> {
        match self.enablements(site).await {
            Ok(enabled) => enabled,
            Err(error) => {
                tracing::warn!(site = %site, "what is enabled at {site} could not be brought up to date: {error}");
                self.inner.seam.known.lock().await.enabled_at(site)
            }
        }
    }

    /// Enables a release at the caller's site, or changes how it is enabled, once this host has loaded it and the release
    /// has passed its golden cases here. Reactions begin at the log's end, unless it ran here already.
    ///
    /// # Errors
    /// Every variant of [`EnableError`] says what to do about it.
    pub async fn enable(&self, caller: &Caller, wanted: Enable) -> Result<Receipt, EnableError> {
        may_decide(caller)?;
        let unknown = || EnableError::NotFound {
            what: format!("release {} of {}", wanted.digest, wanted.departmental),
        };
        let release = match self.release(&wanted.digest).await {
            Ok(release) if release.id == wanted.departmental => release,
            Ok(_) | Err(LibraryError::NotPublished { .. }) => return Err(unknown()),
            Err(source) => return Err(source.into()),
        };
        let manifest = &release.manifest;
        wanted.within(manifest)?;
        let settings = setting::complete(&manifest.settings, &wanted.settings)
            .map_err(|(setting, what)| EnableError::Setting { setting, what })?;
        self.same_in_the_region(caller.site(), manifest, &settings)
            .await?;
        // What this host cannot run is refused now, and not at somebody's first screen.
        self.load(&release.digest).await?;
        let before = self
            .current_enablement(caller.site(), &wanted.departmental)
            .await?;
        let runs_already = before.as_ref().is_some_and(|(_, before)| before.enabled);
        let is_rehearsed = before
            .as_ref()
            .is_some_and(|(_, before)| before.enabled && before.digest == release.digest);
        if !is_rehearsed {
            self.rehearse(&release.digest).await?;
        }
        let enablement = Enablement {
            site: caller.site().clone(),
            departmental: wanted.departmental,
            version: release.version.clone(),
            digest: release.digest.clone(),
            manifest_digest: release.manifest_digest.clone(),
            reads: wanted.reads,
            writes: wanted.writes,
            views: wanted.views,
            hooks: wanted.hooks,
            intake: wanted.intake,
            settings,
            enabled: true,
            held_back: None,
            since: T(0),
            by: caller.account().to_owned(),
        };
        let cursor = if runs_already {
            None
        } else {
            Some(self.reactions_from_here(&enablement).await?)
        };
        let before = before.map(|(version, _)| version);
        self.decide(caller, &enablement, before, None, cursor).await
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
        may_decide(caller)?;
        let (version, before) = self
            .current_enablement(caller.site(), departmental)
            .await?
            .filter(|(_, before)| before.enabled)
            .ok_or_else(|| EnableError::NotFound {
                what: format!("{departmental} enabled at {}", caller.site()),
            })?;
        let after = Enablement {
            enabled: false,
            held_back: None,
            by: caller.account().to_owned(),
            ..before
        };
        let reason: String = reason
            .chars()
            .filter(|c| !c.is_control())
            .take(REASON_CHARS_MAX)
            .collect();
        self.decide(caller, &after, Some(version), Some(&reason), None)
            .await
    }

    /// Every release that could be enabled.
    ///
    /// # Errors
    /// `Forbidden`, `Library`.
    pub async fn releases(&self, caller: &Caller) -> Result<Vec<Arc<Release>>, EnableError> {
        may_decide(caller)?;
        Ok(self.published_releases().await?)
    }

    /// What was published when [`Record::releases`] last looked, and cannot be enabled at this host.
    ///
    /// # Errors
    /// `Forbidden`, `Library`.
    pub fn unfit_releases(&self, caller: &Caller) -> Result<Vec<Unfit>, EnableError> {
        may_decide(caller)?;
        Ok(self.library()?.unfit())
    }

    async fn decide(
        &self,
        caller: &Caller,
        enablement: &Enablement,
        seen: Option<u64>,
        reason: Option<&str>,
        cursor: Option<CursorMove>,
    ) -> Result<Receipt, EnableError> {
        let (key, resource) = codec::written(enablement, reason)?;
        let change = Change::Update {
            key,
            resource,
            seen,
            temporary: None,
        };
        let proposal = Proposal {
            changes: vec![change],
            basis: Basis::Direct,
            message: None,
            cursor,
        };
        let receipt = self.commit_granted(caller, proposal).await?;
        self.inner.seam.watch.decided(enablement);
        Ok(receipt)
    }

    /// Reactions begin with what is committed from now on.
    async fn reactions_from_here(
        &self,
        enablement: &Enablement,
    ) -> Result<CursorMove, EnableError> {
        let name = reaction::cursor_name(&enablement.site, &enablement.departmental);
        let from = self.cursor(&name).await?;
        Ok(CursorMove {
            name,
            from,
            to: Some(reaction::from_after(self.current())),
            under: None,
        })
    }

    /// A regional setting is what the other sites have; where no other site runs the departmental, its default.
    async fn same_in_the_region(
        &self,
        site: &SiteCode,
        manifest: &Manifest,
        settings: &Value,
    ) -> Result<(), EnableError> {
        let elsewhere = self.enabled_elsewhere(site, &manifest.id).await?;
        for declared in manifest
            .settings
            .iter()
            .filter(|declared| declared.level == Level::Regional)
        {
            let wanted = settings.get(&declared.name);
            let (regional, whose) = match elsewhere
                .iter()
                .find_map(|it| it.settings.get(&declared.name).map(|v| (v, it)))
            {
                Some((value, it)) => (value, format!("at {}", it.site)),
                None => (&declared.default, "by default".to_owned()),
            };
            if wanted != Some(regional) {
                let what = format!("is regional: it is {regional} {whose} and has to be so here");
                return Err(EnableError::Setting {
                    setting: declared.name.clone(),
                    what,
                });
            }
        }
        Ok(())
    }
}

/// Longest reason for stopping a departmental, in characters.
const REASON_CHARS_MAX: usize = 500;

pub(crate) fn may_decide(caller: &Caller) -> Result<(), EnableError> {
    permission::check(caller, Action::Enable, "Basic").map_err(|_| EnableError::Forbidden {
        account: caller.account().to_owned(),
    })
}

#[cfg(test)]
mod tests;
