//! Text as string parameters compare it.
//!
//! Invariant: two texts that differ only in case, accents or white space are normalised alike.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::path::item::Element;

const CHARS_MAX: usize = 256;

/// The parts of a name or address that are searched, or the text itself.
pub(crate) fn each(element: &Element<'_>, give: &mut dyn FnMut(&str)) {
    let parts: &[&str] = match element.type_name() {
        Some("HumanName") => &["family", "given", "prefix", "suffix", "text"],
        Some("Address") => &[
            "line",
            "city",
            "district",
            "state",
            "postalCode",
            "country",
            "text",
        ],
        Some(_) | None => {
            if let Value::String(text) = element.value {
                give(text);
            }
            return;
        }
    };
    for part in parts {
        match element.value.get(part) {
            Some(Value::String(text)) => give(text),
            Some(Value::Array(texts)) => {
                texts.iter().filter_map(Value::as_str).for_each(&mut *give)
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {}
        }
    }
}

/// Lower case, accents folded, runs of white space and control characters one space, none at the ends, at most `CHARS_MAX`
/// characters.
pub(crate) fn normalised(text: &str) -> String {
    folded(text, CHARS_MAX)
}

/// As [`normalised`], at most `chars_max` characters.
pub(crate) fn folded(text: &str, chars_max: usize) -> String {
    let mut folded = String::with_capacity(text.len().min(chars_max));
    let mut length = 0;
    let mut push = |c: char| {
        let wanted =
            !(c == ' ' && (folded.is_empty() || folded.ends_with(' '))) && length < chars_max;
        if wanted {
            folded.push(c);
            length += 1;
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| {
            push(if c.is_ascii_whitespace() || c.is_ascii_control() {
                ' '
            } else {
                c.to_ascii_lowercase()
            })
        });
    } else {
        // What more than four times the bound in characters would add lies past the bound.
        let letters = text
            .nfkd()
            .take(chars_max.saturating_mul(4))
            .flat_map(char::to_lowercase)
            .filter(|c| !is_combining_mark(*c));
        letters.for_each(|c| match unmarked(c) {
            Some(plain) => plain.chars().for_each(&mut push),
            None => push(if c.is_whitespace() || c.is_control() {
                ' '
            } else {
                c
            }),
        });
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Letters that people type without their mark, though Unicode holds them to be letters of their own.
fn unmarked(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => "'",
        '\u{2010}' | '\u{2011}' | '\u{2013}' => "-",
        _ => return None,
    })
}
