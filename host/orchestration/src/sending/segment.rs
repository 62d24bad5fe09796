//! A message as it is written: segments of fields of repetitions of components of subcomponents.
//!
//! Invariant: what is written is read back equal; no value can add anything but itself.

use std::collections::BTreeMap;

use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::escape;

/// A component: its subcomponents.
pub type Component = Vec<String>;

/// A field: its repetitions, each of components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field(pub Vec<Vec<Component>>);

impl Field {
    /// A field of one value.
    #[must_use]
    pub fn one(value: impl Into<String>) -> Self {
        Self::components([value.into()])
    }
    /// A field of components.
    #[must_use]
    pub fn components<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(|value| vec![value.into()]);
        Self(vec![values.collect()])
    }
    /// A field of repetitions.
    #[must_use]
    pub fn repeated(repetitions: impl IntoIterator<Item = Vec<Component>>) -> Self {
        Self(repetitions.into_iter().collect())
    }
    /// Whether nothing would be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().flatten().flatten().all(String::is_empty)
    }

    fn written(&self, delimiters: &Delimiters) -> String {
        let value = |text: &String| escape::write_lines_in(text, delimiters);
        let joined = |parts: Vec<String>, by: char| {
            let all = parts.join(&by.to_string());
            all.trim_end_matches(by).to_owned()
        };
        let component = |component: &Component| {
            joined(
                component.iter().map(value).collect(),
                delimiters.subcomponent,
            )
        };
        let repetition = |repetition: &Vec<Component>| {
            joined(
                repetition.iter().map(component).collect(),
                delimiters.component,
            )
        };
        joined(
            self.0.iter().map(repetition).collect(),
            delimiters.repetition,
        )
    }
}

/// A segment: its fields by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    name: &'static str,
    fields: BTreeMap<u16, Field>,
}

impl Segment {
    /// A segment without fields.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            fields: BTreeMap::new(),
        }
    }
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
    /// Puts a field, unless nothing would be written.
    pub fn put(&mut self, number: u16, field: Field) {
        if !field.is_empty() {
            self.fields.insert(number, field);
        }
    }
    /// Puts a field of one value, where there is one.
    pub fn text(&mut self, number: u16, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.put(number, Field::one(value));
        }
    }

    fn written(&self, delimiters: &Delimiters) -> String {
        let mut line = self.name.to_owned();
        let mut from = 1;
        if self.name == "MSH" {
            line.push(delimiters.field);
            line.push_str(&delimiters.encoding_characters());
            from = 3;
        }
        let last = self.fields.keys().next_back().copied().unwrap_or(0);
        for number in from..=last {
            line.push(delimiters.field);
            if let Some(field) = self.fields.get(&number) {
                line.push_str(&field.written(delimiters));
            }
        }
        line
    }
}

/// The text of a message, each segment ended by CR.
#[must_use]
pub fn written(segments: &[Segment], delimiters: &Delimiters) -> String {
    let mut text = String::new();
    for segment in segments {
        text.push_str(&segment.written(delimiters));
        text.push('\r');
    }
    text
}

#[cfg(test)]
mod tests;
