//! The power of a lens for cataract surgery by the SRK/T formula, and the refraction that a lens leaves.
//!
//! Invariant: outside what the formula is made for there is no power at all, never a plausible one.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::bounds::Bounds;
use crate::refusal::Refusal;

/// Refractive index of aqueous and vitreous, that of the cornea less one, and the vertex distance in mm.
const AQUEOUS: f64 = 1.336;
const CORNEA_LESS_ONE: f64 = 0.333;
const VERTEX_MM: f64 = 12.0;
/// Power times radius, in dioptres and mm, by which the formula takes a corneal radius.
const DIOPTRE_MM: f64 = 337.5;
/// Up to this length an eye counts as it is, mm.
const LONG_MM: f64 = 24.2;
/// The most that the corneal height can be, mm.
const HEIGHT_MAX_MM: f64 = 5.5;

/// What the pack `biometry` says of lens power.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LensPack {
    /// What an axial length can be.
    pub(crate) axial_length: Bounds,
    radius: Bounds,
    /// What the constant of a lens can be.
    pub(crate) a_constant: Bounds,
    /// What can be aimed at.
    pub(crate) target: Bounds,
    long_eye_factor: f64,
    step_d: f64,
    each_side: u32,
}

impl LensPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        let step_d = pack.number("/lens_step_d")?;
        if step_d <= 0.0 {
            return Err(pack.missing("/lens_step_d", "step above 0"));
        }
        Ok(Self {
            axial_length: Bounds::read(pack, "/axial_length")?,
            radius: Bounds::read(pack, "/corneal_radius")?,
            a_constant: Bounds::read(pack, "/a_constant")?,
            target: Bounds::read(pack, "/target")?,
            long_eye_factor: pack.number("/long_eye_factor")?,
            step_d,
            each_side: pack.whole("/lenses_each_side")?,
        })
    }
}

/// An eye and a lens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LensInput {
    /// Axial length, mm.
    pub(crate) axial_length_mm: f64,
    /// Mean corneal radius, mm.
    pub(crate) radius_mm: f64,
    /// Of the lens.
    pub(crate) a_constant: f64,
    /// The refraction that is aimed at, dioptres at the spectacles.
    pub(crate) target_d: f64,
    /// Whether the cornea had refractive surgery or has ectasia; None when nobody asked.
    pub(crate) is_altered_cornea: Option<bool>,
}

/// One lens and what it leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lens {
    /// Its power, dioptres.
    pub(crate) power_d: f64,
    /// The refraction that is predicted, dioptres at the spectacles.
    pub(crate) predicted_d: f64,
}

/// What the formula answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LensPower {
    /// Power for no refraction at all, dioptres.
    pub(crate) emmetropia_d: f64,
    /// Power for the target, dioptres.
    pub(crate) for_target_d: f64,
    /// Lenses in steps around the one whose prediction is nearest to the target, the strongest first.
    pub(crate) lenses: Vec<Lens>,
    /// Which of them is nearest to the target.
    pub(crate) nearest: usize,
}

