//! An event put to a departmental: asked as often as it may be, until there is something to keep.
//!
//! Invariant: what is kept of an event moves the cursor behind it, so that it is kept once.

use serde_json::Value;
use tokio::sync::Semaphore;

use super::call::{depth, document};
use super::event::{Event, Reactor};
use super::park::parking;
use super::place::Place;
use super::{Stuck, back_off};
use crate::Record;
use crate::caller::Role;
use crate::departmental::call::basis;
use crate::departmental::grant::Grants;
use crate::departmental::proposal::{self, Checked, Rejected, Terms};
use crate::departmental::{Answer, Call, Question};
use crate::limits::{REACTION_DEPTH_MAX, REACTION_TRIES_MAX};
use crate::log::T;
use crate::proposal::{Basis, Change, Proposal};

/// Why a proposal that asks for numbers is refused: effects are kept several at once, and numbers are counted one by one.
const NO_IDENTIFIERS: &str =
    "its proposal asks for identifiers, which are given to what a form or a message proposes";

/// An event that was answered.
pub(super) struct Answered<'a> {
    pub(super) event: Event<'a>,
    /// How often the departmental was asked.
    pub(super) tries: u32,
    pub(super) effect: Effect,
}

/// What comes of an event.
pub(super) enum Effect {
    /// Nothing: the place moves with the next effect.
    Nothing,
    /// What the departmental proposes.
    Proposed(Proposal),
    /// It is put aside.
    Parked(Proposal),
}

/// Why an event is put aside for a person to look at.
pub(super) struct Poisoned {
    pub(super) why: String,
    /// How often the departmental was asked.
    pub(super) tries: u32,
    /// The last call that was made for it.
    pub(super) call: Option<String>,
}

/// What came of a try, with the call that was made.
pub(super) enum Tried {
    /// These changes are proposed; none: there is nothing to do.
    Proposed(Call, Vec<Change>),
    /// It may go better.
    Failed(Call, String),
    /// It will go no better.
    Refused(Call, String),
}

impl Answered<'_> {
    /// Behind the event.
    pub(super) fn behind(&self) -> Place {
        Place::after_change(self.event.entry.t, self.event.index)
    }

    /// Whether the departmental answered at once, and soundly.
    pub(super) fn went_well(&self) -> bool {
        self.tries <= 1 && !matches!(self.effect, Effect::Parked(_))
    }

    /// What is to be kept, if anything is.
    pub(super) fn proposal(&self) -> Option<&Proposal> {
        match &self.effect {
            Effect::Nothing => None,
            Effect::Proposed(proposal) | Effect::Parked(proposal) => Some(proposal),
        }
    }
}

impl Record {
    /// Has an event answered as of its own commit.
    pub(super) async fn answered_event<'a>(
        &self,
        reactor: &Reactor,
        event: Event<'a>,
        turns: &Semaphore,
    ) -> Result<Answered<'a>, Stuck> {
        if depth(event.entry) >= REACTION_DEPTH_MAX {
            let poisoned = Poisoned {
                why: format!("reactions followed each other more than {REACTION_DEPTH_MAX} times"),
                tries: 0,
                call: None,
            };
            let effect = Effect::Parked(parking(self, reactor, &event, &poisoned)?);
            return Ok(Answered {
                event,
                tries: 0,
                effect,
            });
        }
        let t = event.entry.t;
        self.asked_until_answered(reactor, event, t, 0, turns).await
    }

    /// Asks as of a commit until there is an answer, so often that with the `tries` before it is no more than
    /// `REACTION_TRIES_MAX`.
    pub(super) async fn asked_until_answered<'a>(
        &self,
        reactor: &Reactor,
        event: Event<'a>,
        t: T,
        mut tries: u32,
        turns: &Semaphore,
    ) -> Result<Answered<'a>, Stuck> {
        let effect = loop {
            tries += 1;
            let poisoned = match self.attempt(reactor, &event, t, turns).await? {
                Tried::Proposed(_, changes) if changes.is_empty() => break Effect::Nothing,
                Tried::Proposed(call, changes) => {
                    break Effect::Proposed(Proposal {
                        changes,
                        basis: basis(&call),
                        message: None,
                        cursor: None,
                    });
                }
                Tried::Failed(..) if tries < REACTION_TRIES_MAX => {
                    tokio::time::sleep(back_off(tries)).await;
                    continue;
                }
                Tried::Failed(call, why) | Tried::Refused(call, why) => Poisoned {
                    why,
                    tries,
                    call: Some(call.id),
                },
            };
            break Effect::Parked(parking(self, reactor, &event, &poisoned)?);
        };
        Ok(Answered {
            event,
            tries,
            effect,
        })
    }

    /// Asks once, as of a commit.
    pub(super) async fn attempt(
        &self,
        reactor: &Reactor,
        event: &Event<'_>,
        t: T,
        turns: &Semaphore,
    ) -> Result<Tried, Stuck> {
        let call = self.reaction_call(reactor, event, t);
        let grants = Grants::of(
            &reactor.release.manifest,
            &reactor.enablement.given(),
            Role::Reaction,
        );
        let question = Question::React {
            event: document(event),
        };
        let answer = {
            // The semaphore is never closed; if it were, the answer is asked for all the same.
            let _turn = turns.acquire().await;
            self.ask(&reactor.caller, &call, question, &grants).await?
        };
        let document = match answer {
            Answer::Proposal(document) => document,
            Answer::Screen(_) | Answer::Outcome(_) | Answer::Advice(_) => {
                return Ok(Tried::Refused(call, "it answered no proposal".to_owned()));
            }
            Answer::Refused(failure) => {
                let failure = failure.bounded();
                let why = format!("it refused ({}): {}", failure.code, failure.detail);
                return Ok(Tried::Refused(call, why));
            }
            Answer::Failed { kind, what } if kind.was_not_asked() => {
                return Err(Stuck::NotAsked(what));
            }
            Answer::Failed { kind, what } => {
                let what: String = what.chars().take(500).collect();
                return Ok(Tried::Failed(call, format!("it failed ({kind:?}): {what}")));
            }
        };
        Ok(
            match self.proposed(reactor, &call, &grants, &document).await? {
                Ok(changes) => Tried::Proposed(call, changes),
                Err(why) => Tried::Refused(call, why),
            },
        )
    }

    /// The changes of a proposal, or why it was refused; that is audited.
    async fn proposed(
        &self,
        reactor: &Reactor,
        call: &Call,
        grants: &Grants,
        document: &Value,
    ) -> Result<Result<Vec<Change>, String>, Stuck> {
        let terms = Terms {
            caller: &reactor.caller,
            grants,
            patient: call.patient.as_ref(),
            t: call.t,
            now: &call.now,
        };
        match proposal::checked(self, &terms, document).await {
            Ok(Checked { changes, wanted }) if wanted.is_empty() => Ok(Ok(changes)),
            Ok(Checked { .. }) => Ok(Err(NO_IDENTIFIERS.to_owned())),
            Err(Rejected::Read(error)) => Err(error.into()),
            Err(why) => {
                self.audit_refusal(&reactor.caller, "proposal-refused", &why.about(call))
                    .await?;
                Ok(Err(format!("its proposal was refused: {why}")))
            }
        }
    }
}

/// The call from which a proposal came.
pub(super) fn call_of(proposal: &Proposal) -> Option<String> {
    match &proposal.basis {
        Basis::Departmental { call, .. } => Some(call.clone()),
        Basis::Direct | Basis::Once { .. } | Basis::Message { .. } | Basis::Identity(_) => None,
    }
}
