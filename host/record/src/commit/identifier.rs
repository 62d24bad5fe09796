//! Identifiers that are asked for by their kind, and counted at each site in the commit that uses them.
//!
//! Invariant: a number of a site and kind is given once; how far they are counted stands in the log, beside what they were
//! given to.

use std::collections::BTreeMap;

use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::{Value, json};

use crate::caller::{Caller, SiteCode};
use crate::commit::{CommitError, Receipt, condition};
use crate::enablement::CODES;
use crate::proposal::{Change, Proposal};
use crate::{Record, limits};

/// What the systems of all identifiers begin with that are given here.
pub(crate) const SYSTEMS: &str = "urn:palatine:identifier:";
/// The system by which counters are found.
const COUNTERS: &str = "urn:palatine:counter";
/// What marks a `Basic` as a counter.
const CODE: &str = "identifier-counter";
/// The extension that says up to where was counted.
const LAST: &str = "urn:palatine:counter:last";
/// Kinds of identifiers, HL7 table 0203.
const TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
/// The greatest number: FHIR's integers end there.
const LAST_MAX: u64 = 2_147_483_647;

/// A kind of identifier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The word in proposals, and the end of its system.
    pub(crate) word: &'static str,
    /// Its code in table 0203.
    code: &'static str,
    /// The types that have one, and in which element.
    places: &'static [(&'static str, Place)],
}

/// Where an identifier stands in a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Among others, in `identifier`.
    Listed,
    /// By itself, in this element.
    Alone(&'static str),
}

/// Every kind there is.
pub(crate) const KINDS: [Kind; 2] = [
    Kind {
        word: "accession-number",
        code: "ACSN",
        places: &[
            ("DiagnosticReport", Place::Listed),
            ("ImagingStudy", Place::Listed),
            ("ServiceRequest", Place::Listed),
            ("Specimen", Place::Alone("accessionIdentifier")),
        ],
    },
    Kind {
        word: "order-number",
        code: "PLAC",
        places: &[
            ("DeviceRequest", Place::Listed),
            ("MedicationRequest", Place::Listed),
            ("NutritionOrder", Place::Listed),
            ("ServiceRequest", Place::Listed),
            ("Task", Place::Listed),
        ],
    },
];

/// An identifier that a change of a proposal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which change.
    pub(crate) change: usize,
    kind: &'static Kind,
    place: Place,
}

impl Wanted {
    /// An identifier of this kind on a resource of this type.
    ///
    /// # Errors
    /// In words: what there is instead.
    pub(crate) fn of(change: usize, word: &str, resource_type: &str) -> Result<Self, String> {
        let kind = KINDS.iter().find(|kind| kind.word == word);
        let kind = kind.ok_or_else(|| {
            let words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
            format!(
                "this host gives no such identifier; it gives: {}",
                words.join(", ")
            )
        })?;
        let place = kind.places.iter().find(|(of, _)| *of == resource_type);
        let (_, place) = place.ok_or_else(|| {
            let types: Vec<&str> = kind.places.iter().map(|(of, _)| *of).collect();
            format!("{word} is given to: {}", types.join(", "))
        })?;
        Ok(Self {
            change,
            kind,
            place: *place,
        })
    }

    /// Writes it with its number.
    fn put(&self, resource: &mut Resource, site: &SiteCode, number: u64) {
        let identifier = json!({
            "use": "official",
            "type": { "coding": [{ "system": TYPES, "code": self.kind.code }] },
            "system": format!("{SYSTEMS}{}", self.kind.word),
            "value": format!("{site}-{number:07}"),
        });
        let value = resource.value_mut();
        match self.place {
            Place::Alone(element) => value[element] = identifier,
            Place::Listed => match value.get_mut("identifier").and_then(Value::as_array_mut) {
                Some(listed) => listed.push(identifier),
                None => value["identifier"] = json!([identifier]),
            },
        }
    }
}

/// How far a site has counted a kind.
struct Counter {
    key: Key,
    version: u64,
    last: u64,
}

impl Record {
    /// As [`Record::commit_granted`], with the identifiers that its changes ask for.
    pub(crate) async fn commit_numbered(
        &self,
        caller: &Caller,
        site: &SiteCode,
        proposal: Proposal,
        wanted: &[Wanted],
    ) -> Result<Receipt, CommitError> {
        if wanted.is_empty() {
            return self.commit_granted(caller, proposal).await;
        }
        // In this host's order; other hosts are noticed by the counter's version.
        let _turn = self.inner.seam.numbering.lock().await;
        for _ in 0..limits::RETRIES_MAX {
            let mut numbered = proposal.clone();
            let counters = self.number(caller, site, &mut numbered, wanted).await?;
            match self.commit_granted(caller, numbered).await {
                Err(CommitError::Stale { key, .. }) if counters.contains(&key) => {}
                ended => return ended,
            }
        }
        Err(CommitError::Busy)
    }

