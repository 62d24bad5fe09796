//! How long a pregnancy has lasted, and how that is written.
//!
//! Invariant: whole days; weeks and days are read off them and never kept apart.

#[cfg(test)]
mod tests;

use std::fmt;

/// How long a pregnancy has lasted, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gestation(pub(crate) i64);

impl Gestation {
    /// From days with a fraction, to the nearest day.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a few hundred days; a cast saturates"
    )]
    pub(crate) fn nearest(days: f64) -> Self {
        Self(days.round() as i64)
    }

    /// In weeks with a fraction.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
    pub(crate) fn weeks(self) -> f64 {
        self.0 as f64 / 7.0
    }
}

impl fmt::Display for Gestation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}+{}", self.0.div_euclid(7), self.0.rem_euclid(7))
    }
}
