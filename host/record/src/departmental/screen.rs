//! Opening a departmental's screen and sending its forms.
//!
//! Invariant: a form is answered by a version that its site enabled, and has one effect however often it is sent.

use std::sync::Arc;

use fhir::resource::{Id, Key, ResourceType};
use serde_json::Value;

use crate::caller::{Caller, SiteCode};
use crate::commit::{CommitError, Receipt};
use crate::departmental::grant::Grants;
use crate::departmental::manifest::Place;
use crate::departmental::proposal::{self, Finding, Next, Outcome, Rejected, Terms};
use crate::departmental::{
    Answer, Call, Chart, DepartmentalId, Digest, Failure, FailureKind, LibraryError, Question, Release, form,
};
use crate::enablement::Enablement;
use crate::limits::{FORM_BYTES_MAX, PARAMETERS_MAX, PARAMETER_CHARS_MAX, SCREEN_BYTES_MAX, SCREEN_NODES_MAX};
use crate::log::{At, T};
use crate::proposal::{Basis, CursorMove, Proposal};
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
    #[error("the form was drawn by a version of {departmental} that is no longer in use here: open the screen again")]
    Outdated {
        /// Which departmental.
        departmental: DepartmentalId,
    },
    /// The key was used for a form with another content.
    #[error("this form was sent before with other content: open the screen again and look at what was kept")]
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
            Self::Failed { .. } | Self::Library { .. } => Kind::Fault,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

/// What one call rests on.
struct Prepared {
    call: Call,
    grants: Grants,
}

