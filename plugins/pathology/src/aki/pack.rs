//! The AKI pack as the rule uses it: thresholds, codes and units, read once a call.
//!
//! Invariant: a pack that lacks a part is a failure that names the part; no threshold has a value in code.

use sdk::{Failure, Value};

use sdk::decimal::Decimal;
use sdk::pack::Part;

/// What the pack `aki` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AkiPack {
    /// From this ratio on it is AKI 1.
    pub ratio_1: Decimal,
    /// From this ratio on it is AKI 2.
    pub ratio_2: Decimal,
    /// From this ratio on it is AKI 3.
    pub ratio_3: Decimal,
    /// From this age on the rule for adults holds, in years.
    pub(crate) adult_years: u32,
    /// Above this it is AKI 3 in an adult whose ratio is that of AKI, in µmol/L.
    pub(crate) adult_above: Decimal,
    /// Above so many upper reference limits it is AKI 3 in a child whose ratio is that of AKI.
    pub(crate) child_times_limit: Decimal,
    /// A rise above this is AKI 1, in µmol/L.
    pub(crate) difference_above: Decimal,
    /// Within so many hours.
    pub(crate) difference_hours: u32,
    /// RV1 is the lowest of so many days.
    pub(crate) lowest_days: u32,
    /// RV2 is the median of what is older than that, to so many days.
    pub(crate) median_days: u32,
    /// How soon each stage is to be reviewed.
    pub(crate) reviews: Vec<Review>,
    /// Codes of a creatinine result: system and code.
    pub(crate) codes: Vec<(String, String)>,
    /// Each unit, and µmol/L in one of it.
    pub(crate) units: Vec<(String, Decimal)>,
    /// What of it nobody compared with the source; empty when all was.
    pub(crate) unverified: Vec<String>,
}

/// How soon a stage is to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Review {
    /// 1, 2 or 3.
    pub(crate) stage: u32,
    /// In somebody acutely ill or in hospital.
    pub(crate) acute_hours: u32,
    /// In somebody stable outside hospital.
    pub(crate) stable_hours: u32,
    /// Who says so.
    pub(crate) source: String,
}

impl AkiPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("aki", pack);
        Ok(Self {
            ratio_1: pack.decimal("/ratio/stage_1")?,
            ratio_2: pack.decimal("/ratio/stage_2")?,
            ratio_3: pack.decimal("/ratio/stage_3")?,
            adult_years: pack.whole("/adult_years")?,
            adult_above: pack.decimal("/adult_stage_3_above_umol_l")?,
            child_times_limit: pack.decimal("/child_stage_3_above_times_upper_limit")?,
            difference_above: pack.decimal("/difference/above_umol_l")?,
            difference_hours: pack.whole("/difference/within_hours")?,
            lowest_days: pack.whole("/lowest_within_days")?,
            median_days: pack.whole("/median_within_days")?,
            reviews: pack.each("/review_hours", |it| {
                Ok(Review {
                    stage: it.whole("/stage")?,
                    acute_hours: it.whole("/acute")?,
                    stable_hours: it.whole("/stable")?,
                    source: it.text("/source")?,
                })
            })?,
            codes: pack.each("/codes", |it| Ok((it.text("/system")?, it.text("/code")?)))?,
            units: pack.each("/units", |it| {
                Ok((it.text("/unit")?, it.decimal("/umol_l")?))
            })?,
            unverified: pack.unverified()?,
        })
    }

    /// How many µmol/L one of this unit is; None for a unit that the pack does not know.
    pub(crate) fn umol_l_in(&self, unit: &str) -> Option<Decimal> {
        self.units
            .iter()
            .find(|(known, _)| known == unit)
            .map(|(_, factor)| *factor)
    }

    /// A search parameter's value with every code of a creatinine result.
    pub(crate) fn code_query(&self) -> String {
        let each: Vec<_> = self
            .codes
            .iter()
            .map(|(system, code)| format!("{system}|{code}"))
            .collect();
        each.join(",")
    }
}
