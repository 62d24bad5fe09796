//! From a resource to its index entries.
//!
//! Invariant: nothing here fails; what cannot be read gives no entry. No entry is given twice.

use std::collections::HashSet;

use serde_json::{Number, Value};

use super::{IndexEntry, IndexValue, Kept, Kind, SearchParameter, phonetic, table, text};
use crate::date::{self, EARLIEST_MS, Form, LATEST_MS};
use crate::path::item::{Element, Item};
use crate::reference::{self, Target};
use crate::resource::{Key, Resource};
use crate::structure::Primitive;

pub(super) fn entries(resource: &Resource) -> Vec<IndexEntry> {
    let mut entries = Vec::with_capacity(32);
    let whole = Item::Element(Element::of_resource(resource));
    for parameter in table::of(resource.resource_type()) {
        if parameter.kept == Kept::Index && super::parts(parameter.code).is_none() {
            read_by(parameter, resource, &whole, &mut entries);
        }
    }
    entries
}

pub(super) fn entries_by(resource: &Resource, parameters: &[&SearchParameter]) -> Vec<IndexEntry> {
    let mut entries = Vec::new();
    let whole = Item::Element(Element::of_resource(resource));
    let own = parameters
        .iter()
        .filter(|parameter| parameter.resource_type == resource.resource_type());
    for parameter in own {
        read_by(parameter, resource, &whole, &mut entries);
    }
    entries
}

fn read_by<'v>(
    parameter: &SearchParameter,
    resource: &'v Resource,
    whole: &Item<'v>,
    entries: &mut Vec<IndexEntry>,
) {
    if parameter.may_read(resource.value()) {
        values(parameter, resource.value(), whole, &mut |value| {
            entries.push(IndexEntry {
                parameter: parameter.code,
                value,
            });
        });
    }
}

pub(super) fn of_parameter(parameter: &SearchParameter, resource: &Resource) -> Vec<IndexValue> {
    let mut found = Vec::new();
    let whole = Item::Element(Element::of_resource(resource));
    if parameter.kept == Kept::Index {
        values(parameter, resource.value(), &whole, &mut |value| {
            found.push(value)
        });
    }
    found
}

/// The values of one parameter, each once.
fn values<'v>(
    parameter: &SearchParameter,
    resource: &'v Value,
    whole: &Item<'v>,
    give: &mut dyn FnMut(IndexValue),
) {
    let Some(expression) = &parameter.expression else {
        return;
    };
    let Ok(items) = expression.evaluate_from(resource, whole) else {
        return;
    };
    let mut found = Vec::new();
    for item in items {
        of_item(parameter, &item, &mut |value| found.push(value));
    }
    match found.len() {
        0 => {}
        1 => found.into_iter().for_each(give),
        _ => {
            let mut seen = HashSet::with_capacity(found.len());
            let fresh: Vec<bool> = found.iter().map(|value| seen.insert(value)).collect();
            found
                .into_iter()
                .zip(fresh)
                .filter(|(_, fresh)| *fresh)
                .for_each(|(value, _)| give(value));
        }
    }
}

/// The values of a parameter that one item of its expression has.
pub(super) fn of_item(
    parameter: &SearchParameter,
    item: &Item<'_>,
    give: &mut dyn FnMut(IndexValue),
) {
    match (item, parameter.kind) {
        (Item::Element(element), Kind::Token) => tokens(element, give),
        (Item::Element(element), Kind::String) if parameter.name == "phonetic" => {
            text::each(element, &mut |text| {
                let sounds = phonetic::sounds(text).into_iter();
                sounds.for_each(|sound| give(IndexValue::Text(sound)));
            });
        }
        (Item::Element(element), Kind::String) => texts(element, give),
        (Item::Element(element), Kind::Date) => dates(element, give),
        (Item::Element(element), Kind::Number) => numbers(element, give),
        (Item::Element(element), Kind::Quantity) => quantities(element, give),
        (Item::Element(element), Kind::Reference) => references(parameter, element, give),
        (Item::Element(element), Kind::Uri) => uris(element, give),
        (Item::Boolean(value), Kind::Token) => give(token(None, &value.to_string())),
        (
            Item::Boolean(_)
            | Item::Integer(_)
            | Item::Decimal(_)
            | Item::Text(_)
            | Item::Moment(..)
            | Item::Resolved { .. },
            _,
        )
        | (Item::Element(_), Kind::Composite | Kind::Special) => {}
    }
}

