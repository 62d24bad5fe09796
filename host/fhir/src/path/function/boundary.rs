//! `lowBoundary()` and `highBoundary()`: the least and the greatest value that a number, a date or a time may stand for.
//!
//! Invariant: a value that is exact to the last place that is asked for stands for itself.
//! Source: <https://hl7.org/fhirpath/2025Jan/#lowboundaryprecision-integer-decimal--date--datetime--time>

use std::borrow::Cow;

use jiff::civil;

use super::{Function, Items, count};
use crate::date::Form;
use crate::path::EvaluateError;
use crate::path::item::{Item, Scalar, written_form};
use crate::structure::Primitive;

/// Digits behind the point of a number, at most: as FHIRPath has them.
const PLACES_MAX: usize = 28;
/// The time zones between which every place of the world lies.
const ZONES: (&str, &str) = ("+14:00", "-12:00");

/// The boundary of the one item, to so many digits.
pub(super) fn of<'v>(
    input: &[Item<'v>],
    precision: Vec<Item<'v>>,
    function: Function,
) -> Items<'v> {
    let item = match input {
        [] => return Ok(Vec::new()),
        [item] => item,
        _ => return Err(EvaluateError::Several(function.name())),
    };
    let precision = match precision.as_slice() {
        [] => None,
        [one] if matches!(one.scalar(), Some(Scalar::Integer(..0))) => return Ok(Vec::new()),
        _ => Some(count(precision, function.name())?),
    };
    let high = function == Function::HighBoundary;
    let found = match (item.scalar(), form(item)) {
        (Some(Scalar::Text(text)), Some(Some(form))) => date(&text, form, high, precision),
        (Some(Scalar::Text(text)), Some(None)) => {
            time(&text, high, precision).map(|text| Item::Text(text.into()))
        }
        (Some(Scalar::Integer(_) | Scalar::Decimal(_)), _) => number(item, high, precision),
        (_, _) => return Err(EvaluateError::Type(function.name())),
    };
    Ok(found.into_iter().collect())
}

/// What a text means: outer None where it is no date, inner where it is a time of day.
fn form(item: &Item<'_>) -> Option<Option<Form>> {
    let element = match item {
        Item::Moment(_, form) => return Some(Some(*form)),
        Item::Text(_) => return Some(None),
        other => other.element()?,
    };
    let primitive = element.primitive()?;
    if primitive == Primitive::Time {
        return Some(None);
    }
    written_form(primitive).map(Some)
}

/// Half of the last place that was written, less or more.
fn number<'v>(item: &Item<'v>, high: bool, precision: Option<usize>) -> Option<Item<'v>> {
    let text = match item {
        Item::Element(element) => element.value.as_number()?.to_string(),
        Item::Integer(value) => value.to_string(),
        Item::Decimal(value) => value.to_string(),
        Item::Boolean(_) | Item::Text(_) | Item::Moment(..) | Item::Resolved { .. } => return None,
    };
    let places = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    if places > PLACES_MAX || precision.is_some_and(|precision| precision > PLACES_MAX) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    let half = 0.5 * 10_f64.powi(-i32::try_from(places).ok()?);
    let boundary = if high { value + half } else { value - half };
    let exact = format!("{boundary:.*}", places + 1).parse::<f64>().ok()?;
    let Some(precision) = precision else {
        return Some(Item::Decimal(exact));
    };
    let scale = 10_f64.powi(i32::try_from(precision).ok()?);
    let scaled = format!("{:.6}", exact * scale).parse::<f64>().ok()?;
    let cut = if high { scaled.ceil() } else { scaled.floor() };
    let cut = format!("{:.*}", precision, cut / scale).parse().ok()?;
    Some(Item::Decimal(if precision > places { exact } else { cut }))
}

/// A date filled up to its first or last day; a date and time up to its first or last millisecond anywhere in the world.
fn date<'v>(text: &str, form: Form, high: bool, precision: Option<usize>) -> Option<Item<'v>> {
    let (day, clock) = text
        .split_once('T')
        .map_or((text, None), |(day, clock)| (day, Some(clock)));
    let mut fields = day.split('-');
    let year = fields.next()?;
    let month = fields.next().unwrap_or(if high { "12" } else { "01" });
    let filled = match fields.next() {
        Some(day) => day.to_owned(),
        None if high => {
            let first = civil::Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
            format!("{:02}", first.days_in_month())
        }
        None => "01".to_owned(),
    };
    let day = format!("{year}-{month}-{filled}");
    let whole = match form {
        Form::Date => day,
        Form::DateTime | Form::Instant | Form::Search => {
            let zone_at = clock.and_then(|clock| clock.find(['Z', '+', '-']));
            let (clock, zone) = match (clock, zone_at) {
                (Some(clock), Some(at)) => clock.split_at(at),
                (clock, _) => (clock.unwrap_or(""), if high { ZONES.1 } else { ZONES.0 }),
            };
            format!("{day}T{}{zone}", time(clock, high, None)?)
        }
    };
    let cut = match precision {
        None => whole,
        Some(4) => whole.get(..4)?.to_owned(),
        Some(6) => whole.get(..7)?.to_owned(),
        Some(8) => whole.get(..10)?.to_owned(),
        Some(17) if form != Form::Date => whole,
        Some(_) => return None,
    };
    Some(Item::Moment(Cow::Owned(cut), form))
}

/// A time of day filled up to its first or last millisecond.
fn time(text: &str, high: bool, precision: Option<usize>) -> Option<String> {
    let fill = if high { "23:59:59.999" } else { "00:00:00.000" };
    let mut whole = text.get(..text.len().min(fill.len()))?.to_owned();
    // A fraction that is written in part stands for every one that begins so.
    whole.push_str(fill.get(whole.len()..)?);
    match precision {
        None | Some(9) => Some(whole),
        Some(2) => whole.get(..2).map(str::to_owned),
        Some(4) => whole.get(..5).map(str::to_owned),
        Some(6) => whole.get(..8).map(str::to_owned),
        Some(_) => None,
    }
}
