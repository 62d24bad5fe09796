//! The curvature of a cornea, measured in two meridians, as radius and as power.
//!
//! Invariant: radius and power are one measurement; which of the two was typed is said and never guessed.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::bounds::Bounds;
use crate::refusal::Refusal;
use crate::typed::typed;

/// What the pack `biometry` says of corneas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CorneaPack {
    radius: Bounds,
    power: Bounds,
    /// Dioptres times millimetres: 1000 times the keratometric index less one.
    dioptre_mm: f64,
}

impl CorneaPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            radius: Bounds::read(pack, "/corneal_radius")?,
            power: Bounds::read(pack, "/corneal_power")?,
            dioptre_mm: (pack.number("/keratometric_index")? - 1.0) * 1000.0,
        })
    }
}

/// In what a curvature was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Radius, mm.
    Radius,
    /// Power, dioptres.
    Power,
}

impl Measure {
    /// `mm` or `D`.
    ///
    /// # Errors
    /// `NotRecorded` for anything else.
    pub(crate) fn of(text: Option<&str>) -> Result<Self, Refusal> {
        match text {
            Some("mm") => Ok(Self::Radius),
            Some("D") => Ok(Self::Power),
            Some(_) | None => Err(Refusal::NotRecorded("the unit of the keratometry")),
        }
    }

    /// Its unit.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Radius => "mm",
            Self::Power => "D",
        }
    }
}

/// Two meridians as they were typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KeratometryInput<'a> {
    /// In what.
    pub(crate) measure: Measure,
    /// One meridian.
    pub(crate) one: Option<&'a str>,
    /// The other.
    pub(crate) other: Option<&'a str>,
}

/// A cornea.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cornea {
    /// Of the flatter meridian, mm.
    pub(crate) flat_mm: f64,
    /// Of the steeper meridian, mm.
    pub(crate) steep_mm: f64,
    dioptre_mm: f64,
}

/// Keratometry of one eye.
///
/// Returns: flat and steep radius; their mean, which the formula for a lens takes; the power of each, 337.5 / radius with the
/// keratometric index 1.3375; and the corneal cylinder, steep less flat.
/// Takes: two meridians in mm or in dioptres, the unit said. Refuses: one meridian alone; another unit; what is outside the bounds of the
/// pack, as a radius typed as a power is.
/// Not for: a cornea after refractive surgery or with keratoconus; total corneal power.
/// Source: definition of the keratometric index; bounds unverified. Reviewed: nobody yet.
pub(crate) fn keratometry(pack: &CorneaPack, it: &KeratometryInput<'_>) -> Result<Cornea, Refusal> {
    let radius = |text: Option<&str>| match it.measure {
        Measure::Radius => {
            let what = "the corneal radius";
            let typed = typed(what, text.ok_or(Refusal::NotRecorded(what))?, &["mm"])?;
            pack.radius.hold(what, typed.value)
        }
        Measure::Power => {
            let what = "the corneal power";
            let typed = typed(what, text.ok_or(Refusal::NotRecorded(what))?, &["D"])?;
            Ok(pack.dioptre_mm / pack.power.hold(what, typed.value)?)
        }
    };
    let (one, other) = (radius(it.one)?, radius(it.other)?);
    Ok(Cornea {
        flat_mm: one.max(other),
        steep_mm: one.min(other),
        dioptre_mm: pack.dioptre_mm,
    })
}

impl Cornea {
    /// Mean of the two radii, mm.
    pub(crate) fn radius_mm(self) -> f64 {
        f64::midpoint(self.flat_mm, self.steep_mm)
    }

    /// Power of the flat and of the steep meridian, dioptres.
    pub(crate) fn powers_d(self) -> (f64, f64) {
        (
            self.dioptre_mm / self.flat_mm,
            self.dioptre_mm / self.steep_mm,
        )
    }

    /// Steep less flat, dioptres; never negative.
    pub(crate) fn cylinder_d(self) -> f64 {
        let (flat, steep) = self.powers_d();
        steep - flat
    }
}
