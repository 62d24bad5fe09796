//! Whether a result differs from the one before it by more than chance allows: the reference change value.
//!
//! Invariant: the comparison is of exact decimals; a difference of just the reference change value is one to look at.

#[cfg(test)]
mod tests;

use sdk::decimal::Decimal;

/// How much a test varies by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variation {
    /// Of how many standard deviations the difference may be: 1.96 for 95 in 100, to both sides.
    pub(crate) z: Decimal,
    /// Coefficient of variation of the method, in percent.
    pub(crate) analytical: Decimal,
    /// Coefficient of variation within a person, in percent.
    pub(crate) within_person: Decimal,
}

/// Two results of one test and person, in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DeltaInput {
    /// The earlier one.
    pub(crate) before: Decimal,
    /// The later one.
    pub(crate) now: Decimal,
}

/// What became of the comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Delta {
    /// By how much it changed, in percent of the earlier one.
    pub(crate) change_percent: Decimal,
    /// The reference change value in percent, rounded for reading.
    pub(crate) rcv_percent: f64,
    /// Whether the change is below the reference change value.
    pub(crate) is_below: bool,
}

/// Why there is no comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The earlier result is not above 0: a share of it says nothing.
    BeforeNotAboveZero,
    /// The later result is below 0.
    NowBelowZero,
    /// A coefficient of variation is below 0, or both are 0.
    NoVariation,
    /// Numbers that no laboratory reports.
    TooLarge,
}

/// The change between two results against the reference change value.
///
/// Returns: the change in percent of the earlier result, the reference change value √2·z·√(CVa² + CVi²), and whether the
/// change is below it, whichever way it goes.
/// Takes: two results of one test in one unit; coefficients of variation in percent; z of the laboratory.
/// Refuses: an earlier result not above 0; a later one below 0; coefficients below 0 or both 0.
/// Not for: results of different methods, or of tests whose spread within a person is far from normal.
/// Source: Harris EK, Yasaka T. Clin Chem 1983;29:25-30; Fraser CG, Biological Variation, 2001. Not compared with the page.
/// Reviewed: by no clinician yet.
pub(crate) fn delta(by: &Variation, it: &DeltaInput) -> Result<Delta, Refusal> {
    if it.before <= Decimal::ZERO {
        return Err(Refusal::BeforeNotAboveZero);
    }
    if it.now < Decimal::ZERO {
        return Err(Refusal::NowBelowZero);
    }
    let squared = squared_rcv(by)?;
    let change = it.now.minus(it.before).times(Decimal::from(100));
    let change_percent = change
        .and_then(|it_100| it_100.over(it.before))
        .ok_or(Refusal::TooLarge)?;
    // A change so large that its square is no longer a result is above any reference change value.
    let change_squared = change_percent.times(change_percent);
    Ok(Delta {
        change_percent,
        rcv_percent: squared.real().sqrt(),
        is_below: change_squared.is_some_and(|it| it < squared),
    })
}

/// 2·z²·(CVa² + CVi²): squares are compared, since they are exact.
fn squared_rcv(by: &Variation) -> Result<Decimal, Refusal> {
    let (analytical, within) = (by.analytical, by.within_person);
    let is_some = analytical > Decimal::ZERO || within > Decimal::ZERO;
    let is_real = analytical >= Decimal::ZERO && within >= Decimal::ZERO && by.z > Decimal::ZERO;
    if !is_some || !is_real {
        return Err(Refusal::NoVariation);
    }
    let square = |it: Decimal| it.times(it).ok_or(Refusal::TooLarge);
    let sum = square(analytical)?.plus(square(within)?);
    let twice = square(by.z)?.times(Decimal::from(2));
    twice.and_then(|it| it.times(sum)).ok_or(Refusal::TooLarge)
}

/// Why the rule did not answer.
pub(crate) fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::BeforeNotAboveZero => "the earlier result is not above 0",
        Refusal::NowBelowZero => "the result is below 0",
        Refusal::NoVariation => "the variation of the test is not known",
        Refusal::TooLarge => "the results are not numbers that a laboratory reports",
    }
}
