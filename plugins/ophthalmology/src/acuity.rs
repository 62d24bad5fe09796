//! Visual acuity in every scale, and from each into the others.
//!
//! Invariant: counting fingers, hand movements, perception of light and none are an order and never numbers.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use sdk::Failure;
use sdk::pack::Part;

use crate::bounds::Bounds;
use crate::refusal::Refusal;
use crate::typed::{plain_number, typed};

/// Letters of an ETDRS chart at logMAR 0, letters of a whole logMAR, and letters at logMAR 0 in the base that OpenEyes
/// stores: the definitions of the scales.
const LETTERS_AT_ZERO: f64 = 85.0;
const LETTERS_PER_LOG_MAR: f64 = 50.0;
const BASE_AT_ZERO: f64 = 110.0;

/// What an acuity was read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// `6/9`: the test distance in metres over the distance at which the line subtends five minutes of arc.
    Snellen,
    /// Logarithm of the minimum angle of resolution.
    LogMar,
    /// Letters of an ETDRS chart.
    Letters,
    /// Less than a chart can tell.
    Low,
}

impl Scale {
    /// In the order in which they are offered.
    pub(crate) const ALL: [Self; 4] = [Self::Snellen, Self::LogMar, Self::Letters, Self::Low];

    /// The code in forms and in the record.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Snellen => "snellen",
            Self::LogMar => "log-mar",
            Self::Letters => "letters",
            Self::Low => "low-vision",
        }
    }

    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Snellen => "Snellen, in metres (6/9)",
            Self::LogMar => "logMAR (0.18)",
            Self::Letters => "ETDRS letters (76)",
            Self::Low => "CF, HM, PL or NPL",
        }
    }

    /// From its code.
    pub(crate) fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scale| scale.code() == code)
    }
}

/// Less than a chart can tell, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Low {
    /// NPL.
    NoPerceptionOfLight,
    /// PL.
    PerceptionOfLight,
    /// HM.
    HandMovements,
    /// CF.
    CountingFingers,
}

impl Low {
    /// The best first.
    pub(crate) const ALL: [Self; 4] = [
        Self::CountingFingers,
        Self::HandMovements,
        Self::PerceptionOfLight,
        Self::NoPerceptionOfLight,
    ];

    /// The letters by which it is known.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::CountingFingers => "CF",
            Self::HandMovements => "HM",
            Self::PerceptionOfLight => "PL",
            Self::NoPerceptionOfLight => "NPL",
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::CountingFingers => "Counting fingers",
            Self::HandMovements => "Hand movements",
            Self::PerceptionOfLight => "Perception of light",
            Self::NoPerceptionOfLight => "No perception of light",
        }
    }

    /// Its place in the order, 4 to 1: to be compared, never to be averaged.
    pub(crate) fn ordinal(self) -> u8 {
        match self {
            Self::CountingFingers => 4,
            Self::HandMovements => 3,
            Self::PerceptionOfLight => 2,
            Self::NoPerceptionOfLight => 1,
        }
    }
}

/// What the pack `acuity` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AcuityPack {
    /// What a logMAR can be, after its distance is allowed for.
    pub(crate) log_mar: Bounds,
    /// What a score of letters can be, after its distance is allowed for.
    pub(crate) letters: Bounds,
    /// Metres at which Snellen charts are read, as they are written.
    pub(crate) distances: Vec<String>,
    /// What a score counted as at 1 m is corrected by for each distance.
    pub(crate) corrections: Vec<Correction>,
    /// Lines of the 6 m chart and of shorter distances, best first.
    pub(crate) lines: Vec<String>,
    /// What nobody compared with a source.
    pub(crate) unverified: Vec<String>,
}

/// What is added to a score for the distance at which it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Correction {
    /// Metres, as they are written.
    pub(crate) metres: String,
    log_mar: f64,
    letters: f64,
}

