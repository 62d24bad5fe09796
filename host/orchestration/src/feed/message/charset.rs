//! The character sets of messages: bytes to text by MSH-18.
//!
//! Invariant: text is decoded by the set that the sender named or not at all; nothing is guessed and no byte is dropped.

use std::borrow::Cow;

use crate::feed::message::Delimiters;
use crate::feed::message::error::MessageError;
use crate::limits::MESSAGE_BYTES_MAX;

/// A set in which messages may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharacterSet {
    /// Seven bits.
    Ascii,
    /// Unicode as UTF-8.
    Utf8,
    /// ISO 8859-1.
    Latin1,
    /// ISO 8859-15: Latin-1 with the euro sign.
    Latin9,
}

impl CharacterSet {
    /// The set by its name in MSH-18. None named: UTF-8, which ASCII is part of.
    ///
    /// # Errors
    /// [`MessageError::CharacterSet`].
    pub fn named(name: &[u8]) -> Result<Self, MessageError> {
        match name.trim_ascii() {
            b"" | b"UNICODE UTF-8" | b"UTF-8" | b"UTF8" => Ok(Self::Utf8),
            b"ASCII" => Ok(Self::Ascii),
            b"8859/1" | b"ISO-8859-1" | b"ISO8859-1" => Ok(Self::Latin1),
            b"8859/15" | b"ISO-8859-15" => Ok(Self::Latin9),
            other => Err(MessageError::CharacterSet {
                named: other.iter().take(20).map(|byte| shown(*byte)).collect(),
            }),
        }
    }
    /// Bytes of this set as text, without a copy where the bytes are already UTF-8.
    ///
    /// # Errors
    /// [`MessageError::NotInCharacterSet`].
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, MessageError> {
        let wrong = |set, offset: usize| MessageError::NotInCharacterSet {
            set,
            offset,
            byte: bytes.get(offset).copied().unwrap_or_default(),
        };
        match self {
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                Some(offset) => Err(wrong("ASCII", offset)),
                None => Self::Utf8.decode(bytes),
            },
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| wrong("UTF-8", error.valid_up_to())),
            Self::Latin1 | Self::Latin9 if bytes.is_ascii() => Self::Utf8.decode(bytes),
            Self::Latin1 => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Self::Latin9 => Ok(bytes.iter().map(|byte| latin9(*byte)).collect()),
        }
    }
    /// Text as bytes of this set; what it does not have becomes a question mark (only for what this host writes).
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Ascii => text
                .chars()
                .map(|c| if c.is_ascii() { c as u8 } else { b'?' })
                .collect(),
            Self::Latin1 => text
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect(),
            Self::Latin9 => text
                .chars()
                .map(|c| {
                    (0..=u8::MAX)
                        .find(|byte| latin9(*byte) == c)
                        .unwrap_or(b'?')
                })
                .collect(),
        }
    }
}

fn shown(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' {
        char::from(byte)
    } else {
        '?'
    }
}

fn latin9(byte: u8) -> char {
    match byte {
        0xA4 => '€',
        0xA6 => 'Š',
        0xA8 => 'š',
        0xB4 => 'Ž',
        0xB8 => 'ž',
        0xBC => 'Œ',
        0xBD => 'œ',
        0xBE => 'Ÿ',
        other => char::from(other),
    }
}

/// The bytes without a byte order mark and without blanks or line breaks before the header.
#[must_use]
pub fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    bytes.trim_ascii_start()
}

/// The message as text, by the first set that MSH-18 names.
///
/// # Errors
/// Too long, no header, a set that is not read here, or a byte that is not in the set.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, CharacterSet), MessageError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(MessageError::TooLong {
            bytes: bytes.len(),
            max: MESSAGE_BYTES_MAX,
        });
    }
    let bytes = trimmed(bytes);
    let delimiters = Delimiters::read(bytes)?;
    let set = of_header(bytes, &delimiters)?;
    Ok((set.decode(bytes)?, set))
}

/// A field of MSH by its number (from 2), from bytes that start with `MSH`; empty where it is not there.
#[must_use]
pub fn header_field<'a>(bytes: &'a [u8], delimiters: &Delimiters, number: usize) -> &'a [u8] {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))
        .unwrap_or(bytes.len());
    bytes[..end]
        .split(|byte| char::from(*byte) == delimiters.field)
        .nth(number.saturating_sub(1))
        .unwrap_or_default()
}

/// The set in which a message is written: the first that MSH-18 names. Further ones stand for escape sequences that
/// switch to them, which are refused where they occur.
///
/// # Errors
/// [`MessageError::CharacterSet`].
pub fn of_header(bytes: &[u8], delimiters: &Delimiters) -> Result<CharacterSet, MessageError> {
    let named = header_field(bytes, delimiters, 18)
        .split(|byte| char::from(*byte) == delimiters.repetition)
        .next();
    CharacterSet::named(named.unwrap_or_default())
}
