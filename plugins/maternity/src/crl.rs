//! Gestation by the crown-rump length of the fetus.
//!
//! Invariant: outside the lengths it holds for there is no gestation, only what to do instead.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part as Pack;

use crate::gestation::Gestation;
use crate::refusal::{Refusal, within_or};

/// What the pack `dating` says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CrlPack {
    lengths_mm: [f64; 2],
    multiplier: f64,
    factor: f64,
    constant: f64,
    window_days: [i64; 2],
}

impl CrlPack {
    /// Reads its part of the pack.
    pub(crate) fn read(pack: Pack<'_>) -> Result<Self, Failure> {
        Ok(Self {
            lengths_mm: [pack.number("/crl/low_mm")?, pack.number("/crl/high_mm")?],
            multiplier: pack.number("/crl/multiplier")?,
            factor: pack.number("/crl/factor")?,
            constant: pack.number("/crl/constant")?,
            window_days: [pack.whole("/crl/from_days")?, pack.whole("/crl/to_days")?],
        })
    }
}

/// Gestation by the crown-rump length.
///
/// Returns: days to the nearest, 8.052 times the root of 1.037 times the length, plus 23.73.
/// Takes: mm. Refuses: below 45 mm, too early to date by it; above 84 mm, where the head circumference dates.
/// Not for: a pregnancy that a scan has dated already.
/// Source: Robinson HP, Fleming JE. Br J Obstet Gynaecol 1975;82:702-10, with the multiplier of current UK practice (BMUS,
/// Loughna 2009), whose primary text was not reached; NICE NG201 for the window. Reviewed: by no clinician yet.
pub(crate) fn gestation_by_crl(pack: &CrlPack, crl_mm: f64) -> Result<Gestation, Refusal> {
    let instead = if crl_mm > pack.lengths_mm[1] {
        "measure the head circumference"
    } else {
        "scan again later"
    };
    let crl_mm = within_or("crown-rump length", crl_mm, pack.lengths_mm, "mm", instead)?;
    let days = pack.factor * (pack.multiplier * crl_mm).sqrt() + pack.constant;
    let found = Gestation::nearest(days);
    let [from, to] = pack.window_days;
    if (from..=to).contains(&found.0) {
        return Ok(found);
    }
    Err(Refusal::Outside {
        what: format!("the gestation by this length, {found},"),
        low: Gestation(from).to_string(),
        high: Gestation(to).to_string(),
        instead: "",
    })
}
