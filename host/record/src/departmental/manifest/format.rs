//! Formats of messages that a manifest asks to be given.
//!
//! Invariant: a format names one kind of message of one standard, so that nobody is given more than was decided.

use serde::{Deserialize, Deserializer};

use super::member::reason;

/// What formats of HL7 v2 begin with; the type and event of MSH-9 follow, `hl7v2:ORU^R30`.
pub const HL7V2: &str = "hl7v2:";

/// A format of messages.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Which, for example `hl7v2:ORU^R30`.
    #[serde(deserialize_with = "format")]
    pub format: String,
    /// Why, in a trust administrator's words.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let part = |part: &str| {
        part.len() == 3
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let right = text
        .strip_prefix(HL7V2)
        .and_then(|kind| kind.split_once('^'))
        .is_some_and(|(code, event)| part(code) && part(event));
    if right {
        Ok(text)
    } else {
        Err(serde::de::Error::custom(
            "write `hl7v2:` with type and event of MSH-9, for example hl7v2:ORU^R30",
        ))
    }
}
