//! A message's turn among those of its patient: what waits before it, and what waited for it.
//!
//! Invariant: a message is filed before a later one of the same patient, or holds it back; what waits for a patient or a
//! stay holds back nobody, and is filed as soon as they are in the record.

use record::caller::Caller;
use record::log::{At, T};
use record::message::{Arrival, State, Under};
use record::proposal::Change;
use tracing::warn;

use super::verdict::{not_kept, unfiled, unknown_sender};
use super::{Arrived, Intake};
use crate::feed::acknowledgement::{Code, Verdict};
use crate::feed::admission::Admission;
use crate::feed::codes::Codes;
use crate::feed::filing::{Desk, FileError, Part};
use crate::feed::header::Header;
use crate::feed::sender::Sender;
use crate::feed::whose;
use crate::limits::RELEASED_AT_ONCE_MAX;
use crate::plan::Plan;

impl Intake {
    /// Files a message, unless it is held back; then what waited for it. The lanes of its patients are taken.
    pub(super) async fn in_turn(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        plan: &Plan,
    ) -> Verdict {
        let mut wanted = arrived.numbers.clone();
        wanted.extend(stays(plan));
        let under = match self.record.messages_under(&wanted).await {
            Ok(under) => under,
            Err(error) => {
                warn!(error = %error, "could not look for messages that wait");
                return not_kept();
            }
        };
        if let Some(verdict) = self.behind(caller, arrived, &under).await {
            return verdict;
        }
        // What waited for this patient comes first, if it can.
        let known = !under.wanting.is_empty() && self.is_known(caller, arrived, plan).await;
        if known {
            self.release(&under.wanting).await;
        }
        let verdict = self.file(caller, sender, arrived, plan).await;
        if verdict.code == Code::Accept {
            self.release(&under.wanting).await;
        }
        verdict
    }

    /// Keeps a new message that comes after one that waits. `None`: nothing stands before it.
    pub(super) async fn held_back(
        &self,
        caller: &Caller,
        arrived: &Arrived<'_>,
    ) -> Option<Verdict> {
        match self.record.messages_under(&arrived.numbers).await {
            Ok(under) => self.behind(caller, arrived, &under).await,
            Err(error) => {
                warn!(error = %error, "could not look for messages that wait");
                Some(not_kept())
            }
        }
    }

    async fn behind(
        &self,
        caller: &Caller,
        arrived: &Arrived<'_>,
        under: &Under,
    ) -> Option<Verdict> {
        // Whatever was kept before comes here only when its turn has come.
        let first = under
            .holding
            .first()
            .filter(|_| arrived.arrival == Arrival::New)?;
        let held = State::Held { behind: *first };
        Some(
            self.keep(Some(caller), arrived, held, Verdict::filed())
                .await,
        )
    }

    /// Keeps a message whose patient, or the result it confirms, is not in the record yet.
    pub(super) async fn await_patient(
        &self,
        caller: &Caller,
        arrived: &Arrived<'_>,
        why: &FileError,
    ) -> Verdict {
        let verdict = unfiled(why);
        let awaiting = State::Awaiting {
            reason: verdict.reason.clone(),
            at: verdict.place.map(|place| place.to_string()),
        };
        self.keep(Some(caller), arrived, awaiting, verdict).await
    }

    async fn is_known(&self, caller: &Caller, arrived: &Arrived<'_>, plan: &Plan) -> bool {
        let desk = Desk {
            record: &self.record,
            caller,
            digest: &arrived.digest,
            at: At::Now,
        };
        for person in plan.persons() {
            if desk.known(person).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Files messages that wanted a patient or a stay, a bounded number of them; the worker takes the rest.
    async fn release(&self, wanting: &[T]) {
        for message in wanting.iter().take(RELEASED_AT_ONCE_MAX) {
            Box::pin(self.again(*message, false)).await;
        }
    }

    /// Files a message once more that was kept before, as the record is now. Whether anything came of it. `in_lane`: its
    /// patients' lanes are to be taken, since nobody has them.
    pub(super) async fn again(&self, message: T, in_lane: bool) -> bool {
        let kept = match self.record.message_again(message).await {
            Ok(Some(kept)) if kept.state.waits() || kept.state == State::Loose => kept,
            Ok(Some(_) | None) => return false,
            Err(error) => {
                warn!(error = %error, "could not read message {message} again");
                return false;
            }
        };
        let header = Header::read(&kept.bytes);
        let arrived = Arrived {
            source: kept.source,
            control_id: kept.control_id,
            arrival: kept.arrival,
            place: kept.place,
            was: Some(kept.state),
            ..self.arrived(header.as_ref(), &kept.bytes)
        };
        let verdict = match header {
            None => self.still(None, &arrived, super::no_header()).await,
            Some(header) => self.filed_again(&header, &arrived, in_lane).await,
        };
        verdict.code == Code::Accept
    }

    async fn filed_again(
        &self,
        header: &Header<'_>,
        arrived: &Arrived<'_>,
        in_lane: bool,
    ) -> Verdict {
        let (application, facility) = (header.named(3), header.named(4));
        let caller = match self.record.feed(&application, &facility).await {
            Ok(caller) => caller,
            Err(error) if super::passes(error.kind()) => return not_kept(),
            Err(_) => return self.still(None, arrived, unknown_sender()).await,
        };
        let sender = Sender {
            site: caller.site().to_string(),
            application,
            facility,
            codes: Codes::current(),
        };
        if in_lane {
            return self.read_and_file(&caller, &sender, arrived).await;
        }
        match super::read(arrived.bytes, &sender) {
            Ok(plan) => {
                let arrived = arrived.about(whose::of_persons(&plan.persons()));
                self.file(&caller, &sender, &arrived, &plan).await
            }
            // It was planned when it was kept, so the program has changed: the worker parks it.
            Err(_) => not_kept(),
        }
    }

    /// Parks what somebody wanted filed again and still cannot be; what waited for something else goes on waiting.
    async fn still(
        &self,
        caller: Option<&Caller>,
        arrived: &Arrived<'_>,
        verdict: Verdict,
    ) -> Verdict {
        match arrived.was {
            Some(State::Awaiting { .. } | State::Loose) => verdict,
            Some(_) | None => self.park(caller, arrived, verdict).await,
        }
    }
}

/// The stays that a message makes known.
fn stays(plan: &Plan) -> Vec<String> {
    let told: Vec<&Admission> = match plan {
        Plan::Admission(admission) => vec![admission],
        Plan::Swap(both) => both.iter().collect(),
        Plan::Results(_) | Plan::Entries(_) | Plan::Identity(_) => Vec::new(),
    };
    let visits = told.into_iter().filter_map(|it| it.visit.as_ref());
    visits
        .map(|it| whose::joined(&it.number.system, &it.number.value))
        .collect()
}

/// The stay that results name, where none of their parts could be joined to it.
pub(super) fn loose(plan: &Plan, parts: &[Part]) -> Option<String> {
    let number = match plan {
        Plan::Admission(_) | Plan::Swap(_) | Plan::Entries(_) | Plan::Identity(_) => {
            return None;
        }
        Plan::Results(results) => results.visit.as_ref()?,
    };
    let joined = parts.iter().any(|part| match &part.change {
        Change::Update { resource, .. } | Change::Create { resource, .. } => {
            resource.value().get("encounter").is_some()
        }
        Change::UpdateMatch { .. }
        | Change::Patch { .. }
        | Change::Delete { .. }
        | Change::DeleteMatches { .. } => false,
    });
    (!joined).then(|| whose::joined(&number.system, &number.value))
}