impl Record {
    /// Draws a departmental's screen.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn open_screen(&self, caller: &Caller, ask: ScreenAsk) -> Result<Shown, AskError> {
        checked_parameters(&ask.parameters)?;
        let enablement = self.enabled_here(caller, &ask.departmental).await?;
        let prepared = self.prepare(caller, &enablement, &enablement, &ask.screen, ask.patient).await?;
        let question = Question::Open { screen: ask.screen, parameters: ask.parameters };
        let answer = self.put(caller, &prepared, question).await?;
        let release = Arc::clone(&prepared.call.release);
        let screen = match answer {
            Answer::Screen(screen) => screen,
            Answer::Outcome(_) | Answer::Proposal(_) => return Err(malformed(&release, "it answered no screen")),
            Answer::Refused(failure) => return Err(refused(&release, failure)),
            Answer::Failed { kind, what } => return Err(failed(&release, kind, &what)),
        };
        bounded_screen(&screen).map_err(|what| malformed(&release, &what))?;
        Ok(Shown { screen, release, t: prepared.call.t, now: prepared.call.now })
    }

    /// Puts a sent form to the departmental, and commits what it proposes. Sent again with the same key, it has no
    /// second effect and answers with the first one's receipt.
    ///
    /// # Errors
    /// Every variant of [`AskError`] says what to do about it.
    pub async fn submit_screen(&self, caller: &Caller, ask: SubmitAsk) -> Result<Submitted, AskError> {
        let once = form::Once::of(caller, &ask)?;
        if serde_json::to_string(&ask.form).map_or(usize::MAX, |text| text.len()) > FORM_BYTES_MAX {
            return Err(AskError::Incorrect { what: format!("a form is at most {FORM_BYTES_MAX} bytes long") });
        }
        let now = self.enabled_here(caller, &ask.departmental).await?;
        let drawn = self.drawn_by(&now, &ask.digest).await?;
        let mut prepared = self.prepare(caller, &now, &drawn, &ask.screen, ask.patient).await?;
        prepared.call.id.clone_from(&once.call);
        let release = Arc::clone(&prepared.call.release);
        if let Some(receipt) = self.sent_before(caller, &once).await? {
            return Ok(Submitted { receipt: Some(receipt), next: None, findings: Vec::new(), screen: None, release });
        }
        let question = Question::Submit { screen: ask.screen, action: ask.action, form: ask.form };
        let outcome = match self.put(caller, &prepared, question).await? {
            Answer::Outcome(outcome) => outcome,
            Answer::Screen(_) | Answer::Proposal(_) => return Err(malformed(&release, "it answered no outcome")),
            Answer::Refused(failure) => return Err(refused(&release, failure)),
            Answer::Failed { kind, what } => return Err(failed(&release, kind, &what)),
        };
        let outcome = Outcome::parse(&outcome).map_err(|why| rejected(&release, why))?;
        if let Some(screen) = &outcome.screen {
            bounded_screen(screen).map_err(|what| malformed(&release, &what))?;
        }
        if let Some(next) = &outcome.next
            && release.manifest.screen(&next.screen).is_none()
        {
            return Err(malformed(&release, "its next screen is not in its manifest"));
        }
        let receipt = match &outcome.proposal {
            Some(document) => self.commit_form(caller, &prepared, &once, document).await?,
            None => None,
        };
        let findings = outcome.findings.unwrap_or_default();
        Ok(Submitted { receipt, next: outcome.next, findings, screen: outcome.screen, release })
    }

    async fn commit_form(
        &self,
        caller: &Caller,
        prepared: &Prepared,
        once: &form::Once,
        document: &Value,
    ) -> Result<Option<Receipt>, AskError> {
        let call = &prepared.call;
        let terms = Terms { caller, grants: &prepared.grants, patient: call.patient.as_ref(), t: call.t };
        let changes = match proposal::checked(self, &terms, document).await {
            Ok(changes) => changes,
            Err(why) => {
                let about = format!("{} {}: {why}", call.release.id, call.release.digest);
                self.audit_refusal(caller, "proposal-refused", &about).await?;
                return Err(rejected(&call.release, why));
            }
        };
        if changes.is_empty() {
            return Ok(None);
        }
        let cursor = CursorMove { name: once.cursor.clone(), from: None, to: None };
        let proposal = Proposal { changes, basis: basis(call), message: None, cursor: Some(cursor) };
        match self.commit_granted(caller, proposal).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommitError::CursorMoved { .. }) => Ok(self.sent_before(caller, once).await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn enabled_here(&self, caller: &Caller, departmental: &DepartmentalId) -> Result<Enablement, AskError> {
        self.enablements(caller.site()).await?.into_iter().find(|it| it.departmental == *departmental).ok_or_else(|| {
            AskError::NotEnabled { departmental: departmental.clone(), site: caller.site().clone() }
        })
    }

    /// The decision under which a form was drawn: today's, or an earlier one of this site.
    async fn drawn_by(&self, now: &Enablement, digest: &Digest) -> Result<Enablement, AskError> {
        if now.digest == *digest {
            return Ok(now.clone());
        }
        let earlier = self.earlier_enablements(&now.site, &now.departmental).await?;
        earlier
            .into_iter()
            .find(|it| it.enabled && it.digest == *digest)
            .ok_or_else(|| AskError::Outdated { departmental: now.departmental.clone() })
    }

    /// Everything that holds before a departmental is asked: screen, role, patient, grants, settings. The grants are
    /// those given `now`, also to an earlier version that `drew` a form.
    async fn prepare(
        &self,
        caller: &Caller,
        now: &Enablement,
        drew: &Enablement,
        screen: &str,
        patient: Option<Id>,
    ) -> Result<Prepared, AskError> {
        let departmental = &now.departmental;
        let release = self.release(&drew.digest).await.map_err(|source| match source {
            LibraryError::NotPublished { .. } if now.digest != drew.digest => {
                AskError::Outdated { departmental: departmental.clone() }
            }
            source => AskError::Library { departmental: departmental.clone(), source },
        })?;
        let named = || (departmental.clone(), screen.chars().take(64).collect::<String>());
        let declared = release.manifest.screen(screen).ok_or_else(|| {
            let (departmental, screen) = named();
            AskError::NoSuchScreen { departmental, screen }
        })?;
        if !declared.audience.iter().any(|role| role == caller.role().as_str()) {
            let (departmental, screen) = named();
            return Err(AskError::NotForRole { departmental, screen });
        }
        let t = self.current();
        let patient = match (declared.place, patient) {
            (Place::Patient, Some(patient)) => {
                self.check_patient(caller, &patient, &At::Commit(t)).await?;
                Some(patient)
            }
            (Place::Patient, None) => return Err(AskError::UnknownPatient),
            (Place::Site, _) => None,
        };
        let grants = Grants::of(&release.manifest, &now.given(), caller.role());
        let call = Call {
            release,
            site: caller.site().clone(),
            patient,
            encounter: None,
            role: caller.role(),
            now: crate::clock::rfc3339(self.now_ms()),
            t,
            settings: drew.settings.clone(),
            id: self.new_id().as_str().to_owned(),
        };
        Ok(Prepared { call, grants })
    }

    async fn check_patient(&self, caller: &Caller, patient: &Id, at: &At) -> Result<(), AskError> {
        let key = Key::new(ResourceType::PATIENT, patient.clone());
        match self.read(caller, &key, at).await {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                Kind::NotFound | Kind::Forbidden => Err(AskError::UnknownPatient),
                Kind::Incorrect | Kind::Conflict | Kind::Refused | Kind::Busy | Kind::Fault => Err(error.into()),
            },
        }
    }

    async fn put(&self, caller: &Caller, prepared: &Prepared, question: Question) -> Result<Answer, AskError> {
        let call = &prepared.call;
        let chart = Chart::new(self, caller, call, prepared.grants.clone());
        self.ask(call, question, &chart)
            .await
            .map_err(|source| AskError::Library { departmental: call.release.id.clone(), source })
    }
}

