//! What a merge and its undoing make of a resource: pure, JSON in, JSON out.
//!
//! Invariant: nothing but what says who somebody is changes: references to a person, and a person's own numbers, links and mark.

use std::collections::HashMap;

use fhir::nhs_number;
use fhir::reference::{self, Target};
use fhir::resource::{Id, Key, ResourceType};
use serde_json::{Value, json};

use super::errand::Side;

/// The system of the marks that identity events put on resources.
pub const IDENTITY: &str = "urn:palatine:identity";
/// The mark of a patient who was merged into another.
pub const MERGED: &str = "merged";
/// The mark of what was written while two records were one, until somebody has said whose it is.
pub const UNDECIDED: &str = "undecided";

/// Puts one person in the place of the other wherever the resource refers to them. Whether it did.
pub(super) fn refer(value: &mut Value, from: &Id, to: &Id) -> bool {
    let mut changed = false;
    reference::rewrite(value, |text| {
        is_to(text, from).then(|| {
            changed = true;
            format!("Patient/{to}")
        })
    });
    changed
}

/// Whether the resource refers to a person.
pub(super) fn refers(value: &Value, to: &Id) -> bool {
    let mut found = false;
    reference::each(value, |_, text| found |= is_to(text, to));
    found
}

/// Gives what was written of the person who stands back to the other: a place that held a reference before the merge holds
/// it again, a place that was not there before refers to the other.
pub(super) fn give_back(now: &mut Value, before: Option<&Value>, source: &Id, target: &Id) {
    let mut held: HashMap<String, String> = HashMap::new();
    if let Some(before) = before {
        reference::each(before, |path, text| {
            held.insert(path.to_owned(), text.to_owned());
        });
    }
    let mut places = Vec::new();
    reference::each(now, |path, _| places.push(path.to_owned()));
    let mut place = places.into_iter();
    reference::rewrite(now, |text| {
        let place = place.next()?;
        if !is_to(text, target) {
            return None;
        }
        match held.get(&place) {
            Some(held) if is_to(held, source) || is_to(held, target) => Some(held.clone()),
            Some(_) | None => Some(format!("Patient/{source}")),
        }
    });
}

fn is_to(text: &str, person: &Id) -> bool {
    text.starts_with("Patient/")
        && matches!(reference::parse(text), Target::Local { key, .. }
            if key.resource_type == ResourceType::PATIENT && key.id == *person)
}

/// The person who is merged into the other: inactive, and led on from.
pub(super) fn merged_away(mut source: Value, target: &Key) -> Value {
    source["active"] = Value::Bool(false);
    append(&mut source, "link", link(target, "replaced-by"));
    put_mark(&mut source, MERGED, "merged into another record");
    source
}

/// The person who stands: found by the other's numbers, too. Of two numbers in one system, the one that does not stand is old.
pub(super) fn merged_into(
    mut target: Value,
    source: &Key,
    other: &Value,
    stands: Option<Side>,
) -> Value {
    let own = numbers(&target);
    if stands == Some(Side::Source) {
        each_number(&mut target, |number| {
            if is_nhs(number) {
                number["use"] = json!("old");
            }
        });
    }
    for mut number in numbers(other) {
        if own.iter().any(|own| same(own, &number)) {
            continue;
        }
        let is_second = own
            .iter()
            .any(|own| own.get("system") == number.get("system"));
        let prevails = is_nhs(&number) && stands == Some(Side::Source);
        if is_second && !prevails {
            number["use"] = json!("old");
        }
        append(&mut target, "identifier", number);
    }
    append(&mut target, "link", link(source, "replaces"));
    target
}

/// The person who stood, as somebody changed them since, without what the merge had added. `before`: as they were.
pub(super) fn without(mut now: Value, before: &Value, source: &Key, other: &Value) -> Value {
    let own = numbers(before);
    let added: Vec<Value> = numbers(other);
    let is_added = |number: &Value| {
        added.iter().any(|it| same(it, number)) && !own.iter().any(|it| same(it, number))
    };
    retain(&mut now, "identifier", |number| !is_added(number));
    each_number(&mut now, |number| {
        if let Some(own) = own.iter().find(|own| is_nhs(own) && same(own, number)) {
            *number = own.clone();
        }
    });
    retain(&mut now, "link", |link| {
        !is_link(link, "replaces", Some(source))
    });
    now
}

