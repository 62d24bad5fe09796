//! Escape sequences: written out in values that are read, written in for values that this host sends.
//!
//! Invariant: what comes out is bounded, holds no control character but LF and tab, and is never cut again.

use std::borrow::Cow;

use crate::feed::message::charset::CharacterSet;
use crate::feed::message::delimiters::{Delimiters, find};
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
    let written = if find(delimiters.escape, text.as_bytes()).is_none() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(sequences(text, at, delimiters, set)?)
    };
    match control(written.as_bytes()) {
        Some(byte) => Err(MessageError::Control { at, byte }),
        None => Ok(written),
    }
}

/// The first control character that no value may hold. Nearly always there is none, so all are looked at together first.
fn control(bytes: &[u8]) -> Option<u8> {
    let is_control = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\n' | b'\t')) || *byte == 0x7F;
    let any = bytes
        .iter()
        .fold(false, |any, byte| any | (*byte < 0x20) | (*byte == 0x7F));
    match any {
        true => bytes.iter().copied().find(is_control),
        false => None,
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
        "P" if delimiters.truncation == '\0' => Ok(Some(Cow::Borrowed("#"))),
        "P" => delimiter(delimiters.truncation),
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

/// Text of this host as a value on one line: delimiters become sequences, line breaks and other controls blanks.
#[must_use]
pub fn write_in(text: &str, delimiters: &Delimiters) -> String {
    written(text, delimiters, false)
}

/// Text of this host as a value of several lines: as [`write_in`], with `\.br\` for line breaks.
#[must_use]
pub fn write_lines_in(text: &str, delimiters: &Delimiters) -> String {
    written(text, delimiters, true)
}

fn written(text: &str, delimiters: &Delimiters, keeps_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let sequence = |out: &mut String, body: &str| {
        if delimiters.escape == '\0' {
            out.push(' ');
        } else {
            out.push(delimiters.escape);
            out.push_str(body);
            out.push(delimiters.escape);
        }
    };
    for c in text.chars() {
        match c {
            '\n' if keeps_lines => sequence(&mut out, ".br"),
            _ if c.is_control() => out.push(' '),
            _ if c == delimiters.field => sequence(&mut out, "F"),
            _ if c == delimiters.component => sequence(&mut out, "S"),
            _ if c == delimiters.subcomponent => sequence(&mut out, "T"),
            _ if c == delimiters.repetition => sequence(&mut out, "R"),
            _ if c == delimiters.escape => sequence(&mut out, "E"),
            _ if c == delimiters.truncation => sequence(&mut out, "P"),
            _ => out.push(c),
        }
    }
    out
}
