//! The NHS number: ten digits, the last of which checks the others.
//!
//! Invariant: an `NhsNumber` has passed the modulus 11 check and is not one digit ten times.

use std::fmt;
use std::str::FromStr;

/// The system under which a FHIR identifier holds an NHS number.
pub const SYSTEM: &str = "https://fhir.nhs.uk/Id/nhs-number";

/// A well-formed NHS number. Whether anybody has it is another question.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NhsNumber([u8; 10]);

impl NhsNumber {
    /// The ten digits without spaces, as FHIR and HL7 carry them.
    pub fn digits(&self) -> String {
        self.0
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect()
    }
}

/// Reads ten digits; spaces and hyphens between them are skipped, since people write `943 476 5919`.
///
/// Source: NHS Data Dictionary, attribute NHS NUMBER: weights 10 to 2, remainder from 11; 11 counts as 0, 10 is invalid.
impl FromStr for NhsNumber {
    type Err = NotAnNhsNumber;

    fn from_str(text: &str) -> Result<Self, NotAnNhsNumber> {
        let mut digits = [0_u8; 10];
        let mut count = 0;
        for c in text.trim().chars() {
            if c == ' ' || c == '-' {
                continue;
            }
            let digit = c
                .to_digit(10)
                .and_then(|d| u8::try_from(d).ok())
                .ok_or(NotAnNhsNumber::NotADigit(c))?;
            if let Some(place) = digits.get_mut(count) {
                *place = digit;
            }
            count += 1;
        }
        if count != digits.len() {
            return Err(NotAnNhsNumber::Length(count));
        }
        if digits.iter().all(|digit| *digit == digits[0]) {
            return Err(NotAnNhsNumber::AllTheSame);
        }
        match check_digit(&digits) {
            None => Err(NotAnNhsNumber::NoCheckDigit),
            Some(expected) if expected != digits[9] => Err(NotAnNhsNumber::CheckDigit),
            Some(_) => Ok(Self(digits)),
        }
    }
}

/// The tenth digit that the first nine call for; None where no number can begin with them.
fn check_digit(digits: &[u8; 10]) -> Option<u8> {
    let sum: u32 = (2..=10)
        .rev()
        .zip(&digits[..9])
        .map(|(weight, digit)| weight * u32::from(*digit))
        .sum();
    match 11 - sum % 11 {
        11 => Some(0),
        10 => None,
        check => u8::try_from(check).ok(),
    }
}

/// As printed on letters: `943 476 5919`.
impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        write!(f, "{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

/// Never shows the number.
impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[phi]")
    }
}

/// Why a text is no NHS number. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnNhsNumber {
    /// Too few or too many digits.
    #[error("an NHS number has 10 digits, but this has {0}")]
    Length(usize),
    /// Something other than digits, spaces and hyphens.
    #[error("an NHS number has only digits, but this has {0:?}")]
    NotADigit(char),
    /// `2222222222` passes the check, but is never issued.
    #[error("an NHS number is never one digit ten times")]
    AllTheSame,
    /// No number can begin with these nine digits.
    #[error("no NHS number begins with these nine digits; check them for a slip")]
    NoCheckDigit,
    /// The last digit is not the one that the first nine call for.
    #[error("the last digit does not fit the other nine; check them for a slip")]
    CheckDigit,
}

#[cfg(test)]
mod tests;
