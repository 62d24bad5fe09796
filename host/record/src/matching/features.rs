//! A comparison as the numbers that weights are learned for: levels, rarity of what is shared, and two fields together.
//!
//! Invariant: the number of a feature follows from its name alone, so that a file of weights can be read by names.

use super::compare::Comparison;
use super::field::{FIELDS, Field, Grade};
use super::frequency::Rarity;

/// The fields that are looked at in twos: levels that come together say more or less than each by itself.
pub const TOGETHER: [Field; 8] = [
    Field::Forename,
    Field::Middle,
    Field::Surname,
    Field::Birth,
    Field::Sex,
    Field::Postcode,
    Field::Place,
    Field::Occupation,
];
/// The fields whose values are common or rare.
pub const RARE: [Field; 6] = [
    Field::Forename,
    Field::Surname,
    Field::Birth,
    Field::Postcode,
    Field::Place,
    Field::Occupation,
];

/// The most levels that a ladder has.
const LEVELS_MAX: usize = 9;
/// The prior odds.
pub const PRIOR: usize = 0;
const LEVELS_AT: usize = 1;
const RARE_AT: usize = LEVELS_AT + FIELDS * LEVELS_MAX;
const TOGETHER_AT: usize = RARE_AT + RARE.len() * 2;
/// How many features there are.
pub const COUNT: usize = TOGETHER_AT + TOGETHER.len() * TOGETHER.len() * GRADES * GRADES;
const GRADES: usize = 4;

/// The feature of a field at a level.
pub fn of_level(field: Field, level: u8) -> usize {
    LEVELS_AT + field.at() * LEVELS_MAX + usize::from(level)
}

/// The feature of a field's rarity, where the field is the same or nearly.
pub fn of_rarity(rare: usize, grade: Grade) -> Option<usize> {
    match grade {
        Grade::Same => Some(RARE_AT + rare * 2),
        Grade::Near => Some(RARE_AT + rare * 2 + 1),
        Grade::Silent | Grade::Differs => None,
    }
}

/// The feature of two fields at two grades; none where either was not told.
pub fn of_two((one, a): (usize, Grade), (other, b): (usize, Grade)) -> Option<usize> {
    if a == Grade::Silent || b == Grade::Silent {
        return None;
    }
    let pair = one * TOGETHER.len() + other;
    Some(TOGETHER_AT + (pair * GRADES + a as usize) * GRADES + b as usize)
}

/// Calls for every feature that a comparison has, with its number and value.
pub fn each(
    comparison: &Comparison,
    (one, other): (&Rarity, &Rarity),
    mut found: impl FnMut(usize, f64),
) {
    found(PRIOR, 1.0);
    for field in Field::ALL {
        let level = comparison.levels[field.at()];
        if level > 0 {
            found(of_level(field, level), 1.0);
        }
    }
    for (rare, field) in RARE.into_iter().enumerate() {
        if let Some(feature) = of_rarity(rare, comparison.grade(field)) {
            found(
                feature,
                f64::from(one.bits(field).min(other.bits(field)) - USUAL_BITS),
            );
        }
    }
    let grades = TOGETHER.map(|field| comparison.grade(field));
    for (i, a) in grades.into_iter().enumerate() {
        for (j, b) in grades.into_iter().enumerate().skip(i + 1) {
            if let Some(feature) = of_two((i, a), (j, b)) {
                found(feature, 1.0);
            }
        }
    }
}

/// The rarity at which a level's weight counts as it stands: one in about a thousand.
pub const USUAL_BITS: f32 = 10.0;