impl AcuityPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            log_mar: Bounds::read(pack, "/log_mar")?,
            letters: Bounds::read(pack, "/letters")?,
            distances: pack.texts("/snellen_distances_m")?,
            corrections: pack.each("/corrections", |it| {
                Ok(Correction {
                    metres: it.text("/m")?,
                    log_mar: it.number("/log_mar")?,
                    letters: it.number("/letters")?,
                })
            })?,
            lines: pack.texts("/snellen_lines")?,
            unverified: pack.unverified()?,
        })
    }
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AcuityInput<'a> {
    /// On which scale.
    pub(crate) scale: Scale,
    /// As it was typed: `6/9-2`, `0.18`, `76`, `HM`.
    pub(crate) text: &'a str,
    /// Metres at which a logMAR or a score of letters was read, when it is counted as at 1 m; None when the score allows
    /// for its distance already. A Snellen acuity says its distance itself.
    pub(crate) read_at_m: Option<&'a str>,
}

/// An acuity that can be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Acuity {
    /// By a chart: logMAR.
    Chart(f64),
    /// Below any chart.
    Low(Low),
}

/// A visual acuity, from any scale.
///
/// Returns: logMAR, which is the logarithm to base 10 of a Snellen denominator over its numerator, and (85 − letters) / 50 of
/// letters; or the place in the order CF, HM, PL, NPL. Letters read beyond or short of a Snellen line stay in the record
/// and are not calculated with.
/// Takes: what was typed, its scale, and the distance of a score that is counted as at 1 m. Refuses: what is not of its
/// scale; a distance that the pack does not know; a distance beside a Snellen acuity or low vision, which have no use for it; letters that are not whole; a logMAR
/// or score of letters outside the pack's bounds once its distance is allowed for.
/// Not for: near acuity; Snellen in feet; averaging, which no function here does.
/// Source: ETDRS Report 7, Ophthalmology 1991;98:741-56, for 0.02 logMAR a letter; corrections by distance as in the
/// definitions of OpenEyes, unverified. Reviewed: nobody yet.
pub(crate) fn acuity(pack: &AcuityPack, it: &AcuityInput<'_>) -> Result<Acuity, Refusal> {
    let has_use_for_distance = matches!(it.scale, Scale::LogMar | Scale::Letters);
    if it.read_at_m.is_some() && !has_use_for_distance {
        return Err(Refusal::Contradiction(
            "a distance is given only with logMAR or letters: Snellen has its own, as in 3/60",
        ));
    }
    let correction = it.read_at_m.map(|metres| correction(pack, metres));
    let correction = correction.transpose()?;
    match it.scale {
        Scale::Snellen => snellen(pack, it.text).map(Acuity::Chart),
        Scale::LogMar => {
            let score = typed("logMAR", it.text, &["logMAR"])?.value;
            let log_mar = score + correction.map_or(0.0, |it| it.log_mar);
            Ok(Acuity::Chart(
                pack.log_mar.hold("logMAR", settled(log_mar))?,
            ))
        }
        Scale::Letters => {
            let score = typed("letters", it.text, &["letters"])?.value;
            if score.fract() != 0.0 {
                return Err(Refusal::Unreadable {
                    what: "the score of letters",
                    mend: "letters are whole",
                });
            }
            let letters = score + correction.map_or(0.0, |it| it.letters);
            let letters = pack.letters.hold("the score of letters", letters)?;
            Ok(Acuity::Chart(
                (LETTERS_AT_ZERO - letters) / LETTERS_PER_LOG_MAR,
            ))
        }
        Scale::Low => {
            let found = Low::ALL
                .into_iter()
                .find(|low| low.code() == it.text.trim());
            found.map(Acuity::Low).ok_or(Refusal::Unreadable {
                what: "this acuity",
                mend: "write CF, HM, PL or NPL",
            })
        }
    }
}

fn correction<'a>(pack: &'a AcuityPack, metres: &str) -> Result<&'a Correction, Refusal> {
    let found = pack.corrections.iter().find(|it| it.metres == metres);
    found.ok_or_else(|| Refusal::Distance {
        found: metres.chars().take(20).collect(),
        known: listed(pack.corrections.iter().map(|it| it.metres.as_str())),
    })
}

