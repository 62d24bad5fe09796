//! Grade of diabetic retinopathy and maculopathy of one eye, from the signs that were looked for.
//!
//! Invariant: a sign that was not looked for is not absent; a lower grade needs every sign of the higher ones seen to be absent.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::acuity::Acuity;

/// A sign, with the grade that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// New vessels at the disc.
    NewVesselsDisc,
    /// New vessels elsewhere.
    NewVesselsElsewhere,
    /// Pre-retinal or vitreous haemorrhage.
    Haemorrhage,
    /// Fibrosis or tractional detachment.
    Fibrosis,
    /// Venous beading.
    VenousBeading,
    /// Venous reduplication.
    VenousReduplication,
    /// Multiple blot haemorrhages.
    MultipleBlots,
    /// Intraretinal microvascular abnormality.
    Irma,
    /// Microaneurysms, haemorrhages, exudates: background retinopathy.
    Background,
    /// Exudate within one disc diameter of the fovea.
    ExudateNearFovea,
    /// A group of exudates within the macula.
    ExudateGroup,
    /// Thickening within one disc diameter of the fovea.
    Thickening,
    /// Microaneurysm or haemorrhage within one disc diameter of the fovea.
    HaemorrhageNearFovea,
}

impl Sign {
    /// In the order in which they are asked: the gravest first, then the macula.
    pub(crate) const ALL: [Self; 13] = [
        Self::NewVesselsDisc,
        Self::NewVesselsElsewhere,
        Self::Haemorrhage,
        Self::Fibrosis,
        Self::VenousBeading,
        Self::VenousReduplication,
        Self::MultipleBlots,
        Self::Irma,
        Self::Background,
        Self::ExudateNearFovea,
        Self::ExudateGroup,
        Self::Thickening,
        Self::HaemorrhageNearFovea,
    ];
    const R3A: [Self; 4] = [
        Self::NewVesselsDisc,
        Self::NewVesselsElsewhere,
        Self::Haemorrhage,
        Self::Fibrosis,
    ];
    const R2: [Self; 4] = [
        Self::VenousBeading,
        Self::VenousReduplication,
        Self::MultipleBlots,
        Self::Irma,
    ];
    /// What makes M1 whatever the acuity.
    const M1: [Self; 3] = [Self::ExudateNearFovea, Self::ExudateGroup, Self::Thickening];

    /// The name of its field, and its code in the record.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NewVesselsDisc => "nvd",
            Self::NewVesselsElsewhere => "nve",
            Self::Haemorrhage => "pre-retinal-or-vitreous-haemorrhage",
            Self::Fibrosis => "fibrosis-or-traction",
            Self::VenousBeading => "venous-beading",
            Self::VenousReduplication => "venous-reduplication",
            Self::MultipleBlots => "multiple-blots",
            Self::Irma => "irma",
            Self::Background => "background",
            Self::ExudateNearFovea => "exudate-within-1dd",
            Self::ExudateGroup => "exudate-group",
            Self::Thickening => "thickening-within-1dd",
            Self::HaemorrhageNearFovea => "haemorrhage-within-1dd",
        }
    }

    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::NewVesselsDisc => "New vessels at the disc",
            Self::NewVesselsElsewhere => "New vessels elsewhere",
            Self::Haemorrhage => "Pre-retinal or vitreous haemorrhage",
            Self::Fibrosis => "Fibrosis or tractional detachment",
            Self::VenousBeading => "Venous beading",
            Self::VenousReduplication => "Venous reduplication",
            Self::MultipleBlots => "Multiple blot haemorrhages",
            Self::Irma => "Intraretinal microvascular abnormality",
            Self::Background => "Microaneurysms, haemorrhages or exudates",
            Self::ExudateNearFovea => "Exudate within 1 DD of the fovea",
            Self::ExudateGroup => "Group of exudates within the macula",
            Self::Thickening => "Thickening within 1 DD of the fovea",
            Self::HaemorrhageNearFovea => "Microaneurysm or haemorrhage within 1 DD of the fovea",
        }
    }
}

