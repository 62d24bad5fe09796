//! Screens of a manifest: where each is shown, to whom, and with which parameters.
//!
//! Invariant: a screen has one place.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::member::{line, word, words};

/// A screen that can be opened.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Its name, unique in the manifest.
    #[serde(deserialize_with = "word")]
    pub id: String,
    /// As the menu shows it.
    #[serde(deserialize_with = "line")]
    pub title: String,
    /// Where it is shown.
    pub place: Place,
    /// The roles to which it is offered; a word that is no role here is offered to nobody.
    #[serde(deserialize_with = "words")]
    pub audience: Vec<String>,
    /// Whether the menu lists it.
    #[serde(default = "listed")]
    pub menu: bool,
    /// Its parameters by name: what each is, in words.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// Where a screen is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Inside a patient's chart.
    Patient,
    /// About a site.
    Site,
    /// A card on a patient's summary, with nothing on it that can be sent.
    Summary,
    /// What the departmental does and does not, about nobody; every page of the departmental leads to it.
    Help,
}

fn listed() -> bool {
    true
}
