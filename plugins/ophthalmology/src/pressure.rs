//! Intraocular pressure and corneal thickness as they are entered.
//!
//! Invariant: what was measured is never corrected; a value that cannot be is refused and not rounded into one that can.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::bounds::Bounds;
use crate::refusal::Refusal;
use crate::typed::{Typed, typed};

/// What the pack `pressure` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PressurePack {
    bounds: Bounds,
    /// From here on a pressure is called raised, in mmHg.
    raised_from: f64,
    thickness: Bounds,
    /// Code and words of each instrument.
    pub(crate) instruments: Vec<(String, String)>,
    /// What nobody compared with a source.
    pub(crate) unverified: Vec<String>,
}

impl PressurePack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            bounds: Bounds::read(pack, "/pressure")?,
            raised_from: pack.number("/raised_from_mmhg")?,
            thickness: Bounds::read(pack, "/corneal_thickness")?,
            instruments: pack.each("/instruments", |it| {
                Ok((it.text("/code")?, it.text("/words")?))
            })?,
            unverified: pack.unverified()?,
        })
    }
}

/// A pressure that can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pressure {
    /// As typed, in mmHg.
    pub(crate) mmhg: Typed,
    /// Whether it is called raised.
    pub(crate) is_raised: bool,
}

/// An intraocular pressure as it was typed.
///
/// Returns: mmHg with the digits that were typed, and whether the pack calls it raised.
/// Takes: a plain number, in mmHg or with that unit. Refuses: any other unit, kPa too, which is not converted in silence; what is
/// no number; what is outside the bounds of the pack.
/// Not for: correction by corneal thickness; one reading is no diagnosis.
/// Source: bounds are those of common tonometers and the level of referral is NICE NG81, both unverified. Reviewed: nobody yet.
pub(crate) fn pressure(pack: &PressurePack, text: &str) -> Result<Pressure, Refusal> {
    let mmhg = typed("the pressure", text, &["mmHg", "mm[Hg]"])?;
    let value = pack.bounds.hold("the pressure", mmhg.value)?;
    Ok(Pressure {
        is_raised: value >= pack.raised_from,
        mmhg,
    })
}

/// A corneal thickness as it was typed, in micrometres.
///
/// # Errors
/// Another unit, what is no number, what is outside the bounds of the pack.
pub(crate) fn thickness(pack: &PressurePack, text: &str) -> Result<Typed, Refusal> {
    let found = typed("the corneal thickness", text, &["µm", "um", "μm"])?;
    pack.thickness.hold("the corneal thickness", found.value)?;
    Ok(found)
}
