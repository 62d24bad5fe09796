//! What goes out beside the core chart: cards (advice/1), plain words with their source and ways to the departmental's screens.
//!
//! A card is read in passing: one line that matters, more on demand, and never a change of the record by itself.

use serde_json::{Map, Value, json};

use crate::Parameters;

/// Cards of one answer at most.
pub const CARDS_MAX: usize = 10;
/// Characters of a card's summary at most.
pub const SUMMARY_CHARS_MAX: usize = 140;
/// Characters of a card's detail at most.
pub const DETAIL_CHARS_MAX: usize = 2_000;
/// Links of one card at most.
pub const LINKS_MAX: usize = 3;

/// What a departmental has to say at a hook.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Advice(Vec<Card>);

impl Advice {
    /// Nothing to say.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With this card too.
    #[must_use]
    pub fn card(mut self, card: Card) -> Self {
        self.0.push(card);
        self
    }

    /// As it crosses the contract: advice/1.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "advice": 1, "cards": self.0.iter().map(Card::to_json).collect::<Vec<_>>() })
    }
}

/// How much a card matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indicator {
    /// Worth knowing.
    Info,
    /// To be looked at.
    Warning,
    /// Life or limb.
    Critical,
}

impl Indicator {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    indicator: Indicator,
    summary: String,
    source: String,
    detail: Option<String>,
    links: Vec<Value>,
}

impl Card {
    /// A card. `summary`: one line of at most [`SUMMARY_CHARS_MAX`] characters; `source`: on what it rests, a guideline with
    /// its edition for example.
    pub fn new(
        indicator: Indicator,
        summary: impl Into<String>,
        source: impl Into<String>,
    ) -> Self {
        Self {
            indicator,
            summary: summary.into(),
            source: source.into(),
            detail: None,
            links: Vec::new(),
        }
    }

    /// With more to read, as plain text of at most [`DETAIL_CHARS_MAX`] characters; a line break begins a new paragraph.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With a way to a screen of the manifest whose place is `patient`.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, screen: &str, parameters: &Parameters) -> Self {
        self.links.push(
            json!({ "label": label.into(), "screen": screen, "parameters": parameters.to_json() }),
        );
        self
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("summary".into(), Value::from(self.summary.as_str()));
        if let Some(detail) = &self.detail {
            members.insert("detail".into(), Value::from(detail.as_str()));
        }
        members.insert("indicator".into(), Value::from(self.indicator.word()));
        members.insert("source".into(), json!({ "label": self.source }));
        if !self.links.is_empty() {
            members.insert("links".into(), Value::from(self.links.clone()));
        }
        Value::Object(members)
    }
}

#[cfg(test)]
mod tests;
