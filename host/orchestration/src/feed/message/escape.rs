//! Escape sequences: written out in values that are read, written in for values that this host sends.
//!
//! Invariant: what comes out is bounded, holds no control character but LF and tab, and is never cut again.

use std::borrow::Cow;

use crate::feed::message::Delimiters;
use crate::feed::message::charset::CharacterSet;
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::limits::{FORMATTING_REPEAT_MAX, VALUE_BYTES_MAX};

/// A value with its escape sequences written out.
///
/// A lone escape character that starts no sequence is kept as it is, as are sequences of the sender's own (`\Z…\`).
///
/// # Errors
/// A switch of the character set (`\C…\`, `\M…\`), hexadecimal data that is not text, control characters, too much text.
pub fn write_out<'a>(
    text: &'a str,
    at: Place,
    delimiters: &Delimiters,
    set: CharacterSet,
) -> Result<Cow<'a, str>, MessageError> {
    let written = if delimiters.escape == '\0' || !text.contains(delimiters.escape) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(sequences(text, at, delimiters, set)?)
    };
    match written
        .bytes()
        .find(|byte| (*byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || *byte == 0x7F)
    {
        Some(byte) => Err(MessageError::Control { at, byte }),
        None => Ok(written),
    }
}

fn sequences(
    text: &str,
    at: Place,
    delimiters: &Delimiters,
    set: CharacterSet,
) -> Result<String, MessageError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(delimiters.escape) {
        out.push_str(before);
        let sequence = after.split_once(delimiters.escape);
        match sequence.map(|(body, tail)| (one(body, at, delimiters, set), tail)) {
            Some((Ok(Some(meant)), tail)) => {
                out.push_str(&meant);
                rest = tail;
            }
            Some((Err(error), _)) => return Err(error),
            Some((Ok(None), _)) | None => {
                out.push(delimiters.escape);
                rest = after;
            }
        }
        if out.len() > VALUE_BYTES_MAX {
            return Err(MessageError::ValueTooLong {
                at,
                of: "bytes once its escapes are written out",
                max: VALUE_BYTES_MAX,
            });
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What one sequence means. `None`: it is no sequence, the escape character stands for itself.
fn one(
    body: &str,
    at: Place,
    delimiters: &Delimiters,
    set: CharacterSet,
) -> Result<Option<Cow<'static, str>>, MessageError> {
    let delimiter = |c: char| Ok((c != '\0').then(|| Cow::Owned(c.to_string())));
    match body {
        "F" => delimiter(delimiters.field),
        "S" => delimiter(delimiters.component),
        "T" => delimiter(delimiters.subcomponent),
        "R" => delimiter(delimiters.repetition),
        "E" => delimiter(delimiters.escape),
        "P" => Ok(Some(Cow::Borrowed("#"))),
        "H" | "N" => Ok(Some(Cow::Borrowed(""))),
        _ => match body.as_bytes().first() {
            Some(b'X') => hexadecimal(&body[1..], at, set),
            Some(b'.') => Ok(formatting(&body[1..])),
            Some(b'C' | b'M')
                if body.len() > 2 && body[1..].bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                Err(MessageError::Escape {
                    at,
                    what: "it switches the character set; send the whole message in the set of MSH-18",
                })
            }
            _ => Ok(None),
        },
    }
}

fn hexadecimal(
    digits: &str,
    at: Place,
    set: CharacterSet,
) -> Result<Option<Cow<'static, str>>, MessageError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let wrong = MessageError::Escape {
        at,
        what: "\\X…\\ must hold whole bytes of a text in the set of MSH-18",
    };
    let Ok(bytes) = hex::decode(digits) else {
        return Err(wrong);
    };
    let text = set.decode(&bytes).map_err(|_| wrong)?.into_owned();
    Ok(Some(Cow::Owned(
        text.replace("\r\n", "\n").replace('\r', "\n"),
    )))
}

/// Formatting commands of FT: line breaks and blanks are kept, the rest only moves text about on paper.
fn formatting(command: &str) -> Option<Cow<'static, str>> {
    let name: String = command
        .chars()
        .take_while(char::is_ascii_lowercase)
        .collect();
    let count = command.get(name.len()..)?.trim_start_matches('+');
    if !count.is_empty()
        && !count
            .trim_start_matches('-')
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let times = count
        .parse::<usize>()
        .unwrap_or(1)
        .clamp(1, FORMATTING_REPEAT_MAX);
    match name.as_str() {
        "br" | "ce" => Some(Cow::Borrowed("\n")),
        "sp" => Some(Cow::Owned("\n".repeat(times))),
        "sk" => Some(Cow::Owned(" ".repeat(times))),
        "fi" | "nf" | "in" | "ti" => Some(Cow::Borrowed("")),
        _ => None,
    }
}

/// Text of this host as a value: delimiters become sequences, line breaks become blanks.
#[must_use]
pub fn write_in(text: &str, delimiters: &Delimiters) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let sequence = match c {
            _ if c == delimiters.field => 'F',
            _ if c == delimiters.component => 'S',
            _ if c == delimiters.subcomponent => 'T',
            _ if c == delimiters.repetition => 'R',
            _ if c == delimiters.escape => 'E',
            _ if c.is_control() => {
                out.push(' ');
                continue;
            }
            _ => {
                out.push(c);
                continue;
            }
        };
        if delimiters.escape == '\0' {
            out.push(' ');
        } else {
            out.extend([delimiters.escape, sequence, delimiters.escape]);
        }
    }
    out
}
