//! JSON Patch, RFC 6902: `add`, `remove`, `replace`, `move`, `copy`, `test`, with the pointers of RFC 6901.
//!
//! Invariant: nothing grows beyond `COPIED_BYTES_MAX` by copying, nor beyond `DEPTH_MAX` levels by nesting.

use serde_json::{Map, Value};

use super::amount::equal;
use super::{COPIED_BYTES_MAX, OPERATIONS_MAX, PatchError};
use crate::resource::{DEPTH_MAX, json, shortened};

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    path: Pointer,
    verb: Verb,
}

#[derive(Clone, Debug)]
enum Verb {
    Add(Value),
    Remove,
    Replace(Value),
    Move(Pointer),
    Copy(Pointer),
    Test(Value),
}

/// A place in a document: the unescaped parts between its slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pointer(Vec<String>);

/// Reads a patch.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Operation>, PatchError> {
    let malformed = |problem: String| PatchError::Malformed {
        place: "patch".to_owned(),
        problem,
    };
    let document = json::parse(bytes).map_err(|why| malformed(why.to_string()))?;
    let Value::Array(operations) = document else {
        return Err(malformed(
            "a JSON Patch is an array of operations".to_owned(),
        ));
    };
    if operations.len() > OPERATIONS_MAX {
        let problem = format!(
            "there are {} operations, but at most {OPERATIONS_MAX} are taken: send the resource whole",
            operations.len()
        );
        return Err(malformed(problem));
    }
    let each = operations.into_iter().enumerate();
    each.map(|(at, operation)| {
        one(operation).map_err(|problem| PatchError::Malformed {
            place: format!("patch[{at}]"),
            problem,
        })
    })
    .collect()
}

