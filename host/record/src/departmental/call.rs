//! What one call of a departmental rests on: who enabled it, which release, whose chart, which grants.
//!
//! Invariant: a call is made only for a role, a place and a patient for which its screen is meant.

use std::sync::Arc;

use fhir::resource::{Id, Key, ResourceType};

use crate::caller::Caller;
use crate::departmental::grant::Grants;
use crate::departmental::manifest::{Place, Screen};
use crate::departmental::screen::AskError;
use crate::departmental::seam::Unasked;
use crate::departmental::{
    Answer, Call, DepartmentalId, Digest, FailureKind, LibraryError, Question, Release,
};
use crate::enablement::Enablement;
use crate::log::At;
use crate::log::moment::Moment;
use crate::proposal::Basis;
use crate::{Kind, Record};

/// What one call rests on.
pub(super) struct Prepared {
    pub(super) call: Call,
    pub(super) grants: Grants,
}

impl Record {
    pub(super) async fn enabled_here(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
    ) -> Result<Enablement, AskError> {
        self.enablements(caller.site())
            .await?
            .into_iter()
            .find(|it| it.departmental == *departmental)
            .ok_or_else(|| AskError::NotEnabled {
                departmental: departmental.clone(),
                site: caller.site().clone(),
            })
    }

    /// The decision under which a form was drawn: today's, or an earlier one of this site.
    pub(super) async fn drawn_by(
        &self,
        now: &Enablement,
        digest: &Digest,
    ) -> Result<Enablement, AskError> {
        if now.digest == *digest {
            return Ok(now.clone());
        }
        let earlier = self
            .earlier_enablements(&now.site, &now.departmental)
            .await?;
        earlier
            .into_iter()
            .find(|it| it.enabled && it.digest == *digest)
            .ok_or_else(|| AskError::Outdated {
                departmental: now.departmental.clone(),
            })
    }

    /// Everything that holds before a departmental is asked as of a moment: screen, role, patient, grants, settings. The grants are
    /// those given `now`, also to an earlier version that `drew` a form.
    pub(super) async fn prepare_call(
        &self,
        caller: &Caller,
        now: &Enablement,
        drew: &Enablement,
        screen: &str,
        patient: Option<Id>,
        at: &At,
    ) -> Result<Prepared, AskError> {
        let departmental = &now.departmental;
        if let Some(why) = &now.held_back {
            return Err(AskError::Failed {
                departmental: departmental.clone(),
                version: now.version.clone(),
                call: None,
                kind: FailureKind::HeldBack,
                what: why.clone(),
            });
        }
        let release = self
            .release(&drew.digest)
            .await
            .map_err(|source| match source {
                LibraryError::NotPublished { .. } if now.digest != drew.digest => {
                    AskError::Outdated {
                        departmental: departmental.clone(),
                    }
                }
                source => AskError::Library {
                    departmental: departmental.clone(),
                    source,
                },
            })?;
        let declared = declared(departmental, &release, screen, caller)?;
        let Moment { t, time } = self.when(at).await?;
        let patient = match (declared.place, patient) {
            (Place::Patient | Place::Summary, Some(patient)) => {
                self.check_patient(caller, &patient, &At::Commit(t)).await?;
                Some(patient)
            }
            (Place::Patient | Place::Summary, None) => return Err(AskError::UnknownPatient),
            (Place::Site | Place::Help, _) => None,
        };
        let grants = Grants::of(&release.manifest, &now.given(), caller.role());
        let call = self.call_of(caller, release, drew, patient, Moment { t, time });
        Ok(Prepared { call, grants })
    }

    /// A call by this caller, of a release with the settings of a decision.
    pub(super) fn call_of(
        &self,
        caller: &Caller,
        release: Arc<Release>,
        by: &Enablement,
        patient: Option<Id>,
        moment: Moment,
    ) -> Call {
        Call {
            release,
            site: caller.site().clone(),
            patient,
            encounter: None,
            role: caller.role(),
            now: moment.time,
            t: moment.t,
            settings: by.settings.clone(),
            id: self.new_id().as_str().to_owned(),
        }
    }

    pub(super) async fn check_patient(
        &self,
        caller: &Caller,
        patient: &Id,
        at: &At,
    ) -> Result<(), AskError> {
        let key = Key::new(ResourceType::PATIENT, patient.clone());
        match self.read(caller, &key, at).await {
            Ok(_) => Ok(()),
            Err(error) => match error.kind() {
                Kind::NotFound | Kind::Forbidden => Err(AskError::UnknownPatient),
                Kind::Incorrect | Kind::Conflict | Kind::Refused => Err(error.into()),
                Kind::Busy | Kind::Full | Kind::Fault => Err(error.into()),
            },
        }
    }

    pub(super) async fn put(
        &self,
        caller: &Caller,
        prepared: &Prepared,
        question: Question,
    ) -> Result<Answer, AskError> {
        let call = &prepared.call;
        let answer = self.ask(caller, call, question, &prepared.grants).await;
        answer.map_err(|error| match error {
            Unasked::Library(source) => AskError::Library {
                departmental: call.release.id.clone(),
                source,
            },
            Unasked::Kept(source) => source.into(),
        })
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

/// The screen of that name, if it is meant for whoever asks.
fn declared<'r>(
    departmental: &DepartmentalId,
    release: &'r Release,
    screen: &str,
    caller: &Caller,
) -> Result<&'r Screen, AskError> {
    let named = || {
        let screen = screen.chars().take(64).collect::<String>();
        (departmental.clone(), screen)
    };
    let declared = release.manifest.screen(screen).ok_or_else(|| {
        let (departmental, screen) = named();
        AskError::NoSuchScreen {
            departmental,
            screen,
        }
    })?;
    let role = caller.role();
    if declared.audience.iter().any(|of| of == role.as_str()) {
        return Ok(declared);
    }
    let (departmental, screen) = named();
    Err(AskError::NotForRole {
        departmental,
        screen,
    })
}
