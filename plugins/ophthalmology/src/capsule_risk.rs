//! Risk of a torn posterior capsule in cataract surgery, by the model of the 2009 Cataract National Dataset.
//!
//! Invariant: a factor that is not known is never counted as absent; without all of them there is a range and no number.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::refusal::Refusal;

/// What the pack `capsule-risk` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RiskPack {
    /// Odds of somebody without any factor.
    base_odds: f64,
    /// From this axial length on an eye is long, mm: what is measured is held against what is answered.
    pub(crate) long_eye_from_mm: f64,
    /// From which age on which odds ratio holds, in years, the youngest first.
    ages: Vec<(u32, String, f64)>,
    /// The questions, in the order in which they are asked.
    pub(crate) factors: Vec<Factor>,
    /// The most that each band but the last holds, in percent, with the words of all.
    bands: Vec<(Option<f64>, String)>,
    /// What nobody compared with its source.
    pub(crate) unverified: Vec<String>,
}

/// A question with its answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Factor {
    /// Name of its field.
    pub(crate) id: String,
    /// As it is asked.
    pub(crate) label: String,
    /// The answers that decide it.
    pub(crate) options: Vec<RiskOption>,
}

/// An answer, and by what it multiplies the odds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RiskOption {
    /// What the form submits.
    pub(crate) value: String,
    /// As it is read.
    pub(crate) label: String,
    /// The odds ratio.
    pub(crate) odds_ratio: f64,
}

impl RiskPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        let base = pack.number("/base_probability")?;
        if base <= 0.0 || base >= 1.0 {
            return Err(pack.missing("/base_probability", "probability above 0 and below 1"));
        }
        let option = |it: Part<'_>| {
            Ok(RiskOption {
                value: it.text("/value")?,
                label: it.text("/label")?,
                odds_ratio: it.number("/odds_ratio")?,
            })
        };
        let read = Self {
            base_odds: base / (1.0 - base),
            long_eye_from_mm: pack.number("/long_eye_from_mm")?,
            ages: pack.each("/ages", |it| {
                Ok((
                    it.whole("/from_years")?,
                    it.text("/label")?,
                    it.number("/odds_ratio")?,
                ))
            })?,
            factors: pack.each("/factors", |it| {
                Ok(Factor {
                    id: it.text("/id")?,
                    label: it.text("/label")?,
                    options: it.each("/options", option)?,
                })
            })?,
            bands: pack.each("/bands", |it| {
                Ok((it.number_or_none("/to_percent")?, it.text("/label")?))
            })?,
            unverified: pack.unverified()?,
        };
        if read.ages.is_empty()
            || read.bands.is_empty()
            || read.factors.iter().any(|it| it.options.is_empty())
        {
            return Err(pack.missing("", "age, band, or answer of a factor"));
        }
        Ok(read)
    }
}

/// A person, and what was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RiskInput<'a> {
    /// Completed years; None when it is not known.
    pub(crate) age_years: Option<u32>,
    /// Whether female, whether male: None for anybody of whom neither is recorded.
    pub(crate) is_male: Option<bool>,
    /// What was answered, by the id of the factor; what is missing here is not known.
    pub(crate) answers: Vec<(&'a str, &'a str)>,
}

/// One factor as it was counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    /// What was asked.
    pub(crate) label: String,
    /// What was answered; None when that is not known.
    pub(crate) answer: Option<String>,
    /// The least and the most by which it multiplies the odds: equal when it is known.
    pub(crate) odds_ratios: (f64, f64),
}

/// What the model answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Risk {
    /// The least and the most that the probability can be, in percent: equal when everything is known.
    pub(crate) percent: (f64, f64),
    /// Every factor.
    pub(crate) counted: Vec<Counted>,
    /// The bands of both ends.
    pub(crate) bands: (String, String),
}

impl Risk {
    /// What is not known.
    pub(crate) fn unknown(&self) -> Vec<&str> {
        let unknown = self.counted.iter().filter(|it| it.answer.is_none());
        unknown.map(|it| it.label.as_str()).collect()
    }

    /// The product of all odds ratios, when all are known.
    pub(crate) fn odds_ratio(&self) -> Option<f64> {
        let all_known = self.unknown().is_empty();
        all_known.then(|| self.counted.iter().map(|it| it.odds_ratios.0).product())
    }
}

