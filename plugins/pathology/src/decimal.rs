//! Reported decimals, compared and converted without rounding errors.
//!
//! Invariant: a value and a limit that are written equal are equal; nothing is compared or kept as a binary fraction.

#[cfg(test)]
mod tests;

use std::fmt;

const DIGITS: u32 = 12;
const ONE: i128 = 10_i128.pow(DIGITS);

/// Nothing that a laboratory reports as a number is larger, and twice this times a factor still fits.
const WHOLE_MAX: i128 = 1_000_000_000;

/// A decimal with up to twelve digits after its point; digits beyond those are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Decimal(i128);

impl Decimal {
    /// Zero.
    pub(crate) const ZERO: Self = Self(0);

    /// Reads a decimal as FHIR writes it: `171`, `0.55`, `1.2e3`. None when it is not one, or is beyond ±1,000,000,000.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        if !(-30..=30).contains(&exponent) || mantissa.len() > 40 {
            return None;
        }
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(part) || digits.ends_with('.') {
            return None;
        }
        let shift = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
        let scaled = scale(
            &format!("{whole}{part}"),
            i32::try_from(DIGITS).ok()? - shift,
        )?;
        (scaled <= WHOLE_MAX * ONE).then_some(Self(if negative { -scaled } else { scaled }))
    }

    /// Their sum.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of the first without the second.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Their product, digits beyond the twelfth dropped. None when it is too large to be a result.
    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let product = self.0.checked_mul(other.0)? / ONE;
        (product.abs() <= WHOLE_MAX * ONE).then_some(Self(product))
    }

    /// The first divided by the second, digits beyond the twelfth dropped. None when the second is zero.
    pub(crate) fn over(self, other: Self) -> Option<Self> {
        let quotient = self.0.checked_mul(ONE)?.checked_div(other.0)?;
        (quotient.abs() <= WHOLE_MAX * ONE).then_some(Self(quotient))
    }

    /// The nearest binary number, for equations that have powers.
    pub(crate) fn real(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whether this is at least `times` multiples of `of`, decided without dividing.
    pub(crate) fn is_at_least(self, times: Self, of: Self) -> bool {
        match (self.0.checked_mul(ONE), times.0.checked_mul(of.0)) {
            (Some(this), Some(that)) => this >= that,
            _ => false,
        }
    }

    /// To so many places, halves away from zero.
    pub(crate) fn rounded(self, places: u32) -> Self {
        let step = 10_i128.pow(DIGITS.saturating_sub(places));
        let half = if self.0 < 0 { -step / 2 } else { step / 2 };
        Self((self.0 + half) / step * step)
    }

    /// To so many places, what is beyond them dropped.
    pub(crate) fn cut(self, places: u32) -> Self {
        let step = 10_i128.pow(DIGITS.saturating_sub(places));
        Self(self.0 / step * step)
    }

    /// With exactly so many places: `2.50`.
    pub(crate) fn with_places(self, places: u32) -> String {
        let rounded = self.rounded(places);
        let sign = if rounded.0 < 0 { "-" } else { "" };
        let whole = rounded.0.abs() / ONE;
        let part = format!("{:012}", rounded.0.abs() % ONE);
        let shown = part.get(..places as usize).unwrap_or(&part);
        if shown.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{shown}")
        }
    }
}

/// The digits as a number, times ten to the power of `shift`; digits pushed out are dropped.
fn scale(digits: &str, shift: i32) -> Option<i128> {
    let digits = digits.trim_start_matches('0');
    let kept = if shift < 0 {
        let dropped = usize::try_from(-shift).ok()?;
        digits
            .get(..digits.len().saturating_sub(dropped))
            .unwrap_or_default()
    } else {
        digits
    };
    if kept.len() > 38 {
        return None;
    }
    let number = if kept.is_empty() {
        0
    } else {
        kept.parse::<i128>().ok()?
    };
    number.checked_mul(10_i128.checked_pow(u32::try_from(shift.max(0)).ok()?)?)
}

impl From<u32> for Decimal {
    fn from(whole: u32) -> Self {
        Self(i128::from(whole) * ONE)
    }
}

impl fmt::Display for Decimal {
    /// With the digits it needs and no more: `171`, `0.55`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.with_places(DIGITS);
        out.write_str(all.trim_end_matches('0').trim_end_matches('.'))
    }
}
