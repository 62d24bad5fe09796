//! The characters that cut a message, as its header names them.
//!
//! Invariant: each is one punctuation character of ASCII and stands for one thing, or is NUL, which no value may hold.

use crate::feed::message::error::MessageError;

/// The characters that cut a message, from MSH-1 and MSH-2. NUL where a sender names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    /// MSH-1, usually `|`.
    pub field: char,
    /// Usually `^`.
    pub component: char,
    /// Usually `~`.
    pub repetition: char,
    /// Usually a backslash.
    pub escape: char,
    /// Usually `&`.
    pub subcomponent: char,
    /// From 2.7 on: stands behind a value that its sender had to cut short. Usually `#`.
    pub truncation: char,
}

impl Delimiters {
    /// What nearly every sender uses.
    pub const USUAL: Self = Self {
        field: '|',
        component: '^',
        repetition: '~',
        escape: '\\',
        subcomponent: '&',
        truncation: '\0',
    };

    /// Reads MSH-1 and MSH-2 from bytes that start with `MSH`.
    ///
    /// # Errors
    /// [`MessageError::NoHeader`] or [`MessageError::Delimiters`].
    pub fn read(bytes: &[u8]) -> Result<Self, MessageError> {
        match bytes.starts_with(b"MSH") {
            true => Self::read_any(bytes),
            false => Err(MessageError::NoHeader),
        }
    }

    /// The same for the header of a message, a batch or a file of batches.
    ///
    /// # Errors
    /// [`MessageError::NoHeader`] or [`MessageError::Delimiters`].
    pub fn read_any(bytes: &[u8]) -> Result<Self, MessageError> {
        let (name, rest) = bytes.split_at_checked(3).ok_or(MessageError::NoHeader)?;
        let (b"MSH" | b"FHS" | b"BHS", Some((&field, rest))) = (name, rest.split_first()) else {
            return Err(MessageError::NoHeader);
        };
        let length = rest
            .iter()
            .take(6)
            .position(|byte| *byte == field || matches!(byte, b'\r' | b'\n'))
            .unwrap_or(rest.len().min(6));
        let named = rest.get(..length).unwrap_or_default();
        if named.is_empty() || named.len() > 5 {
            return Err(MessageError::Delimiters("MSH-2 has one to five characters"));
        }
        for (index, byte) in named.iter().enumerate() {
            if !byte.is_ascii_punctuation() || !field.is_ascii_punctuation() {
                return Err(MessageError::Delimiters("one of them is not punctuation"));
            }
            if named[..index].contains(byte) {
                return Err(MessageError::Delimiters("one of them is named twice"));
            }
        }
        let nth = |index: usize| named.get(index).map_or('\0', |byte| char::from(*byte));
        Ok(Self {
            field: char::from(field),
            component: nth(0),
            repetition: nth(1),
            escape: nth(2),
            subcomponent: nth(3),
            truncation: nth(4),
        })
    }

    /// As MSH-2 names them.
    #[must_use]
    pub fn encoding_characters(&self) -> String {
        [
            self.component,
            self.repetition,
            self.escape,
            self.subcomponent,
            self.truncation,
        ]
        .into_iter()
        .take_while(|c| *c != '\0')
        .collect()
    }
}

/// Where a delimiter stands next. Most values are too short for anything cleverer than looking at each byte.
pub(super) fn find(delimiter: char, bytes: &[u8]) -> Option<usize> {
    const SHORT: usize = 24;
    let byte = match u8::try_from(delimiter) {
        Ok(0) | Err(_) => return None,
        Ok(byte) => byte,
    };
    if bytes.len() <= SHORT {
        bytes.iter().position(|it| *it == byte)
    } else {
        memchr::memchr(byte, bytes)
    }
}

/// The part with that index, from 0, of a text cut at a delimiter; empty where there are fewer.
pub(super) fn nth(text: &str, delimiter: char, index: usize) -> &str {
    let mut rest = text;
    for _ in 0..index {
        match find(delimiter, rest.as_bytes()) {
            Some(at) => rest = rest.get(at + 1..).unwrap_or_default(),
            None => return "",
        }
    }
    let end = find(delimiter, rest.as_bytes()).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}