/// Risk of posterior capsule rupture, vitreous loss or both.
///
/// Returns: percent, p = OR·o / (1 + OR·o) of the base odds o and the product OR of the odds ratios; where a factor is not known, the
/// least and the most that it could be, with the names of what is not known.
/// Takes: completed years, sex, one answer for each factor of the pack. Refuses: an answer that its factor does not have, and a factor that
/// the pack does not have.
/// Not for: the model of NOD Report 17, which supersedes this one and whose coefficients are not available here; combined operations.
/// Source: Narendran N et al. Eye 2009;23:31-7 (Cataract National Dataset), as OpenEyes applies it; grade of surgeon, alpha-blocker and
/// retinopathy are unverified. Reviewed: nobody yet.
pub(crate) fn capsule_risk(pack: &RiskPack, it: &RiskInput<'_>) -> Result<Risk, Refusal> {
    let is_known = |id: &str| pack.factors.iter().any(|factor| factor.id == id);
    if !it.answers.iter().all(|(id, _)| is_known(id)) {
        return Err(Refusal::NotMadeFor("the model has no such factor"));
    }
    let mut counted = vec![age(pack, it.age_years), sex(pack, it.is_male)?];
    for factor in &pack.factors {
        if factor.id == "male" {
            continue;
        }
        let answer = it.answers.iter().find(|(id, _)| *id == factor.id);
        counted.push(factor.counted(answer.map(|(_, value)| *value))?);
    }
    let product = |end: fn(&Counted) -> f64| counted.iter().map(end).product::<f64>();
    let percent = |odds_ratio: f64| {
        let odds = pack.base_odds * odds_ratio;
        100.0 * odds / (1.0 + odds)
    };
    let least = percent(product(|it| it.odds_ratios.0));
    let most = percent(product(|it| it.odds_ratios.1));
    Ok(Risk {
        percent: (least, most),
        bands: (pack.band(least), pack.band(most)),
        counted,
    })
}

fn age(pack: &RiskPack, years: Option<u32>) -> Counted {
    let band = years.and_then(|years| pack.ages.iter().rev().find(|(from, _, _)| *from <= years));
    let all = pack.ages.iter().map(|(_, _, odds_ratio)| *odds_ratio);
    Counted {
        label: "Age".to_owned(),
        answer: band.map(|(_, label, _)| label.clone()),
        odds_ratios: band.map_or_else(
            || ends(all),
            |(_, _, odds_ratio)| (*odds_ratio, *odds_ratio),
        ),
    }
}

fn sex(pack: &RiskPack, is_male: Option<bool>) -> Result<Counted, Refusal> {
    let factor = pack.factors.iter().find(|factor| factor.id == "male");
    let factor = factor.ok_or(Refusal::NotMadeFor("the model has no factor for sex"))?;
    factor.counted(is_male.map(|is_male| if is_male { "yes" } else { "no" }))
}

impl Factor {
    fn counted(&self, answer: Option<&str>) -> Result<Counted, Refusal> {
        let chosen = answer.map(|answer| {
            let found = self.options.iter().find(|option| option.value == answer);
            found.ok_or(Refusal::NotMadeFor(
                "one of the answers is not among those of its factor",
            ))
        });
        let chosen = chosen.transpose()?;
        let all = self.options.iter().map(|option| option.odds_ratio);
        Ok(Counted {
            label: self.label.clone(),
            answer: chosen.map(|option| option.label.clone()),
            odds_ratios: chosen.map_or_else(
                || ends(all),
                |option| (option.odds_ratio, option.odds_ratio),
            ),
        })
    }
}

fn ends(all: impl Iterator<Item = f64>) -> (f64, f64) {
    all.fold((f64::INFINITY, 0.0), |(least, most), it| {
        (least.min(it), most.max(it))
    })
}

impl RiskPack {
    fn band(&self, percent: f64) -> String {
        let within = |most: &Option<f64>| most.is_none_or(|most| percent <= most);
        let found = self
            .bands
            .iter()
            .find(|(most, _)| within(most))
            .or(self.bands.last());
        found.map(|(_, label)| label.clone()).unwrap_or_default()
    }

    /// With two places, or as many as it takes not to be read as on the other side of a band's end.
    pub(crate) fn percent_text(&self, percent: f64) -> String {
        let crosses = |places: usize| {
            let shown: f64 = format!("{percent:.places$}").parse().unwrap_or(percent);
            self.bands
                .iter()
                .filter_map(|(most, _)| *most)
                .any(|most| (shown <= most) != (percent <= most))
        };
        let places = (2..9).find(|places| !crosses(*places)).unwrap_or(9);
        format!("{percent:.places$}")
    }
}