/// `6/9`, `3/60`, `6/9-2`: logMAR of the line.
fn snellen(pack: &AcuityPack, text: &str) -> Result<f64, Refusal> {
    let refusal = Refusal::Unreadable {
        what: "this Snellen acuity",
        mend: "write it as 6/9, or 6/9-2 for two letters missed",
    };
    let (metres, rest) = text.split_once('/').ok_or(refusal.clone())?;
    let (line, letters) = rest
        .split_once(['+', '-'])
        .map_or((rest, None), |(line, letters)| (line, Some(letters)));
    let is_letters =
        |it: &str| matches!(it.trim().as_bytes(), [digit] if (b'1'..=b'9').contains(digit));
    let metres = metres.trim();
    let numbers = (plain_number(metres), plain_number(line.trim()));
    let (Some(numerator), Some(denominator)) = numbers else {
        return Err(refusal);
    };
    if !letters.is_none_or(is_letters) || denominator <= 0.0 {
        return Err(refusal);
    }
    if !pack.distances.iter().any(|known| known == metres) {
        return Err(Refusal::Distance {
            found: metres.to_owned(),
            known: listed(pack.distances.iter().map(String::as_str)),
        });
    }
    pack.log_mar.hold(
        "the logMAR of a Snellen acuity",
        (denominator / numerator).log10(),
    )
}

/// Without the noise of binary fractions in what was added to a decimal.
fn settled(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn listed<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

impl Acuity {
    /// logMAR; none for low vision, which is no number.
    pub(crate) fn log_mar(self) -> Option<f64> {
        match self {
            Self::Chart(log_mar) => Some(log_mar),
            Self::Low(_) => None,
        }
    }

    /// ETDRS letters to the whole letter, never below 0; none for low vision.
    pub(crate) fn letters(self) -> Option<f64> {
        let letters = LETTERS_AT_ZERO - LETTERS_PER_LOG_MAR * self.log_mar()?;
        Some(settled(letters).round().max(0.0))
    }

    /// The base value by which OpenEyes stores an acuity, for records that come from it; none for low vision.
    pub(crate) fn base(self) -> Option<f64> {
        Some(settled(BASE_AT_ZERO - LETTERS_PER_LOG_MAR * self.log_mar()?).round())
    }

    /// logMAR with two places; the letters of low vision.
    pub(crate) fn log_mar_text(self) -> String {
        match self {
            Self::Chart(log_mar) => two_places(log_mar),
            Self::Low(low) => low.code().to_owned(),
        }
    }

    /// On the Snellen chart: a line when it is that line to the letter, else between which two it is.
    pub(crate) fn snellen_text(self, pack: &AcuityPack) -> String {
        let (Some(letters), Self::Chart(log_mar)) = (self.letters(), self) else {
            return self.log_mar_text();
        };
        let mut better: Option<&str> = None;
        for line in &pack.lines {
            let Ok(of_line) = snellen(pack, line) else {
                continue;
            };
            if Self::Chart(of_line).letters() == Some(letters) && (of_line - log_mar).abs() < 0.01 {
                return line.clone();
            }
            if of_line > log_mar {
                return better.map_or_else(
                    || format!("better than {line}"),
                    |better| format!("{better} to {line}"),
                );
            }
            better = Some(line);
        }
        better.map_or_else(String::new, |worst| format!("worse than {worst}"))
    }

    /// Which of two is the better: a chart before low vision, and low vision by its order.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Chart(one), Self::Chart(other)) => other.total_cmp(&one),
            (Self::Chart(_), Self::Low(_)) => Ordering::Greater,
            (Self::Low(_), Self::Chart(_)) => Ordering::Less,
            (Self::Low(one), Self::Low(other)) => one.ordinal().cmp(&other.ordinal()),
        }
    }
}

/// With two places and without a minus before nothing.
fn two_places(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" {
        "0.00".to_owned()
    } else {
        text
    }
}
