//! A person, and what an ADT message tells of them, against the record.
//!
//! Invariant: numbers are added and never taken away; a label that restricts is never taken away either.

use fhir::nhs_number;
use record::proposal::Change;
use serde_json::{Map, Value as Json, json};

use crate::feed::admission::Admission;
use crate::feed::filing::entries::{Known, Whose};
use crate::feed::filing::{Desk, FileError, Part, identified, over, profiled, resource};
use crate::feed::told;
use crate::matching::Candidate;
use crate::plan::Person;

impl Desk<'_> {
    pub(super) async fn admission(
        &self,
        admission: &Admission,
        found: Option<&Candidate>,
    ) -> Result<Vec<Part>, FileError> {
        let person = match found {
            Some(known) => {
                let merged = patient(known.body.clone(), admission);
                over(&known.key, Some(known), merged, &admission.patient)?
            }
            None => self.new_patient(admission)?,
        };
        let subject = person.reference.clone();
        let mut parts = vec![person];
        let mut stay = None;
        if let Some(visit) = &admission.visit {
            let part = self.visit(visit, &subject, found.is_some()).await?;
            stay = Some(part.reference.clone());
            parts.push(part);
        }
        let whose = Whose {
            patient: found.map(|found| &found.key),
            subject,
            stay,
            repeats: Known::LeftAsItIs,
        };
        parts.extend(self.entry_parts(&admission.entries, &whose).await?);
        Ok(parts)
    }

    fn new_patient(&self, admission: &Admission) -> Result<Part, FileError> {
        let person = &admission.person;
        let numbers = identifiers(person);
        let first: Vec<(String, String)> = numbers
            .first()
            .map(|number| (word(number, "system"), word(number, "value")))
            .into_iter()
            .collect();
        let temporary = self.temporary(&format!("patient{first:?}"));
        let mut elements = Map::new();
        elements.insert("active".to_owned(), Json::Bool(true));
        let elements = profiled("Patient", patient(elements, admission));
        let mut fields = vec![("identifier", admission.person.place())];
        fields.extend(admission.patient.fields.iter().copied());
        Ok(Part {
            change: Change::Create {
                resource: resource(
                    "Patient",
                    None,
                    told::settled(None, elements, &admission.patient),
                )?,
                temporary: Some(temporary.clone()),
                if_none_exist: Some(identified("Patient", first)?),
            },
            reference: temporary,
            fields,
        })
    }
}

fn patient(base: Map<String, Json>, admission: &Admission) -> Map<String, Json> {
    let mut draft = admission.patient.clone();
    let numbers = united(base.get("identifier"), identifiers(&admission.person));
    draft.set("identifier", Json::Array(numbers));
    if let Some(Json::Array(told)) = draft.elements.get_mut("extension") {
        *told = extended(base.get("extension"), told);
    }
    if draft.cleared.contains(&"extension") {
        // Only the ethnic category comes from messages; what else is kept there is not theirs to delete.
        draft.cleared.retain(|element| *element != "extension");
    }
    draft.over(base)
}

/// Extensions that are there, with those of a message in the place of their own kind.
pub(super) fn extended(there: Option<&Json>, told: &[Json]) -> Vec<Json> {
    let before = there.and_then(Json::as_array).cloned().unwrap_or_default();
    let other = before
        .into_iter()
        .filter(|one| !told.iter().any(|new| new["url"] == one["url"]));
    other.chain(told.iter().cloned()).collect()
}

pub(super) fn identifiers(person: &Person) -> Vec<Json> {
    let nhs_number = person
        .nhs_number
        .map(|number| json!({"system": nhs_number::SYSTEM, "value": number.digits()}));
    nhs_number
        .into_iter()
        .chain(person.numbers.iter().map(|number| number.json()))
        .collect()
}

fn word(number: &Json, member: &str) -> String {
    number[member].as_str().unwrap_or_default().to_owned()
}

/// The numbers that are there and those that are not.
pub(super) fn united(there: Option<&Json>, told: Vec<Json>) -> Vec<Json> {
    let mut all: Vec<Json> = there.and_then(Json::as_array).cloned().unwrap_or_default();
    for number in told {
        let same =
            |other: &Json| other["system"] == number["system"] && other["value"] == number["value"];
        if !all.iter().any(same) {
            all.push(number);
        }
    }
    // In one order, whichever came first: the NHS number, then the others.
    all.sort_by_key(|number| {
        let word = |member: &str| number[member].as_str().unwrap_or_default().to_owned();
        (
            word("system") != nhs_number::SYSTEM,
            word("system"),
            word("value"),
        )
    });
    all
}
