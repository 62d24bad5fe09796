//! The expected date of delivery after the transfer of an embryo.
//!
//! Invariant: the age of the embryo is told, never taken.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::moment::Day;
use sdk::pack::Part as Pack;

use crate::refusal::{Refusal, recorded, within};

/// What the pack `dating` says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TransferPack {
    term_days: i64,
    conception_days: i64,
    embryo_days: [f64; 2],
    weeks_max: i64,
}

impl TransferPack {
    /// Reads its part of the pack.
    pub(crate) fn read(pack: Pack<'_>) -> Result<Self, Failure> {
        Ok(Self {
            term_days: pack.whole("/term_days")?,
            conception_days: pack.whole("/transfer/conception_days")?,
            embryo_days: [
                pack.number("/transfer/embryo_days_min")?,
                pack.number("/transfer/embryo_days_max")?,
            ],
            weeks_max: pack.whole("/transfer/weeks_max")?,
        })
    }
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// The day of the transfer.
    pub(crate) on: Day,
    /// Days from the collection of the eggs, or from thawing and growth counted likewise.
    pub(crate) embryo_days: Option<i64>,
    /// The day on which it is told.
    pub(crate) told_on: Day,
}

/// The expected date of delivery after the transfer of an embryo.
///
/// Returns: that day plus 280, less the 14 days before conception and the age of the embryo.
/// Takes: the day of the transfer; days of the embryo's age; the day on which it is told.
/// Refuses: an age that is not recorded, or outside 2 to 6 days; a transfer later than the day it is told on, or more than
/// 42 weeks before it.
/// Not for: insemination, or an embryo whose age nobody knows.
/// Source: conception counted as day 14 of a pregnancy of 280 days; common practice, unverified. Reviewed: by no clinician
/// yet.
#[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
pub(crate) fn expected_by_transfer(pack: &TransferPack, it: &Transfer) -> Result<Day, Refusal> {
    let embryo_days = recorded("the age of the embryo", it.embryo_days)?;
    within(
        "the age of the embryo",
        embryo_days as f64,
        pack.embryo_days,
        "days",
    )?;
    let ago = it.told_on.since(it.on) as f64;
    let most = (pack.weeks_max * 7) as f64;
    within("the transfer, days ago,", ago, [0.0, most], "days")?;
    let day = it
        .on
        .plus(pack.term_days - pack.conception_days - embryo_days);
    day.ok_or(Refusal::NoDay)
}
