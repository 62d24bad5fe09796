//! Everything about a person and a stay (ADT^A01 to A17, A21 to A23, A25 to A28, A31, A38): the person as the message
//! tells, what it does to the stay, and the allergies, diagnoses and procedures that it carries.
//!
//! Invariant: an element that the message does not carry is not in the draft, so that filing it cannot lose it.
//! Insurance, guarantors, accidents and observations (IN1, GT1, ACC, OBX) stay in the message, which is kept.
//! Source: HL7 Version 2 to FHIR, segment maps PID[Patient], PD1[Patient] and NK1[Patient].

use serde_json::{Value as Json, json};

use crate::feed::coded::{self, each};
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Read};
use crate::feed::diagnosis::Owner;
use crate::feed::entry::Entry;
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Value};
use crate::feed::sender::{ODS, Sender};
use crate::feed::stay::{self, Movement, Visit};
use crate::feed::{allergy, contact, diagnosis, entry, timestamp, told};
use crate::plan::{Draft, Person};

const ETHNICITY: &str =
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory";
const ETHNIC_CATEGORIES: &str = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory";

/// What an admission, registration, movement or update wants.
#[derive(Debug)]
pub struct Admission {
    /// Whom it is about.
    pub person: Person,
    /// The person as far as the message tells.
    pub patient: Draft,
    /// The stay, where the message has one.
    pub visit: Option<Visit>,
    /// Allergies, diagnoses and procedures.
    pub entries: Vec<Entry>,
}

/// The plan of an ADT message about one person.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn admission(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Admission, MessageError> {
    let person = Person::read(message, sender)?;
    let mut patient = patient(message, sender)?;
    patient.told = told::of_event(message);
    contact::contacts(&mut patient, message, sender)?;
    // Messages about a person carry a stay for the form's sake only.
    let movement = Movement::of(event).filter(|movement| *movement != Movement::PersonOnly);
    let visit = match (movement, message.segment("PV1")) {
        (None, _) => None,
        (Some(movement), Some(pv1)) => stay::visit(message, pv1, &person, sender, movement)?,
        (Some(Movement::Updated), None) => None,
        (Some(_), None) => {
            return Err(MessageError::Missing {
                at: message.field("PV1", 0).place(),
                why: "an admission, registration or movement needs a visit",
            });
        }
    };
    let mut entries = told_beside(message, &person, visit.as_ref(), sender)?;
    for entry in &mut entries {
        entry.draft.told = patient.told.clone();
    }
    Ok(Admission {
        person,
        patient,
        visit,
        entries,
    })
}

/// The plan of ADT^A17: two people, each with a stay, who change places.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn swap(message: &Message<'_>, sender: &Sender) -> Result<Vec<Admission>, MessageError> {
    let both = message.each_after_header("PID");
    if both.len() != 2 {
        return Err(MessageError::Missing {
            at: Place::of("PID", 0),
            why: "two people change places: one PID and PV1 for each",
        });
    }
    both.iter()
        .map(|one| admission(one, sender, "A02"))
        .collect()
}

/// AL1, DG1 and PR1.
fn told_beside(
    message: &Message<'_>,
    person: &Person,
    visit: Option<&Visit>,
    sender: &Sender,
) -> Result<Vec<Entry>, MessageError> {
    let owner = Owner {
        person,
        visit: visit.map(|visit| &visit.number),
        sender,
    };
    let mut entries = Vec::new();
    for segment in message.segments() {
        let found = match segment.name() {
            "AL1" => allergy::al1(segment, person, sender)?,
            "DG1" => diagnosis::diagnosis(segment, owner)?,
            "PR1" => diagnosis::procedure(segment, owner)?,
            _ => continue,
        };
        entry::add(&mut entries, found, segment)?;
    }
    Ok(entries)
}

