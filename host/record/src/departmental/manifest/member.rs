//! What single members of a manifest may hold, each refused at its own place.
//!
//! Invariant: a text that is read here is bounded and without control or direction characters.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::WriteAction;
use crate::departmental::DepartmentalId;
use crate::permission;

/// One line that people read: 1 to 120 characters.
pub(in crate::departmental) fn line<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    checked_line(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// Whether a text is one line of 1 to 120 characters that looks like what it says.
pub(in crate::departmental) fn checked_line(text: &str) -> Result<(), String> {
    if !(1..=120).contains(&text.chars().count()) {
        return Err("write 1 to 120 characters".to_owned());
    }
    plain(text)
}

/// No control character, and none that turns the direction of what follows: both can make a label lie.
pub(in crate::departmental) fn plain(text: &str) -> Result<(), String> {
    let turns = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    match text.chars().find(|c| c.is_control() || turns(*c)) {
        None => Ok(()),
        Some(found) => Err(format!(
            "take the invisible character U+{:04X} out",
            u32::from(found)
        )),
    }
}

/// Why something is asked for: 10 to 500 characters.
pub(in crate::departmental) fn reason<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if !(10..=500).contains(&text.chars().count()) {
        return Err(D::Error::custom("give the reason in 10 to 500 characters"));
    }
    plain(&text).map_err(D::Error::custom)?;
    Ok(text)
}

/// A name: a lower-case letter, then up to 63 lower-case letters, digits and hyphens.
pub(in crate::departmental) fn word<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_word(&text) {
        Ok(text)
    } else {
        Err(D::Error::custom(
            "write a lower-case letter, then at most 63 lower-case letters, digits and hyphens",
        ))
    }
}

/// Whether a text is a name as `word` reads it.
pub(in crate::departmental) fn is_word(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    if (1..=20).contains(&words.len()) && words.iter().all(|text| is_word(text)) {
        Ok(words)
    } else {
        Err(D::Error::custom(
            "write 1 to 20 roles, for example \"clinician\"",
        ))
    }
}

pub(super) fn departmental_id<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<DepartmentalId, D::Error> {
    String::deserialize(from)?
        .parse()
        .map_err(|error: super::ManifestError| D::Error::custom(error.what))
}

/// A type of FHIR R4.
pub(super) fn known_type<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match text.parse::<fhir::resource::ResourceType>() {
        Ok(_) => Ok(text),
        Err(error) => Err(D::Error::custom(error)),
    }
}

/// A type of FHIR R4 that a departmental may write if it is granted.
pub(super) fn writable_type<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = known_type(from)?;
    if permission::departmental_may_write(&text) {
        Ok(text)
    } else {
        Err(D::Error::custom(format!(
            "no departmental may write {text}: it is not one patient's clinical record"
        )))
    }
}

pub(super) fn write_actions<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<WriteAction>, D::Error> {
    let actions = Vec::<WriteAction>::deserialize(from)?;
    match actions[..] {
        [_] => Ok(actions),
        [one, other] if one != other => Ok(actions),
        _ => Err(D::Error::custom(
            "write \"create\", \"update\" or both, each once",
        )),
    }
}

/// `1.2.3`, with a pre-release if need be and without build metadata.
pub(super) fn semantic_version<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let (numbers, rest) = match text.split_once('-') {
        Some((numbers, rest)) => (numbers, Some(rest)),
        None => (text.as_str(), None),
    };
    let pre_release = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let right = text.len() <= 60
        && numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && rest.is_none_or(|rest| !rest.is_empty() && rest.chars().all(pre_release));
    if right {
        Ok(text)
    } else {
        Err(D::Error::custom(
            "write a version such as 1.2.3 or 1.2.3-rc.1",
        ))
    }
}

pub(super) fn contract_version<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if is_contract(&text) {
        Ok(text)
    } else {
        Err(D::Error::custom(
            "write the contract's version, for example 0.1",
        ))
    }
}

/// Whether a text is a version of the contract, whichever.
pub(super) fn is_contract(text: &str) -> bool {
    text.len() <= 20 && text.split('.').count() == 2 && text.split('.').all(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

/// A day as `YYYY-MM-DD`.
pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match text.parse::<jiff::civil::Date>() {
        Ok(_) if text.len() == 10 => Ok(text),
        Ok(_) | Err(_) => Err(D::Error::custom("write a day such as 2026-04-01")),
    }
}

/// A list of at most `MAX`.
pub(super) fn at_most<'de, D, T, const MAX: usize>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Vec::deserialize(from)?;
    if list.len() <= MAX {
        Ok(list)
    } else {
        Err(D::Error::custom(format!("at most {MAX} are read")))
    }
}
