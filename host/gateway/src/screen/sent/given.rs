//! What is given in a field, as conditions see it: by a person, or by the departmental in advance.
//!
//! Invariant: what was left empty is no answer.

use serde_json::Value;

use crate::screen::coded::Concept;
use crate::screen::node::Node;

/// A value as conditions see it.
pub(super) fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items
            .iter()
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// What a departmental put into a field, as conditions see it.
pub(super) fn initial(node: &Node) -> Vec<String> {
    let one = |it: Option<&str>| it.map(str::to_owned).into_iter().collect();
    if let Node::InputText(it) = node {
        return one(it.value.as_ref().map(|it| it.as_str()));
    }
    if let Node::InputNumber(it) = node {
        return one(it.value.as_ref().map(|it| it.as_str()));
    }
    if let Node::InputDate(it) = node {
        return one(it.value.as_ref().map(|it| it.as_str()));
    }
    if let Node::InputChoice(it) = node {
        return one(it.value.as_deref());
    }
    if let Node::InputChecks(it) = node {
        return it.value.clone();
    }
    if let Node::InputCoded(it) = node {
        let parts = |it: Concept| vec![it.system, it.code, it.display];
        return it.chosen().map(parts).unwrap_or_default();
    }
    if let Node::InputNhsNumber(it) = node {
        return one(it.value.as_ref().map(|it| it.as_str()));
    }
    Vec::new()
}
