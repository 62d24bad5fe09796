//! Opening a departmental's screen and sending its forms.
//!
//! Invariant: a form is answered by a version that its site enabled, and has one effect however often it is sent.

use std::sync::Arc;

use fhir::resource::Id;
use serde_json::Value;

use crate::caller::{Caller, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::departmental::answer::{
    bounded_screen, checked_parameters, failed, malformed, refused, rejected,
};
use crate::departmental::call::{Prepared, basis};
use crate::departmental::outcome::{Finding, Next, Outcome};
use crate::departmental::proposal::{self, Checked, Terms};
use crate::departmental::{
    Answer, DepartmentalId, Digest, Failure, FailureKind, LibraryError, Question, Release, form,
};
use crate::limits::FORM_BYTES_MAX;
use crate::log::{At, T};
use crate::proposal::{CursorMove, Proposal};
use crate::{Kind, ReadError, Record};

/// A wish to see a screen.
#[derive(Clone, Debug)]
pub struct ScreenAsk {
    /// Whose.
    pub departmental: DepartmentalId,
    /// Which.
    pub screen: String,
    /// For which patient.
    pub patient: Option<Id>,
    /// With what.
    pub parameters: Value,
    /// As of when. Of the past too it is drawn by what is enabled now.
    pub at: At,
}

/// A form that was sent.
#[derive(Clone, Debug)]
pub struct SubmitAsk {
    /// Whose.
    pub departmental: DepartmentalId,
    /// The release that drew the form.
    pub digest: Digest,
    /// The screen that drew it.
    pub screen: String,
    /// The button pressed.
    pub action: String,
    /// For which patient.
    pub patient: Option<Id>,
    /// The form's values.
    pub form: Value,
    /// The same key twice has one effect.
    pub idempotency_key: String,
}

/// A screen as drawn by a departmental.
#[derive(Clone, Debug)]
pub struct Shown {
    /// A `screen/1` document.
    pub screen: Value,
    /// Who drew it.
    pub release: Arc<Release>,
    /// As of which commit.
    pub t: T,
    /// At which moment, RFC 3339.
    pub now: String,
    /// The call, for `palatine replay`.
    pub call: String,
}

/// What a sent form did.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// What was committed, if something was.
    pub receipt: Option<Receipt>,
    /// The screen to open next, if the departmental says one.
    pub next: Option<Next>,
    /// Findings on fields; with any, nothing was committed.
    pub findings: Vec<Finding>,
    /// The screen to show again.
    pub screen: Option<Value>,
    /// Who answered.
    pub release: Arc<Release>,
    /// The call, for `palatine replay`.
    pub call: String,
}

/// Why a departmental's screen could not be had.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It is not enabled at this site.
    #[error("{departmental} is not enabled at {site}")]
    NotEnabled {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which site.
        site: SiteCode,
    },
    /// It has no such screen.
    #[error("{departmental} has no screen {screen}")]
    NoSuchScreen {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which screen.
        screen: String,
    },
    /// This role may not see it.
    #[error("{screen} of {departmental} is not for this role")]
    NotForRole {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Which screen.
        screen: String,
    },
    /// There is no such patient, or this caller may not know of them.
    #[error("there is no such patient")]
    UnknownPatient,
    /// The departmental failed.
    #[error("{departmental} {version} failed: {what}")]
    Failed {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Its version.
        version: String,
        /// The call, for `palatine replay`; none where it was not asked.
        call: Option<String>,
        /// How.
        kind: FailureKind,
        /// What happened.
        what: String,
    },
    /// The departmental says no.
    #[error("{departmental} refuses: {}", .failure.detail)]
    Refused {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Its words.
        failure: Failure,
    },
    /// The parameters, the form or its key are not what a screen takes.
    #[error("{what}")]
    Incorrect {
        /// What is wrong and what to do.
        what: String,
    },
    /// The version that drew the form is no longer in use here.
    #[error(
        "the form was drawn by a version of {departmental} that is no longer in use here: open the screen again"
    )]
    Outdated {
        /// Which departmental.
        departmental: DepartmentalId,
    },
    /// The key was used for a form with another content.
    #[error(
        "this form was sent before with other content: open the screen again and look at what was kept"
    )]
    KeyUsed,
    /// Its proposal goes beyond what it was granted. Nothing of it was committed.
    #[error("{departmental} proposes to write {what}, which it was not granted")]
    NotGranted {
        /// Which departmental.
        departmental: DepartmentalId,
        /// The type or patient at fault.
        what: String,
    },
    /// Its release could not be loaded.
    #[error("{departmental} could not be loaded")]
    Library {
        /// Which departmental.
        departmental: DepartmentalId,
        /// Why.
        source: LibraryError,
    },
    /// Its proposal was not committed.
    #[error("the change was not committed")]
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

impl AskError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotEnabled { .. } | Self::NoSuchScreen { .. } | Self::UnknownPatient => {
                Kind::NotFound
            }
            Self::Incorrect { .. } => Kind::Incorrect,
            Self::Outdated { .. } | Self::KeyUsed => Kind::Conflict,
            Self::NotForRole { .. } => Kind::Forbidden,
            Self::Refused { .. } | Self::NotGranted { .. } => Kind::Refused,
            Self::Failed { kind, .. } if kind.was_not_asked() => Kind::Busy,
            Self::Failed { .. } | Self::Library { .. } => Kind::Fault,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

