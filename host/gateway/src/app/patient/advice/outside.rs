//! Cards of services outside beside a patient's summary, in a frame of their own.
//!
//! Invariant: nothing of a service's is a link, a form or a picture here; a service that gave no answer is named.

use maud::{Markup, html};
use record::ReadError;
use record::adviser::{Heard, OutsideAdvice, OutsideCard};

use super::weight;
use crate::app::moment::Seen;
use crate::icon::{Icon, icon};
use crate::written::plain;

/// The section; nothing where no service is declared.
pub(super) fn section(heard: Result<Vec<OutsideAdvice>, ReadError>, seen: &Seen) -> Markup {
    match heard {
        Ok(all) if all.is_empty() => html! {},
        Ok(all) => framed(drawn(&all), seen),
        Err(why) => {
            tracing::warn!(
                "services outside could not be asked: {}",
                record::with_causes(&why)
            );
            let words = " Services outside could not be asked. They may have advice that is not shown here. Open the page again.";
            framed(html! { p .pal-pad { (icon(Icon::Warning)) (words) } }, seen)
        }
    }
}

fn framed(content: Markup, seen: &Seen) -> Markup {
    html! {
        section .pal-card .pal-advice aria-labelledby="advice-outside" {
            div .pal-card__head {
                h2 .pal-h2 id="advice-outside" { "Advice from outside this record" }
                span .pal-quiet { "Other services' own words, not checked by Palatine" }
            }
            @if seen.is_past() {
                p .pal-quiet .pal-pad { "They were sent the record as it stood at the moment that is shown, and do not know that it is past." }
            }
            (content)
        }
    }
}

fn drawn(all: &[OutsideAdvice]) -> Markup {
    let mut cards: Vec<(&OutsideAdvice, &OutsideCard)> = Vec::new();
    let mut unanswered: Vec<(&OutsideAdvice, String)> = Vec::new();
    let mut silent: Vec<String> = Vec::new();
    for it in all {
        match &it.heard {
            Heard::Cards(said) if said.is_empty() => silent.push(plain(&it.name)),
            Heard::Cards(said) => cards.extend(said.iter().map(|card| (it, card))),
            Heard::Late => unanswered.push((it, "did not answer in time".to_owned())),
            Heard::Resting(until) => {
                let how = format!("failed so often that it is not asked before {until}");
                unanswered.push((it, how));
            }
            Heard::Unsent(why) => unanswered.push((it, format!("was not asked: {}", plain(why)))),
            Heard::Failed(why) => unanswered.push((it, format!("gave no answer: {}", plain(why)))),
        }
    }
    // Those of one weight stay in the order of their services.
    cards.sort_by_key(|(_, card)| card.indicator);
    html! {
        @if !cards.is_empty() {
            ul .pal-bare { @for (by, card) in &cards { li { (drawn_card(by, card)) } } }
        }
        @if !unanswered.is_empty() {
            ul .pal-bare { @for (by, how) in &unanswered {
                li .pal-advice__none {
                    (icon(Icon::Warning))
                    p { b { (plain(&by.name)) } " " (how) ". It may have advice that is not shown here." }
                }
            } }
        }
        @if !silent.is_empty() {
            p .pal-quiet .pal-pad { "Asked, with nothing to say: " (silent.join(", ")) "." }
        }
    }
}

fn drawn_card(by: &OutsideAdvice, card: &OutsideCard) -> Markup {
    let (shape, word) = weight(card.indicator);
    let name = plain(&by.name);
    let is_critical = card.indicator == record::departmental::advice::Indicator::Critical;
    html! {
        article .pal-advice__card .pal-advice__card-critical[is_critical] aria-label={ (word) " from " (name) } {
            p .pal-advice__who { (icon(shape)) " " b { (word) } ", says " b { (name) } }
            blockquote .pal-advice__words {
                p { b { (plain(&card.summary)) } }
                @if let Some(detail) = &card.detail {
                    @for line in detail.split('\n').filter(|line| !line.trim().is_empty()) { p { (plain(line)) } }
                }
                @for words in &card.suggestions { p { "It suggests: " (plain(words)) } }
                @for (words, address) in &card.links { p { "To read on: " (plain(words)) ", " (plain(address)) } }
                p .pal-quiet { "It rests on: " (plain(&card.source)) }
            }
        }
    }
}
