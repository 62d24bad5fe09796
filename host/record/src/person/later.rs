//! What was written while two records were one: whose it may be, and what giving it to either comes to.
//!
//! Invariant: a resource that was there before the merge stays its owner's; only the change belongs to whoever is said. Nothing
//! that was written is lost: where the owner gets the earlier content back, the later content becomes a resource of the other's.

use fhir::resource::{Id, Key, Resource};
use serde_json::Value;

use super::PersonError;
use super::errand::{Identity, Side};
use super::ledger::{self, Decision, Ledger, Past};
use super::merging::change;
use super::rewrite::{self, UNDECIDED};
use crate::Stored;
use crate::proposal::Change;
use crate::store::row::{DELETED, VersionRow};

/// Where something stood before the merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Was {
    /// With the person who was merged away; it was changed since.
    OfSource,
    /// With the person who stands; it was changed since.
    OfTarget,
    /// With neither, or it was given to a third person since: only whom it refers to is in question.
    Elsewhere,
    /// It was not there.
    New,
}

/// Something that was written since a merge, as it stands.
#[derive(Clone, Debug)]
pub struct Later {
    /// Which resource.
    pub key: Key,
    /// Where it stood before the merge.
    pub was: Was,
    /// As it stands; without a body where it was deleted since.
    pub now: Stored,
}

/// The same, with what it was.
pub(super) struct Item {
    pub(super) later: Later,
    pub(super) row: VersionRow,
    /// What its owner would have without the later change; null where it was not there.
    before: Value,
}

/// The commit of a merge, and the numbers of its persons' compartments.
pub(super) struct Between {
    pub(super) merge_t: i64,
    pub(super) source_at: i64,
    pub(super) target_at: i64,
}

impl Ledger<'_> {
    /// The later change of a resource, if somebody made one since the merge.
    pub(super) async fn later(
        &mut self,
        past: &Past,
        between: &Between,
    ) -> Result<Option<Item>, PersonError> {
        let Some(last) = past.last() else {
            return Ok(None);
        };
        if last.t <= between.merge_t {
            return Ok(None);
        }
        let base = self.base(&past.versions).await?;
        let written = past.versions.get(base);
        if written.is_none_or(|row| row.t <= between.merge_t) {
            return Ok(None);
        }
        let held = past
            .at(between.merge_t - 1)
            .filter(|row| row.what != DELETED);
        let is_theirs = [between.source_at, between.target_at].contains(&last.compartment);
        let was = match held.map(|row| row.compartment) {
            None => Was::New,
            Some(place) if place == between.source_at && is_theirs => Was::OfSource,
            Some(place) if place == between.target_at && is_theirs => Was::OfTarget,
            Some(_) => Was::Elsewhere,
        };
        let start = held.map(ledger::body).unwrap_or_default();
        let since = past.versions.partition_point(|row| row.t < between.merge_t);
        let rest = past.versions.get(since..).unwrap_or_default();
        let before = match was {
            Was::New => Value::Null,
            Was::OfSource | Was::OfTarget | Was::Elsewhere => {
                self.with_merges(start, rest, between.merge_t).await?
            }
        };
        let later = Later {
            key: last.key.clone(),
            was,
            now: Stored::of(last),
        };
        Ok(Some(Item {
            later,
            row: last.clone(),
            before,
        }))
    }
}

impl Item {
    /// Whether either answer would change anything: what is a third person's is, as far as it refers to the one who stands.
    pub(super) fn is_open(&self, target: &Id) -> bool {
        self.later.was != Was::Elsewhere || rewrite::refers(&ledger::body(&self.row), target)
    }

    fn content(&self) -> Value {
        let mut content = ledger::body(&self.row);
        rewrite::take_mark(&mut content, UNDECIDED);
        content
    }

    fn as_it_was(&self) -> Result<Change, PersonError> {
        change(
            &self.later.key,
            self.before.clone(),
            self.row.live_version(),
        )
    }

    fn as_it_is(&self, content: Value) -> Result<Vec<Change>, PersonError> {
        if content == ledger::body(&self.row) {
            return Ok(Vec::new());
        }
        Ok(vec![change(
            &self.later.key,
            content,
            self.row.live_version(),
        )?])
    }

    /// The changes that a decision comes to. `fresh`: the key of a copy, where one is needed.
    pub(super) fn decided(
        &self,
        merge: &Identity,
        side: Decision,
        fresh: Key,
    ) -> Result<Vec<Change>, PersonError> {
        let (source, target) = (&merge.source.id, &merge.target.id);
        let mut content = self.content();
        let ended = self.row.what == DELETED;
        match (side, self.later.was, ended) {
            // What was ended stays so until somebody says that it was the other's that was meant.
            (None | Some(Side::Target), _, true) => Ok(Vec::new()),
            (Some(Side::Source), Was::OfSource, true) => Ok(vec![self.as_it_was()?]),
            (Some(Side::Source), Was::OfTarget | Was::Elsewhere | Was::New, true) => Ok(Vec::new()),
            (None, _, false) => {
                let mut marked = ledger::body(&self.row);
                rewrite::put_mark(
                    &mut marked,
                    UNDECIDED,
                    "written while two records were one; whose it is has to be said",
                );
                self.as_it_is(marked)
            }
            (Some(Side::Source), Was::OfSource | Was::Elsewhere, false) => {
                rewrite::give_back(&mut content, Some(&self.before), source, target);
                self.as_it_is(content)
            }
            (Some(Side::Source), Was::New, false) => {
                rewrite::give_back(&mut content, None, source, target);
                self.as_it_is(content)
            }
            (Some(Side::Target), Was::OfTarget | Was::Elsewhere | Was::New, false) => {
                self.as_it_is(content)
            }
            (Some(Side::Target), Was::OfSource, false) => {
                Ok(vec![self.as_it_was()?, copy(fresh, content)?])
            }
            (Some(Side::Source), Was::OfTarget, false) => {
                rewrite::give_back(&mut content, None, source, target);
                Ok(vec![self.as_it_was()?, copy(fresh, content)?])
            }
        }
    }
}

/// The later content as a resource of its own.
fn copy(key: Key, mut content: Value) -> Result<Change, PersonError> {
    if let Some(object) = content.as_object_mut() {
        object.insert("id".to_owned(), Value::from(key.id.as_str()));
    }
    let read = Resource::from_value(content).map_err(|_| PersonError::NotFound {
        what: key.to_string(),
    })?;
    change(&key, read.into_value(), 0)
}
