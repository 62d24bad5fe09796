//! Messages that a departmental reads: who is given a format at a site, and what becomes of one message.
//!
//! Invariant: a message is kept in the same commit as what a departmental made of it, or is still its sender's.

use fhir::resource::Id;

use crate::caller::{Caller, SiteCode};
use crate::commit::Receipt;
use crate::departmental::answer::{failed, malformed, refused, rejected};
use crate::departmental::call::{Prepared, basis};
use crate::departmental::grant::Grants;
use crate::departmental::proposal::{self, Checked, Terms};
use crate::departmental::screen::AskError;
use crate::departmental::{Answer, DepartmentalId, FailureKind, Question};
use crate::limits::INTAKE_BYTES_MAX;
use crate::log::At;
use crate::message::Kept;
use crate::proposal::Proposal;
use crate::{ReadError, Record};

/// A message for a departmental.
#[derive(Clone, Debug)]
pub struct ConvertAsk {
    /// Whose it is.
    pub departmental: DepartmentalId,
    /// Its format, as manifests name it.
    pub format: String,
    /// Whom it is about.
    pub patient: Id,
    /// The message, to be kept as filed.
    pub message: Kept,
}

impl Record {
    /// The departmentals to which a site gave messages of a format, in order of name.
    ///
    /// # Errors
    /// `Store` when it cannot be told.
    pub async fn given_intake(
        &self,
        site: &SiteCode,
        format: &str,
    ) -> Result<Vec<DepartmentalId>, ReadError> {
        let enabled = self.enablements(site).await?.into_iter();
        let given = enabled.filter(|it| it.intake.iter().any(|given| given == format));
        let mut given: Vec<DepartmentalId> = given.map(|it| it.departmental).collect();
        given.sort();
        Ok(given)
    }

    /// Has a departmental read a message, and commits what it proposes together with the message. It is asked in the
    /// feed's own name, so that it can write no more than the feed.
    ///
    /// # Errors
    /// Every variant of [`AskError`]; nothing was kept then. A message kept before is `CommitError::AlreadyKept`.
    pub async fn convert(&self, caller: &Caller, ask: ConvertAsk) -> Result<Receipt, AskError> {
        let bytes = ask.message.bytes.len();
        if bytes > INTAKE_BYTES_MAX {
            let what = format!(
                "the message has {bytes} bytes, and a departmental is given at most {INTAKE_BYTES_MAX}"
            );
            return Err(AskError::Incorrect { what });
        }
        let enablement = self.enabled_here(caller, &ask.departmental).await?;
        let release = self.release(&enablement.digest).await;
        let release = release.map_err(|source| AskError::Library {
            departmental: ask.departmental.clone(),
            source,
        })?;
        let given = enablement.given();
        if !Grants::may_convert(&release.manifest, &given, &ask.format) {
            return Err(AskError::NotGranted {
                departmental: ask.departmental,
                what: ask.format,
            });
        }
        let moment = self.when(&At::Now).await?;
        self.check_patient(caller, &ask.patient, &At::Commit(moment.t))
            .await?;
        let grants = Grants::of(&release.manifest, &given, caller.role());
        let call = self.call_of(caller, release, &enablement, Some(ask.patient), moment);
        if let Some(why) = &enablement.held_back {
            return Err(failed(&call, FailureKind::HeldBack, why));
        }
        let prepared = Prepared { call, grants };
        let question = Question::Convert {
            format: ask.format,
            message: ask.message.bytes.clone(),
        };
        let answer = self.put(caller, &prepared, question).await?;
        self.commit_converted(caller, &prepared, answer, ask.message)
            .await
    }

    async fn commit_converted(
        &self,
        caller: &Caller,
        prepared: &Prepared,
        answer: Answer,
        message: Kept,
    ) -> Result<Receipt, AskError> {
        let call = &prepared.call;
        let document = match answer {
            Answer::Proposal(document) => document,
            Answer::Screen(_) | Answer::Outcome(_) | Answer::Advice(_) => {
                return Err(malformed(call, "it answered no proposal"));
            }
            Answer::Refused(failure) => return Err(refused(&call.release, failure)),
            Answer::Failed { kind, what } => return Err(failed(call, kind, &what)),
        };
        let terms = Terms {
            caller,
            grants: &prepared.grants,
            patient: call.patient.as_ref(),
            t: call.t,
            now: &call.now,
        };
        let Checked { changes, wanted } = match proposal::checked(self, &terms, &document).await {
            Ok(checked) => checked,
            Err(why) => {
                self.audit_refusal(caller, "proposal-refused", &why.about(call))
                    .await?;
                return Err(rejected(call, why));
            }
        };
        let proposal = Proposal {
            changes,
            basis: basis(call),
            message: Some(message),
            cursor: None,
        };
        let committed = self.commit_numbered(caller, &call.site, proposal, &wanted);
        Ok(committed.await?)
    }
}

#[cfg(test)]
mod tests;
