//! Newborns in a proposal of their mother's call, held against what the host asks of them.
//!
//! Invariant: no other Patient is made.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::care::SITE_SYSTEM;
use super::super::{Bedside, each};
use super::word;
use crate::Failure;
use crate::moment::Day;

/// The days after a birth in which it is to be registered.
const REGISTERED_WITHIN_DAYS: i64 = 42;
/// Babies of one birth.
const NEWBORNS_MAX: usize = 8;
/// Who is the mother, in v3-RoleCode.
const ROLE_CODES: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
const MOTHER: [&str; 2] = ["MTH", "NMTH"];

/// The names under which a proposal refers to its newborns.
pub(super) fn named<'c>(
    changes: &[&'c Value],
    bedside: &Bedside,
) -> Result<BTreeSet<&'c str>, Failure> {
    let mut newborns = BTreeSet::new();
    for (at, change) in changes.iter().enumerate() {
        let resource = change.get("resource").unwrap_or(&Value::Null);
        let is_patient = word(resource, "resourceType") == Some("Patient");
        if !is_patient || word(change, "action") != Some("create") || bedside.patient.is_none() {
            continue;
        }
        let name = word(change, "temporary");
        let wrong = wrong(resource, bedside).or_else(|| {
            let has_mother =
                name.is_some_and(|name| changes.iter().any(|it| is_mother_of(it, name)));
            (!has_mother).then_some(
                "needs a `temporary`, and a RelatedPerson in the same proposal who is the mother",
            )
        });
        match (wrong, name) {
            (None, Some(name)) => newborns.insert(name),
            (what, _) => {
                let what = what.unwrap_or("needs a `temporary`");
                return Err(Failure::fault(format!("changes[{at}]: a newborn {what}")));
            }
        };
    }
    if newborns.len() > NEWBORNS_MAX {
        let what = format!("the proposal has more than {NEWBORNS_MAX} newborns");
        return Err(Failure::fault(what));
    }
    Ok(newborns)
}

fn wrong(patient: &Value, bedside: &Bedside) -> Option<&'static str> {
    let born = word(patient, "birthDate").and_then(Day::parse);
    let days = Day::of(&bedside.now)
        .zip(born)
        .map(|(today, born)| today.since(born));
    if !days.is_some_and(|it| (0..=REGISTERED_WITHIN_DAYS).contains(&it)) {
        return Some("needs a whole `birthDate` of the last 42 days");
    }
    let organisation = patient.pointer("/managingOrganization/identifier");
    let is_here = organisation.is_some_and(|it| {
        word(it, "system") == Some(SITE_SYSTEM) && word(it, "value") == Some(&bedside.site)
    });
    if !is_here {
        return Some(
            "needs a `managingOrganization` with the `identifier` of the site of the call",
        );
    }
    let given = ["identifier", "link", "deceasedBoolean", "deceasedDateTime"];
    let has_any = given.iter().any(|it| patient.get(it).is_some());
    has_any.then_some("has no `identifier`, `link` or death that a departmental could give")
}

fn is_mother_of(change: &Value, newborn: &str) -> bool {
    let resource = change.get("resource").unwrap_or(&Value::Null);
    let patient = resource
        .pointer("/patient/reference")
        .and_then(Value::as_str);
    let mut codings = each(resource, "relationship").flat_map(|it| each(it, "coding"));
    word(change, "action") == Some("create")
        && word(resource, "resourceType") == Some("RelatedPerson")
        && patient == Some(newborn)
        && codings.any(|it| {
            word(it, "system") == Some(ROLE_CODES)
                && word(it, "code").is_some_and(|it| MOTHER.contains(&it))
        })
}
