//! A stay or attendance (PV1, PV2) and what an event does to it.
//!
//! Invariant: an event changes what it is about and nothing else; a cancellation undoes what it cancels. What a draft
//! says depends on the message alone; what becomes of the stay as the record has it is decided when it is filed.
//! Source: HL7 Version 2 to FHIR, segment maps PV1[Encounter] and PV2[Encounter], code map Event[EncounterStatus].

mod movement;

use serde_json::{Value as Json, json};

use crate::feed::coded::{self, each, listed};
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Number, Read, object};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::sender::Sender;
use crate::feed::timestamp;
use crate::feed::told;
use crate::plan::{Draft, Person};

pub use self::movement::Movement;

const PARTICIPATIONS: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// R5's expected end of a stay, as an extension of R4.
pub const PLANNED_END: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate";
/// R5's expected beginning of a stay.
const PLANNED_START: &str =
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate";

/// What the end of a stay tells of it, and the cancellation of that end takes back.
const ENDS: [&str; 3] = [
    "period.end",
    "hospitalization.destination",
    "hospitalization.dischargeDisposition",
];

/// A stay or attendance.
#[derive(Debug)]
pub struct Visit {
    /// The number by which it is known again.
    pub number: Number,
    /// The stay as far as the message tells.
    pub draft: Draft,
    /// What the event does to it.
    pub movement: Movement,
    /// When the event happened.
    pub at: Option<String>,
}

/// The stay of a message. `None`: it has none.
///
/// # Errors
/// The place that cannot be read, or that misses.
pub fn visit(
    message: &Message<'_>,
    pv1: &Segment<'_>,
    person: &Person,
    sender: &Sender,
    movement: Movement,
) -> Result<Option<Visit>, MessageError> {
    let class = pv1.field(2);
    let empty = (3..=50).all(|number| !pv1.field(number).is_valued());
    if movement == Movement::Updated && (class.raw() == "N" || empty) {
        return Ok(None);
    }
    let Some((number, from)) = visit_number(message, pv1, person, sender)? else {
        return Err(MessageError::Missing {
            at: pv1.field(19).place(),
            why: "without a visit number (or PID-18, or an admission time in PV1-44) a stay cannot be told from another",
        });
    };
    let mut draft = Draft::default();
    let told_class = class_of(class.component(1), sender)?;
    let code = told_class["code"].as_str().unwrap_or_default().to_owned();
    draft.put("class", told_class, class.place());
    draft.put("identifier", json!([number.json()]), from.place());
    described(&mut draft, pv1, sender)?;
    let at = coded::event_time(message)?.map(|(at, _)| at);
    places(&mut draft, pv1, movement, sender)?;
    hospitalisation(&mut draft, pv1, movement, sender)?;
    period(&mut draft, pv1, movement, at.as_deref())?;
    status(&mut draft, message, pv1, movement, &code);
    more(&mut draft, message, pv1, movement, sender)?;
    draft.set("serviceProvider", datatype::own_organisation(sender));
    draft.told = told::of_event(message);
    if let Movement::DischargeCancelled = movement {
        draft.cleared.extend(ENDS);
    }
    Ok(Some(Visit {
        number,
        draft,
        movement,
        at,
    }))
}

/// The number by which a visit is known: PV1-19, the account PID-18 of senders that number visits there, or whose it is
/// and when it began.
fn visit_number<'a>(
    message: &Message<'a>,
    pv1: &Segment<'a>,
    person: &Person,
    sender: &Sender,
) -> Result<Option<(Number, Value<'a>)>, MessageError> {
    for (field, kind) in [(pv1.field(19), "VN"), (message.field("PID", 18), "AN")] {
        if let Some(number) = datatype::number(field, sender, kind)? {
            return Ok(Some((number, field)));
        }
    }
    let field = pv1.field(44);
    let began = timestamp::date_time(field)?;
    Ok(began.zip(person.numbers.first()).map(|(began, owner)| {
        let number = Number {
            system: format!("{}:visit", owner.system),
            value: format!("{}/{began}", owner.value),
            kind: Some("VN".to_owned()),
        };
        (number, field)
    }))
}

fn class_of(value: Value<'_>, sender: &Sender) -> Result<Json, MessageError> {
    let sent = value.needed("it says whether the patient stays in or comes and goes")?;
    match sender.codes.of(CodeMap::PatientClass, &sent) {
        Some(class) => Ok(class.coding()),
        None => Err(value.unknown_code("E, I, O, P, R, B, C, N, U, D or V")),
    }
}

