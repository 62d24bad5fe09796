//! The numbers of what a proposal refers to.
//!
//! Invariant: a local reference leads to a resource that stands, or is made by the same proposal.

use std::collections::{HashMap, HashSet};

use fhir::reference::{self, Target};
use fhir::resource::{Key, Resource};

use super::{Draft, Preparing, whole};
use crate::commit::CommitError;
use crate::index::{Entries, Number};
use crate::memory::Mark;
use crate::store::row::DELETED;

impl Preparing<'_> {
    /// The numbers of everything that the drafts, and what stands in their place, refer to. Refuses references to nothing.
    pub(super) async fn numbers(
        &mut self,
        drafts: &[Draft],
    ) -> Result<HashMap<Key, Number>, CommitError> {
        let mut numbers: HashMap<Key, Number> = HashMap::new();
        let mut ending: HashSet<&Key> = HashSet::new();
        for draft in drafts {
            let number = draft
                .standing
                .as_ref()
                .map_or(Number::New(draft.change), |row| Number::Known(row.r));
            numbers.insert(draft.key.clone(), number);
            if draft.resource.is_none() {
                ending.insert(&draft.key);
            }
        }
        let mut wanted: Vec<(usize, String, Key)> = Vec::new();
        let mut asked: HashSet<Key> = HashSet::new();
        let mut bad = None;
        for draft in drafts {
            let Some(resource) = draft.resource.as_ref().filter(|resource| whole(resource)) else {
                continue;
            };
            reference::each(resource.value(), |path, text| {
                match reference::parse(text) {
                    Target::Local { key, .. } if ending.contains(&key) => {
                        bad.get_or_insert((draft.change, path.to_owned(), text.to_owned()));
                    }
                    Target::Local { key, .. } if !numbers.contains_key(&key) => {
                        if asked.insert(key.clone()) {
                            wanted.push((draft.change, path.to_owned(), key));
                        }
                    }
                    Target::Urn(urn) if urn.starts_with("urn:uuid:") => {
                        bad.get_or_insert((draft.change, path.to_owned(), urn));
                    }
                    Target::Local { .. } | Target::Urn(_) | Target::Contained(_) => {}
                    Target::Conditional { .. } | Target::Absolute(_) | Target::Other(_) => {}
                }
            });
        }
        // What is moved keeps the references that it has, also those to what was deleted since.
        let moves = self.identity.is_some();
        if let Some((change, path, reference)) = bad.filter(|_| !moves) {
            return Err(CommitError::UnknownReference {
                change,
                path,
                reference,
            });
        }
        let keys: Vec<Key> = wanted.iter().map(|(_, _, key)| key.clone()).collect();
        let standing = self.record.standing_of(&keys, self.t).await?;
        for ((change, path, key), row) in wanted.into_iter().zip(standing) {
            let Some(row) = row.filter(|row| moves || row.what != DELETED) else {
                if moves {
                    continue;
                }
                return Err(CommitError::UnknownReference {
                    change,
                    path,
                    reference: key.to_string(),
                });
            };
            self.rests_on.push(Mark::Key(key.clone()));
            numbers.insert(key, Number::Known(row.r));
        }
        self.numbers_before(drafts, &mut numbers).await?;
        Ok(numbers)
    }

    /// What the versions before refer to: numbers never change, so whether it still stands does not matter.
    async fn numbers_before(
        &self,
        drafts: &[Draft],
        numbers: &mut HashMap<Key, Number>,
    ) -> Result<(), CommitError> {
        let mut keys = Vec::new();
        for draft in drafts {
            let body = draft.standing.as_ref().and_then(|row| row.body.as_deref());
            let Some(before) = body.and_then(|body| Resource::parse(body.as_bytes()).ok()) else {
                continue;
            };
            keys.extend(
                Entries::of(&before, self.active.parameters())
                    .keys()
                    .filter(|key| !numbers.contains_key(*key))
                    .cloned(),
            );
        }
        let found = self.record.numbers_of(&keys).await?;
        for (key, r) in keys.into_iter().zip(found) {
            if let Some(r) = r {
                numbers.insert(key, Number::Known(r));
            }
        }
        Ok(())
    }
}
