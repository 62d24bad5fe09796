//! A plan against the record: whom it is about, what is there already, and the proposal that follows.
//!
//! Invariant: a message is filed for exactly one person or not at all; what it does not carry stays as it is; what was
//! read is named with its version, so that a change in between is noticed.

pub mod admission;
pub mod entries;
mod error;
mod journal;
pub mod merge;
mod place;
pub mod provenance;
pub mod results;
pub mod stay;

pub use self::error::FileError;

use fhir::nhs_number;
use fhir::query::{Clause, Condition, Query, System};
use fhir::resource::{Id, Key, Resource, ResourceType};
use fhir::search_parameter;
use record::caller::Caller;
use record::log::At;
use record::person::Merge;
use record::proposal::Change;
use record::search::Page;
use record::{ReadError, Record};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::feed::message::place::Place;
use crate::feed::told;
use crate::matching::{self, Candidate};
use crate::plan::{Draft, Person, Plan};

/// One changed resource and the fields that its elements came from.
#[derive(Debug)]
pub struct Part {
    /// The change.
    pub change: Change,
    /// By what the other parts refer to it.
    pub reference: String,
    /// Which field each element came from.
    pub fields: Vec<(&'static str, Place)>,
}

/// What a message comes to.
pub enum Work {
    /// Changes, each with the fields that it came from; none where all of it is so already.
    Parts(Vec<Part>),
    /// One person's record is merged into another's.
    Merge(Box<Merge>),
}

/// The record as one message sees it.
pub struct Desk<'r> {
    /// The record.
    pub record: &'r Record,
    /// The feed.
    pub caller: &'r Caller,
    /// The digest of the message, from which temporary names are made.
    pub digest: &'r [u8],
    /// The moment of the record: now where a message is filed, an earlier one where its filing is looked at again.
    pub at: At,
}

