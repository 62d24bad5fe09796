//! On which line of a JSON text a value stands.
//!
//! Invariant: a text that was read as JSON before; where a place is not in it, there is no line rather than a wrong one.

use serde::de::IgnoredAny;

/// The line, counted from 1, of the value that a JSON pointer names; `/` is the whole.
pub(super) fn line_of(text: &str, pointer: &str) -> Option<usize> {
    let mut at = blank(text, 0);
    for segment in pointer.split('/').skip(1).filter(|it| !it.is_empty()) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        at = match text.as_bytes().get(at)? {
            b'{' => member(text, at, &name)?,
            b'[' => item(text, at, name.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(1 + text.get(..at)?.matches('\n').count())
}

fn member(text: &str, object: usize, name: &str) -> Option<usize> {
    let mut at = blank(text, object + 1);
    loop {
        let end = behind(text, at)?;
        let key: String = serde_json::from_str(text.get(at..end)?).ok()?;
        let colon = blank(text, end);
        let value = blank(text, colon + 1);
        if key == name {
            return Some(value);
        }
        at = next(text, behind(text, value)?)?;
    }
}

fn item(text: &str, list: usize, index: usize) -> Option<usize> {
    let mut at = blank(text, list + 1);
    for _ in 0..index {
        at = next(text, behind(text, at)?)?;
    }
    Some(at)
}

/// Where the value that begins here has ended.
fn behind(text: &str, at: usize) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(at + values.byte_offset())
}

/// Where the next member or item begins, behind the comma.
fn next(text: &str, at: usize) -> Option<usize> {
    let comma = blank(text, at);
    (text.as_bytes().get(comma) == Some(&b',')).then(|| blank(text, comma + 1))
}

fn blank(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|it| it.is_ascii_whitespace())
        .count()
}

#[cfg(test)]
mod tests;
