//! Keeping a proposal in a ward: looked at as the host looks at it, then kept whole.
//!
//! Invariant: the chart is changed after everything was looked at, so that what is refused leaves it as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::care::SITE_SYSTEM;
use super::super::{each, owner_of, reference_of};
use super::{Ward, newborn, word};
use crate::{Departmental, Failure};

/// Changes of a proposal at most, as in the host.
const CHANGES_MAX: usize = 100;
/// To which types a number of each kind is given; a Specimen has it in `accessionIdentifier`.
const NUMBERED: [(&str, &str, &[&str]); 2] = [
    (
        "accession-number",
        "ACSN",
        &[
            "DiagnosticReport",
            "ImagingStudy",
            "ServiceRequest",
            "Specimen",
        ],
    ),
    (
        "order-number",
        "PLAC",
        &[
            "DeviceRequest",
            "MedicationRequest",
            "NutritionOrder",
            "ServiceRequest",
            "Task",
        ],
    ),
];

impl<D: Departmental> Ward<D> {
    /// Keeps all changes of a proposal, or none.
    pub(super) fn commit(&mut self, proposal: &Value) -> Result<(), Failure> {
        let changes: Vec<&Value> = each(proposal, "changes").collect();
        if changes.len() > CHANGES_MAX {
            return Err(Failure::fault(format!(
                "the proposal has {} changes; {CHANGES_MAX} are allowed",
                changes.len()
            )));
        }
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let mut changed = BTreeSet::new();
        let newborns = newborn::named(&changes, &self.bedside)?;
        let mut made = self.made;
        let mut kept = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let wrong = |what: &str| Failure::fault(format!("changes[{at}]: {what}"));
            let mut resource = change.get("resource").cloned().unwrap_or_default();
            self.is_theirs(change, &newborns)
                .map_err(|what| wrong(&what))?;
            if self.bedside.patient.is_none() {
                label(&mut resource, &self.bedside.site);
            }
            if word(change, "action") == Some("update") {
                let reference = reference_of(&resource)
                    .ok_or_else(|| wrong("an update needs the id of its resource"))?;
                if !changed.insert(reference.clone()) {
                    return Err(wrong(&format!("{reference} is changed twice")));
                }
                let version = self.next_version(&reference, word(change, "seen"))?;
                resource["meta"]["versionId"] = Value::from(version);
            } else {
                if resource.get("id").is_some() {
                    return Err(wrong(
                        "leave out the id: the host gives a new resource its id",
                    ));
                }
                let of = word(&resource, "resourceType")
                    .unwrap_or_default()
                    .to_owned();
                made = self.unused(&of, made);
                if let Some(temporary) = word(change, "temporary") {
                    let name = format!("{of}/made-{made}");
                    if names.insert(temporary.to_owned(), name).is_some() {
                        return Err(wrong("its temporary id is used twice"));
                    }
                }
                resource["id"] = json!(format!("made-{made}"));
                resource["meta"]["versionId"] = json!("1");
                for kind in each(change, "identifiers") {
                    number(&mut resource, &of, kind, made).map_err(|what| wrong(&what))?;
                }
            }
            resource["meta"]["lastUpdated"] = json!(self.bedside.now);
            kept.push(resource);
        }
        for resource in &mut kept {
            refer(resource, &names)?;
        }
        for resource in kept {
            let reference = reference_of(&resource);
            let mut there = self.bedside.resources.iter_mut();
            match there.find(|it| reference_of(it) == reference) {
                Some(old) => *old = resource,
                None => self.bedside.resources.push(resource),
            }
        }
        self.made = made;
        self.t += 1;
        Ok(())
    }

    /// Whether a resource is about the patient of the call or a newborn, or in a call about nobody about nobody, and refers
    /// to no patient beside them but those to whom it did before.
    fn is_theirs(&self, change: &Value, newborns: &BTreeSet<&str>) -> Result<(), String> {
        let resource = change.get("resource").unwrap_or(&Value::Null);
        let is_patient = word(resource, "resourceType") == Some("Patient");
        let is_new = word(change, "action") == Some("create");
        let mut references = Vec::new();
        gather(resource, &mut references);
        let Some(patient) = self.bedside.patient.as_deref() else {
            return match is_patient || references.iter().any(|it| it.starts_with("Patient/")) {
                true => Err("it is about a patient, in a call that is about none".to_owned()),
                false => Ok(()),
            };
        };
        let is_about = match owner_of(resource) {
            _ if is_new && is_patient => {
                word(change, "temporary").is_some_and(|it| newborns.contains(it))
            }
            Some(owner) => owner == patient || is_new && newborns.contains(owner.as_str()),
            None => references.contains(&patient),
        };
        if !is_about {
            return Err("the resource is not about the patient of the call".to_owned());
        }
        let before = reference_of(resource).and_then(|it| self.get(&it));
        let mut known = Vec::new();
        gather(before.unwrap_or(&Value::Null), &mut known);
        let other = |it: &&str| it.starts_with("Patient/") && *it != patient && !known.contains(it);
        match references.iter().any(other) {
            true => Err("the resource refers to another patient".to_owned()),
            false => Ok(()),
        }
    }

    /// The version that follows the current one, which must be the one that was seen.
    fn next_version(&self, reference: &str, seen: Option<&str>) -> Result<String, Failure> {
        let mut there = self.bedside.resources.iter();
        let current = there
            .find(|it| reference_of(it).as_deref() == Some(reference) && self.may_change(it))
            .and_then(|it| it.pointer("/meta/versionId")?.as_str());
        let Some(current) = current else {
            return Err(Failure::fault(format!(
                "the proposal updates {reference}, which is not in this patient's chart, or not the site's own"
            )));
        };
        if seen != Some(current) {
            return Err(Failure::new(
                "conflict",
                format!(
                    "{reference} is at version {current}, and the proposal rests on {}; nothing is kept",
                    seen.unwrap_or("none")
                ),
            ));
        }
        let version: u64 = current.parse().map_err(|_| {
            Failure::invalid(format!("{reference} has a version that is no number"))
        })?;
        Ok((version + 1).to_string())
    }

    /// Whether a resource is the patient's, or in a call about nobody the site's own.
    fn may_change(&self, resource: &Value) -> bool {
        match self.bedside.patient {
            Some(_) => self.bedside.in_chart(resource),
            None => self.bedside.is_own(resource),
        }
    }

    /// The next number of an id that nothing of this type has.
    fn unused(&self, of: &str, made: u64) -> u64 {
        let mut next = made + 1;
        while self
            .bedside
            .resources
            .iter()
            .any(|it| reference_of(it).as_deref() == Some(format!("{of}/made-{next}").as_str()))
        {
            next += 1;
        }
        next
    }
}

