//! The one task that commits: takes what waits, checks that it still holds, writes it in one transaction, acknowledges.
//!
//! Invariant: nobody is told "done" before the disk has it, and nothing is published before that either.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::audit::{self, NewLeaf};
use crate::clock::{Clock, rfc3339};
use crate::commit::prepare::{Planned, Prepared, Write};
use crate::commit::{Outcome, Receipt, What};
use crate::limits;
use crate::log::T;
use crate::memory::{Mark, Memory};
use crate::store::row::{Batch, CREATED, CommitRow, DELETED, Head, VersionRow, resource_number};
use crate::store::{Store, StoreError};

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
enum Owed {
    Receipt(oneshot::Sender<Result<Receipt, Fate>>, Receipt),
    Moved(oneshot::Sender<Result<Receipt, Fate>>),
    Leaf(oneshot::Sender<Result<(), StoreError>>),
}

/// A batch in the making.
struct Making {
    batch: Batch,
    head: Head,
    marks: Vec<(i64, Mark)>,
    marked: HashSet<Mark>,
    owed: Vec<Owed>,
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
        let now_ms = self.clock.now_ms().max(self.head.at_ms);
        let mut making = Making {
            batch: Batch::default(),
            head: Head {
                at_ms: now_ms,
                ..self.head.clone()
            },
            marks: Vec::new(),
            marked: HashSet::new(),
            owed: Vec::with_capacity(taken.len()),
        };
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
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    StoreError::Failed {
        doing: "writing a batch",
        source: words.into(),
    }
}

impl Making {
    fn leaf(&mut self, leaf: NewLeaf) {
        let row = audit::chained(leaf, &mut self.head);
        self.batch.leaves.push(row);
    }

    /// Gives the proposal its numbers and puts its rows into the batch.
    fn take(&mut self, prepared: Prepared) -> Receipt {
        let commits = !prepared.writes.is_empty() || prepared.message.is_some();
        if commits {
            self.head.t += 1;
        }
        let t = self.head.t;
        let at = rfc3339(self.head.at_ms);
        let new = self.numbers(&prepared.writes);
        for write in &prepared.writes {
            self.version(write, t, &at, &new);
        }
        if commits {
            self.batch.commits.push(CommitRow {
                t,
                at_ms: self.head.at_ms,
                v_last: self.head.v,
                seq_last: self.head.seq,
                site: prepared.leaf.site.clone(),
                account: prepared.leaf.account.clone(),
                role: prepared.leaf.role.clone(),
                basis: prepared.basis,
            });
        }
        if let Some(mut message) = prepared.message {
            message.t = t;
            self.mark(
                t,
                Mark::Message(message.source.clone(), message.control_id.clone()),
            );
            self.batch.messages.push(message);
        }
        if let Some((name, to)) = prepared.cursor {
            self.mark(t, Mark::Cursor(name.clone()));
            self.batch.cursors.push((name, to.unwrap_or(t)));
        }
        self.leaf(NewLeaf { t, ..prepared.leaf });
        let first = self.batch.versions.len() - prepared.writes.len();
        let outcomes = prepared.outcomes.into_iter().map(|planned| match planned {
            Planned::Existing(outcome) => outcome,
            Planned::Write(index) => outcome(&self.batch.versions[first + index], &at),
        });
        Receipt {
            t: T(u64::try_from(t).unwrap_or(0)),
            outcomes: outcomes.collect(),
        }
    }

    fn mark(&mut self, t: i64, mark: Mark) {
        self.marked.insert(mark.clone());
        self.marks.push((t, mark));
    }

    /// The numbers of the proposal's new resources, by change; 0 for changes that make none.
    fn numbers(&mut self, writes: &[Write]) -> Vec<i64> {
        let changes = writes
            .iter()
            .map(|write| write.change + 1)
            .max()
            .unwrap_or(0);
        let mut new = vec![0; changes];
        for write in writes.iter().filter(|write| write.number.is_none()) {
            self.head.seq += 1;
            let r = resource_number(write.key.resource_type, self.head.seq);
            new[write.change] = r;
            self.batch.resources.push((write.key.clone(), r));
        }
        new
    }

    fn version(&mut self, write: &Write, t: i64, at: &str, new: &[i64]) {
        self.head.v += 1;
        let r = write.number.unwrap_or_else(|| new[write.change]);
        let compartment = write.indexed.place.compartment(r, new);
        let was_in = write.before.place.compartment(r, new);
        let moved = compartment != was_in;
        for draft in write
            .before
            .drafts
            .iter()
            .filter(|draft| moved || !write.indexed.drafts.contains(*draft))
        {
            self.batch.closed.push((draft.settled(r, was_in, new), t));
            if let Some((parameter, value)) = draft.term(new) {
                self.mark(t, Mark::Term(parameter, value));
            }
        }
        for draft in &write.indexed.drafts {
            if moved || !write.before.drafts.contains(draft) {
                self.batch
                    .opened
                    .push((draft.settled(r, compartment, new), t));
            }
            if let Some((parameter, value)) = draft.term(new) {
                self.mark(t, Mark::Term(parameter, value));
            }
        }
        self.mark(t, Mark::Key(write.key.clone()));
        self.mark(t, Mark::Type(write.key.resource_type.number()));
        self.batch.versions.push(VersionRow {
            v: self.head.v,
            r,
            version: write.version,
            t,
            at_ms: self.head.at_ms,
            what: write.what,
            compartment,
            key: write.key.clone(),
            body: write.body.as_ref().map(|body| body.dated(at)),
        });
    }
}

fn outcome(row: &VersionRow, at: &str) -> Outcome {
    let what = match row.what {
        CREATED => What::Created,
        DELETED => What::Deleted,
        _ => What::Updated,
    };
    Outcome {
        key: row.key.clone(),
        version: u64::try_from(row.version).unwrap_or(0),
        what,
        last_updated: at.to_owned(),
        body: row.body.clone(),
    }
}
