//! Lanes in which messages are filed: one for each of a person's numbers, by hash.
//!
//! Invariant: messages about one person are filed one after the other, and lanes are taken in order, so that no two
//! messages wait for each other in a ring.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

/// How many patients' messages can be filed at once before two of them wait for each other without need.
const LANES: usize = 1024;

/// The lanes of an intake. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Vec<Mutex<()>>>);

impl Lanes {
    pub(super) fn new() -> Self {
        Self(Arc::new((0..LANES).map(|_| Mutex::new(())).collect()))
    }

    /// Waits until nobody else is filing a message about any of these people.
    pub(super) async fn taken(&self, numbers: &[String]) -> Vec<MutexGuard<'_, ()>> {
        let mut wanted = BTreeSet::new();
        for number in numbers {
            let mut hasher = DefaultHasher::new();
            number.hash(&mut hasher);
            wanted.insert(usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default());
        }
        let mut held = Vec::new();
        for index in wanted {
            if let Some(lane) = self.0.get(index) {
                held.push(lane.lock().await);
            }
        }
        held
    }
}
