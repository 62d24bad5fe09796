//! Codes, quantities and moments of messages, read through the code maps.
//!
//! Invariant: what the sender wrote stays beside what a map made of it, and a code without a row is never replaced.

use serde_json::{Value as Json, json};

use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Read};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::result::{unit, value};
use crate::feed::sender::Sender;
use crate::feed::timestamp;

/// The code of FHIR that a map has for a value's first component. `None`: nothing was sent, or the map has no row.
///
/// # Errors
/// A part that cannot be read.
pub fn code(field: Value<'_>, sender: &Sender, map: CodeMap) -> Read<Json> {
    let sent = field.component(1).line()?;
    let target = sent.and_then(|sent| sender.codes.of(map, &sent));
    Ok(target.map(|target| Json::String(target.code.clone())))
}

/// A coded value with FHIR's coding before the sender's own, where a map has one.
///
/// # Errors
/// A part that cannot be read.
pub fn concept(
    field: Value<'_>,
    sender: &Sender,
    map: CodeMap,
    default_system: &str,
) -> Read<Json> {
    let Some(mut found) = datatype::concept(field, sender, default_system)? else {
        return Ok(None);
    };
    let sent = field.component(1).line()?;
    if let Some(target) = sent.and_then(|sent| sender.codes.of(map, &sent)) {
        let own = found["coding"].as_array().cloned().unwrap_or_default();
        let other = own
            .into_iter()
            .filter(|coding| coding["system"] != target.system.as_str());
        found["coding"] = [target.coding()].into_iter().chain(other).collect();
    }
    Ok(Some(found))
}

/// A date or time as FHIR's `dateTime`.
///
/// # Errors
/// As [`timestamp::date_time`].
pub fn moment(field: Value<'_>) -> Read<Json> {
    Ok(timestamp::date_time(field)?.map(Json::String))
}

/// A moment with a time of day, from the first field that has one.
///
/// # Errors
/// As [`timestamp::instant`].
pub fn first_instant<'a>(
    fields: &[Value<'a>],
) -> Result<Option<(String, Value<'a>)>, MessageError> {
    for field in fields {
        if let Some(found) = timestamp::instant(*field)? {
            return Ok(Some((found, *field)));
        }
    }
    Ok(None)
}

/// A number with its unit. What is no number is an error: an amount must not vanish.
///
/// # Errors
/// The place that is no number, or a unit that cannot be read.
pub fn quantity(number: Value<'_>, of: Value<'_>) -> Read<Json> {
    let Some(text) = number.component(1).line()? else {
        return Ok(None);
    };
    let number = value::decimal(&text).ok_or_else(|| number.not("a number"))?;
    Ok(Some(unit::unit(of)?.quantity(number, None)))
}

/// A value as a list of one.
///
/// # Errors
/// What reading it answered.
pub fn listed(read: Read<Json>) -> Read<Json> {
    read.map(|found| found.map(|value| json!([value])))
}

/// All repetitions of a field, read one by one.
///
/// # Errors
/// What reading one answered, or too many.
pub fn each(field: Value<'_>, read: impl Fn(Value<'_>) -> Read<Json>) -> Read<Json> {
    let mut found = Vec::new();
    for repetition in field.repetitions()? {
        found.extend(read(repetition)?);
    }
    Ok(datatype::list(found))
}

/// A place (PL) as words and as a number of the sender's: ward, room, bed, building.
///
/// # Errors
/// A part that cannot be read.
pub fn place(field: Value<'_>, sender: &Sender) -> Read<Json> {
    let mut words = Vec::new();
    let mut codes = Vec::new();
    for number in [1, 2, 3, 4] {
        let part = field.component(number).subcomponent(1).line()?;
        codes.push(part.clone().unwrap_or_default());
        words.extend(part);
    }
    let described = field.component(9).line()?;
    let display = described.or((!words.is_empty()).then(|| words.join(", ")));
    let id = (!words.is_empty()).then(|| codes.join("/").trim_end_matches('/').to_owned());
    Ok(datatype::object([
        ("type", display.is_some().then(|| Json::from("Location"))),
        (
            "identifier",
            id.map(|id| json!({"system": sender.shared("location"), "value": id})),
        ),
        ("display", display.map(Json::String)),
    ]))
}

/// When the event of a message happened: EVN-6, else EVN-2, else the message's own time.
///
/// # Errors
/// A time that is none.
pub fn event_time<'a>(message: &Message<'a>) -> Result<Option<(String, Value<'a>)>, MessageError> {
    first_instant(&[
        message.field("EVN", 6),
        message.field("EVN", 2),
        message.field("MSH", 7),
    ])
}

/// The segments of a name, in order.
pub fn all<'m, 'a>(
    message: &'m Message<'a>,
    name: &'m str,
) -> impl Iterator<Item = &'m Segment<'a>> {
    message
        .segments()
        .iter()
        .filter(move |segment| segment.name() == name)
}