/// What the committer writes the provenance from.
pub(crate) fn basis(call: &Call) -> Basis {
    Basis::Departmental {
        id: call.release.id.to_string(),
        version: call.release.version.clone(),
        digest: call.release.digest.to_string(),
        site: call.site.to_string(),
        call: call.id.clone(),
    }
}

fn checked_parameters(parameters: &Value) -> Result<(), AskError> {
    let fits = |value: &Value| value.as_str().is_some_and(|text| text.chars().count() <= PARAMETER_CHARS_MAX);
    let right = match parameters {
        Value::Object(named) => named.len() <= PARAMETERS_MAX && named.values().all(fits),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    };
    if right {
        return Ok(());
    }
    let what = format!("a screen takes at most {PARAMETERS_MAX} parameters, each a text of at most {PARAMETER_CHARS_MAX} characters");
    Err(AskError::Incorrect { what })
}

/// What is bounded before anybody walks the document; the rest of its schema is checked by who draws it.
fn bounded_screen(screen: &Value) -> Result<(), String> {
    if screen.get("screen").and_then(Value::as_u64) != Some(1) {
        return Err("its answer is no screen/1".to_owned());
    }
    match screen.get("nodes").and_then(Value::as_array).map(Vec::len) {
        Some(1..=SCREEN_NODES_MAX) => {}
        Some(_) | None => return Err(format!("its screen must have 1 to {SCREEN_NODES_MAX} nodes")),
    }
    match serde_json::to_string(screen) {
        Ok(text) if text.len() <= SCREEN_BYTES_MAX => Ok(()),
        Ok(_) | Err(_) => Err(format!("its screen is larger than {SCREEN_BYTES_MAX} bytes")),
    }
}

fn rejected(release: &Release, why: Rejected) -> AskError {
    match why {
        Rejected::Malformed { at, what } => malformed(release, &format!("{at}: {what}")),
        Rejected::NotGranted(what) => AskError::NotGranted { departmental: release.id.clone(), what },
        Rejected::Read(source) => AskError::Read { source },
    }
}

fn malformed(release: &Release, what: &str) -> AskError {
    failed(release, FailureKind::Malformed, what)
}

fn failed(release: &Release, kind: FailureKind, what: &str) -> AskError {
    AskError::Failed {
        departmental: release.id.clone(),
        version: release.version.clone(),
        kind,
        what: what.chars().take(500).collect(),
    }
}

fn refused(release: &Release, failure: Failure) -> AskError {
    AskError::Refused { departmental: release.id.clone(), failure: failure.bounded() }
}

#[cfg(test)]
mod tests;
