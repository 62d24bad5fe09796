//! Identity events as the log tells them: each has its Provenance, and moves only between the two persons whom it names.
//!
//! Invariant: a merge that somebody wrote into the database by hand shows here.

use std::collections::HashMap;

use fhir::resource::{Key, ResourceType};

use super::{RESTORE, Verifying};
use crate::limits;
use crate::person::Identity;
use crate::store::row::{CREATED, CommitRow, VersionRow, seq_of};
use crate::store::scan::KeptVersion;

/// Between which compartments the events moved, by commit.
#[derive(Default)]
pub(super) struct Events(HashMap<i64, Vec<i64>>);

/// One event, while the versions of its commit are read.
pub(super) struct Event {
    t: i64,
    identity: Identity,
    is_told: bool,
    persons: Vec<i64>,
}

impl Event {
    /// The identity event that a commit is, if it is one.
    pub(super) fn of(commit: &CommitRow) -> Option<Self> {
        Some(Self {
            t: commit.t,
            identity: Identity::read(&commit.basis)?,
            is_told: false,
            persons: Vec::new(),
        })
    }

    /// Takes in a version of its commit.
    pub(super) fn take(&mut self, row: &KeptVersion) {
        let Some(key) = VersionRow::key_of(row.r, &row.id) else {
            return;
        };
        self.is_told |= key == self.identity.event && row.what == CREATED;
        if self.names(&key) {
            self.persons.push(seq_of(row.r));
        }
    }

    fn names(&self, key: &Key) -> bool {
        key.resource_type == ResourceType::PATIENT
            && [&self.identity.source, &self.identity.target].contains(&key)
    }
}

impl Events {
    /// Whether a commit may have taken a resource from one place to another: an identity event only between its persons.
    pub(super) fn lets_move(&self, t: i64, from: i64, to: i64) -> bool {
        match self.0.get(&t) {
            Some(persons) if from != to => persons.contains(&from) && persons.contains(&to),
            Some(_) | None => true,
        }
    }
}

impl Verifying<'_> {
    /// Notes an event for when the bodies are looked through.
    pub(super) fn event(&mut self, event: Event) {
        if !event.is_told {
            let what = "an identity event lacks the Provenance that it names";
            self.found(what, format!("commit {}", event.t), RESTORE);
        }
        // What is decided later may leave both persons as they are; then their numbers are not told here.
        if event.persons.len() == 2 && self.events.0.len() < limits::VERIFY_NUMBERS_MAX {
            self.events.0.insert(event.t, event.persons);
        }
    }
}
