//! How often a wrong password was tried, per account name, known or not.
//!
//! Invariant: memory is fixed whatever names are tried, and which names share a slot cannot be foretold.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::limits::{ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS};

/// Slots that names are spread over.
const SLOTS: usize = 4_096;

/// The wrong attempts of the last while.
pub(crate) struct Attempts {
    spread: RandomState,
    slots: Mutex<Box<[Slot]>>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    since_ms: i64,
    wrong: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            spread: RandomState::new(),
            slots: Mutex::new(vec![Slot::default(); SLOTS].into_boxed_slice()),
        }
    }
}

impl Attempts {
    /// Counts an attempt before it is made, so that attempts at the same moment are bounded too.
    ///
    /// # Errors
    /// How many seconds to wait, when there were too many.
    pub(super) fn begin(&self, account: &str, now_ms: i64) -> Result<(), u64> {
        self.with_slot(account, |slot| {
            let passed_ms = now_ms.saturating_sub(slot.since_ms);
            if slot.wrong == 0 || !(0..ATTEMPTS_WINDOW_MS).contains(&passed_ms) {
                *slot = Slot {
                    since_ms: now_ms,
                    wrong: 0,
                };
            }
            if slot.wrong >= ATTEMPTS_MAX {
                let left_ms =
                    ATTEMPTS_WINDOW_MS.saturating_sub(now_ms.saturating_sub(slot.since_ms));
                return Err(u64::try_from(left_ms).unwrap_or(0).div_ceil(1_000));
            }
            slot.wrong += 1;
            Ok(())
        })
    }

    /// The password was right: start counting anew.
    pub(super) fn right(&self, account: &str) {
        self.with_slot(account, |slot| slot.wrong = 0);
    }

    fn with_slot<T>(&self, account: &str, change: impl FnOnce(&mut Slot) -> T) -> T {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let place = usize::try_from(self.spread.hash_one(account) % SLOTS as u64).unwrap_or(0);
        change(&mut slots[place])
    }
}

#[cfg(test)]
mod tests;
