//! The data types of messages (CX, XPN, XAD, XTN, CWE, XCN, XON, EI, NTE) as FHIR's.
//!
//! Invariant: each function is pure, takes the value with its place, and answers `None` where nothing was sent.
//! Source: HL7 Version 2 to FHIR, data type maps (CX[Identifier], XPN[HumanName], XAD[Address], XTN[ContactPoint],
//! CWE[CodeableConcept]).

use serde_json::{Map, Value as Json, json};

use crate::feed::message::error::MessageError;
use crate::feed::message::{Segment, Value};
use crate::feed::sender::{Authority, ODS, Sender};
use crate::feed::timestamp;

/// An answer about a value that may not have been sent.
pub type Read<T> = Result<Option<T>, MessageError>;

const IDENTIFIER_TYPES: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// An object with the members that have a value. `None` where none has.
#[must_use]
pub fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Option<Json> {
    let map: Map<String, Json> = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    (!map.is_empty()).then_some(Json::Object(map))
}

fn text(value: Value<'_>) -> Read<Json> {
    Ok(value.line()?.map(Json::String))
}

/// A list with what is there. `None` where nothing is.
#[must_use]
pub fn list(items: Vec<Json>) -> Option<Json> {
    (!items.is_empty()).then_some(Json::Array(items))
}

fn period(from: Value<'_>, to: Value<'_>) -> Read<Json> {
    Ok(object([
        ("start", timestamp::date_time(from)?.map(Json::String)),
        ("end", timestamp::date_time(to)?.map(Json::String)),
    ]))
}

/// A number that somebody gave, and the system in which it is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The system.
    pub system: String,
    /// The number.
    pub value: String,
    /// Its type by HL7 table 0203, for example `MR`.
    pub kind: Option<String>,
}

impl Number {
    /// As FHIR's `Identifier`.
    #[must_use]
    pub fn json(&self) -> Json {
        let coding =
            |kind: &String| json!({"coding": [{"system": IDENTIFIER_TYPES, "code": kind}]});
        let members = [
            ("type", self.kind.as_ref().map(coding)),
            ("system", Some(Json::String(self.system.clone()))),
            ("value", Some(Json::String(self.value.clone()))),
        ];
        object(members).unwrap_or_default()
    }
}

/// A local identifier (CX) with the system of its authority; without one, a system of its facility and type.
///
/// # Errors
/// A part that cannot be read.
pub fn number(value: Value<'_>, sender: &Sender, default_kind: &str) -> Read<Number> {
    let Some(digits) = value.component(1).line()? else {
        return Ok(None);
    };
    if value.component(1).is_truncated() {
        return Err(value.not("a whole number: its sender cut it short, so it could be anybody's"));
    }
    let kind = value.component(5).line()?;
    let system = match sender.authority(Authority::within(value.component(4)))? {
        Some(system) => system,
        None => {
            let facility = value.component(6).subcomponent(1).line()?;
            let facility = facility.as_deref().unwrap_or(&sender.facility);
            sender.shared(&format!(
                "{facility}:{}",
                kind.as_deref().unwrap_or(default_kind)
            ))
        }
    };
    let kind = kind.or_else(|| (!default_kind.is_empty()).then(|| default_kind.to_owned()));
    Ok(Some(Number {
        system,
        value: digits,
        kind,
    }))
}

/// The number of an order or specimen (EI: id, then its authority), within the sender where no authority is named.
///
/// # Errors
/// A part that cannot be read.
pub fn entity(value: Value<'_>, sender: &Sender, kind: &str) -> Read<Number> {
    let Some(id) = value.component(1).line()? else {
        return Ok(None);
    };
    let named = sender.authority(Authority::from_component(value, 2))?;
    Ok(Some(Number {
        system: named.unwrap_or_else(|| sender.own(kind)),
        value: id,
        kind: Some(kind.to_owned()),
    }))
}

