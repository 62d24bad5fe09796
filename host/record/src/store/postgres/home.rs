//! In which compartment a resource's versions lie, as far as this host has seen it.
//!
//! Invariant: what is remembered here is a hint. Versions lie apart by compartment, so a read that names the right one
//! looks at one partition; one that names a wrong one finds there that the resource is not, and looks at all.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::limits;
use crate::memory::Halves;

/// Resources' compartments, by their numbers.
#[derive(Default)]
pub(super) struct Homes {
    known: Mutex<Halves<i64, i64>>,
}

/// Resources to read: those whose compartments are known, together by compartment, and the others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sorted {
    pub(super) within: BTreeMap<i64, Vec<i64>>,
    pub(super) anywhere: Vec<i64>,
}

impl Homes {
    /// Learns where resources are: number, then compartment.
    pub(super) fn learn(&self, homes: impl IntoIterator<Item = (i64, i64)>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (r, compartment) in homes {
            known.put(r, compartment, 1, limits::MEMORY_HOMES_MAX);
        }
    }

    /// Where one resource is.
    pub(super) fn of(&self, r: i64) -> Option<i64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&r, |_| 1, limits::MEMORY_HOMES_MAX)
    }

    /// Puts numbers together by where they are.
    pub(super) fn sorted(&self, numbers: &[i64]) -> Sorted {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted = Sorted::default();
        for r in numbers {
            match known.get(r, |_| 1, limits::MEMORY_HOMES_MAX) {
                Some(compartment) => sorted.within.entry(compartment).or_default().push(*r),
                None => sorted.anywhere.push(*r),
            }
        }
        sorted
    }
}
