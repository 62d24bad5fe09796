//! Gestation by the head circumference of the fetus, where it is too long for the crown-rump length.
//!
//! Invariant: it dates only where the crown-rump length does not, which the caller has to know.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part as Pack;

use crate::gestation::Gestation;
use crate::refusal::{Refusal, within};

/// What the pack `dating` says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeadPack {
    lengths_mm: [f64; 2],
    constant: f64,
    linear: f64,
    square: f64,
    cube: f64,
    crl_high_mm: f64,
}

impl HeadPack {
    /// Reads its part of the pack.
    pub(crate) fn read(pack: Pack<'_>) -> Result<Self, Failure> {
        Ok(Self {
            lengths_mm: [pack.number("/head/low_mm")?, pack.number("/head/high_mm")?],
            constant: pack.number("/head/constant")?,
            linear: pack.number("/head/linear")?,
            square: pack.number("/head/square")?,
            cube: pack.number("/head/cube")?,
            crl_high_mm: pack.number("/crl/high_mm")?,
        })
    }
}

/// Gestation by the head circumference.
///
/// Returns: days to the nearest, of the exponential of a cubic in the circumference, which gives weeks.
/// Takes: mm; the crown-rump length in mm when it was measured too.
/// Refuses: outside 80 to 350 mm; a crown-rump length of 84 mm or less, by which the pregnancy is dated instead.
/// Not for: a pregnancy that a scan has dated already.
/// Source: Altman DG, Chitty LS. Ultrasound Obstet Gynecol 1997;10:174-91. The lengths it holds for are unverified.
/// Reviewed: by no clinician yet.
pub(crate) fn gestation_by_head(
    pack: &HeadPack,
    head_mm: f64,
    crl_mm: Option<f64>,
) -> Result<Gestation, Refusal> {
    if crl_mm.is_some_and(|crl_mm| crl_mm <= pack.crl_high_mm) {
        return Err(Refusal::Settled(format!(
            "a crown-rump length of {} mm or less dates by itself",
            pack.crl_high_mm
        )));
    }
    let x = within("head circumference", head_mm, pack.lengths_mm, "mm")?;
    let log_weeks = pack.constant + pack.linear * x + pack.square * x * x + pack.cube * x * x * x;
    Ok(Gestation::nearest(log_weeks.exp() * 7.0))
}
