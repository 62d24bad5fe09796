//! From results in the record to the plain values of the AKI rule, and back to words.
//!
//! Invariant: a result that cannot be judged says why; one that is left out of the history is counted.

#[cfg(test)]
mod tests;

use sdk::screen::Comparator;

use crate::aki::pack::AkiPack;
use crate::aki::words::{reason, refusal_text, stage_text};
use crate::aki::{AkiInput, Assessment, Creatinine, Reference, Stage, Verdict, aki};
use crate::catalogue::{Catalogue, Person};
use crate::result::{LabResult, Number};
use sdk::decimal::Decimal;

/// The unit in which the rule counts, as UCUM writes it.
const UMOL_L: &str = "umol/L";

/// What is known when the rule is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Thresholds.
    pub(crate) aki: &'a AkiPack,
    /// Ranges for want of the laboratory's own.
    pub(crate) catalogue: &'a Catalogue,
    /// Whose results these are.
    pub(crate) person: &'a Person,
}

/// The creatinine results of a person, as the rule takes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    points: Vec<Creatinine>,
    /// Which result each point is.
    references: Vec<String>,
    /// Results of creatinine that could not be used as earlier ones.
    pub(crate) left_out: usize,
}

/// What the rule says of one result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    /// The answer, or in words why there is none.
    pub(crate) answer: Result<Assessment, String>,
    /// The result in µmol/L, where it could be converted.
    pub(crate) umol_l: Option<Decimal>,
}

impl Series {
    /// Takes what can be used of these results.
    pub(crate) fn new(pack: &AkiPack, results: &[LabResult]) -> Self {
        let mut series = Self::default();
        for result in results
            .iter()
            .filter(|result| result.is_usable() && is_creatinine(pack, result))
        {
            match (
                result.taken_ms(),
                result
                    .number()
                    .ok_or(String::new())
                    .and_then(|it| umol_l(pack, it)),
            ) {
                (Some(at_ms), Ok(umol_l)) if umol_l > Decimal::ZERO => {
                    series.points.push(Creatinine { at_ms, umol_l });
                    series.references.push(result.reference.clone());
                }
                _ => series.left_out += 1,
            }
        }
        series
    }

    /// The results that the answer for a result taken at this time may rest on: those of the year before it.
    pub(crate) fn evidence(&self, pack: &AkiPack, at_ms: i64) -> Vec<&str> {
        let year_ms = i64::from(pack.median_days) * sdk::moment::DAY_MS;
        let is_within = |point: &Creatinine| at_ms > point.at_ms && at_ms - point.at_ms <= year_ms;
        let both = self.points.iter().zip(&self.references);
        both.filter(|(point, _)| is_within(point))
            .map(|(_, reference)| reference.as_str())
            .collect()
    }

    /// Asks the rule about one result.
    pub(crate) fn judge(&self, rules: &Rules<'_>, result: &LabResult) -> Judgement {
        let current = match self.current(rules, result) {
            Ok(current) => current,
            Err(why) => {
                return Judgement {
                    answer: Err(why),
                    umol_l: None,
                };
            }
        };
        let input = AkiInput {
            current,
            others: &self.points,
            age_years: age_years(rules, result),
            reference: reference(rules, result),
        };
        let answer = aki(rules.aki, &input).map_err(|refusal| refusal_text(refusal).to_owned());
        Judgement {
            answer,
            umol_l: Some(current.umol_l),
        }
    }

    fn current(&self, rules: &Rules<'_>, result: &LabResult) -> Result<Creatinine, String> {
        if !result.is_usable() {
            return Err(format!(
                "the status of the result is {}",
                result.status.word()
            ));
        }
        let number = result.number().ok_or("the result is not a number")?;
        let umol_l = umol_l(rules.aki, number)?;
        match &result.taken {
            Some((_, moment)) if moment.has_time => Ok(Creatinine {
                at_ms: moment.epoch_ms,
                umol_l,
            }),
            Some(_) => {
                Err("the time of day at which the specimen was taken is not recorded".to_owned())
            }
            None => Err("the time at which the specimen was taken is not recorded".to_owned()),
        }
    }
}

impl Judgement {
    /// The stage, when there is an alert.
    pub(crate) fn stage(&self) -> Option<Stage> {
        match self.answer.as_ref().map(|it| it.verdict) {
            Ok(Verdict::Alert(stage, _)) => Some(stage),
            Ok(Verdict::NoAlert | Verdict::NoEarlier(_)) | Err(_) => None,
        }
    }

