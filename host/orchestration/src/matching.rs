//! Who a message is about: numbers and date of birth against the people of the record.
//!
//! Invariant: a number is not yet a person. Where the date of birth disagrees, or numbers lead to different people,
//! the answer is to ask a person, never a guess.

use std::collections::HashSet;

use fhir::nhs_number;
use fhir::resource::Key;
use record::person;
use serde_json::{Map, Value as Json};

use crate::plan::Person;

/// Somebody in the record who has one of the numbers.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which patient.
    pub key: Key,
    /// The version read.
    pub version: u64,
    /// The patient as the record has it.
    pub body: Map<String, Json>,
}

impl Candidate {
    fn numbers(&self) -> HashSet<(&str, &str)> {
        let listed = self.body.get("identifier").and_then(Json::as_array);
        listed
            .into_iter()
            .flatten()
            .filter_map(|number| Some((number["system"].as_str()?, number["value"].as_str()?)))
            .collect()
    }
    fn nhs_numbers(&self) -> HashSet<&str> {
        let all = self.numbers();
        all.into_iter()
            .filter(|(system, _)| *system == nhs_number::SYSTEM)
            .map(|(_, value)| value)
            .collect()
    }
    /// Whether they were merged into somebody else of the record.
    pub(crate) fn was_merged(&self) -> bool {
        // Most people were not, and need no copy to be told so.
        self.body.contains_key("link")
            && person::merged_to(&Json::Object(self.body.clone())).is_some()
    }
    fn birth_date(&self) -> Option<&str> {
        self.body.get("birthDate")?.as_str()
    }
}

/// Why nobody can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The date of birth is another.
    #[error(
        "the number is in the record with another date of birth: somebody has to say whether it is the same person"
    )]
    BirthDate,
    /// The numbers lead to different people.
    #[error(
        "the numbers belong to different people in the record: somebody has to say which of them is meant"
    )]
    SeveralPeople,
    /// The local number is in the record with another NHS number.
    #[error(
        "the sender's own number is in the record with another NHS number: somebody has to say who is meant"
    )]
    OtherNhsNumber,
}

/// The one candidate who is meant. `None`: nobody in the record has any of the numbers.
///
/// # Errors
/// [`Doubt`], for a person to resolve.
pub fn who<'c>(
    person: &Person,
    candidates: &'c [Candidate],
) -> Result<Option<&'c Candidate>, Doubt> {
    let nhs_number = person.nhs_number.map(|number| number.digits());
    let has_nhs_number = |candidate: &&Candidate| {
        nhs_number
            .as_deref()
            .is_some_and(|number| candidate.nhs_numbers().contains(number))
    };
    let has_number = |candidate: &&Candidate| {
        let theirs = candidate.numbers();
        person
            .numbers
            .iter()
            .any(|number| theirs.contains(&(number.system.as_str(), number.value.as_str())))
    };
    let meant: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| has_nhs_number(candidate) || has_number(candidate))
        .collect();
    let found = match meant.as_slice() {
        [] => return Ok(None),
        [one] => *one,
        _ => return Err(Doubt::SeveralPeople),
    };
    let theirs = found.nhs_numbers();
    if nhs_number
        .as_deref()
        .is_some_and(|number| !theirs.is_empty() && !theirs.contains(number))
    {
        return Err(Doubt::OtherNhsNumber);
    }
    match (&person.birth_date, found.birth_date()) {
        (Some(told), Some(known)) if !agree(told, known) => Err(Doubt::BirthDate),
        _ => Ok(Some(found)),
    }
}

/// Whether two dates agree as far as both go: `1985` and `1985-03-02` do.
fn agree(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

#[cfg(test)]
mod tests;
