//! Messages of kinds that the record does not file itself: handed to the departmental that the site gave them to.
//!
//! Invariant: what a departmental cannot read is parked with its name and reason; what cannot be kept now stays the sender's.

use record::Kind;
use record::caller::Caller;
use record::commit::CommitError;
use record::departmental::intake::ConvertAsk;
use record::departmental::manifest::HL7V2;
use record::departmental::screen::AskError;
use record::departmental::{DepartmentalId, FailureKind};
use record::message::State;
use tracing::{info, warn};

use super::verdict::{not_kept, stands_against, unfiled, unplanned};
use super::{Arrived, Intake};
use crate::feed::acknowledgement::Verdict;
use crate::feed::filing::FileError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, charset};
use crate::feed::sender::Sender;
use crate::feed::whose;
use crate::limits::TRIES_MAX;
use crate::plan::{Person, PlanError};

impl Intake {
    /// Hands a message on whose `kind` the record does not file; parks it where nobody is given it.
    pub(super) async fn hand_on(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        kind: &PlanError,
    ) -> Verdict {
        let PlanError::Kind { found, .. } = kind else {
            return self.park(Some(caller), arrived, unplanned(kind)).await;
        };
        let format = format!("{HL7V2}{found}");
        let given = match self.record.given_intake(caller.site(), &format).await {
            Ok(given) => given,
            Err(error) => {
                warn!(error = %error, "could not tell to whom a message is given");
                return not_kept();
            }
        };
        let verdict = match given.as_slice() {
            [one] => return self.handed_to(one, caller, sender, arrived, format).await,
            [] => unplanned(kind),
            several => {
                let names: Vec<&str> = several.iter().map(DepartmentalId::as_str).collect();
                let reason = format!(
                    "{found} is given to {} at this site: an administrator has to take it from all but one",
                    names.join(" and ")
                );
                stands_against(reason, Some(Place::of("MSH", 9)))
            }
        };
        self.park(Some(caller), arrived, verdict).await
    }

    async fn handed_to(
        &self,
        departmental: &DepartmentalId,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        format: String,
    ) -> Verdict {
        let person = match person(arrived.bytes, sender) {
            Ok(person) => person,
            Err(error) => return self.park(Some(caller), arrived, unplanned(&error)).await,
        };
        // What a departmental cannot read rests on the departmental: it holds back nobody. It waits for others all the same.
        let numbers = whose::of_persons(&[&person]);
        let _lanes = self.lanes.taken(&numbers).await;
        if let Some(verdict) = self
            .held_back(caller, &arrived.about(numbers.clone()))
            .await
        {
            return verdict;
        }
        let desk = self.desk(caller, arrived);
        for _ in 0..TRIES_MAX {
            let patient = match desk.known(&person).await {
                Ok(patient) => patient,
                Err(FileError::Read(error)) if super::passes(error.kind()) => {
                    warn!(error = %error, "could not read the record for a message");
                    return not_kept();
                }
                Err(error) if error.waits() => {
                    let arrived = arrived.about(numbers);
                    return self.await_patient(caller, &arrived, &error).await;
                }
                Err(error) => return self.park(Some(caller), arrived, unfiled(&error)).await,
            };
            let ask = ConvertAsk {
                departmental: departmental.clone(),
                format: format.clone(),
                patient: patient.id,
                message: arrived.kept(State::Filed),
            };
            match self.record.convert(caller, ask).await {
                Ok(receipt) => {
                    info!(t = receipt.t.0, site = %sender.site, changes = receipt.outcomes.len(), "{departmental} read a message");
                    return Verdict::filed();
                }
                Err(AskError::Commit {
                    source: CommitError::Stale { .. } | CommitError::Missing { .. },
                }) => {}
                Err(AskError::Commit {
                    source: CommitError::CursorMoved { .. },
                }) => return not_kept(),
                Err(AskError::Commit {
                    source: CommitError::AlreadyKept { before },
                }) => return Box::pin(self.repeated(caller, sender, arrived, before)).await,
                Err(error) if passes(&error) => {
                    warn!(error = %record::with_causes(&error), "a message was not handed on");
                    return not_kept();
                }
                Err(error) => {
                    let verdict = stands_against(record::with_causes(&error), None);
                    return self.park(Some(caller), arrived, verdict).await;
                }
            }
        }
        not_kept()
    }
}

/// Whether it may go better when the same message is sent again. A departmental that fails is no such case: its messages
/// would hold back everybody else's.
fn passes(error: &AskError) -> bool {
    match error {
        AskError::Read { source } => super::passes(source.kind()),
        AskError::Commit { source } => {
            matches!(source.kind(), Kind::Busy | Kind::Full | Kind::Fault)
        }
        AskError::Refused { failure, .. } => failure.code == "busy",
        AskError::Failed { kind, .. } => *kind == FailureKind::Busy,
        AskError::NotEnabled { .. }
        | AskError::NoSuchScreen { .. }
        | AskError::NotForRole { .. }
        | AskError::UnknownPatient
        | AskError::Incorrect { .. }
        | AskError::Outdated { .. }
        | AskError::KeyUsed
        | AskError::NotGranted { .. }
        | AskError::Library { .. } => false,
    }
}

/// Whom a message is about, as its PID says.
fn person(bytes: &[u8], sender: &Sender) -> Result<Person, PlanError> {
    let (text, set) = charset::decode(bytes)?;
    let message = Message::parse(&text, set)?;
    Ok(Person::read(&message, sender)?)
}

#[cfg(test)]
mod tests;
