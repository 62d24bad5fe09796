//! Words that stand for each other: William and Bill, Devon and Torridge, as learned from records of known people.
//!
//! Invariant: a table is symmetric and holds words in lower case, as they are compared.

use std::collections::{BTreeMap, HashSet};

use super::compare::hash_of_pair;
use super::field::Field;
use super::text::{hash, hash_of};

/// The words that stand for each other, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variants {
    listed: BTreeMap<Field, Vec<(String, String)>>,
    known: HashSet<u64>,
}

impl Variants {
    /// A table of these pairs.
    pub fn of(listed: BTreeMap<Field, Vec<(String, String)>>) -> Self {
        let known = listed.iter().flat_map(|(field, pairs)| {
            let pairs = pairs.iter();
            pairs.map(|(one, other)| key(*field, hash(one), hash(other)))
        });
        Self {
            known: known.collect(),
            listed,
        }
    }

    /// Whether two words, by what stands for them, are known to stand for each other.
    pub fn knows(&self, field: Field, one: u64, other: u64) -> bool {
        !self.known.is_empty() && self.known.contains(&key(field, one, other))
    }

    /// The pairs, by field, in order.
    pub fn listed(&self) -> &BTreeMap<Field, Vec<(String, String)>> {
        &self.listed
    }
}

fn key(field: Field, one: u64, other: u64) -> u64 {
    hash_of(&[u64::from(field as u8), hash_of_pair(one, other)])
}
