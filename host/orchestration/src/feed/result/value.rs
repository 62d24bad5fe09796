//! The value of a line of results (OBX-5) by its type (OBX-2).
//!
//! Invariant: digits are kept as written; what a number field holds besides a number is kept as words, never dropped
//! and never taken for zero.

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, object};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Segment, Value};
use crate::feed::result::unit::Unit;
use crate::feed::sender::Sender;
use crate::feed::timestamp;
use crate::limits::NUMBER_BYTES_MAX;

/// What a line tells.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// No value.
    Nothing,
    /// One value, by the element it goes to.
    One(&'static str, Json),
    /// Several values of one test.
    Several(Vec<(&'static str, Json)>),
    /// A document or picture (FHIR's `Attachment`).
    Document(Json),
}

/// Reads OBX-5.
///
/// # Errors
/// A type that is not taken, or a value that is not of its type.
pub fn told(obx: &Segment<'_>, unit: &Unit, sender: &Sender) -> Result<Told, MessageError> {
    let field = obx.field(5);
    if !field.is_valued() {
        return Ok(Told::Nothing);
    }
    let kind = obx
        .field(2)
        .needed("it says what kind of value OBX-5 holds")?;
    let values = field.repetitions()?;
    if matches!(kind.as_str(), "ST" | "TX" | "FT" | "IS" | "ID") {
        let mut lines = Vec::new();
        for value in values {
            lines.push(value.text()?.trim_end().to_owned());
        }
        return Ok(Told::One("valueString", Json::String(lines.join("\n"))));
    }
    if matches!(kind.as_str(), "ED" | "RP") {
        return document(&kind, field).map(Told::Document);
    }
    let mut found = Vec::new();
    for value in values {
        found.extend(one(&kind, value, obx, unit, sender)?);
    }
    match found.len() {
        0 => Ok(Told::Nothing),
        1 => Ok(found
            .pop()
            .map_or(Told::Nothing, |(element, value)| Told::One(element, value))),
        _ => Ok(Told::Several(found)),
    }
}

fn one(
    kind: &str,
    value: Value<'_>,
    obx: &Segment<'_>,
    unit: &Unit,
    sender: &Sender,
) -> Result<Option<(&'static str, Json)>, MessageError> {
    match kind {
        "NM" => Ok(Some(number(value, unit)?)),
        "SN" => Ok(Some(structured(value, unit)?)),
        "NR" => Ok(Some(numeric_range(value, unit)?)),
        "CE" | "CWE" | "CNE" | "CF" => {
            let concept = datatype::concept(value, sender, "")?;
            Ok(concept.map(|concept| ("valueCodeableConcept", concept)))
        }
        "DT" | "TS" | "DTM" => {
            let at = timestamp::date_time(value)?;
            Ok(at.map(|at| ("valueDateTime", Json::String(at))))
        }
        "TM" => Ok(timestamp::time(value)?.map(|time| ("valueTime", Json::String(time)))),
        _ => Err(obx.field(2).unknown_code(
            "NM, SN, NR, ST, TX, FT, IS, ID, CE, CWE, CNE, CF, DT, TM, TS, DTM, ED and RP are",
        )),
    }
}

/// A number; `<5`, which NM does not allow but senders send; or the words that stand in its place.
fn number(value: Value<'_>, unit: &Unit) -> Result<(&'static str, Json), MessageError> {
    let text = value.text()?;
    let text = text.trim();
    let sign = ["<=", ">=", "<", ">"]
        .into_iter()
        .find(|sign| text.starts_with(sign));
    let digits = text
        .get(sign.map_or(0, str::len)..)
        .unwrap_or_default()
        .trim();
    match decimal(digits) {
        Some(number) => Ok(("valueQuantity", unit.quantity(number, sign))),
        None => Ok(("valueString", Json::String(with_unit(text, unit)))),
    }
}

/// The unit stands nowhere else once the value is words.
fn with_unit(text: &str, unit: &Unit) -> String {
    match &unit.written {
        Some(unit) => format!("{text} {unit}"),
        None => text.to_owned(),
    }
}

/// SN: comparator, number, separator, number: `>^100`, `^1^:^128`, `^10^-^20`, `^3^+`.
fn structured(value: Value<'_>, unit: &Unit) -> Result<(&'static str, Json), MessageError> {
    let mut parts = Vec::new();
    for number in 1..=4 {
        parts.push(value.component(number).line()?.unwrap_or_default());
    }
    let (sign, separator) = (parts[0].as_str(), parts[2].as_str());
    let (low, high) = (decimal(&parts[1]), decimal(&parts[3]));
    let told = match (sign, low, separator, high) {
        ("" | "=", Some(number), "", None) => Some(("valueQuantity", unit.quantity(number, None))),
        ("<" | "<=" | ">" | ">=", Some(number), "", None) => {
            Some(("valueQuantity", unit.quantity(number, Some(sign))))
        }
        ("" | "=", Some(low), "-", Some(high)) => {
            let range = json!({"low": unit.quantity(low, None), "high": unit.quantity(high, None)});
            Some(("valueRange", range))
        }
        ("" | "=", Some(low), ":" | "/", Some(high)) => Some((
            "valueRatio",
            json!({"numerator": {"value": low}, "denominator": {"value": high}}),
        )),
        _ => None,
    };
    Ok(told.unwrap_or_else(|| {
        (
            "valueString",
            Json::String(with_unit(&parts.concat(), unit)),
        )
    }))
}

fn numeric_range(value: Value<'_>, unit: &Unit) -> Result<(&'static str, Json), MessageError> {
    let mut bounds = [None, None];
    for (bound, number) in bounds.iter_mut().zip(1..) {
        let component = value.component(number);
        if let Some(text) = component.line()? {
            let number = decimal(&text).ok_or_else(|| component.not("a number"))?;
            *bound = Some(unit.quantity(number, None));
        }
    }
    let [low, high] = bounds;
    object([("low", low), ("high", high)])
        .map(|range| ("valueRange", range))
        .ok_or_else(|| value.not("a range of numbers"))
}

/// A decimal as JSON, digits kept: a sign in front, a point inside; `+5`, `.5`, `5.` and `007` are written as JSON wants.
#[must_use]
pub fn decimal(text: &str) -> Option<Json> {
    if text.is_empty() || text.len() > NUMBER_BYTES_MAX {
        return None;
    }
    let (minus, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !numeric(whole) || !numeric(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if part.is_empty() { "" } else { "." };
    let number: serde_json::Number = format!("{minus}{whole}{point}{part}").parse().ok()?;
    Some(Json::Number(number))
}

/// ED: source, kind, form, coding, data; RP: pointer, application, kind, form.
///
/// # Errors
/// What is no document in Base64, or no pointer.
pub fn document(kind: &str, field: Value<'_>) -> Result<Json, MessageError> {
    let media = |main: Value<'_>, sub: Value<'_>| -> Result<Option<Json>, MessageError> {
        let main = main.line()?.unwrap_or_default().to_ascii_lowercase();
        let sub = sub.line()?.unwrap_or_default().to_ascii_lowercase();
        let known = matches!(
            main.as_str(),
            "application" | "audio" | "image" | "text" | "video" | "multipart" | "model"
        );
        Ok(match (known, sub.as_str()) {
            (true, sub) if !sub.is_empty() => Some(Json::String(format!("{main}/{sub}"))),
            (_, "pdf") => Some(Json::from("application/pdf")),
            (_, "octet-stream") => Some(Json::from("application/octet-stream")),
            (_, "jpeg" | "png" | "gif" | "tiff") => Some(Json::String(format!("image/{sub}"))),
            _ => None,
        })
    };
    if kind == "RP" {
        let pointer = field.component(1).needed("it says where the document is")?;
        return Ok(json!({"url": pointer}));
    }
    let data = field.component(5);
    let coding = field.component(4);
    if !coding.raw().eq_ignore_ascii_case("base64") {
        return Err(coding.unknown_code("a document is sent in Base64"));
    }
    let body: String = data.raw().split_whitespace().collect();
    let base64 = body
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    if body.is_empty() || !base64 || !body.len().is_multiple_of(4) {
        return Err(data.not("a document in Base64"));
    }
    let content = media(field.component(2), field.component(3))?;
    Ok(object([("contentType", content), ("data", Some(Json::String(body)))]).unwrap_or_default())
}
