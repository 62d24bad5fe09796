//! The one task that commits: takes what waits, checks that it still holds, writes it in one transaction, acknowledges.
//!
//! Invariant: nobody is told "done" before the disk has it, and nothing is published before that either.

mod doubt;
mod full;
pub(super) mod owed;
mod turn;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::audit::NewLeaf;
use crate::clock::Clock;
use crate::commit::Receipt;
use crate::commit::committer::full::Room;
use crate::commit::committer::owed::refuse;
use crate::commit::making::Making;
use crate::commit::prepare::Prepared;
use crate::limits;
use crate::memory::{Memory, Stamp};
use crate::store::row::{Batch, Head};
use crate::store::{Store, StoreError};

/// What waits for the committer.
pub(crate) enum Waiting {
    /// Proposals that were sound when they were prepared. As many of the first as still hold are written, in one batch.
    Proposals {
        /// What to write, in order; at least one.
        prepared: Vec<Prepared>,
        /// Where the answer goes: a receipt for each that was written, at least one.
        answer: oneshot::Sender<Result<Vec<Receipt>, Fate>>,
    },
    /// Something was read.
    Leaf {
        /// What.
        leaf: NewLeaf,
        /// Whether it is kept whatever happened since.
        when: Noted,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<(), Fate>>,
    },
}

/// When a leaf is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// In any case.
    Always,
    /// Unless another host had committed something that whoever read did not know of.
    UnlessOthersWrote,
}

/// Why what waited was not written.
#[derive(Debug)]
pub(crate) enum Fate {
    /// What it rests on has changed since: prepare it again, and keep the hold until it is back in the queue.
    Moved(Option<Hold>),
    /// The database did not do it.
    Failed(StoreError),
}

/// Keeps this host's turn open, a bounded time, so that no other host commits while a proposal is prepared again.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    _open: mpsc::Sender<Infallible>,
}

/// The state of the one committer.
pub(crate) struct Committer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    memory: Arc<Memory>,
    head: Head,
    published: watch::Sender<i64>,
    /// Whether `head` may not be what the database says.
    doubtful: bool,
    /// The last commit known when commits of other hosts were last taken in.
    others_t: i64,
    room: Room,
}

impl Committer {
    /// A committer that goes on from the head of a store.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        memory: Arc<Memory>,
        head: Head,
        published: watch::Sender<i64>,
    ) -> Self {
        Self {
            store,
            clock,
            memory,
            head,
            published,
            doubtful: false,
            others_t: 0,
            room: Room::Enough,
        }
    }

    /// Works until everybody who could send something has gone.
    pub(crate) async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let others = Duration::from_millis(limits::OTHERS_MS);
        loop {
            let first = if self.store.shared() {
                match tokio::time::timeout(others, waiting.recv()).await {
                    Ok(first) => first,
                    Err(_) => {
                        self.look_at_others().await;
                        continue;
                    }
                }
            } else {
                waiting.recv().await
            };
            let Some(first) = first else { return };
            let mut taken = vec![first];
            let mut changes = 0;
            while taken.len() < limits::BATCH_MAX && changes < limits::BATCH_CHANGES_MAX {
                let Ok(next) = waiting.try_recv() else { break };
                changes += match &next {
                    Waiting::Proposals { prepared, .. } => {
                        prepared.iter().map(|one| one.writes.len()).sum()
                    }
                    Waiting::Leaf { leaf, .. } => leaf.weight(),
                };
                taken.push(next);
            }
            self.turn(taken, &mut waiting).await;
        }
    }

    async fn look_at_others(&mut self) {
        // What cannot be seen now is looked for again at the next turn.
        if let Ok(head) = self.store.head().await {
            self.catch_up(head).await;
        }
    }

    /// Takes in what others committed, or what our own failed batch wrote after all.
    async fn catch_up(&mut self, head: Head) {
        if head.t > self.head.t {
            let missed = self
                .store
                .commits_after(self.head.t, limits::LOG_PAGE_MAX)
                .await;
            match missed {
                Ok(missed) if missed.last().is_some_and(|(commit, _)| commit.t >= head.t) => {
                    for (commit, versions) in missed {
                        if commit.t <= head.t {
                            self.memory.others_changed(head.t, &versions);
                        }
                    }
                }
                Ok(_) | Err(_) => {
                    self.memory.begin_at(head.t);
                    self.memory.forget_all();
                }
            }
            self.others_t = head.t;
            self.published.send_replace(head.t);
        }
        self.head = head;
    }

    async fn turn(&mut self, mut taken: Vec<Waiting>, waiting: &mut mpsc::Receiver<Waiting>) {
        // What could not be written for lack of room and may fit by itself goes round again: leaves, a bounded number
        // of times.
        while !taken.is_empty() {
            taken = self.pass(taken, waiting).await;
        }
    }

    async fn pass(
        &mut self,
        taken: Vec<Waiting>,
        waiting: &mut mpsc::Receiver<Waiting>,
    ) -> Vec<Waiting> {
        if self.store.shared() || self.doubtful {
            match self.store.begin().await {
                Ok(head) => {
                    self.catch_up(head).await;
                    self.doubtful = false;
                }
                Err(error) => {
                    self.doubtful = true;
                    refuse(taken, &error);
                    return Vec::new();
                }
            }
        }
        let making = Making::after(&self.head, self.clock.now_ms());
        let making = self.filled(making, taken, waiting).await;
        self.write(making).await
    }

    /// Writes the batch, finds out what became of it when that failed, and answers everybody but those who go round.
    async fn write(&mut self, making: Making) -> Vec<Waiting> {
        let Making {
            batch,
            head,
            marked,
            owed,
        } = making;
        let nothing =
            batch.leaves.is_empty() && batch.commits.is_empty() && batch.cursors.is_empty();
        let batch = Arc::new(batch);
        let written = if nothing {
            self.store.give_up().await
        } else {
            self.store.write(Arc::clone(&batch)).await
        };
        let refused = match written {
            Ok(()) => None,
            Err(error) => self.what_became_of(&batch, error).await,
        };
        match refused {
            None => {
                self.take_in(&batch, head, marked);
                for owed in owed {
                    owed.pay();
                }
            }
            Some(StoreError::Fenced { lease }) => {
                for owed in owed {
                    owed.fence(&lease);
                }
            }
            Some(StoreError::Full { doing }) => {
                return self.without_room(doing, &batch, owed).await;
            }
            Some(error) => {
                for owed in owed {
                    owed.refuse(&error);
                }
            }
        }
        Vec::new()
    }

    /// Learns what was written, and publishes it.
    fn take_in(&mut self, batch: &Batch, head: Head, marked: HashSet<Stamp>) {
        self.head = head;
        // The batch becomes known as a whole, so all that it changed counts as changed by its last commit.
        self.memory.changed(self.head.t, marked);
        self.memory.learn(batch.resources.iter().cloned());
        self.memory
            .replace(batch.versions.iter().cloned().map(Arc::new));
        self.published
            .send_if_modified(|t| std::mem::replace(t, self.head.t) != self.head.t);
    }
}
