//! A plan against the record: whom it is about, what is there already, and the proposal that follows.
//!
//! Invariant: a message is filed for exactly one person or not at all; what it does not carry stays as it is; what was
//! read is named with its version, so that a change in between is noticed.

pub mod admission;
pub mod provenance;
pub mod results;

use fhir::nhs_number;
use fhir::query::{Clause, Condition, Query, System};
use fhir::resource::{Id, Key, Resource, ResourceType};
use fhir::search_parameter;
use record::caller::Caller;
use record::proposal::Change;
use record::{ReadError, Record};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::feed::message::place::Place;
use crate::feed::told;
use crate::matching::{self, Candidate, Doubt};
use crate::plan::{Draft, Person, Plan};

/// Why a plan cannot be filed as the record stands.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Results of nobody the record knows.
    #[error(
        "nobody in the record has this number; this message is kept, and is filed by itself as soon as an ADT^A01, A04 or A08 makes the patient known"
    )]
    UnknownPatient,
    /// It cannot be told whom the message is about.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// The visit number belongs to somebody else.
    #[error(
        "this visit number belongs to another patient in the record: it has to be corrected by the sender"
    )]
    VisitOfAnother,
    /// A verified result would become unverified.
    #[error(
        "a verified result is in the record and this message has an earlier state of it: corrections are sent with OBX-11 C"
    )]
    Regressed {
        /// The line.
        place: Place,
    },
    /// A status without a result.
    #[error(
        "OBX-11 is U, but no earlier result of this line is in the record; this message is kept, and is filed by itself as soon as the result is"
    )]
    NothingToConfirm {
        /// The line.
        place: Place,
    },
    /// What the record holds is not what was filed there.
    #[error("{what} in the record cannot be continued by a message")]
    Unexpected {
        /// Which resource.
        what: String,
    },
    /// The record did not answer.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
}

impl FileError {
    /// Whether it is filed by itself once something else of the same patient is.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::UnknownPatient | Self::NothingToConfirm { .. })
    }

    /// The place at fault.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::UnknownPatient => Some(Place::of("PID", 3)),
            Self::Doubt(Doubt::BirthDate) => Some(Place::of("PID", 7)),
            Self::Doubt(Doubt::SeveralPeople | Doubt::OtherNhsNumber) => Some(Place::of("PID", 3)),
            Self::VisitOfAnother => Some(Place::of("PV1", 19)),
            Self::Regressed { place } | Self::NothingToConfirm { place } => Some(*place),
            Self::Unexpected { .. } | Self::Read(_) => None,
        }
    }
}

/// One changed resource and the fields that its elements came from.
#[derive(Debug)]
pub struct Part {
    /// The change.
    pub change: Change,
    /// By what the other parts refer to it.
    pub reference: String,
    /// Elements and fields, as [`Draft::trace`] writes them.
    pub trace: String,
}

/// The record as one message sees it.
pub struct Desk<'r> {
    /// The record.
    pub record: &'r Record,
    /// The feed.
    pub caller: &'r Caller,
    /// The digest of the message, from which temporary names are made.
    pub digest: &'r [u8],
}

impl Desk<'_> {
    /// The changes that a plan means for the record as it stands now.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn parts(&self, plan: &Plan) -> Result<Vec<Part>, FileError> {
        let candidates = self.candidates(plan.person()).await?;
        let found = matching::who(plan.person(), &candidates)?;
        match (plan, found) {
            (Plan::Admission(admission), found) => self.admission(admission, found).await,
            (Plan::Results(results), Some(found)) => self.results(results, found).await,
            (Plan::Results(_), None) => Err(FileError::UnknownPatient),
        }
    }

    /// The patient whom a message is about.
    ///
    /// # Errors
    /// [`FileError`]; `UnknownPatient` when nobody has any of the numbers.
    pub async fn known(&self, person: &Person) -> Result<Key, FileError> {
        let candidates = self.candidates(person).await?;
        let found = matching::who(person, &candidates)?;
        let found = found.ok_or(FileError::UnknownPatient)?;
        Ok(found.key.clone())
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
        self.having("Patient", numbers).await
    }

    /// The resources of a type that have one of the identifiers. More than a page of them is no one's identifier.
    async fn having(
        &self,
        resource_type: &str,
        numbers: Vec<(String, String)>,
    ) -> Result<Vec<Candidate>, FileError> {
        let query = identified(resource_type, numbers)?;
        let found = self.record.all_planned_against(self.caller, &query).await?;
        found
            .into_iter()
            .map(|stored| candidate(stored.key, stored.version, stored.body.as_deref()))
            .collect()
    }

    /// What is under a key. `None`: nothing, or no longer.
    async fn at(&self, key: &Key) -> Result<Option<Candidate>, FileError> {
        let stored = self.record.planned_against(self.caller, key).await?;
        stored
            .map(|stored| candidate(stored.key, stored.version, stored.body.as_deref()))
            .transpose()
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
    Ok(Part {
        change: Change::Update {
            key: key.clone(),
            resource: resource(key.resource_type.as_str(), Some(&key.id), elements)?,
            seen: there.map(|there| there.version),
            temporary: None,
        },
        reference: key.to_string(),
        trace: draft.trace(),
    })
}

fn reference(to: &str) -> Json {
    json!({"reference": to})
}