fn described(draft: &mut Draft, pv1: &Segment<'_>, sender: &Sender) -> Result<(), MessageError> {
    let field = pv1.field(4);
    let kind = datatype::concept(
        field,
        sender,
        "http://terminology.hl7.org/CodeSystem/v2-0007",
    );
    draft.take("type", field, listed(kind))?;
    let field = pv1.field(10);
    let service = datatype::concept(field, sender, &sender.own("code:0069"));
    draft.take("serviceType", field, service)?;
    draft.take("participant", pv1.field(7), participants(pv1, sender))
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

/// PV1-3 is where the patient is; PV1-42 where a patient will be moved.
fn places(
    draft: &mut Draft,
    pv1: &Segment<'_>,
    movement: Movement,
    sender: &Sender,
) -> Result<(), MessageError> {
    let mut found = Vec::new();
    let here = pv1.field(3);
    if let Some(place) = coded::place(here, sender)? {
        let status = if movement == Movement::Expected {
            "planned"
        } else {
            "active"
        };
        found.push(json!({"location": place, "status": status}));
    }
    if movement == Movement::MovePlanned {
        let next = pv1.field(42);
        if let Some(place) = coded::place(next, sender)? {
            found.push(json!({"location": place, "status": "planned"}));
            draft.fields.push(("location", next.place()));
        }
    }
    draft.take("location", here, Ok(datatype::list(found)))
}

fn hospitalisation(
    draft: &mut Draft,
    pv1: &Segment<'_>,
    movement: Movement,
    sender: &Sender,
) -> Result<(), MessageError> {
    let source = pv1.field(14);
    let from = datatype::concept(source, sender, &sender.own("code:0023"))?;
    let ended = movement.tells_end();
    let (how, to) = (pv1.field(36), pv1.field(37));
    let disposition = datatype::concept(how, sender, &sender.own("code:0112"))?.filter(|_| ended);
    let destination = coded::place(to, sender)?.filter(|_| ended);
    if disposition.is_some() {
        draft.fields.push(("hospitalization", how.place()));
    }
    let told = object([
        ("admitSource", from),
        ("destination", destination),
        ("dischargeDisposition", disposition),
    ]);
    draft.take("hospitalization", source, Ok(told))
}

/// PV1-44 and PV1-45; a discharge that does not say when was when the event was.
fn period(
    draft: &mut Draft,
    pv1: &Segment<'_>,
    movement: Movement,
    at: Option<&str>,
) -> Result<(), MessageError> {
    let (from, to) = (pv1.field(44), pv1.field(45));
    let start = timestamp::date_time(from)?.filter(|_| movement != Movement::Expected);
    let end = timestamp::date_time(to)?;
    let end = end.filter(|_| movement.tells_end());
    let end = match movement == Movement::Discharged {
        true => end.or(at.map(str::to_owned)),
        false => end,
    };
    let place = if start.is_some() { from } else { to };
    let period = object([
        ("start", start.map(Json::String)),
        ("end", end.map(Json::String)),
    ]);
    if let Some(period) = period {
        draft.put("period", period, place.place());
    }
    Ok(())
}

fn status(
    draft: &mut Draft,
    message: &Message<'_>,
    pv1: &Segment<'_>,
    movement: Movement,
    class: &str,
) {
    let event = match message.field("EVN", 1).is_valued() {
        true => message.field("EVN", 1),
        false => message.field("MSH", 9).component(2),
    };
    let ended = draft
        .elements
        .get("period")
        .is_some_and(|period| !period["end"].is_null());
    let (status, from) = match movement.status() {
        Some(status) => (status, event),
        None if ended => ("finished", pv1.field(45)),
        None if class == "PRENC" => ("planned", pv1.field(2)),
        None => ("in-progress", pv1.field(2)),
    };
    draft.put("status", Json::from(status), from.place());
}

/// PV2: why, how urgent, and when the stay is expected to begin and to end.
fn more(
    draft: &mut Draft,
    message: &Message<'_>,
    pv1: &Segment<'_>,
    movement: Movement,
    sender: &Sender,
) -> Result<(), MessageError> {
    let field = |number| message.field("PV2", number);
    let reasons = each(field(3), |one| {
        datatype::concept(one, sender, &sender.own("code:reason"))
    });
    draft.take("reasonCode", field(3), reasons)?;
    let priority = datatype::concept(
        field(25),
        sender,
        "http://terminology.hl7.org/CodeSystem/v2-0217",
    );
    draft.take("priority", field(25), priority)?;
    let mut dates = vec![(PLANNED_START, field(8)), (PLANNED_END, field(9))];
    // Senders without PV2-9 write the planned end where the end will stand.
    if movement == Movement::DischargePlanned && !field(9).is_valued() {
        dates.push((PLANNED_END, pv1.field(45)));
    }
    for (url, field) in dates {
        if movement == Movement::DischargeNotPlanned && url == PLANNED_END {
            continue;
        }
        if let Some(at) = coded::moment(field)? {
            draft.append(
                "extension",
                json!({"url": url, "valueDateTime": at}),
                field.place(),
            );
        }
    }
    Ok(())
}
