//! Resources within a resource: named, referred to, and without a life of their own.
//!
//! Invariant: looking for what refers to them takes one pass over the resource, however many there are.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Check, Place};
use crate::outcome::IssueType;
use crate::resource::{ResourceType, shortened};

/// Rules of a resource: those of what it contains, or, for one that is contained, its own.
pub(super) fn of_resource(check: &mut Check<'_>, object: &Map<String, Value>, place: &Place<'_>) {
    if place.name == "contained" && place.before.is_some() {
        of_contained(check, object, place);
        return;
    }
    let Some(Value::Array(inner)) = object.get("contained") else {
        return;
    };
    // One contained resource may refer to another, and any to the one that contains it (`#`).
    let mut referred = HashSet::new();
    for (name, value) in object {
        if name != "contained" {
            references(value, &mut referred);
        }
    }
    let mut refers_out = Vec::with_capacity(inner.len());
    for resource in inner {
        let mut own = HashSet::new();
        references(resource, &mut own);
        refers_out.push(own.contains(""));
        own.remove(id_of(resource).unwrap_or_default());
        referred.extend(own);
    }
    let mut ids = HashSet::new();
    for (index, (resource, refers_out)) in inner.iter().zip(refers_out).enumerate() {
        let Some(id) = id_of(resource) else { continue };
        let contained = place.then("contained").at(index);
        if !ids.insert(id) {
            let problem = format!(
                "another contained resource has the id `{}` too",
                shortened(id)
            );
            check.found(IssueType::Duplicate, &contained.then("id"), problem);
        }
        if !refers_out && !referred.contains(id) {
            let problem = format!(
                "nothing refers to `#{}`; refer to it or leave it out (rule dom-3)",
                shortened(id)
            );
            check.found(IssueType::Invariant, &contained, problem);
        }
    }
}

fn id_of(resource: &Value) -> Option<&str> {
    resource.get("id").and_then(Value::as_str)
}

fn of_contained(check: &mut Check<'_>, object: &Map<String, Value>, place: &Place<'_>) {
    if object.contains_key("contained") {
        let problem = "a contained resource cannot contain another; put both into the outer resource (rule dom-2)";
        check.broken(IssueType::Invariant, &place.then("contained"), problem);
    }
    if !object.contains_key("id") {
        let problem = "a contained resource needs an `id`, so that it can be referred to";
        check.broken(IssueType::Required, &place.then("id"), problem);
    }
    let Some(meta) = object.get("meta") else {
        return;
    };
    for (name, rule) in [
        ("versionId", "dom-4"),
        ("lastUpdated", "dom-4"),
        ("security", "dom-5"),
    ] {
        if meta.get(name).is_some() {
            let problem = format!(
                "a contained resource has no `{name}` of its own; leave it out (rule {rule})"
            );
            let meta = place.then("meta");
            check.found(IssueType::Invariant, &meta.then(name), problem);
        }
    }
}

/// The ids that texts such as `#1` name.
fn references<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix('#')),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(object) => object.values().for_each(|inner| references(inner, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The contained resource of that id; `#` alone is the outer resource itself.
pub(super) fn named<'v>(root: &'v Value, id: &str) -> Option<&'v Value> {
    if id.is_empty() {
        return Some(root);
    }
    let inner = root.get("contained")?.as_array()?;
    inner.iter().find(|resource| id_of(resource) == Some(id))
}

/// The type that a resource says it is of.
pub(super) fn type_of(resource: &Value) -> Option<ResourceType> {
    resource.get("resourceType")?.as_str()?.parse().ok()
}
