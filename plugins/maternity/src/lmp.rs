//! The expected date of delivery by the last menstrual period.
//!
//! Invariant: a length of cycle that nobody recorded is said to be taken, never taken silently.

#[cfg(test)]
pub(crate) mod tests;

use sdk::Failure;
use sdk::moment::Day;
use sdk::pack::Part as Pack;

use crate::refusal::{Refusal, within};

/// What the pack `dating` says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LmpPack {
    term_days: i64,
    cycle_days: i64,
    cycles: [f64; 2],
    weeks_max: i64,
}

impl LmpPack {
    /// Reads its part of the pack.
    pub(crate) fn read(pack: Pack<'_>) -> Result<Self, Failure> {
        Ok(Self {
            term_days: pack.whole("/term_days")?,
            cycle_days: pack.whole("/lmp/cycle_days")?,
            cycles: [
                pack.number("/lmp/cycle_days_min")?,
                pack.number("/lmp/cycle_days_max")?,
            ],
            weeks_max: pack.whole("/lmp/weeks_max")?,
        })
    }
}

impl LmpPack {
    /// So many days before it is told can a last period lie, at most.
    pub(crate) fn days_max(&self) -> i64 {
        self.weeks_max * 7
    }
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LastPeriod {
    /// Its first day.
    pub(crate) first_day: Day,
    /// From one period to the next.
    pub(crate) cycle_days: Option<i64>,
    /// The day on which it is told.
    pub(crate) told_on: Day,
}

/// An expected date, and whether a length of cycle was taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByPeriod {
    /// The expected date of delivery.
    pub(crate) day: Day,
    /// The length that was taken since none was recorded.
    pub(crate) cycle_taken_days: Option<i64>,
}

/// The expected date of delivery by the first day of the last menstrual period.
///
/// Returns: that day plus 280, plus what the cycle is longer than 28 days; and that 28 were taken, if none was recorded.
/// Takes: the first day of the last period; days of the cycle; the day on which it is told.
/// Refuses: a period later than the day it is told on, or more than 44 weeks before it; a cycle outside 20 to 45 days.
/// Not for: irregular cycles, or a period while taking hormones.
/// Source: Naegele's rule; the correction for the cycle is unverified. Reviewed: by no clinician yet.
#[expect(clippy::cast_precision_loss, reason = "a few thousand days")]
pub(crate) fn expected_by_period(pack: &LmpPack, it: &LastPeriod) -> Result<ByPeriod, Refusal> {
    let ago = it.told_on.since(it.first_day) as f64;
    let most = pack.days_max() as f64;
    within("the last period, days ago,", ago, [0.0, most], "days")?;
    if let Some(days) = it.cycle_days {
        within("the cycle", days as f64, pack.cycles, "days")?;
    }
    let longer = it.cycle_days.map_or(0, |days| days - pack.cycle_days);
    let day = it.first_day.plus(pack.term_days + longer);
    Ok(ByPeriod {
        day: day.ok_or(Refusal::NoDay)?,
        cycle_taken_days: it.cycle_days.is_none().then_some(pack.cycle_days),
    })
}
