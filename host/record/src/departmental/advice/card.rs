//! A departmental's `advice/1`: the cards that it has to say beside the chart.
//!
//! Invariant: a card that was read here looks like what it says and leads to a screen of its own departmental, or all of
//! them are refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::caller::Role;
use crate::departmental::manifest::member::{checked_line, plain, word};
use crate::departmental::manifest::{Manifest, Place};
use crate::departmental::proposal::{Rejected, malformed};
use crate::limits::{
    CARD_DETAIL_CHARS_MAX, CARD_LINKS_MAX, CARD_SUMMARY_CHARS_MAX, CARDS_MAX, PARAMETER_CHARS_MAX,
    PARAMETERS_MAX,
};

/// Something that a departmental says beside the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What matters, in one line.
    pub summary: String,
    /// More, as plain text; a line break begins a new paragraph.
    pub detail: Option<String>,
    /// How much it matters.
    pub indicator: Indicator,
    /// On what it rests.
    pub source: String,
    /// Screens of the departmental to go on with, those meant for whoever looks.
    pub links: Vec<CardLink>,
}

/// How much a card matters; what matters most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Indicator {
    /// Life or limb.
    Critical,
    /// To be looked at.
    Warning,
    /// Worth knowing.
    Info,
}

/// A way from a card to a screen of its departmental.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardLink {
    /// Its words.
    pub label: String,
    /// The screen, one inside a patient's chart.
    pub screen: String,
    /// The screen's parameters by name.
    pub parameters: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    advice: u64,
    cards: Vec<WrittenCard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCard {
    summary: String,
    #[serde(default)]
    detail: Option<String>,
    indicator: Indicator,
    source: WrittenSource,
    #[serde(default)]
    links: Vec<WrittenLink>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSource {
    label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLink {
    label: String,
    #[serde(deserialize_with = "word")]
    screen: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// Reads the cards of a departmental with this manifest, for somebody in this role.
pub(super) fn cards(
    document: &Value,
    manifest: &Manifest,
    role: Role,
) -> Result<Vec<Card>, Rejected> {
    let read: Document = serde_path_to_error::deserialize(document)
        .map_err(|error| malformed(error.path().to_string(), error.inner().to_string()))?;
    if read.advice != 1 {
        return Err(malformed("advice", "must be 1"));
    }
    if read.cards.len() > CARDS_MAX {
        return Err(malformed("cards", format!("are at most {CARDS_MAX}")));
    }
    let cards = read.cards.into_iter().enumerate();
    cards
        .map(|(index, card)| card.checked(&format!("cards[{index}]"), manifest, role))
        .collect()
}

impl WrittenCard {
    fn checked(self, at: &str, manifest: &Manifest, role: Role) -> Result<Card, Rejected> {
        let wrong = |member: &str, what: String| malformed(format!("{at}.{member}"), what);
        if !(1..=CARD_SUMMARY_CHARS_MAX).contains(&self.summary.chars().count()) {
            let what = format!("has 1 to {CARD_SUMMARY_CHARS_MAX} characters");
            return Err(wrong("summary", what));
        }
        plain(&self.summary).map_err(|what| wrong("summary", what))?;
        if let Some(detail) = &self.detail {
            if !(1..=CARD_DETAIL_CHARS_MAX).contains(&detail.chars().count()) {
                let what = format!("has 1 to {CARD_DETAIL_CHARS_MAX} characters");
                return Err(wrong("detail", what));
            }
            let lines = detail.split('\n').try_for_each(plain);
            lines.map_err(|what| wrong("detail", what))?;
        }
        checked_line(&self.source.label).map_err(|what| wrong("source.label", what))?;
        if self.links.len() > CARD_LINKS_MAX {
            return Err(wrong("links", format!("are at most {CARD_LINKS_MAX}")));
        }
        let mut links = Vec::with_capacity(self.links.len());
        for (index, link) in self.links.into_iter().enumerate() {
            let at = format!("{at}.links[{index}]");
            links.extend(link.checked(&at, manifest, role)?);
        }
        Ok(Card {
            summary: self.summary,
            detail: self.detail,
            indicator: self.indicator,
            source: self.source.label,
            links,
        })
    }
}

impl WrittenLink {
    /// `None`: it leads to a screen that is not for this role.
    fn checked(
        self,
        at: &str,
        manifest: &Manifest,
        role: Role,
    ) -> Result<Option<CardLink>, Rejected> {
        checked_line(&self.label).map_err(|what| malformed(format!("{at}.label"), what))?;
        let screen = manifest
            .screen(&self.screen)
            .filter(|screen| screen.place == Place::Patient);
        let Some(screen) = screen else {
            let what = "is no screen of its manifest inside a patient's chart";
            return Err(malformed(format!("{at}.screen"), what));
        };
        let long = |text: &String| text.chars().count() > PARAMETER_CHARS_MAX;
        if self.parameters.len() > PARAMETERS_MAX || self.parameters.values().any(long) {
            let what = format!(
                "are at most {PARAMETERS_MAX}, each of at most {PARAMETER_CHARS_MAX} characters"
            );
            return Err(malformed(format!("{at}.parameters"), what));
        }
        let is_meant = screen.audience.iter().any(|it| it == role.as_str());
        Ok(is_meant.then_some(CardLink {
            label: self.label,
            screen: self.screen,
            parameters: self.parameters,
        }))
    }
}
