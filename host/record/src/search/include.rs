//! What a search sends along: resources that matches refer to, and resources that refer to matches.
//!
//! Invariant: each is sent once, none is also a match, and none is of a type that the caller may not read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::query::{Clause, Condition, Include, Query};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue};

use crate::caller::Caller;
use crate::permission::{self, Action};
use crate::store::row::{DELETED, VersionRow};
use crate::{ReadError, Record, limits};

type Rows = Vec<Arc<VersionRow>>;

impl Record {
    /// What the includes of a query add to these matches, as of commit `t`. Those with `:iterate` are followed from what
    /// was added too, until nothing is.
    pub(super) async fn included(
        &self,
        caller: &Caller,
        query: &Query,
        matches: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Rows, ReadError> {
        if query.includes.is_empty() || matches.is_empty() {
            return Ok(Vec::new());
        }
        let readable =
            |of: ResourceType| permission::allows(caller.role(), Action::Read, of.as_str());
        let of = |include: &&Include| readable(include.parameter.resource_type);
        let first: Vec<&Include> = query.includes.iter().filter(of).collect();
        let again: Vec<&Include> = first
            .iter()
            .copied()
            .filter(|include| include.iterate)
            .collect();
        let mut sent: HashSet<Key> = matches.iter().map(|row| row.key.clone()).collect();
        let mut included: Rows = Vec::new();
        let mut last: Rows = matches.to_vec();
        for round in 0..limits::INCLUDE_ROUNDS_MAX {
            let includes = if round == 0 { &first } else { &again };
            let mut found = self.referred(includes, &last, t).await?;
            for include in includes.iter().filter(|include| include.reverse) {
                found.extend(self.referring(include, &last, t).await?);
            }
            found.retain(|row| {
                row.what != DELETED
                    && readable(row.key.resource_type)
                    && sent.insert(row.key.clone())
            });
            included.extend(found.iter().cloned());
            if included.len() > limits::INCLUDED_MAX {
                let what = format!(
                    "the includes add more than {} resources: ask for smaller pages with `_count`, or for fewer includes",
                    limits::INCLUDED_MAX
                );
                return Err(ReadError::Unreadable { what });
            }
            if found.is_empty() || again.is_empty() {
                return Ok(included);
            }
            last = found;
        }
        let what = format!(
            "`:iterate` still adds something after {} steps: ask from what was found last",
            limits::INCLUDE_ROUNDS_MAX
        );
        Err(ReadError::Unreadable { what })
    }

    /// What these refer to by the forward ones of the includes.
    async fn referred(
        &self,
        includes: &[&Include],
        from: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Rows, ReadError> {
        let mut by_type: HashMap<ResourceType, Vec<&Include>> = HashMap::new();
        for include in includes.iter().filter(|include| !include.reverse) {
            let of = include.parameter.resource_type;
            by_type.entry(of).or_default().push(include);
        }
        if by_type.is_empty() {
            return Ok(Vec::new());
        }
        let mut keys = Vec::new();
        for row in from {
            let Some(includes) = by_type.get(&row.key.resource_type) else {
                continue;
            };
            let body = row.body.as_deref();
            let Some(resource) = body.and_then(|body| Resource::parse(body.as_bytes()).ok()) else {
                continue;
            };
            for include in includes {
                for value in search_parameter::values(include.parameter, &resource) {
                    if let IndexValue::Reference { key: Some(key), .. } = value
                        && include
                            .target
                            .is_none_or(|target| target == key.resource_type)
                    {
                        keys.push(key);
                    }
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let standing = self.standing_of(&keys, t).await?;
        Ok(standing.into_iter().flatten().collect())
    }

    async fn referring(
        &self,
        include: &Include,
        matches: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Rows, ReadError> {
        let targets = &include.parameter.targets;
        let is_meant = |of: ResourceType| match include.target {
            Some(target) => target == of,
            None => targets.contains(&of),
        };
        let keys: Vec<Key> = matches
            .iter()
            .map(|row| row.key.clone())
            .filter(|key| is_meant(key.resource_type))
            .collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let values = vec![Condition::Reference {
            keys,
            text: String::new(),
        }];
        let clause = Clause {
            parameter: include.parameter,
            modifier: None,
            values,
        };
        let query = Query {
            clauses: vec![clause],
            ..Query::all(include.parameter.resource_type)
        };
        let most = u32::try_from(limits::INCLUDED_MAX).unwrap_or(u32::MAX);
        self.matching(&query, t, most + 1).await
    }
}