    /// In a few words: `AKI stage 2`, `No AKI alert`, `No earlier result`, `Not judged`.
    pub(crate) fn short(&self) -> String {
        match &self.answer {
            Err(_) => "Not judged".to_owned(),
            Ok(it) => match it.verdict {
                Verdict::Alert(stage, _) => stage_text(stage, it.undecided),
                Verdict::NoAlert => "No AKI alert".to_owned(),
                Verdict::NoEarlier(_) => "No earlier result".to_owned(),
            },
        }
    }

    /// With every number it rests on.
    pub(crate) fn long(&self, pack: &AkiPack) -> String {
        match (&self.answer, self.umol_l) {
            (Ok(it), Some(umol_l)) => reason(pack, umol_l, it),
            (Ok(_), None) => self.short(),
            (Err(why), _) => format!("The AKI rule could not judge this creatinine: {why}."),
        }
    }
}

/// Whether the pack's codes say that this is creatinine.
pub(crate) fn is_creatinine(pack: &AkiPack, result: &LabResult) -> bool {
    result
        .codings
        .iter()
        .any(|coding| pack.codes.contains(coding))
}

/// A copy in µmol/L, or why there is none.
pub(crate) fn umol_l(pack: &AkiPack, number: &Number) -> Result<Decimal, String> {
    if let Some(comparator) = number.comparator {
        let side = match comparator {
            Comparator::Less | Comparator::LessOrEqual => "at most",
            Comparator::Greater | Comparator::GreaterOrEqual => "at least",
        };
        return Err(format!(
            "it is only known to be {side} {} {}",
            number.text, number.unit
        ));
    }
    let factor = [&number.unit_code, &number.unit]
        .into_iter()
        .find_map(|unit| pack.umol_l_in(unit));
    let factor = factor.ok_or_else(|| match number.unit.as_str() {
        "" => "it has no unit".to_owned(),
        unit => format!("its unit {unit} is not known to the rule"),
    })?;
    let converted = number.decimal.and_then(|decimal| decimal.times(factor));
    converted.ok_or_else(|| format!("{} is not a number that a creatinine can be", number.text))
}

/// Completed years, as far as the date of birth decides which rule holds.
fn age_years(rules: &Rules<'_>, result: &LabResult) -> Option<u32> {
    let (least, most) = rules.person.age_years(&result.taken.as_ref()?.0)?;
    let adult = rules.aki.adult_years;
    if least == most || least >= adult {
        Some(least)
    } else {
        (most < adult).then_some(most)
    }
}

/// The range that came with the result, else the catalogue's.
fn reference(rules: &Rules<'_>, result: &LabResult) -> Reference {
    let none = Reference::default();
    let Some(number) = result.number() else {
        return none;
    };
    let factor = [&number.unit_code, &number.unit]
        .into_iter()
        .find_map(|unit| rules.aki.umol_l_in(unit));
    let Some(factor) = factor else { return none };
    let end = |text: &Option<String>| {
        text.as_deref()
            .and_then(Decimal::parse)
            .and_then(|it| it.times(factor))
    };
    if let Some(range) = &result.range {
        let same_unit =
            range.unit.is_empty() || range.unit == number.unit || range.unit == number.unit_code;
        let (low, high) = (end(&range.low), end(&range.high));
        if same_unit && (low.is_some() || high.is_some()) {
            return Reference { low, high };
        }
    }
    let taken = result.taken.as_ref().map_or("", |(text, _)| text.as_str());
    let test = rules
        .catalogue
        .place_of(result)
        .and_then(|place| rules.catalogue.tests.get(place));
    if let Some(range) = test.and_then(|test| test.range_for(number, rules.person, taken)) {
        return Reference {
            low: end(&range.low),
            high: end(&range.high),
        };
    }
    // The unit converts exactly, so a range in µmol/L holds for it too.
    let as_umol_l = Number {
        unit: UMOL_L.to_owned(),
        unit_code: UMOL_L.to_owned(),
        ..number.clone()
    };
    let plain = |text: &Option<String>| text.as_deref().and_then(Decimal::parse);
    match test.and_then(|test| test.range_for(&as_umol_l, rules.person, taken)) {
        Some(range) => Reference {
            low: plain(&range.low),
            high: plain(&range.high),
        },
        None => none,
    }
}
