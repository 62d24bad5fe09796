//! The value of an Observation, in whichever of FHIR's forms it was sent.
//!
//! Invariant: a form that cannot be shown is said to be one; nothing that was found reads as nothing found.

use sdk::screen::{Absent, Comparator, Status};

use crate::result::part::{Form, Measure, Part};
use crate::result::{Found, Number, UNIT_CHARS_MAX};
use sdk::decimal::Decimal;

/// What an Observation, or one component of it, says was found.
pub(super) fn read(part: &Part<'_>, status: Status) -> Found {
    match status {
        Status::EnteredInError | Status::Cancelled => return Found::Nothing(Absent::NotReported),
        Status::Registered => return Found::Nothing(Absent::Pending),
        Status::Preliminary
        | Status::Final
        | Status::Amended
        | Status::Corrected
        | Status::Unknown => {}
    }
    match &part.form {
        Form::Quantity(measure, comparator) => quantity(measure, *comparator),
        Form::Concept(Some(words)) | Form::Words(words) => Found::Words((*words).to_owned()),
        Form::Truth(it) => Found::Words(if *it { "Yes" } else { "No" }.to_owned()),
        Form::Whole(it) => number(it, None, "", ""),
        Form::Ends(low, high) => Found::Words(ends(low, high)),
        Form::Ratio(one, other) => {
            let side = |it: &Option<&str>| it.unwrap_or("not given").to_owned();
            Found::Words(format!("{}:{}", side(one), side(other)))
        }
        Form::Other => Found::Words("Reported in a form that this screen cannot show".to_owned()),
        Form::Concept(None) | Form::None => Found::Nothing(absent(part.absent)),
    }
}

fn quantity(measure: &Measure<'_>, comparator: Option<&str>) -> Found {
    let Some(value) = measure.value else {
        return Found::Nothing(Absent::NotReported);
    };
    let code = measure.code.unwrap_or_default();
    number(value, comparator, measure.unit.unwrap_or(code), code)
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

fn ends(low: &Measure<'_>, high: &Measure<'_>) -> String {
    let end = |it: &Measure<'_>| {
        let words = format!("{} {}", it.value?, it.unit.unwrap_or_default());
        Some(words.trim().to_owned())
    };
    match (end(low), end(high)) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => "A range without ends".to_owned(),
    }
}

fn absent(code: Option<&str>) -> Absent {
    match code {
        Some("unknown" | "asked-unknown") => Absent::Unknown,
        Some("temp-unknown") => Absent::Pending,
        Some("masked") => Absent::Withheld,
        Some("not-applicable") => Absent::NotApplicable,
        Some("unsupported") => Absent::Unavailable,
        _ => Absent::NotReported,
    }
}
