//! What a search sends along: resources that matches refer to, and resources that refer to matches.
//!
//! Invariant: each is sent once, none is also a match, and none is of a type that the caller may not read.

use std::collections::HashSet;
use std::sync::Arc;

use fhir::query::{Clause, Condition, Include, Query};
use fhir::resource::{Key, Resource};
use fhir::search_parameter::{self, IndexValue};

use crate::caller::Caller;
use crate::permission::{self, Action};
use crate::store::row::{DELETED, VersionRow};
use crate::{ReadError, Record, limits};

impl Record {
    /// What the includes of a query add to these matches, as of commit `t`.
    pub(super) async fn included(
        &self,
        caller: &Caller,
        query: &Query,
        matches: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Vec<Arc<VersionRow>>, ReadError> {
        let mut sent: HashSet<Key> = matches.iter().map(|row| row.key.clone()).collect();
        let mut included = Vec::new();
        for include in &query.includes {
            if include.iterate {
                let what = "`:iterate` is not done here yet: ask for what is included in a search of its own".to_owned();
                return Err(ReadError::Unreadable { what });
            }
            let found = if include.reverse {
                self.referring(include, matches, t).await?
            } else {
                self.referred(include, matches, t).await?
            };
            for row in found {
                let readable =
                    permission::allows(caller.role(), Action::Read, row.key.resource_type.as_str());
                if readable && row.what != DELETED && sent.insert(row.key.clone()) {
                    included.push(row);
                }
            }
            if included.len() > limits::INCLUDED_MAX {
                let what = format!(
                    "the includes add more than {} resources: ask for smaller pages with `_count`",
                    limits::INCLUDED_MAX
                );
                return Err(ReadError::Unreadable { what });
            }
        }
        Ok(included)
    }

    async fn referred(
        &self,
        include: &Include,
        matches: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Vec<Arc<VersionRow>>, ReadError> {
        let mut keys = Vec::new();
        for row in matches
            .iter()
            .filter(|row| row.key.resource_type == include.parameter.resource_type)
        {
            let Some(resource) = row
                .body
                .as_deref()
                .and_then(|body| Resource::parse(body.as_bytes()).ok())
            else {
                continue;
            };
            for entry in search_parameter::extract(&resource) {
                if let (IndexValue::Reference { key: Some(key), .. }, true) =
                    (entry.value, entry.parameter == include.parameter.code)
                    && include
                        .target
                        .is_none_or(|target| target == key.resource_type)
                {
                    keys.push(key);
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(self
            .standing_of(&keys, t)
            .await?
            .into_iter()
            .flatten()
            .collect())
    }

    async fn referring(
        &self,
        include: &Include,
        matches: &[Arc<VersionRow>],
        t: i64,
    ) -> Result<Vec<Arc<VersionRow>>, ReadError> {
        let keys = matches.iter().map(|row| row.key.clone());
        let keys: Vec<Key> = keys
            .filter(|key| {
                include
                    .target
                    .is_none_or(|target| target == key.resource_type)
            })
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
