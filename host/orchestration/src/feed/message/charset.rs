//! The character sets of messages: bytes to text by MSH-18 (table 0211).
//!
//! Invariant: text is decoded by the set that the sender named or not at all; nothing is guessed and no byte is dropped.

use std::borrow::Cow;

use encoding_rs::Encoding;

use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::limits::MESSAGE_BYTES_MAX;

/// A set in which messages may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharacterSet {
    /// Seven bits.
    Ascii,
    /// Unicode as UTF-8.
    Utf8,
    /// ISO 8859-1, read as Windows-1252. Where the two differ, 8859-1 has control characters alone, which no value may
    /// hold; Windows-1252 has the quotation marks and dashes of senders who call it by the other's name.
    Latin1,
    /// ISO 8859-2: Central European.
    Latin2,
    /// ISO 8859-3: South European.
    Latin3,
    /// ISO 8859-4: North European.
    Latin4,
    /// ISO 8859-5: Cyrillic.
    Cyrillic,
    /// ISO 8859-6: Arabic.
    Arabic,
    /// ISO 8859-7: Greek.
    Greek,
    /// ISO 8859-8: Hebrew.
    Hebrew,
    /// ISO 8859-9: Turkish, read as Windows-1254 for the same reason as 8859-1.
    Latin5,
    /// ISO 8859-15: 8859-1 with the euro sign.
    Latin9,
}

