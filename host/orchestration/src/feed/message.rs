//! An HL7 v2 message as segments, fields, repetitions, components and subcomponents, borrowed from its text.
//!
//! Invariant: nothing is copied until a value is read, every value knows the place it came from, and a value's
//! escapes are written out only after the text was cut, so that no value can add a segment or a field.

pub mod charset;
pub mod delimiters;
pub mod error;
pub mod escape;
mod field;
mod part;
pub mod place;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::feed::message::charset::CharacterSet;
use crate::feed::message::delimiters::{Delimiters, find, nth};
use crate::feed::message::error::MessageError;
use crate::feed::message::field::{Cutter, Starts};
use crate::feed::message::place::Place;
use crate::limits::{IDENTIFIER_BYTES_MAX, REPETITIONS_MAX, SEGMENTS_MAX};

/// A message cut into segments.
#[derive(Debug)]
pub struct Message<'a> {
    delimiters: Delimiters,
    segments: Vec<Segment<'a>>,
}

impl<'a> Message<'a> {
    /// Cuts a decoded message (see [`charset::decode`]) into segments at CR, LF or CRLF; empty lines are passed over.
    ///
    /// # Errors
    /// Says which segment is not one, or that the message is a part of one; no value is looked at yet.
    pub fn parse(text: &'a str, set: CharacterSet) -> Result<Self, MessageError> {
        let delimiters = Delimiters::read(text.as_bytes())?;
        let mut segments: Vec<Segment<'a>> = Vec::with_capacity(16);
        let mut seen: HashMap<[u8; 3], u32> = HashMap::new();
        let mut cutter = Cutter::new(text, delimiters.field);
        while let Some((line, starts)) = cutter.next_line() {
            if line.trim_matches([' ', '\t']).is_empty() {
                continue;
            }
            let number = segments.len() + 1;
            if number > SEGMENTS_MAX {
                return Err(MessageError::TooManySegments);
            }
            let name =
                segment_name(line, delimiters.field).ok_or(MessageError::Segment { number })?;
            if name == *b"MSH" && number > 1 {
                return Err(MessageError::SecondHeader { number });
            }
            let occurrence = seen.entry(name).or_default();
            *occurrence += 1;
            let at = Place {
                segment: name,
                occurrence: *occurrence,
                ..Place::of("???", 0)
            };
            segments.push(Segment {
                text: line,
                starts,
                at,
                delimiters,
                set,
            });
        }
        let message = Self {
            delimiters,
            segments,
        };
        message.is_whole()?;
        Ok(message)
    }
    /// Refuses a part of a message: what a sender cut up (chapter 2, continuation) is one message only when put together.
    fn is_whole(&self) -> Result<(), MessageError> {
        let continued = self.field("MSH", 14);
        let part = continued.is_valued().then(|| continued.place());
        let pieces = self.segments.iter().filter_map(|segment| {
            let place = match segment.name() {
                "ADD" => segment.place(),
                "DSC" if segment.field(1).is_valued() => segment.field(1).place(),
                _ => return None,
            };
            Some(place)
        });
        match part.into_iter().chain(pieces).next() {
            Some(at) => Err(MessageError::Continued { at }),
            None => Ok(()),
        }
    }
    /// The characters that cut this message.
    #[must_use]
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }
    /// All segments in order; the first is MSH.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }
    /// The first segment of that name.
    #[must_use]
    pub fn segment(&self, name: &str) -> Option<&Segment<'a>> {
        self.segments.iter().find(|segment| segment.name() == name)
    }
    /// A field of the first segment of that name; empty where there is none.
    #[must_use]
    pub fn field(&self, segment: &str, field: u16) -> Value<'a> {
        self.segment(segment).map_or(
            Value {
                text: "",
                at: Place::of(segment, field),
                delimiters: self.delimiters,
                set: CharacterSet::Utf8,
            },
            |found| found.field(field),
        )
    }
}

/// Three upper-case letters or digits, followed by the field separator or nothing.
fn segment_name(line: &str, field: char) -> Option<[u8; 3]> {
    let (name, rest) = line.as_bytes().split_first_chunk::<3>()?;
    let named = name[0].is_ascii_uppercase()
        && name
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let ended = rest.first().is_none_or(|byte| char::from(*byte) == field);
    (named && ended).then_some(*name)
}

/// One segment of a message.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    text: &'a str,
    starts: Starts,
    at: Place,
    delimiters: Delimiters,
    set: CharacterSet,
}

impl<'a> Segment<'a> {
    /// Its name, for example `OBX`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text.get(..3).unwrap_or("")
    }
    /// Its place.
    #[must_use]
    pub fn place(&self) -> Place {
        self.at
    }
    /// The segment as it was sent.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.text
    }
    /// The field with that number, as the standard counts (MSH-1 is the separator); empty where the segment ends before it.
    #[must_use]
    pub fn field(&self, number: u16) -> Value<'a> {
        let header = matches!(self.name(), "MSH" | "FHS" | "BHS");
        let index = usize::from(number) - usize::from(header && number > 0);
        let text = match (header, number) {
            (_, 0) => self.name(),
            (true, 1) => self.text.get(3..4).unwrap_or(""),
            _ => self.starts.field(self.text, self.delimiters.field, index),
        };
        Value {
            text,
            at: Place {
                field: number,
                ..self.at
            },
            delimiters: self.delimiters,
            set: self.set,
        }
    }
}

