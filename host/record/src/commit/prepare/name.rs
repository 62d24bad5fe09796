//! What changes are called: the key of each, and by what other names it is referred to.
//!
//! Invariant: no two changes of a proposal are about the same resource.

use std::collections::{HashMap, HashSet};

use fhir::query::Query;
use fhir::reference::{self, Target};
use fhir::resource::{Key, Resource};

use super::{Draft, Preparing, existing, whole};
use crate::commit::{CommitError, Outcome, condition};
use crate::memory::Mark;
use crate::proposal::Change;

/// What a condition found before a create.
enum Existing {
    /// It is in the record.
    Here(Outcome),
    /// An earlier change of this proposal creates it on the same condition.
    InProposal(Key),
    /// It is not there; this is its key.
    Not(Key),
    /// There is no condition.
    Unasked,
}

impl Preparing<'_> {
    /// Gives every change its key, and learns by what names the others refer to it.
    pub(super) async fn name(&mut self, changes: &[Change]) -> Result<(), CommitError> {
        let mut conditions: HashMap<String, Key> = HashMap::new();
        let mut first: HashMap<Key, usize> = HashMap::new();
        for (change, of) in changes.iter().enumerate() {
            let known = match of {
                Change::Create {
                    resource,
                    if_none_exist: Some(query),
                    ..
                } => {
                    self.find_before_create(change, resource, query, &mut conditions)
                        .await?
                }
                Change::Create { .. } | Change::Update { .. } | Change::Delete { .. } => {
                    Existing::Unasked
                }
            };
            let temporary = match of {
                Change::Create { temporary, .. } | Change::Update { temporary, .. } => {
                    temporary.as_ref()
                }
                Change::Delete { .. } => None,
            };
            let known = match known {
                Existing::Here(outcome) => {
                    self.refer(temporary, &outcome.key);
                    self.outcomes.push(Some(outcome));
                    continue;
                }
                Existing::InProposal(key) => {
                    self.refer(temporary, &key);
                    self.outcomes.push(None);
                    self.doubles.push((change, key));
                    continue;
                }
                Existing::Not(key) => Some(key),
                Existing::Unasked => None,
            };
            let draft = self.draft(change, of, known)?;
            if let Some(first) = first.insert(draft.key.clone(), change) {
                return Err(CommitError::Twice {
                    key: draft.key,
                    first,
                    second: change,
                });
            }
            self.refer(temporary, &draft.key);
            self.drafts.push(draft);
            self.outcomes.push(None);
        }
        Ok(())
    }

    fn draft(&self, change: usize, of: &Change, chosen: Option<Key>) -> Result<Draft, CommitError> {
        let (key, resource, seen, fresh) = match of {
            Change::Create { resource, .. } => {
                let key = chosen
                    .unwrap_or_else(|| Key::new(resource.resource_type(), self.record.new_id()));
                (key, Some(resource.clone()), None, true)
            }
            Change::Update {
                key,
                resource,
                seen,
                ..
            } => {
                agree(change, key, resource)?;
                (key.clone(), Some(resource.clone()), *seen, false)
            }
            Change::Delete { key, seen } => (key.clone(), None, *seen, false),
        };
        Ok(Draft {
            change,
            key,
            resource,
            seen,
            fresh,
            standing: None,
        })
    }

    fn refer(&mut self, temporary: Option<&String>, key: &Key) {
        if let Some(temporary) = temporary {
            self.names.insert(temporary.clone(), key.to_string());
        }
    }

    async fn find_before_create(
        &mut self,
        change: usize,
        resource: &Resource,
        query: &Query,
        conditions: &mut HashMap<String, Key>,
    ) -> Result<Existing, CommitError> {
        if query.resource_type != resource.resource_type() {
            let what = format!(
                "the condition is about {}, the resource is a {}: make them agree",
                query.resource_type,
                resource.resource_type()
            );
            return Err(CommitError::Unreadable { change, what });
        }
        let written = condition::written(query);
        if let Some(key) = conditions.get(&written) {
            return Ok(Existing::InProposal(key.clone()));
        }
        self.rests_on.extend(condition::marks(query));
        let found = condition::found(self.record, query, self.t).await?;
        match found.as_slice() {
            [] => {
                let key = Key::new(resource.resource_type(), self.record.new_id());
                conditions.insert(written, key.clone());
                Ok(Existing::Not(key))
            }
            [row] => {
                self.rests_on.push(Mark::Key(row.key.clone()));
                Ok(Existing::Here(existing(row)))
            }
            [_, ..] => Err(CommitError::Ambiguous {
                change,
                condition: written,
            }),
        }
    }

    /// Finds what references like `Practitioner?identifier=…` lead to.
    pub(super) async fn conditional_references(&mut self) -> Result<(), CommitError> {
        let mut wanted: Vec<(usize, String, String)> = Vec::new();
        let mut seen = HashSet::new();
        for draft in &self.drafts {
            let Some(resource) = draft.resource.as_ref().filter(|resource| whole(resource)) else {
                continue;
            };
            reference::each(resource.value(), |path, text| {
                if text.contains('?')
                    && !self.names.contains_key(text)
                    && seen.insert(text.to_owned())
                {
                    wanted.push((draft.change, path.to_owned(), text.to_owned()));
                }
            });
        }
        for (change, path, text) in wanted {
            let Target::Conditional {
                resource_type,
                query,
            } = reference::parse(&text)
            else {
                continue;
            };
            let query =
                condition::read(resource_type, &query).map_err(|what| CommitError::Unreadable {
                    change,
                    what: format!("at {path}: {what}"),
                })?;
            self.rests_on.extend(condition::marks(&query));
            let found = condition::found(self.record, &query, self.t).await?;
            match found.as_slice() {
                [] => {
                    return Err(CommitError::UnknownReference {
                        change,
                        path,
                        reference: text,
                    });
                }
                [row] => drop(self.names.insert(text, row.key.to_string())),
                [_, ..] => {
                    return Err(CommitError::Ambiguous {
                        change,
                        condition: text,
                    });
                }
            }
        }
        Ok(())
    }
}

fn agree(change: usize, key: &Key, resource: &Resource) -> Result<(), CommitError> {
    let type_agrees = resource.resource_type() == key.resource_type;
    if type_agrees && resource.id().is_none_or(|id| id == key.id) {
        return Ok(());
    }
    let what = format!(
        "the resource is not {key}: make its type and id those of the place it is written to"
    );
    Err(CommitError::Unreadable { change, what })
}
