//! Whether two items are the same, and which of two is greater.
//!
//! Invariant: what cannot be told (other units, a date less precise than the other) is unknown, never guessed.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::EvaluateError;
use super::item::{Element, Item, Scalar, written_form};
use crate::date::{self, Span};

/// Whether two items are the same value.
pub(super) fn equal(left: &Item<'_>, right: &Item<'_>) -> bool {
    if let (Some(left), Some(right)) = (moment(left), moment(right)) {
        return left.low_ms == right.low_ms && left.high_ms == right.high_ms;
    }
    match (left.scalar(), right.scalar()) {
        (Some(left), Some(right)) => ordering(&left, &right) == Some(Ordering::Equal),
        (None, None) => match (left, right) {
            (Item::Element(left), Item::Element(right)) => {
                left.value == right.value && left.extra == right.extra
            }
            (
                Item::Resolved {
                    reference: left, ..
                },
                Item::Resolved {
                    reference: right, ..
                },
            ) => left == right,
            // Every other item is a value, so these are an element and what a reference refers to.
            (Item::Element(_) | Item::Resolved { .. }, _) => false,
            (Item::Boolean(_) | Item::Integer(_) | Item::Decimal(_) | Item::Text(_), _) => false,
            (Item::Moment(..), _) => false,
        },
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A number that is the same for items that are equal.
pub(super) fn fingerprint(item: &Item<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Some(span) = moment(item) {
        (span.low_ms, span.high_ms).hash(&mut hasher);
        return hasher.finish();
    }
    match (item.scalar(), item) {
        (Some(Scalar::Boolean(value)), _) => value.hash(&mut hasher),
        (Some(Scalar::Text(text)), _) => text.hash(&mut hasher),
        (Some(number), _) => decimal(&number)
            .map(|value| (value + 0.0).to_bits())
            .hash(&mut hasher),
        (None, Item::Element(element)) => whole(element.value).hash(&mut hasher),
        (None, _) => {}
    }
    hasher.finish()
}

/// As `fingerprint`, of any JSON; the order of an object's members does not count.
fn whole(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Number(number) => number.as_str().hash(&mut hasher),
        Value::String(text) => text.hash(&mut hasher),
        Value::Array(items) => items.iter().for_each(|item| whole(item).hash(&mut hasher)),
        Value::Object(object) => {
            let member = |(name, inner): (&String, &Value)| {
                let mut hasher = DefaultHasher::new();
                (name, whole(inner)).hash(&mut hasher);
                hasher.finish()
            };
            object
                .iter()
                .map(member)
                .fold(0_u64, u64::wrapping_add)
                .hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// None where the two cannot be compared.
fn ordering(left: &Scalar<'_>, right: &Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Boolean(left), Scalar::Boolean(right)) => Some(left.cmp(right)),
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Integer(left), Scalar::Integer(right)) => Some(left.cmp(right)),
        (left, right) => decimal(left)?.partial_cmp(&decimal(right)?),
    }
}

/// How the one item stands to the other; `None` where either is missing or it cannot be told.
pub(super) fn compare(
    left: &[Item<'_>],
    right: &[Item<'_>],
    name: &'static str,
) -> Result<Option<Ordering>, EvaluateError> {
    let (left, right) = match (left, right) {
        ([], _) | (_, []) => return Ok(None),
        ([left], [right]) => (left, right),
        _ => return Err(EvaluateError::Several(name)),
    };
    if let (Some(left), Some(right)) = (moment(left), moment(right)) {
        return Ok(in_time(&left, &right));
    }
    if let (Some(left), Some(right)) = (quantity(left), quantity(right)) {
        return Ok(in_size(&left, &right));
    }
    match (left.scalar(), right.scalar()) {
        (Some(left), Some(right)) => ordering(&left, &right)
            .map(Some)
            .ok_or(EvaluateError::Type(name)),
        (None, _) | (_, None) => Err(EvaluateError::Type(name)),
    }
}

/// The time that a date means.
fn moment(item: &Item<'_>) -> Option<Span> {
    if let Item::Moment(text, form) = item {
        return date::parse(text, *form).ok();
    }
    let element = item.element()?;
    let form = written_form(element.primitive()?)?;
    date::parse(element.value.as_str()?, form).ok()
}

fn in_time(left: &Span, right: &Span) -> Option<Ordering> {
    if left.low_ms == right.low_ms && left.high_ms == right.high_ms {
        Some(Ordering::Equal)
    } else if left.high_ms <= right.low_ms {
        Some(Ordering::Less)
    } else if right.high_ms <= left.low_ms {
        Some(Ordering::Greater)
    } else {
        None
    }
}

/// A quantity as an element.
fn quantity<'v>(item: &Item<'v>) -> Option<Element<'v>> {
    item.element().filter(Element::is_quantity)
}

/// Quantities are compared where their units are the same; one without a number is no quantity yet.
fn in_size(left: &Element<'_>, right: &Element<'_>) -> Option<Ordering> {
    let part = |of: &Element<'_>, name: &str| of.value.get(name).cloned();
    let unit = |of: &Element<'_>| {
        part(of, "code").map_or_else(
            || (None, part(of, "unit")),
            |code| (part(of, "system"), Some(code)),
        )
    };
    if unit(left) != unit(right) {
        return None;
    }
    let number = |of: &Element<'_>| of.value.get("value")?.as_f64();
    number(left)?.partial_cmp(&number(right)?)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "integers of records are far below 2^53"
)]
fn decimal(scalar: &Scalar<'_>) -> Option<f64> {
    match scalar {
        Scalar::Integer(value) => Some(*value as f64),
        Scalar::Decimal(value) => Some(*value),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    }
}
