//! Two sets of rows too large for memory, compared by sums of their digests.
//!
//! Invariant: the same rows in any order give the same sums; what differs is found by reading the differing parts again.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::limits;
use crate::store::row::{Found, seq_of};
use crate::store::scan::Span;

/// On which side of a comparison a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// It follows from the log.
    Expected,
    /// It lies in the table.
    Kept,
}

/// A row as it is compared.
pub(super) struct Item {
    /// The resource it belongs to, by its number.
    pub(super) r: i64,
    /// Stands for the whole row.
    pub(super) digest: u128,
}

/// The sums of two sets of rows.
pub(super) struct Sums {
    parts: Vec<(u128, i64)>,
    kept: u64,
}

/// The rows of the parts that differ, with words for each.
pub(super) struct Differing {
    parts: Vec<usize>,
    rows: HashMap<u128, (i64, Row)>,
}

/// A row that is on one side only.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The resource's number.
    pub(super) r: i64,
    /// The row in words.
    pub(super) words: String,
}

fn part_of(r: i64) -> usize {
    usize::try_from(seq_of(r)).unwrap_or(0) % limits::VERIFY_PARTS
}

impl Sums {
    pub(super) fn new() -> Self {
        Self {
            parts: vec![(0, 0); limits::VERIFY_PARTS],
            kept: 0,
        }
    }

    pub(super) fn take(&mut self, side: Side, item: &Item) {
        let (sum, count) = &mut self.parts[part_of(item.r)];
        match side {
            Side::Expected => {
                *sum = sum.wrapping_add(item.digest);
                *count += 1;
            }
            Side::Kept => {
                *sum = sum.wrapping_sub(item.digest);
                *count -= 1;
                self.kept += 1;
            }
        }
    }

    /// How many rows lie in the tables.
    pub(super) fn kept(&self) -> u64 {
        self.kept
    }

    /// The parts in which the two sides differ, a few of them; `None`: they are equal.
    pub(super) fn differing(&self) -> Option<Differing> {
        let differ = |(at, part): (usize, &(u128, i64))| (*part != (0, 0)).then_some(at);
        let parts: Vec<usize> = self
            .parts
            .iter()
            .enumerate()
            .filter_map(differ)
            .take(limits::VERIFY_PARTS_AGAIN)
            .collect();
        (!parts.is_empty()).then(|| Differing {
            parts,
            rows: HashMap::new(),
        })
    }
}

impl Differing {
    /// Whether a resource is in a part that is looked at again.
    pub(super) fn concerns(&self, r: i64) -> bool {
        self.parts.binary_search(&part_of(r)).is_ok()
    }

    /// Takes a row of such a part; false when there are too many to hold.
    pub(super) fn take(&mut self, side: Side, item: &Item, words: impl FnOnce() -> String) -> bool {
        let by = match side {
            Side::Expected => 1,
            Side::Kept => -1,
        };
        if self.rows.len() >= limits::VERIFY_ROWS_MAX && !self.rows.contains_key(&item.digest) {
            return false;
        }
        let entry = self.rows.entry(item.digest).or_insert_with(|| {
            let words = words();
            (0, Row { r: item.r, words })
        });
        entry.0 += by;
        if entry.0 == 0 {
            self.rows.remove(&item.digest);
        }
        true
    }

    /// The rows on one side only, in the order of their resources.
    pub(super) fn left(self) -> Vec<(Side, Row)> {
        let mut left: Vec<(Side, Row)> = self
            .rows
            .into_values()
            .map(|(count, row)| {
                let side = if count > 0 {
                    Side::Expected
                } else {
                    Side::Kept
                };
                (side, row)
            })
            .collect();
        left.sort_by(|(_, one), (_, other)| (one.r, &one.words).cmp(&(other.r, &other.words)));
        left
    }
}

/// An index row as it is compared.
pub(super) fn of_index(span: &Span) -> Item {
    let mut sum = Sha256::new();
    let mut numbers = |numbers: &[i64]| {
        for number in numbers {
            sum.update(number.to_be_bytes());
        }
    };
    let row = &span.row;
    numbers(&[row.parameter, row.compartment, row.r, span.from_t]);
    numbers(&[span.to_t.unwrap_or(i64::MAX)]);
    match &row.found {
        Found::Term { value, system } => numbers(&[1, *value, *system]),
        Found::Text(text) => {
            numbers(&[2]);
            sum.update(text.as_bytes());
        }
        Found::Date { low, high, ends } => numbers(&[3, *low, *high, *ends]),
        Found::Amount {
            low,
            high,
            system,
            code,
            unit,
        } => {
            let bits = |end: f64| i64::from_be_bytes(end.to_be_bytes());
            numbers(&[4, bits(*low), bits(*high), *system, *code, *unit]);
        }
    }
    Item {
        r: row.r,
        digest: shortened(sum),
    }
}

/// A resource's number as it is compared.
pub(super) fn of_resource(resource_type: i64, id: &str, r: i64) -> Item {
    let sum = Sha256::new()
        .chain_update(resource_type.to_be_bytes())
        .chain_update(r.to_be_bytes())
        .chain_update(id.as_bytes());
    Item {
        r,
        digest: shortened(sum),
    }
}

fn shortened(sum: Sha256) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&sum.finalize()[..16]);
    u128::from_be_bytes(first)
}
