//! The least and the most that a quantity can be, as a pack says it.
//!
//! Invariant: both ends are possible values, and the words show the digits of the pack.

use sdk::Failure;
use sdk::pack::Part;

use crate::refusal::Refusal;

/// From one number to another, both included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bounds {
    low: (String, f64),
    high: (String, f64),
    unit: String,
}

impl Bounds {
    /// Reads `{ "low": "18", "high": "38", "unit": "mm" }` at a path of a pack.
    ///
    /// # Errors
    /// `fault` with the path of what is missing, or when the ends are not in order.
    pub(crate) fn read(of: Part<'_>, path: &str) -> Result<Self, Failure> {
        let end = |name: &str| {
            let path = format!("{path}/{name}");
            Ok((of.text(&path)?, of.number(&path)?))
        };
        let bounds = Self {
            low: end("low")?,
            high: end("high")?,
            unit: of.text(&format!("{path}/unit"))?,
        };
        if bounds.low.1 >= bounds.high.1 {
            return Err(of.missing(path, "`low` below `high`"));
        }
        Ok(bounds)
    }

    /// The number, if it can be.
    ///
    /// # Errors
    /// `Outside` with these bounds; what is not a number is outside.
    pub(crate) fn hold(&self, what: &'static str, value: f64) -> Result<f64, Refusal> {
        if value >= self.low.1 && value <= self.high.1 {
            return Ok(value);
        }
        Err(Refusal::Outside {
            what,
            bounds: self.clone(),
        })
    }

    /// `18 to 38 mm`.
    pub(crate) fn words(&self) -> String {
        format!("{} to {} {}", self.low.0, self.high.0, self.unit)
            .trim_end()
            .to_owned()
    }
}
