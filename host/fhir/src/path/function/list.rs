//! Functions of lists.
//!
//! Invariant: two lists are compared by way of fingerprints, in time proportional to their lengths.

use std::collections::HashMap;

use super::Items;
use crate::path::compare::{equal, fingerprint};
use crate::path::evaluate::{Scope, evaluate_in, truth};
use crate::path::item::{Item, Scalar};
use crate::path::syntax::Node;
use crate::path::{EvaluateError, ITEMS_MAX};

/// Those for which the condition holds.
pub(super) fn filtered<'v>(
    input: Vec<Item<'v>>,
    arguments: &[Node],
    scope: &Scope<'v, '_>,
) -> Items<'v> {
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

/// What the projection yields for each.
pub(super) fn selected<'v>(
    input: Vec<Item<'v>>,
    arguments: &[Node],
    scope: &Scope<'v, '_>,
) -> Items<'v> {
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

/// The items without those that equal an earlier one, in one pass over a table of fingerprints.
pub(in crate::path) fn distinct(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
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

/// The children of each.
pub(super) fn children<'v>(input: &[Item<'v>]) -> Items<'v> {
    let mut found = Vec::new();
    for element in input.iter().filter_map(Item::element) {
        element.all_children(&mut |child| found.push(Item::Element(child)));
        bounded(found.len())?;
    }
    Ok(found)
}

/// Everything below each.
pub(super) fn descendants(input: Vec<Item<'_>>) -> Items<'_> {
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

/// Whether any item is a boolean of that value.
pub(super) fn any(items: &[Item<'_>], value: bool) -> bool {
    items
        .iter()
        .any(|item| item.scalar() == Some(Scalar::Boolean(value)))
}

/// Those of the items that are in the others too, or those that are not.
pub(super) fn also_in<'v>(
    items: Vec<Item<'v>>,
    others: &[Item<'v>],
    wanted: bool,
) -> Vec<Item<'v>> {
    let mut places: HashMap<u64, Vec<&Item<'v>>> = HashMap::with_capacity(others.len());
    for other in others {
        places.entry(fingerprint(other)).or_default().push(other);
    }
    let is_in = |item: &Item<'v>| {
        places
            .get(&fingerprint(item))
            .is_some_and(|others| others.iter().any(|other| equal(other, item)))
    };
    items
        .into_iter()
        .filter(|item| is_in(item) == wanted)
        .collect()
}
