//! The NHS England algorithm that finds acute kidney injury in a series of creatinine results.
//!
//! Invariant: what is not known (age, reference interval, an earlier result) is answered as not known, never as "no AKI".

pub(crate) mod pack;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use crate::aki::pack::AkiPack;
use sdk::decimal::Decimal;
use sdk::moment::{DAY_MS, HOUR_MS};

/// One creatinine result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Creatinine {
    /// When the specimen was taken, in milliseconds since the start of 1970.
    pub(crate) at_ms: i64,
    /// µmol/L.
    pub(crate) umol_l: Decimal,
}

/// Reference interval in µmol/L; either end may be unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Below this is low.
    pub(crate) low: Option<Decimal>,
    /// Above this is high; the upper reference limit of the rule for children.
    pub(crate) high: Option<Decimal>,
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AkiInput<'a> {
    /// The result that is being judged (C1).
    pub(crate) current: Creatinine,
    /// Other results of the person, in any order; those not before C1 are passed over.
    pub(crate) others: &'a [Creatinine],
    /// Completed years at the time of C1.
    pub(crate) age_years: Option<u32>,
    /// For this person, of the laboratory that reported C1.
    pub(crate) reference: Reference,
}

/// Warning stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    /// AKI 1.
    One,
    /// AKI 2.
    Two,
    /// AKI 3.
    Three,
}

impl Stage {
    /// 1, 2 or 3.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// Which part of the rule gave the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because {
    /// C1 against the baseline.
    Ratio,
    /// C1 by itself, once the ratio is that of AKI.
    Concentration,
    /// C1 against the lowest of the last 48 hours.
    Difference,
}

/// Where a result without an earlier one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    /// Below the reference interval.
    Low,
    /// Within it.
    InRange,
    /// Above it: acute or chronic, which cannot be told.
    High,
    /// There is no reference interval to judge by.
    NotKnown,
}

/// What the rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// An alert.
    Alert(Stage, Because),
    /// No alert.
    NoAlert,
    /// No earlier result within the year: C1 by itself.
    NoEarlier(Flag),
}

/// Which reference value the ratio was taken with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The lowest of the last seven days (RV1).
    Lowest,
    /// The median of the days before those, to one year (RV2).
    Median,
}

/// The reference value that gave the higher ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// µmol/L.
    pub(crate) umol_l: Decimal,
    /// How it was found.
    pub(crate) rule: Rule,
    /// From how many results.
    pub(crate) results: usize,
}

/// What could have raised the stage to 3 and was not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// Whether the rule for adults or that for children holds.
    Age,
    /// The upper reference limit, for a child.
    UpperLimit,
}

/// The answer with the numbers it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assessment {
    /// What the rule says.
    pub(crate) verdict: Verdict,
    /// None when there is no earlier result within the year.
    pub(crate) baseline: Option<Baseline>,
    /// C1 over the baseline.
    pub(crate) ratio: Option<Decimal>,
    /// The lowest of the last 48 hours, in µmol/L.
    pub(crate) lowest_recent: Option<Decimal>,
    /// Set when the stage is at least the one said, and could be 3.
    pub(crate) undecided: Option<Undecided>,
}

/// Why the rule does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A creatinine of 0 or below cannot be right.
    NotAboveZero,
}

