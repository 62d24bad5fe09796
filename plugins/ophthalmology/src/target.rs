//! A pressure held against the target that somebody set for that eye.
//!
//! Invariant: without both a pressure and a whole target nothing is said of either.

#[cfg(test)]
mod tests;

use sdk::screen::{Fact, Tone};

use crate::examination::Examination;
use crate::typed::plain_number;

/// Where a pressure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// Below the lower end.
    Below,
    /// From the lower end to the upper, both included.
    Within,
    /// Above the upper end.
    Above,
}

impl Against {
    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Below => "Below target",
            Self::Within => "Within target",
            Self::Above => "Above target",
        }
    }

    /// In a box.
    pub(crate) fn fact(self) -> Fact {
        let tone = match self {
            Self::Below => Tone::Information,
            Self::Within => Tone::Success,
            Self::Above => Tone::Warning,
        };
        Fact::tag(self.words(), tone)
    }
}

/// The ends of a target in mmHg as they were written; nothing where one is missing or in another unit.
pub(crate) fn target(risk: &Examination) -> Option<(&str, &str)> {
    let end = |code| risk.part(code).filter(|it| plain_number(it).is_some());
    Some((end("target-low")?, end("target-high")?))
}

/// A pressure held against the target that was set for its eye.
///
/// Returns: below the lower end, within (both ends are), or above the upper end.
/// Takes: mmHg as written, for the pressure and for both ends. Refuses: nothing is said where one of the three is no plain number, as
/// one in another unit is not.
/// Not for: setting a target, or saying that a pressure is safe; one reading is no diagnosis.
/// Source: comparison of numbers; the target is a clinician's own. Reviewed: nobody yet.
pub(crate) fn against(mmhg: &str, (low, high): (&str, &str)) -> Option<Against> {
    let (mmhg, low, high) = (plain_number(mmhg)?, plain_number(low)?, plain_number(high)?);
    Some(if mmhg < low {
        Against::Below
    } else if mmhg > high {
        Against::Above
    } else {
        Against::Within
    })
}
