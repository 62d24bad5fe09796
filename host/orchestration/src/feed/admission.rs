//! Admissions and registrations (ADT^A01, A04) and their updates (A08): a person and a stay.
//!
//! Invariant: an element that the message does not carry is not in the draft, so that filing it cannot lose it.
//! Segments besides PID, PD1-3 and PV1 (next of kin, allergies, diagnoses, insurance) are not filed yet; they stay in
//! the message, which is kept.
//! Source: HL7 Version 2 to FHIR, segment maps PID[Patient] and PV1[Encounter].

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, Number, Read, object};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::sender::{ODS, Sender};
use crate::feed::timestamp;
use crate::feed::told::{self, Telling};
use crate::plan::{Draft, Person};

const CLASSES: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const PARTICIPATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ETHNICITY: &str =
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory";
const ETHNIC_CATEGORIES: &str = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory";

/// What an admission, registration or update wants.
#[derive(Debug)]
pub struct Admission {
    /// Whom it is about.
    pub person: Person,
    /// The person as far as the message tells.
    pub patient: Draft,
    /// The stay, where the message has one.
    pub visit: Option<Visit>,
}

/// A stay or attendance.
#[derive(Debug)]
pub struct Visit {
    /// The number by which it is known again.
    pub number: Number,
    /// The stay as far as the message tells.
    pub draft: Draft,
}

/// The plan of ADT^A01, A04 and A08.
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
    let visit = match message.segment("PV1") {
        Some(pv1) => visit(message, pv1, &person, sender, event)?,
        None if event == "A08" => None,
        None => {
            return Err(MessageError::Missing {
                at: message.field("PV1", 0).place(),
                why: "an admission or registration needs a visit",
            });
        }
    };
    Ok(Admission {
        person,
        patient,
        visit,
    })
}

fn patient(message: &Message<'_>, sender: &Sender) -> Result<Draft, MessageError> {
    let mut draft = Draft::default();
    let field = |number| message.field("PID", number);
    draft.take("name", field(5), each(field(5), datatype::name))?;
    draft.take("gender", field(8), gender(field(8)))?;
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

/// All repetitions of a field, read one by one.
fn each(field: Value<'_>, read: impl Fn(Value<'_>) -> Read<Json>) -> Read<Json> {
    let mut found = Vec::new();
    for repetition in field.repetitions()? {
        found.extend(read(repetition)?);
    }
    Ok(datatype::list(found))
}

