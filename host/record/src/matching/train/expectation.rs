//! What levels two people have by chance (u), and what levels two records of one person have (m), without any truth.
//!
//! Invariant: every chance is above 0, so that every weight is finite.

use std::collections::BTreeMap;

use super::Chance;
use crate::matching::compare::Comparison;
use crate::matching::field::{FIELDS, Field};
use crate::matching::person::Details;
use crate::matching::text::count;
use crate::matching::variants::Variants;

/// The chance of each level of each field, given that the field was told by both.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chances(Vec<Vec<f64>>);

/// What is added to every count, so that nothing is impossible.
const PSEUDO: f64 = 0.5;

impl Chances {
    fn of(seen: &[Vec<f64>]) -> Self {
        let shares = seen.iter().map(|levels| {
            let told: f64 = levels.iter().skip(1).map(|n| n + PSEUDO).sum();
            levels.iter().map(|n| (n + PSEUDO) / told).collect()
        });
        Self(shares.collect())
    }

    /// Whether anything was seen of the field: its levels differ then.
    pub(super) fn tells(&self, field: Field) -> bool {
        let levels = &self.0[field.at()][1..];
        levels.iter().any(|chance| *chance != levels[0])
    }

    /// The chance of a level.
    pub(super) fn of_level(&self, field: Field, level: u8) -> f64 {
        self.0[field.at()][usize::from(level)]
    }
}

fn nothing_seen() -> Vec<Vec<f64>> {
    Field::ALL
        .iter()
        .map(|field| vec![0.0; field.levels().len()])
        .collect()
}

/// What chance gives: the levels of random pairs, nearly all of which are of two people.
pub(super) fn by_chance(
    people: &[Details],
    variants: &Variants,
    (pairs, seed): (usize, u64),
) -> Chances {
    let mut chance = Chance::new(seed);
    let mut seen = nothing_seen();
    for _ in 0..pairs {
        let (one, other) = (chance.below(people.len()), chance.below(people.len()));
        if one == other {
            continue;
        }
        let comparison = Comparison::of(&people[one], &people[other], variants);
        for (field, level) in comparison.levels.iter().enumerate() {
            seen[field][usize::from(*level)] += 1.0;
        }
    }
    Chances::of(&seen)
}

/// What one person's records give, from pairs that blocking brought together, and the share of them that are of one
/// person. What the blocking fixed is left out: of it these pairs tell nothing. The chances `u` stay as they are.
pub(super) fn expected(
    comparisons: impl Iterator<Item = Comparison>,
    u: &Chances,
    (fixed, rounds): (&[Field], u32),
) -> (Chances, f64) {
    let patterns = patterns(comparisons);
    let free: Vec<Field> = Field::ALL
        .into_iter()
        .filter(|field| !fixed.contains(field))
        .collect();
    let mut prior = 0.5;
    let mut m = first_guess();
    for _ in 0..rounds {
        let mut seen = nothing_seen();
        let (mut same, mut all) = (0.0, 0.0);
        for (levels, n) in &patterns {
            let one_person = n * chance(levels, (&m, u), (&free, prior));
            for field in &free {
                seen[field.at()][usize::from(levels[field.at()])] += one_person;
            }
            same += one_person;
            all += n;
        }
        m = Chances::of(&seen);
        prior = within(same / f64::max(all, 1.0));
    }
    (m, prior)
}

/// The mean of several estimates, field by field, of those that tell of the field.
pub(super) fn mean(of: &[(Chances, &[Field])]) -> Chances {
    let mean = |field: Field, level: usize| {
        let telling = of.iter().filter(|(_, fixed)| !fixed.contains(&field));
        let told: Vec<f64> = telling
            .map(|(chances, _)| chances.0[field.at()][level])
            .collect();
        told.iter().sum::<f64>() / count(told.len().max(1))
    };
    let by_field = |field: Field| {
        (0..field.levels().len())
            .map(|level| mean(field, level))
            .collect()
    };
    Chances(Field::ALL.into_iter().map(by_field).collect())
}

fn patterns(comparisons: impl Iterator<Item = Comparison>) -> BTreeMap<[u8; FIELDS], f64> {
    let mut patterns = BTreeMap::new();
    for comparison in comparisons {
        *patterns.entry(comparison.levels).or_default() += 1.0;
    }
    patterns
}

fn chance(
    levels: &[u8; FIELDS],
    (m, u): (&Chances, &Chances),
    (free, prior): (&[Field], f64),
) -> f64 {
    let mut odds = prior / (1.0 - prior);
    for field in free {
        let level = levels[field.at()];
        if level > 0 {
            odds *= m.of_level(*field, level) / u.of_level(*field, level);
        }
    }
    if odds.is_finite() {
        odds / (1.0 + odds)
    } else {
        1.0
    }
}

fn within(share: f64) -> f64 {
    share.clamp(1e-6, 0.999)
}

/// Nine in ten the same, the rest spread over what is not.
fn first_guess() -> Chances {
    let guess = Field::ALL.iter().map(|field| {
        let levels = field.levels().len();
        let rest = 0.1 / count(levels.saturating_sub(2).max(1));
        (0..levels)
            .map(|level| if level == 1 { 0.9 } else { rest })
            .collect()
    });
    Chances(guess.collect())
}