/// A person's name (XPN).
///
/// # Errors
/// A part that cannot be read.
pub fn name(value: Value<'_>) -> Read<Json> {
    let mut given = Vec::new();
    for number in [2, 3] {
        given.extend(text(value.component(number))?);
    }
    let mut suffix = Vec::new();
    for number in [4, 6] {
        suffix.extend(text(value.component(number))?);
    }
    let family = text(value.component(1).subcomponent(1))?;
    if family.is_none() && given.is_empty() {
        return Ok(None);
    }
    let name_use = match value.component(7).raw() {
        "L" | "R" => Some("official"),
        "D" => Some("usual"),
        "M" | "B" => Some("maiden"),
        "N" => Some("nickname"),
        "S" | "MSK" => Some("anonymous"),
        "NAV" | "TEMP" => Some("temp"),
        "BAD" | "NOUSE" => Some("old"),
        _ => None,
    };
    Ok(object([
        ("use", name_use.map(Json::from)),
        ("family", family),
        ("given", list(given)),
        (
            "prefix",
            list(text(value.component(5))?.into_iter().collect()),
        ),
        ("suffix", list(suffix)),
        ("period", period(value.component(12), value.component(13))?),
    ]))
}

/// An address (XAD).
///
/// # Errors
/// A part that cannot be read.
pub fn address(value: Value<'_>) -> Read<Json> {
    let street = value.component(1);
    let parts = [
        street.subcomponent(3),
        street.subcomponent(1),
        street.subcomponent(2),
    ];
    let mut first = Vec::new();
    for part in parts {
        first.extend(part.line()?);
    }
    let mut lines: Vec<Json> = Vec::new();
    if !first.is_empty() {
        lines.push(Json::String(first.join(" ")));
    }
    lines.extend(text(value.component(2))?);
    lines.extend(text(value.component(8))?);
    let (address_use, kind) = match value.component(7).raw() {
        "H" | "P" | "L" => (Some("home"), None),
        "B" | "O" => (Some("work"), None),
        "C" | "TM" => (Some("temp"), None),
        "BA" => (Some("old"), None),
        "BI" => (Some("billing"), None),
        "M" | "SH" => (None, Some("postal")),
        _ => (None, None),
    };
    let body = object([
        ("line", list(lines)),
        ("city", text(value.component(3))?),
        ("district", text(value.component(9))?),
        ("state", text(value.component(4))?),
        ("postalCode", text(value.component(5))?),
        ("country", text(value.component(6))?),
    ]);
    let Some(Json::Object(mut body)) = body else {
        return Ok(None);
    };
    body.extend(address_use.map(|word| ("use".to_owned(), Json::from(word))));
    body.extend(kind.map(|word| ("type".to_owned(), Json::from(word))));
    Ok(Some(Json::Object(body)))
}