/// Grade of the retina.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Retina {
    /// No retinopathy.
    R0,
    /// Background.
    R1,
    /// Pre-proliferative.
    R2,
    /// Proliferative, treated and stable.
    R3S,
    /// Proliferative, active.
    R3A,
    /// Cannot be graded.
    U,
}

impl Retina {
    /// `R3A`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::R0 => "R0",
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3S => "R3S",
            Self::R3A => "R3A",
            Self::U => "U",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::R0 => "No retinopathy",
            Self::R1 => "Background",
            Self::R2 => "Pre-proliferative",
            Self::R3S => "Proliferative, treated and stable",
            Self::R3A => "Proliferative, active",
            Self::U => "Cannot be graded",
        }
    }
}

/// Grade of the macula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Macula {
    /// No maculopathy.
    M0,
    /// Maculopathy.
    M1,
    /// Cannot be graded.
    U,
}

impl Macula {
    /// `M1`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::M0 => "M0",
            Self::M1 => "M1",
            Self::U => "U",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::M0 => "No maculopathy",
            Self::M1 => "Maculopathy",
            Self::U => "Cannot be graded",
        }
    }
}

/// What the pack `retinopathy` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GradingPack {
    /// With so many letters or fewer, microaneurysms near the fovea make maculopathy: 6/12.
    letters_at_most: f64,
    /// So many days old an acuity may be to decide a grade.
    pub(crate) acuity_days: u32,
    /// Weeks to the next appointment by grade.
    weeks: Vec<(String, u32)>,
    /// What nobody compared with its source.
    pub(crate) unverified: Vec<String>,
}

impl GradingPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            letters_at_most: pack.number("/best_letters_at_most")?,
            acuity_days: pack.whole("/acuity_within_days")?,
            weeks: pack.each("/weeks", |it| Ok((it.text("/grade")?, it.whole("/weeks")?)))?,
            unverified: pack.unverified()?,
        })
    }

    /// Weeks to the next appointment, the soonest of both grades; None where the pack has neither.
    pub(crate) fn weeks(&self, grade: &Grade) -> Option<u32> {
        let of = |code: &str| {
            self.weeks
                .iter()
                .find(|(grade, _)| grade == code)
                .map(|(_, weeks)| *weeks)
        };
        let retina = grade.retina.as_ref().ok().and_then(|it| of(it.code()));
        let macula = grade.macula.as_ref().ok().and_then(|it| of(it.code()));
        retina.into_iter().chain(macula).min()
    }
}

/// What was found in one eye.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GradingInput {
    /// Whether the retina could be seen well enough; None when that is not recorded.
    pub(crate) is_gradable: Option<bool>,
    /// Signs that were looked for: whether each was seen. What is missing here was not looked for.
    pub(crate) signs: Vec<(Sign, bool)>,
    /// Whether there was laser for proliferative retinopathy or the like, and whether it is stable.
    pub(crate) is_treated: Option<bool>,
    /// See `is_treated`.
    pub(crate) is_stable: Option<bool>,
    /// The best acuity of this eye; None when it is not recorded.
    pub(crate) best: Option<Acuity>,
}

/// What decides a grade, or what is missing for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grade {
    /// Of the retina, or what is not recorded.
    pub(crate) retina: Result<Retina, Vec<&'static str>>,
    /// Of the macula, or what is not recorded.
    pub(crate) macula: Result<Macula, Vec<&'static str>>,
}

