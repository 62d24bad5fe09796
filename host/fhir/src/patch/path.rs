//! FHIRPath Patch: elements that paths find are added to, inserted before, deleted, replaced and moved.
//!
//! Invariant: an operation changes one element or one list; a path that finds anything else refuses the patch.

use serde_json::{Map, Value};

use super::PatchError;
use super::locate::{self, Spot, Step};
use crate::path::Expression;
use crate::path::item::{Element, Item};
use crate::resource::{Resource, shortened};
use crate::structure::{self, TypeId};

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) path: Expression,
    pub(super) verb: Verb,
}

#[derive(Clone, Debug)]
pub(super) enum Verb {
    Add { name: String, value: Given },
    Insert { index: usize, value: Given },
    Delete,
    Replace(Given),
    Move { source: usize, destination: usize },
}

/// A value as Parameters give it.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// `valueX`: the X, the value, its id and extensions (null: none).
    Typed {
        kind: String,
        value: Value,
        extra: Value,
    },
    Resource(Value),
    /// An element without a type of its own, by its members.
    Parts(Vec<(String, Given)>),
}

/// What the path of an operation finds.
struct Found {
    way: Vec<Step>,
    kind: Option<TypeId>,
    is_primitive: bool,
    /// The name before the type, where the element is one of several types.
    choice: Option<&'static str>,
}

/// A member to be written: its name in JSON, its type, and whether it is an array.
struct Member {
    name: String,
    kind: Option<TypeId>,
    many: bool,
}

/// Does the operations one after the other.
pub(super) fn apply(operations: &[Operation], before: &Resource) -> Result<Value, PatchError> {
    let mut resource = before.clone();
    for (at, operation) in operations.iter().enumerate() {
        done(operation, &mut resource).map_err(|problem| PatchError::Unfit {
            place: format!("Parameters.parameter[{at}]"),
            problem: format!("{problem} (path `{}`)", shortened(operation.path.text())),
        })?;
    }
    Ok(resource.into_value())
}

fn done(operation: &Operation, resource: &mut Resource) -> Result<(), String> {
    let found = found(&operation.path, resource)?;
    let root = resource.value_mut();
    match &operation.verb {
        Verb::Add { name, value } => add(root, one(found)?, name, value),
        Verb::Insert { index, value } => insert(root, found, *index, value),
        Verb::Delete => match found.len() {
            // What is not there need not be deleted.
            0 => Ok(()),
            _ => delete(root, one(found)?),
        },
        Verb::Replace(value) => replace(root, one(found)?, value),
        Verb::Move {
            source,
            destination,
        } => rearrange(root, found, *source, *destination),
    }
}

fn found(path: &Expression, resource: &Resource) -> Result<Vec<Found>, String> {
    let items = path.evaluate(resource).map_err(|why| why.to_string())?;
    let each = items.iter().map(|item| {
        let element: Option<Element<'_>> = Item::element(item);
        let located = element.and_then(|element| {
            Some(Found {
                way: locate::way_to(resource.value(), &element)?,
                kind: element.kind(),
                is_primitive: element.primitive().is_some(),
                choice: element
                    .definition()
                    .filter(|definition| definition.is_choice())
                    .map(|definition| definition.path_name),
            })
        });
        located
            .ok_or_else(|| "the path yields something that is no part of the resource".to_owned())
    });
    each.collect()
}

fn one(found: Vec<Found>) -> Result<Found, String> {
    let n = found.len();
    let mut found = found.into_iter();
    match (found.next(), n) {
        (Some(one), 1) => Ok(one),
        (None, _) => Err("the path finds nothing; it must find one element".to_owned()),
        (Some(_), n) => Err(format!(
            "the path finds {n} elements; it must find one: make it narrower"
        )),
    }
}