    /// Writes the numbers into a proposal, and how far they are counted behind its changes; gives the counters' keys.
    async fn number(
        &self,
        caller: &Caller,
        site: &SiteCode,
        proposal: &mut Proposal,
        wanted: &[Wanted],
    ) -> Result<Vec<Key>, CommitError> {
        let mut counters: BTreeMap<&str, Counter> = BTreeMap::new();
        for one in wanted {
            let word = one.kind.word;
            if !counters.contains_key(word) {
                counters.insert(word, self.counter(caller, site, word).await?);
            }
            let Some(counter) = counters.get_mut(word) else {
                continue;
            };
            counter.last += 1;
            within(counter.last, site, word)?;
            if let Some(Change::Create { resource, .. }) = proposal.changes.get_mut(one.change) {
                one.put(resource, site, counter.last);
            }
        }
        let mut keys = Vec::with_capacity(counters.len());
        for (word, counter) in counters {
            let resource = counted(site, word, Some(&counter.key), counter.last)?;
            keys.push(counter.key.clone());
            proposal.changes.push(Change::Update {
                key: counter.key,
                resource,
                seen: Some(counter.version),
                temporary: None,
            });
        }
        Ok(keys)
    }

    /// The counter of a kind at a site. It is made where there is none yet: of two that are made at once, one stays.
    async fn counter(
        &self,
        caller: &Caller,
        site: &SiteCode,
        word: &str,
    ) -> Result<Counter, CommitError> {
        let pairs = [("identifier".to_owned(), format!("{COUNTERS}|{site}/{word}"))];
        let query = Query::parse(ResourceType::BASIC, &pairs);
        let query = query.map_err(|error| unreadable(site, word, &error.to_string()))?;
        for _ in 0..2 {
            let found = condition::found(self, 0, &query, (self.current_t(), 2)).await?;
            match found.as_slice() {
                [row] => {
                    let version = u64::try_from(row.version).unwrap_or_default();
                    let last = row.body.as_deref().and_then(last_in);
                    let last = last.ok_or_else(|| unreadable(site, word, "it has no number"))?;
                    let key = row.key.clone();
                    return Ok(Counter { key, version, last });
                }
                [] => {
                    let change = Change::Create {
                        resource: counted(site, word, None, 0)?,
                        temporary: None,
                        if_none_exist: Some(query.clone()),
                    };
                    let made = Proposal::direct(vec![change]);
                    self.commit_granted(caller, made).await?;
                }
                [_, _, ..] => return Err(unreadable(site, word, "there are two")),
            }
        }
        Err(CommitError::Busy)
    }
}

fn within(last: u64, site: &SiteCode, word: &str) -> Result<(), CommitError> {
    if last <= LAST_MAX {
        return Ok(());
    }
    Err(unreadable(site, word, "its numbers are used up"))
}

fn unreadable(site: &SiteCode, word: &str, what: &str) -> CommitError {
    let what = format!("the counter of {word} at {site} cannot be used: {what}");
    CommitError::Refused { change: 0, what }
}

/// A counter as it is kept.
fn counted(
    site: &SiteCode,
    word: &str,
    key: Option<&Key>,
    last: u64,
) -> Result<Resource, CommitError> {
    let mut value = json!({
        "resourceType": "Basic",
        "extension": [{ "url": LAST, "valueInteger": last }],
        "identifier": [{ "system": COUNTERS, "value": format!("{site}/{word}") }],
        "code": { "coding": [{ "system": CODES, "code": CODE }] },
    });
    if let Some(key) = key {
        value["id"] = Value::from(key.id.as_str());
    }
    Resource::from_value(value).map_err(|error| unreadable(site, word, &error.to_string()))
}

fn last_in(body: &str) -> Option<u64> {
    let value: Value = serde_json::from_str(body).ok()?;
    let each = value.get("extension")?.as_array()?.iter();
    let mut of = each.filter(|one| one.get("url").and_then(Value::as_str) == Some(LAST));
    of.next()?.get("valueInteger")?.as_u64()
}

/// The identifiers in a resource that were given here, as they stand.
pub(crate) fn given_in(resource: &Value) -> Vec<&Value> {
    let listed = resource.get("identifier").and_then(Value::as_array);
    let alone = resource.get("accessionIdentifier");
    let all = listed.into_iter().flatten().chain(alone);
    all.filter(|it| {
        let system = it.get("system").and_then(Value::as_str);
        system.is_some_and(|system| system.starts_with(SYSTEMS))
    })
    .collect()
}

#[cfg(test)]
mod tests;
