//! Where an element that a path yields lies in its resource, so that it can be changed there.
//!
//! Invariant: a list and the ids and extensions of its items, which JSON keeps in two arrays, are changed together.

use serde_json::{Map, Value};

use crate::path::item::Element;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Index(usize),
}

/// The place of an element: the object that has it, and as which member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The way to that object.
    pub(super) parent: Vec<Step>,
    /// The member's name in JSON, without the `_` of ids and extensions.
    pub(super) name: String,
    /// Which item, where the member is an array.
    pub(super) index: Option<usize>,
}

/// The way to an element and, unless it is the resource itself, its place.
pub(super) fn way_to(root: &Value, element: &Element<'_>) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    if found(root, element.value, &mut steps) {
        return Some(steps);
    }
    steps.clear();
    // A primitive without a value is known by its extensions alone.
    found(root, element.extra?, &mut steps).then_some(steps)
}

/// The place at the end of a way; `None` for the resource itself.
pub(super) fn spot(mut way: Vec<Step>) -> Option<Spot> {
    let index = match way.pop()? {
        Step::Index(index) => Some(index),
        member @ Step::Member(_) => {
            way.push(member);
            None
        }
    };
    let Some(Step::Member(name)) = way.pop() else {
        return None;
    };
    let name = name.strip_prefix('_').map_or(name.clone(), str::to_owned);
    Some(Spot {
        parent: way,
        name,
        index,
    })
}

fn found(value: &Value, wanted: &Value, steps: &mut Vec<Step>) -> bool {
    if std::ptr::eq(value, wanted) {
        return true;
    }
    match value {
        Value::Object(members) => members.iter().any(|(name, inner)| {
            steps.push(Step::Member(name.clone()));
            let here = found(inner, wanted, steps);
            if !here {
                steps.pop();
            }
            here
        }),
        Value::Array(items) => items.iter().enumerate().any(|(index, inner)| {
            steps.push(Step::Index(index));
            let here = found(inner, wanted, steps);
            if !here {
                steps.pop();
            }
            here
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What lies at the end of a way.
pub(super) fn at<'v>(root: &'v mut Value, way: &[Step]) -> Option<&'v mut Value> {
    way.iter().try_fold(root, |value, step| match step {
        Step::Member(name) => value.get_mut(name),
        Step::Index(index) => value.get_mut(index),
    })
}

/// The items of a list, each with its id and extensions; null where there is nothing.
pub(super) fn list(object: &Map<String, Value>, name: &str) -> Vec<(Value, Value)> {
    let array = |name: &str| match object.get(name) {
        Some(Value::Array(items)) => items.clone(),
        Some(_) | None => Vec::new(),
    };
    let (mut values, mut extras) = (array(name), array(&format!("_{name}")));
    let length = values.len().max(extras.len());
    values.resize(length, Value::Null);
    extras.resize(length, Value::Null);
    values.into_iter().zip(extras).collect()
}

/// Puts a list in the place of what was there.
pub(super) fn put_list(object: &mut Map<String, Value>, name: &str, items: Vec<(Value, Value)>) {
    let (values, extras): (Vec<Value>, Vec<Value>) = items.into_iter().unzip();
    for (name, items) in [(name.to_owned(), values), (format!("_{name}"), extras)] {
        if items.iter().all(Value::is_null) {
            object.shift_remove(&name);
        } else {
            object.insert(name, Value::Array(items));
        }
    }
}

/// Puts a value, with its id and extensions, in the place of what a single member was.
pub(super) fn put_one(object: &mut Map<String, Value>, name: &str, (value, extra): (Value, Value)) {
    for (name, value) in [(name.to_owned(), value), (format!("_{name}"), extra)] {
        if value.is_null() {
            object.shift_remove(&name);
        } else {
            object.insert(name, value);
        }
    }
}