fn add(root: &mut Value, to: Found, name: &str, value: &Given) -> Result<(), String> {
    if to.is_primitive {
        return add_to_primitive(root, &spot_of(to)?, name, value);
    }
    let object = locate::at(root, &to.way).and_then(Value::as_object_mut);
    add_member(
        object.ok_or("the path finds no object")?,
        to.kind,
        name,
        value,
    )
}

/// A primitive's id and extensions lie beside it.
fn add_to_primitive(
    root: &mut Value,
    spot: &Spot,
    name: &str,
    value: &Given,
) -> Result<(), String> {
    let object = parent(root, spot)?;
    let kind = structure::named("Element");
    let added = |extra: &mut Value| {
        if extra.is_null() {
            *extra = Value::Object(Map::new());
        }
        let extra = extra
            .as_object_mut()
            .ok_or("the extensions are no object")?;
        add_member(extra, kind, name, value)
    };
    match spot.index {
        Some(index) => {
            let mut items = locate::list(object, &spot.name);
            let (_, extra) = items.get_mut(index).ok_or("the item is not there")?;
            added(extra)?;
            locate::put_list(object, &spot.name, items);
            Ok(())
        }
        None => {
            let extra = object
                .entry(format!("_{}", spot.name))
                .or_insert(Value::Null);
            added(extra)
        }
    }
}

fn add_member(
    object: &mut Map<String, Value>,
    kind: Option<TypeId>,
    name: &str,
    value: &Given,
) -> Result<(), String> {
    let member = member(kind, name, value)?;
    let written = written(value, member.kind)?;
    if member.many {
        let mut items = locate::list(object, &member.name);
        items.push(written);
        locate::put_list(object, &member.name, items);
        return Ok(());
    }
    let taken = |there: &String| {
        let there = there.strip_prefix('_').unwrap_or(there);
        there == member.name || kind.is_some_and(|kind| same_choice(kind, there, &member.name))
    };
    if let Some(there) = object.keys().find(|there| taken(there)) {
        return Err(format!("`{there}` is there already: use replace"));
    }
    locate::put_one(object, &member.name, written);
    Ok(())
}

/// Whether two members are the same element in two types.
fn same_choice(kind: TypeId, one: &str, other: &str) -> bool {
    let path_name = |name: &str| {
        let element = structure::get(kind).element(name)?;
        element.is_choice().then_some(element.path_name)
    };
    path_name(one).is_some_and(|name| Some(name) == path_name(other))
}

/// How JSON writes the element of that name, given the value that it is to have.
fn member(kind: Option<TypeId>, name: &str, value: &Given) -> Result<Member, String> {
    let structure = kind.map(structure::get);
    let typed = match value {
        Given::Typed { kind, .. } => format!("{name}{kind}"),
        Given::Resource(_) | Given::Parts(_) => name.to_owned(),
    };
    let known = structure.and_then(|structure| {
        let plain = structure
            .element(name)
            .filter(|element| !element.is_choice());
        let choice = || {
            structure
                .element(&typed)
                .filter(|element| element.path_name == name)
        };
        plain.or_else(choice)
    });
    match known {
        Some(element) => Ok(Member {
            name: element.json_name.to_string(),
            kind: Some(element.kind),
            many: element.many,
        }),
        None => Err(format!(
            "{} has no element `{}` that takes this value",
            structure.map_or("this", |structure| structure.name),
            shortened(name)
        )),
    }
}

/// The value as JSON, with its id and extensions.
fn written(value: &Given, kind: Option<TypeId>) -> Result<(Value, Value), String> {
    match value {
        Given::Typed { value, extra, .. } => Ok((value.clone(), extra.clone())),
        Given::Resource(resource) => Ok((resource.clone(), Value::Null)),
        Given::Parts(parts) => {
            let mut object = Map::new();
            for (name, part) in parts {
                add_member(&mut object, kind, name, part)?;
            }
            Ok((Value::Object(object), Value::Null))
        }
    }
}

