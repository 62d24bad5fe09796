//! Where a reader of the log stands: at which commit, and how many of its changes are behind it.
//!
//! Invariant: a place is written into a cursor and read back equal, and later places are greater numbers.

use crate::log::T;

/// Bits of a cursor that count changes within a commit: more than one commit may have.
const CHANGE_BITS: u32 = 16;

/// The next change to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// In this commit.
    pub(crate) t: T,
    /// So many of its changes are done.
    pub(crate) done: u16,
}

impl Place {
    /// Behind a commit and before the next.
    pub(crate) fn after(t: T) -> Self {
        Self {
            t: T(t.0.saturating_add(1)),
            done: 0,
        }
    }

    /// Behind the change of this index in a commit.
    pub(crate) fn after_change(t: T, index: usize) -> Self {
        match u16::try_from(index)
            .ok()
            .and_then(|index| index.checked_add(1))
        {
            Some(done) => Self { t, done },
            None => Self::after(t),
        }
    }

    pub(crate) fn as_cursor(self) -> T {
        T((self.t.0 << CHANGE_BITS) | u64::from(self.done))
    }

    pub(crate) fn of_cursor(cursor: T) -> Self {
        let done = u16::try_from(cursor.0 & u64::from(u16::MAX)).unwrap_or(u16::MAX);
        Self {
            t: T(cursor.0 >> CHANGE_BITS),
            done,
        }
    }

    /// Whether everything up to and with a commit is behind.
    pub(crate) fn is_after(self, t: T) -> bool {
        self.t > t
    }
}

#[cfg(test)]
mod tests;
