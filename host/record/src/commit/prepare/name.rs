//! What changes are called: the key of each, and by what other names it is referred to.
//!
//! Invariant: no two changes of a proposal are about the same resource, and what the proposal ends is found by none of
//! its conditions.

use std::sync::Arc;

use fhir::patch::Patch;
use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};

use super::{Draft, Preparing, existing, rule};
use crate::commit::{CommitError, Outcome, What, condition};
use crate::limits;
use crate::memory::Mark;
use crate::proposal::{Change, Which};
use crate::store::row::{DELETED, VersionRow};

/// What will stand under a key.
enum Content {
    Whole(Resource),
    Patched(Patch),
    Nothing,
}

/// A change whose key is known.
struct Named {
    change: usize,
    key: Key,
    content: Content,
    seen: Option<u64>,
    /// The key is new, so nothing has to be looked up.
    fresh: bool,
}

/// A change that a condition decides.
struct Asked<'a> {
    change: usize,
    condition: &'a Query,
    /// As [`condition::written`].
    written: String,
    temporary: Option<&'a String>,
}

impl Preparing<'_> {
    /// Gives every change its key, and learns by what names the others refer to it.
    pub(super) async fn name(&mut self, changes: &[Change]) -> Result<(), CommitError> {
        self.outcomes = vec![None; changes.len()];
        let ends = |change: &Change| {
            matches!(change, Change::Delete { .. } | Change::DeleteMatches { .. })
        };
        // FHIR's order: what ends is gone before anything else is looked for.
        let each = || changes.iter().enumerate();
        for (change, of) in each().filter(|(_, of)| ends(of)) {
            self.name_end(change, of).await?;
        }
        for (change, of) in each().filter(|(_, of)| !ends(of)) {
            self.name_other(change, of).await?;
        }
        // What is written keeps the order of the proposal.
        self.drafts.sort_by_key(|draft| draft.change);
        Ok(())
    }

    async fn name_end(&mut self, change: usize, of: &Change) -> Result<(), CommitError> {
        let (keys, seen) = match of {
            Change::Delete { key, seen } => (vec![key.clone()], *seen),
            Change::DeleteMatches { condition, seen } => {
                let keys = self.matches_to_end(change, condition, *seen).await?;
                (keys, *seen)
            }
            Change::Create { .. } | Change::Update { .. } => return Ok(()),
            Change::UpdateMatch { .. } | Change::Patch { .. } => return Ok(()),
        };
        for key in keys {
            self.ending.insert(key.clone());
            let content = Content::Nothing;
            self.draft(
                Named {
                    change,
                    key,
                    content,
                    seen,
                    fresh: false,
                },
                None,
            )?;
        }
        Ok(())
    }

    async fn matches_to_end(
        &mut self,
        change: usize,
        query: &Query,
        seen: Option<u64>,
    ) -> Result<Vec<Key>, CommitError> {
        let n_max = match seen {
            Some(_) => 1,
            None => limits::DELETED_AT_ONCE_MAX,
        };
        self.rests_on.extend(condition::marks(query));
        let bound = (self.t, n_max + 1);
        let found = condition::found(self.record, change, query, bound).await?;
        if found.len() > usize::try_from(n_max).unwrap_or(usize::MAX) {
            return Err(ambiguous(change, condition::written(query)));
        }
        if found.is_empty() {
            let key = Key::new(query.resource_type, self.record.new_id());
            self.outcomes[change] = Some(absent(key, None));
        }
        Ok(found.iter().map(|row| row.key.clone()).collect())
    }

    async fn name_other(&mut self, change: usize, of: &Change) -> Result<(), CommitError> {
        let temporary = of.temporary();
        if let Some(condition) = of.condition() {
            let asked = Asked {
                change,
                condition,
                written: condition::written(condition),
                temporary,
            };
            return self.name_by_condition(asked, of).await;
        }
        let named = match of {
            Change::Create { resource, .. } => Named {
                change,
                key: self.new_key(resource.resource_type()),
                content: Content::Whole(resource.clone()),
                seen: None,
                fresh: true,
            },
            Change::Update {
                key,
                resource,
                seen,
                ..
            } => {
                rule::agree(change, key, resource)?;
                let content = Content::Whole(resource.clone());
                Named {
                    change,
                    key: key.clone(),
                    content,
                    seen: *seen,
                    fresh: false,
                }
            }
            Change::Patch {
                of: Which::Key(key),
                patch,
                seen,
                ..
            } => {
                let content = Content::Patched(patch.clone());
                Named {
                    change,
                    key: key.clone(),
                    content,
                    seen: *seen,
                    fresh: false,
                }
            }
            // They have a condition, or end something.
            Change::UpdateMatch { .. } | Change::Patch { .. } => return Ok(()),
            Change::Delete { .. } | Change::DeleteMatches { .. } => return Ok(()),
        };
        self.draft(named, temporary)
    }

    async fn name_by_condition(
        &mut self,
        asked: Asked<'_>,
        of: &Change,
    ) -> Result<(), CommitError> {
        self.rests_on.extend(condition::marks(asked.condition));
        let ending = self.ending.iter();
        let ending = ending.filter(|key| key.resource_type == asked.condition.resource_type);
        let n_max = u32::try_from(ending.count() + 2).unwrap_or(u32::MAX);
        let bound = (self.t, n_max.min(limits::PAGE_MAX));
        let mut found = condition::found(self.record, asked.change, asked.condition, bound).await?;
        found.retain(|row| !self.ending.contains(&row.key));
        if found.len() > 1 {
            return Err(ambiguous(asked.change, asked.written));
        }
        let found = found.pop();
        if let Some(row) = &found {
            self.rests_on.push(Mark::Key(row.key.clone()));
        }
        match of {
            Change::Create { resource, .. } => self.create_unless(&asked, resource, found),
            Change::UpdateMatch { resource, seen, .. } => match found {
                Some(row) => self.update_match(&asked, resource, *seen, &row),
                None => self.create_match(&asked, resource, *seen).await,
            },
            Change::Patch { patch, seen, .. } => {
                let Some(row) = found else {
                    return Err(no_match(&asked));
                };
                let named = Named {
                    change: asked.change,
                    key: row.key.clone(),
                    content: Content::Patched(patch.clone()),
                    seen: *seen,
                    fresh: false,
                };
                self.draft(named, asked.temporary)
            }
            // They have no condition, or end something.
            Change::Update { .. } | Change::Delete { .. } | Change::DeleteMatches { .. } => Ok(()),
        }
    }

    /// A create that makes nothing where its condition finds one.
    fn create_unless(
        &mut self,
        asked: &Asked<'_>,
        resource: &Resource,
        found: Option<Arc<VersionRow>>,
    ) -> Result<(), CommitError> {
        let change = asked.change;
        if asked.condition.resource_type != resource.resource_type() {
            let what = format!(
                "the condition is about {}, the resource is a {}: make them agree",
                asked.condition.resource_type,
                resource.resource_type()
            );
            return Err(CommitError::Unreadable { change, what });
        }
        if let Some(row) = found {
            self.refer(asked.temporary, &row.key);
            self.outcomes[change] = Some(existing(&row));
            return Ok(());
        }
        if let Some((_, key)) = self.conditions.get(&asked.written).cloned() {
            self.refer(asked.temporary, &key);
            self.doubles.push((change, key));
            return Ok(());
        }
        let key = self.new_key(resource.resource_type());
        let name = asked.written.clone();
        self.conditions.insert(name, (change, key.clone()));
        let content = Content::Whole(resource.clone());
        let named = Named {
            change,
            key,
            content,
            seen: None,
            fresh: true,
        };
        self.draft(named, asked.temporary)
    }

    /// A conditional update that found what it is about.
    fn update_match(
        &mut self,
        asked: &Asked<'_>,
        resource: &Resource,
        seen: Option<u64>,
        row: &VersionRow,
    ) -> Result<(), CommitError> {
        let change = asked.change;
        if resource.id().is_some_and(|id| id != row.key.id) {
            let what = format!(
                "the condition finds {}, the resource has another id: leave the id out or make it that one",
                row.key
            );
            return Err(CommitError::Unreadable { change, what });
        }
        let content = Content::Whole(resource.clone());
        let named = Named {
            change,
            key: row.key.clone(),
            content,
            seen,
            fresh: false,
        };
        self.draft(named, asked.temporary)
    }

    /// A conditional update that found nothing: a create, under the resource's own id where it has one.
    async fn create_match(
        &mut self,
        asked: &Asked<'_>,
        resource: &Resource,
        seen: Option<u64>,
    ) -> Result<(), CommitError> {
        let change = asked.change;
        if seen.is_some_and(|seen| seen > 0) {
            return Err(no_match(asked));
        }
        let (key, fresh) = match resource.key() {
            Some(key) => (key, false),
            None => (self.new_key(resource.resource_type()), true),
        };
        if !fresh {
            let standing = self.record.standing_of(std::slice::from_ref(&key), self.t);
            if standing
                .await?
                .iter()
                .flatten()
                .any(|row| row.what != DELETED)
            {
                return Err(CommitError::Taken { change, key });
            }
        }
        if let Some((first, _)) = self.conditions.get(&asked.written) {
            return Err(CommitError::Twice {
                key,
                first: *first,
                second: change,
            });
        }
        let name = asked.written.clone();
        self.conditions.insert(name, (change, key.clone()));
        let content = Content::Whole(resource.clone());
        let named = Named {
            change,
            key,
            content,
            seen: None,
            fresh,
        };
        self.draft(named, asked.temporary)
    }

    fn draft(&mut self, named: Named, temporary: Option<&String>) -> Result<(), CommitError> {
        let Named {
            change,
            key,
            content,
            seen,
            fresh,
        } = named;
        if let Some(first) = self.about.insert(key.clone(), change) {
            return Err(CommitError::Twice {
                key,
                first,
                second: change,
            });
        }
        self.refer(temporary, &key);
        let (resource, patch) = match content {
            Content::Whole(resource) => (Some(resource), None),
            Content::Patched(patch) => (None, Some(patch)),
            Content::Nothing => (None, None),
        };
        self.drafts.push(Draft {
            change,
            key,
            resource,
            patch,
            seen,
            fresh,
            base: temporary.and_then(|url| base_of(url)).map(str::to_owned),
            standing: None,
        });
        Ok(())
    }

    fn refer(&mut self, temporary: Option<&String>, key: &Key) {
        if let Some(temporary) = temporary {
            self.names.insert(temporary.clone(), key.to_string());
        }
    }

    fn new_key(&self, resource_type: ResourceType) -> Key {
        Key::new(resource_type, self.record.new_id())
    }
}

/// Nothing was there to end: `row` is the deletion, where there once was something.
pub(in crate::commit) fn absent(key: Key, row: Option<&VersionRow>) -> Outcome {
    Outcome {
        key,
        version: row.map_or(0, |row| u64::try_from(row.version).unwrap_or(0)),
        what: What::Absent,
        last_updated: row.map_or_else(String::new, |row| crate::clock::rfc3339(row.at_ms)),
        body: None,
    }
}

fn ambiguous(change: usize, condition: String) -> CommitError {
    CommitError::Ambiguous { change, condition }
}

fn no_match(asked: &Asked<'_>) -> CommitError {
    CommitError::NoMatch {
        change: asked.change,
        condition: asked.written.clone(),
    }
}

/// What stands before type and id in an entry's address: references of that entry are relative to it.
fn base_of(url: &str) -> Option<&str> {
    let (rest, _) = url.rsplit_once('/')?;
    let (base, name) = rest.rsplit_once('/')?;
    (base.contains("://") && name.parse::<ResourceType>().is_ok()).then_some(base)
}
