//! Marks that the record itself puts on a resource: tags of a system of its own.
//!
//! Invariant: a resource without marks is as its author wrote it.

use fhir::resource::Resource;
use serde_json::{Value, json};

/// Takes off every tag of this system.
pub(super) fn take_off(resource: &mut Resource, system: &str) {
    let is_mark = |tag: &Value| tag.get("system").and_then(Value::as_str) == Some(system);
    let Some(meta) = resource
        .value_mut()
        .get_mut("meta")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let Some(Value::Array(tags)) = meta.get_mut("tag") else {
        return;
    };
    if !tags.iter().any(is_mark) {
        return;
    }
    tags.retain(|tag| !is_mark(tag));
    if tags.is_empty() {
        meta.shift_remove("tag");
    }
}

/// Puts on a tag.
pub(super) fn put_on(resource: &mut Resource, tag: Value) {
    let Some(object) = resource.value_mut().as_object_mut() else {
        return;
    };
    let meta = object.entry("meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        match meta.entry("tag").or_insert_with(|| json!([])) {
            Value::Array(tags) => tags.push(tag),
            other => *other = json!([tag]),
        }
    }
}