/// Grade of diabetic retinopathy and of maculopathy.
///
/// Returns: R0, R1, R2, R3A, R3S or U and M0, M1 or U, each by itself; for each that cannot be told, what is not recorded.
/// Takes: each sign as seen, looked for and not seen, or not looked for; treatment; the best acuity of the eye. M1 by microaneurysm or
/// haemorrhage alone only with a best acuity of 6/12 or worse, counted in whole letters; low vision is worse.
/// Refuses: R2 or lower while a sign of R3A was not looked for, R1 or lower while one of R2 was not, and so on; stable without
/// treatment recorded; M0 while a sign of the macula was not looked for or the acuity that would decide is not recorded.
/// Not for: pregnancy, other causes of maculopathy, grading by two graders and arbitration.
/// Source: grades of the NHS Diabetic Eye Screening Programme as OpenEyes seeds them; weeks are its seed, unverified. Reviewed: nobody yet.
pub(crate) fn grade(pack: &GradingPack, it: &GradingInput) -> Grade {
    match it.is_gradable {
        Some(true) => Grade {
            retina: retina(it),
            macula: macula(pack, it),
        },
        // What was seen through a poor view still counts; what was not seen does not.
        Some(false) => Grade {
            retina: Ok(if it.seen(&Sign::R3A) {
                Retina::R3A
            } else {
                Retina::U
            }),
            macula: Ok(if it.seen(&Sign::M1) {
                Macula::M1
            } else {
                Macula::U
            }),
        },
        None => Grade {
            retina: Err(vec!["Whether the retina can be graded"]),
            macula: Err(vec!["Whether the retina can be graded"]),
        },
    }
}

impl GradingInput {
    fn sign(&self, sign: Sign) -> Option<bool> {
        let found = self.signs.iter().find(|(of, _)| *of == sign);
        found.map(|(_, seen)| *seen)
    }

    fn seen(&self, any_of: &[Sign]) -> bool {
        any_of.iter().any(|sign| self.sign(*sign) == Some(true))
    }

    fn not_looked_for(&self, of: &[Sign]) -> Vec<&'static str> {
        let missing = of.iter().filter(|sign| self.sign(**sign).is_none());
        missing.map(|sign| sign.words()).collect()
    }
}

fn retina(it: &GradingInput) -> Result<Retina, Vec<&'static str>> {
    if it.seen(&Sign::R3A) {
        return Ok(Retina::R3A);
    }
    let mut missing = it.not_looked_for(&Sign::R3A);
    match (it.is_treated, it.is_stable) {
        (Some(true), Some(true)) if missing.is_empty() => return Ok(Retina::R3S),
        (Some(true), Some(true)) | (Some(false), _) => {}
        (Some(true), None) => missing.push("Whether the treated retinopathy is stable"),
        (Some(true), Some(false)) => missing.push("Which sign is active, since it is not stable"),
        (None, _) => missing.push("Whether proliferative retinopathy was treated"),
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    for (signs, grade) in [
        (&Sign::R2[..], Retina::R2),
        (&[Sign::Background], Retina::R1),
    ] {
        if it.seen(signs) {
            return Ok(grade);
        }
        let missing = it.not_looked_for(signs);
        if !missing.is_empty() {
            return Err(missing);
        }
    }
    Ok(Retina::R0)
}

fn macula(pack: &GradingPack, it: &GradingInput) -> Result<Macula, Vec<&'static str>> {
    if it.seen(&Sign::M1) {
        return Ok(Macula::M1);
    }
    let mut missing = it.not_looked_for(&Sign::M1);
    let is_poor = it.best.map(|best| {
        let letters = best.letters();
        letters.is_none_or(|letters| letters <= pack.letters_at_most)
    });
    match (it.sign(Sign::HaemorrhageNearFovea), is_poor) {
        (Some(true), Some(true)) => return Ok(Macula::M1),
        (Some(true), None) => missing.push("Best visual acuity of this eye"),
        (None, Some(true) | None) => missing.push(Sign::HaemorrhageNearFovea.words()),
        (Some(false), _) | (_, Some(false)) => {}
    }
    if missing.is_empty() {
        Ok(Macula::M0)
    } else {
        Err(missing)
    }
}
