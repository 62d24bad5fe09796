//! What is read from a resource's body only, since no index entry holds it: composites, the text people read, places.
//!
//! Invariant: nothing here fails; what cannot be read is not found.

use serde_json::Value;

use super::{IndexValue, SearchParameter, extract, text};
use crate::path::item::{Element, Item};
use crate::resource::Resource;

/// How much text of one resource is looked through, in characters.
const CHARS_MAX: usize = 1 << 20;

/// The repetitions of a composite, each with the values of each part.
pub(crate) fn composites(
    parameter: &SearchParameter,
    resource: &Resource,
) -> Vec<Vec<Vec<IndexValue>>> {
    let part_of = |base: &Item<'_>| {
        let parts = parameter.components.iter().map(|component| {
            let mut values = Vec::new();
            let items = component.expression.evaluate_from(resource.value(), base);
            if let Some(compared) = parameter.part(component) {
                for item in items.unwrap_or_default() {
                    extract::of_item(compared, &item, &mut |value| values.push(value));
                }
            }
            values
        });
        parts.collect::<Vec<_>>()
    };
    items(parameter, resource).iter().map(part_of).collect()
}

/// The texts that people read where the parameter reads codes or references: a concept's text, displays.
pub(crate) fn read_as_text(parameter: &SearchParameter, resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    for item in items(parameter, resource) {
        if let Some(element) = item.element() {
            shown(&element, &mut |text| {
                found.push(text::folded(text, CHARS_MAX))
            });
        }
    }
    found
}

fn shown(element: &Element<'_>, give: &mut dyn FnMut(&str)) {
    let value = element.value;
    let mut member = |value: &Value, name: &str| {
        if let Some(text) = value.get(name).and_then(Value::as_str) {
            give(text);
        }
    };
    let mut concept = |value: &Value| {
        member(value, "text");
        let codings = value.get("coding").and_then(Value::as_array);
        codings
            .into_iter()
            .flatten()
            .for_each(|coding| member(coding, "display"));
    };
    match element.type_name() {
        Some("CodeableConcept") => concept(value),
        Some("Identifier") => value.get("type").into_iter().for_each(concept),
        Some("Coding" | "Reference") => member(value, "display"),
        Some(_) => {
            if let Some(text) = value.as_str() {
                give(text);
            }
        }
        None => {}
    }
}

/// Whether there is an identifier of that type and value.
pub(crate) fn has_identifier(
    parameter: &SearchParameter,
    resource: &Resource,
    (system, code, value): (&str, &str, &str),
) -> bool {
    let of_type = |identifier: &Value| {
        let codings = identifier.get("type").and_then(|of| of.get("coding"));
        let codings = codings.and_then(Value::as_array).into_iter().flatten();
        let mut fitting = codings.filter(|coding| {
            coding.get("code").and_then(Value::as_str) == Some(code)
                && coding
                    .get("system")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    == system
        });
        fitting.next().is_some()
    };
    items(parameter, resource)
        .iter()
        .filter_map(Item::element)
        .any(|element| {
            element.value.get("value").and_then(Value::as_str) == Some(value)
                && of_type(element.value)
        })
}

/// Degrees north and east of the place that the parameter reads.
pub(crate) fn place(parameter: &SearchParameter, resource: &Resource) -> Option<(f64, f64)> {
    let items = items(parameter, resource);
    let position = items.first()?.element()?;
    let degrees = |name| position.value.get(name).and_then(Value::as_f64);
    Some((degrees("latitude")?, degrees("longitude")?))
}

/// The narrative without its tags, folded.
pub(crate) fn narrative(resource: &Resource) -> String {
    let div = resource
        .value()
        .get("text")
        .and_then(|text| text.get("div"));
    text::folded(
        &untagged(div.and_then(Value::as_str).unwrap_or_default()),
        CHARS_MAX,
    )
}

/// Every text of the resource, one after the other, folded; the narrative's without its tags.
pub(crate) fn content(resource: &Resource) -> String {
    let mut all = String::new();
    gather(resource.value(), &mut all);
    text::folded(&all, CHARS_MAX)
}

fn gather(value: &Value, all: &mut String) {
    match value {
        Value::String(text) if all.len() < CHARS_MAX => {
            all.push_str(text);
            all.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, all)),
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(div) if name == "div" => {
                        all.push_str(&untagged(div));
                        all.push('\n');
                    }
                    Some(_) if name == "resourceType" => {}
                    Some(_) | None => gather(member, all),
                }
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Without what stands between `<` and `>`; the usual entities as their letters.
fn untagged(div: &str) -> String {
    let mut plain = String::with_capacity(div.len());
    let mut in_tag = false;
    for c in div.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            c if !in_tag => plain.push(c),
            _ => {}
        }
    }
    let mut text = plain;
    for (entity, letter) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        if text.contains(entity) {
            text = text.replace(entity, letter);
        }
    }
    text
}

/// Whether each of the words begins a word of the text; both folded.
pub(crate) fn has_words(text: &str, words: &[String]) -> bool {
    let begins = |word: &String| {
        let mut at = text.match_indices(word.as_str());
        at.any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
    };
    words.iter().all(begins)
}

/// What a parameter is read from. As for the index, an expression that cannot be evaluated on a resource yields nothing.
pub(crate) fn items<'r>(parameter: &SearchParameter, resource: &'r Resource) -> Vec<Item<'r>> {
    let found = parameter
        .expression
        .as_ref()
        .map(|expression| expression.evaluate(resource));
    found.and_then(Result::ok).unwrap_or_default()
}
