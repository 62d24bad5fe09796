//! A batch in the making: proposals get their numbers and become rows.
//!
//! Invariant: numbers of commits, versions, resources and leaves follow each other without gaps.

use std::collections::HashSet;

use crate::audit::{self, NewLeaf};
use crate::clock::rfc3339;
use crate::commit::committer::owed::Owed;
use crate::commit::content::{self, Content};
use crate::commit::prepare::{Planned, Prepared, Write};
use crate::commit::{Outcome, Receipt, What};
use crate::log::T;
use crate::memory::{Mark, Stamp};
use crate::store::row::{
    Batch, CREATED, CommitRow, DELETED, Head, MessageRow, Moved, UPDATED, VersionRow,
    resource_number,
};
use crate::store::scan::Span;

/// A batch in the making.
pub(super) struct Making {
    pub(super) batch: Batch,
    pub(super) head: Head,
    /// What the batch changes.
    pub(super) marked: HashSet<Stamp>,
    pub(super) owed: Vec<Owed>,
}

impl Making {
    /// An empty batch behind this head, made now, but never before the commit before it.
    pub(super) fn after(head: &Head, now_ms: i64) -> Self {
        Self {
            batch: Batch::default(),
            head: Head {
                at_ms: now_ms.max(head.at_ms),
                ..head.clone()
            },
            marked: HashSet::new(),
            owed: Vec::new(),
        }
    }

    pub(super) fn leaf(&mut self, leaf: NewLeaf) {
        let row = audit::chained(leaf, &mut self.head);
        self.batch.leaves.push(row);
    }

    /// Gives the proposal its numbers and puts its rows into the batch.
    pub(super) fn take(&mut self, prepared: Prepared) -> Receipt {
        let commits = !prepared.writes.is_empty() || prepared.message.is_some();
        if commits {
            self.head.t += 1;
        }
        let t = self.head.t;
        let at = rfc3339(self.head.at_ms);
        let new = self.numbers(&prepared.writes);
        let first = self.batch.versions.len();
        for write in &prepared.writes {
            self.version(write, t, &at, &new);
        }
        for r in &prepared.merged {
            self.mark(&Mark::Merged(*r));
        }
        let mut leaf = NewLeaf { t, ..prepared.leaf };
        if commits {
            let commit = CommitRow {
                t,
                at_ms: self.head.at_ms,
                v_last: self.head.v,
                seq_last: self.head.seq,
                site: leaf.site.clone(),
                account: leaf.account.clone(),
                role: leaf.role.clone(),
                basis: prepared.basis,
            };
            let row = prepared.message.as_ref().and_then(|it| it.row.as_ref());
            let digest = self.content(first, row).of(&commit);
            leaf.about = content::noted(&leaf.about, &digest);
            self.batch.commits.push(commit);
        }
        if let Some(keeping) = prepared.message {
            let (source, control_id) = keeping.name();
            self.mark(&Mark::Message(source.to_owned(), control_id.to_owned()));
            keeping.write(t, &mut self.batch.fates);
            let row = keeping.row.map(|row| MessageRow { t, ..row });
            self.batch.messages.extend(row);
        }
        self.batch.opened.extend(prepared.filled);
        if let Some(moved) = prepared.cursor {
            self.mark(&Mark::Cursor(moved.name.clone()));
            let to = moved.to.unwrap_or(t);
            // Proposals that are written together move their cursor step by step, under one lease.
            match self.batch.cursors.last_mut() {
                Some((name, place)) if *name == moved.name => *place = to,
                Some(_) | None => self.batch.cursors.push((moved.name, to)),
            }
            let under = moved.under.filter(|it| !self.batch.leases.contains(it));
            self.batch.leases.extend(under);
        }
        self.leaf(leaf);
        let outcomes = prepared.outcomes.into_iter().map(|planned| match planned {
            Planned::Existing(outcome) => outcome,
            Planned::Write(index) => outcome(&self.batch.versions[first + index], &at),
        });
        Receipt {
            t: T(u64::try_from(t).unwrap_or(0)),
            outcomes: outcomes.collect(),
        }
    }

    /// What a commit writes: its versions, which begin at this place of the batch, and its message.
    fn content(&self, first: usize, message: Option<&MessageRow>) -> Content {
        let mut content = Content::default();
        for row in &self.batch.versions[first..] {
            let numbers = [row.r, row.version, row.what, row.compartment];
            content.version(numbers, row.body.as_deref());
        }
        if let Some(it) = message {
            content.message(&it.source, &it.control_id, &it.digest);
        }
        content
    }

    /// Whether this batch itself changes what a proposal rests on.
    pub(super) fn changes_what(&self, rests_on: &[Mark]) -> bool {
        rests_on
            .iter()
            .any(|mark| self.marked.contains(&mark.stamp()))
    }

    fn mark(&mut self, mark: &Mark) {
        self.marked.insert(mark.stamp());
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
        let was_in = write.before.place.compartment(r, new);
        // What ends lies where it was, so that whoever reads a compartment sees the end.
        let compartment = if write.what == DELETED {
            was_in
        } else {
            write.indexed.place.compartment(r, new)
        };
        let moved = compartment != was_in;
        if moved && write.what == UPDATED {
            self.batch.moved.push(Moved {
                from: was_in,
                version: self.batch.versions.len(),
            });
        }
        for draft in write
            .before
            .drafts
            .iter()
            .filter(|draft| moved || !write.indexed.drafts.contains(*draft))
        {
            self.batch.closed.push((draft.settled(r, was_in, new), t));
            if let Some((parameter, value)) = draft.term(new) {
                self.mark(&Mark::Term(parameter, value));
            }
        }
        for draft in &write.indexed.drafts {
            if moved || !write.before.drafts.contains(draft) {
                self.batch.opened.push(Span {
                    row: draft.settled(r, compartment, new),
                    from_t: t,
                    to_t: None,
                });
            }
            if let Some((parameter, value)) = draft.term(new) {
                self.mark(&Mark::Term(parameter, value));
            }
        }
        self.mark(&Mark::Key(write.key.clone()));
        self.mark(&Mark::Type(write.key.resource_type.number()));
        self.mark(&Mark::Compartment(compartment));
        self.mark(&Mark::Compartment(was_in));
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
