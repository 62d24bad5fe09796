//! Admissions, registrations and updates against the record.
//!
//! Invariant: numbers are added and never taken away; a stay that has ended is not opened again by a message that
//! merely does not say so.

use fhir::nhs_number;
use record::proposal::Change;
use serde_json::{Map, Value as Json, json};

use crate::feed::admission::{Admission, Visit};
use crate::feed::filing::{Desk, FileError, Part, identified, over, reference, resource};
use crate::feed::told;
use crate::matching::Candidate;
use crate::plan::{Draft, Person};

/// States of a stay that only a message about just that may leave.
const ENDED: [&str; 3] = ["finished", "cancelled", "entered-in-error"];

impl Desk<'_> {
    pub(super) async fn admission(
        &self,
        admission: &Admission,
        found: Option<&Candidate>,
    ) -> Result<Vec<Part>, FileError> {
        let patient = match found {
            Some(known) => {
                let merged = patient(known.body.clone(), admission);
                over(&known.key, Some(known), merged, &admission.patient)?
            }
            None => self.new_patient(admission)?,
        };
        let mut parts = Vec::new();
        if let Some(visit) = &admission.visit {
            parts.push(
                self.visit(visit, &patient.reference, found.is_some())
                    .await?,
            );
        }
        parts.insert(0, patient);
        Ok(parts)
    }

    fn new_patient(&self, admission: &Admission) -> Result<Part, FileError> {
        let person = &admission.person;
        let numbers = identifiers(person);
        let first = numbers
            .first()
            .map(|number| (word(number, "system"), word(number, "value")));
        let temporary = self.temporary("patient");
        let mut elements = Map::new();
        elements.insert("active".to_owned(), Json::Bool(true));
        Ok(Part {
            change: Change::Create {
                resource: resource(
                    "Patient",
                    None,
                    told::settled(None, patient(elements, admission), &admission.patient),
                )?,
                temporary: Some(temporary.clone()),
                if_none_exist: Some(identified("Patient", first.into_iter().collect())?),
            },
            reference: temporary,
            trace: format!("identifier=PID-3 {}", admission.patient.trace()),
        })
    }

    async fn visit(
        &self,
        visit: &Visit,
        patient: &str,
        patient_known: bool,
    ) -> Result<Part, FileError> {
        let number = (visit.number.system.clone(), visit.number.value.clone());
        let there = self.having("Encounter", vec![number.clone()]).await?;
        let mut draft = visit.draft.clone();
        draft.set("subject", reference(patient));
        match there.as_slice() {
            [] => {
                let temporary = self.temporary("visit");
                Ok(Part {
                    change: Change::Create {
                        resource: resource(
                            "Encounter",
                            None,
                            told::settled(None, draft.elements.clone(), &draft),
                        )?,
                        temporary: Some(temporary.clone()),
                        if_none_exist: Some(identified("Encounter", vec![number])?),
                    },
                    reference: temporary,
                    trace: draft.trace(),
                })
            }
            [stay] if patient_known && subject(stay) == Some(patient) => {
                over(&stay.key, Some(stay), continued(stay, &draft), &draft)
            }
            _ => Err(FileError::VisitOfAnother),
        }
    }

    /// The stay that a result names, where the record has it.
    pub(super) async fn stay(
        &self,
        number: (String, String),
        patient: &str,
    ) -> Result<Option<String>, FileError> {
        match self.having("Encounter", vec![number]).await?.as_slice() {
            [] => Ok(None),
            [stay] if subject(stay) == Some(patient) => Ok(Some(stay.key.to_string())),
            _ => Err(FileError::VisitOfAnother),
        }
    }
}

fn subject(stay: &Candidate) -> Option<&str> {
    stay.body.get("subject")?.get("reference")?.as_str()
}

/// A stay with what a message says: members of a period or an admission that it does not carry stay, too.
fn continued(stay: &Candidate, draft: &Draft) -> Map<String, Json> {
    let mut draft = draft.clone();
    let ended = stay
        .body
        .get("status")
        .and_then(Json::as_str)
        .is_some_and(|status| ENDED.contains(&status));
    if ended
        && draft
            .elements
            .get("status")
            .is_some_and(|status| *status != "finished")
    {
        draft.elements.shift_remove("status");
    }
    for element in ["period", "hospitalization"] {
        let before = stay.body.get(element).and_then(Json::as_object);
        if let (Some(before), Some(Json::Object(now))) = (before, draft.elements.get_mut(element)) {
            for (member, value) in before {
                now.entry(member.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(Json::Array(numbers)) = draft.elements.get_mut("identifier") {
        *numbers = united(stay.body.get("identifier"), numbers.clone());
    }
    draft.over(stay.body.clone())
}

fn patient(base: Map<String, Json>, admission: &Admission) -> Map<String, Json> {
    let mut draft = admission.patient.clone();
    let numbers = united(base.get("identifier"), identifiers(&admission.person));
    draft.set("identifier", Json::Array(numbers));
    if let Some(Json::Array(told)) = draft.elements.get_mut("extension") {
        let before = base
            .get("extension")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        let other = before
            .into_iter()
            .filter(|one| !told.iter().any(|new| new["url"] == one["url"]));
        *told = other.chain(told.clone()).collect();
    }
    if draft.cleared.contains(&"extension") {
        // Only the ethnic category comes from messages; what else is kept there is not theirs to delete.
        draft.cleared.retain(|element| *element != "extension");
    }
    draft.over(base)
}

fn identifiers(person: &Person) -> Vec<Json> {
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
fn united(there: Option<&Json>, told: Vec<Json>) -> Vec<Json> {
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
