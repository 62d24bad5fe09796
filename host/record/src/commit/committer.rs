//! The one task that commits: takes what waits, checks that it still holds, writes it in one transaction, acknowledges.
//!
//! Invariant: nobody is told "done" before the disk has it, and nothing is published before that either.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::audit::NewLeaf;
use crate::clock::Clock;
use crate::commit::Receipt;
use crate::commit::making::Making;
use crate::commit::prepare::Prepared;
use crate::limits;
use crate::memory::Memory;
use crate::store::row::Head;
use crate::store::{Store, StoreError};
use crate::with_causes;

/// What waits for the committer.
pub(crate) enum Waiting {
    /// A proposal that was sound when it was prepared.
    Proposal {
        /// What to write.
        prepared: Box<Prepared>,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Receipt, Fate>>,
    },
    /// Something was read.
    Leaf {
        /// What.
        leaf: NewLeaf,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
}

/// Why a prepared proposal was not written.
#[derive(Debug)]
pub(crate) enum Fate {
    /// What it rests on has changed since: prepare it again.
    Moved,
    /// The database did not do it.
    Failed(StoreError),
}

/// The state of the one committer.
pub(crate) struct Committer {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) head: Head,
    pub(crate) published: watch::Sender<i64>,
    /// Whether `head` may not be what the database says.
    pub(crate) doubtful: bool,
}

/// What is owed to whoever waits, once the batch is on disk.
pub(super) enum Owed {
    Receipt(oneshot::Sender<Result<Receipt, Fate>>, Receipt),
    Moved(oneshot::Sender<Result<Receipt, Fate>>),
    Leaf(oneshot::Sender<Result<(), StoreError>>),
}

impl Committer {
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
                    Waiting::Proposal { prepared, .. } => prepared.writes.len(),
                    Waiting::Leaf { .. } => 0,
                };
                taken.push(next);
            }
            self.turn(taken).await;
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
            let seen = missed
                .as_ref()
                .ok()
                .and_then(|missed| missed.last())
                .map(|(commit, _)| commit.t);
            self.memory.begin_at(head.t);
            match missed {
                Ok(missed) if seen >= Some(head.t) => {
                    self.memory.forget(
                        missed
                            .iter()
                            .flat_map(|(_, versions)| versions.iter().map(|row| row.r)),
                    );
                }
                Ok(_) | Err(_) => self.memory.forget_all(),
            }
            self.published.send_replace(head.t);
        }
        self.head = head;
    }

    async fn turn(&mut self, taken: Vec<Waiting>) {
        if self.store.shared() || self.doubtful {
            match self.store.begin().await {
                Ok(head) => {
                    self.catch_up(head).await;
                    self.doubtful = false;
                }
                Err(error) => {
                    self.doubtful = true;
                    return refuse(taken, &error);
                }
            }
        }
        let mut making = Making::after(&self.head, self.clock.now_ms());
        for waiting in taken {
            match waiting {
                Waiting::Leaf { leaf, answer } => {
                    making.leaf(leaf);
                    making.owed.push(Owed::Leaf(answer));
                }
                Waiting::Proposal { prepared, answer } => {
                    let holds = self.memory.unchanged_since(prepared.t, &prepared.rests_on)
                        && !prepared
                            .rests_on
                            .iter()
                            .any(|mark| making.marked.contains(mark));
                    let owed = if holds {
                        Owed::Receipt(answer, making.take(*prepared))
                    } else {
                        Owed::Moved(answer)
                    };
                    making.owed.push(owed);
                }
            }
        }
        self.write(making).await;
    }

    async fn write(&mut self, making: Making) {
        let Making {
            batch,
            head,
            marks,
            owed,
            ..
        } = making;
        let nothing =
            batch.leaves.is_empty() && batch.commits.is_empty() && batch.cursors.is_empty();
        let batch = Arc::new(batch);
        let written = if nothing {
            self.store.give_up().await
        } else {
            self.store.write(Arc::clone(&batch)).await
        };
        if let Err(error) = written {
            self.doubtful = true;
            for owed in owed {
                owed.refuse(&error);
            }
            return;
        }
        self.head = head;
        let mut by_commit = marks.into_iter().peekable();
        while let Some((t, mark)) = by_commit.next() {
            let mut of_commit = vec![mark];
            while let Some((_, mark)) = by_commit.next_if(|(next, _)| *next == t) {
                of_commit.push(mark);
            }
            self.memory.changed(t, of_commit);
        }
        self.memory.learn(batch.resources.iter().cloned());
        self.memory
            .replace(batch.versions.iter().cloned().map(Arc::new));
        self.published
            .send_if_modified(|t| std::mem::replace(t, self.head.t) != self.head.t);
        for owed in owed {
            owed.pay();
        }
    }
}

impl Owed {
    /// Whoever stopped waiting is not told.
    fn pay(self) {
        match self {
            Self::Receipt(answer, receipt) => drop(answer.send(Ok(receipt))),
            Self::Moved(answer) => drop(answer.send(Err(Fate::Moved))),
            Self::Leaf(answer) => drop(answer.send(Ok(()))),
        }
    }

    fn refuse(self, error: &StoreError) {
        match self {
            Self::Receipt(answer, _) | Self::Moved(answer) => {
                drop(answer.send(Err(Fate::Failed(again(error)))))
            }
            Self::Leaf(answer) => drop(answer.send(Err(again(error)))),
        }
    }
}

fn refuse(taken: Vec<Waiting>, error: &StoreError) {
    for waiting in taken {
        match waiting {
            Waiting::Proposal { answer, .. } => drop(answer.send(Err(Fate::Failed(again(error))))),
            Waiting::Leaf { answer, .. } => drop(answer.send(Err(again(error)))),
        }
    }
}

/// One error for each of those whom it concerns.
fn again(error: &StoreError) -> StoreError {
    StoreError::Failed {
        doing: "writing a batch",
        source: with_causes(error).into(),
    }
}
