//! References that name what they mean: by a condition, by another entry's name, by an address relative to the entry's own.
//!
//! Invariant: a condition looks at the record as it will be after this proposal, and must find exactly one.

use std::collections::HashSet;

use fhir::query::Query;
use fhir::reference::{self, Target};
use fhir::resource::Key;

use super::{Preparing, whole, within};
use crate::caller::Caller;
use crate::commit::{CommitError, condition, permitted};
use crate::limits;
use crate::permission::Action;

/// A conditional reference: in which change, where, its text.
struct Wanted {
    change: usize,
    path: String,
    text: String,
}

impl Preparing<'_> {
    /// Finds what references like `Practitioner?identifier=…` lead to, in the record or in this very proposal.
    pub(super) async fn conditional_references(
        &mut self,
        caller: &Caller,
    ) -> Result<(), CommitError> {
        let mut tried = 0;
        for wanted in self.wanted() {
            let Target::Conditional {
                resource_type,
                query,
            } = reference::parse(&wanted.text)
            else {
                continue;
            };
            permitted(caller, Action::Read, resource_type)?;
            let Wanted { change, path, text } = wanted;
            let known = self.record.known().await?;
            let query = condition::read(&known, resource_type, &query).map_err(|what| {
                let what = format!("at {path}: {what}");
                CommitError::Unreadable { change, what }
            })?;
            let mut keys = self.made_here(&query, &mut tried)?;
            keys.extend(self.stored(change, &query).await?);
            match keys.as_slice() {
                [key] => drop(self.names.insert(text, key.to_string())),
                [] => {
                    let reference = text;
                    return Err(CommitError::UnknownReference {
                        change,
                        path,
                        reference,
                    });
                }
                [_, _, ..] => {
                    let condition = text;
                    return Err(CommitError::Ambiguous { change, condition });
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Each condition once.
    fn wanted(&self) -> Vec<Wanted> {
        let mut seen = HashSet::new();
        let mut wanted = Vec::new();
        for draft in &self.drafts {
            let Some(resource) = draft.resource.as_ref().filter(|resource| whole(resource)) else {
                continue;
            };
            reference::each(resource.value(), |path, text| {
                let unknown = text.contains('?') && !self.names.contains_key(text);
                if unknown && seen.insert(text.to_owned()) {
                    wanted.push(Wanted {
                        change: draft.change,
                        path: path.to_owned(),
                        text: text.to_owned(),
                    });
                }
            });
        }
        wanted
    }

    /// What this proposal writes that the condition finds.
    fn made_here(&self, query: &Query, tried: &mut usize) -> Result<Vec<Key>, CommitError> {
        let of_type = self
            .drafts
            .iter()
            .filter(|draft| draft.key.resource_type == query.resource_type);
        let mut keys = Vec::new();
        for draft in of_type {
            let Some(resource) = &draft.resource else {
                continue;
            };
            *tried += 1;
            within(
                "conditional references times resources that they may mean",
                *tried,
                limits::CONDITIONS_TRIED_MAX,
            )?;
            if query.holds(resource) {
                keys.push(draft.key.clone());
            }
        }
        Ok(keys)
    }

    /// What the record has that the condition finds, but for what this proposal changes.
    async fn stored(&mut self, change: usize, query: &Query) -> Result<Vec<Key>, CommitError> {
        self.rests_on.extend(condition::marks(query));
        let of_type = self
            .drafts
            .iter()
            .filter(|draft| !draft.fresh && draft.key.resource_type == query.resource_type);
        let n_max = u32::try_from(of_type.count() + 2).unwrap_or(u32::MAX);
        let bound = (self.t, n_max.min(limits::PAGE_MAX));
        let found = condition::found(self.record, change, query, bound).await?;
        let keys = found.iter().map(|row| row.key.clone());
        Ok(keys.filter(|key| !self.about.contains_key(key)).collect())
    }

    /// Puts keys in the place of every other name.
    pub(super) fn rewrite(&mut self) {
        for draft in &mut self.drafts {
            let Some(resource) = draft.resource.as_mut() else {
                continue;
            };
            if whole(resource) && !self.names.is_empty() {
                let names = &self.names;
                let base = draft.base.as_deref();
                let named = |text: &str| {
                    let relative = || names.get(&format!("{}/{text}", base?));
                    names.get(text).or_else(relative).cloned()
                };
                reference::rewrite(resource.value_mut(), named);
                reference::link::rewrite(resource, |text| names.get(text).cloned());
            }
            if let Some(object) = resource.value_mut().as_object_mut() {
                object.insert("id".to_owned(), draft.key.id.as_str().into());
            }
        }
    }
}
