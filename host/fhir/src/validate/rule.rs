//! What must hold between the parts of a resource: codes and their value sets, references and where they lead,
//! extensions, contained resources.
//!
//! Invariant: a rule is checked only where the form of what it concerns is sound.

use serde_json::{Map, Value};

use super::{Check, Place, contained};
use crate::outcome::IssueType;
use crate::reference::{self, Target};
use crate::resource::{ResourceType, shortened};
use crate::structure::value_set::ValueSet;
use crate::structure::{self, Element, TypeId};

/// Rules of one object by its type.
pub(super) fn of_structure<'r>(
    check: &mut Check<'r>,
    value: &'r Value,
    object: &Map<String, Value>,
    kind: TypeId,
    is_resource: bool,
    place: &Place<'_>,
) {
    if is_resource {
        contained::of_resource(check, object, place);
        return;
    }
    let of = structure::get(kind);
    if of.name == "Extension" {
        let has_value = object
            .keys()
            .any(|name| name.trim_start_matches('_').starts_with("value"));
        let has_inner = object.contains_key("extension");
        if has_value == has_inner {
            let problem = "an extension has either a value or further extensions (rule ext-1)";
            check.broken(IssueType::Invariant, place, problem);
            return;
        }
        check.extension(value, kind, place);
    } else if of.name != "Element" && object.len() == 1 && object.contains_key("id") {
        let problem = "an element has a value or further elements, not only an id (rule ele-1)";
        check.broken(IssueType::Invariant, place, problem);
    }
}

/// The value set of a `code`.
pub(super) fn of_code(check: &mut Check<'_>, value: &Value, element: &Element, place: &Place<'_>) {
    let (Some(set), Some(code)) = (element.value_set, value.as_str()) else {
        return;
    };
    if !set.has_code(code) {
        check.found(IssueType::CodeInvalid, place, not_in(set, code));
    }
}

fn not_in(set: &ValueSet, code: &str) -> String {
    format!(
        "`{}` is not a code of {}; write one of {}",
        shortened(code),
        set.name,
        set.examples()
    )
}

/// Rules of one object by the element that it is.
pub(super) fn of_element(
    check: &mut Check<'_>,
    object: &Map<String, Value>,
    element: &Element,
    place: &Place<'_>,
) {
    let coded = matches!(
        structure::get(element.kind).name,
        "CodeableConcept" | "Coding"
    );
    if let Some(set) = element.value_set.filter(|_| coded) {
        of_coded(check, object, set, place);
    }
    if let Some(Value::String(text)) = object.get("reference") {
        of_reference(check, text, element, place);
    }
}

/// A Coding, or a CodeableConcept of which one coding must be of the set. One that only says why it is absent passes.
fn of_coded(check: &mut Check<'_>, object: &Map<String, Value>, set: &ValueSet, place: &Place<'_>) {
    let mut found = |code: &str| check.found(IssueType::CodeInvalid, place, not_in(set, code));
    let text = |name| object.get(name).and_then(Value::as_str);
    match object.get("coding") {
        Some(Value::Array(codings)) => {
            if !codings
                .iter()
                .filter_map(Value::as_object)
                .any(|coding| is_in(set, coding))
            {
                found(
                    codings
                        .iter()
                        .find_map(|coding| coding.get("code")?.as_str())
                        .unwrap_or(""),
                );
            }
        }
        Some(_) => {}
        None if object.contains_key("code") && !is_in(set, object) => {
            found(text("code").unwrap_or(""))
        }
        None if object.contains_key("code") || object.contains_key("extension") => {}
        None => {
            let problem = format!(
                "a code of {} is required here; write one of {}",
                set.name,
                set.examples()
            );
            check.found(IssueType::CodeInvalid, place, problem);
        }
    }
}

/// Whether a coding is of the set; one without a system is taken by its code.
fn is_in(set: &ValueSet, coding: &Map<String, Value>) -> bool {
    let text = |name| coding.get(name).and_then(Value::as_str);
    match (text("system"), text("code")) {
        (Some(system), Some(code)) => set.has(system, code),
        (None, Some(code)) => set.has_code(code),
        (_, None) => false,
    }
}

fn of_reference(check: &mut Check<'_>, text: &str, element: &Element, place: &Place<'_>) {
    let place = place.then("reference");
    let leads_to = |resource_type: ResourceType| {
        (!element.targets.is_empty() && !element.targets.contains(&resource_type)).then(|| {
            let allowed: Vec<&str> = element
                .targets
                .iter()
                .map(|target| target.as_str())
                .collect();
            format!(
                "this cannot refer to a {resource_type}, only to {}",
                allowed.join(", ")
            )
        })
    };
    let problem = match reference::parse(text) {
        Target::Local { key, .. } => leads_to(key.resource_type),
        Target::Conditional { resource_type, .. } => leads_to(resource_type),
        Target::Contained(id) => match contained::named(check.root(), &id) {
            Some(inner) => contained::type_of(inner).and_then(leads_to),
            None => Some(format!(
                "no contained resource has the id `{}` (rule ref-1)",
                shortened(&id)
            )),
        },
        Target::Urn(_) | Target::Absolute(_) => None,
        Target::Other(_) => Some(format!(
            "`{}` is not a reference; write `Patient/1`, a whole URL, `urn:uuid:…` or `#id`",
            shortened(text)
        )),
    };
    if let Some(problem) = problem {
        check.found(IssueType::Value, &place, problem);
    }
}
