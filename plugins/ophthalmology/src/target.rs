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

/// Where a pressure in mmHg stands; nothing where either is no plain number.
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
