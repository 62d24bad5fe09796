//! How a birth without life is told apart from a pregnancy that ended before one.
//!
//! Invariant: where the gestation is known, each is recorded only on its own side of the limit.

#[cfg(test)]
mod tests;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::gestation::Gestation;
use crate::refusal::Refusal;

/// What the pack `birth` says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LossPack {
    stillbirth_from: Gestation,
}

impl LossPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let days = Pack::of("birth", pack).whole("/stillbirth_from_days")?;
        Ok(Self {
            stillbirth_from: Gestation(days),
        })
    }
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A baby born without life.
    Stillbirth,
    /// A pregnancy that ended by itself before a birth.
    Miscarriage,
}

/// Whether a loss may be recorded as this.
///
/// Returns: nothing, when it may.
/// Takes: what was recorded; the gestation on that day, if the pregnancy is dated.
/// Refuses: a stillbirth before 24+0; a miscarriage from 24+0 on.
/// Not for: a termination, or a death that is known to have happened long before the birth: ask the coroner or registrar.
/// Source: Births and Deaths Registration Act 1953 and Still-Birth (Definition) Act 1992, whose text was not reached.
/// Reviewed: by no clinician yet.
pub(crate) fn named_rightly(
    pack: LossPack,
    loss: Loss,
    at: Option<Gestation>,
) -> Result<(), Refusal> {
    let from = pack.stillbirth_from;
    match (loss, at) {
        (Loss::Stillbirth, Some(at)) if at < from => Err(Refusal::Settled(format!(
            "At {at} this is before {from}: it is recorded under Ended without birth, with the words that fit"
        ))),
        (Loss::Miscarriage, Some(at)) if at >= from => Err(Refusal::Settled(format!(
            "At {at} this is from {from} on: it is recorded under Birth, as a stillbirth"
        ))),
        (Loss::Stillbirth | Loss::Miscarriage, _) => Ok(()),
    }
}
