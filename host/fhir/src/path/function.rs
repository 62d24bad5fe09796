//! The functions that paths may call.
//!
//! Invariant: a function that is listed is done as FHIRPath says; any other is refused when the path is compiled.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::evaluate::{Scope, equal, evaluate_in, fingerprint, truth};
use super::item::{Element, Item, Scalar};
use super::syntax::Node;
use super::{EvaluateError, ITEMS_MAX};
use crate::reference;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    All,
    Children,
    Combine,
    Contains,
    Count,
    Descendants,
    Distinct,
    Empty,
    EndsWith,
    Exists,
    Extension,
    First,
    HasValue,
    Iif,
    Last,
    Length,
    Lower,
    Not,
    Resolve,
    Select,
    Single,
    Skip,
    StartsWith,
    Tail,
    Take,
    Union,
    Upper,
    Where,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 28] = [
    ("all", Function::All, 1, 1),
    ("children", Function::Children, 0, 0),
    ("combine", Function::Combine, 1, 1),
    ("contains", Function::Contains, 1, 1),
    ("count", Function::Count, 0, 0),
    ("descendants", Function::Descendants, 0, 0),
    ("distinct", Function::Distinct, 0, 0),
    ("empty", Function::Empty, 0, 0),
    ("endsWith", Function::EndsWith, 1, 1),
    ("exists", Function::Exists, 0, 1),
    ("extension", Function::Extension, 1, 1),
    ("first", Function::First, 0, 0),
    ("hasValue", Function::HasValue, 0, 0),
    ("iif", Function::Iif, 2, 3),
    ("last", Function::Last, 0, 0),
    ("length", Function::Length, 0, 0),
    ("lower", Function::Lower, 0, 0),
    ("not", Function::Not, 0, 0),
    ("resolve", Function::Resolve, 0, 0),
    ("select", Function::Select, 1, 1),
    ("single", Function::Single, 0, 0),
    ("skip", Function::Skip, 1, 1),
    ("startsWith", Function::StartsWith, 1, 1),
    ("tail", Function::Tail, 0, 0),
    ("take", Function::Take, 1, 1),
    ("union", Function::Union, 1, 1),
    ("upper", Function::Upper, 0, 0),
    ("where", Function::Where, 1, 1),
];

/// The function of that name.
pub(super) fn named(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|row| row.0 == name).map(|row| row.1)
}

impl Function {
    /// Fewest and most arguments.
    pub(super) fn arguments(self) -> (usize, usize) {
        FUNCTIONS
            .iter()
            .find(|row| row.1 == self)
            .map_or((0, 0), |row| (row.2, row.3))
    }

    fn name(self) -> &'static str {
        FUNCTIONS
            .iter()
            .find(|row| row.1 == self)
            .map_or("", |row| row.0)
    }
}

type Items<'v> = Result<Vec<Item<'v>>, EvaluateError>;

/// Calls the function on what the step before it yielded.
pub(super) fn call<'v>(
    function: Function,
    input: Vec<Item<'v>>,
    arguments: &[Node],
    scope: &Scope<'v, '_>,
) -> Items<'v> {
    let argument = || {
        arguments
            .first()
            .map_or(Ok(Vec::new()), |argument| evaluate_in(argument, scope))
    };
    let one = |value: bool| Ok(vec![Item::Boolean(value)]);
    match function {
        Function::Exists if !arguments.is_empty() => {
            one(!filtered(input, arguments, scope)?.is_empty())
        }
        Function::Exists => one(!input.is_empty()),
        Function::Empty => one(input.is_empty()),
        Function::Count => Ok(vec![Item::Integer(
            i64::try_from(input.len()).unwrap_or(i64::MAX),
        )]),
        Function::Where => filtered(input, arguments, scope),
        Function::All => {
            let whole = input.len();
            one(filtered(input, arguments, scope)?.len() == whole)
        }
        Function::Select => selected(input, arguments, scope),
        Function::First => Ok(input.into_iter().take(1).collect()),
        Function::Last => Ok(input.into_iter().last().into_iter().collect()),
        Function::Tail => Ok(input.into_iter().skip(1).collect()),
        Function::Single if input.len() > 1 => Err(EvaluateError::Several("single")),
        Function::Single => Ok(input),
        Function::Skip => Ok(input
            .into_iter()
            .skip(count(argument()?, "skip")?)
            .collect()),
        Function::Take => Ok(input
            .into_iter()
            .take(count(argument()?, "take")?)
            .collect()),
        Function::Not => Ok(truth(&input, "not")?
            .map(|value| Item::Boolean(!value))
            .into_iter()
            .collect()),
        Function::Distinct => Ok(distinct(input)),
        Function::Union => Ok(distinct(input.into_iter().chain(argument()?).collect())),
        Function::Combine => Ok(input.into_iter().chain(argument()?).collect()),
        Function::Iif => iif(arguments, scope),
        Function::HasValue => one(matches!(input.as_slice(), [item] if item.scalar().is_some())),
        Function::Children => children(&input),
        Function::Descendants => descendants(input),
        Function::Extension => extensions(&input, argument()?),
        Function::Resolve => Ok(input
            .iter()
            .filter_map(|item| resolved(item, scope.resource))
            .collect()),
        Function::StartsWith | Function::EndsWith | Function::Contains => {
            part(&input, argument()?, function)
        }
        Function::Lower | Function::Upper | Function::Length => changed(&input, function),
    }
}

