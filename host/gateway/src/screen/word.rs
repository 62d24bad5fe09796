//! The smallest pieces of a screen document: words, numbers, dates and names, each within its bounds.
//!
//! Invariant: a piece that exists keeps the schema's bounds, and no character in it steers or hides text.

use serde::Deserialize;

use crate::written::plain;

/// One line of words.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Line(String);

/// Words over several lines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text(String);

/// A unit, or a place: at most 60 characters, may be empty.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Short(String);

/// A name that stays the same from one drawing to the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Word(String);

/// A decimal with the digits in which it was reported.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Decimal(String);

/// A FHIR dateTime.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct When(String);

/// `Type/id` of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Reference(String);

macro_rules! reads {
    ($name:ident, $check:expr, $what:literal) => {
        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let fits: fn(&str) -> bool = $check;
                if fits(&text) {
                    Ok(Self(plain(&text)))
                } else {
                    Err($what)
                }
            }
        }

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

reads!(
    Line,
    |it| (1..=300).contains(&it.chars().count()),
    "must be 1 to 300 characters"
);
reads!(
    Text,
    |it| it.chars().count() <= 20_000,
    "must be at most 20,000 characters"
);
reads!(
    Short,
    |it| it.chars().count() <= 60,
    "must be at most 60 characters"
);
reads!(
    Word,
    is_word,
    "must be a lower-case letter and at most 63 more letters, digits and hyphens"
);
reads!(
    Decimal,
    is_decimal,
    "must be a decimal written as a string, such as \"1.50\", of at most 40 characters"
);
reads!(
    When,
    |it| fhir::date::parse(it, fhir::date::Form::DateTime).is_ok(),
    "must be a FHIR dateTime"
);
reads!(
    Reference,
    |it| it.parse::<fhir::resource::Key>().is_ok(),
    "must be Type/id of a resource"
);

impl Decimal {
    /// As a number to draw by; None where it is too large or too small for a scale.
    pub(crate) fn scale(&self) -> Option<f64> {
        self.0
            .parse::<f64>()
            .ok()
            .filter(|it| it.is_finite() && it.abs() < 1e12)
    }
}

impl When {
    /// Its first millisecond, UTC.
    pub(crate) fn first_ms(&self) -> i64 {
        fhir::date::parse(&self.0, fhir::date::Form::DateTime).map_or(0, |span| span.low_ms)
    }
}

fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|it| it.is_ascii_lowercase());
    first
        && text.len() <= 64
        && bytes.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
}

/// `-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?`, which is JSON's number.
pub(crate) fn is_decimal(text: &str) -> bool {
    let begins = text.starts_with('-') || text.starts_with(|it: char| it.is_ascii_digit());
    begins
        && text.len() <= 40
        && !text.ends_with(char::is_whitespace)
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}