/// The acute kidney injury warning stage of one creatinine result.
///
/// Returns: the stage 1 to 3, no alert, or where the result stands without an earlier one; with baseline and ratio.
/// Takes: µmol/L, milliseconds, completed years. Age of a result is time elapsed before C1: RV1 is from above 0 to 7 × 24
/// hours inclusive, RV2 above that to 365 × 24 hours inclusive, so none falls between; a result of the same moment is no
/// earlier one; 48 hours is inclusive, "above 26" is strict. The median of an even number is the mean of the middle two.
/// Refuses: creatinine not above 0.
/// Not for: people on dialysis, pregnancy, the newborn. The reader screens for these.
/// Source: NHS England, patient safety alert NHS/PSA/D/2014/010, algorithm for detecting acute kidney injury. The wording
/// of the 48-hour difference was not compared with the page. Reviewed: by no clinician yet.
pub(crate) fn aki(pack: &AkiPack, it: &AkiInput<'_>) -> Result<Assessment, Refusal> {
    let current = it.current.umol_l;
    if current <= Decimal::ZERO || it.others.iter().any(|other| other.umol_l <= Decimal::ZERO) {
        return Err(Refusal::NotAboveZero);
    }
    let Some(baseline) = baseline(pack, it) else {
        let verdict = Verdict::NoEarlier(flag(current, it.reference));
        return Ok(Assessment {
            verdict,
            baseline: None,
            ratio: None,
            lowest_recent: None,
            undecided: None,
        });
    };
    let reaches = |times| current.is_at_least(times, baseline.umol_l);
    let lowest_recent =
        lowest(it, 0, i64::from(pack.difference_hours) * HOUR_MS).map(|(lowest, _)| lowest);
    let (verdict, undecided) = if reaches(pack.ratio_1) {
        let (by_concentration, undecided) = is_3_by_concentration(pack, it);
        let stage_by_ratio = if reaches(pack.ratio_2) {
            Stage::Two
        } else {
            Stage::One
        };
        if reaches(pack.ratio_3) {
            (Verdict::Alert(Stage::Three, Because::Ratio), None)
        } else if by_concentration {
            (Verdict::Alert(Stage::Three, Because::Concentration), None)
        } else {
            (Verdict::Alert(stage_by_ratio, Because::Ratio), undecided)
        }
    } else if lowest_recent.is_some_and(|lowest| current.minus(lowest) > pack.difference_above) {
        (Verdict::Alert(Stage::One, Because::Difference), None)
    } else {
        (Verdict::NoAlert, None)
    };
    let ratio = current.over(baseline.umol_l);
    Ok(Assessment {
        verdict,
        baseline: Some(baseline),
        ratio,
        lowest_recent,
        undecided,
    })
}

/// The reference value with the higher ratio, which is the lower value; at a tie the more recent one.
fn baseline(pack: &AkiPack, it: &AkiInput<'_>) -> Option<Baseline> {
    let recent_ms = i64::from(pack.lowest_days) * DAY_MS;
    let lowest = lowest(it, 0, recent_ms).map(|(umol_l, results)| Baseline {
        umol_l,
        rule: Rule::Lowest,
        results,
    });
    let median = median(within(it, recent_ms, i64::from(pack.median_days) * DAY_MS)).map(
        |(umol_l, results)| Baseline {
            umol_l,
            rule: Rule::Median,
            results,
        },
    );
    match (lowest, median) {
        (Some(lowest), Some(median)) if median.umol_l < lowest.umol_l => Some(median),
        (lowest, median) => lowest.or(median),
    }
}

/// The results older than `after_ms` and at most `to_ms` old at the time of C1.
fn within(it: &AkiInput<'_>, after_ms: i64, to_ms: i64) -> Vec<Decimal> {
    let is_within = |other: &&Creatinine| {
        let age_ms = it.current.at_ms - other.at_ms;
        age_ms > after_ms && age_ms <= to_ms
    };
    it.others
        .iter()
        .filter(is_within)
        .map(|other| other.umol_l)
        .collect()
}

fn lowest(it: &AkiInput<'_>, after_ms: i64, to_ms: i64) -> Option<(Decimal, usize)> {
    let values = within(it, after_ms, to_ms);
    values.iter().min().map(|lowest| (*lowest, values.len()))
}

fn median(mut values: Vec<Decimal>) -> Option<(Decimal, usize)> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some((lower.plus(upper).over(Decimal::from(2))?, values.len()))
}

/// Whether C1 by itself makes it stage 3, and what would have to be known to say no.
fn is_3_by_concentration(pack: &AkiPack, it: &AkiInput<'_>) -> (bool, Option<Undecided>) {
    let current = it.current.umol_l;
    let as_adult = current > pack.adult_above;
    let limit = it
        .reference
        .high
        .and_then(|high| high.times(pack.child_times_limit));
    let as_child = limit.map(|limit| current > limit);
    match it.age_years {
        Some(years) if years >= pack.adult_years => (as_adult, None),
        Some(_) => (
            as_child.unwrap_or(false),
            as_child.is_none().then_some(Undecided::UpperLimit),
        ),
        None if as_child == Some(as_adult) => (as_adult, None),
        None => (false, Some(Undecided::Age)),
    }
}

fn flag(current: Decimal, reference: Reference) -> Flag {
    match reference {
        Reference { low: Some(low), .. } if current < low => Flag::Low,
        Reference {
            high: Some(high), ..
        } if current > high => Flag::High,
        Reference {
            low: Some(_),
            high: Some(_),
        } => Flag::InRange,
        // With one end only, being on its right side says nothing of the other; a high one is what matters.
        Reference { high: Some(_), .. } => Flag::InRange,
        Reference { high: None, .. } => Flag::NotKnown,
    }
}