/// The URI, whole; a canonical one with a version also without it.
fn uris(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    let Some(uri) = element.value.as_str() else {
        return;
    };
    give(IndexValue::Uri(uri.to_owned()));
    if element.primitive() == Some(Primitive::Canonical)
        && let Some((without_version, _)) = uri.split_once('|')
    {
        give(IndexValue::Uri(without_version.to_owned()));
    }
}

fn give_some(value: Option<IndexValue>, give: &mut dyn FnMut(IndexValue)) {
    value.into_iter().for_each(give);
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn token(system: Option<&str>, code: &str) -> IndexValue {
    IndexValue::Token {
        system: system.map(str::to_owned),
        code: code.to_owned(),
    }
}

fn tokens(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    let value = element.value;
    match element.type_name() {
        Some("CodeableConcept") => {
            let codings = value.get("coding").and_then(Value::as_array);
            codings
                .into_iter()
                .flatten()
                .for_each(|coding| give_some(coding_token(coding), give));
        }
        Some("Coding") => give_some(coding_token(value), give),
        Some("Identifier") => {
            give_some(
                member(value, "value").map(|code| token(member(value, "system"), code)),
                give,
            );
        }
        Some("ContactPoint") => {
            give_some(member(value, "value").map(|code| token(None, code)), give)
        }
        Some("code") => {
            let system = |code| element.value_set().and_then(|set| set.system_of(code));
            give_some(value.as_str().map(|code| token(system(code), code)), give);
        }
        Some(_) | None => match value {
            Value::Bool(value) => give(token(None, &value.to_string())),
            Value::Number(number) => give(token(None, number.as_str())),
            Value::String(code) => give(token(None, code)),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        },
    }
}

fn coding_token(coding: &Value) -> Option<IndexValue> {
    let (system, code) = (member(coding, "system"), member(coding, "code"));
    (system.is_some() || code.is_some()).then(|| token(system, code.unwrap_or_default()))
}

fn texts(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    text::each(element, &mut |text| {
        let normalised = text::normalised(text);
        if !normalised.is_empty() {
            give(IndexValue::Text(normalised));
        }
    });
}

fn dates(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    let value = element.value;
    let span = match element.type_name() {
        Some("Period") => period(value),
        Some("Timing") => timing(value),
        Some(_) | None => value.as_str().and_then(span),
    };
    give_some(
        span.map(|(low_ms, high_ms)| IndexValue::Date { low_ms, high_ms }),
        give,
    );
}

fn span(text: &str) -> Option<(i64, i64)> {
    date::parse(text, Form::DateTime)
        .ok()
        .map(|span| (span.low_ms, span.high_ms))
}

fn period(value: &Value) -> Option<(i64, i64)> {
    let (start, end) = (member(value, "start"), member(value, "end"));
    let low_ms = start
        .map(span)
        .map_or(Some(EARLIEST_MS), |start| Some(start?.0))?;
    let high_ms = end.map(span).map_or(Some(LATEST_MS), |end| Some(end?.1))?;
    ((start.is_some() || end.is_some()) && low_ms < high_ms).then_some((low_ms, high_ms))
}

/// From the first event to the last; where there is none, the bounds of the repetition.
fn timing(value: &Value) -> Option<(i64, i64)> {
    let events = value
        .get("event")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let spans = events.filter_map(|event| span(event.as_str()?));
    let outer =
        spans.reduce(|(low, high), (next_low, next_high)| (low.min(next_low), high.max(next_high)));
    outer.or_else(|| period(value.get("repeat")?.get("boundsPeriod")?))
}

fn finite(number: &Number) -> Option<f64> {
    number.as_f64().filter(|value| value.is_finite())
}

fn number(value: &Value, name: &str) -> Option<f64> {
    finite(value.get(name)?.as_number()?)
}

fn numbers(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    let range = match element.type_name() {
        Some("Range") => range(element.value).map(|(low, high, _)| (low, high)),
        Some(_) | None => element
            .value
            .as_number()
            .and_then(finite)
            .map(|value| (value, value)),
    };
    give_some(
        range.map(|(low, high)| IndexValue::Number { low, high }),
        give,
    );
}

/// Least, greatest, and the end that names the unit.
fn range(value: &Value) -> Option<(f64, f64, &Value)> {
    let end = |name| value.get(name).filter(|end| number(end, "value").is_some());
    let (low, high) = (end("low"), end("high"));
    let least = low.and_then(|low| number(low, "value")).unwrap_or(f64::MIN);
    let greatest = high
        .and_then(|high| number(high, "value"))
        .unwrap_or(f64::MAX);
    Some((least, greatest, low.or(high)?)).filter(|_| least <= greatest)
}

fn quantities(element: &Element<'_>, give: &mut dyn FnMut(IndexValue)) {
    let value = element.value;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let quantity = |low, high, of: &Value| IndexValue::Quantity {
        low,
        high,
        system: owned(member(of, "system")),
        code: owned(member(of, "code")),
        unit: owned(member(of, "unit")),
    };
    match element.type_name() {
        Some("Money") => give_some(
            number(value, "value").map(|amount| IndexValue::Quantity {
                low: amount,
                high: amount,
                system: member(value, "currency").map(|_| "urn:iso:std:iso:4217".to_owned()),
                code: owned(member(value, "currency")),
                unit: None,
            }),
            give,
        ),
        Some("Range") => give_some(
            range(value).map(|(low, high, of)| quantity(low, high, of)),
            give,
        ),
        // Of sampled data only the origin is a quantity; it says nothing about the samples.
        Some("SampledData") => {}
        Some(_) | None => {
            let Some(amount) = number(value, "value") else {
                return;
            };
            let (low, high) = match member(value, "comparator") {
                Some("<" | "<=") => (f64::MIN, amount),
                Some(">" | ">=") => (amount, f64::MAX),
                Some(_) | None => (amount, amount),
            };
            give(quantity(low, high, value));
        }
    }
}

fn references(
    parameter: &SearchParameter,
    element: &Element<'_>,
    give: &mut dyn FnMut(IndexValue),
) {
    let allowed =
        |key: &Key| parameter.targets.is_empty() || parameter.targets.contains(&key.resource_type);
    match (element.primitive(), element.value) {
        (Some(Primitive::Canonical | Primitive::Uri | Primitive::Url), Value::String(text)) => {
            give(IndexValue::Reference {
                key: local(text).filter(allowed),
                text: text.clone(),
            });
            if let Some((without_version, _)) = text.split_once('|') {
                give(IndexValue::Reference {
                    key: None,
                    text: without_version.to_owned(),
                });
            }
        }
        (_, Value::Object(object)) if object.contains_key("resourceType") => {
            let key = Resource::key_of(element.value).filter(allowed);
            give_some(
                key.map(|key| IndexValue::Reference {
                    text: key.to_string(),
                    key: Some(key),
                }),
                give,
            );
        }
        (_, value) => {
            if let Some(identifier) = value.get("identifier") {
                give_some(
                    member(identifier, "value")
                        .map(|code| token(member(identifier, "system"), code)),
                    give,
                );
            }
            let Some(text) = member(value, "reference") else {
                return;
            };
            let key = match reference::parse(text) {
                Target::Contained(_) => return,
                Target::Local { key, .. } if !allowed(&key) => return,
                Target::Local { key, .. } => Some(key),
                Target::Urn(_)
                | Target::Conditional { .. }
                | Target::Absolute(_)
                | Target::Other(_) => None,
            };
            give(IndexValue::Reference {
                key,
                text: text.to_owned(),
            });
        }
    }
}

fn local(text: &str) -> Option<Key> {
    match reference::parse(text) {
        Target::Local { key, .. } => Some(key),
        Target::Urn(_) | Target::Contained(_) | Target::Conditional { .. } => None,
        Target::Absolute(_) | Target::Other(_) => None,
    }
}
