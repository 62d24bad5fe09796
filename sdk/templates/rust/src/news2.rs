//! The National Early Warning Score 2: points of each parameter, their total, and the response that it asks for.
//!
//! Invariant: without every parameter there is no total, and a value that cannot be right gives no points.

#[cfg(test)]
mod tests;

use sdk::decimal::Decimal;

use crate::pack::{Band, Number, Pack, Response, Words};

/// What is known of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Nobody wrote it down.
    NotRecorded,
    /// There is something that cannot be used, and why.
    Unusable(String),
    /// A decimal as reported, in a unit of the pack.
    Number(String),
    /// A word of the pack, by its id.
    Word(String),
}

/// By which scale the saturation is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scale {
    /// For everybody, unless somebody competent decided otherwise.
    One,
    /// Hypercapnic respiratory failure is confirmed and 88 to 92 % is the target.
    Two,
    /// Scale 2 is written down and not who confirmed it, or something that is no scale.
    Unusable(String),
}

/// One set of observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    /// Breaths a minute.
    pub(crate) respiration: Reading,
    /// Percent.
    pub(crate) saturation: Reading,
    /// By which scale.
    pub(crate) scale: Scale,
    /// `air` or `oxygen`.
    pub(crate) oxygen: Reading,
    /// mmHg.
    pub(crate) systolic: Reading,
    /// Beats a minute.
    pub(crate) pulse: Reading,
    /// `alert`, `confusion`, `voice`, `pain`, `unresponsive`.
    pub(crate) consciousness: Reading,
    /// Degrees Celsius.
    pub(crate) temperature: Reading,
    /// The least and the most completed years that the patient can have had; `None`: not known.
    pub(crate) age_years: Option<(u32, u32)>,
}

/// The parameters, in the order of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Parameter {
    Respiration,
    Saturation,
    Oxygen,
    Systolic,
    Pulse,
    Consciousness,
    Temperature,
}

/// What one parameter gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Points {
    /// So many, for what is shown.
    Given { points: u32, shown: String },
    /// None, since nothing is recorded.
    Missing,
    /// None, since what is recorded cannot be used.
    Unusable(String),
}

/// Points of every parameter, and the total or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Score<'p> {
    /// In the order of the chart.
    pub(crate) parts: [(Parameter, Points); 7],
    /// The total with its response.
    pub(crate) total: Result<(u32, &'p Response), Refusal>,
}

/// Why there is no total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not for somebody so young.
    TooYoung { from_years: u32 },
    /// Whether it is for somebody of this age cannot be told.
    AgeNotKnown,
    /// These are missing or cannot be used, in words.
    Without(Vec<String>),
}

/// The National Early Warning Score 2 of one set of observations.
///
/// Returns: points of each of the seven parameters, the total 0 to 20, and the response: by the total, or by a single
/// parameter with 3 points where the total alone asks for less.
/// Takes: decimals as reported, in the units of the pack. Temperature is rounded to one place before it is banded, halves
/// away from zero; all others must be whole numbers. SpO2 is scored by scale 1 unless scale 2 was confirmed.
/// Refuses: a total without every parameter, below 16 years or at an unknown age; a number outside what is possible.
/// Not for: pregnancy, which the screens say, since they cannot tell.
/// Source: Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP, 2017. Reviewed: by no clinician yet.
pub(crate) fn news2<'p>(pack: &'p Pack, set: &Set) -> Score<'p> {
    let parts = [
        (
            Parameter::Respiration,
            number(&pack.respiration, &set.respiration),
        ),
        (Parameter::Saturation, saturation(pack, set)),
        (Parameter::Oxygen, word(&pack.oxygen, &set.oxygen)),
        (Parameter::Systolic, number(&pack.systolic, &set.systolic)),
        (Parameter::Pulse, number(&pack.pulse, &set.pulse)),
        (
            Parameter::Consciousness,
            word(&pack.consciousness, &set.consciousness),
        ),
        (
            Parameter::Temperature,
            number(&pack.temperature, &set.temperature),
        ),
    ];
    let total = total(pack, set, &parts);
    Score { parts, total }
}

