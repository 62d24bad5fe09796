//! Nodes that hold others together and nodes of words: sections, cards, lists, alerts.
//!
//! Invariant: as its parent's.

use serde::Deserialize;

use super::{At, Inline, Kind, Level, Tone, Value};
use crate::screen::check::{Wrong, each, unique_words, within, words};
use crate::screen::word::{Line, Reference};

/// Tabs side by side: as many as the style sheet can mark.
const TABS_MAX: usize = 8;

#[derive(Debug, Deserialize)]
pub(crate) struct Section {
    pub(crate) heading: Option<Line>,
    pub(crate) note: Option<Line>,
    pub(crate) children: Vec<At>,
}

impl Kind for Section {
    fn children(&self) -> &[At] {
        &self.children
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Columns {
    pub(crate) children: Vec<At>,
}

impl Kind for Columns {
    fn children(&self) -> &[At] {
        &self.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        within("children", self.children.len(), 1, 3)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) heading: Option<Line>,
    pub(crate) note: Option<Line>,
    #[serde(default)]
    pub(crate) tone: Tone,
    pub(crate) children: Vec<At>,
}

impl Kind for Card {
    fn children(&self) -> &[At] {
        &self.children
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Details {
    pub(crate) summary: Line,
    pub(crate) children: Vec<At>,
}

impl Kind for Details {
    fn children(&self) -> &[At] {
        &self.children
    }
}

/// Panels of which one is in front: the first, until another is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Tabs {
    /// One for each child.
    pub(crate) labels: Vec<Line>,
    pub(crate) children: Vec<At>,
}

impl Kind for Tabs {
    fn children(&self) -> &[At] {
        &self.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        within("children", self.children.len(), 1, TABS_MAX)?;
        if self.labels.len() != self.children.len() {
            return Err(Wrong::at("labels", "there must be one for each child"));
        }
        unique_words("tabs labelled", self.labels.iter().map(Line::as_str))
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct SummaryList {
    pub(crate) rows: Vec<SummaryRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryRow {
    pub(crate) label: Line,
    pub(crate) value: Value,
    pub(crate) note: Option<Line>,
}

impl Kind for SummaryList {
    fn sound(&self) -> Result<(), Wrong> {
        within("rows", self.rows.len(), 1, 200)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.extend(self.rows.iter().filter_map(|row| row.value.reference()));
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Heading {
    pub(crate) text: Line,
}

impl Kind for Heading {}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Paragraph {
    pub(crate) words: Inline,
}

impl Kind for Paragraph {
    fn sound(&self) -> Result<(), Wrong> {
        words(&self.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.words.references(found);
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct List {
    #[serde(default)]
    pub(crate) ordered: bool,
    pub(crate) items: Vec<Inline>,
}

impl Kind for List {
    fn sound(&self) -> Result<(), Wrong> {
        within("items", self.items.len(), 1, 500)?;
        each("items", &self.items, words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.items.iter().for_each(|item| item.references(found));
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Inset {
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

impl Kind for Inset {
    fn children(&self) -> &[At] {
        &self.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        words(&self.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.words.references(found);
    }
}

/// A title, words and what lies below them.
#[derive(Debug, Deserialize)]
pub(crate) struct Callout {
    pub(crate) title: Line,
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct WarningCallout {
    pub(crate) callout: Callout,
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct EmptyState {
    pub(crate) callout: Callout,
}

impl Kind for WarningCallout {
    fn children(&self) -> &[At] {
        &self.callout.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        words(&self.callout.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.callout.words.references(found);
    }
}

impl Kind for EmptyState {
    fn children(&self) -> &[At] {
        &self.callout.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        words(&self.callout.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.callout.words.references(found);
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tag {
    pub(crate) text: Line,
    #[serde(default)]
    pub(crate) tone: Tone,
}

impl Kind for Tag {}

#[derive(Debug, Deserialize)]
pub(crate) struct Alert {
    pub(crate) level: Level,
    pub(crate) title: Line,
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

impl Kind for Alert {
    fn children(&self) -> &[At] {
        &self.children
    }

    fn sound(&self) -> Result<(), Wrong> {
        words(&self.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.words.references(found);
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Notification {
    pub(crate) title: Line,
    #[serde(default)]
    pub(crate) tone: Tone,
    #[serde(flatten)]
    pub(crate) words: Inline,
}

impl Kind for Notification {
    fn sound(&self) -> Result<(), Wrong> {
        words(&self.words)
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        self.words.references(found);
    }
}
