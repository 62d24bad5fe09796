//! Links other than references: `uri`, `url`, `oid` and `uuid` elements, and what a narrative links to.
//!
//! Invariant: only a whole `urn:uuid:` is ever put in another's place, and never in an element of another type: the value
//! of an identifier is text, whatever it looks like.

use serde_json::{Map, Value};

use crate::resource::{Resource, ResourceType};
use crate::structure::{self, Primitive, TypeId};

/// What stands for an entry of a bundle.
const URN: &str = "urn:uuid:";

/// Puts what `f` gives in the place of each link that is a `urn:uuid:`; None leaves it. Canonical addresses are left.
pub fn rewrite(resource: &mut Resource, mut f: impl FnMut(&str) -> Option<String>) {
    if !has_urn(resource.value()) {
        return;
    }
    let kind = structure::of_resource(resource.resource_type());
    if let Value::Object(object) = resource.value_mut() {
        inside(object, kind, &mut f);
    }
}

/// Whether there is anything to look for; most resources have nothing.
fn has_urn(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(URN),
        Value::Array(items) => items.iter().any(has_urn),
        Value::Object(object) => object
            .iter()
            .any(|(name, inner)| name != "reference" && has_urn(inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn inside(
    object: &mut Map<String, Value>,
    kind: TypeId,
    f: &mut dyn FnMut(&str) -> Option<String>,
) {
    let structure = structure::get(kind);
    for (name, value) in object.iter_mut() {
        if let Some(element) = structure.element(name) {
            each(value, element.kind, f);
        } else if name.starts_with('_')
            && let Some(kind) = structure::named("Element")
        {
            each(value, kind, f);
        }
    }
}

fn each(value: &mut Value, kind: TypeId, f: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, kind, f)),
        Value::Object(object) => {
            let named = object.get("resourceType").and_then(Value::as_str);
            let named = named.and_then(|name| name.parse::<ResourceType>().ok());
            inside(object, named.map_or(kind, structure::of_resource), f);
        }
        Value::String(text) => match structure::get(kind).primitive {
            Some(Primitive::Uri | Primitive::Url | Primitive::Oid | Primitive::Uuid) => {
                if let Some(now) = text.starts_with(URN).then(|| f(text)).flatten() {
                    *text = now;
                }
            }
            Some(Primitive::Xhtml) => *text = narrative(text, f),
            Some(_) | None => {}
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `href="urn:uuid:…"` and `src="urn:uuid:…"`.
fn narrative(text: &str, f: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(URN) {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        let is_link = ["href=\"", "href='", "src=\"", "src='"]
            .iter()
            .any(|opening| before.ends_with(opening));
        let length = from.find(['"', '\'', '<', ' ', '>']).unwrap_or(from.len());
        let (link, after) = from.split_at(length);
        match is_link.then(|| f(link)).flatten() {
            Some(now) => written.push_str(&now),
            None => written.push_str(link),
        }
        rest = after;
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests;