/// A field, a repetition, a component or a subcomponent: text as it was sent, and its place.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    text: &'a str,
    at: Place,
    delimiters: Delimiters,
    set: CharacterSet,
}

impl<'a> Value<'a> {
    /// Its place.
    #[must_use]
    pub fn place(&self) -> Place {
        self.at
    }
    /// The text as it was sent, escapes and delimiters included.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.text
    }
    /// Whether nothing was sent: the record keeps what it has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
    /// Whether `""` was sent: the record is to forget what it has.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.text == "\"\""
    }
    /// Whether there is something to read.
    #[must_use]
    pub fn is_valued(&self) -> bool {
        !self.is_null()
            && self
                .text
                .chars()
                .any(|c| !c.is_whitespace() && !self.cuts(c))
    }
    fn cuts(&self, c: char) -> bool {
        [
            self.delimiters.component,
            self.delimiters.repetition,
            self.delimiters.subcomponent,
        ]
        .contains(&c)
    }
    /// The repetitions of a field that hold something, at most [`REPETITIONS_MAX`].
    ///
    /// # Errors
    /// More repetitions than that.
    pub fn repetitions(&self) -> Result<Vec<Value<'a>>, MessageError> {
        let mut found = Vec::new();
        for (index, text) in self.text.split(self.delimiters.repetition).enumerate() {
            if index >= REPETITIONS_MAX {
                return Err(self.too_long("repetitions", REPETITIONS_MAX));
            }
            let repetition = u16::try_from(index + 1).unwrap_or(u16::MAX);
            let value = Value {
                text,
                at: Place {
                    repetition,
                    ..self.at
                },
                ..*self
            };
            if value.is_valued() {
                found.push(value);
            }
        }
        Ok(found)
    }
    /// The component with that number, from 1, of the first repetition.
    #[must_use]
    pub fn component(&self, number: u16) -> Value<'a> {
        let end = find(self.delimiters.repetition, self.text.as_bytes());
        let first = end.and_then(|end| self.text.get(..end));
        let index = usize::from(number.saturating_sub(1));
        Value {
            text: nth(first.unwrap_or(self.text), self.delimiters.component, index),
            at: Place {
                component: number,
                ..self.at
            },
            ..*self
        }
    }
    /// The subcomponent with that number, from 1.
    #[must_use]
    pub fn subcomponent(&self, number: u16) -> Value<'a> {
        let index = usize::from(number.saturating_sub(1));
        Value {
            text: nth(self.text, self.delimiters.subcomponent, index),
            at: Place {
                subcomponent: number,
                ..self.at
            },
            ..*self
        }
    }
    /// Whether its sender had to cut it short (2.7 and later): it is good enough to read, not to tell things apart by.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.delimiters.truncation != '\0' && self.text.ends_with(self.delimiters.truncation)
    }
    /// The same text with its subcomponents read as components, for a coded value inside a component.
    #[must_use]
    pub fn lowered(&self) -> Value<'a> {
        Value {
            delimiters: Delimiters {
                component: self.delimiters.subcomponent,
                subcomponent: '\0',
                repetition: '\0',
                ..self.delimiters
            },
            ..*self
        }
    }
    /// The text with its escapes written out; line breaks are kept as LF.
    ///
    /// # Errors
    /// An escape that cannot be read, a control character, or too much text.
    pub fn text(&self) -> Result<Cow<'a, str>, MessageError> {
        escape::write_out(self.text, self.at, &self.delimiters, self.set)
    }
    /// The text on one line, without blanks at its ends: for names, codes and identifiers. `None`: nothing was sent.
    ///
    /// # Errors
    /// As [`Value::text`], and more than [`IDENTIFIER_BYTES_MAX`] bytes.
    pub fn line(&self) -> Result<Option<String>, MessageError> {
        if self.is_null() || self.text.is_empty() {
            return Ok(None);
        }
        let text = self.text()?;
        if text.len() > IDENTIFIER_BYTES_MAX {
            return Err(self.too_long("bytes", IDENTIFIER_BYTES_MAX));
        }
        let trimmed = text.trim();
        if !trimmed.contains(['\n', '\t']) {
            return Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()));
        }
        let line = text
            .split(['\n', '\t'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        Ok((!line.is_empty()).then_some(line))
    }
    /// [`Value::line`], where there has to be one.
    ///
    /// # Errors
    /// As [`Value::line`], and [`MessageError::Missing`].
    pub fn needed(&self, why: &'static str) -> Result<String, MessageError> {
        self.line()?
            .ok_or(MessageError::Missing { at: self.at, why })
    }
    /// The error for a value that is not what its field holds.
    #[must_use]
    pub fn not(&self, expected: &'static str) -> MessageError {
        MessageError::Form {
            at: self.at,
            expected,
        }
    }
    /// The error for a code outside its table.
    #[must_use]
    pub fn unknown_code(&self, expected: &'static str) -> MessageError {
        MessageError::Code {
            at: self.at,
            found: self.text.chars().take(20).collect(),
            expected,
        }
    }
    fn too_long(&self, of: &'static str, max: usize) -> MessageError {
        MessageError::ValueTooLong {
            at: self.at,
            of,
            max,
        }
    }
}

#[cfg(test)]
mod tests;
