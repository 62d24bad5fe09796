//! The details of a FHIR Patient.
//!
//! Invariant: of several names and addresses the one in use now is compared, and former names are kept as such.

use fhir::nhs_number::{self, NhsNumber};
use fhir::search_parameter::normalised;
use serde_json::Value;

use super::{Birth, Details, Postcode, Sex, phrase};
use crate::matching::text::{Word, hash};

/// Further names, numbers and former names that are read at most.
const LISTED_MAX: usize = 8;
/// The place of birth, as R4's own extension has it.
const BIRTH_PLACE: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";

impl Details {
    /// What a Patient resource tells.
    pub fn of_patient(patient: &Value) -> Self {
        let names: Vec<&Value> = listed(patient, "name").collect();
        let current = names
            .iter()
            .min_by_key(|name| rank(name, &["official", "usual"]));
        let mut it = Self {
            nhs_number: nhs_number(patient),
            birth: text(patient, "birthDate").and_then(Birth::read),
            sex: match text(patient, "gender") {
                Some("female") => Some(Sex::Female),
                Some("male") => Some(Sex::Male),
                Some("other") => Some(Sex::Other),
                Some(_) | None => None,
            },
            telephone: telephone(patient),
            place: place(patient),
            ..Self::default()
        };
        if let Some(name) = current {
            it.given = given(name);
            it.family = family(name);
        }
        let others = names.iter().filter_map(|name| family(name));
        it.former = others
            .filter(|name| Some(name) != it.family.as_ref())
            .take(LISTED_MAX)
            .collect();
        let addresses: Vec<&Value> = listed(patient, "address").collect();
        if let Some(address) = addresses.iter().min_by_key(|it| rank(it, &["home"])) {
            it.postcode = text(address, "postalCode").and_then(Postcode::read);
            let lines = address.get("line").and_then(Value::as_array);
            it.street = lines
                .and_then(|lines| lines.first())
                .and_then(Value::as_str)
                .and_then(phrase);
        }
        it
    }
}

/// Where a name or an address stands among its like: what is wanted first, what is old last.
fn rank(of: &Value, wanted: &[&str]) -> usize {
    let of_use = text(of, "use").unwrap_or_default();
    let is_old = matches!(of_use, "old" | "maiden") || of.pointer("/period/end").is_some();
    match wanted.iter().position(|it| *it == of_use) {
        Some(place) if !is_old => place,
        Some(_) | None if is_old => usize::MAX,
        Some(_) | None => wanted.len(),
    }
}

fn text<'v>(of: &'v Value, name: &str) -> Option<&'v str> {
    of.get(name).and_then(Value::as_str)
}

fn listed<'v>(of: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    of.get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .take(LISTED_MAX)
}

fn given(name: &Value) -> Vec<Word> {
    let all = name
        .get("given")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let words = all.filter_map(Value::as_str).map(normalised);
    let words: Vec<Word> = words
        .flat_map(|it| {
            it.split_whitespace()
                .filter_map(Word::of)
                .collect::<Vec<_>>()
        })
        .take(LISTED_MAX)
        .collect();
    words
}

/// The surname; its parts are one word, however they are joined.
fn family(name: &Value) -> Option<Word> {
    let folded = normalised(text(name, "family")?);
    Word::of(&folded.replace([' ', '-'], " "))
}

fn nhs_number(patient: &Value) -> Option<Box<str>> {
    let numbers = listed(patient, "identifier");
    let mut nhs = numbers.filter(|it| text(it, "system") == Some(nhs_number::SYSTEM));
    let number: NhsNumber = nhs.find_map(|it| text(it, "value")?.parse().ok())?;
    Some(number.digits().into())
}

fn telephone(patient: &Value) -> Vec<u64> {
    let all = listed(patient, "telecom").filter(|it| text(it, "system") == Some("phone"));
    let digits = all.filter_map(|it| text(it, "value")).map(|value| {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        // The last nine digits are the same with and without the country's code.
        digits
            .get(digits.len().saturating_sub(9)..)
            .unwrap_or_default()
            .to_owned()
    });
    digits
        .filter(|it| it.len() == 9)
        .map(|it| hash(&it))
        .collect()
}

fn place(patient: &Value) -> Option<Word> {
    let mut extensions = listed(patient, "extension");
    let place = extensions.find(|it| text(it, "url") == Some(BIRTH_PLACE))?;
    let address = place.get("valueAddress")?;
    phrase(text(address, "city").or_else(|| text(address, "text"))?)
}
