//! Parts of a resource, as `_summary` and `_elements` ask for them.
//!
//! Invariant: what was cut is marked SUBSETTED, so that nobody writes it back as if it were whole.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const SUMMARY: &str = include_str!("../definitions/summary.tsv");

/// What is never left out: what the resource is, and what changes the meaning of the rest.
const ALWAYS: [&str; 5] = [
    "resourceType",
    "id",
    "meta",
    "implicitRules",
    "modifierExtension",
];

/// Which parts of a resource are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subset {
    /// All of it.
    #[default]
    Whole,
    /// `_summary=true`: what the definitions mark as summary.
    Summary,
    /// `_summary=text`: the narrative, id, meta and what must be there.
    Text,
    /// `_summary=data`: all but the narrative.
    Data,
    /// `_elements`: these top-level elements, and what must be there.
    Elements(Vec<String>),
}

/// What the definitions say of a resource or type.
struct Shape {
    /// Top-level elements that must be there.
    required: Vec<&'static str>,
    /// Elements of the summary, each with its type where it has parts that the summary may leave out.
    summary: HashMap<&'static str, &'static str>,
}

static SHAPES: LazyLock<HashMap<&'static str, Shape>> = LazyLock::new(|| {
    let names = |text: &'static str| text.split(',').filter(|name| !name.is_empty());
    let lines = SUMMARY.lines().map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (name, required, summary) = (next(), next(), next());
        let shape = Shape {
            required: names(required).collect(),
            summary: names(summary)
                .map(|entry| entry.split_once('=').unwrap_or((entry, "")))
                .collect(),
        };
        (name, shape)
    });
    lines.collect()
});

impl Subset {
    /// The parts of a resource that are wanted, given its JSON; None when it is wanted whole, or is no resource.
    pub fn of(&self, body: &str) -> Option<String> {
        if *self == Self::Whole {
            return None;
        }
        let Ok(Value::Object(mut resource)) = serde_json::from_str(body) else {
            return None;
        };
        let kind = resource.get("resourceType")?.as_str()?.to_owned();
        let shape = SHAPES.get(kind.as_str())?;
        let always = |name: &str| {
            ALWAYS.contains(&name) || shape.required.iter().any(|required| names(required, name))
        };
        match self {
            Self::Whole => return None,
            Self::Summary => summarised(&mut resource, &kind),
            Self::Text => resource.retain(|name, _| plain(name) == "text" || always(plain(name))),
            Self::Data => drop(resource.shift_remove("text")),
            Self::Elements(wanted) => resource.retain(|name, _| {
                let name = plain(name);
                let is = |wanted: &String| wanted == name || names(&format!("{wanted}[x]"), name);
                always(name) || wanted.iter().any(is)
            }),
        }
        mark(&mut resource);
        Some(Value::Object(resource).to_string())
    }
}

/// The element to which the ids and extensions of `_birthDate` belong.
fn plain(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

/// Whether the element of a definition (`value[x]` or `value`) is the one that JSON writes so (`valueQuantity`).
fn names(element: &str, written: &str) -> bool {
    let (element, is_choice) = match element.strip_suffix("[x]") {
        Some(element) => (element, true),
        None => (element, false),
    };
    match written.strip_prefix(element) {
        Some("") => true,
        Some(rest) => is_choice && rest.starts_with(|letter: char| letter.is_ascii_uppercase()),
        None => false,
    }
}

/// Leaves of an object of a type what belongs to the summary.
fn summarised(object: &mut Map<String, Value>, kind: &str) {
    let Some(shape) = SHAPES.get(kind) else {
        return;
    };
    object.retain(|name, value| {
        let name = plain(name);
        if name == "resourceType" {
            return true;
        }
        let exact = shape.summary.get_key_value(name);
        let found = exact.or_else(|| {
            let mut choices = shape.summary.iter();
            choices.find(|(element, _)| element.ends_with("[x]") && names(element, name))
        });
        let Some((element, kind)) = found else {
            return false;
        };
        // A choice says its type itself.
        let kind = match element.strip_suffix("[x]") {
            Some(element) => &name[element.len()..],
            None => kind,
        };
        each(value, kind);
        !value.as_object().is_some_and(Map::is_empty)
    });
}

fn each(value: &mut Value, kind: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, kind)),
        // A resource inside another is left whole: it was put there for a reason.
        Value::Object(object) if !object.contains_key("resourceType") => summarised(object, kind),
        Value::Object(_) => {}
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mark(resource: &mut Map<String, Value>) {
    let tag = json!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "SUBSETTED"
    });
    let meta = resource
        .entry("meta")
        .or_insert_with(|| Value::Object(Map::new()));
    let Some(meta) = meta.as_object_mut() else {
        return;
    };
    match meta.get_mut("tag") {
        Some(Value::Array(tags)) => tags.push(tag),
        Some(_) | None => drop(meta.insert("tag".to_owned(), json!([tag]))),
    }
}

#[cfg(test)]
mod tests;
