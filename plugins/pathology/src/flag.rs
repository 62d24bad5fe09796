//! Whether a result is low, in range or high.
//!
//! Invariant: what the laboratory said wins; where nothing can be said, nothing is said, which is not "in range".

#[cfg(test)]
mod tests;

use sdk::screen::{Comparator, Interpretation};

use crate::result::Number;
use sdk::decimal::Decimal;

/// The ends of a range, in the unit of the result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Below this is low.
    pub(crate) low: Option<Decimal>,
    /// Above this is high.
    pub(crate) high: Option<Decimal>,
}

/// Where a result stands against its reference range.
///
/// Returns: what the laboratory said, where it said anything; else low, normal or high by the range; None when neither says.
/// Takes: a number as reported, the ends of the range in the same unit. A value equal to an end is within. `<5` is low when
/// the low end is 5 or more, and within or low otherwise, so nothing is said; likewise `>`.
/// Refuses: a range with one end only says nothing of the other side, except that a value beyond its end is beyond it; one
/// on the right side of an upper end alone is normal, as laboratories write `up to 21`.
/// Source: HL7 FHIR R4 Observation.referenceRange and interpretation. Reviewed: by no clinician yet.
pub(crate) fn flag(
    said: Option<Interpretation>,
    number: &Number,
    ends: Ends,
) -> Option<Interpretation> {
    if said.is_some() {
        return said;
    }
    let value = number.decimal?;
    let is_below = |low: Decimal| match number.comparator {
        None => value < low,
        Some(Comparator::Less) => value <= low,
        Some(Comparator::LessOrEqual) => value < low,
        Some(Comparator::Greater | Comparator::GreaterOrEqual) => false,
    };
    let is_above = |high: Decimal| match number.comparator {
        None => value > high,
        Some(Comparator::Greater) => value >= high,
        Some(Comparator::GreaterOrEqual) => value > high,
        Some(Comparator::Less | Comparator::LessOrEqual) => false,
    };
    // `<5` against `up to 21` is within, whatever the true value is.
    let is_surely_within = match (number.comparator, ends.low, ends.high) {
        (None, _, high) => high.is_some(),
        (Some(Comparator::Less | Comparator::LessOrEqual), None, Some(high)) => value <= high,
        (Some(_), _, _) => false,
    };
    if ends.low.is_some_and(is_below) {
        Some(Interpretation::Low)
    } else if ends.high.is_some_and(is_above) {
        Some(Interpretation::High)
    } else {
        is_surely_within.then_some(Interpretation::Normal)
    }
}
