//! Reported decimals, compared and converted without rounding errors.
//!
//! Invariant: a value and a limit that are written equal are equal; nothing is compared or kept as a binary fraction, and a
//! text of which a digit would be lost is not read at all.

use std::fmt;

const DIGITS: u32 = 12;
const ONE: i128 = 10_i128.pow(DIGITS);

/// Nothing that is measured of a person is larger, and twice this times a factor still fits.
const WHOLE_MAX: i128 = 1_000_000_000;
/// Characters of a decimal that is read.
const CHARS_MAX: usize = 60;

/// A decimal from -1,000,000,000 to 1,000,000,000 with up to twelve digits behind its point.
///
/// # Example
/// ```
/// use sdk::decimal::Decimal;
///
/// let potassium = Decimal::parse("6.50").ok_or("no decimal")?;
/// let limit = Decimal::parse("6.5").ok_or("no decimal")?;
/// assert!(potassium >= limit);
/// assert_eq!(potassium.to_string(), "6.5");
/// assert_eq!(potassium.with_places(2), "6.50");
/// assert_eq!(Decimal::parse("about 6"), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// Reads a decimal as FHIR writes it: `171`, `0.55`, `1.2e3`. None for anything else (`+1`, `.5`, `007`), beyond
    /// ±1,000,000,000, and with more than twelve digits behind its point that are not zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > CHARS_MAX {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, mantissa),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty()
            || is_padded
            || !is_digits(whole)
            || !is_digits(part)
            || digits.ends_with('.')
        {
            return None;
        }
        let places = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
        let all = scaled(&format!("{whole}{part}"), 12_i32.checked_sub(places)?)?;
        (all <= WHOLE_MAX * ONE).then_some(Self(sign * all))
    }

    /// Their sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of the first without the second.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Their product, digits beyond the twelfth dropped. None when it is beyond ±1,000,000,000.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let product = self.0.checked_mul(other.0)? / ONE;
        (product.abs() <= WHOLE_MAX * ONE).then_some(Self(product))
    }

    /// The first divided by the second, digits beyond the twelfth dropped. None when the second is zero, and beyond
    /// ±1,000,000,000. To compare a quotient with a cut-off, use [`Decimal::is_at_least`].
    #[must_use]
    pub fn over(self, other: Self) -> Option<Self> {
        let quotient = self.0.checked_mul(ONE)?.checked_div(other.0)?;
        (quotient.abs() <= WHOLE_MAX * ONE).then_some(Self(quotient))
    }

    /// Whether this is at least `times` multiples of `of`, decided without dividing and without losing a digit.
    #[must_use]
    pub fn is_at_least(self, times: Self, of: Self) -> bool {
        match (self.0.checked_mul(ONE), times.0.checked_mul(of.0)) {
            (Some(this), Some(that)) => this >= that,
            // A product that does not fit is beyond everything that does, on its side of zero.
            (Some(_), None) => (times.0 < 0) != (of.0 < 0),
            (None, _) => self.0 > 0,
        }
    }

    /// As a fraction: above and below the line.
    pub(crate) fn fraction(self) -> (i128, i128) {
        (self.0, ONE)
    }

    /// The nearest decimal to a fraction whose lower part is above zero, halves away from zero. None beyond ±1,000,000,000.
    pub(crate) fn of_fraction(over: i128, under: i128) -> Option<Self> {
        let (whole, rest) = (over / under, over % under);
        if whole.abs() > WHOLE_MAX {
            return None;
        }
        // Digit by digit, since twelve more may not fit beside a large fraction.
        let (mut scaled, mut rest) = (whole, rest);
        for _ in 0..DIGITS {
            let next = rest.checked_mul(10)?;
            scaled = scaled * 10 + next / under;
            rest = next % under;
        }
        let half = i128::from(rest.abs() >= under - rest.abs()) * over.signum();
        let rounded = scaled + half;
        (rounded.abs() <= WHOLE_MAX * ONE).then_some(Self(rounded))
    }

    /// The nearest binary number, for equations that have powers.
    #[must_use]
    pub fn real(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// To so many places, halves away from zero.
    #[must_use]
    pub fn rounded(self, places: u32) -> Self {
        let step = 10_i128.pow(DIGITS.saturating_sub(places));
        let half = if self.0 < 0 { -step / 2 } else { step / 2 };
        Self(self.0.saturating_add(half) / step * step)
    }

    /// To so many places, what is beyond them dropped.
    #[must_use]
    pub fn cut(self, places: u32) -> Self {
        let step = 10_i128.pow(DIGITS.saturating_sub(places));
        Self(self.0 / step * step)
    }

    /// Whether there is nothing behind its point but zeros.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// With exactly so many places, at most twelve: `2.50`.
    #[must_use]
    pub fn with_places(self, places: u32) -> String {
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

/// The digits as a number, times ten to the power of `shift`. None when a digit that is not zero would be pushed out.
fn scaled(digits: &str, shift: i32) -> Option<i128> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let kept = match usize::try_from(-i64::from(shift)) {
        Ok(dropped) if dropped > 0 => {
            let (kept, lost) = digits.split_at_checked(digits.len().checked_sub(dropped)?)?;
            if lost.bytes().any(|it| it != b'0') {
                return None;
            }
            kept
        }
        _ => digits,
    };
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

#[cfg(test)]
mod tests;
