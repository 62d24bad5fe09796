//! A resource's JSON, whole but for the moment of its commit.
//!
//! Invariant: the place kept for that moment is found by a mark that nobody outside the process can guess.

use std::sync::Arc;

use fhir::resource::{Id, Resource};

/// A mark as long as a moment in RFC 3339 with milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Undated(String);

/// JSON that still lacks the moment.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    json: String,
    at: usize,
}

/// Bytes of `2026-11-22T09:30:00.000Z`.
const MOMENT_BYTES: usize = 24;

impl Undated {
    /// A mark from 12 random bytes.
    pub(crate) fn new(chance: [u8; 12]) -> Self {
        Self(hex::encode(chance))
    }

    /// The resource's JSON with its id and version, and room for the moment.
    pub(crate) fn body(&self, resource: &mut Resource, id: &Id, version: u64) -> Body {
        resource.stamp(id, version, &self.0);
        let json = resource.to_json();
        let at = json.find(&self.0).unwrap_or(0);
        assert!(at > 0, "a stamped resource holds its stamp");
        Body { json, at }
    }
}

impl Body {
    /// How long the JSON is, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.json.len()
    }

    /// The JSON with the moment.
    pub(crate) fn dated(&self, moment: &str) -> Arc<str> {
        let mut json = self.json.clone();
        json.replace_range(self.at..self.at + MOMENT_BYTES, moment);
        Arc::from(json)
    }
}
