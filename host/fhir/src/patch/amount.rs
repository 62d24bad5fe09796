//! Whether two JSON values are equal as RFC 6902 has it: numbers by what they amount to, not by how they are written.
//!
//! Invariant: no number passes through floating point.

use serde_json::Value;

/// Whether the values are equal; the order of members does not count.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.to_string(), other.to_string());
            one == other || amount(&one) == amount(&other)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| equal(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, a): (&String, &Value)| other.get(name).is_some_and(|b| equal(a, b));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

/// Whether it is negative, its digits without zeros at either end, and the power of ten of the last.
/// `None` where the power is beyond anything that is written in earnest; such numbers equal only themselves.
fn amount(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, power.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let power = power.checked_sub(i64::try_from(part.len()).ok()?)?;
    let all = format!("{whole}{part}");
    let kept = all.trim_end_matches('0');
    let power = power.checked_add(i64::try_from(all.len() - kept.len()).ok()?)?;
    match kept.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        kept => Some((negative, kept.to_owned(), power)),
    }
}
