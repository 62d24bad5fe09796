//! Code systems that have been read, kept in memory between questions.
//!
//! Invariant: what is kept follows from immutable versions alone, so it never has to be looked at again; and it is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::given::Given;
use crate::limits;

/// Code systems by the numbers of the versions that they were read from: the resource's, then its supplements'.
#[derive(Default)]
pub(crate) struct Shelf {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_versions: HashMap<Vec<i64>, Arc<Given>>,
    bytes: usize,
}

impl Shelf {
    pub(super) fn get(&self, versions: &[i64]) -> Option<Arc<Given>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_versions.get(versions).cloned()
    }

    /// Keeps one; when there is no room, everything else is forgotten.
    pub(super) fn put(&self, versions: Vec<i64>, given: &Arc<Given>) {
        let bytes = given.weight();
        if bytes > limits::TERMINOLOGY_MEMORY_BYTES_MAX {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes + bytes > limits::TERMINOLOGY_MEMORY_BYTES_MAX {
            *kept = Kept::default();
        }
        if kept
            .by_versions
            .insert(versions, Arc::clone(given))
            .is_none()
        {
            kept.bytes += bytes;
        }
    }
}
