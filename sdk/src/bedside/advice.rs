//! Advice at the bedside: asked as the host asks, held against what the host would refuse.
//!
//! A hook that the manifest does not ask for is not provided, since no host would call it.

use serde_json::Value;

use super::{Bedside, each};
use crate::advice::{CARDS_MAX, DETAIL_CHARS_MAX, LINKS_MAX, SUMMARY_CHARS_MAX};
use crate::{Departmental, Failure, Hook};

impl Bedside {
    /// Asks for advice at a hook: advice/1, checked as the host checks it.
    ///
    /// # Errors
    /// What the departmental answers; `not-provided` when the manifest has no such hook; `fault` when the host would
    /// refuse the answer.
    pub fn advise(&self, it: &impl Departmental, hook: &str) -> Result<Value, Failure> {
        if !each(&self.manifest, "hooks").any(|asked| asked.get("hook") == Some(&hook.into())) {
            return Err(Failure::not_provided(format!(
                "departmental.json asks for no hook `{hook}`; add it to `hooks` with a reason"
            )));
        }
        let hook = Hook::new(hook);
        let advice = self.call(|call| it.advise(call, &hook))?.to_json();
        let screens: Vec<&str> = each(&self.manifest, "screens")
            .filter(|screen| screen.get("place").and_then(Value::as_str) == Some("patient"))
            .filter_map(|screen| screen.get("id")?.as_str())
            .collect();
        match wrong(&advice, &screens) {
            None => Ok(advice),
            Some(what) => Err(Failure::fault(what)),
        }
    }
}

/// The first thing in an advice/1 that the host would refuse.
fn wrong(advice: &Value, screens: &[&str]) -> Option<String> {
    let cards: Vec<&Value> = each(advice, "cards").collect();
    if cards.len() > CARDS_MAX {
        return Some(format!(
            "there are {} cards; show at most {CARDS_MAX}",
            cards.len()
        ));
    }
    for (index, card) in cards.into_iter().enumerate() {
        let text = |pointer: &str| card.pointer(pointer).and_then(Value::as_str);
        let bounds = [
            ("/summary", SUMMARY_CHARS_MAX),
            ("/detail", DETAIL_CHARS_MAX),
            ("/source/label", 120),
        ];
        for (pointer, chars_max) in bounds {
            let chars = text(pointer).map(|text| text.chars().count());
            if chars.is_some_and(|chars| !(1..=chars_max).contains(&chars)) {
                return Some(format!(
                    "cards[{index}]{pointer} must have 1 to {chars_max} characters"
                ));
            }
            let is_line = pointer != "/detail";
            let control = |c: char| c.is_control() && (is_line || c != '\n');
            if text(pointer).is_some_and(|text| text.contains(control)) {
                return Some(format!("cards[{index}]{pointer} holds a control character"));
            }
        }
        let links: Vec<&Value> = each(card, "links").collect();
        if links.len() > LINKS_MAX {
            return Some(format!("cards[{index}] has more than {LINKS_MAX} links"));
        }
        let mut led = links.iter().filter_map(|link| link.get("screen")?.as_str());
        if let Some(screen) = led.find(|it| !screens.contains(it)) {
            return Some(format!(
                "cards[{index}] links to `{screen}`, which is no screen of departmental.json inside a patient's chart"
            ));
        }
    }
    None
}