fn total<'p>(
    pack: &'p Pack,
    set: &Set,
    parts: &[(Parameter, Points)],
) -> Result<(u32, &'p Response), Refusal> {
    match set.age_years {
        Some((least, _)) if least >= pack.age_from_years => {}
        Some((_, most)) if most < pack.age_from_years => {
            return Err(Refusal::TooYoung {
                from_years: pack.age_from_years,
            });
        }
        Some(_) | None => return Err(Refusal::AgeNotKnown),
    }
    let (mut sum, mut highest, mut without) = (0, 0, Vec::new());
    for (parameter, points) in parts {
        let label = pack.label(*parameter);
        match points {
            Points::Given { points, .. } => {
                sum += points;
                highest = highest.max(*points);
            }
            Points::Missing => without.push(format!("{label} is not recorded")),
            Points::Unusable(why) => without.push(format!("{label}: {why}")),
        }
    }
    match pack.response(sum, highest) {
        Some(response) if without.is_empty() => Ok((sum, response)),
        Some(_) => Err(Refusal::Without(without)),
        None => Err(Refusal::Without(vec![format!(
            "the pack has no response for {sum} points"
        )])),
    }
}

fn number(number: &Number, reading: &Reading) -> Points {
    banded(number, &number.bands, reading)
}

/// Which of the three tables holds depends on the scale, and for scale 2 on whether oxygen is given.
fn saturation(pack: &Pack, set: &Set) -> Points {
    if set.saturation == Reading::NotRecorded {
        return Points::Missing;
    }
    let oxygen = match &set.oxygen {
        Reading::Word(id) => Some(id.as_str()),
        Reading::NotRecorded | Reading::Unusable(_) | Reading::Number(_) => None,
    };
    let bands = match (&set.scale, oxygen) {
        (Scale::Unusable(why), _) => return Points::Unusable(why.clone()),
        (Scale::One, _) => &pack.saturation.bands,
        (Scale::Two, Some("air")) => &pack.saturation_2_air.bands,
        (Scale::Two, Some("oxygen")) => &pack.saturation_2_oxygen.bands,
        (Scale::Two, _) => {
            return Points::Unusable("scale 2 needs to know whether oxygen is given".to_owned());
        }
    };
    banded(&pack.saturation, bands, &set.saturation)
}

fn banded(number: &Number, bands: &[Band], reading: &Reading) -> Points {
    let text = match reading {
        Reading::NotRecorded => return Points::Missing,
        Reading::Unusable(why) => return Points::Unusable(why.clone()),
        Reading::Word(_) => return Points::Unusable("is no number".to_owned()),
        Reading::Number(text) => text,
    };
    let value = match in_bounds(number, text) {
        Ok(value) => value,
        Err(why) => return Points::Unusable(why),
    };
    let band = bands
        .iter()
        .find(|band| band.from.is_none_or(|from| value >= from));
    match band {
        Some(band) => Points::Given {
            points: band.points,
            shown: number.text(value),
        },
        None => Points::Unusable("falls into no band of the pack".to_owned()),
    }
}

/// The number to be banded, or what is wrong with it, to be read behind the parameter's name.
pub(crate) fn in_bounds(number: &Number, text: &str) -> Result<Decimal, String> {
    let value = Decimal::parse(text).ok_or("is no number")?;
    if number.whole && !value.is_whole() {
        return Err("must be a whole number".to_owned());
    }
    let value = value.rounded(1);
    let (from, to) = number.possible;
    if value < from || value > to {
        return Err(format!(
            "must be from {} to {} {}",
            number.text(from),
            number.text(to),
            number.unit
        ));
    }
    Ok(value)
}

fn word(words: &Words, reading: &Reading) -> Points {
    match reading {
        Reading::NotRecorded => Points::Missing,
        Reading::Unusable(why) => Points::Unusable(why.clone()),
        Reading::Number(_) => Points::Unusable("is no word of the pack".to_owned()),
        Reading::Word(id) => match words.words.iter().find(|word| word.id == *id) {
            Some(word) => Points::Given {
                points: word.points,
                shown: word.code.display.clone(),
            },
            None => Points::Unusable("is no word of the pack".to_owned()),
        },
    }
}

impl Refusal {
    /// As it is read behind "cannot be calculated".
    pub(crate) fn words(&self) -> String {
        match self {
            Self::TooYoung { from_years } => {
                format!("it is not for people under {from_years} years")
            }
            Self::AgeNotKnown => {
                "the date of birth is not recorded in a way that tells the age".to_owned()
            }
            Self::Without(what) => what.join("; "),
        }
    }
}
