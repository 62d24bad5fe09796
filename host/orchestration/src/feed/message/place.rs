//! Where something stands in a message.
//!
//! Invariant: a place is written as people who read messages write it, and can be copied freely.

use std::fmt;
use std::str::FromStr;

/// A place in a message, written as `PID-5.1`, `OBX[3]-5` or `PID-3[2].4.2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub(super) segment: [u8; 3],
    /// Which segment of that name, from 1.
    pub(super) occurrence: u32,
    pub(super) field: u16,
    /// From 1; 0 where the whole field is meant.
    pub(super) repetition: u16,
    pub(super) component: u16,
    pub(super) subcomponent: u16,
}

impl Place {
    /// The place of a field in the first segment of that name.
    #[must_use]
    pub fn of(segment: &str, field: u16) -> Self {
        let mut place = Self {
            segment: *b"???",
            occurrence: 1,
            field,
            repetition: 0,
            component: 0,
            subcomponent: 0,
        };
        if let Ok(name) = <[u8; 3]>::try_from(segment.as_bytes()) {
            place.segment = name;
        }
        place
    }
    /// The segment's name, for example `PID`.
    #[must_use]
    pub fn segment(&self) -> &str {
        std::str::from_utf8(&self.segment).unwrap_or("???")
    }
    /// Which segment of that name, from 1.
    #[must_use]
    pub fn occurrence(&self) -> u32 {
        self.occurrence
    }
    /// The field's number, or 0 for the whole segment.
    #[must_use]
    pub fn field(&self) -> u16 {
        self.field
    }
    /// The repetition, from 1, or 0 for the whole field.
    #[must_use]
    pub fn repetition(&self) -> u16 {
        self.repetition
    }
    /// The component, from 1, or 0 for the whole repetition.
    #[must_use]
    pub fn component(&self) -> u16 {
        self.component
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.segment())?;
        if self.occurrence > 1 {
            write!(f, "[{}]", self.occurrence)?;
        }
        if self.field > 0 {
            write!(f, "-{}", self.field)?;
        }
        if self.repetition > 1 {
            write!(f, "[{}]", self.repetition)?;
        }
        if self.component > 0 {
            write!(f, ".{}", self.component)?;
        }
        if self.subcomponent > 0 {
            write!(f, ".{}", self.subcomponent)?;
        }
        Ok(())
    }
}

/// Text that names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a place in a message is written as PID-5.1, OBX[3]-5 or PID-3[2].4.2")]
pub struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;

    /// Reads what [`Place`] writes.
    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (segment, rest) = text.split_once('-').unwrap_or((text, ""));
        let (name, occurrence) = indexed(segment)?;
        let mut place = Self::of(name, 0);
        place.occurrence = u32::from(occurrence.unwrap_or(1));
        if name.len() != 3 || rest.is_empty() {
            return if name.len() == 3 {
                Ok(place)
            } else {
                Err(NotAPlace)
            };
        }
        let mut numbers = rest.split('.');
        let (field, repetition) = indexed(numbers.next().unwrap_or_default())?;
        place.field = field.parse().map_err(|_| NotAPlace)?;
        place.repetition = repetition.unwrap_or(0);
        for number in [&mut place.component, &mut place.subcomponent] {
            if let Some(written) = numbers.next() {
                *number = written.parse().map_err(|_| NotAPlace)?;
            }
        }
        Ok(place)
    }
}

/// `OBX[3]` as its name and number.
fn indexed(text: &str) -> Result<(&str, Option<u16>), NotAPlace> {
    match text.split_once('[') {
        None => Ok((text, None)),
        Some((name, index)) => {
            let index = index
                .strip_suffix(']')
                .and_then(|index| index.parse().ok())
                .ok_or(NotAPlace)?;
            Ok((name, Some(index)))
        }
    }
}
