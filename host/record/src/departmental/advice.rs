//! Advice beside the chart: every departmental of the site that may speak at a hook is asked, all in one time.
//!
//! Invariant: whoever was asked is named with what came of it; no answer in time, a failure and nothing to say are three
//! different things.

mod card;
pub mod service;

use std::sync::Arc;
use std::time::Duration;

use fhir::resource::Id;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

pub use self::card::{Card, CardLink, Indicator};
use crate::Record;
use crate::caller::{Caller, Role};
use crate::departmental::grant::Grants;
use crate::departmental::manifest::{Hook, Manifest};
use crate::departmental::proposal::Rejected;
use crate::departmental::screen::AskError;
use crate::departmental::seam::Unasked;
use crate::departmental::{Answer, Call, DepartmentalId, FailureKind, Question};
use crate::enablement::Enablement;
use crate::limits::{ADVICE_AT_ONCE, ADVICE_MS_MAX};
use crate::log::At;
use crate::log::moment::Moment;

/// What one departmental had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advised {
    /// Which.
    pub departmental: DepartmentalId,
    /// Its name as people read it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The call under which it was asked, as the audit names it, if it came to one.
    pub call: Option<String>,
    /// What came of asking it.
    pub said: Said,
}

/// What came of asking a departmental for advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Its cards; none: it has nothing to say.
    Cards(Vec<Card>),
    /// It did not answer in time.
    Late,
    /// It says no, in its own words.
    Refused(String),
    /// It failed.
    Failed(FailureKind),
    /// Its release could not be had, or the record could not do its part.
    Unavailable,
}

/// Turns for departmentals that are asked for advice.
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ADVICE_AT_ONCE)))
    }
}

/// At what, about whom and as of when.
#[derive(Clone)]
struct Occasion {
    hook: Hook,
    patient: Id,
    moment: Moment,
}

/// What one departmental said, and in which call.
struct Heard {
    call: Option<String>,
    said: Said,
}

impl Heard {
    /// Something that came of no call.
    fn uncalled(said: Said) -> Self {
        Self { call: None, said }
    }
}

impl Record {
    /// Asks every departmental of the caller's site that is granted the hook, at once, and waits for
    /// `limits::ADVICE_MS_MAX` milliseconds; in order of name. Empty: none is granted it. They see the record as of the
    /// moment, which is that of the page beside which they speak. The calls are kept like any.
    ///
    /// # Errors
    /// `UnknownPatient`, and `Read` when it cannot be told whom to ask; what one of them does is in its [`Said`].
    pub async fn advice(
        &self,
        caller: &Caller,
        hook: Hook,
        patient: &Id,
        moment: &Moment,
    ) -> Result<Vec<Advised>, AskError> {
        let enabled = self.enablements(caller.site()).await?;
        self.advice_of(caller, hook, (patient, moment), enabled)
            .await
    }

    /// As [`Record::advice`], of these departmentals.
    async fn advice_of(
        &self,
        caller: &Caller,
        hook: Hook,
        (patient, moment): (&Id, &Moment),
        enabled: Vec<Enablement>,
    ) -> Result<Vec<Advised>, AskError> {
        let deadline = Instant::now() + Duration::from_millis(ADVICE_MS_MAX);
        self.check_patient(caller, patient, &At::Commit(moment.t))
            .await?;
        let occasion = Occasion {
            hook,
            patient: patient.clone(),
            moment: moment.clone(),
        };
        let mut asked = Vec::new();
        for enablement in enabled {
            if !enablement.given().hooks.contains(&hook) {
                continue;
            }
            let turn = Arc::clone(&self.advising().0).acquire_owned();
            let task = match timeout_at(deadline, turn).await {
                Ok(Ok(turn)) => {
                    let (record, caller) = (self.clone(), caller.clone());
                    let (enablement, occasion) = (enablement.clone(), occasion.clone());
                    // On its own, since a call that has begun is kept, whether or not somebody still waits for it.
                    Some(tokio::spawn(async move {
                        record.advised(&caller, &enablement, occasion, turn).await
                    }))
                }
                Ok(Err(_)) | Err(_) => None,
            };
            asked.push((enablement, task));
        }
        let mut advised = Vec::with_capacity(asked.len());
        for (enablement, task) in asked {
            let heard = match task {
                Some(task) => match timeout_at(deadline, task).await {
                    Ok(Ok(heard)) => heard,
                    Ok(Err(broken)) => {
                        tracing::error!(departmental = %enablement.departmental, "asking for advice ended without an answer: {broken}");
                        Some(Heard::uncalled(Said::Unavailable))
                    }
                    Err(_) => Some(Heard::uncalled(Said::Late)),
                },
                None => Some(Heard::uncalled(Said::Late)),
            };
            if let Some(heard) = heard {
                advised.push(self.named(enablement, heard));
            }
        }
        advised.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(advised)
    }

