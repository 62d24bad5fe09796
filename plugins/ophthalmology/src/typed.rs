//! Numbers as people type them, with or without a unit.
//!
//! Invariant: the digits are kept as they were typed; an exponent, a comma, `NaN` or a second point is no number.

use crate::refusal::Refusal;

/// Characters of a number.
const CHARS_MAX: usize = 12;

/// A number with the digits that were typed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Typed {
    /// As typed, without the unit.
    pub(crate) digits: String,
    /// The number.
    pub(crate) value: f64,
}

/// Reads `16`, `16.0`, `-0.10`. Nothing for anything else.
pub(crate) fn plain_number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let is_plain = text.len() <= CHARS_MAX && all_digits(whole) && part.is_none_or(all_digits);
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Reads a number that may be followed by one of these units.
///
/// # Errors
/// `NotANumber`; `Unit` when another unit follows it.
pub(crate) fn typed(what: &'static str, text: &str, units: &[&str]) -> Result<Typed, Refusal> {
    let text = text.trim();
    let is_of_number = |it: char| it.is_ascii_digit() || matches!(it, '.' | '-');
    let end = text.find(|it| !is_of_number(it)).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let value = plain_number(digits).ok_or(Refusal::NotANumber(what))?;
    let unit = unit.trim();
    let begins_as_unit = unit
        .chars()
        .next()
        .is_none_or(|it| !matches!(it, ',' | '+' | '/'));
    if !begins_as_unit {
        return Err(Refusal::NotANumber(what));
    }
    if !unit.is_empty() && !units.contains(&unit) {
        return Err(Refusal::Unit {
            what,
            found: unit.chars().take(20).collect(),
            expected: units.first().copied().unwrap_or("no unit").to_owned(),
        });
    }
    Ok(Typed {
        digits: digits.to_owned(),
        value,
    })
}

#[cfg(test)]
mod tests;