/// The other person with the details that were written of the one who stood: all but numbers, links, marks and state.
pub(super) fn with_details(source: Value, now: &Value) -> Value {
    const OWN: [&str; 6] = ["resourceType", "id", "meta", "identifier", "active", "link"];
    let mut source = source;
    let (Some(kept), Some(told)) = (source.as_object_mut(), now.as_object()) else {
        return source;
    };
    kept.retain(|name, _| OWN.contains(&name.as_str()));
    for (name, value) in told {
        // A narrative tells the other's numbers, too.
        if !OWN.contains(&name.as_str()) && name != "text" {
            kept.insert(name.clone(), value.clone());
        }
    }
    source
}

/// Into whom a patient was merged here. Links that were filed with the patient and not by a merge do not count.
pub fn merged_to(patient: &Value) -> Option<Key> {
    if !has_mark(patient, MERGED) {
        return None;
    }
    let links = patient.get("link")?.as_array()?;
    links
        .iter()
        .rev()
        .find(|link| is_link(link, "replaced-by", None))
        .and_then(other)
}

/// Who was merged into a patient, the last first.
pub fn merged_from(patient: &Value) -> Vec<Key> {
    let links = patient.get("link").and_then(Value::as_array);
    let replaces = links
        .into_iter()
        .flatten()
        .filter(|link| is_link(link, "replaces", None));
    replaces.rev().filter_map(other).collect()
}

/// A person's NHS number that is not marked as old.
pub fn nhs_number_of(patient: &Value) -> Option<String> {
    let numbers = numbers(patient);
    let current = numbers.iter().find(|number| {
        is_nhs(number) && number.get("use").and_then(Value::as_str) != Some("old")
    })?;
    Some(current.get("value")?.as_str()?.to_owned())
}

/// Puts on a mark of an identity event, unless it is there.
pub(super) fn put_mark(value: &mut Value, code: &str, display: &str) {
    if has_mark(value, code) {
        return;
    }
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let meta = object.entry("meta").or_insert_with(|| json!({}));
    append(
        meta,
        "tag",
        json!({ "system": IDENTITY, "code": code, "display": display }),
    );
}

/// Takes off a mark of an identity event.
pub(super) fn take_mark(value: &mut Value, code: &str) {
    if let Some(meta) = value.get_mut("meta") {
        retain(meta, "tag", |tag| !is_mark(tag, code));
    }
}

/// Whether an identity event has marked a resource so.
pub fn has_mark(value: &Value, code: &str) -> bool {
    let tags = value.get("meta").and_then(|meta| meta.get("tag"));
    let tags = tags.and_then(Value::as_array);
    tags.is_some_and(|tags| tags.iter().any(|tag| is_mark(tag, code)))
}

fn is_mark(tag: &Value, code: &str) -> bool {
    let text = |name: &str| tag.get(name).and_then(Value::as_str);
    text("system") == Some(IDENTITY) && text("code") == Some(code)
}

fn link(other: &Key, kind: &str) -> Value {
    json!({ "other": { "reference": other.to_string() }, "type": kind })
}

fn is_link(link: &Value, kind: &str, to: Option<&Key>) -> bool {
    link.get("type").and_then(Value::as_str) == Some(kind)
        && to.is_none_or(|to| other(link).as_ref() == Some(to))
}

fn other(link: &Value) -> Option<Key> {
    link.get("other")?.get("reference")?.as_str()?.parse().ok()
}

fn numbers(patient: &Value) -> Vec<Value> {
    let listed = patient.get("identifier").and_then(Value::as_array);
    listed.cloned().unwrap_or_default()
}

fn same(one: &Value, other: &Value) -> bool {
    one.get("system") == other.get("system") && one.get("value") == other.get("value")
}

fn is_nhs(number: &Value) -> bool {
    number.get("system").and_then(Value::as_str) == Some(nhs_number::SYSTEM)
}

fn each_number(patient: &mut Value, f: impl FnMut(&mut Value)) {
    let listed = patient.get_mut("identifier").and_then(Value::as_array_mut);
    listed.into_iter().flatten().for_each(f);
}

fn append(value: &mut Value, name: &str, item: Value) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    match object.entry(name).or_insert_with(|| json!([])) {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}

fn retain(value: &mut Value, name: &str, keep: impl Fn(&Value) -> bool) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    let Some(Value::Array(items)) = object.get_mut(name) else {
        return;
    };
    items.retain(|item| keep(item));
    if items.is_empty() {
        object.shift_remove(name);
    }
}

#[cfg(test)]
mod tests;
