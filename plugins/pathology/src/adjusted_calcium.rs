//! Calcium as it would be at a usual albumin, by the regression of the laboratory that measured it.
//!
//! Invariant: the regression is data, and the one used is named; a laboratory's own wins over the published one.

#[cfg(test)]
mod tests;

use sdk::{Failure, Value};

use sdk::decimal::Decimal;
use sdk::pack::Part;

/// How calcium follows albumin in one laboratory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Regression {
    /// ODS code of the laboratory whose own it is; None for the one that holds where there is no other.
    pub(crate) laboratory: Option<String>,
    /// mmol/L of calcium for each g/L of albumin.
    pub(crate) times: Decimal,
    /// The albumin to which it is adjusted, in g/L.
    pub(crate) albumin_g_l: Decimal,
    /// Who says so.
    pub(crate) source: String,
}

/// What the pack `adjusted-calcium` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CalciumPack {
    /// Each laboratory's own, and the one for the others.
    pub(crate) regressions: Vec<Regression>,
    /// Decimal places in which it is shown.
    pub(crate) places: u32,
    /// Test of the catalogue that is adjusted.
    pub(crate) calcium: String,
    /// Test of the catalogue that it is adjusted for.
    pub(crate) albumin: String,
    /// Test of the catalogue as which a laboratory reports its own.
    pub(crate) reported_as: String,
    /// Units in which calcium is taken.
    pub(crate) calcium_units: Vec<String>,
    /// Units in which albumin is taken.
    pub(crate) albumin_units: Vec<String>,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

/// What is measured in one specimen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CalciumInput {
    /// Total calcium in mmol/L.
    pub(crate) calcium_mmol_l: Decimal,
    /// Albumin in g/L.
    pub(crate) albumin_g_l: Decimal,
}

/// Why there is no adjusted calcium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Calcium is not above 0.
    CalciumNotAboveZero,
    /// Albumin is not above 0.
    AlbuminNotAboveZero,
    /// A number that no laboratory reports.
    TooLarge,
}

impl CalciumPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("adjusted-calcium", pack);
        Ok(Self {
            regressions: pack.each("/regressions", |it| {
                Ok(Regression {
                    laboratory: it.text_or_none("/laboratory")?,
                    times: it.decimal("/times")?,
                    albumin_g_l: it.decimal("/albumin_g_l")?,
                    source: it.text("/source")?,
                })
            })?,
            places: pack.whole("/places")?,
            calcium: pack.text("/calcium")?,
            albumin: pack.text("/albumin")?,
            reported_as: pack.text("/reported_as")?,
            calcium_units: pack.texts("/calcium_units")?,
            albumin_units: pack.texts("/albumin_units")?,
            unverified: pack.unverified()?,
        })
    }

    /// The regression for results of a laboratory: its own, else the one that names none.
    pub(crate) fn regression(&self, laboratory: Option<&str>) -> Option<&Regression> {
        let own = |it: &&Regression| laboratory.is_some() && it.laboratory.as_deref() == laboratory;
        let general = |it: &&Regression| it.laboratory.is_none();
        let mut all = self.regressions.iter();
        all.clone().find(own).or_else(|| all.find(general))
    }
}

/// Calcium adjusted for albumin.
///
/// Returns: mmol/L, exact.
/// Takes: total calcium in mmol/L and albumin in g/L of one specimen, the regression of the laboratory that measured them.
/// Refuses: calcium or albumin not above 0.
/// Not for: critical illness, myeloma, disorders of acid and base, an albumin far from usual: measure ionised calcium there.
/// Source: Payne RB, Little AJ, Williams RB, Milner JR. BMJ 1973;4:643-646; the slope and albumin of the laboratory.
/// Reviewed: by no clinician yet.
pub(crate) fn adjusted_calcium(
    regression: &Regression,
    it: &CalciumInput,
) -> Result<Decimal, Refusal> {
    if it.calcium_mmol_l <= Decimal::ZERO {
        return Err(Refusal::CalciumNotAboveZero);
    }
    if it.albumin_g_l <= Decimal::ZERO {
        return Err(Refusal::AlbuminNotAboveZero);
    }
    let away = regression.albumin_g_l.minus(it.albumin_g_l);
    let adjustment = regression.times.times(away).ok_or(Refusal::TooLarge)?;
    Ok(it.calcium_mmol_l.plus(adjustment))
}

/// Why the rule did not answer.
pub(crate) fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::CalciumNotAboveZero => "calcium must be above 0",
        Refusal::AlbuminNotAboveZero => "albumin must be above 0",
        Refusal::TooLarge => "calcium or albumin is not a number that a laboratory reports",
    }
}
