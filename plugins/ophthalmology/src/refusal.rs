//! Why a rule did not answer, in words that say what is missing or how to mend it.
//!
//! Invariant: every refusal names the thing it is about; none is an answer in disguise.

use crate::bounds::Bounds;

/// Why a rule did not answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// Which eye was not said.
    Side,
    /// Something that the rule needs is not recorded.
    NotRecorded(&'static str),
    /// What was typed is not a plain number.
    NotANumber(&'static str),
    /// A number with a unit that is not the one, or not one, of this quantity.
    Unit {
        what: &'static str,
        found: String,
        expected: String,
    },
    /// A number that cannot be.
    Outside { what: &'static str, bounds: Bounds },
    /// What was typed is of no form that is known.
    Unreadable {
        what: &'static str,
        mend: &'static str,
    },
    /// A distance at which nothing is tested.
    Distance { found: String, known: String },
    /// What cannot be as it is said, or is not known, and how to mend it.
    Contradiction(&'static str),
    /// Outside what the formula was made for.
    NotMadeFor(&'static str),
}

impl Refusal {
    /// As it is read beside a field or after "cannot be calculated:".
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Side => "the side is missing: say right or left eye".to_owned(),
            Self::NotRecorded(what) => format!("{what} is not recorded"),
            Self::NotANumber(what) => format!("{what} must be a plain number"),
            Self::Unit {
                what,
                found,
                expected,
            } => {
                format!("{what} must be in {expected}, not in {found}")
            }
            Self::Outside { what, bounds } => format!("{what} must be {}", bounds.words()),
            Self::Unreadable { what, mend } => format!("{what} cannot be read: {mend}"),
            Self::Distance { found, known } => {
                format!(
                    "a test distance of {found} m is not used here: {known} m (metres, not feet)"
                )
            }
            Self::Contradiction(what) => (*what).to_owned(),
            Self::NotMadeFor(why) => format!("the formula is not made for this: {why}"),
        }
    }

    /// As a sentence on a field.
    pub(crate) fn sentence(&self) -> String {
        let words = self.words();
        let mut chars = words.chars();
        let first = chars.next().map(|first| first.to_uppercase().to_string());
        format!("{}{}.", first.unwrap_or_default(), chars.as_str())
    }
}
