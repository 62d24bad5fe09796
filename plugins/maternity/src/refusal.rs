//! Why a rule gives no answer, in words that a clinician can act on.
//!
//! Invariant: what is not recorded is told apart from what cannot be true; neither is ever an answer.

use std::fmt;

/// Why a rule gives no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// This was not recorded.
    Missing(String),
    /// This must lie between two ends, both allowed.
    Outside {
        /// What.
        what: String,
        /// The least.
        low: String,
        /// The most.
        high: String,
        /// What to do instead; empty when there is nothing to say.
        instead: &'static str,
    },
    /// These two cannot both be true.
    Contradiction(String, String),
    /// A centile was asked of a chart that belongs to another formula.
    Mixed {
        /// The formula of the weight.
        weight: &'static str,
        /// The chart that was asked.
        chart: &'static str,
    },
    /// The day that it comes to is none that can be written.
    NoDay,
    /// It stands already, and may not be changed.
    Settled(String),
    /// The table that it needs is not here, or nobody signed it.
    NotAvailable(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => {
                write!(out, "cannot be calculated: {what} is not recorded")
            }
            Self::Outside {
                what,
                low,
                high,
                instead,
            } => {
                let then = if instead.is_empty() { "" } else { "; " };
                write!(out, "{what} must be {low} to {high}{then}{instead}")
            }
            Self::Contradiction(one, other) => write!(out, "{one} and {other} cannot both be true"),
            Self::Mixed { weight, chart } => {
                write!(
                    out,
                    "a weight by {weight} has no centile on the chart of {chart}"
                )
            }
            Self::NoDay => out.write_str("cannot be calculated: the calendar has no such day"),
            Self::Settled(why) => out.write_str(why),
            Self::NotAvailable(what) => write!(out, "not available here: {what}"),
        }
    }
}

/// The value, when it lies between the two ends.
///
/// # Errors
/// `Outside` for anything else, what is no number among it.
pub(crate) fn within(
    what: &str,
    value: f64,
    [low, high]: [f64; 2],
    unit: &str,
) -> Result<f64, Refusal> {
    within_or(what, value, [low, high], unit, "")
}

/// As [`within`], with what to do instead.
pub(crate) fn within_or(
    what: &str,
    value: f64,
    [low, high]: [f64; 2],
    unit: &str,
    instead: &'static str,
) -> Result<f64, Refusal> {
    if value >= low && value <= high {
        return Ok(value);
    }
    Err(Refusal::Outside {
        what: what.to_owned(),
        low: low.to_string(),
        high: format!("{high} {unit}"),
        instead,
    })
}

/// The value, when it was recorded.
///
/// # Errors
/// `Missing` when it was not.
pub(crate) fn recorded<T>(what: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::Missing(what.to_owned()))
}
