//! A FHIRPath Patch as Parameters write it: one `operation` after the other, each with its parts.
//!
//! Invariant: every part of a read operation is one that its type has.

use serde_json::{Map, Value};

use super::path::{Given, Operation, Verb};
use super::{OPERATIONS_MAX, PatchError};
use crate::path::Expression;
use crate::resource::{Resource, shortened};

/// How long a path may be, in bytes.
const PATH_BYTES_MAX: usize = 4_096;

/// Reads the operations.
pub(super) fn read(parameters: &Resource) -> Result<Vec<Operation>, PatchError> {
    let entries = match parameters.value().get("parameter") {
        None => &[],
        Some(Value::Array(entries)) => entries.as_slice(),
        Some(_) => return Err(malformed("Parameters.parameter", "this must be an array")),
    };
    if entries.len() > OPERATIONS_MAX {
        let problem = format!(
            "there are {} operations, but at most {OPERATIONS_MAX} are taken: send the resource whole",
            entries.len()
        );
        return Err(malformed("Parameters.parameter", problem));
    }
    let each = entries.iter().enumerate();
    each.map(|(at, entry)| {
        let place = format!("Parameters.parameter[{at}]");
        operation(entry).map_err(|problem| malformed(&place, problem))
    })
    .collect()
}

fn malformed(place: &str, problem: impl Into<String>) -> PatchError {
    PatchError::Malformed {
        place: place.to_owned(),
        problem: problem.into(),
    }
}

/// The parts of one operation, each at most once.
#[derive(Default)]
struct Parts<'p> {
    kind: Option<&'p str>,
    path: Option<&'p str>,
    name: Option<&'p str>,
    value: Option<Given>,
    index: Option<usize>,
    source: Option<usize>,
    destination: Option<usize>,
}

fn operation(entry: &Value) -> Result<Operation, String> {
    if entry.get("name").and_then(Value::as_str) != Some("operation") {
        return Err("every parameter of a patch is named `operation`".to_owned());
    }
    let parts = parts(entry)?;
    let kind = parts.kind.ok_or("the part `type` is missing")?;
    let path = parts.path.ok_or("the part `path` is missing")?;
    if path.len() > PATH_BYTES_MAX {
        return Err(format!("the path is longer than {PATH_BYTES_MAX} bytes"));
    }
    let path = Expression::parse(path).map_err(|why| why.to_string())?;
    let needs = |name: &str| format!("`{kind}` needs the part `{name}`");
    let given = [
        ("name", parts.name.is_some()),
        ("value", parts.value.is_some()),
        ("index", parts.index.is_some()),
        ("source", parts.source.is_some()),
        ("destination", parts.destination.is_some()),
    ];
    let wanted: &[&str] = match kind {
        "add" => &["name", "value"],
        "insert" => &["value", "index"],
        "delete" => &[],
        "replace" => &["value"],
        "move" => &["source", "destination"],
        other => {
            return Err(format!(
                "`{}` is no type: write add, insert, delete, replace or move",
                shortened(other)
            ));
        }
    };
    if let Some((name, _)) = given
        .iter()
        .find(|(name, is)| *is && !wanted.contains(name))
    {
        return Err(format!("`{kind}` takes no part `{name}`: leave it out"));
    }
    let verb = match kind {
        "add" => Verb::Add {
            name: parts.name.ok_or_else(|| needs("name"))?.to_owned(),
            value: parts.value.ok_or_else(|| needs("value"))?,
        },
        "insert" => Verb::Insert {
            index: parts.index.ok_or_else(|| needs("index"))?,
            value: parts.value.ok_or_else(|| needs("value"))?,
        },
        "replace" => Verb::Replace(parts.value.ok_or_else(|| needs("value"))?),
        "move" => Verb::Move {
            source: parts.source.ok_or_else(|| needs("source"))?,
            destination: parts.destination.ok_or_else(|| needs("destination"))?,
        },
        _ => Verb::Delete,
    };
    Ok(Operation { path, verb })
}

fn parts(entry: &Value) -> Result<Parts<'_>, String> {
    let mut found = Parts::default();
    let Some(Value::Array(parts)) = entry.get("part") else {
        return Err("an operation has the parts `type` and `path`".to_owned());
    };
    let mut seen = Vec::new();
    for part in parts {
        let Value::Object(part) = part else {
            return Err("a part is an object".to_owned());
        };
        let name = part.get("name").and_then(Value::as_str).unwrap_or_default();
        if seen.contains(&name) {
            return Err(format!("the part `{}` is there twice", shortened(name)));
        }
        seen.push(name);
        match name {
            "type" => found.kind = Some(text(part, name)?),
            "path" => found.path = Some(text(part, name)?),
            "name" => found.name = Some(text(part, name)?),
            "value" => found.value = Some(given(part)?),
            "index" => found.index = Some(number(part, name)?),
            "source" => found.source = Some(number(part, name)?),
            "destination" => found.destination = Some(number(part, name)?),
            other => {
                return Err(format!(
                    "an operation has no part `{}`: it has type, path, name, value, index, source, destination",
                    shortened(other)
                ));
            }
        }
    }
    Ok(found)
}

fn text<'p>(part: &'p Map<String, Value>, name: &str) -> Result<&'p str, String> {
    let text = ["valueString", "valueCode"]
        .iter()
        .find_map(|member| part.get(*member)?.as_str());
    text.ok_or_else(|| format!("the part `{name}` needs a `valueString` or `valueCode`"))
}

fn number(part: &Map<String, Value>, name: &str) -> Result<usize, String> {
    let number = ["valueInteger", "valueUnsignedInt", "valuePositiveInt"]
        .iter()
        .find_map(|member| part.get(*member)?.as_u64());
    number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| format!("the part `{name}` needs a `valueInteger` from 0"))
}

/// The value of a part: `valueX`, a resource, or an element without a type of its own, made of parts.
fn given(part: &Map<String, Value>) -> Result<Given, String> {
    if let Some(resource) = part.get("resource") {
        return Ok(Given::Resource(resource.clone()));
    }
    if let Some(parts) = part.get("part") {
        let Value::Array(parts) = parts else {
            return Err("`part` must be an array".to_owned());
        };
        let each = parts.iter().map(|part| {
            let part = part.as_object().ok_or("a part is an object")?;
            let name = part.get("name").and_then(Value::as_str);
            let name = name.ok_or("a part of a value needs the `name` of its element")?;
            Ok((name.to_owned(), given(part)?))
        });
        return Ok(Given::Parts(each.collect::<Result<_, String>>()?));
    }
    let mut values = part.iter().filter_map(|(member, value)| {
        let kind = member
            .strip_prefix("value")
            .filter(|kind| !kind.is_empty())?;
        Some((kind, value))
    });
    let extra = |kind: &str| part.get(&format!("_value{kind}")).cloned();
    match (values.next(), values.next()) {
        (Some((kind, value)), None) => Ok(Given::Typed {
            kind: kind.to_owned(),
            value: value.clone(),
            extra: extra(kind).unwrap_or(Value::Null),
        }),
        (Some(_), Some(_)) => Err("a part has one value only".to_owned()),
        (None, _) => {
            let only_extra = part
                .iter()
                .find_map(|(member, extra)| Some((member.strip_prefix("_value")?, extra)));
            let (kind, extra) =
                only_extra.ok_or("the value is missing: write `valueString` or the like")?;
            Ok(Given::Typed {
                kind: kind.to_owned(),
                value: Value::Null,
                extra: extra.clone(),
            })
        }
    }
}