fn insert(root: &mut Value, found: Vec<Found>, index: usize, value: &Given) -> Result<(), String> {
    let kind = found.first().and_then(|one| one.kind);
    let spot = whole_list(root, found)?;
    let object = parent(root, &spot)?;
    let mut items = locate::list(object, &spot.name);
    if index > items.len() {
        return Err(format!(
            "index {index} lies behind the end of a list of {}",
            items.len()
        ));
    }
    items.insert(index, written(value, kind)?);
    locate::put_list(object, &spot.name, items);
    Ok(())
}

fn rearrange(
    root: &mut Value,
    found: Vec<Found>,
    source: usize,
    destination: usize,
) -> Result<(), String> {
    let spot = whole_list(root, found)?;
    let object = parent(root, &spot)?;
    let mut items = locate::list(object, &spot.name);
    if let Some(outside) = [source, destination].iter().find(|at| **at >= items.len()) {
        return Err(format!(
            "index {outside} lies outside a list of {}",
            items.len()
        ));
    }
    let item = items.remove(source);
    items.insert(destination, item);
    locate::put_list(object, &spot.name, items);
    Ok(())
}

fn delete(root: &mut Value, what: Found) -> Result<(), String> {
    let spot = spot_of(what)?;
    let object = parent(root, &spot)?;
    match spot.index {
        Some(index) => {
            let mut items = locate::list(object, &spot.name);
            if index < items.len() {
                items.remove(index);
            }
            locate::put_list(object, &spot.name, items);
        }
        None => locate::put_one(object, &spot.name, (Value::Null, Value::Null)),
    }
    let is_empty = object.is_empty();
    // What held only this primitive's last extension goes with it.
    if let (true, [before @ .., Step::Member(name)]) = (is_empty, spot.parent.as_slice())
        && name.starts_with('_')
        && let Some(Value::Object(holder)) = locate::at(root, before)
    {
        holder.shift_remove(name);
    }
    Ok(())
}

fn replace(root: &mut Value, what: Found, value: &Given) -> Result<(), String> {
    let (kind, choice) = (what.kind, what.choice);
    let spot = spot_of(what)?;
    let written = written(value, kind)?;
    let object = parent(root, &spot)?;
    match (spot.index, choice, value) {
        (Some(index), _, _) => {
            let mut items = locate::list(object, &spot.name);
            *items.get_mut(index).ok_or("the item is not there")? = written;
            locate::put_list(object, &spot.name, items);
        }
        (None, Some(name), Given::Typed { kind, .. }) => {
            let now = format!("{name}{kind}");
            if now != spot.name {
                locate::put_one(object, &spot.name, (Value::Null, Value::Null));
            }
            locate::put_one(object, &now, written);
        }
        (None, _, _) => locate::put_one(object, &spot.name, written),
    }
    Ok(())
}

/// The list that was found, which must be a whole one.
fn whole_list(root: &mut Value, found: Vec<Found>) -> Result<Spot, String> {
    let n = found.len();
    let mut spots = found.into_iter().map(spot_of);
    let first = spots
        .next()
        .ok_or("the path finds nothing; it must find a list: use add")??;
    if first.index.is_none() {
        return Err(
            "the path finds an element that does not repeat; it must find a list".to_owned(),
        );
    }
    for spot in spots {
        let spot = spot?;
        if (&spot.parent, &spot.name) != (&first.parent, &first.name) {
            return Err("the path finds items of several lists; it must find one".to_owned());
        }
    }
    if locate::list(parent(root, &first)?, &first.name).len() != n {
        return Err("the path finds part of a list; it must find all of it".to_owned());
    }
    Ok(first)
}

fn spot_of(found: Found) -> Result<Spot, String> {
    locate::spot(found.way).ok_or_else(|| "the path finds the whole resource".to_owned())
}

fn parent<'v>(root: &'v mut Value, spot: &Spot) -> Result<&'v mut Map<String, Value>, String> {
    let parent = locate::at(root, &spot.parent).and_then(Value::as_object_mut);
    parent.ok_or_else(|| "the element is not where it was found".to_owned())
}
