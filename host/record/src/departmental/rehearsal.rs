//! A written call of a release, put to it on a record of its own, and whether the host would take the answer.
//!
//! Invariant: it is granted what its manifest asks for and no more, its answer passes what answers pass in service, and
//! only an operator can have it asked.

use std::sync::Arc;

use fhir::resource::Id;
use serde_json::{Map, Value};

use crate::caller::{Caller, Role, SiteCode};
use crate::commit::CommitError;
use crate::departmental::advice;
use crate::departmental::answer::{bounded_screen, checked_parameters};
use crate::departmental::call::{Prepared, basis};
use crate::departmental::cost::Answered;
use crate::departmental::grant::Grants;
use crate::departmental::manifest::Hook;
use crate::departmental::outcome::Outcome;
use crate::departmental::proposal::{self, Rejected, Terms};
use crate::departmental::screen::AskError;
use crate::departmental::{Answer, Departmental, Question, Release, setting};
use crate::enablement::{Enable, EnableError, Enablement};
use crate::log::At;
use crate::proposal::Proposal;
use crate::{Kind, ReadError, Record};

/// Everything that a written call rests on but the chart, which is in the record already.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The site.
    pub site: SiteCode,
    /// The patient.
    pub patient: Option<Id>,
    /// The encounter.
    pub encounter: Option<Id>,
    /// In which role somebody asks.
    pub role: Role,
    /// The moment as it is written, at which the record's clock stands.
    pub now: String,
    /// Settings that are not at their default.
    pub settings: Map<String, Value>,
    /// What is asked.
    pub question: Question,
}

/// Why a written call could not be put.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// Only operators rehearse.
    #[error("{account} may not have calls rehearsed")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// The release could not be enabled with all that its manifest asks for.
    #[error("it could not be enabled at {site}")]
    Enable {
        /// Where.
        site: SiteCode,
        /// Why.
        source: EnableError,
    },
    /// A setting is not one of the manifest, or has no such value.
    #[error("the setting {setting} {what}")]
    Setting {
        /// Which.
        setting: String,
        /// What is wrong with it.
        what: String,
    },
    /// The manifest does not ask to be asked so.
    #[error("the manifest does not ask for {what}")]
    NotAskedFor {
        /// A hook or a format.
        what: String,
    },
    /// In service the call would not be made.
    #[error("the call would not be made")]
    Ask {
        /// Why.
        #[from]
        source: AskError,
    },
    /// The record could not be read.
    #[error("the record could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl RehearsalError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Setting { .. } | Self::NotAskedFor { .. } => Kind::Incorrect,
            Self::Enable { source, .. } => source.kind(),
            Self::Ask { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

/// Why the host would not take an answer.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It does not follow its schema, or goes beyond the grants or the patient.
    #[error("{0}")]
    Rejected(String),
    /// What it proposes cannot be committed.
    #[error("what it proposes cannot be committed")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
}

/// A written call, ready to be put.
pub struct Rehearsal {
    record: Record,
    caller: Caller,
    prepared: Prepared,
    question: Question,
}

impl Record {
    /// Enables a release of the library at a scene's site with everything that its manifest asks for, and makes the call
    /// ready. The record is one that was made for this and is thrown away.
    ///
    /// # Errors
    /// Every variant of [`RehearsalError`] says what to do about it.
    pub async fn rehearsal(
        &self,
        operator: &Caller,
        release: &Arc<Release>,
        scene: Scene,
    ) -> Result<Rehearsal, RehearsalError> {
        if operator.role() != Role::Operator {
            return Err(RehearsalError::Forbidden {
                account: operator.account().to_owned(),
            });
        }
        let caller = as_of(operator, scene.role, &scene.site);
        let enablement = self.enabled_for(operator, release, &scene.site).await?;
        let mut prepared = self
            .scene_prepared(&caller, &enablement, release, &scene)
            .await?;
        prepared.call.encounter = scene.encounter;
        prepared.call.now = scene.now;
        prepared.call.settings =
            setting::complete(&release.manifest.settings, &Value::Object(scene.settings))
                .map_err(|(setting, what)| RehearsalError::Setting { setting, what })?;
        Ok(Rehearsal {
            record: self.clone(),
            caller,
            prepared,
            question: scene.question,
        })
    }

    /// The decision that enables it with all it asks for, every setting at its default.
    async fn enabled_for(
        &self,
        operator: &Caller,
        release: &Arc<Release>,
        site: &SiteCode,
    ) -> Result<Enablement, RehearsalError> {
        let administrator = as_of(operator, Role::TrustAdministrator, site);
        let enabled = self.enable(&administrator, Enable::all_that(release)).await;
        enabled.map_err(|source| RehearsalError::Enable {
            site: site.clone(),
            source,
        })?;
        Ok(self.enabled_here(&administrator, &release.id).await?)
    }

