//! What the groups of a concept map say of a code.
//!
//! Invariant: a match carries the relation that the map gives, turned round when it is read from its target.

use serde_json::{Value, json};

use super::Asked;
use crate::terminology::look_up::Coding;
use crate::terminology::parameters::Written;

/// One match.
pub(super) struct Match {
    pub(super) equivalence: String,
    pub(super) concept: Option<Coding>,
    pub(super) products: Vec<(String, Coding)>,
    pub(super) source: String,
    pub(super) comment: Option<String>,
}

pub(super) fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

pub(super) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What a relation is when it is read from the other side.
fn turned(equivalence: &str) -> &str {
    match equivalence {
        "wider" => "narrower",
        "narrower" => "wider",
        "subsumes" => "specializes",
        "specializes" => "subsumes",
        same => same,
    }
}

impl Match {
    fn of(target: &Value, system: Option<&str>, version: Option<&str>, source: &str) -> Self {
        let coding = |code: &str, display: Option<&str>, system: Option<&str>| Coding {
            system: system.map(str::to_owned),
            version: version.map(str::to_owned),
            code: code.to_owned(),
            display: display.map(str::to_owned),
        };
        let products = list(target, "product").iter().filter_map(|product| {
            let value = text(product, "value")?;
            let coding = coding(value, text(product, "display"), text(product, "system"));
            Some((text(product, "property")?.to_owned(), coding))
        });
        Self {
            equivalence: text(target, "equivalence")
                .unwrap_or("equivalent")
                .to_owned(),
            concept: text(target, "code").map(|code| coding(code, text(target, "display"), system)),
            products: products.collect(),
            source: source.to_owned(),
            comment: text(target, "comment").map(str::to_owned),
        }
    }

    /// Whether it says that there is something.
    pub(super) fn is_one(&self) -> bool {
        self.concept.is_some() && !matches!(self.equivalence.as_str(), "unmatched" | "disjoint")
    }

    pub(super) fn written(self) -> Written {
        let mut parts = Written::default();
        parts.put("equivalence", "valueCode", json!(self.equivalence));
        if let Some(concept) = &self.concept {
            parts.put("concept", "valueCoding", written(concept));
        }
        for (property, coding) in &self.products {
            let mut product = Written::default();
            product.put("element", "valueUri", json!(property));
            product.put("concept", "valueCoding", written(coding));
            parts.parts("product", product);
        }
        parts.put("source", "valueUri", json!(self.source));
        parts.text("comment", self.comment.as_deref());
        parts
    }
}

fn written(coding: &Coding) -> Value {
    let mut value = json!({});
    for (name, text) in [("system", &coding.system), ("version", &coding.version)] {
        if let Some(text) = text {
            value[name] = json!(text);
        }
    }
    value["code"] = json!(coding.code);
    if let Some(display) = &coding.display {
        value["display"] = json!(display);
    }
    value
}

/// The matches of a group; when it has none and refers to another map, that map's URL.
pub(super) fn forward(
    group: &Value,
    asked: &Asked,
    coding: &Coding,
    source: &str,
    matches: &mut Vec<Match>,
) -> Option<String> {
    let (system, version) = (text(group, "target"), text(group, "targetVersion"));
    let elements = list(group, "element").iter();
    let own: Vec<&Value> = elements
        .filter(|it| text(it, "code") == Some(&coding.code))
        .collect();
    for target in own.iter().flat_map(|element| list(element, "target")) {
        if asked.has_dependencies(target) {
            matches.push(Match::of(target, system, version, source));
        }
    }
    if !own.is_empty() {
        return None;
    }
    let unmapped = group.get("unmapped")?;
    match text(unmapped, "mode") {
        Some("provided") => {
            let same =
                json!({ "code": coding.code, "display": coding.display, "equivalence": "equal" });
            matches.push(Match::of(&same, system, version, source));
            None
        }
        Some("fixed") => {
            let fixed = json!({
                "code": text(unmapped, "code"),
                "display": text(unmapped, "display"),
                "equivalence": "inexact",
            });
            matches.push(Match::of(&fixed, system, version, source));
            None
        }
        Some("other-map") => text(unmapped, "url").map(str::to_owned),
        Some(_) | None => None,
    }
}

pub(super) fn reversed(
    group: &Value,
    asked: &Asked,
    coding: &Coding,
    source: &str,
    matches: &mut Vec<Match>,
) {
    for element in list(group, "element") {
        for target in list(element, "target") {
            if text(target, "code") != Some(&coding.code) || !asked.has_dependencies(target) {
                continue;
            }
            let equivalence = turned(text(target, "equivalence").unwrap_or("equivalent"));
            let back = json!({
                "code": text(element, "code"),
                "display": text(element, "display"),
                "equivalence": equivalence,
                "comment": text(target, "comment"),
            });
            let (system, version) = (text(group, "source"), text(group, "sourceVersion"));
            matches.push(Match::of(&back, system, version, source));
        }
    }
}
