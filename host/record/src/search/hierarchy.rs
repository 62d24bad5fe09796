//! Places, organisations and other things that are part of each other, for `:above` and `:below` of references.
//!
//! Invariant: every step is taken as of the search's commit, and a circle of parts ends.

use std::collections::HashSet;

use fhir::query::{Clause, Condition, Modifier, Query};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue, Kind, SearchParameter};

use crate::{ReadError, Record, limits};

/// What the reference to the whole is called, where a type has parts of its own type.
const NAMES: [&str; 3] = ["partof", "part-of", "parent"];

impl Record {
    /// The resources that a clause with `:above` or `:below` names, and all that they are part of, or all their parts.
    pub(super) async fn parts(&self, clause: &Clause, t: i64) -> Result<Vec<Key>, ReadError> {
        let is_below = clause.modifier == Some(Modifier::Below);
        let mut all: HashSet<Key> = HashSet::new();
        let mut last: Vec<Key> = Vec::new();
        for value in &clause.values {
            if let Condition::Reference { keys, .. } = value {
                last.extend(
                    keys.iter()
                        .filter(|key| part_of(key.resource_type).is_some())
                        .cloned(),
                );
            }
        }
        if last.is_empty() {
            let what = format!(
                "`{}` refers to nothing that is part of its own kind: write a Location or Organization, or leave the modifier out",
                clause.parameter.name
            );
            return Err(ReadError::Unreadable { what });
        }
        all.extend(last.iter().cloned());
        for _ in 0..limits::PART_LEVELS_MAX {
            let found = if is_below {
                self.parts_of(&last, t).await?
            } else {
                self.wholes_of(&last, t).await?
            };
            last = found
                .into_iter()
                .filter(|key| all.insert(key.clone()))
                .collect();
            if last.is_empty() {
                return Ok(all.into_iter().collect());
            }
            if all.len() > limits::PARTS_MAX {
                break;
            }
        }
        let what = format!(
            "`{}` comes to more than {} parts or {} levels: ask for less of it",
            clause.parameter.name,
            limits::PARTS_MAX,
            limits::PART_LEVELS_MAX
        );
        Err(ReadError::Unreadable { what })
    }

    async fn parts_of(&self, wholes: &[Key], t: i64) -> Result<Vec<Key>, ReadError> {
        let mut found = Vec::new();
        let types: HashSet<ResourceType> = wholes.iter().map(|key| key.resource_type).collect();
        for of in types {
            let Some(parameter) = part_of(of) else {
                continue;
            };
            let keys = wholes.iter().filter(|key| key.resource_type == of).cloned();
            let values = vec![Condition::Reference {
                keys: keys.collect(),
                text: String::new(),
            }];
            let clause = Clause {
                parameter,
                modifier: None,
                values,
            };
            let query = Query {
                clauses: vec![clause],
                ..Query::all(of)
            };
            let most = u32::try_from(limits::PARTS_MAX).unwrap_or(u32::MAX);
            let parts = Box::pin(self.matching(&query, t, most)).await?;
            found.extend(parts.iter().map(|row| row.key.clone()));
        }
        Ok(found)
    }

    async fn wholes_of(&self, parts: &[Key], t: i64) -> Result<Vec<Key>, ReadError> {
        let mut found = Vec::new();
        for row in self.standing_of(parts, t).await?.into_iter().flatten() {
            let body = row.body.as_deref();
            let resource = body.and_then(|body| Resource::parse(body.as_bytes()).ok());
            let (Some(resource), Some(parameter)) = (resource, part_of(row.key.resource_type))
            else {
                continue;
            };
            for value in search_parameter::values(parameter, &resource) {
                if let IndexValue::Reference { key: Some(key), .. } = value {
                    found.push(key);
                }
            }
        }
        Ok(found)
    }
}

/// The reference from a part to its whole, for types that have such parts.
fn part_of(of: ResourceType) -> Option<&'static SearchParameter> {
    let named = NAMES
        .iter()
        .filter_map(|name| search_parameter::find(of, name));
    let mut own = named
        .filter(|parameter| parameter.kind == Kind::Reference && parameter.targets.contains(&of));
    own.next()
}
