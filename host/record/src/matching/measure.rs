//! How well pairs and people were found, against a truth that is known.
//!
//! Invariant: what was never compared counts as missed, so blocking is part of every figure.

use std::collections::HashMap;

use super::cluster::Link;

/// How well something was found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measure {
    /// Of what was found, the share that is true.
    pub precision: f64,
    /// Of what is true, the share that was found.
    pub recall: f64,
}

impl Measure {
    fn of(right: f64, found: f64, truly: f64) -> Self {
        Self {
            precision: right / found.max(1.0),
            recall: right / truly.max(1.0),
        }
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall).max(f64::MIN_POSITIVE)
    }
}

/// The pairs from a threshold, as they were scored, before they are put together into people.
pub fn pairwise(links: &[Link], who: &[u32], bits_min: f64) -> Measure {
    let mut found = 0.0;
    let mut right = 0.0;
    for link in links.iter().filter(|link| f64::from(link.bits) >= bits_min) {
        found += 1.0;
        if who[link.one as usize] == who[link.other as usize] {
            right += 1.0;
        }
    }
    Measure::of(right, found, pairs(who))
}

/// The pairs of records that were put together into people.
pub fn clustered(people: &[u32], who: &[u32]) -> Measure {
    let both: Vec<u64> = people
        .iter()
        .zip(who)
        .map(|(a, b)| u64::from(*a) << 32 | u64::from(*b))
        .collect();
    Measure::of(pairs(&both), pairs(people), pairs(who))
}

fn pairs<T: Copy + Eq + std::hash::Hash>(of: &[T]) -> f64 {
    let mut sizes: HashMap<T, f64> = HashMap::new();
    for it in of {
        *sizes.entry(*it).or_default() += 1.0;
    }
    // Sizes are whole numbers, so their order does not matter to the sum.
    sizes.values().map(|n| n * (n - 1.0) / 2.0).sum()
}
