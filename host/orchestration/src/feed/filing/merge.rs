//! Merges, changes of numbers and links against the record.
//!
//! Invariant: a sender joins and parts only what is its own; whatever would touch another organisation's numbers, or join
//! people whose dates of birth disagree, waits for a person.

use std::collections::BTreeSet;

use fhir::nhs_number;
use fhir::resource::Key;
use record::person::{self, Merge, Side};
use serde_json::{Map, Value as Json, json};

use crate::feed::filing::admission::{identifiers, united};
use crate::feed::filing::{Desk, FileError, Work, over};
use crate::feed::merge::{Act, Joining};
use crate::feed::message::place::Place;
use crate::matching::Candidate;
use crate::plan::{Draft, Person};

impl Desk<'_> {
    /// What such a message comes to.
    pub(super) async fn joined(&self, joining: &Joining) -> Result<Work, FileError> {
        let found = self.who(&joining.person).await?;
        let other = self.who(&joining.other).await?;
        match (joining.act, found.as_ref(), other.as_ref()) {
            (_, None, None) => Err(FileError::UnknownPatient),
            (Act::Merge, Some(target), Some(source)) if target.key != source.key => {
                merge(joining, source, target)
            }
            // One number is not in the record yet, or both are one person's already.
            (Act::Merge | Act::Renumber, Some(known), None)
            | (Act::Merge | Act::Renumber, None, Some(known)) => numbers(joining, known),
            (Act::Merge | Act::Renumber, Some(known), Some(other)) => {
                match known.key == other.key {
                    true => numbers(joining, known),
                    false => Err(FileError::TwoPeople),
                }
            }
            (Act::Link | Act::Unlink, Some(one), Some(other)) => linked(joining.act, one, other),
            (Act::Link | Act::Unlink, _, _) => Err(FileError::UnknownPatient),
        }
    }
}

/// The wish to merge, if the record to be merged is this sender's alone.
fn merge(joining: &Joining, source: &Candidate, target: &Candidate) -> Result<Work, FileError> {
    let sender = &joining.sender;
    let named = &joining.other.numbers;
    let listed = source.body.get("identifier").and_then(Json::as_array);
    let of_others = listed.into_iter().flatten().any(|number| {
        let system = number["system"].as_str().unwrap_or_default();
        system.starts_with("urn:palatine:") && !sender.is_own(system)
    });
    if of_others || !named.iter().any(|number| sender.is_own(&number.system)) {
        return Err(FileError::OfOthers);
    }
    // A message that names both NHS numbers says which of them survives.
    let says_both = joining.person.nhs_number.is_some() && joining.other.nhs_number.is_some();
    Ok(Work::Merge(Box::new(Merge {
        source: source.key.clone(),
        target: target.key.clone(),
        reason: format!(
            "ADT^{} of {} at {}",
            joining.event, sender.application, sender.site
        ),
        evidence: None,
        stands: says_both.then_some(Side::Target),
        accepted: BTreeSet::new(),
        seen: None,
        message: None,
    })))
}

/// One person with both lists of numbers, the prior ones marked as old where another of their system came.
fn numbers(joining: &Joining, known: &Candidate) -> Result<Work, FileError> {
    let Joining { person, other, .. } = joining;
    let mut all = united(known.body.get("identifier"), identifiers(other));
    all = united(Some(&Json::Array(all)), identifiers(person));
    for number in &mut all {
        if is_prior(number, person, other) {
            number["use"] = json!("old");
        }
    }
    let all = Json::Array(all);
    if known.body.get("identifier") == Some(&all) {
        return Ok(Work::Parts(Vec::new()));
    }
    let mut draft = Draft::default();
    draft.put("identifier", all, Place::of("MRG", 1));
    let part = over(
        &known.key,
        Some(known),
        draft.over(known.body.clone()),
        &draft,
    )?;
    Ok(Work::Parts(vec![part]))
}

/// Whether a number is one of the prior ones, and another of the same system is in its place.
fn is_prior(number: &Json, person: &Person, other: &Person) -> bool {
    let (system, value) = (number["system"].as_str(), number["value"].as_str());
    let has = |of: &Person, wanted: Option<&str>| {
        let nhs = of.nhs_number.map(|number| number.digits());
        let nhs = nhs
            .iter()
            .map(|digits| (nhs_number::SYSTEM, digits.as_str()));
        let own = of
            .numbers
            .iter()
            .map(|it| (it.system.as_str(), it.value.as_str()));
        nhs.chain(own)
            .any(|(its, digits)| Some(its) == system && wanted.is_none_or(|it| it == digits))
    };
    has(other, value) && !has(person, value) && has(person, None)
}

/// The two records with a link between them, or without it.
fn linked(act: Act, one: &Candidate, other: &Candidate) -> Result<Work, FileError> {
    if one.key == other.key {
        return match act {
            Act::Unlink => Err(FileError::WereMerged),
            Act::Link | Act::Merge | Act::Renumber => Ok(Work::Parts(Vec::new())),
        };
    }
    let mut parts = Vec::new();
    for (from, to) in [(one, &other.key), (other, &one.key)] {
        let links = links(&from.body, to, act);
        let before = from.body.get("link").and_then(Json::as_array);
        if before.map_or(&[][..], Vec::as_slice) == links.as_slice() {
            continue;
        }
        let mut draft = Draft::default();
        match links.is_empty() {
            true => {
                draft.cleared.push("link");
                draft.fields.push(("link", Place::of("PID", 3)));
            }
            false => draft.put("link", Json::Array(links), Place::of("PID", 3)),
        }
        parts.push(over(
            &from.key,
            Some(from),
            draft.over(from.body.clone()),
            &draft,
        )?);
    }
    Ok(Work::Parts(parts))
}

fn links(body: &Map<String, Json>, to: &Key, act: Act) -> Vec<Json> {
    let link = json!({ "other": { "reference": to.to_string() }, "type": "seealso" });
    let there = body.get("link").and_then(Json::as_array);
    let mut links: Vec<Json> = there.cloned().unwrap_or_default();
    match act {
        Act::Unlink => links.retain(|it| *it != link),
        Act::Link | Act::Merge | Act::Renumber if !links.contains(&link) => links.push(link),
        Act::Link | Act::Merge | Act::Renumber => {}
    }
    links
}

/// The keys of the persons who were merged into a patient: what was filed under their numbers keeps its place.
pub(super) fn earlier(patient: &Candidate) -> Vec<Key> {
    person::merged_from(&Json::Object(patient.body.clone()))
}
