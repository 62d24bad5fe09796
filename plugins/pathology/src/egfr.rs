//! The estimated glomerular filtration rate of an adult, by the equation that the United Kingdom uses.
//!
//! Invariant: an age or sex that is not known refuses; the equation of 2021 and the term for ethnicity are not in it.

#[cfg(test)]
mod tests;

use sdk::{Failure, Value};

use crate::catalogue::Person;
use sdk::decimal::Decimal;
use sdk::pack::Part;

/// Which of the equation's two sets of coefficients holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    /// Recorded as female.
    Female,
    /// Recorded as male.
    Male,
}

/// What is known of acute kidney injury when the creatinine was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Injury {
    /// The rule for acute kidney injury raises an alert for this creatinine.
    Alert,
    /// It raises none, or there was nothing earlier or nothing fit to compare with: the reader judges.
    NoAlert,
}

/// What the equation looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EgfrInput {
    /// The least and the most completed years that the person can have; None when the date of birth is not known.
    pub(crate) age_years: Option<(u32, u32)>,
    /// None when it is recorded as neither.
    pub(crate) sex: Option<Sex>,
    /// µmol/L.
    pub(crate) creatinine_umol_l: Decimal,
    /// Whether the creatinine is known to be unstable.
    pub(crate) injury: Injury,
}

/// Why there is no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The date of birth is not known, or not well enough to tell the age in years.
    AgeNotKnown,
    /// The person may be below the age from which the equation holds.
    AgeBelow(u32),
    /// Recorded as neither female nor male.
    SexNotKnown,
    /// Creatinine is not above 0.
    NotAboveZero,
    /// The creatinine is not stable.
    AcuteKidneyInjury,
}

/// Coefficients for one sex.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coefficients {
    kappa_mg_dl: f64,
    alpha: f64,
    times: f64,
}

/// What the pack `egfr` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EgfrPack {
    adult_years: u32,
    times: f64,
    exponent_above: f64,
    per_year: f64,
    female: Coefficients,
    male: Coefficients,
    umol_l_in_mg_dl: f64,
    /// Test of the catalogue that the estimate rests on.
    pub(crate) test: String,
    /// Test of the catalogue as which a laboratory reports an estimate of its own.
    pub(crate) reported_as: String,
    /// Units in which creatinine is taken.
    pub(crate) units: Vec<String>,
    /// Where the equation comes from.
    pub(crate) source: String,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

impl EgfrPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("egfr", pack);
        let real = |path: &str| pack.number(path);
        let of_sex = |sex: &str| {
            Ok(Coefficients {
                kappa_mg_dl: real(&format!("/{sex}/kappa_mg_dl"))?,
                alpha: real(&format!("/{sex}/alpha"))?,
                times: real(&format!("/{sex}/times"))?,
            })
        };
        Ok(Self {
            adult_years: pack.whole("/adult_years")?,
            times: real("/times")?,
            exponent_above: real("/exponent_above")?,
            per_year: real("/per_year")?,
            female: of_sex("female")?,
            male: of_sex("male")?,
            umol_l_in_mg_dl: real("/umol_l_in_mg_dl")?,
            test: pack.text("/test")?,
            reported_as: pack.text("/reported_as")?,
            units: pack.texts("/units")?,
            source: pack.text("/source")?,
            unverified: pack.unverified()?,
        })
    }
}

/// Estimated glomerular filtration rate by CKD-EPI 2009, without the term for ethnicity.
///
/// Returns: mL/min/1.73 m², not rounded.
/// Takes: completed years, recorded sex, creatinine in µmol/L by an assay traceable to isotope dilution mass spectrometry.
/// Refuses: age under 18 or not known to be 18 or over, or not known to the year; sex recorded as neither female nor male;
/// creatinine not above 0; an acute kidney injury alert for this creatinine, since the equation needs a stable one.
/// Not for: pregnancy, amputation, extremes of muscle mass, dialysis. The reader screens for these.
/// Source: Levey AS, Stevens LA, Schmid CH, and others. Ann Intern Med 2009;150:604-612; NICE NG203 on ethnicity. The
/// coefficients were not compared with the page. Reviewed: by no clinician yet.
pub(crate) fn egfr(pack: &EgfrPack, it: &EgfrInput) -> Result<f64, Refusal> {
    let (least, most) = it.age_years.ok_or(Refusal::AgeNotKnown)?;
    if least < pack.adult_years {
        return Err(Refusal::AgeBelow(pack.adult_years));
    }
    if least != most {
        return Err(Refusal::AgeNotKnown);
    }
    let sex = it.sex.ok_or(Refusal::SexNotKnown)?;
    if it.creatinine_umol_l <= Decimal::ZERO {
        return Err(Refusal::NotAboveZero);
    }
    match it.injury {
        Injury::Alert => return Err(Refusal::AcuteKidneyInjury),
        Injury::NoAlert => {}
    }
    let of_sex = match sex {
        Sex::Female => pack.female,
        Sex::Male => pack.male,
    };
    let creatinine_mg_dl = it.creatinine_umol_l.real() / pack.umol_l_in_mg_dl;
    let relative = creatinine_mg_dl / of_sex.kappa_mg_dl;
    let below = relative.min(1.0).powf(of_sex.alpha);
    let above = relative.max(1.0).powf(pack.exponent_above);
    Ok(pack.times * below * above * pack.per_year.powf(f64::from(least)) * of_sex.times)
}

impl Sex {
    /// As it is recorded of this person.
    pub(crate) fn of(person: &Person) -> Option<Self> {
        match person.sex.as_deref() {
            Some("female") => Some(Self::Female),
            Some("male") => Some(Self::Male),
            Some(_) | None => None,
        }
    }
}

/// Why the equation did not answer.
pub(crate) fn refusal_text(refusal: Refusal) -> String {
    match refusal {
        Refusal::AgeNotKnown => "the age in years is not known".to_owned(),
        Refusal::AgeBelow(years) => {
            format!("the person is, or may be, under {years}")
        }
        Refusal::SexNotKnown => "sex is recorded as neither female nor male".to_owned(),
        Refusal::NotAboveZero => "creatinine must be above 0".to_owned(),
        Refusal::AcuteKidneyInjury => {
            "acute kidney injury alert, and the equation needs a stable creatinine".to_owned()
        }
    }
}
