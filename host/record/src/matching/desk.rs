//! People of the record who may be the person asked about, found by narrow keys of the index and scored.
//!
//! Invariant: what is answered stood in the record at one `t`, and its audit leaf is kept before the answer leaves. It
//! names nobody: the leaf says that somebody was looked for and how many were found.

use fhir::resource::{Key, ResourceType};
use futures_util::future::try_join_all;
use serde_json::Value;

use super::block::indexed_keys;
use super::frequency::Rarity;
use super::person::Details;
use super::weights::{Band, Waterfall, Weights};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::index::MATCH_KEY;
use crate::log::T;
use crate::permission::{self, Action};
use crate::store::StoreError;
use crate::store::plan::{Arm, Order, Plan, Term, Test};
use crate::store::row::{DELETED, numbers_of_type};
use crate::{ReadError, Record, Stored, limits};

/// Somebody who may be the person asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Their Patient resource.
    pub stored: Stored,
    /// What speaks for and against it.
    pub waterfall: Waterfall,
}

/// Who may be the person asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Matches {
    /// The moment at which the record was read.
    pub t: T,
    /// By weight, the heaviest first; none that is certainly another person.
    pub candidates: Vec<Candidate>,
}

impl Record {
    /// Who in the record may be the person whom a Patient resource describes, by the weights for people of a region.
    ///
    /// # Errors
    /// `Forbidden`, `Unreadable` when nothing is told to look by, `Store`.
    pub async fn match_patient(
        &self,
        caller: &Caller,
        patient: &Value,
        n_max: usize,
    ) -> Result<Matches, ReadError> {
        may_match(caller)?;
        let details = Details::of_patient(patient);
        if indexed_keys(&details).is_empty() {
            let what = "nobody can be looked for by this: give an NHS number, a telephone number, or a name with a date of birth or a postcode";
            return Err(ReadError::Unreadable {
                what: what.to_owned(),
            });
        }
        let own = patient
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut t = self.current_t();
        let mut candidates = self.alike(&details, own, t).await?;
        let leaf = |t: i64, n: usize| NewLeaf {
            t,
            count: i64::try_from(n).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "match", "Patient".to_owned())
        };
        candidates.truncate(n_max.min(limits::MATCHES_MAX));
        if !self.keep_leaf_of_now(leaf(t, candidates.len())).await? {
            t = self.current_t();
            candidates = self.alike(&details, own, t).await?;
            candidates.truncate(n_max.min(limits::MATCHES_MAX));
            self.keep_leaf(leaf(t, candidates.len())).await?;
        }
        Ok(Matches {
            t: T(u64::try_from(t).unwrap_or(0)),
            candidates,
        })
    }

    /// As [`Record::match_patient`], neither permitted nor audited; without the one of this id.
    pub(crate) async fn alike(
        &self,
        details: &Details,
        own: &str,
        t: i64,
    ) -> Result<Vec<Candidate>, StoreError> {
        let numbers = self.sharing(&indexed_keys(details), t).await?;
        let weights = Weights::region();
        let mut found = Vec::new();
        for row in self
            .store()
            .standing(numbers, t)
            .await?
            .into_iter()
            .flatten()
        {
            let body = row.body.as_deref().filter(|_| row.what != DELETED);
            let parsed = body.and_then(|body| serde_json::from_str::<Value>(body).ok());
            let Some(patient) = parsed.filter(|it| row.key.id.as_str() != own && stands(it)) else {
                continue;
            };
            let theirs = Details::of_patient(&patient);
            let usual = (&Rarity::USUAL, &Rarity::USUAL);
            let waterfall = weights.explain((details, &theirs), usual);
            if waterfall.band != Band::Different {
                found.push(Candidate {
                    stored: Stored::of(&row),
                    waterfall,
                });
            }
        }
        found.sort_by(|one, other| {
            let by_weight = other.waterfall.bits.total_cmp(&one.waterfall.bits);
            by_weight.then_with(|| one.stored.key.cmp(&other.stored.key))
        });
        Ok(found)
    }
}

impl Record {
    /// The numbers of the patients who share a key, each once. All keys are looked for at once; only where that brings too
    /// many together, one by one.
    async fn sharing(&self, keys: &[u64], t: i64) -> Result<Vec<i64>, StoreError> {
        let together = self.store().search(of_keys(keys, t)).await?;
        let mut numbers: Vec<i64> = together.iter().map(|(_, r)| *r).collect();
        if numbers.len() > limits::MATCH_BLOCK_MAX {
            numbers.clear();
            let plans = keys
                .iter()
                .map(|key| self.store().search(of_keys(std::slice::from_ref(key), t)));
            for block in try_join_all(plans).await? {
                // A block that is too large tells nobody apart; the other keys find who is meant.
                if block.len() <= limits::MATCH_BLOCK_MAX {
                    numbers.extend(block.into_iter().map(|(_, r)| r));
                }
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }
}

/// Whether a Patient stands for somebody: one that was merged into another does not.
fn stands(patient: &Value) -> bool {
    let links = patient.get("link").and_then(Value::as_array);
    !links
        .into_iter()
        .flatten()
        .any(|link| link["type"] == "replaced-by")
}

/// Those who share any of these keys, one more than a block may have.
fn of_keys(keys: &[u64], t: i64) -> Plan {
    let (r_low, r_high) = numbers_of_type(ResourceType::PATIENT);
    let term = |key: &u64| Term {
        value: Some(i64::from_be_bytes(key.to_be_bytes())),
        system: None,
    };
    let test = Test::Term {
        parameter: MATCH_KEY,
        any: keys.iter().map(term).collect(),
        not: false,
    };
    Plan {
        t,
        r_low,
        r_high,
        arms: vec![Arm {
            tests: vec![test],
            ..Arm::default()
        }],
        order: Order::Place,
        after: None,
        n_max: u32::try_from(limits::MATCH_BLOCK_MAX + 1).unwrap_or(u32::MAX),
    }
}

pub(crate) fn may_match(caller: &Caller) -> Result<(), ReadError> {
    permission::check(caller, Action::Read, ResourceType::PATIENT.as_str()).map_err(|refusal| {
        ReadError::Forbidden {
            account: caller.account().to_owned(),
            what: refusal.to_string(),
        }
    })
}

/// The Patient of a reference, if it is one.
pub(crate) fn patient_key(reference: Option<&str>) -> Option<Key> {
    let key: Key = reference?.parse().ok()?;
    (key.resource_type == ResourceType::PATIENT).then_some(key)
}