fn patient(message: &Message<'_>, sender: &Sender) -> Result<Draft, MessageError> {
    let mut draft = Draft::default();
    let field = |number| message.field("PID", number);
    draft.take("name", field(5), each(field(5), datatype::name))?;
    draft.take("gender", field(8), gender(field(8), sender))?;
    draft.take(
        "birthDate",
        field(7),
        timestamp::date(field(7)).map(|date| date.map(Json::String)),
    )?;
    draft.take("address", field(11), each(field(11), datatype::address))?;
    telecom(&mut draft, field(13), field(14))?;
    let language = datatype::concept(field(15), sender, "urn:ietf:bcp:47");
    let language = language
        .map(|found| found.map(|language| json!([{"language": language, "preferred": true}])));
    draft.take("communication", field(15), language)?;
    let marital = datatype::concept(
        field(16),
        sender,
        "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
    );
    draft.take("maritalStatus", field(16), marital)?;
    draft.take("extension", field(22), ethnicity(field(22)))?;
    deceased(&mut draft, field(29), field(30))?;
    let practice = message.field("PD1", 3);
    let practices = each(practice, |value| general_practice(value, sender));
    draft.take("generalPractitioner", practice, practices)?;
    Ok(draft)
}

fn gender(value: Value<'_>, sender: &Sender) -> Read<Json> {
    let value = value.component(1);
    match coded::code(value, sender, CodeMap::Gender)? {
        None if value.line()?.is_some() => {
            Err(value.unknown_code("F, M, O, A, N or U, or the NHS codes 1, 2, 9 and 0"))
        }
        found => Ok(found),
    }
}

/// PID-13 holds home numbers, PID-14 numbers at work. A message that has one of them has the person's numbers.
fn telecom(draft: &mut Draft, home: Value<'_>, work: Value<'_>) -> Result<(), MessageError> {
    let mut found = Vec::new();
    for (field, default_use) in [(home, "home"), (work, "work")] {
        for repetition in field.repetitions()? {
            found.extend(datatype::telecom(repetition, default_use)?);
        }
    }
    let field = if home.is_empty() { work } else { home };
    match datatype::list(found) {
        Some(numbers) => draft.put("telecom", numbers, field.place()),
        None => draft.take("telecom", field, Ok(None))?,
    }
    Ok(())
}

/// The ethnic category of the NHS Data Dictionary: one letter, or 99.
fn ethnicity(value: Value<'_>) -> Read<Json> {
    let value = value.component(1);
    let Some(code) = value.line()? else {
        return Ok(None);
    };
    let known =
        code == "99" || (code.len() == 1 && code.bytes().all(|byte| byte.is_ascii_uppercase()));
    Ok(known.then(|| {
        json!([{"url": ETHNICITY, "valueCodeableConcept": {"coding": [{"system": ETHNIC_CATEGORIES, "code": code}]}}])
    }))
}

fn deceased(draft: &mut Draft, at: Value<'_>, whether: Value<'_>) -> Result<(), MessageError> {
    if at.is_null() || whether.is_null() {
        draft
            .cleared
            .extend(["deceasedDateTime", "deceasedBoolean"]);
    }
    if let Some(time) = timestamp::date_time(at)? {
        draft.put("deceasedDateTime", Json::String(time), at.place());
        draft.cleared.push("deceasedBoolean");
        return Ok(());
    }
    match whether.line()?.as_deref() {
        Some("Y" | "YES") => {
            draft.put("deceasedBoolean", Json::Bool(true), whether.place());
        }
        Some("N" | "NO") => {
            draft.put("deceasedBoolean", Json::Bool(false), whether.place());
            draft.cleared.push("deceasedDateTime");
        }
        None => {}
        Some(_) => return Err(whether.unknown_code("Y or N")),
    }
    Ok(())
}

/// PD1-3: the practice, by ODS code where it is one.
fn general_practice(value: Value<'_>, sender: &Sender) -> Read<Json> {
    let Some(mut practice) = datatype::organisation(value, sender)? else {
        return Ok(None);
    };
    let code = practice["identifier"]["value"].as_str().unwrap_or_default();
    if code.len() == 6
        && code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    {
        practice["identifier"]["system"] = Json::from(ODS);
    }
    Ok(Some(practice))
}