fn gender(value: Value<'_>) -> Read<Json> {
    let value = value.component(1);
    let word = match value.line()?.as_deref() {
        None => return Ok(None),
        Some("F" | "2") => "female",
        Some("M" | "1") => "male",
        Some("A" | "O" | "N" | "9" | "I" | "X") => "other",
        Some("U" | "0") => "unknown",
        Some(_) => {
            return Err(value.unknown_code("F, M, O, A, N or U, or the NHS codes 1, 2, 9 and 0"));
        }
    };
    Ok(Some(Json::from(word)))
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

fn visit(
    message: &Message<'_>,
    pv1: &Segment<'_>,
    person: &Person,
    sender: &Sender,
    event: &str,
) -> Result<Option<Visit>, MessageError> {
    let class = pv1.field(2);
    let empty = (3..=50).all(|number| !pv1.field(number).is_valued());
    if event == "A08" && (class.raw() == "N" || empty) {
        return Ok(None);
    }
    let Some(number) = visit_number(message, sender)?.or(unnumbered(pv1, person)?) else {
        return Err(MessageError::Missing {
            at: pv1.field(19).place(),
            why: "without a visit number (or PID-18, or an admission time in PV1-44) a stay cannot be told from another",
        });
    };
    let mut draft = Draft::default();
    let (code, display) = class_of(class.component(1))?;
    draft.put(
        "class",
        json!({"system": CLASSES, "code": code, "display": display}),
        class.place(),
    );
    draft.put("identifier", json!([number.json()]), pv1.field(19).place());
    let field = pv1.field(4);
    let kind = datatype::concept(
        field,
        sender,
        "http://terminology.hl7.org/CodeSystem/v2-0007",
    );
    draft.take(
        "type",
        field,
        kind.map(|found| found.map(|kind| json!([kind]))),
    )?;
    let field = pv1.field(10);
    draft.take(
        "serviceType",
        field,
        datatype::concept(field, sender, &sender.own("code:0069")),
    )?;
    draft.take("participant", pv1.field(7), participants(pv1, sender))?;
    draft.take("location", pv1.field(3), location(pv1.field(3), sender))?;
    let field = pv1.field(14);
    let source = datatype::concept(field, sender, &sender.own("code:0023"));
    draft.take(
        "hospitalization",
        field,
        source.map(|found| found.map(|from| json!({"admitSource": from}))),
    )?;
    period(&mut draft, pv1, code)?;
    draft.set("serviceProvider", datatype::own_organisation(sender));
    draft.told = told::of_event(message);
    draft.telling = Telling::Stay { on_purpose: false };
    Ok(Some(Visit { number, draft }))
}

/// The number by which a visit is known: PV1-19, or the account PID-18 of senders that number visits there.
fn visit_number(message: &Message<'_>, sender: &Sender) -> Read<Number> {
    let given = datatype::number(message.field("PV1", 19), sender, "VN")?;
    match given {
        Some(number) => Ok(Some(number)),
        None => datatype::number(message.field("PID", 18), sender, "AN"),
    }
}

/// A visit without a number, known by whose it is and when it began.
fn unnumbered(pv1: &Segment<'_>, person: &Person) -> Read<Number> {
    let began = timestamp::date_time(pv1.field(44))?;
    Ok(began
        .zip(person.numbers.first())
        .map(|(began, owner)| Number {
            system: format!("{}:visit", owner.system),
            value: format!("{}/{began}", owner.value),
            kind: Some("VN".to_owned()),
        }))
}

fn class_of(value: Value<'_>) -> Result<(&'static str, &'static str), MessageError> {
    match value
        .needed("it says whether the patient stays in or comes and goes")?
        .as_str()
    {
        "E" => Ok(("EMER", "emergency")),
        "I" => Ok(("IMP", "inpatient encounter")),
        "O" | "R" | "C" => Ok(("AMB", "ambulatory")),
        "P" => Ok(("PRENC", "pre-admission")),
        "B" => Ok(("IMP", "inpatient encounter")),
        "D" => Ok(("SS", "short stay")),
        "V" => Ok(("VR", "virtual")),
        _ => Err(value.unknown_code("E, I, O, P, R, B, C, D or V")),
    }
}

fn participants(pv1: &Segment<'_>, sender: &Sender) -> Read<Json> {
    let roles = [
        (7, "ATND", "attender"),
        (8, "REF", "referrer"),
        (9, "CON", "consultant"),
        (17, "ADM", "admitter"),
    ];
    let mut found = Vec::new();
    for (number, code, display) in roles {
        for repetition in pv1.field(number).repetitions()? {
            let Some(person) = datatype::professional(repetition, sender)? else {
                continue;
            };
            let coding = json!({"system": PARTICIPATIONS, "code": code, "display": display});
            found.push(json!({"type": [{"coding": [coding]}], "individual": person}));
        }
    }
    Ok(datatype::list(found))
}

/// Where the patient is (PL), as words and as a number of the sender's: ward, room, bed, building.
fn location(value: Value<'_>, sender: &Sender) -> Read<Json> {
    let mut words = Vec::new();
    let mut codes = Vec::new();
    for number in [1, 2, 3, 4] {
        let part = value.component(number).subcomponent(1).line()?;
        codes.push(part.clone().unwrap_or_default());
        words.extend(part);
    }
    let described = value.component(9).line()?;
    let display = described.or((!words.is_empty()).then(|| words.join(", ")));
    let id = (!words.is_empty()).then(|| codes.join("/").trim_end_matches('/').to_owned());
    let place = object([
        ("type", display.is_some().then(|| Json::from("Location"))),
        (
            "identifier",
            id.map(|id| json!({"system": sender.shared("location"), "value": id})),
        ),
        ("display", display.map(Json::String)),
    ]);
    Ok(place.map(|place| json!([{"location": place, "status": "active"}])))
}

fn period(draft: &mut Draft, pv1: &Segment<'_>, class: &str) -> Result<(), MessageError> {
    let (from, to) = (pv1.field(44), pv1.field(45));
    let end = timestamp::date_time(to)?;
    let period = object([
        ("start", timestamp::date_time(from)?.map(Json::String)),
        ("end", end.clone().map(Json::String)),
    ]);
    if let Some(period) = period {
        draft.put("period", period, from.place());
    }
    match end {
        Some(_) => draft.put("status", Json::from("finished"), to.place()),
        None if class == "PRENC" => {
            draft.put("status", Json::from("planned"), pv1.field(2).place())
        }
        None => draft.put("status", Json::from("in-progress"), pv1.field(2).place()),
    }
    Ok(())
}
