//! What came of events, kept in their order: as many effects as are ready go into one batch, each a commit of its own.
//!
//! Invariant: an effect and the place behind its event are one commit, and no effect is kept before that of an earlier
//! event.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::sync::{Semaphore, mpsc};

use super::attempt::{Answered, Effect, Poisoned, call_of};
use super::event::{Event, Reactor};
use super::park::parking;
use super::{Held, Stuck, back_off, cursor_name};
use crate::commit::CommitError;
use crate::limits::{REACTION_BODIES, REACTION_TRIES_MAX};
use crate::proposal::{CursorMove, Proposal};
use crate::{Kind, Record};

impl Record {
    /// Has events answered, all of them at once, and their effects kept in order meanwhile. Gives how many had an effect.
    /// Each is answered as of its own commit, so what comes of one does not depend on whether another was kept before.
    pub(super) async fn handle(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        events: Vec<Event<'_>>,
        turns: &Semaphore,
    ) -> Result<usize, Stuck> {
        let mut answers = FuturesOrdered::new();
        for event in events {
            answers.push_back(self.answered_event(reactor, event, turns));
        }
        let (ready, mut answered) = mpsc::channel(REACTION_BODIES);
        let asking = async move {
            while let Some(answer) = answers.next().await {
                // Nobody takes it any longer: what could not be kept is said there.
                if ready.send(answer?).await.is_err() {
                    break;
                }
            }
            Ok::<(), Stuck>(())
        };
        let keeping = self.keep_all(reactor, place, &mut answered, turns);
        // What was answered before somebody got stuck is kept.
        let (asked, kept) = tokio::join!(asking, keeping);
        let kept = kept?;
        asked?;
        Ok(kept)
    }

    async fn keep_all<'a>(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        answered: &mut mpsc::Receiver<Answered<'a>>,
        turns: &Semaphore,
    ) -> Result<usize, Stuck> {
        let mut kept = 0;
        let mut went_well = true;
        let mut waiting: VecDeque<Answered<'a>> = VecDeque::new();
        while let Some(first) = answered.recv().await {
            waiting.push_back(first);
            while !waiting.is_empty() {
                while let Ok(next) = answered.try_recv() {
                    waiting.push_back(next);
                }
                went_well &= waiting.iter().all(Answered::went_well);
                kept += self.keep_some(reactor, place, &mut waiting, turns).await?;
            }
        }
        // Whoever fails is asked about one event after the other, so that failures do not pile up.
        place.at_once = match went_well {
            true => place.at_once.saturating_mul(2).min(REACTION_BODIES),
            false => 1,
        };
        Ok(kept)
    }

    /// Keeps the effects of as many of the first events as can be kept in one batch, and takes those events out.
    async fn keep_some(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        waiting: &mut VecDeque<Answered<'_>>,
        turns: &Semaphore,
    ) -> Result<usize, Stuck> {
        let name = cursor_name(&reactor.enablement.site, &reactor.enablement.departmental);
        let mut from = place.kept;
        for it in waiting.iter_mut() {
            let to = Some(it.behind().as_cursor());
            if let Effect::Proposed(proposal) | Effect::Parked(proposal) = &mut it.effect {
                proposal.cursor = Some(CursorMove {
                    name: name.clone(),
                    from,
                    to,
                    under: reactor.lease.clone(),
                });
                from = to;
            }
        }
        let proposals: Vec<&Proposal> = waiting.iter().filter_map(Answered::proposal).collect();
        let mut left = match proposals.is_empty() {
            true => 0,
            false => match self.commit_in_order(&reactor.caller, &proposals).await {
                Ok(receipts) => receipts.len(),
                Err(error) => {
                    self.reconsider(reactor, waiting, error, turns).await?;
                    return Ok(0);
                }
            },
        };
        let kept = left;
        // Those that need nothing go with the effects around them.
        while let Some(first) = waiting.pop_front_if(|it| left > 0 || it.proposal().is_none()) {
            place.now = first.behind();
            match first.effect {
                Effect::Nothing => continue,
                Effect::Proposed(_) => {}
                Effect::Parked(_) => {
                    let (of, t) = (&reactor.enablement.departmental, first.event.entry.t);
                    tracing::warn!(t = t.0, "a reaction of {of} to commit {t} was parked");
                }
            }
            place.kept = Some(place.now.as_cursor());
            left -= 1;
        }
        Ok(kept)
    }

    /// The first effect cannot be kept as it is: it is asked for again, or its event is put aside.
    async fn reconsider(
        &self,
        reactor: &Reactor,
        waiting: &mut VecDeque<Answered<'_>>,
        error: CommitError,
        turns: &Semaphore,
    ) -> Result<(), Stuck> {
        let at = waiting.iter().position(|it| it.proposal().is_some());
        let Some(at) = at else {
            return Err(error.into());
        };
        let Some(first) = waiting.remove(at) else {
            return Err(error.into());
        };
        let Answered {
            event,
            tries,
            effect: Effect::Proposed(proposal),
        } = first
        else {
            return Err(error.into());
        };
        let is_stale = matches!(error, CommitError::Stale { .. });
        let goes_no_better = match error.kind() {
            Kind::Incorrect | Kind::Refused | Kind::NotFound | Kind::Forbidden => true,
            Kind::Conflict | Kind::Busy | Kind::Full | Kind::Fault => is_stale,
        };
        if !goes_no_better {
            return Err(error.into());
        }
        let again = if is_stale && tries < REACTION_TRIES_MAX {
            // Somebody wrote in between: the next try reads the record as it is now.
            let t = self.current();
            tokio::time::sleep(back_off(tries)).await;
            self.asked_until_answered(reactor, event, t, tries, turns)
                .await?
        } else {
            let poisoned = Poisoned {
                why: error.to_string(),
                tries,
                call: call_of(&proposal),
            };
            let effect = Effect::Parked(parking(self, reactor, &event, &poisoned)?);
            Answered {
                event,
                tries,
                effect,
            }
        };
        waiting.insert(at, again);
        Ok(())
    }
}
