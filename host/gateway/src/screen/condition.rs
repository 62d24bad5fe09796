//! When a part of a form is there: a pure expression over the answers that stand before it.
//!
//! Invariant: what an expression gives depends on the answers alone; a question that is not there has no answer, and no
//! expression can ask for one that comes after it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::check::{Wrong, each, within};

/// Levels of an expression.
const DEPTH_MAX: usize = 6;
/// Fields that one expression asks for.
const ASKED_MAX: usize = 50;
/// Characters of a value that an answer is held against: as long as an option's.
const VALUE_CHARS_MAX: usize = 300;

/// The answers to the questions so far, by field; a question without an answer is not in it.
pub(crate) type Answers = BTreeMap<String, Vec<String>>;

/// An expression: true or false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// Whether the field has an answer.
    Answered(String),
    /// Whether this is its answer, or one of those ticked.
    Is(Asks),
    /// Whether its answer is a number not below this.
    AtLeast(Asks),
    /// Whether its answer is a number below this.
    Below(Asks),
}

/// A condition as it stood when a form was drawn; it goes with the form, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) condition: Condition,
    /// Place of the condition that it lies under; always before its own.
    pub(crate) within: Option<usize>,
    /// Whether what it governs was on the page.
    pub(crate) drawn: bool,
}

/// Whether a condition and all that it lies under hold. Nothing at a place that there is not.
pub(crate) fn there(standing: &[Standing], place: Option<usize>, answers: &Answers) -> bool {
    let mut place = place;
    while let Some(at) = place {
        let Some(it) = standing.get(at) else {
            return false;
        };
        if !it.condition.holds(answers) {
            return false;
        }
        place = it.within.filter(|within| *within < at);
    }
    true
}

/// A field and what its answer is held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asks {
    field: String,
    value: String,
}

impl Asks {
    fn number(&self, answers: &Answers) -> Option<(f64, f64)> {
        let answer = match answers.get(&self.field).map(Vec::as_slice) {
            Some([answer]) => answer.trim().parse::<f64>().ok()?,
            Some(_) | None => return None,
        };
        let bound = self.value.parse::<f64>().ok()?;
        answer.is_finite().then_some((answer, bound))
    }
}

impl Condition {
    /// Whether it holds. A number that is none is neither below nor at least anything.
    pub(crate) fn holds(&self, answers: &Answers) -> bool {
        match self {
            Self::All(of) => of.iter().all(|it| it.holds(answers)),
            Self::Any(of) => of.iter().any(|it| it.holds(answers)),
            Self::Not(it) => !it.holds(answers),
            Self::Answered(field) => answers.contains_key(field),
            Self::Is(it) => answers
                .get(&it.field)
                .is_some_and(|answer| answer.contains(&it.value)),
            Self::AtLeast(it) => it
                .number(answers)
                .is_some_and(|(answer, bound)| answer >= bound),
            Self::Below(it) => it
                .number(answers)
                .is_some_and(|(answer, bound)| answer < bound),
        }
    }

    /// Whether it asks only for fields that come before it, within its bounds.
    pub(crate) fn sound(&self, before: &BTreeSet<&str>) -> Result<(), Wrong> {
        self.sound_at(before, 1)?;
        let n = self.asks();
        if n > ASKED_MAX {
            return Err(Wrong::here(format!("asks {n} times, at most {ASKED_MAX}")));
        }
        Ok(())
    }

    /// How often it looks at an answer.
    fn asks(&self) -> usize {
        match self {
            Self::All(of) | Self::Any(of) => of.iter().map(Self::asks).sum(),
            Self::Not(it) => it.asks(),
            Self::Answered(_) | Self::Is(_) | Self::AtLeast(_) | Self::Below(_) => 1,
        }
    }

    fn sound_at(&self, before: &BTreeSet<&str>, depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH_MAX {
            return Err(Wrong::here(format!("lies deeper than {DEPTH_MAX} levels")));
        }
        let known = |field: &str| {
            if before.contains(field) {
                return Ok(());
            }
            let what = format!("{field:?} is no field that comes before it in its form");
            Err(Wrong::here(what))
        };
        match self {
            Self::All(of) | Self::Any(of) => {
                within("conditions", of.len(), 1, 20)?;
                each("of", of, |it| it.sound_at(before, depth + 1))
            }
            Self::Not(it) => it.sound_at(before, depth + 1),
            Self::Answered(field) => known(field),
            Self::Is(it) if it.value.chars().count() > VALUE_CHARS_MAX => {
                let what = format!("must be at most {VALUE_CHARS_MAX} characters");
                Err(Wrong::at("value", what))
            }
            Self::Is(it) => known(&it.field),
            Self::AtLeast(it) | Self::Below(it) => {
                known(&it.field)?;
                match it.value.parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(()),
                    Ok(_) | Err(_) => Err(Wrong::at("value", "must be a number")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