/// Labels a resource as the site's own, unless it is.
fn label(resource: &mut Value, site: &str) {
    let label = json!({ "system": SITE_SYSTEM, "code": site });
    match resource
        .pointer_mut("/meta/tag")
        .and_then(Value::as_array_mut)
    {
        Some(tags) if tags.contains(&label) => {}
        Some(tags) => tags.push(label),
        None => resource["meta"]["tag"] = json!([label]),
    }
}

/// Gives a new resource the number that it asks for.
fn number(resource: &mut Value, of: &str, kind: &Value, made: u64) -> Result<(), String> {
    let known = NUMBERED.iter().find(|it| kind.as_str() == Some(it.0));
    let Some((word, code, types)) = known else {
        return Err(format!("the host gives no identifier {kind}"));
    };
    if !types.contains(&of) {
        return Err(format!("{word} is given to: {}", types.join(", ")));
    }
    let identifier = json!({
        "type": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code }] },
        "system": format!("urn:palatine:bedside:{word}"),
        "value": format!("{made:06}"),
    });
    if of == "Specimen" {
        resource["accessionIdentifier"] = identifier;
        return Ok(());
    }
    match resource.get_mut("identifier").and_then(Value::as_array_mut) {
        Some(all) => all.push(identifier),
        None => resource["identifier"] = json!([identifier]),
    }
    Ok(())
}

/// Puts the ids that were given in place of the temporary ones.
fn refer(value: &mut Value, names: &BTreeMap<String, String>) -> Result<(), Failure> {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let temporary = member.as_str().filter(|it| it.starts_with("urn:uuid:"));
                match temporary.filter(|_| name == "reference") {
                    Some(temporary) => {
                        let given = names.get(temporary).ok_or_else(|| {
                            Failure::fault(format!(
                                "the reference {temporary} is no `temporary` of this proposal"
                            ))
                        })?;
                        *member = Value::from(given.as_str());
                    }
                    None => refer(member, names)?,
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|it| refer(it, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Every reference of a resource.
fn gather<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str().filter(|_| name == "reference") {
                    Some(reference) => all.push(reference),
                    None => gather(member, all),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| gather(it, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