fn one(operation: Value) -> Result<Operation, String> {
    let Value::Object(mut members) = operation else {
        return Err("an operation is an object with `op` and `path`".to_owned());
    };
    let text = |members: &Map<String, Value>, name: &str| match members.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{name}` must be a text")),
        None => Err(format!("`{name}` is missing")),
    };
    let op = text(&members, "op")?;
    let path = Pointer::read(&text(&members, "path")?)?;
    let value = |members: &mut Map<String, Value>| {
        let value = members.shift_remove("value");
        value.ok_or_else(|| "`value` is missing".to_owned())
    };
    let verb = match op.as_str() {
        "add" => Verb::Add(value(&mut members)?),
        "remove" => Verb::Remove,
        "replace" => Verb::Replace(value(&mut members)?),
        "move" => Verb::Move(Pointer::read(&text(&members, "from")?)?),
        "copy" => Verb::Copy(Pointer::read(&text(&members, "from")?)?),
        "test" => Verb::Test(value(&mut members)?),
        other => {
            return Err(format!(
                "`{}` is no operation: write add, remove, replace, move, copy or test",
                shortened(other)
            ));
        }
    };
    Ok(Operation { path, verb })
}

impl Pointer {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err(format!(
                "`{}` is no pointer: it begins with `/`, as in /name/0/family",
                shortened(text)
            ));
        };
        let parts: Result<Vec<String>, String> = rest.split('/').map(unescaped).collect();
        Ok(Self(parts?))
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }
}

fn unescaped(part: &str) -> Result<String, String> {
    let mut letters = part.chars();
    let mut text = String::with_capacity(part.len());
    while let Some(letter) = letters.next() {
        match letter {
            '~' => match letters.next() {
                Some('0') => text.push('~'),
                Some('1') => text.push('/'),
                Some(_) | None => {
                    return Err(format!(
                        "`{}` has a `~` that is neither `~0` nor `~1`",
                        shortened(part)
                    ));
                }
            },
            other => text.push(other),
        }
    }
    Ok(text)
}

/// Does the operations one after the other.
pub(super) fn apply(operations: &[Operation], mut document: Value) -> Result<Value, PatchError> {
    let mut copied = 0;
    for (at, operation) in operations.iter().enumerate() {
        done(operation, &mut document, &mut copied).map_err(|problem| PatchError::Unfit {
            place: format!("patch[{at}]"),
            problem,
        })?;
    }
    Ok(document)
}

fn done(operation: &Operation, document: &mut Value, copied: &mut usize) -> Result<(), String> {
    let path = &operation.path;
    match &operation.verb {
        Verb::Add(value) => add(document, path, value.clone()),
        Verb::Remove => remove(document, path).map(drop),
        Verb::Replace(value) => {
            shallow_enough(path, value)?;
            *place_mut(document, path)? = value.clone();
            Ok(())
        }
        Verb::Move(from) => {
            if path.is_within(from) {
                return Err("something cannot be moved into itself".to_owned());
            }
            let value = remove(document, from)?;
            add(document, path, value)
        }
        Verb::Copy(from) => {
            let value = place(document, from)?;
            *copied += size(value);
            if *copied > COPIED_BYTES_MAX {
                return Err(format!(
                    "the copies are larger than {COPIED_BYTES_MAX} bytes: send the resource whole"
                ));
            }
            let value = value.clone();
            add(document, path, value)
        }
        Verb::Test(value) => {
            if equal(place(document, path)?, value) {
                return Ok(());
            }
            Err(format!(
                "the test fails: {} has another value; read the resource again",
                shown(&path.0)
            ))
        }
    }
}

fn place<'v>(document: &'v Value, path: &Pointer) -> Result<&'v Value, String> {
    let mut at = document;
    for (depth, part) in path.0.iter().enumerate() {
        let inner = match at {
            Value::Object(members) => members.get(part),
            Value::Array(items) => index(part).and_then(|index| items.get(index)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        at = inner.ok_or_else(|| nothing(&path.0[..=depth]))?;
    }
    Ok(at)
}

fn place_mut<'v>(document: &'v mut Value, path: &Pointer) -> Result<&'v mut Value, String> {
    inside(document, &path.0)
}

fn inside<'v>(document: &'v mut Value, parts: &[String]) -> Result<&'v mut Value, String> {
    let mut at = document;
    for (depth, part) in parts.iter().enumerate() {
        let inner = match at {
            Value::Object(members) => members.get_mut(part),
            Value::Array(items) => index(part).and_then(|index| items.get_mut(index)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        at = inner.ok_or_else(|| nothing(&parts[..=depth]))?;
    }
    Ok(at)
}

fn add(document: &mut Value, path: &Pointer, value: Value) -> Result<(), String> {
    shallow_enough(path, &value)?;
    let Some((last, before)) = path.0.split_last() else {
        *document = value;
        return Ok(());
    };
    match inside(document, before)? {
        Value::Object(members) => drop(members.insert(last.clone(), value)),
        Value::Array(items) => {
            let at = match last.as_str() {
                "-" => items.len(),
                other => index(other).ok_or_else(|| nothing(&path.0))?,
            };
            if at > items.len() {
                return Err(format!(
                    "{} lies behind the end of an array of {}",
                    shown(&path.0),
                    items.len()
                ));
            }
            items.insert(at, value);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(nothing(&path.0));
        }
    }
    Ok(())
}

fn remove(document: &mut Value, path: &Pointer) -> Result<Value, String> {
    let Some((last, before)) = path.0.split_last() else {
        return Err("the whole resource cannot be removed: use DELETE".to_owned());
    };
    let removed = match inside(document, before)? {
        Value::Object(members) => members.shift_remove(last),
        Value::Array(items) => index(last)
            .filter(|at| *at < items.len())
            .map(|at| items.remove(at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    removed.ok_or_else(|| nothing(&path.0))
}

/// An array's index: digits without a zero before them.
fn index(part: &str) -> Option<usize> {
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = part == "0" || !part.starts_with('0');
    (digits && plain).then(|| part.parse().ok()).flatten()
}

fn shallow_enough(path: &Pointer, value: &Value) -> Result<(), String> {
    if path.0.len() + depth(value) > DEPTH_MAX {
        return Err(format!(
            "objects and arrays would lie more than {DEPTH_MAX} levels deep"
        ));
    }
    Ok(())
}

/// Levels of objects and arrays; no value here has more than `DEPTH_MAX`.
fn depth(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
    }
}

/// Roughly how many bytes the value takes in JSON.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 8,
        Value::Number(number) => 8 + number.to_string().len(),
        Value::String(text) => 8 + text.len(),
        Value::Array(items) => 8 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => {
            let each = members.iter().map(|(name, value)| name.len() + size(value));
            8 + each.sum::<usize>()
        }
    }
}

fn nothing(parts: &[String]) -> String {
    format!("there is nothing at {}", shown(parts))
}

fn shown(parts: &[String]) -> String {
    let escaped = parts
        .iter()
        .map(|part| part.replace('~', "~0").replace('/', "~1"));
    let text: String = escaped.map(|part| format!("/{part}")).collect();
    format!("`{}`", shortened(&text))
}
