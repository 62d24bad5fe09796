//! Characters and values: what an attribute says, and how a value is written into one.
//!
//! Invariant: a text that was written is read as itself; a number keeps its digits.

use std::borrow::Cow;

use serde_json::{Number, Value};

use crate::resource::json::kind_of;
use crate::structure::Primitive;

/// What an attribute says: references resolved, line ends and tabs that were not written as references made spaces, as
/// XML asks.
pub(super) fn attribute(raw: &str) -> Result<Cow<'_, str>, String> {
    let plain = |byte: u8| byte >= 0x20 && byte.is_ascii() && byte != b'&' && byte != b'<';
    if raw.bytes().all(plain) {
        return Ok(raw.into());
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '&' => {
                let (c, length) = reference(rest)?;
                text.push(c);
                length
            }
            '<' => return Err("an attribute holds `<`; write &lt;".to_owned()),
            '\r' if rest.starts_with("\r\n") => {
                text.push(' ');
                2
            }
            '\r' | '\n' | '\t' => {
                text.push(' ');
                1
            }
            c => {
                allowed(c)?;
                text.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(text.into())
}

/// The character of the reference that a text begins with, and how many bytes the reference takes.
fn reference(text: &str) -> Result<(char, usize), String> {
    let end = text
        .bytes()
        .take(16)
        .position(|byte| byte == b';')
        .ok_or("an `&` begins no reference; write &amp;")?;
    Ok((resolved(&text[1..end])?, end + 1))
}

/// What a reference stands for, given without `&` and `;`.
pub(super) fn resolved(name: &str) -> Result<char, String> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err("a reference is none of XML's own five; write the character itself, or its number as in &#160;".to_owned()),
        };
    };
    let code = match number.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse(),
        Some(_) | None => return Err("a reference by number is malformed".to_owned()),
    };
    let c = code
        .ok()
        .and_then(char::from_u32)
        .ok_or("a reference names no character")?;
    allowed(c).map(|()| c)
}

/// Refuses what XML has no way to write.
pub(super) fn allowed(c: char) -> Result<(), String> {
    match c {
        '\t' | '\n' | '\r' => Ok(()),
        c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => Err(format!(
            "the character U+{:04X} is not allowed in XML; remove it",
            u32::from(c)
        )),
        _ => Ok(()),
    }
}

/// Appends a text as the content of an attribute in double quotes.
pub(super) fn escape(text: &str, to: &mut String) -> Result<(), String> {
    let special = |byte: u8| byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef);
    if !text.bytes().any(special) {
        to.push_str(text);
        return Ok(());
    }
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\t' => to.push_str("&#9;"),
            '\n' => to.push_str("&#10;"),
            '\r' => to.push_str("&#13;"),
            c => {
                allowed(c)?;
                to.push(c);
            }
        }
    }
    Ok(())
}

/// The JSON value of what a `value` attribute says.
pub(super) fn value(primitive: Primitive, text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Err("`value` is empty; leave the element out".to_owned());
    }
    let trimmed = || text.trim_matches(|c: char| c.is_ascii_whitespace());
    match primitive {
        Primitive::Boolean => match trimmed() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("write true or false".to_owned()),
        },
        Primitive::Decimal => number(trimmed(), true).ok_or_else(|| {
            "write a decimal as 1.50 or -2.5e3, without a leading + or 0".to_owned()
        }),
        Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => {
            let digits = trimmed();
            number(digits.strip_prefix('+').unwrap_or(digits), false)
                .ok_or_else(|| "write a whole number without leading 0".to_owned())
        }
        Primitive::Base64Binary
        | Primitive::Canonical
        | Primitive::Code
        | Primitive::Date
        | Primitive::DateTime
        | Primitive::Id
        | Primitive::Instant
        | Primitive::Markdown
        | Primitive::Oid
        | Primitive::String
        | Primitive::Time
        | Primitive::Uri
        | Primitive::Url
        | Primitive::Uuid
        | Primitive::Xhtml
        | Primitive::Anything => Ok(Value::String(text.to_owned())),
    }
}

fn number(digits: &str, fraction: bool) -> Option<Value> {
    let sign_or_digit = |b: u8| b.is_ascii_digit() || b == b'-';
    let well = digits
        .bytes()
        .all(|b| sign_or_digit(b) || (fraction && matches!(b, b'.' | b'e' | b'E' | b'+')));
    let number: Number = digits
        .parse()
        .ok()
        .filter(|_| well && !digits.starts_with('+'))?;
    Some(Value::Number(number))
}

/// What the `value` attribute of a JSON value says.
pub(super) fn written(primitive: Primitive, value: &Value) -> Result<Cow<'_, str>, String> {
    let numeric = matches!(
        primitive,
        Primitive::Decimal | Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt
    );
    match (value, primitive) {
        (Value::String(text), _) if text.is_empty() => Err("the text is empty".to_owned()),
        (Value::String(text), primitive) if primitive != Primitive::Boolean && !numeric => {
            Ok(text.into())
        }
        (Value::Bool(true), Primitive::Boolean) => Ok("true".into()),
        (Value::Bool(false), Primitive::Boolean) => Ok("false".into()),
        (Value::Number(number), _) if numeric => Ok(number.as_str().into()),
        (other, _) => Err(format!("{} cannot be the value here", kind_of(other))),
    }
}