/// A telephone number or electronic address (XTN).
///
/// # Errors
/// A part that cannot be read.
pub fn telecom(value: Value<'_>, default_use: &'static str) -> Read<Json> {
    let equipment = value.component(3).raw();
    let electronic = value.component(2).raw() == "NET" || matches!(equipment, "Internet" | "X.400");
    let mut parts = Vec::new();
    for number in [5, 6, 7] {
        parts.extend(value.component(number).line()?);
    }
    let assembled = (!parts.is_empty()).then(|| parts.join(" "));
    let email = value.component(4).line()?;
    let written = value.component(12).line()?.or(value.component(1).line()?);
    let found = match electronic {
        true => email.or(written),
        false => written.or(assembled).or(email.clone()),
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let system = match equipment {
        _ if electronic || found.contains('@') => "email",
        "FX" => "fax",
        "BP" => "pager",
        "MD" | "SAT" | "TDD" | "TTY" => "other",
        _ => "phone",
    };
    let contact_use = match (value.component(2).raw(), equipment) {
        (_, "CP") | ("PRS", _) => "mobile",
        ("PRN" | "ORN" | "VHN", _) => "home",
        ("WPN" | "ASN", _) => "work",
        _ => default_use,
    };
    Ok(Some(
        json!({"system": system, "value": found, "use": contact_use}),
    ))
}

/// A coded value (CE, CWE, CNE): two codings and the sender's own words.
///
/// # Errors
/// A part that cannot be read.
pub fn concept(value: Value<'_>, sender: &Sender, default_system: &str) -> Read<Json> {
    let mut codings = Vec::new();
    for first in [1, 4] {
        codings.extend(coding(value, first, sender, default_system)?);
    }
    let words = [value.component(9), value.component(2), value.component(5)];
    let mut said = None;
    for word in words {
        let text = word.text()?.trim().to_owned();
        said = said.or((!text.is_empty() && !word.is_null()).then_some(text));
    }
    Ok(object([
        ("coding", list(codings)),
        ("text", said.map(Json::String)),
    ]))
}

/// One coding of a coded value: code, display and system from this component on.
///
/// # Errors
/// A part that cannot be read.
pub fn coding(value: Value<'_>, first: u16, sender: &Sender, default_system: &str) -> Read<Json> {
    let Some(code) = value.component(first).line()? else {
        return Ok(None);
    };
    let named = value.component(first + 2).line()?;
    let system = match named {
        Some(name) => sender.coding_system(&name),
        None if default_system.is_empty() => sender.own("code"),
        None => default_system.to_owned(),
    };
    let display = text(value.component(first + 1))?;
    Ok(object([
        ("system", Some(Json::String(system))),
        ("code", Some(Json::String(code))),
        ("display", display),
    ]))
}

/// A person of the staff (XCN) as a reference that names them, since they need no record of their own here.
///
/// # Errors
/// A part that cannot be read.
pub fn professional(value: Value<'_>, sender: &Sender) -> Read<Json> {
    let id = value.component(1).line()?;
    let mut words = Vec::new();
    for part in [
        value.component(6),
        value.component(3),
        value.component(4),
        value.component(2).subcomponent(1),
    ] {
        words.extend(part.line()?);
    }
    let system = match sender.authority(Authority::within(value.component(9)))? {
        Some(system) => system,
        None => sender.own("professional"),
    };
    Ok(object([
        (
            "type",
            (id.is_some() || !words.is_empty()).then(|| Json::from("Practitioner")),
        ),
        (
            "identifier",
            id.map(|id| json!({"system": system, "value": id})),
        ),
        (
            "display",
            (!words.is_empty()).then(|| Json::String(words.join(" "))),
        ),
    ]))
}

/// An organisation (XON) as a reference that names it.
///
/// # Errors
/// A part that cannot be read.
pub fn organisation(value: Value<'_>, sender: &Sender) -> Read<Json> {
    let display = text(value.component(1))?;
    let id = value.component(10).line()?.or(value.component(3).line()?);
    let named = sender.authority(Authority::within(value.component(6)))?;
    let system = named.unwrap_or_else(|| sender.own("organisation"));
    Ok(object([
        (
            "type",
            (display.is_some() || id.is_some()).then(|| Json::from("Organization")),
        ),
        (
            "identifier",
            id.map(|id| json!({"system": system, "value": id})),
        ),
        ("display", display),
    ]))
}

/// The site of the feed's own account as a reference.
#[must_use]
pub fn own_organisation(sender: &Sender) -> Json {
    json!({"type": "Organization", "identifier": {"system": ODS, "value": sender.site}})
}

/// What a comment (NTE) says, its repetitions as lines.
///
/// # Errors
/// A part that cannot be read.
pub fn comment(segment: &Segment<'_>) -> Read<Json> {
    let mut lines = Vec::new();
    for repetition in segment.field(3).repetitions()? {
        lines.push(repetition.text()?.trim_end().to_owned());
    }
    let text = lines.join("\n");
    Ok((!text.trim().is_empty()).then(|| json!({"text": text})))
}
