//! One try of one event: the departmental is asked, its proposal checked, and its effect kept with the cursor.
//!
//! Invariant: a try either keeps the whole effect and the place behind the event, or nothing.

use serde_json::Value;
use tokio::sync::Semaphore;

use super::call::document;
use super::event::{Event, Reactor};
use super::place::Place;
use super::{Held, Stuck, cursor_name};
use crate::Kind;
use crate::Record;
use crate::caller::Role;
use crate::commit::CommitError;
use crate::departmental::call::basis;
use crate::departmental::grant::Grants;
use crate::departmental::proposal::{self, Checked, Rejected, Terms};
use crate::departmental::{Answer, Call, Question};
use crate::log::T;
use crate::proposal::{CursorMove, Proposal};

/// What came of a try.
pub(super) enum Tried {
    /// The effect is kept.
    Done,
    /// Nothing was proposed: the place moves with the next effect.
    Nothing,
    /// It may go better as of this commit.
    Again(String, T),
    /// It will go no better.
    Poisoned(String),
}

impl Record {
    pub(super) async fn attempt(
        &self,
        reactor: &Reactor,
        place: &mut Held,
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
                return Ok(Tried::Poisoned("it answered no proposal".to_owned()));
            }
            Answer::Refused(failure) => {
                let failure = failure.bounded();
                return Ok(Tried::Poisoned(format!(
                    "it refused ({}): {}",
                    failure.code, failure.detail
                )));
            }
            Answer::Failed { kind, what } => {
                let what: String = what.chars().take(500).collect();
                return Ok(Tried::Again(format!("it failed ({kind:?}): {what}"), t));
            }
        };
        match self.proposed(reactor, &call, &grants, &document).await? {
            Ok(checked) if checked.changes.is_empty() => Ok(Tried::Nothing),
            Ok(checked) => self.keep(reactor, place, event, &call, checked).await,
            Err(why) => Ok(Tried::Poisoned(why)),
        }
    }

    /// The changes of a proposal, or why it was refused; that is audited.
    async fn proposed(
        &self,
        reactor: &Reactor,
        call: &Call,
        grants: &Grants,
        document: &Value,
    ) -> Result<Result<Checked, String>, Stuck> {
        let terms = Terms {
            caller: &reactor.caller,
            grants,
            patient: call.patient.as_ref(),
            t: call.t,
        };
        match proposal::checked(self, &terms, document).await {
            Ok(checked) => Ok(Ok(checked)),
            Err(Rejected::Read(error)) => Err(error.into()),
            Err(why) => {
                self.audit_refusal(&reactor.caller, "proposal-refused", &why.about(call))
                    .await?;
                Ok(Err(format!("its proposal was refused: {why}")))
            }
        }
    }

    async fn keep(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        event: &Event<'_>,
        call: &Call,
        Checked { changes, wanted }: Checked,
    ) -> Result<Tried, Stuck> {
        let to = Place::after_change(event.entry.t, event.index).as_cursor();
        let name = cursor_name(&reactor.enablement.site, &reactor.enablement.departmental);
        let cursor = Some(CursorMove {
            name,
            from: place.kept,
            to: Some(to),
            under: Some(reactor.lease.clone()),
        });
        let proposal = Proposal {
            changes,
            basis: basis(call),
            message: None,
            cursor,
        };
        let committed = self.commit_numbered(&reactor.caller, &call.site, proposal, &wanted);
        match committed.await {
            Ok(_) => {
                place.kept = Some(to);
                Ok(Tried::Done)
            }
            // Somebody wrote in between: the next try reads the record as it is now.
            Err(error @ CommitError::Stale { .. }) => {
                Ok(Tried::Again(error.to_string(), self.current()))
            }
            Err(error) => match error.kind() {
                Kind::Incorrect | Kind::Refused | Kind::NotFound | Kind::Forbidden => {
                    Ok(Tried::Poisoned(error.to_string()))
                }
                Kind::Conflict | Kind::Busy | Kind::Full | Kind::Fault => Err(error.into()),
            },
        }
    }
}
