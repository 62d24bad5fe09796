//! Where an estimated weight stands on the chart that belongs to its formula, and the curves of that chart.
//!
//! Invariant: a weight by one formula has no centile on the chart of another.

#[cfg(test)]
mod tests;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::gestation::Gestation;
use crate::refusal::{Refusal, within};
use crate::weight::{Estimate, Formula};

/// What the pack `growth` says of charts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartPack {
    intergrowth: Intergrowth,
    hadlock: Hadlock,
    /// Curves that are drawn: label, standard score, stroke.
    pub(crate) curves: Vec<(String, f64, String)>,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Intergrowth {
    title: String,
    weeks: [f64; 2],
    lambda: [f64; 3],
    mu: [f64; 3],
    sigma: [f64; 3],
}

#[derive(Debug, Clone, PartialEq)]
struct Hadlock {
    title: String,
    weeks: [f64; 2],
    constant: f64,
    linear: f64,
    square: f64,
    deviation: f64,
}

impl ChartPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("growth", pack);
        let weeks = |chart: &str| -> Result<[f64; 2], Failure> {
            Ok([
                pack.number(&format!("/{chart}/from_weeks"))?,
                pack.number(&format!("/{chart}/to_weeks"))?,
            ])
        };
        Ok(Self {
            intergrowth: Intergrowth {
                title: pack.text("/chart_intergrowth/title")?,
                weeks: weeks("chart_intergrowth")?,
                lambda: pack.numbers("/chart_intergrowth/lambda")?,
                mu: pack.numbers("/chart_intergrowth/mu")?,
                sigma: pack.numbers("/chart_intergrowth/sigma")?,
            },
            hadlock: Hadlock {
                title: pack.text("/chart_hadlock/title")?,
                weeks: weeks("chart_hadlock")?,
                constant: pack.number("/chart_hadlock/constant")?,
                linear: pack.number("/chart_hadlock/linear")?,
                square: pack.number("/chart_hadlock/square")?,
                deviation: pack.number("/chart_hadlock/deviation")?,
            },
            curves: pack.each("/curves", |it| {
                Ok((it.text("/label")?, it.number("/z")?, it.text("/line")?))
            })?,
            unverified: pack.texts("/unverified")?,
        })
    }

    /// Whose curves these are.
    pub(crate) fn title(&self, chart: Chart) -> &str {
        match chart {
            Chart::Intergrowth => &self.intergrowth.title,
            Chart::Hadlock => &self.hadlock.title,
        }
    }

    /// The weeks that a chart has.
    pub(crate) fn weeks(&self, chart: Chart) -> [f64; 2] {
        match chart {
            Chart::Intergrowth => self.intergrowth.weeks,
            Chart::Hadlock => self.hadlock.weeks,
        }
    }
}

/// A chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chart {
    /// INTERGROWTH-21st.
    Intergrowth,
    /// Hadlock 1991.
    Hadlock,
}

impl Chart {
    /// The setting's word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "intergrowth" => Some(Self::Intergrowth),
            "hadlock" => Some(Self::Hadlock),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Intergrowth => "INTERGROWTH-21st",
            Self::Hadlock => "Hadlock 1991",
        }
    }

    /// Whether a weight by this formula may be put on it.
    pub(crate) fn takes(self, formula: Formula) -> bool {
        match (self, formula) {
            (Self::Intergrowth, Formula::Intergrowth)
            | (Self::Hadlock, Formula::Hadlock3 | Formula::Hadlock4) => true,
            (Self::Intergrowth, Formula::Hadlock3 | Formula::Hadlock4)
            | (Self::Hadlock, Formula::Intergrowth) => false,
        }
    }
}

/// Where an estimated weight stands on its chart.
///
/// Returns: the centile, 0 to 100, not rounded.
/// Takes: grams with their formula; gestation in days.
/// Refuses: a chart that belongs to another formula; a gestation outside the weeks of the chart; a weight not above 0.
/// Not for: customised charts, which are proprietary and not here.
/// Source: INTERGROWTH-21st, Stirnemann J et al. Ultrasound Obstet Gynecol 2017;49:478-86 (lambda -4.257629); Hadlock FP et
/// al. Radiology 1991;181:129-33, standard deviation 12.7 %. Reviewed: by no clinician yet.
pub(crate) fn weight_centile(
    pack: &ChartPack,
    chart: Chart,
    weight: &Estimate,
    at: Gestation,
) -> Result<f64, Refusal> {
    if !chart.takes(weight.formula) {
        return Err(Refusal::Mixed {
            weight: weight.formula.words(),
            chart: chart.words(),
        });
    }
    let weeks = within("gestation", at.weeks(), pack.weeks(chart), "weeks")?;
    let grams = within("weight", weight.grams, [1.0, 10_000.0], "g")?;
    let z = match chart {
        Chart::Intergrowth => {
            let (lambda, mu, sigma) = intergrowth_at(&pack.intergrowth, weeks);
            ((grams.ln() / mu).powf(lambda) - 1.0) / (lambda * sigma)
        }
        Chart::Hadlock => (grams / median(&pack.hadlock, weeks) - 1.0) / pack.hadlock.deviation,
    };
    Ok(100.0 * below(z))
}

/// The weight in grams at a standard score, for the curves.
pub(crate) fn curve_grams(pack: &ChartPack, chart: Chart, z: f64, weeks: f64) -> f64 {
    match chart {
        Chart::Intergrowth => {
            let (lambda, mu, sigma) = intergrowth_at(&pack.intergrowth, weeks);
            (mu * (1.0 + z * lambda * sigma).powf(1.0 / lambda)).exp()
        }
        Chart::Hadlock => median(&pack.hadlock, weeks) * (1.0 + z * pack.hadlock.deviation),
    }
}

/// Skewness, median and spread of the logarithm of the weight.
fn intergrowth_at(pack: &Intergrowth, weeks: f64) -> (f64, f64, f64) {
    let cubed = weeks * weeks * weeks;
    let with_log = cubed * weeks.ln();
    let [l0, l1, l2] = pack.lambda;
    let [m0, m1, m2] = pack.mu;
    let [s0, s1, s2] = pack.sigma;
    (
        l0 + l1 / (weeks * weeks) + l2 * cubed,
        m0 + m1 * cubed + m2 * with_log,
        1e-4 * (s0 + s1 * cubed + s2 * with_log),
    )
}

fn median(pack: &Hadlock, weeks: f64) -> f64 {
    (pack.constant + pack.linear * weeks + pack.square * weeks * weeks).exp()
}

/// How much of the normal distribution lies below a standard score, by Marsaglia's series.
fn below(z: f64) -> f64 {
    if z.abs() > 8.0 {
        return if z > 0.0 { 1.0 } else { 0.0 };
    }
    let (mut sum, mut term, mut n) = (z, z, 1.0);
    while term.abs() > 1e-17 {
        n += 2.0;
        term *= z * z / n;
        sum += term;
    }
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (0.5 + sum * density).clamp(0.0, 1.0)
}
