//! What has to be looked at before two records become one or two: all of a person's compartment, and what refers to them
//! elsewhere.
//!
//! Invariant: everything is read as of one commit, and the marks that are given change whenever any of it would be found
//! otherwise.

use std::sync::Arc;

use fhir::resource::{Key, ResourceType};
use fhir::search_parameter::{self, Kind, SearchParameter};

use super::PersonError;
use crate::memory::Mark;
use crate::store::plan::{Arm, Order, Plan, Term, Test};
use crate::store::row::{VersionRow, numbers_of_type, seq_of};
use crate::{Record, limits};

/// A person of an event, as they stood.
pub(super) struct Somebody {
    /// Type and id.
    pub(super) key: Key,
    /// The version that stood.
    pub(super) row: Arc<VersionRow>,
}

impl Somebody {
    /// The number of their compartment.
    pub(super) fn compartment(&self) -> i64 {
        seq_of(self.row.r)
    }

    /// Their JSON.
    pub(super) fn body(&self) -> serde_json::Value {
        let body = self.row.body.as_deref().unwrap_or_default();
        serde_json::from_str(body).unwrap_or_default()
    }

    /// The version that stood.
    pub(super) fn version(&self) -> u64 {
        self.row.live_version()
    }
}

/// What the record itself writes as evidence stays where it was written: it says what was done to whom at that time.
pub(super) fn stays(of: ResourceType) -> bool {
    [
        ResourceType::AUDIT_EVENT,
        ResourceType::PROVENANCE,
        ResourceType::PATIENT,
        ResourceType::BUNDLE,
    ]
    .contains(&of)
}

impl Record {
    /// A person as they stood at commit `t`.
    pub(super) async fn somebody(&self, key: &Key, t: i64) -> Result<Somebody, PersonError> {
        let unknown = || PersonError::NotFound {
            what: key.to_string(),
        };
        if key.resource_type != ResourceType::PATIENT {
            return Err(unknown());
        }
        let rows = self.standing_of(std::slice::from_ref(key), t).await?;
        let row = rows.into_iter().next().flatten();
        let row = row.filter(|row| row.body.is_some()).ok_or_else(unknown)?;
        let key = key.clone();
        Ok(Somebody { key, row })
    }

    /// What lies in a person's compartment beside themselves and the record's own evidence.
    pub(super) async fn all_of(
        &self,
        person: &Somebody,
        t: i64,
    ) -> Result<Vec<Arc<VersionRow>>, PersonError> {
        let mut rows = Vec::new();
        let mut after = -1;
        loop {
            let plan = Plan {
                t,
                r_low: after + 1,
                r_high: i64::MAX,
                arms: vec![Arm {
                    compartment: Some(person.compartment()),
                    ..Arm::default()
                }],
                order: Order::Place,
                after: None,
                n_max: u32::try_from(limits::EVERYTHING_CHUNK).unwrap_or(u32::MAX),
            };
            let found = self.store().search(plan).await?;
            let numbers: Vec<i64> = found.iter().map(|(_, r)| *r).collect();
            let standing = self.versions_at(&numbers, t).await?.into_iter().flatten();
            rows.extend(standing.filter(|row| !stays(row.key.resource_type) && row.body.is_some()));
            few_enough(rows.len())?;
            match numbers.last() {
                Some(last) if numbers.len() >= limits::EVERYTHING_CHUNK => after = *last,
                Some(_) | None => return Ok(rows),
            }
        }
    }

    /// What refers to a person from outside their compartment, as far as a search parameter tells.
    pub(super) async fn referring_to(
        &self,
        person: &Somebody,
        t: i64,
    ) -> Result<Vec<Arc<VersionRow>>, PersonError> {
        let mut rows = Vec::new();
        let parameters = self.leading_to_patients(t).await?;
        for of in ResourceType::all().filter(|of| !stays(*of)) {
            let arms: Vec<Arm> = parameters
                .iter()
                .filter(|parameter| parameter.resource_type == of)
                .map(|parameter| Arm {
                    outside: vec![person.compartment()],
                    tests: vec![refers_by(parameter, person.row.r)],
                    ..Arm::default()
                })
                .collect();
            if arms.is_empty() {
                continue;
            }
            let (r_low, r_high) = numbers_of_type(of);
            let plan = Plan {
                t,
                r_low,
                r_high,
                arms,
                order: Order::Place,
                after: None,
                n_max: u32::try_from(limits::MOVED_MAX + 1).unwrap_or(u32::MAX),
            };
            let found = self.store().search(plan).await?;
            let numbers: Vec<i64> = found.iter().map(|(_, r)| *r).collect();
            rows.extend(self.versions_at(&numbers, t).await?.into_iter().flatten());
            few_enough(rows.len())?;
        }
        Ok(rows)
    }

    /// What changes when something begins or ceases to be of a person, or to refer to them.
    pub(super) async fn marks_of(
        &self,
        person: &Somebody,
        t: i64,
    ) -> Result<Vec<Mark>, PersonError> {
        let parameters = self.leading_to_patients(t).await?;
        let terms = parameters
            .iter()
            .map(|parameter| Mark::Term(parameter.code.number(), person.row.r));
        let mut marks: Vec<Mark> = terms.collect();
        marks.push(Mark::Compartment(person.compartment()));
        marks.push(Mark::Key(person.key.clone()));
        Ok(marks)
    }

    /// The parameters by which resources are found that refer to patients, those that were added included.
    async fn leading_to_patients(
        &self,
        t: i64,
    ) -> Result<Vec<&'static SearchParameter>, PersonError> {
        let active = self.active_parameters(t).await?;
        let own = ResourceType::all().flat_map(search_parameter::of);
        let all = own.chain(active.parameters().iter().copied());
        let leading = all.filter(|parameter| {
            parameter.kind == Kind::Reference
                && (parameter.targets.is_empty()
                    || parameter.targets.contains(&ResourceType::PATIENT))
        });
        Ok(leading.collect())
    }
}

fn refers_by(parameter: &SearchParameter, r: i64) -> Test {
    Test::Term {
        parameter: parameter.code.number(),
        any: vec![Term {
            value: Some(r),
            system: None,
        }],
        not: false,
    }
}

/// Refuses what one commit cannot take.
pub(super) fn few_enough(found: usize) -> Result<(), PersonError> {
    if found > limits::MOVED_MAX {
        let most = limits::MOVED_MAX;
        return Err(PersonError::TooMuch { most });
    }
    Ok(())
}
