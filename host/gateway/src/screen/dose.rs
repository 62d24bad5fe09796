//! Amounts of medicines: numbers that a lost dot or a stray zero cannot multiply, units that cannot be taken for another.
//!
//! Invariant: an amount that exists has a unit, no sign and no exponent; written, it has no trailing zero, a zero before its
//! dot, and micrograms, nanograms and units in words.

use serde::Deserialize;

use super::word::Short;
use crate::written;

/// An amount, or from one number to another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amount {
    value: Portion,
    to: Option<Portion>,
    unit: Short,
}

/// A number of an amount: at most nine digits before the dot and six after it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Portion(String);

impl TryFrom<String> for Portion {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_portion(&text) {
            Ok(Self(text))
        } else {
            Err(
                "must be an amount written as a string, such as \"0.5\": at most 9 digits before the dot and 6 after it, no sign, no exponent",
            )
        }
    }
}

impl Portion {
    /// As the document has it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Amount {
    /// As a prescriber reads it: `500 mg`, `1 to 2 tablets`, `62.5 micrograms`.
    pub(crate) fn words(&self) -> String {
        let unit = unit(self.unit.as_str(), &self.value);
        match &self.to {
            Some(to) => format!("{} to {} {unit}", number(&self.value.0), number(&to.0)),
            None => format!("{} {unit}", number(&self.value.0)),
        }
    }

    /// Whether it says nothing that could be misread.
    pub(crate) fn sound(&self) -> Result<(), &'static str> {
        if self.unit.as_str().trim().is_empty() {
            return Err("needs a unit");
        }
        let size = |it: &Portion| it.0.parse::<f64>().unwrap_or_default();
        match &self.to {
            Some(to) if size(to) <= size(&self.value) => Err("must go up: `to` is above `value`"),
            Some(_) | None => Ok(()),
        }
    }
}

/// `0|[1-9]\d{0,8}`, then at most six decimals.
pub(crate) fn is_portion(text: &str) -> bool {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |it: &str, most: usize| {
        (1..=most).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit())
    };
    digits(whole, 9) && digits(rest, 6) && (whole == "0" || !whole.starts_with('0'))
}

/// Without trailing zeros, as it is typed.
pub(crate) fn plain(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// Without trailing zeros, and with a comma between thousands.
pub(crate) fn number(text: &str) -> String {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest = rest.trim_end_matches('0');
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() {
        grouped
    } else {
        format!("{grouped}.{rest}")
    }
}

/// A unit of a dose; what has been misread is written out.
fn unit(text: &str, value: &Portion) -> String {
    let (first, rest) = text
        .split_once('/')
        .map_or((text, None), |(first, rest)| (first, Some(rest)));
    let one = plain(&value.0) == "1";
    let first = match first.trim() {
        "ug" | "mcg" | "µg" | "μg" => plural("microgram", one),
        "ng" => plural("nanogram", one),
        "U" | "u" | "IU" | "iu" | "[iU]" | "[IU]" | "unit" | "units" => plural("unit", one),
        "ml" => "mL".to_owned(),
        other => written::unit(other),
    };
    match rest {
        Some(rest) => format!("{first}/{}", rest.replace("ml", "mL")),
        None => first,
    }
}

fn plural(word: &str, one: bool) -> String {
    if one {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

/// A generic name in small letters; a single letter and a word with a digit stay as they are (vitamin K, vitamin B12).
pub(crate) fn generic(name: &str) -> String {
    let word = |it: &str| {
        let kept = it.chars().count() == 1 || it.chars().any(|it| it.is_ascii_digit());
        if kept {
            it.to_owned()
        } else {
            it.to_lowercase()
        }
    };
    name.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
