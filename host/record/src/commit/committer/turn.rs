//! One turn: what still holds goes into the batch, and what other hosts' commits moved is waited for.
//!
//! Invariant: while this host has the turn nobody else commits, so a proposal is moved by other hosts once at most.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::owed::Owed;
use super::{Committer, Fate, Hold, Noted, Waiting};
use crate::commit::Receipt;
use crate::commit::making::Making;
use crate::commit::prepare::Prepared;
use crate::limits;
use crate::store::StoreError;

type Answer = oneshot::Sender<Result<Vec<Receipt>, Fate>>;

impl Committer {
    /// The batch with everything that holds.
    pub(super) async fn filled(
        &mut self,
        mut making: Making,
        taken: Vec<Waiting>,
        waiting: &mut mpsc::Receiver<Waiting>,
    ) -> Making {
        let is_short = self.is_short_of_room().await;
        let mut late: Vec<Answer> = Vec::new();
        for one in taken {
            late.extend(self.admit(&mut making, one, is_short));
        }
        if late.is_empty() {
            return making;
        }
        if !self.store.shared() {
            making.owed.extend(late.into_iter().map(Owed::Moved));
            return making;
        }
        let mut back = self.send_back(late);
        let end = Instant::now() + Duration::from_millis(limits::TURN_HELD_MS);
        let mut all_back = false;
        while making.batch.versions.len() < limits::BATCH_CHANGES_MAX
            && making.owed.len() < limits::BATCH_MAX
        {
            let next = if all_back {
                waiting.try_recv().ok()
            } else {
                tokio::select! {
                    biased;
                    // Everybody has come back or has given up; what they sent before that is in the queue.
                    _ = back.recv() => {
                        all_back = true;
                        continue;
                    }
                    next = waiting.recv() => next,
                    () = tokio::time::sleep_until(end) => None,
                }
            };
            let Some(next) = next else { break };
            let moved = self.admit(&mut making, next, is_short);
            making.owed.extend(moved.map(Owed::Moved));
        }
        making
    }

    /// Tells them to prepare again while the turn is held; the channel ends when none of them needs it any longer.
    fn send_back(&self, late: Vec<Answer>) -> mpsc::Receiver<Infallible> {
        let (open, back) = mpsc::channel(1);
        for answer in late {
            let hold = Hold {
                _open: open.clone(),
            };
            drop(answer.send(Err(Fate::Moved(Some(hold)))));
        }
        back
    }

    /// Takes what holds into the batch. Gives back whoever has to prepare again as of a commit that is published.
    fn admit(&self, making: &mut Making, one: Waiting, is_short: bool) -> Option<Answer> {
        match one {
            Waiting::Leaf { leaf, when, answer } => {
                if when == Noted::UnlessOthersWrote && leaf.t < self.others_t {
                    drop(answer.send(Err(Fate::Moved(None))));
                } else {
                    let at = making.batch.leaves.len();
                    making.leaf(leaf);
                    making.owed.push(Owed::Leaf { answer, at });
                }
                None
            }
            Waiting::Proposals { answer, .. } if is_short => {
                let doing = "writing a batch";
                drop(answer.send(Err(Fate::Failed(StoreError::Full { doing }))));
                None
            }
            Waiting::Proposals { prepared, answer } => {
                let holds = |one: &Prepared| self.memory.unchanged_since(one.t, &one.rests_on);
                if !prepared.first().is_some_and(holds) {
                    return Some(answer);
                }
                let (mut receipts, mut lease) = (Vec::with_capacity(prepared.len()), None);
                for one in prepared {
                    // What comes behind one that no longer holds is prepared again with it.
                    if !holds(&one) || making.changes_what(&one.rests_on) {
                        break;
                    }
                    lease = one.lease().map(|lease| lease.name.clone());
                    receipts.push(making.take(one));
                }
                making.owed.push(match receipts.is_empty() {
                    true => Owed::Moved(answer),
                    false => Owed::Receipts {
                        answer,
                        receipts,
                        lease,
                    },
                });
                None
            }
        }
    }
}
