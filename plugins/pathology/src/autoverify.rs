//! Whether a result may be released without a person: every condition is looked at, and each that does not hold is said.
//!
//! Invariant: what is not known does not hold; the answer names every condition, so that none can be left out unseen.

#[cfg(test)]
mod tests;

use crate::delta::Delta;
use crate::flag::Ends;
use crate::westgard::{Action, Judged};
use sdk::decimal::Decimal;

/// A condition of release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Condition {
    /// The run's quality control passed.
    QualityControl,
    /// The analyser raised no flag.
    AnalyserFlags,
    /// Within the range of release.
    Range,
    /// Not critical.
    NotCritical,
    /// Changed by less than the reference change value.
    Delta,
    /// Neither haemolysed, icteric nor lipaemic.
    Interference,
    /// The specimen was not too old when it was measured.
    SpecimenAge,
    /// The rules were signed by somebody answerable.
    SignedRules,
}

/// How the result stands to the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Change<'a> {
    /// Compared.
    Compared(Delta),
    /// There is no earlier one, and the laboratory says whether that is let through.
    First { is_let_through: bool },
    /// It could not be compared, for this reason.
    NotComparable(&'a str),
}

/// What is known of a result; None where nobody said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VerifyInput<'a> {
    /// What the rules of Westgard say of its run.
    pub(crate) quality_control: Option<&'a Judged>,
    /// Flags of the analyser.
    pub(crate) analyser_flags: Option<&'a [String]>,
    /// The result in the unit of the limits; None when it is no number, or only known to be on one side of one.
    pub(crate) value: Option<Decimal>,
    /// The range of release.
    pub(crate) release: Option<Ends>,
    /// Below the lower or above the upper end, somebody is called. A test with neither end has no critical results.
    pub(crate) critical: Option<Ends>,
    /// The delta check.
    pub(crate) change: Change<'a>,
    /// Haemolysis, icterus, lipaemia that were found.
    pub(crate) interference: Option<&'a [String]>,
    /// Minutes from collection to measurement.
    pub(crate) specimen_minutes: Option<i64>,
    /// How many it may have.
    pub(crate) specimen_minutes_max: Option<i64>,
    /// Whether the rules were signed.
    pub(crate) is_signed: bool,
}

/// One condition, and why it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Which.
    pub(crate) condition: Condition,
    /// None when it holds.
    pub(crate) why_not: Option<String>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified(pub(crate) Vec<Looked>);

impl Verified {
    /// Whether all of them hold.
    pub(crate) fn is_released(&self) -> bool {
        self.failed().next().is_none()
    }

    /// Those that do not hold.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &Looked> {
        self.0.iter().filter(|it| it.why_not.is_some())
    }
}

impl Condition {
    /// As it is read.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::QualityControl => "quality control",
            Self::AnalyserFlags => "analyser flags",
            Self::Range => "range of release",
            Self::NotCritical => "not critical",
            Self::Delta => "delta check",
            Self::Interference => "interference",
            Self::SpecimenAge => "age of the specimen",
            Self::SignedRules => "signed rules",
        }
    }
}

/// Whether a result may be released without a person.
///
/// Returns: each of the eight conditions with why it does not hold; released when all of them hold.
/// Takes: what is known of the result, its run, its specimen and the laboratory's limits. Ends of the range of release are
/// within; a value equal to a critical limit is not critical, one beyond it is; a specimen just as old as allowed is fit.
/// Refuses: nothing; what is not known is a condition that does not hold, and no condition is passed over after a failed one.
/// Not for: tests whose results are words; the first use of a method, before its limits were validated.
/// Source: the region's own rule; compare CLSI AUTO10 and AUTO15, which were not reached. Reviewed: by no clinician yet.
pub(crate) fn autoverify(it: &VerifyInput<'_>) -> Verified {
    let each = [
        (Condition::QualityControl, quality_control(it)),
        (Condition::AnalyserFlags, analyser_flags(it)),
        (Condition::Range, range(it)),
        (Condition::NotCritical, not_critical(it)),
        (Condition::Delta, change(it)),
        (Condition::Interference, interference(it)),
        (Condition::SpecimenAge, specimen_age(it)),
        (Condition::SignedRules, signed_rules(it)),
    ];
    let looked = each
        .into_iter()
        .map(|(condition, why_not)| Looked { condition, why_not });
    Verified(looked.collect())
}

