//! What lies outside a patient's compartment and belongs to the answer all the same: an encounter's own resources, and
//! what a page refers to.
//!
//! Invariant: nothing of another patient is reached.

use std::collections::HashSet;
use std::sync::Arc;

use fhir::compartment;
use fhir::query::{Clause, Condition, Query};
use fhir::resource::{Key, ResourceType};

use super::{About, Filling, care};
use crate::caller::Caller;
use crate::permission::{self, Action};
use crate::store::row::VersionRow;
use crate::{ReadError, Record, limits};

impl Record {
    /// The numbers of what belongs to an encounter by R4's definition, in order.
    pub(super) async fn of_encounter(
        &self,
        caller: &Caller,
        types: &[ResourceType],
        encounter: &Key,
        t: i64,
    ) -> Result<Vec<i64>, ReadError> {
        let mut numbers = Vec::new();
        for parameter in compartment::members(ResourceType::ENCOUNTER) {
            let of = parameter.resource_type;
            let is_wanted = types.is_empty() || types.contains(&of);
            if !is_wanted || !permission::allows(caller.role(), Action::Read, of.as_str()) {
                continue;
            }
            let clause = Clause {
                parameter,
                modifier: None,
                values: vec![Condition::Reference {
                    keys: vec![encounter.clone()],
                    text: String::new(),
                }],
            };
            let query = Query {
                clauses: vec![clause],
                ..Query::all(of)
            };
            let found = self
                .matching(&query, t, limits::EVERYTHING_PAGE_MAX + 1)
                .await?;
            if found.len() > usize::try_from(limits::EVERYTHING_PAGE_MAX).unwrap_or(usize::MAX) {
                let what = format!(
                    "{encounter} has too much of {of} for one answer: search {of} by `encounter`"
                );
                return Err(ReadError::Unreadable { what });
            }
            numbers.extend(found.iter().map(|row| row.r));
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// What the page refers to: of nobody's compartment, and for an encounter of its patient's as well.
    pub(super) async fn referred_to(
        &self,
        filling: &Filling<'_>,
    ) -> Result<Vec<Arc<VersionRow>>, ReadError> {
        let ask = filling.ask;
        let sent: HashSet<&Key> = filling.rows.iter().map(|row| &row.key).collect();
        let mut texts = HashSet::new();
        for row in &filling.rows {
            care::references(row.body.as_deref().unwrap_or_default(), &mut texts);
        }
        let keys = texts.iter().filter_map(|text| text.parse::<Key>().ok());
        let is_wanted = |key: &Key| {
            let of = key.resource_type;
            (ask.types.is_empty() || ask.types.contains(&of))
                && permission::allows(filling.caller.role(), Action::Read, of.as_str())
        };
        let mut keys: Vec<Key> = keys
            .filter(|key| !sent.contains(key) && is_wanted(key))
            .collect();
        keys.sort_unstable();
        let own = match ask.about {
            About::Encounter(_) => filling.rows.first().map(|row| row.compartment),
            About::Patient(_) | About::EveryPatient => None,
        };
        let rows = self.standing_of(&keys, filling.t).await?;
        let rows = rows.into_iter().flatten().filter(|row| {
            let is_nobodys = row.compartment <= 0 || Some(row.compartment) == own;
            is_nobodys && row.body.is_some() && row.at_ms >= filling.since_ms
        });
        let rows: Vec<Arc<VersionRow>> = rows.collect();
        if rows.len() > limits::EVERYTHING_INCLUDED_MAX {
            let what = format!(
                "this refers to more than {} other resources: ask for smaller pages with `_count`",
                limits::EVERYTHING_INCLUDED_MAX
            );
            return Err(ReadError::Unreadable { what });
        }
        Ok(rows)
    }
}