    /// What one departmental says. `None`: its manifest does not ask to be heard.
    async fn advised(
        &self,
        caller: &Caller,
        enablement: &Enablement,
        occasion: Occasion,
        _turn: OwnedSemaphorePermit,
    ) -> Option<Heard> {
        let Occasion {
            hook,
            patient,
            moment,
        } = occasion;
        if enablement.held_back.is_some() {
            return Some(Heard::uncalled(Said::Failed(FailureKind::HeldBack)));
        }
        let release = match self.release(&enablement.digest).await {
            Ok(release) => release,
            Err(why) => {
                tracing::warn!(departmental = %enablement.departmental, "not asked for advice: {why}");
                return Some(Heard::uncalled(Said::Unavailable));
            }
        };
        let given = enablement.given();
        if !Grants::may_advise(&release.manifest, &given, hook) {
            return None;
        }
        let grants = Grants::of(&release.manifest, &given, caller.role());
        let call = self.call_of(caller, release, enablement, Some(patient), moment);
        let question = Question::Advise {
            hook: hook.to_string(),
            input: json!({ "hook": 1, "name": hook.as_str() }),
        };
        let answer = self.ask(caller, &call, question, &grants).await;
        let said = said(&call, answer);
        let call = Some(call.id);
        Some(Heard { call, said })
    }

    fn named(&self, enablement: Enablement, heard: Heard) -> Advised {
        let release = self.known_release(&enablement.digest);
        let name = release.map(|release| release.manifest.name.clone());
        Advised {
            name: name.unwrap_or_else(|| enablement.departmental.to_string()),
            departmental: enablement.departmental,
            version: enablement.version,
            call: heard.call,
            said: heard.said,
        }
    }
}

/// Whether an `advice/1` document of a release can be shown to somebody in this role.
pub(super) fn checked(document: &Value, manifest: &Manifest, role: Role) -> Result<(), Rejected> {
    card::cards(document, manifest, role).map(drop)
}

fn said(call: &Call, answer: Result<Answer, Unasked>) -> Said {
    let manifest = &call.release.manifest;
    match answer {
        Ok(Answer::Advice(document)) => match card::cards(&document, manifest, call.role) {
            Ok(cards) => Said::Cards(cards),
            Err(why) => malformed(call, &why.to_string()),
        },
        Ok(Answer::Screen(_) | Answer::Outcome(_) | Answer::Proposal(_)) => {
            malformed(call, "it answered no advice")
        }
        Ok(Answer::Refused(failure)) => Said::Refused(failure.bounded().detail),
        Ok(Answer::Failed { kind, .. }) => match kind {
            FailureKind::Timeout => Said::Late,
            FailureKind::Trap
            | FailureKind::Limit
            | FailureKind::Malformed
            | FailureKind::Load
            | FailureKind::Busy
            | FailureKind::Resting
            | FailureKind::HeldBack => Said::Failed(kind),
        },
        Err(why) => {
            tracing::warn!(call = %call.id, departmental = %call.release.id, "no advice: {}", crate::with_causes(&why));
            Said::Unavailable
        }
    }
}

fn malformed(call: &Call, what: &str) -> Said {
    let (id, version) = (&call.release.id, &call.release.version);
    tracing::warn!(call = %call.id, "{id} {version} answered advice that cannot be shown: {what}");
    Said::Failed(FailureKind::Malformed)
}

#[cfg(test)]
mod tests;
