//! The components that stay loaded.
//!
//! Invariant: there are at most so many, and the one that was asked for longest ago gives way.

use std::collections::HashMap;

use record::departmental::Digest;

use crate::sandbox::question::Loaded;

/// Components that stay loaded: every departmental of a large region in two versions.
const LOADED_MAX: usize = 1_024;

/// Loaded components by their digests.
#[derive(Default)]
pub(super) struct Held {
    by_digest: HashMap<Digest, (Loaded, u64)>,
    /// Counts what is asked for, so that the order is known.
    turn: u64,
}

impl Held {
    pub(super) fn get(&mut self, digest: &Digest) -> Option<Loaded> {
        self.turn += 1;
        let (loaded, turn) = self.by_digest.get_mut(digest)?;
        *turn = self.turn;
        Some(loaded.clone())
    }

    pub(super) fn keep(&mut self, digest: &Digest, loaded: Loaded) {
        self.turn += 1;
        if !self.by_digest.contains_key(digest) && self.by_digest.len() >= LOADED_MAX {
            let oldest = self.by_digest.iter().min_by_key(|(_, (_, turn))| *turn);
            if let Some(oldest) = oldest.map(|(digest, _)| digest.clone()) {
                self.by_digest.remove(&oldest);
            }
        }
        self.by_digest.insert(digest.clone(), (loaded, self.turn));
    }
}
