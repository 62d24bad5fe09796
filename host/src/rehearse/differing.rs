//! Where two documents differ: JSON pointers, with what was expected and what was found.
//!
//! Invariant: documents without a listed difference are equal as JSON values; what is listed is bounded.

use serde_json::{Value, json};

/// Differences that are listed: who has more looks at the document.
const LISTED_MAX: usize = 20;
/// Characters of a value that are shown.
const SHOWN_CHARS_MAX: usize = 300;
/// Levels that are looked into; below, two values are one difference.
const DEEP_MAX: usize = 100;

/// One difference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where, as a JSON pointer.
    pub(crate) at: String,
    /// What was expected, as JSON, cut; `None`: nothing.
    pub(crate) expected: Option<String>,
    /// What was found; `None`: nothing.
    pub(crate) found: Option<String>,
}

impl Difference {
    /// For a program.
    pub(crate) fn json(&self) -> Value {
        json!({ "at": self.at, "expected": self.expected, "found": self.found })
    }
}

/// All differences of two documents.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// The first of them, in the order of the expected document.
    pub(crate) listed: Vec<Difference>,
    /// How many there are beyond those.
    pub(crate) more: usize,
}

impl Differences {
    /// What differs.
    pub(crate) fn between(expected: &Value, found: &Value) -> Self {
        let mut differences = Self::default();
        differences.values("", Some(expected), Some(found), 0);
        differences
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    fn values(&mut self, at: &str, expected: Option<&Value>, found: Option<&Value>, deep: usize) {
        match (expected, found) {
            (Some(expected), Some(found)) if expected == found => {}
            (Some(Value::Object(expected)), Some(Value::Object(found))) if deep < DEEP_MAX => {
                for (name, value) in expected {
                    self.values(&member(at, name), Some(value), found.get(name), deep + 1);
                }
                for (name, value) in found {
                    if !expected.contains_key(name) {
                        self.values(&member(at, name), None, Some(value), deep + 1);
                    }
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(found))) if deep < DEEP_MAX => {
                for place in 0..expected.len().max(found.len()) {
                    let at = format!("{at}/{place}");
                    self.values(&at, expected.get(place), found.get(place), deep + 1);
                }
            }
            (expected, found) => self.add(at, expected, found),
        }
    }

    fn add(&mut self, at: &str, expected: Option<&Value>, found: Option<&Value>) {
        if self.listed.len() >= LISTED_MAX {
            self.more += 1;
            return;
        }
        self.listed.push(Difference {
            at: at.to_owned(),
            expected: expected.map(shown),
            found: found.map(shown),
        });
    }
}

/// The pointer of a member.
fn member(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A value as JSON, cut.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests;
