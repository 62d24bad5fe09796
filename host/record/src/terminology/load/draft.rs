//! A release as it is held in memory while it is loaded: numbers instead of codes, and all texts in one piece.
//!
//! Invariant: what it takes is bounded by `limits::RELEASE_CONCEPTS_MAX`, `RELEASE_TEXT_BYTES_MAX` and `RELEASE_PAIRS_MAX`.

use std::collections::HashMap;

use super::refusal::LoadError;
use crate::limits;

/// Concepts by their places, and everything that is said of them.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) codes: Vec<u64>,
    pub(super) inactive: Vec<bool>,
    places: HashMap<u64, u32>,
    texts: String,
    names: Vec<Name>,
    /// Concept and parent.
    pub(super) parents: Vec<(u32, u32)>,
    /// Concept, property and value, by their places.
    pub(super) said: Vec<(u32, u32, u32)>,
    pub(super) properties: Known,
    pub(super) values: Known,
    /// Reference set and member.
    pub(super) members: Vec<(u32, u32)>,
    pub(super) maps: Vec<MapLine>,
}

/// A name of a concept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) concept: u32,
    begin: usize,
    length: u32,
    /// `f` fully specified, `s` synonym, `d` definition.
    pub(super) kind: char,
    pub(super) language: &'static str,
    /// The lowest of a concept's names is its display.
    pub(super) rank: u8,
}

/// One line of a map.
#[derive(Clone, Debug)]
pub(super) struct MapLine {
    pub(super) map: u32,
    pub(super) concept: u32,
    /// Order among the lines of the same concept.
    pub(super) order: (u32, u32),
    pub(super) target: String,
    pub(super) advice: String,
}

/// Texts that come again and again, by their places.
#[derive(Default)]
pub(super) struct Known {
    places: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Known {
    pub(super) fn place(&mut self, text: &str) -> u32 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.places.insert(text.to_owned(), place);
        self.texts.push(text.to_owned());
        place
    }

    pub(super) fn text(&self, place: u32) -> &str {
        self.texts.get(place as usize).map_or("", String::as_str)
    }
}

impl Draft {
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn names(&self) -> usize {
        self.names.len()
    }

    /// The place of a concept that is there.
    pub(super) fn place(&self, code: u64) -> Option<u32> {
        self.places.get(&code).copied()
    }

    /// Adds a concept, or finds the one with this code.
    pub(super) fn concept(&mut self, code: u64, inactive: bool) -> Result<u32, LoadError> {
        if let Some(place) = self.place(code) {
            self.inactive[place as usize] = inactive;
            return Ok(place);
        }
        let place = u32::try_from(self.codes.len()).unwrap_or(u32::MAX);
        if self.codes.len() >= limits::RELEASE_CONCEPTS_MAX {
            return Err(LoadError::TooLarge {
                of: "concepts",
                max: limits::RELEASE_CONCEPTS_MAX,
            });
        }
        self.codes.push(code);
        self.inactive.push(inactive);
        self.places.insert(code, place);
        Ok(place)
    }

    /// Adds a name to a concept.
    pub(super) fn name(
        &mut self,
        concept: u32,
        (kind, language, rank): (char, &'static str, u8),
        text: &str,
    ) -> Result<(), LoadError> {
        if self.texts.len() + text.len() > limits::RELEASE_TEXT_BYTES_MAX {
            return Err(LoadError::TooLarge {
                of: "bytes of names",
                max: limits::RELEASE_TEXT_BYTES_MAX,
            });
        }
        self.names.push(Name {
            concept,
            begin: self.texts.len(),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
            kind,
            language,
            rank,
        });
        self.texts.push_str(text);
        Ok(())
    }

    pub(super) fn text(&self, name: &Name) -> &str {
        let end = name.begin + name.length as usize;
        self.texts.get(name.begin..end).unwrap_or_default()
    }

    /// The names, those of one concept together, the display first.
    pub(super) fn take_names(&mut self) -> Vec<Name> {
        let mut names = std::mem::take(&mut self.names);
        names.sort_by_key(|name| (name.concept, name.rank, name.begin));
        names
    }

    /// Says something about a concept. The kind of value is part of the property: `c`, `s` or `b`, and the code.
    pub(super) fn say(
        &mut self,
        concept: u32,
        (kind, property): (char, &str),
        value: &str,
    ) -> Result<(), LoadError> {
        let property = self.properties.place(&format!("{kind}{property}"));
        let value = self.values.place(value);
        self.said.push((concept, property, value));
        bounded(self.said.len())
    }

    pub(super) fn parent(&mut self, concept: u32, parent: u32) -> Result<(), LoadError> {
        self.parents.push((concept, parent));
        bounded(self.parents.len())
    }

    pub(super) fn member(&mut self, set: u32, concept: u32) -> Result<(), LoadError> {
        self.members.push((set, concept));
        bounded(self.members.len())
    }

    pub(super) fn map(&mut self, line: MapLine) -> Result<(), LoadError> {
        self.maps.push(line);
        bounded(self.maps.len())
    }
}

pub(super) fn bounded(pairs: usize) -> Result<(), LoadError> {
    if pairs > limits::RELEASE_PAIRS_MAX {
        return Err(LoadError::TooLarge {
            of: "relationships, members or words",
            max: limits::RELEASE_PAIRS_MAX,
        });
    }
    Ok(())
}
