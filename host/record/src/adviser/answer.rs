//! The cards of a service outside: CDS Hooks, read as far as it is shown.
//!
//! Invariant: nothing of a card is ever carried out or followed; what it suggests and where it leads is text.

use serde::Deserialize;
use serde_json::Value;

use crate::departmental::advice::Indicator;
use crate::limits::{CARD_DETAIL_CHARS_MAX, CARD_LINKS_MAX, CARDS_MAX};

/// Something that a service outside says beside the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideCard {
    /// What matters, in one line.
    pub summary: String,
    /// More; as it was written, Markdown included.
    pub detail: Option<String>,
    /// How much it matters.
    pub indicator: Indicator,
    /// On what it rests, in its own words.
    pub source: String,
    /// What it suggests to do, in its own words.
    pub suggestions: Vec<String>,
    /// Where one can read on: words and address.
    pub links: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Answer {
    cards: Vec<Card>,
}

#[derive(Deserialize)]
struct Card {
    summary: String,
    detail: Option<String>,
    indicator: Indicator,
    source: Labelled,
    #[serde(default)]
    suggestions: Vec<Labelled>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Deserialize)]
struct Labelled {
    label: String,
}

#[derive(Deserialize)]
struct Link {
    label: String,
    url: String,
}

/// Reads an answer, or says what is wrong with it.
pub(super) fn cards(bytes: &[u8]) -> Result<Vec<OutsideCard>, String> {
    let document: Value = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
    let answer: Answer = serde_path_to_error::deserialize(document)
        .map_err(|why| format!("{}: {}", why.path(), why.inner()))?;
    if answer.cards.len() > CARDS_MAX {
        return Err(format!("it has more than {CARDS_MAX} cards"));
    }
    let cards = answer.cards.into_iter().enumerate();
    cards
        .map(|(at, card)| card.checked().map_err(|what| format!("cards[{at}].{what}")))
        .collect()
}

impl Card {
    /// A longer text than fits a page is refused whole: half of a warning may say the opposite.
    fn checked(self) -> Result<OutsideCard, String> {
        let fits = |text: &str| text.chars().count() <= CARD_DETAIL_CHARS_MAX;
        let texts = [&self.summary, &self.source.label]
            .into_iter()
            .chain(&self.detail);
        let suggestions = self.suggestions.into_iter().map(|it| it.label);
        let suggestions: Vec<String> = suggestions.collect();
        let links = self.links.into_iter().map(|it| (it.label, it.url));
        let links: Vec<(String, String)> = links.collect();
        let all = texts
            .chain(&suggestions)
            .chain(links.iter().flat_map(|(label, url)| [label, url]));
        if !all.map(String::as_str).all(fits) {
            return Err(format!(
                "has a text of more than {CARD_DETAIL_CHARS_MAX} characters"
            ));
        }
        if self.summary.trim().is_empty() {
            return Err("summary is empty".to_owned());
        }
        if suggestions.len() > CARDS_MAX || links.len() > CARD_LINKS_MAX {
            return Err(format!(
                "has more than {CARDS_MAX} suggestions or {CARD_LINKS_MAX} links"
            ));
        }
        Ok(OutsideCard {
            summary: self.summary,
            detail: self.detail,
            indicator: self.indicator,
            source: self.source.label,
            suggestions,
            links,
        })
    }
}
