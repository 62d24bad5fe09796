//! Numbers to one decimal place, read from decimals as they were written.
//!
//! Invariant: nothing here is a binary fraction, so 35.05 is rounded up wherever it is rounded.

#[cfg(test)]
mod tests;

use std::fmt;

/// Digits and powers of ten beyond which nothing is a vital sign.
const DIGITS_MAX: usize = 20;
const POWER_MAX: i32 = 12;

/// So many tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tenths(i128);

impl Tenths {
    /// A decimal as FHIR writes it, rounded to one place, halves away from zero. None when it is no decimal or too long.
    pub(crate) fn rounded(text: &str) -> Option<Self> {
        read(text).map(|(tenths, _)| tenths)
    }

    /// A decimal that is a whole number, however it is written: `18`, `18.0`, `1.8e1`. None for anything else.
    pub(crate) fn whole(text: &str) -> Option<Self> {
        read(text)
            .filter(|(tenths, is_exact)| *is_exact && tenths.0 % 10 == 0)
            .map(|(tenths, _)| tenths)
    }
}

/// The tenths, and whether nothing was lost by the rounding.
fn read(text: &str) -> Option<(Tenths, bool)> {
    let (number, power) = match text.split_once(['e', 'E']) {
        Some((number, power)) => (number, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, number),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    let is_decimal = !whole.is_empty() && !is_padded && all.bytes().all(|it| it.is_ascii_digit());
    let in_bounds = all.len() <= DIGITS_MAX && power.abs() <= POWER_MAX;
    if !is_decimal || digits.ends_with('.') || !in_bounds {
        return None;
    }
    let places = i32::try_from(part.len()).ok()? - power - 1;
    let all: i128 = all.parse().ok()?;
    let step = 10_i128.checked_pow(places.unsigned_abs())?;
    if places <= 0 {
        return Some((Tenths(sign * all.checked_mul(step)?), true));
    }
    let rounded = (all + step / 2) / step;
    Some((Tenths(sign * rounded), all % step == 0))
}

impl fmt::Display for Tenths {
    /// `37.0`; a width of 0 places, `{:.0}`, leaves the point out of a whole number.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, all) = (if self.0 < 0 { "-" } else { "" }, self.0.abs());
        match (out.precision(), all % 10) {
            (Some(0), 0) => write!(out, "{sign}{}", all / 10),
            (_, tenth) => write!(out, "{sign}{}.{tenth}", all / 10),
        }
    }
}
