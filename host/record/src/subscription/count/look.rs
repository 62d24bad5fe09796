//! One look along the log: each change put to the subscriptions that it may concern.
//!
//! Invariant: a change is judged as its commit left it, whatever has happened since, and by the subscriptions as they stood
//! before it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::resource::{Id, Key, ResourceType};

use super::{Counter, Stuck, asked, parsed};
use crate::clock::from_rfc3339;
use crate::commit::What;
use crate::limits::{EVENTS_AT_ONCE, EVENTS_COMMITS};
use crate::log::{ChangeEntry, CommitEntry, T};
use crate::reaction::place::Place;
use crate::store::row::VersionRow;
use crate::subscription::asked::Asked;
use crate::subscription::catalogue::{Catalogue, Seen};
use crate::{ReadError, Record};

impl Record {
    /// Counts the events of the next page of the log.
    pub(super) async fn count_some(&self, counter: &mut Counter) -> Result<usize, Stuck> {
        let before = T(counter.now.t.0.saturating_sub(1));
        let entries = self.commits_after(before, EVENTS_COMMITS).await?;
        let Some(last) = entries.last().map(|entry| entry.t) else {
            return self.move_over(counter).await.map(|()| 0);
        };
        let bodies = self.bodies(counter, &entries, last).await?;
        let mut counted = 0;
        for entry in &entries {
            let done = match entry.t == counter.now.t {
                true => usize::from(counter.now.done),
                false => 0,
            };
            for (index, change) in entry.changes.iter().enumerate().skip(done) {
                self.look_at(counter, entry, change, &bodies).await?;
                counter.now = Place::after_change(entry.t, index);
                if counter.events.len() >= EVENTS_AT_ONCE {
                    counted += self.keep(counter).await?;
                }
            }
            counter.now = Place::after(entry.t);
        }
        if !counter.events.is_empty() || !counter.written.is_empty() {
            counted += self.keep(counter).await?;
        }
        self.move_over(counter).await?;
        Ok(counted)
    }

    /// The bodies of the changes that somebody may want, as far as they still stand.
    async fn bodies(
        &self,
        counter: &Counter,
        entries: &[CommitEntry],
        t: T,
    ) -> Result<HashMap<Key, Arc<VersionRow>>, ReadError> {
        let changes = || entries.iter().flat_map(|entry| &entry.changes);
        // What is subscribed to on this very page is fetched one by one.
        let keys: HashSet<&Key> = changes()
            .map(|change| &change.key)
            .filter(|key| {
                key.resource_type == ResourceType::SUBSCRIPTION
                    || counter.catalogue.wants(key.resource_type)
            })
            .collect();
        let keys: Vec<Key> = keys.into_iter().cloned().collect();
        let t = i64::try_from(t.0).unwrap_or(i64::MAX);
        let standing = self.standing_of(&keys, t).await?;
        let known = keys.into_iter().zip(standing);
        Ok(known.filter_map(|(key, row)| Some((key, row?))).collect())
    }

    async fn look_at(
        &self,
        counter: &mut Counter,
        entry: &CommitEntry,
        change: &ChangeEntry,
        bodies: &HashMap<Key, Arc<VersionRow>>,
    ) -> Result<(), ReadError> {
        let key = &change.key;
        if key.resource_type == ResourceType::SUBSCRIPTION {
            let row = self.row_of(change, change.version, bodies).await?;
            let asked = row.and_then(|row| asked(key, row.body.as_deref()?));
            counter.write(key, change.version, asked, self.now_ms());
            return Ok(());
        }
        if !counter.catalogue.wants(key.resource_type) {
            return Ok(());
        }
        let before = change.version.saturating_sub(1);
        let shown = match change.what {
            What::Deleted => before,
            What::Created | What::Updated | What::Existing | What::Absent => change.version,
        };
        let Some(is) = self
            .row_of(change, shown, bodies)
            .await?
            .as_deref()
            .and_then(parsed)
        else {
            return Ok(());
        };
        let candidates = counter.catalogue.candidates(&is);
        let looks_back = |it: &&Arc<Asked>| it.criteria.topic.is_some_and(|topic| topic.looks_back);
        let was = match before {
            0 => None,
            before if candidates.iter().any(looks_back) => self
                .row_of(change, before, bodies)
                .await?
                .as_deref()
                .and_then(parsed),
            _not_asked => None,
        };
        let what = change.what;
        let seen = Seen { is, was, what };
        let concerned: Vec<Id> = Catalogue::concerned(candidates, &seen)
            .into_iter()
            .filter(|asked| !asked.has_ended(from_rfc3339(&entry.at).unwrap_or_default()))
            .map(|asked| asked.key.id.clone())
            .collect();
        for id in concerned {
            counter.count(id, entry, change);
        }
        Ok(())
    }

    /// A version of what was changed.
    async fn row_of(
        &self,
        change: &ChangeEntry,
        version: u64,
        bodies: &HashMap<Key, Arc<VersionRow>>,
    ) -> Result<Option<Arc<VersionRow>>, ReadError> {
        match bodies.get(&change.key) {
            Some(row) if u64::try_from(row.version) == Ok(version) => Ok(Some(Arc::clone(row))),
            // Written again since.
            Some(_) | None => {
                let found = self
                    .version_of(&change.key, version, self.current_t())
                    .await?;
                Ok(found.map(Arc::new))
            }
        }
    }
}
