//! The header of a message (MSH) as far as an answer needs it, read even where the message itself cannot be.
//!
//! Invariant: nothing here fails; what cannot be read is empty.

use crate::feed::message::charset::{self, CharacterSet};
use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::escape;
use crate::feed::message::place::Place;
use crate::limits::ECHO_BYTES_MAX;

/// A message's header.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    bytes: &'a [u8],
    /// How its fields are cut; the usual way where MSH-1 and MSH-2 cannot be read.
    pub delimiters: Delimiters,
    /// MSH-18; UTF-8 where it names nothing that is read here.
    pub set: CharacterSet,
}

impl<'a> Header<'a> {
    /// The header of whatever arrived. `None`: it is no message.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let bytes = charset::trimmed(bytes);
        if !bytes.starts_with(b"MSH") {
            return None;
        }
        let delimiters = Delimiters::read(bytes).unwrap_or(Delimiters::USUAL);
        let set = charset::of_header(bytes, &delimiters).unwrap_or(CharacterSet::Utf8);
        Some(Self {
            bytes,
            delimiters,
            set,
        })
    }
    /// A field as it was sent, to be sent back; empty where it is longer than any header field.
    #[must_use]
    pub fn raw(&self, number: usize) -> &'a [u8] {
        let field = charset::header_field(self.bytes, &self.delimiters, number);
        if field.len() > ECHO_BYTES_MAX {
            &[]
        } else {
            field
        }
    }
    /// A component of a field as text without control characters.
    #[must_use]
    pub fn text(&self, number: usize, component: usize) -> String {
        let field = self.raw(number);
        let Ok(text) = self.set.decode(field) else {
            return String::new();
        };
        let part = text
            .split(self.delimiters.component)
            .nth(component.saturating_sub(1))
            .unwrap_or_default();
        let at = Place::of("MSH", u16::try_from(number).unwrap_or_default());
        let written = escape::write_out(part, at, &self.delimiters, self.set).unwrap_or_default();
        written
            .chars()
            .filter(|c| !c.is_control())
            .collect::<String>()
            .trim()
            .to_owned()
    }
    /// The name of an application or facility (HD): its namespace, else its universal id.
    #[must_use]
    pub fn named(&self, number: usize) -> String {
        let namespace = self.text(number, 1);
        if namespace.is_empty() {
            self.text(number, 2)
        } else {
            namespace
        }
    }
    /// MSH-9 as `ADT^A01`.
    #[must_use]
    pub fn kind(&self) -> String {
        match (self.text(9, 1), self.text(9, 2)) {
            (code, event) if event.is_empty() => code,
            (code, event) => format!("{code}^{event}"),
        }
    }
    /// MSH-10 as text.
    #[must_use]
    pub fn control_id(&self) -> String {
        let bytes = self.raw(10);
        let text = self.set.decode(bytes).unwrap_or_default();
        text.chars()
            .filter(|c| !c.is_control())
            .collect::<String>()
            .trim()
            .to_owned()
    }
    /// MSH-12 as numbers; 2.4 where it says nothing.
    #[must_use]
    pub fn version(&self) -> (u8, u8) {
        let text = self.text(12, 1);
        let mut parts = text.split('.').map(|part| part.parse().ok());
        match (parts.next().flatten(), parts.next().flatten()) {
            (Some(major), Some(minor)) => (major, minor),
            _ => (2, 4),
        }
    }
}
