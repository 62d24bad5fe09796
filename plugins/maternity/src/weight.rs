//! Estimated fetal weight, by three formulas that are never taken for one another.
//!
//! Invariant: an estimate carries the formula it was made by.

#[cfg(test)]
pub(crate) mod tests;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::refusal::{Refusal, recorded, within};

/// What the pack `growth` says of weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WeightPack {
    plausible: [(&'static str, [f64; 2]); 4],
    hadlock_3: [f64; 5],
    hadlock_4: [f64; 6],
    intergrowth: [f64; 4],
}

impl WeightPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("growth", pack);
        let number = |path: &str| pack.number(path);
        let ends = |path: &str| pack.numbers(&format!("/plausible_cm/{path}"));
        Ok(Self {
            plausible: [
                ("head circumference", ends("hc")?),
                ("abdominal circumference", ends("ac")?),
                ("femur length", ends("fl")?),
                ("biparietal diameter", ends("bpd")?),
            ],
            hadlock_3: [
                number("/hadlock_3/constant")?,
                number("/hadlock_3/ac_fl")?,
                number("/hadlock_3/hc")?,
                number("/hadlock_3/ac")?,
                number("/hadlock_3/fl")?,
            ],
            hadlock_4: [
                number("/hadlock_4/constant")?,
                number("/hadlock_4/ac_fl")?,
                number("/hadlock_4/hc")?,
                number("/hadlock_4/bpd_ac")?,
                number("/hadlock_4/ac")?,
                number("/hadlock_4/fl")?,
            ],
            intergrowth: [
                number("/intergrowth/constant")?,
                number("/intergrowth/ac3")?,
                number("/intergrowth/ac3_ln_ac")?,
                number("/intergrowth/hc")?,
            ],
        })
    }
}

/// A formula for the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Formula {
    /// Hadlock, of head, abdomen and femur.
    Hadlock3,
    /// Hadlock, of these and the biparietal diameter.
    Hadlock4,
    /// INTERGROWTH-21st, of head and abdomen.
    Intergrowth,
}

impl Formula {
    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Hadlock3 => "Hadlock (head, abdomen, femur)",
            Self::Hadlock4 => "Hadlock (head, abdomen, femur, biparietal)",
            Self::Intergrowth => "INTERGROWTH-21st (head, abdomen)",
        }
    }
}

/// What was measured in one fetus.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Biometry {
    /// Head circumference.
    pub(crate) hc_cm: Option<f64>,
    /// Abdominal circumference.
    pub(crate) ac_cm: Option<f64>,
    /// Femur length.
    pub(crate) fl_cm: Option<f64>,
    /// Biparietal diameter.
    pub(crate) bpd_cm: Option<f64>,
}

/// An estimated weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// Grams.
    pub(crate) grams: f64,
    /// By which formula.
    pub(crate) formula: Formula,
}

/// Estimated fetal weight.
///
/// Returns: grams, with the formula.
/// Takes: cm of head and abdominal circumference, femur length and biparietal diameter, those that the formula uses.
/// Refuses: a length that the formula uses and nobody measured; one far outside those of a fetus, as millimetres are.
/// Not for: multiple pregnancy charts, or a fetus with an abnormal abdomen or limbs.
/// Source: Hadlock FP et al. Am J Obstet Gynecol 1985;151:333-7; INTERGROWTH-21st, Stirnemann J et al. Ultrasound Obstet
/// Gynecol 2017;49:478-86; as held by several independent copies. Reviewed: by no clinician yet.
pub(crate) fn estimated_weight(
    pack: &WeightPack,
    formula: Formula,
    it: &Biometry,
) -> Result<Estimate, Refusal> {
    let measured = |value: Option<f64>, at: usize| {
        let (what, ends) = pack.plausible[at];
        within(what, recorded(what, value)?, ends, "cm")
    };
    let (hc, ac) = (measured(it.hc_cm, 0)?, measured(it.ac_cm, 1)?);
    let grams = match formula {
        Formula::Hadlock3 => {
            let fl = measured(it.fl_cm, 2)?;
            let [constant, of_ac_fl, of_hc, of_ac, of_fl] = pack.hadlock_3;
            let log = constant + of_ac_fl * ac * fl + of_hc * hc + of_ac * ac + of_fl * fl;
            10_f64.powf(log)
        }
        Formula::Hadlock4 => {
            let (fl, bpd) = (measured(it.fl_cm, 2)?, measured(it.bpd_cm, 3)?);
            let [constant, of_ac_fl, of_hc, of_bpd_ac, of_ac, of_fl] = pack.hadlock_4;
            let log = constant + of_ac_fl * ac * fl + of_hc * hc + of_bpd_ac * bpd * ac;
            10_f64.powf(log + of_ac * ac + of_fl * fl)
        }
        Formula::Intergrowth => {
            let [constant, of_ac, of_ac_log, of_hc] = pack.intergrowth;
            let (ac, hc) = (ac / 100.0, hc / 100.0);
            let cubed = ac * ac * ac;
            let log = constant + of_ac * cubed + of_ac_log * cubed * ac.ln();
            (log + of_hc * hc).exp()
        }
    };
    Ok(Estimate { grams, formula })
}