    async fn scene_prepared(
        &self,
        caller: &Caller,
        enablement: &Enablement,
        release: &Arc<Release>,
        scene: &Scene,
    ) -> Result<Prepared, RehearsalError> {
        let manifest = &release.manifest;
        let given = enablement.given();
        let not_asked = |what: &str| RehearsalError::NotAskedFor {
            what: what.to_owned(),
        };
        match &scene.question {
            Question::Open { screen, parameters } => {
                checked_parameters(parameters)?;
                return self
                    .screen_prepared(caller, enablement, screen, scene)
                    .await;
            }
            Question::Submit { screen, .. } => {
                return self
                    .screen_prepared(caller, enablement, screen, scene)
                    .await;
            }
            Question::React { .. } => {}
            Question::Advise { hook, .. } => {
                let known = hook.parse::<Hook>().ok();
                if !known.is_some_and(|it| Grants::may_advise(manifest, &given, it)) {
                    return Err(not_asked(&format!("the hook {hook}")));
                }
            }
            Question::Convert { format, .. } => {
                if !Grants::may_convert(manifest, &given, format) {
                    return Err(not_asked(&format!("messages of the format {format}")));
                }
            }
        }
        let moment = self.when(&At::Now).await?;
        let grants = Grants::of(manifest, &given, caller.role());
        let patient = scene.patient.clone();
        let call = self.call_of(caller, Arc::clone(release), enablement, patient, moment);
        Ok(Prepared { call, grants })
    }

    async fn screen_prepared(
        &self,
        caller: &Caller,
        enablement: &Enablement,
        screen: &str,
        scene: &Scene,
    ) -> Result<Prepared, RehearsalError> {
        let patient = scene.patient.clone();
        let prepared = self.prepare_call(caller, enablement, enablement, screen, patient, &At::Now);
        Ok(prepared.await?)
    }
}

impl Rehearsal {
    /// Puts the question; nothing is kept of it, so that it can be put again.
    pub async fn ask(&self, departmental: &dyn Departmental) -> Answered {
        let (call, grants) = (&self.prepared.call, &self.prepared.grants);
        let question = self.question.clone();
        self.record
            .answered_by(departmental, &self.caller, call, question, grants)
            .await
    }

    /// Does with an answer what is done with it in service: holds it against its schema, bounds and grants, and commits
    /// what it proposes.
    ///
    /// # Errors
    /// Why it would not be taken.
    pub async fn take(&self, answer: &Answer) -> Result<(), NotTaken> {
        let call = &self.prepared.call;
        let manifest = &call.release.manifest;
        match answer {
            Answer::Screen(screen) => bounded_screen(screen).map_err(NotTaken::Rejected),
            Answer::Outcome(document) => {
                let outcome = Outcome::parse(document).map_err(rejected)?;
                if let Some(screen) = &outcome.screen {
                    bounded_screen(screen).map_err(NotTaken::Rejected)?;
                }
                if let Some(next) = &outcome.next
                    && manifest.screen(&next.screen).is_none()
                {
                    return Err(NotTaken::Rejected(
                        "its next screen is not in its manifest".to_owned(),
                    ));
                }
                match &outcome.proposal {
                    Some(proposal) => self.commit(proposal).await,
                    None => Ok(()),
                }
            }
            Answer::Proposal(proposal) => self.commit(proposal).await,
            Answer::Advice(document) => {
                advice::checked(document, manifest, call.role).map_err(rejected)
            }
            Answer::Refused(_) | Answer::Failed { .. } => Ok(()),
        }
    }

    async fn commit(&self, document: &Value) -> Result<(), NotTaken> {
        let Prepared { call, grants } = &self.prepared;
        let terms = Terms {
            caller: &self.caller,
            grants,
            patient: call.patient.as_ref(),
            t: call.t,
            now: &call.now,
        };
        let checked = proposal::checked(&self.record, &terms, document)
            .await
            .map_err(rejected)?;
        if checked.changes.is_empty() {
            return Ok(());
        }
        if !checked.wanted.is_empty() && matches!(self.question, Question::React { .. }) {
            return Err(NotTaken::Rejected(
                "a reaction's proposal asks for identifiers, which are given to what a form or a message proposes"
                    .to_owned(),
            ));
        }
        let proposal = Proposal {
            basis: basis(call),
            ..Proposal::direct(checked.changes)
        };
        let committed =
            self.record
                .commit_numbered(&self.caller, &call.site, proposal, &checked.wanted);
        committed.await?;
        Ok(())
    }
}

/// An operator in another role at a site: who can start the process may do what any of its users may.
fn as_of(operator: &Caller, role: Role, site: &SiteCode) -> Caller {
    let (account, name) = (operator.account().to_owned(), operator.name().to_owned());
    Caller::authenticated(account, name, role, site.clone())
}

fn rejected(why: Rejected) -> NotTaken {
    NotTaken::Rejected(match why {
        Rejected::Malformed { at, what } => format!("{at}: {what}"),
        Rejected::NotGranted(what) => format!("it proposes {what}, which it was not granted"),
        Rejected::Read(source) => crate::with_causes(&source),
    })
}

#[cfg(test)]
mod tests;