fn part<'v>(input: &[Item<'v>], argument: Vec<Item<'v>>, function: Function) -> Items<'v> {
    let (Some(text), Some(part)) = (text(input, function)?, text(&argument, function)?) else {
        return Ok(Vec::new());
    };
    let holds = if function == Function::StartsWith {
        text.starts_with(&*part)
    } else if function == Function::EndsWith {
        text.ends_with(&*part)
    } else {
        text.contains(&*part)
    };
    Ok(vec![Item::Boolean(holds)])
}

fn changed<'v>(input: &[Item<'v>], function: Function) -> Items<'v> {
    let Some(text) = text(input, function)? else {
        return Ok(Vec::new());
    };
    Ok(vec![if function == Function::Lower {
        Item::Text(Cow::Owned(text.to_lowercase()))
    } else if function == Function::Upper {
        Item::Text(Cow::Owned(text.to_uppercase()))
    } else {
        Item::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
    }])
}

fn filtered<'v>(input: Vec<Item<'v>>, arguments: &[Node], scope: &Scope<'v, '_>) -> Items<'v> {
    let Some(condition) = arguments.first() else {
        return Ok(input);
    };
    let mut kept = Vec::new();
    for (index, item) in input.into_iter().enumerate() {
        if truth(&evaluate_in(condition, &scope.at(&item, index))?, "where")? == Some(true) {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn selected<'v>(input: Vec<Item<'v>>, arguments: &[Node], scope: &Scope<'v, '_>) -> Items<'v> {
    let Some(projection) = arguments.first() else {
        return Ok(input);
    };
    let mut found = Vec::new();
    for (index, item) in input.iter().enumerate() {
        found.extend(evaluate_in(projection, &scope.at(item, index))?);
        bounded(found.len())?;
    }
    Ok(found)
}

fn iif<'v>(arguments: &[Node], scope: &Scope<'v, '_>) -> Items<'v> {
    let condition = arguments
        .first()
        .map_or(Ok(Vec::new()), |condition| evaluate_in(condition, scope))?;
    let branch = if truth(&condition, "iif")? == Some(true) {
        arguments.get(1)
    } else {
        arguments.get(2)
    };
    branch.map_or(Ok(Vec::new()), |branch| evaluate_in(branch, scope))
}

/// The items without those that equal an earlier one, in one pass over a table of fingerprints.
pub(super) fn distinct(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    if items.len() < 2 {
        return items;
    }
    let mut kept: Vec<Item<'_>> = Vec::with_capacity(items.len());
    let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(items.len());
    for item in items {
        let places = places.entry(fingerprint(&item)).or_default();
        if !places
            .iter()
            .any(|place| kept.get(*place).is_some_and(|other| equal(other, &item)))
        {
            places.push(kept.len());
            kept.push(item);
        }
    }
    kept
}

fn children<'v>(input: &[Item<'v>]) -> Items<'v> {
    let mut found = Vec::new();
    for element in input.iter().filter_map(Item::element) {
        element.all_children(&mut |child| found.push(Item::Element(child)));
        bounded(found.len())?;
    }
    Ok(found)
}

fn descendants(input: Vec<Item<'_>>) -> Items<'_> {
    let mut found = Vec::new();
    let mut level = children(&input)?;
    while !level.is_empty() {
        let next = children(&level)?;
        found.append(&mut level);
        bounded(found.len())?;
        level = next;
    }
    Ok(found)
}

fn bounded(count: usize) -> Result<(), EvaluateError> {
    if count > ITEMS_MAX {
        Err(EvaluateError::TooMany)
    } else {
        Ok(())
    }
}

fn extensions<'v>(input: &[Item<'v>], url: Vec<Item<'v>>) -> Items<'v> {
    let Some(url) = text(&url, Function::Extension)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for element in input.iter().filter_map(Item::element) {
        element.children("extension", &mut |extension: Element<'v>| {
            if extension.value.get("url").and_then(Value::as_str) == Some(&*url) {
                found.push(Item::Element(extension));
            }
        });
    }
    Ok(found)
}

/// What a reference refers to: a contained resource itself, otherwise what its text and `type` tell.
fn resolved<'v>(item: &Item<'v>, resource: &'v Value) -> Option<Item<'v>> {
    let element = item.element()?;
    let reference = match element.value {
        Value::String(text) => text.as_str(),
        Value::Object(object) => object.get("reference")?.as_str()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    if let Some(id) = reference.strip_prefix('#') {
        let contained = resource.get("contained")?.as_array()?;
        let found = contained
            .iter()
            .find(|inner| inner.get("id").and_then(Value::as_str) == Some(id))?;
        return Element::of_any_resource(found).map(Item::Element);
    }
    let said = element
        .value
        .get("type")
        .and_then(Value::as_str)
        .and_then(|name| name.parse().ok());
    Some(Item::Resolved {
        resource_type: reference::type_of(reference).or(said),
        reference,
    })
}

fn text<'v>(items: &[Item<'v>], function: Function) -> Result<Option<Cow<'v, str>>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => match item.scalar() {
            Some(Scalar::Text(text)) => Ok(Some(text)),
            Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Decimal(_)) | None => {
                Err(EvaluateError::Type(function.name()))
            }
        },
        _ => Err(EvaluateError::Several(function.name())),
    }
}

fn count(items: Vec<Item<'_>>, name: &'static str) -> Result<usize, EvaluateError> {
    match items.as_slice() {
        [item] => match item.scalar() {
            Some(Scalar::Integer(count)) => Ok(usize::try_from(count.max(0)).unwrap_or(usize::MAX)),
            Some(Scalar::Boolean(_) | Scalar::Decimal(_) | Scalar::Text(_)) | None => {
                Err(EvaluateError::Type(name))
            }
        },
        [] => Err(EvaluateError::Type(name)),
        _ => Err(EvaluateError::Several(name)),
    }
}
