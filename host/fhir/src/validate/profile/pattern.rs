//! Whether a value is the one that a profile prescribes, or of the set that it names.
//!
//! Invariant: an exact value differs by a single digit or member; a pattern only by what it leaves out.

use serde_json::Value;

use super::table::Fixed;
use crate::structure::value_set::ValueSet;

/// Whether the value is the prescribed one.
pub(super) fn fits(fixed: &Fixed, value: &Value) -> bool {
    match fixed {
        Fixed::Exact(exact) => exact == value,
        Fixed::Pattern(pattern) => holds(pattern, value),
    }
}

/// Whether the value holds everything that the pattern holds.
fn holds(pattern: &Value, value: &Value) -> bool {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(object)) => pattern
            .iter()
            .all(|(name, inner)| object.get(name).is_some_and(|own| holds(inner, own))),
        (Value::Array(patterns), Value::Array(items)) => patterns
            .iter()
            .all(|pattern| items.iter().any(|item| holds(pattern, item))),
        (pattern, value) => pattern == value,
    }
}

/// Whether a code, Coding, CodeableConcept or Quantity has a code of the set.
pub(super) fn is_in(set: &ValueSet, value: &Value) -> bool {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(code) = value.as_str() {
        return set.has_code(code);
    }
    if let Some(Value::Array(codings)) = value.get("coding") {
        return codings.iter().any(|coding| is_in(set, coding));
    }
    match (text("system"), text("code")) {
        (Some(system), Some(code)) => set.has(system, code),
        (None, Some(code)) => set.has_code(code),
        (_, None) => false,
    }
}

/// Whether a code is given at all.
pub(super) fn has_code(value: &Value) -> bool {
    match value.get("coding") {
        Some(Value::Array(codings)) => codings.iter().any(has_code),
        _ => value.is_string() || value.get("code").is_some(),
    }
}