/// Power of an intraocular lens by SRK/T.
///
/// Returns: dioptres for emmetropia and for the target, and the lenses around the target with the refraction each is predicted to leave.
/// Takes: mm, mm, the A-constant of the lens, dioptres at the spectacles. Refuses: a measurement, constant or target outside the bounds of the pack;
/// a cornea so small for the eye that its height has no root; a lens position that is not inside the eye; a cornea after refractive surgery
/// or with ectasia, and one of which that is not known.
/// Not for: toric or phakic lenses, silicone oil, lenses in the sulcus; two eyes that differ, which the caller says.
/// Source: Retzlaff JA, Sanders DR, Kraff MC. J Cataract Refract Surg 1990;16:333-40, with the factor 1.716 of the pack (erratum 1.715);
/// not compared with a biometer. Reviewed: nobody yet.
pub(crate) fn srk_t(pack: &LensPack, it: &LensInput) -> Result<LensPower, Refusal> {
    match it.is_altered_cornea {
        None => {
            return Err(Refusal::Contradiction(
                "it is not known whether the cornea had refractive surgery or has ectasia",
            ));
        }
        Some(true) => {
            return Err(Refusal::NotMadeFor(
                "a cornea after refractive surgery, or with ectasia",
            ));
        }
        Some(false) => {}
    }
    pack.axial_length
        .hold("the axial length", it.axial_length_mm)?;
    pack.radius.hold("the mean corneal radius", it.radius_mm)?;
    pack.a_constant.hold("the A-constant", it.a_constant)?;
    pack.target.hold("the target refraction", it.target_d)?;
    let optics = Optics::of(pack, it)?;
    let for_target_d = optics.power_for(it.target_d);
    let nearest_step = (for_target_d / pack.step_d).round();
    let mut lenses: Vec<_> = (0..=2 * pack.each_side)
        .map(|n| {
            let power_d = (nearest_step + f64::from(pack.each_side) - f64::from(n)) * pack.step_d;
            Lens {
                power_d,
                predicted_d: optics.predicted(power_d),
            }
        })
        .collect();
    lenses.retain(|lens| lens.predicted_d.is_finite());
    let off = |lens: &Lens| (lens.predicted_d - it.target_d).abs();
    let nearest = (0..lenses.len())
        .min_by(|one, other| off(&lenses[*one]).total_cmp(&off(&lenses[*other])))
        .ok_or(Refusal::NotMadeFor("no lens is near the target"))?;
    Ok(LensPower {
        emmetropia_d: optics.power_for(0.0),
        for_target_d,
        lenses,
        nearest,
    })
}

/// What of an eye and a lens constant enters the formula of thin lenses.
struct Optics {
    radius_mm: f64,
    /// Optical length and position of the lens, mm.
    length_mm: f64,
    position_mm: f64,
    /// Products of index and radius less what the cornea takes over each of the two distances.
    to_retina: f64,
    to_lens: f64,
}

impl Optics {
    fn of(pack: &LensPack, it: &LensInput) -> Result<Self, Refusal> {
        let (length, radius) = (it.axial_length_mm, it.radius_mm);
        let corrected = if length <= LONG_MM {
            length
        } else {
            -3.446 + pack.long_eye_factor * length - 0.0237 * length * length
        };
        let width = -5.40948 + 0.58412 * corrected + 0.098 * DIOPTRE_MM / radius;
        let root = radius * radius - width * width / 4.0;
        if root < 0.0 {
            return Err(Refusal::NotMadeFor(
                "the cornea is too small for this axial length",
            ));
        }
        let height = (radius - root.sqrt()).min(HEIGHT_MAX_MM);
        let position_mm = height + (0.62467 * it.a_constant - 68.74709) - 3.3357;
        let length_mm = length + 0.65696 - 0.02029 * length;
        let optics = Self {
            radius_mm: radius,
            length_mm,
            position_mm,
            to_retina: AQUEOUS * radius - CORNEA_LESS_ONE * length_mm,
            to_lens: AQUEOUS * radius - CORNEA_LESS_ONE * position_mm,
        };
        let is_inside = position_mm > 0.0 && position_mm < length_mm && optics.to_lens > 0.0;
        is_inside
            .then_some(optics)
            .ok_or(Refusal::NotMadeFor("the lens would not be inside the eye"))
    }

    /// The power that leaves this refraction.
    fn power_for(&self, refraction_d: f64) -> f64 {
        let at_spectacles = |through: f64, distance: f64| {
            through - 0.001 * refraction_d * (VERTEX_MM * through + distance * self.radius_mm)
        };
        1000.0 * AQUEOUS * at_spectacles(self.to_retina, self.length_mm)
            / ((self.length_mm - self.position_mm) * at_spectacles(self.to_lens, self.position_mm))
    }

    /// The refraction that this power leaves.
    fn predicted(&self, power_d: f64) -> f64 {
        let behind_mm = self.length_mm - self.position_mm;
        let over = 1000.0 * AQUEOUS * self.to_retina - power_d * behind_mm * self.to_lens;
        let under = AQUEOUS * (VERTEX_MM * self.to_retina + self.length_mm * self.radius_mm)
            - 0.001
                * power_d
                * behind_mm
                * (VERTEX_MM * self.to_lens + self.position_mm * self.radius_mm);
        over / under
    }
}