impl CharacterSet {
    /// The set by its name in MSH-18. None named: UTF-8, which ASCII is part of. `UNICODE` alone says no encoding; the
    /// only one that a frame of MLLP can carry is UTF-8.
    ///
    /// # Errors
    /// [`MessageError::CharacterSet`].
    pub fn named(name: &[u8]) -> Result<Self, MessageError> {
        let upper = name.trim_ascii().to_ascii_uppercase();
        let part = ["8859/", "ISO-8859-", "ISO8859-", "ISO8859/", "ISO 8859-"]
            .into_iter()
            .find_map(|start| upper.strip_prefix(start.as_bytes()));
        match (upper.as_slice(), part) {
            (b"" | b"UNICODE UTF-8" | b"UNICODE" | b"UTF-8" | b"UTF8" | b"\"\"", _) => {
                Ok(Self::Utf8)
            }
            (b"ASCII" | b"US-ASCII", _) => Ok(Self::Ascii),
            (b"WINDOWS-1252" | b"CP1252", _) | (_, Some(b"1")) => Ok(Self::Latin1),
            (_, Some(b"2")) => Ok(Self::Latin2),
            (_, Some(b"3")) => Ok(Self::Latin3),
            (_, Some(b"4")) => Ok(Self::Latin4),
            (_, Some(b"5")) => Ok(Self::Cyrillic),
            (_, Some(b"6")) => Ok(Self::Arabic),
            (_, Some(b"7")) => Ok(Self::Greek),
            (_, Some(b"8")) => Ok(Self::Hebrew),
            (_, Some(b"9")) => Ok(Self::Latin5),
            (_, Some(b"15")) => Ok(Self::Latin9),
            (other, _) => Err(MessageError::CharacterSet {
                named: other.iter().take(20).map(|byte| shown(*byte)).collect(),
            }),
        }
    }
    /// Its name in MSH-18.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ASCII",
            Self::Utf8 => "UNICODE UTF-8",
            Self::Latin1 => "8859/1",
            Self::Latin2 => "8859/2",
            Self::Latin3 => "8859/3",
            Self::Latin4 => "8859/4",
            Self::Cyrillic => "8859/5",
            Self::Arabic => "8859/6",
            Self::Greek => "8859/7",
            Self::Hebrew => "8859/8",
            Self::Latin5 => "8859/9",
            Self::Latin9 => "8859/15",
        }
    }
    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Ascii | Self::Utf8 => encoding_rs::UTF_8,
            Self::Latin1 => encoding_rs::WINDOWS_1252,
            Self::Latin2 => encoding_rs::ISO_8859_2,
            Self::Latin3 => encoding_rs::ISO_8859_3,
            Self::Latin4 => encoding_rs::ISO_8859_4,
            Self::Cyrillic => encoding_rs::ISO_8859_5,
            Self::Arabic => encoding_rs::ISO_8859_6,
            Self::Greek => encoding_rs::ISO_8859_7,
            Self::Hebrew => encoding_rs::ISO_8859_8,
            Self::Latin5 => encoding_rs::WINDOWS_1254,
            Self::Latin9 => encoding_rs::ISO_8859_15,
        }
    }
    /// Bytes of this set as text, without a copy where the bytes are already UTF-8. Otherwise the offset of the first
    /// byte that is not of this set.
    ///
    /// # Errors
    /// The offset.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        match self {
            Self::Ascii => match Encoding::ascii_valid_up_to(bytes) {
                all if all == bytes.len() => Self::Utf8.decode(bytes),
                offset => Err(offset),
            },
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| error.valid_up_to()),
            Self::Latin1
            | Self::Latin2
            | Self::Latin3
            | Self::Latin4
            | Self::Cyrillic
            | Self::Arabic
            | Self::Greek
            | Self::Hebrew
            | Self::Latin5
            | Self::Latin9 => {
                let (text, malformed) = self.encoding().decode_without_bom_handling(bytes);
                let is_odd = |c: char| ('\u{80}'..'\u{A0}').contains(&c);
                match malformed || (!text.is_ascii() && text.chars().any(is_odd)) {
                    true => Err(self.first_unknown(bytes)),
                    false => Ok(text),
                }
            }
        }
    }
    /// The offset of the first byte that is no letter of a set of one byte to a letter.
    fn first_unknown(self, bytes: &[u8]) -> usize {
        let unknown: Vec<u8> = (0x80..=u8::MAX)
            .filter(|byte| {
                let letter = [*byte];
                let (text, malformed) = self.encoding().decode_without_bom_handling(&letter);
                malformed || text.chars().any(char::is_control)
            })
            .collect();
        let first = bytes.iter().position(|byte| unknown.contains(byte));
        first.unwrap_or(bytes.len())
    }
    /// Text as bytes of this set; what it does not have becomes a question mark (only for answers, which repeat it).
    #[must_use]
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self.encode_all(text) {
            Some(bytes) => bytes.into_owned(),
            None => text.chars().fold(Vec::new(), |mut out, c| {
                let mut letter = [0; 4];
                match self.encode_all(c.encode_utf8(&mut letter)) {
                    Some(bytes) => out.extend_from_slice(&bytes),
                    None => out.push(b'?'),
                }
                out
            }),
        }
    }
    /// Text as bytes of this set. `None`: it has letters that the set has not.
    #[must_use]
    pub fn encode_all(self, text: &str) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            _ if text.is_ascii() => Some(Cow::Borrowed(text.as_bytes())),
            Self::Ascii => None,
            Self::Latin1
            | Self::Latin2
            | Self::Latin3
            | Self::Latin4
            | Self::Cyrillic
            | Self::Arabic
            | Self::Greek
            | Self::Hebrew
            | Self::Latin5
            | Self::Latin9 => match self.encoding().encode(text) {
                // A receiver who takes 8859/1 by its word reads control characters there.
                (bytes, _, false) if !bytes.iter().any(|byte| (0x80..0xA0).contains(byte)) => {
                    Some(bytes)
                }
                _ => None,
            },
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
    let text = set
        .decode(bytes)
        .map_err(|offset| MessageError::NotInCharacterSet {
            at: place_of(bytes, &delimiters, offset),
            set: set.name(),
            offset,
            byte: bytes.get(offset).copied().unwrap_or_default(),
        })?;
    Ok((text, set))
}

/// In which field of which segment a byte stands.
fn place_of(bytes: &[u8], delimiters: &Delimiters, offset: usize) -> Place {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let lines = || before.split(|byte| matches!(byte, b'\r' | b'\n'));
    let line = lines().next_back().unwrap_or_default();
    let name = line.get(..3).unwrap_or_default();
    let cuts = line
        .iter()
        .filter(|byte| char::from(**byte) == delimiters.field)
        .count();
    let field = cuts + usize::from(matches!(name, b"MSH" | b"FHS" | b"BHS"));
    let segment = std::str::from_utf8(name).unwrap_or("???");
    let same = lines().filter(|line| line.starts_with(name)).count();
    Place {
        occurrence: u32::try_from(same).unwrap_or(u32::MAX).max(1),
        ..Place::of(segment, u16::try_from(field).unwrap_or(u16::MAX))
    }
}

/// A field of a header segment by its number (from 2), from bytes that start with it; empty where it is not there.
#[must_use]
pub fn header_field<'a>(bytes: &'a [u8], delimiters: &Delimiters, number: usize) -> &'a [u8] {
    let end = memchr::memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
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
