//! The value of an Observation, in whichever of FHIR's forms it was sent.
//!
//! Invariant: a form that cannot be shown is said to be one; nothing that was found reads as nothing found.

use sdk::Value;
use sdk::screen::{Absent, Comparator, Status};

use crate::decimal::Decimal;
use crate::result::{Found, Number, UNIT_CHARS_MAX, text};

/// What an Observation, or one component of it, says was found.
pub(super) fn read(part: &Value, status: Status) -> Found {
    match status {
        Status::EnteredInError | Status::Cancelled => return Found::Nothing(Absent::NotReported),
        Status::Registered => return Found::Nothing(Absent::Pending),
        Status::Preliminary
        | Status::Final
        | Status::Amended
        | Status::Corrected
        | Status::Unknown => {}
    }
    if let Some(quantity) = part.get("valueQuantity") {
        return quantity_of(quantity);
    }
    let concept = |it: &Value| {
        text(it, "/text")
            .or_else(|| text(it, "/coding/0/display"))
            .or_else(|| text(it, "/coding/0/code"))
            .map(str::to_owned)
    };
    let words = if let Some(it) = part.get("valueCodeableConcept") {
        concept(it)
    } else if let Some(it) = part.get("valueBoolean").and_then(Value::as_bool) {
        Some(if it { "Yes" } else { "No" }.to_owned())
    } else if let Some(it) = part.get("valueInteger") {
        return number(&it.to_string(), None, "", "");
    } else if let Some(it) = part.get("valueRange") {
        Some(ends(it))
    } else if let Some(it) = part.get("valueRatio") {
        Some(ratio(it))
    } else {
        ["/valueString", "/valueDateTime", "/valueTime"]
            .iter()
            .find_map(|path| text(part, path))
            .map(str::to_owned)
    };
    match words {
        Some(words) => Found::Words(words),
        None if part
            .get("valueSampledData")
            .or(part.get("valuePeriod"))
            .is_some() =>
        {
            Found::Words("Reported in a form that this screen cannot show".to_owned())
        }
        None => Found::Nothing(absent(part)),
    }
}

fn quantity_of(quantity: &Value) -> Found {
    let Some(value) = quantity.get("value").filter(|value| value.is_number()) else {
        return Found::Nothing(Absent::NotReported);
    };
    let code = text(quantity, "/code").unwrap_or_default();
    let unit = text(quantity, "/unit").unwrap_or(code);
    number(
        &value.to_string(),
        text(quantity, "/comparator"),
        unit,
        code,
    )
}

fn number(value: &str, comparator: Option<&str>, unit: &str, code: &str) -> Found {
    let comparator = match comparator {
        None => None,
        Some("<") => Some(Comparator::Less),
        Some("<=") => Some(Comparator::LessOrEqual),
        Some(">") => Some(Comparator::Greater),
        Some(">=") => Some(Comparator::GreaterOrEqual),
        Some(other) => return Found::Words(format!("{other} {value} {unit}")),
    };
    if unit.chars().count() > UNIT_CHARS_MAX || unit.contains('\n') {
        return Found::Words(format!("{value} {unit}"));
    }
    let (unit, unit_code) = (unit.to_owned(), code.to_owned());
    Found::Number(Number {
        decimal: Decimal::parse(value),
        text: value.to_owned(),
        comparator,
        unit,
        unit_code,
    })
}

fn ends(range: &Value) -> String {
    let end = |name: &str| {
        let value = range.pointer(&format!("/{name}/value"))?;
        Some(
            format!(
                "{value} {}",
                text(range, &format!("/{name}/unit")).unwrap_or_default()
            )
            .trim()
            .to_owned(),
        )
    };
    match (end("low"), end("high")) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "A range without ends".to_owned(),
    }
}

fn ratio(ratio: &Value) -> String {
    let side = |name: &str| {
        ratio
            .pointer(&format!("/{name}/value"))
            .map_or("not given".to_owned(), Value::to_string)
    };
    format!("{}:{}", side("numerator"), side("denominator"))
}

fn absent(part: &Value) -> Absent {
    match text(part, "/dataAbsentReason/coding/0/code") {
        Some("unknown" | "asked-unknown") => Absent::Unknown,
        Some("temp-unknown") => Absent::Pending,
        Some("masked") => Absent::Withheld,
        Some("not-applicable") => Absent::NotApplicable,
        Some("unsupported") => Absent::Unavailable,
        _ => Absent::NotReported,
    }
}