impl Record {
    /// Draws a departmental's screen.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn open_screen(&self, caller: &Caller, ask: ScreenAsk) -> Result<Shown, AskError> {
        checked_parameters(&ask.parameters)?;
        let enablement = self.enabled_here(caller, &ask.departmental).await?;
        let prepared = self
            .prepare_call(
                caller,
                &enablement,
                &enablement,
                &ask.screen,
                ask.patient,
                &ask.at,
            )
            .await?;
        let question = Question::Open {
            screen: ask.screen,
            parameters: ask.parameters,
        };
        let answer = self.put(caller, &prepared, question).await?;
        let release = Arc::clone(&prepared.call.release);
        let screen = match answer {
            Answer::Screen(screen) => screen,
            Answer::Outcome(_) | Answer::Proposal(_) | Answer::Advice(_) => {
                return Err(malformed(&prepared.call, "it answered no screen"));
            }
            Answer::Refused(failure) => return Err(refused(&release, failure)),
            Answer::Failed { kind, what } => return Err(failed(&prepared.call, kind, &what)),
        };
        bounded_screen(&screen).map_err(|what| malformed(&prepared.call, &what))?;
        Ok(Shown {
            screen,
            release,
            t: prepared.call.t,
            now: prepared.call.now,
            call: prepared.call.id,
        })
    }

    /// Puts a sent form to the departmental, and commits what it proposes. Sent again with the same key, it has no
    /// second effect and answers with the first one's receipt.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn submit_screen(
        &self,
        caller: &Caller,
        ask: SubmitAsk,
    ) -> Result<Submitted, AskError> {
        let once = form::Once::of(caller, &ask)?;
        if serde_json::to_string(&ask.form).map_or(usize::MAX, |text| text.len()) > FORM_BYTES_MAX {
            return Err(AskError::Incorrect {
                what: format!("a form is at most {FORM_BYTES_MAX} bytes long"),
            });
        }
        let now = self.enabled_here(caller, &ask.departmental).await?;
        let drawn = self.drawn_by(&now, &ask.digest).await?;
        let mut prepared = self
            .prepare_call(caller, &now, &drawn, &ask.screen, ask.patient, &At::Now)
            .await?;
        prepared.call.id.clone_from(&once.call);
        let release = Arc::clone(&prepared.call.release);
        if let Some(receipt) = self.sent_before(caller, &once).await? {
            return Ok(Submitted {
                receipt: Some(receipt),
                next: None,
                findings: Vec::new(),
                screen: None,
                release,
                call: once.call,
            });
        }
        let question = Question::Submit {
            screen: ask.screen,
            action: ask.action,
            form: ask.form,
        };
        let outcome = match self.put(caller, &prepared, question).await? {
            Answer::Outcome(outcome) => outcome,
            Answer::Screen(_) | Answer::Proposal(_) | Answer::Advice(_) => {
                return Err(malformed(&prepared.call, "it answered no outcome"));
            }
            Answer::Refused(failure) => return Err(refused(&release, failure)),
            Answer::Failed { kind, what } => return Err(failed(&prepared.call, kind, &what)),
        };
        let outcome = Outcome::parse(&outcome).map_err(|why| rejected(&prepared.call, why))?;
        if let Some(screen) = &outcome.screen {
            bounded_screen(screen).map_err(|what| malformed(&prepared.call, &what))?;
        }
        if let Some(next) = &outcome.next
            && release.manifest.screen(&next.screen).is_none()
        {
            return Err(malformed(
                &prepared.call,
                "its next screen is not in its manifest",
            ));
        }
        let receipt = match &outcome.proposal {
            Some(document) => self.commit_form(caller, &prepared, &once, document).await?,
            None => None,
        };
        let findings = outcome.findings.unwrap_or_default();
        Ok(Submitted {
            receipt,
            next: outcome.next,
            findings,
            screen: outcome.screen,
            release,
            call: once.call,
        })
    }

    async fn commit_form(
        &self,
        caller: &Caller,
        prepared: &Prepared,
        once: &form::Once,
        document: &Value,
    ) -> Result<Option<Receipt>, AskError> {
        let call = &prepared.call;
        let terms = Terms {
            caller,
            grants: &prepared.grants,
            patient: call.patient.as_ref(),
            t: call.t,
            now: &call.now,
        };
        let Checked { changes, wanted } = match proposal::checked(self, &terms, document).await {
            Ok(checked) => checked,
            Err(why) => {
                self.audit_refusal(caller, "proposal-refused", &why.about(call))
                    .await?;
                return Err(rejected(call, why));
            }
        };
        if changes.is_empty() {
            return Ok(None);
        }
        let cursor = CursorMove {
            name: once.cursor.clone(),
            from: None,
            to: None,
            under: None,
        };
        let proposal = Proposal {
            changes,
            basis: basis(call),
            message: None,
            cursor: Some(cursor),
        };
        let committed = self.commit_numbered(caller, &call.site, proposal, &wanted);
        match committed.await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommitError::CursorMoved { .. }) => Ok(self.sent_before(caller, once).await?),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
