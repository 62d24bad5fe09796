//! The index rows of all versions of a resource, each with the commits from and until which it says something.
//!
//! Invariant: these are the rows that the committer leaves when it writes the versions one after the other.

use std::collections::{HashMap, HashSet};

use fhir::resource::Key;

use super::{Draft, Entries, Number};
use crate::store::row::IndexRow;
use crate::store::scan::Span;

/// What one version is found by.
pub(crate) struct Drawn {
    /// The commit that wrote it.
    pub(crate) t: i64,
    /// Its resource.
    pub(crate) r: i64,
    /// `None`: it ended the resource, or cannot be read.
    pub(crate) entries: Option<Entries>,
    /// Where it lies.
    pub(crate) compartment: i64,
}

/// The index rows that follow from a resource's versions.
pub(crate) fn spans(numbers: &HashMap<Key, Number>, history: &[Drawn], mut give: impl FnMut(Span)) {
    let mut standing: HashMap<Draft, i64> = HashMap::new();
    let mut lies_in = 0;
    let mut row = |draft: &Draft, r: i64, lies_in: i64, from_t: i64, to_t: Option<i64>| {
        let row: IndexRow = draft.settled(r, lies_in, &[]);
        give(Span { row, from_t, to_t });
    };
    let mut r = 0;
    for one in history {
        r = one.r;
        let indexed = one.entries.as_ref().map(|it| it.indexed(numbers));
        let (compartment, drafts) = indexed.map_or_else(
            || (one.compartment, HashSet::new()),
            |indexed| (indexed.place.compartment(r, &[]), indexed.drafts),
        );
        let moved = compartment != lies_in;
        standing.retain(|draft, from_t| {
            let stays = !moved && drafts.contains(draft);
            if !stays {
                row(draft, r, lies_in, *from_t, Some(one.t));
            }
            stays
        });
        for draft in drafts {
            standing.entry(draft).or_insert(one.t);
        }
        lies_in = compartment;
    }
    for (draft, from_t) in standing {
        row(&draft, r, lies_in, from_t, None);
    }
}