impl Desk<'_> {
    /// The changes that a plan means for the record as it stands now.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn work(&self, plan: &Plan) -> Result<Work, FileError> {
        let parts = match plan {
            Plan::Identity(joining) => return self.joined(joining).await,
            Plan::Admission(admission) => {
                let found = self.who(&admission.person).await?;
                self.admission(admission, found.as_ref()).await
            }
            Plan::Swap(both) => {
                let mut parts = Vec::new();
                for one in both {
                    let found = self.who(&one.person).await?;
                    parts.extend(self.admission(one, found.as_ref()).await?);
                }
                Ok(parts)
            }
            Plan::Results(results) => match self.who(&results.person).await? {
                Some(patient) => self.results(results, &patient).await,
                None => Err(FileError::UnknownPatient),
            },
            Plan::Entries(entries) => match self.who(&entries.person).await? {
                Some(patient) => self.entries(entries, &patient).await,
                None => Err(FileError::UnknownPatient),
            },
        };
        parts.map(Work::Parts)
    }

    async fn who(&self, person: &Person) -> Result<Option<Candidate>, FileError> {
        let candidates = self.candidates(person).await?;
        Ok(matching::who(person, &candidates)?.cloned())
    }

    /// The patient whom a message is about.
    ///
    /// # Errors
    /// [`FileError`]; `UnknownPatient` when nobody has any of the numbers.
    pub async fn known(&self, person: &Person) -> Result<Key, FileError> {
        let found = self.who(person).await?.ok_or(FileError::UnknownPatient)?;
        Ok(found.key)
    }

    /// Everybody who has one of the numbers.
    async fn candidates(&self, person: &Person) -> Result<Vec<Candidate>, FileError> {
        let nhs_number = person
            .nhs_number
            .map(|number| (nhs_number::SYSTEM.to_owned(), number.digits()));
        let local = person
            .numbers
            .iter()
            .map(|number| (number.system.clone(), number.value.clone()));
        let numbers: Vec<(String, String)> = nhs_number.into_iter().chain(local).collect();
        let mut found = self.having("Patient", numbers).await?;
        // A number of somebody who was merged leads to who stands, who has it as well.
        if found.iter().any(|one| !one.was_merged()) {
            found.retain(|one| !one.was_merged());
        }
        Ok(found)
    }

    /// The resources of a type that have one of the identifiers. More than a page of them is no one's identifier.
    async fn having(
        &self,
        resource_type: &str,
        numbers: Vec<(String, String)>,
    ) -> Result<Vec<Candidate>, FileError> {
        let query = identified(resource_type, numbers)?;
        let found = match &self.at {
            At::Now => self.record.all_planned_against(self.caller, &query).await?,
            At::Commit(_) | At::Instant(_) => {
                let page = Page::First(self.at.clone());
                self.record
                    .search(self.caller, &query, &page)
                    .await?
                    .matches
            }
        };
        found
            .into_iter()
            .map(|stored| candidate(stored.key, stored.version, stored.body.as_deref()))
            .collect()
    }

    /// What is under a key. `None`: nothing, or no longer.
    async fn at(&self, key: &Key) -> Result<Option<Candidate>, FileError> {
        if self.at == At::Now {
            let stored = self.record.planned_against(self.caller, key).await?;
            return stored
                .map(|stored| candidate(stored.key, stored.version, stored.body.as_deref()))
                .transpose();
        }
        match self.record.read(self.caller, key, &self.at).await {
            Ok(stored) => candidate(stored.key, stored.version, stored.body.as_deref()).map(Some),
            Err(ReadError::NotFound { .. } | ReadError::Gone { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A name for a resource that has no id yet; the same for the same message, so that planning again changes nothing.
    fn temporary(&self, what: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(self.digest);
        digest.update(what);
        let text = hex::encode(digest.finalize());
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        format!(
            "urn:uuid:{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }
}

fn candidate(key: Key, version: u64, body: Option<&str>) -> Result<Candidate, FileError> {
    match body.map(serde_json::from_str::<Map<String, Json>>) {
        Some(Ok(body)) => Ok(Candidate { key, version, body }),
        Some(Err(_)) | None => Err(FileError::Unexpected {
            what: key.to_string(),
        }),
    }
}

/// A search for any of some identifiers.
fn identified(resource_type: &str, numbers: Vec<(String, String)>) -> Result<Query, FileError> {
    let unexpected = || FileError::Unexpected {
        what: format!("the search for {resource_type} by identifier"),
    };
    let resource_type: ResourceType = resource_type.parse().map_err(|_| unexpected())?;
    let parameter = search_parameter::find(resource_type, "identifier").ok_or_else(unexpected)?;
    let token = |(system, code)| Condition::Token {
        system: System::Is(system),
        code: Some(code),
    };
    let mut query = Query::all(resource_type);
    query.clauses.push(Clause {
        parameter,
        modifier: None,
        values: numbers.into_iter().map(token).collect(),
    });
    Ok(query)
}

/// A resource of a type from its elements.
fn resource(
    resource_type: &str,
    id: Option<&Id>,
    mut elements: Map<String, Json>,
) -> Result<Resource, FileError> {
    let mut body = Map::new();
    body.insert("resourceType".to_owned(), Json::from(resource_type));
    body.extend(id.map(|id| ("id".to_owned(), Json::from(id.as_str()))));
    for own in ["resourceType", "id"] {
        elements.shift_remove(own);
    }
    body.extend(elements);
    Resource::from_value(Json::Object(body)).map_err(|_| FileError::Unexpected {
        what: format!("a {resource_type} made from the message"),
    })
}

/// The key of what a message identifies by itself, under the patient it is about: the same message part always has the
/// same key, and never one that another patient's has.
fn own_key(resource_type: &str, patient: &Key, identity: &str) -> Result<Key, FileError> {
    let mut digest = Sha256::new();
    for part in [resource_type, patient.id.as_str(), identity] {
        digest.update(part);
        digest.update([0x1E]);
    }
    let mut id = hex::encode(digest.finalize());
    id.truncate(40);
    let unexpected = |_| FileError::Unexpected {
        what: format!("the id of a {resource_type}"),
    };
    let resource_type = resource_type.parse().map_err(|_| FileError::Unexpected {
        what: format!("the type {resource_type}"),
    })?;
    Ok(Key::new(resource_type, id.parse().map_err(unexpected)?))
}

/// What is there, with what a message says over it, under its key.
fn over(
    key: &Key,
    there: Option<&Candidate>,
    elements: Map<String, Json>,
    draft: &Draft,
) -> Result<Part, FileError> {
    let elements = told::settled(there.map(|there| &there.body), elements, draft);
    update(key, there, elements, draft)
}

/// A new version of what is there under its key.
fn update(
    key: &Key,
    there: Option<&Candidate>,
    elements: Map<String, Json>,
    draft: &Draft,
) -> Result<Part, FileError> {
    Ok(Part {
        change: Change::Update {
            key: key.clone(),
            resource: resource(key.resource_type.as_str(), Some(&key.id), elements)?,
            seen: there.map(|there| there.version),
            temporary: None,
        },
        reference: key.to_string(),
        fields: draft.fields.clone(),
    })
}

fn reference(to: &str) -> Json {
    json!({"reference": to})
}

/// The UK Core profile of a type, where what messages make fits one.
fn profile(what: &str) -> Option<&'static str> {
    Some(match what {
        "AllergyIntolerance" => {
            "https://fhir.hl7.org.uk/StructureDefinition/UKCore-AllergyIntolerance"
        }
        "Appointment" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Appointment",
        "Condition" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Condition",
        "DocumentReference" => {
            "https://fhir.hl7.org.uk/StructureDefinition/UKCore-DocumentReference"
        }
        "Encounter" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Encounter",
        "Immunization" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Immunization",
        "MedicationDispense" => {
            "https://fhir.hl7.org.uk/StructureDefinition/UKCore-MedicationDispense"
        }
        "Patient" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient",
        "Procedure" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Procedure",
        "ServiceRequest" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-ServiceRequest",
        "Specimen" => "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Specimen",
        _ => return None,
    })
}

/// A new resource with the profile that it is made to.
fn profiled(what: &str, mut elements: Map<String, Json>) -> Map<String, Json> {
    if let Some(profile) = profile(what) {
        let meta = elements
            .entry("meta".to_owned())
            .or_insert_with(|| json!({}));
        meta["profile"] = json!([profile]);
    }
    elements
}

/// Adds the labels of a message to those that are there, of which none is taken away.
fn labelled(base: &mut Map<String, Json>, meta: &Json) {
    let Some(told) = meta["security"].as_array() else {
        return;
    };
    let there = base.entry("meta".to_owned()).or_insert_with(|| json!({}));
    let mut labels = there["security"].as_array().cloned().unwrap_or_default();
    for label in told {
        let same =
            |other: &Json| other["system"] == label["system"] && other["code"] == label["code"];
        if !labels.iter().any(same) {
            labels.push(label.clone());
        }
    }
    there["security"] = Json::Array(labels);
}

#[cfg(test)]
mod tests;
