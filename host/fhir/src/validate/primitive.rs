//! The form of primitive values.
//!
//! Invariant: a problem says what was found and what to write, without repeating text that may be about a patient.

use serde_json::Value;

use crate::date::{self, Form};
use crate::narrative;
use crate::resource::Id;
use crate::resource::json::kind_of;
use crate::structure::Primitive;

/// How many bytes a text may have, by FHIR.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// What is wrong with a value of that type.
pub(super) fn problem(primitive: Primitive, value: &Value) -> Option<String> {
    match (primitive, value) {
        (Primitive::Anything, _)
        | (Primitive::Boolean, Value::Bool(_))
        | (Primitive::Decimal, Value::Number(_)) => None,
        (_, Value::Null) => Some("null is not a value; leave the element out".to_owned()),
        (Primitive::Boolean, other) => Some(format!(
            "write true or false without quotes; this is {}",
            kind_of(other)
        )),
        (Primitive::Decimal, other) => Some(format!(
            "write a number without quotes; this is {}",
            kind_of(other)
        )),
        (Primitive::Integer, value) => whole(value, i64::from(i32::MIN)),
        (Primitive::UnsignedInt, value) => whole(value, 0),
        (Primitive::PositiveInt, value) => whole(value, 1),
        (_, Value::String(text)) if text.is_empty() => {
            Some("the text is empty; leave the element out".to_owned())
        }
        (primitive, Value::String(text)) => of_text(primitive, text),
        (_, other) => Some(format!(
            "write a text in quotes; this is {}",
            kind_of(other)
        )),
    }
}

fn whole(value: &Value, least: i64) -> Option<String> {
    let greatest = i64::from(i32::MAX);
    let digits = value
        .as_number()
        .and_then(|number| number.as_str().parse::<i64>().ok());
    if digits.is_some_and(|number| (least..=greatest).contains(&number)) {
        return None;
    }
    Some(format!(
        "write a whole number from {least} to {greatest} without quotes"
    ))
}

fn of_text(primitive: Primitive, text: &str) -> Option<String> {
    let sound = |sound: bool, advice: &str| (!sound).then(|| advice.to_owned());
    let no_space = !text.chars().any(char::is_whitespace);
    match primitive {
        Primitive::String | Primitive::Markdown => {
            let control = text
                .bytes()
                .any(|b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r'));
            sound(
                !control,
                "the text holds a control character; only tab and line ends are allowed",
            )
            .or_else(|| {
                sound(
                    text.len() <= TEXT_BYTES_MAX,
                    "the text is longer than one megabyte",
                )
            })
        }
        Primitive::Code => sound(
            is_code(text),
            "a code has no space at its ends and no two spaces together",
        ),
        Primitive::Id => text
            .parse::<Id>()
            .err()
            .map(|_| "an id is 1 to 64 letters, digits, `-` and `.`".to_owned()),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => {
            sound(no_space, "a URI has no spaces")
        }
        Primitive::Oid => sound(is_oid(text), "write an OID as urn:oid:1.2.3"),
        Primitive::Uuid => sound(
            is_uuid(text),
            "write a UUID as urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        ),
        Primitive::Date => date_problem(text, Form::Date),
        Primitive::DateTime => date_problem(text, Form::DateTime),
        Primitive::Instant => date_problem(text, Form::Instant),
        Primitive::Time => {
            // A time of day is what follows the day in an instant.
            let instant = format!("2000-01-01T{text}Z");
            sound(
                !text.contains(['Z', '+', '-']) && date::parse(&instant, Form::Instant).is_ok(),
                "write a time of day as 14:30:00",
            )
        }
        Primitive::Base64Binary => sound(is_base64(text), "this is not base64"),
        Primitive::Xhtml => sound(
            text.len() <= TEXT_BYTES_MAX,
            "the text is longer than one megabyte",
        )
        .or_else(|| narrative::problem(text)),
        Primitive::Boolean | Primitive::Decimal | Primitive::Integer | Primitive::PositiveInt => {
            None
        }
        Primitive::UnsignedInt | Primitive::Anything => None,
    }
}

fn date_problem(text: &str, form: Form) -> Option<String> {
    date::parse(text, form).err().map(|error| error.to_string())
}

fn is_code(text: &str) -> bool {
    !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains("  ")
        && !text.chars().any(|c| c.is_whitespace() && c != ' ')
}

fn is_oid(text: &str) -> bool {
    let Some(numbers) = text.strip_prefix("urn:oid:") else {
        return false;
    };
    let mut numbers = numbers.split('.');
    let is_number = |n: &str| {
        !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) && (n == "0" || !n.starts_with('0'))
    };
    matches!(numbers.next(), Some("0" | "1" | "2"))
        && numbers.clone().count() > 0
        && numbers.all(is_number)
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else {
        return false;
    };
    let parts: Vec<&str> = uuid.split('-').collect();
    let is_hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(is_hex)
}

fn is_base64(text: &str) -> bool {
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        count += 1;
        match b {
            b'=' => padding += 1,
            _ if padding > 0 => return false,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {}
            _ => return false,
        }
    }
    count > 0 && count.is_multiple_of(4) && padding <= 2
}
