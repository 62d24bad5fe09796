//! Clinical facts of the record in words, for the application's own plain tables.
//!
//! Invariant: a value is shown as it was reported, and what is missing is said in words.

use fhir::resource::text_in;
use serde_json::Value;

use crate::written::{self, NOT_RECORDED, plain};

/// A CodeableConcept in the words of whoever recorded it.
pub(crate) fn words(concept: &Value) -> String {
    let found = text_in(concept, "text")
        .or_else(|| text_in(concept, "coding.display"))
        .or_else(|| text_in(concept, "coding.code"));
    found.map_or_else(|| NOT_RECORDED.to_owned(), plain)
}

/// The CodeableConcept of a member.
pub(crate) fn concept(it: &Value, member: &str) -> String {
    match it.get(member) {
        Some(Value::Array(all)) => all.first().map_or_else(|| NOT_RECORDED.to_owned(), words),
        Some(one) => words(one),
        None => NOT_RECORDED.to_owned(),
    }
}

/// A text somewhere in a resource.
pub(crate) fn text(it: &Value, path: &str) -> String {
    text_in(it, path).map_or_else(|| NOT_RECORDED.to_owned(), plain)
}

/// The first date that one of the paths leads to.
pub(crate) fn date(it: &Value, paths: &[&str]) -> String {
    let found = paths.iter().find_map(|path| text_in(it, path));
    found.map_or_else(
        || NOT_RECORDED.to_owned(),
        |text| plain(&written::moment(text)),
    )
}

/// What a medicine is: its own words, or those of what it points at.
pub(crate) fn medicine(it: &Value) -> String {
    match (
        it.get("medicationCodeableConcept"),
        text_in(it, "medicationReference.display"),
    ) {
        (Some(concept), _) => words(concept),
        (None, Some(display)) => plain(display),
        (None, None) => NOT_RECORDED.to_owned(),
    }
}

/// How a medicine is to be taken, as it was written.
pub(crate) fn dose(it: &Value) -> String {
    let lines = it.get("dosageInstruction").and_then(Value::as_array);
    let texts: Vec<String> = lines
        .into_iter()
        .flatten()
        .filter_map(|line| text_in(line, "text"))
        .map(plain)
        .collect();
    if texts.is_empty() {
        NOT_RECORDED.to_owned()
    } else {
        texts.join("; ")
    }
}

/// An Observation's value with its unit; its parts where it has several; why there is none where that was said.
pub(crate) fn result(it: &Value) -> String {
    let parts = it.get("component").and_then(Value::as_array);
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| format!("{} {}", concept(part, "code"), value(part)))
        .collect();
    match (value(it), parts.is_empty()) {
        (value, true) => value,
        (value, false) if value == NOT_RECORDED => parts.join(", "),
        (value, false) => format!("{value} ({})", parts.join(", ")),
    }
}

fn value(it: &Value) -> String {
    if let Some(quantity) = it.get("valueQuantity") {
        let comparator = text_in(quantity, "comparator").unwrap_or_default();
        let number = quantity
            .get("value")
            .map_or_else(|| NOT_RECORDED.to_owned(), Value::to_string);
        let unit = text_in(quantity, "unit")
            .or_else(|| text_in(quantity, "code"))
            .map(written::unit)
            .unwrap_or_default();
        return plain(format!("{comparator}{number} {unit}").trim_end());
    }
    if let Some(concept) = it.get("valueCodeableConcept") {
        return words(concept);
    }
    for member in ["valueString", "valueDateTime", "valueTime"] {
        if let Some(text) = it.get(member).and_then(Value::as_str) {
            return plain(text);
        }
    }
    for member in ["valueInteger", "valueBoolean"] {
        if let Some(value) = it.get(member) {
            return value.to_string();
        }
    }
    if it.get("valueRange").is_some()
        || it.get("valueRatio").is_some()
        || it.get("valueSampledData").is_some()
    {
        return "Recorded in a form that this table does not show".to_owned();
    }
    it.get("dataAbsentReason").map_or_else(
        || NOT_RECORDED.to_owned(),
        |why| format!("No value: {}", words(why)),
    )
}

/// High, low and the like, in words; empty where nobody said.
pub(crate) fn interpretation(it: &Value) -> String {
    match text_in(it, "interpretation.coding.code") {
        Some("H") => "High".to_owned(),
        Some("L") => "Low".to_owned(),
        Some("HH") => "Critically high".to_owned(),
        Some("LL") => "Critically low".to_owned(),
        Some("N") => "In range".to_owned(),
        Some("A" | "AA") => "Abnormal".to_owned(),
        Some(_) => concept(it, "interpretation"),
        None => String::new(),
    }
}

/// What a type of resource is called: `DiagnosticReport` is Diagnostic report.
pub(crate) fn kind(resource_type: &str) -> String {
    match resource_type {
        "Encounter" => "Stay or visit".to_owned(),
        "Observation" => "Result or finding".to_owned(),
        "Provenance" => "Where it comes from".to_owned(),
        other => {
            let spaced = other.char_indices().map(|(at, letter)| match letter {
                'A'..='Z' if at > 0 => format!(" {}", letter.to_ascii_lowercase()),
                _letter => letter.to_string(),
            });
            spaced.collect()
        }
    }
}

/// So many entries.
pub(crate) fn entries(count: usize) -> String {
    match count {
        0 => "None".to_owned(),
        1 => "1 entry".to_owned(),
        more => format!("{more} entries"),
    }
}

/// A code of one word as a sentence begins it: `in-progress` is `In progress`.
pub(crate) fn spoken(code: &str) -> String {
    let text = plain(&code.replace('-', " "));
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