fn quality_control(it: &VerifyInput<'_>) -> Option<String> {
    let Some(judged) = it.quality_control else {
        return Some("the quality control of the run is not known".to_owned());
    };
    match judged.action {
        None | Some(Action::Warn) => None,
        Some(Action::Reject) => {
            let rejected = judged.violated.iter();
            let rejected = rejected.filter(|(_, action)| *action == Action::Reject);
            let names: Vec<_> = rejected.map(|(rule, _)| rule.name()).collect();
            Some(format!("the run violates {}", names.join(", ")))
        }
    }
}

fn analyser_flags(it: &VerifyInput<'_>) -> Option<String> {
    match it.analyser_flags {
        None => Some("whether the analyser raised a flag is not known".to_owned()),
        Some([]) => None,
        Some(flags) => Some(format!("the analyser says {}", flags.join(", "))),
    }
}

fn range(it: &VerifyInput<'_>) -> Option<String> {
    let Some(value) = it.value else {
        return Some("the result is no exact number in the unit of the limits".to_owned());
    };
    let Some((low, high)) = it.release.and_then(|ends| Some((ends.low?, ends.high?))) else {
        return Some("the test has no range of release".to_owned());
    };
    let is_within = value >= low && value <= high;
    (!is_within).then(|| format!("{value} is not within {low} to {high}"))
}

fn not_critical(it: &VerifyInput<'_>) -> Option<String> {
    let Some(value) = it.value else {
        return Some("the result is no exact number in the unit of the limits".to_owned());
    };
    let Some(ends) = it.critical else {
        return Some("whether the test has critical limits is not known".to_owned());
    };
    critical(value, ends)
}

/// In which way a value is critical.
pub(crate) fn critical(value: Decimal, ends: Ends) -> Option<String> {
    if let Some(low) = ends.low.filter(|low| value < *low) {
        return Some(format!("{value} is critical: below {low}"));
    }
    let high = ends.high.filter(|high| value > *high)?;
    Some(format!("{value} is critical: above {high}"))
}

fn change(it: &VerifyInput<'_>) -> Option<String> {
    match it.change {
        Change::Compared(delta) if delta.is_below => None,
        Change::Compared(delta) => {
            let sign = if delta.change_percent > Decimal::ZERO {
                "+"
            } else {
                ""
            };
            Some(format!(
                "changed by {sign}{} %, not below the reference change value of {:.1} %",
                delta.change_percent.with_places(1),
                delta.rcv_percent
            ))
        }
        Change::First { is_let_through } => {
            (!is_let_through).then(|| "there is no earlier result to compare with".to_owned())
        }
        Change::NotComparable(why) => Some(format!("cannot be compared: {why}")),
    }
}

fn interference(it: &VerifyInput<'_>) -> Option<String> {
    match it.interference {
        None => Some("haemolysis, icterus and lipaemia were not looked at".to_owned()),
        Some([]) => None,
        Some(found) => Some(format!("the specimen is {}", found.join(", "))),
    }
}

fn specimen_age(it: &VerifyInput<'_>) -> Option<String> {
    let Some(minutes) = it.specimen_minutes else {
        return Some("the age of the specimen is not known".to_owned());
    };
    let Some(max) = it.specimen_minutes_max else {
        return Some("how old a specimen may be is not known".to_owned());
    };
    if minutes < 0 {
        return Some("the specimen was measured before it was collected".to_owned());
    }
    (minutes > max)
        .then(|| format!("the specimen was {minutes} minutes old, and {max} are allowed"))
}

fn signed_rules(it: &VerifyInput<'_>) -> Option<String> {
    (!it.is_signed).then(|| "nobody answerable has signed the laboratory's rules".to_owned())
}
