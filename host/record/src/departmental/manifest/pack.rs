//! Rule packs of a manifest: thresholds and lists, each with its source and the day from which it holds.
//!
//! Invariant: of several packs of one name, the one in force at a moment is the newest that had begun by then.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Manifest;
use super::member::{day, line, word};

/// Thresholds and lists that an authority may revise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its name; several of one name follow each other in force.
    #[serde(deserialize_with = "word")]
    pub name: String,
    /// Its edition.
    #[serde(deserialize_with = "line")]
    pub version: String,
    /// The publication it was taken from.
    pub source: String,
    /// The first day on which it holds, `YYYY-MM-DD`.
    #[serde(deserialize_with = "day")]
    pub in_force_from: String,
    /// Whether somebody answerable compared it with its source.
    pub verified: bool,
    /// Its content.
    pub document: Map<String, Value>,
}

impl Manifest {
    /// The pack of a name that is in force on a day (`YYYY-MM-DD`, or anything that begins so).
    pub fn pack(&self, name: &str, day: &str) -> Option<&Pack> {
        self.packs
            .iter()
            .filter(|pack| {
                pack.name == name
                    && day
                        .get(..10)
                        .is_some_and(|day| pack.in_force_from.as_str() <= day)
            })
            .max_by(|one, other| one.in_force_from.cmp(&other.in_force_from))
    }
}
