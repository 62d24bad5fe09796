//! Babies whom a departmental registers with the birth: in their mother's call, with the fact of whose they are.
//!
//! Invariant: a Patient comes out of a departmental only as newborn, of the site that asks, and with the RelatedPerson that
//! names the mother; its number is not the departmental's to give.

use std::collections::BTreeSet;

use fhir::compartment;
use fhir::reference::{self, Target};
use fhir::resource::{Id, Resource, ResourceType};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::Value;

use super::{Rejected, Terms, Written, malformed};
use crate::caller::SiteCode;
use crate::departmental::manifest::WriteAction;

/// Until when somebody who was born can be registered so, in days: the time in which a birth must be registered in
/// England (Births and Deaths Registration Act 1953, section 2).
const REGISTERED_WITHIN_DAYS: i32 = 42;
/// Babies of one birth.
const NEWBORNS_MAX: usize = 8;
/// What says that the related person is the mother: v3-RoleCode, mother and natural mother.
const ROLE_CODES: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
const MOTHER: [&str; 2] = ["MTH", "NMTH"];

/// The babies of a proposal, by the names under which its other changes refer to them.
#[derive(Debug, Default)]
pub(super) struct Newborns(BTreeSet<String>);

impl Newborns {
    /// Finds them, and holds each against what a newborn must be at the call's moment and site.
    pub(super) fn of(changes: &[Written], terms: &Terms<'_>) -> Result<Self, Rejected> {
        let mut newborns = BTreeSet::new();
        if !terms
            .grants
            .may_write(ResourceType::PATIENT.as_str(), WriteAction::Create)
        {
            return Ok(Self::default());
        }
        for (index, change) in changes.iter().enumerate() {
            let is_patient = change.resource.get("resourceType").and_then(Value::as_str)
                == Some(ResourceType::PATIENT.as_str());
            if !is_patient || change.action != WriteAction::Create {
                continue;
            }
            let at = |member: &str| format!("changes[{index}].{member}");
            let name = change.temporary.clone().ok_or_else(|| {
                malformed(
                    at("temporary"),
                    "a newborn needs one, by which the RelatedPerson who is the mother refers to it",
                )
            })?;
            check(&change.resource, terms)
                .map_err(|(member, what)| malformed(at(&format!("resource.{member}")), what))?;
            if !changes.iter().any(|it| is_mother_of(it, &name)) {
                return Err(malformed(
                    at("resource"),
                    format!(
                        "needs a RelatedPerson in the same proposal with `patient` {name} and a `relationship` MTH or NMTH of {ROLE_CODES}"
                    ),
                ));
            }
            newborns.insert(name);
        }
        if newborns.len() > NEWBORNS_MAX {
            return Err(malformed(
                "changes",
                format!("hold at most {NEWBORNS_MAX} newborns"),
            ));
        }
        Ok(Self(newborns))
    }

    /// Whether a new resource is one of them, or is in the compartment of one.
    pub(super) fn are_whom_it_is_about(
        &self,
        temporary: Option<&str>,
        resource: &Resource,
    ) -> bool {
        if resource.resource_type() == ResourceType::PATIENT {
            return temporary.is_some_and(|it| self.0.contains(it));
        }
        // The compartment is told from references to Patients: each newborn becomes one in turn.
        self.0.iter().enumerate().any(|(index, name)| {
            let stand_in = format!("newborn-{index}");
            let (Ok(id), Some(read)) = (
                stand_in.parse::<Id>(),
                standing_in(resource, name, &stand_in),
            ) else {
                return false;
            };
            compartment::patient_of(&read) == Some(id)
        })
    }
}

fn standing_in(resource: &Resource, name: &str, stand_in: &str) -> Option<Resource> {
    let mut value = resource.value().clone();
    replace(&mut value, name, &format!("Patient/{stand_in}"));
    Resource::from_value(value).ok()
}

fn replace(value: &mut Value, name: &str, with: &str) {
    match value {
        Value::String(text) if text == name => with.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|it| replace(it, name, with)),
        Value::Object(members) => members.values_mut().for_each(|it| replace(it, name, with)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a newborn must say of itself, and what it may not.
fn check(
    patient: &serde_json::Map<String, Value>,
    terms: &Terms<'_>,
) -> Result<(), (&'static str, String)> {
    let today = terms.now.parse::<Timestamp>().map(|it| {
        it.to_zoned(TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC))
            .date()
    });
    let born = patient.get("birthDate").and_then(Value::as_str);
    let born = born.and_then(|it| it.parse::<Date>().ok());
    let (Ok(today), Some(born)) = (today, born) else {
        return Err((
            "birthDate",
            "a newborn's whole day of birth is known".to_owned(),
        ));
    };
    let earliest = today.saturating_sub(REGISTERED_WITHIN_DAYS.days());
    if born > today || born < earliest {
        return Err((
            "birthDate",
            format!(
                "is a day from {earliest} to {today}: a departmental registers nobody but newborns"
            ),
        ));
    }
    let managing = patient
        .get("managingOrganization")
        .and_then(|it| it.get("identifier"));
    let is_here = managing.is_some_and(|it| {
        it["system"] == SiteCode::SYSTEM && it["value"] == terms.caller.site().as_str()
    });
    if !is_here {
        return Err((
            "managingOrganization",
            format!(
                "has the `identifier` {}|{}: the site of the call looks after its newborns",
                SiteCode::SYSTEM,
                terms.caller.site()
            ),
        ));
    }
    for member in ["identifier", "link", "deceasedBoolean", "deceasedDateTime"] {
        if patient.contains_key(member) {
            return Err((
                member,
                "is not a departmental's to give to a newborn: leave it out".to_owned(),
            ));
        }
    }
    Ok(())
}

fn is_mother_of(change: &Written, newborn: &str) -> bool {
    let resource = &change.resource;
    let is = |member: &str, text: &str| resource.get(member).and_then(Value::as_str) == Some(text);
    let patient = resource
        .get("patient")
        .and_then(|it| it.get("reference")?.as_str());
    let mut relationships = resource
        .get("relationship")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("coding")?.as_array())
        .flatten();
    change.action == WriteAction::Create
        && is("resourceType", "RelatedPerson")
        && patient == Some(newborn)
        && relationships.any(|it| {
            it["system"] == ROLE_CODES && it["code"].as_str().is_some_and(|it| MOTHER.contains(&it))
        })
}

/// The Patients to whom a version refers.
pub(super) fn patients_in(body: &str) -> BTreeSet<Id> {
    let mut patients = BTreeSet::new();
    if let Ok(resource) = Resource::parse(body.as_bytes()) {
        reference::each(resource.value(), |_, text| {
            if let Target::Local { key, .. } = reference::parse(text)
                && key.resource_type == ResourceType::PATIENT
            {
                patients.insert(key.id);
            }
        });
    }
    patients
}

#[cfg(test)]
mod tests;
