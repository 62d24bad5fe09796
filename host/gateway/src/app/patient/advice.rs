//! Cards of departmentals beside a patient's summary: what matters most first, each in a frame that says whose words it holds.
//!
//! Invariant: a departmental that did not answer is named as such; nothing that it says can be taken for the host's own word.

mod outside;

use fhir::resource::Id;
use maud::{Markup, html};
use record::caller::Caller;
use record::departmental::advice::{Advised, Card, CardLink, Indicator, Said};
use record::departmental::manifest::Hook;
use record::departmental::screen::AskError;
use record::log::moment::Moment;

use crate::Door;
use crate::app::department::failed;
use crate::app::moment::Seen;
use crate::icon::{Icon, icon};
use crate::screen::draw;
use crate::written::plain;

/// Asks the departmentals of the caller's site and the services outside that are declared for it, and draws what they say.
/// Nothing where there is none.
pub(super) async fn section(door: &Door, caller: &Caller, patient: &Id, seen: &Seen) -> Markup {
    let moment = Moment {
        t: seen.t,
        time: seen.time.clone(),
    };
    let record = &door.record;
    let advised = record.advice(caller, Hook::PatientView, patient, &moment);
    let heard = record.outside_advice(caller, Hook::PatientView, patient, &moment);
    let (advised, heard) = tokio::join!(advised, heard);
    let departmentals = match advised {
        Ok(advised) if advised.is_empty() => html! {},
        Ok(advised) => drawn(&advised, patient, seen),
        Err(why) => unasked(&why),
    };
    html! { (departmentals) (outside::section(heard, seen)) }
}

fn unasked(why: &AskError) -> Markup {
    tracing::warn!(
        "departmentals could not be asked for advice: {}",
        record::with_causes(why)
    );
    framed(html! {
        p .pal-pad { (icon(Icon::Warning)) " Departmentals could not be asked. They may have advice that is not shown here. Open the page again." }
    })
}

/// The section with its heading.
fn framed(content: Markup) -> Markup {
    html! {
        section .pal-card .pal-advice aria-labelledby="advice" {
            div .pal-card__head {
                h2 .pal-h2 id="advice" { "Advice from departmentals" }
                span .pal-quiet { "Their own words, not checked by Palatine" }
            }
            (content)
        }
    }
}

fn drawn(advised: &[Advised], patient: &Id, seen: &Seen) -> Markup {
    let mut cards: Vec<(&Advised, &Card)> = Vec::new();
    let mut unanswered: Vec<(&Advised, String)> = Vec::new();
    let mut silent: Vec<String> = Vec::new();
    for it in advised {
        match &it.said {
            Said::Cards(said) if said.is_empty() => silent.push(module(it)),
            Said::Cards(said) => cards.extend(said.iter().map(|card| (it, card))),
            Said::Late => unanswered.push((it, "did not answer in time".to_owned())),
            Said::Refused(detail) => {
                unanswered.push((it, format!("gave no advice and said: {}", plain(detail))));
            }
            Said::Failed(kind) => unanswered.push((it, failed::how(*kind).to_owned())),
            Said::Unavailable => unanswered.push((it, "could not be asked".to_owned())),
        }
    }
    // Those of one weight stay in the order of their departmentals.
    cards.sort_by_key(|(_, card)| card.indicator);
    framed(html! {
        @if !cards.is_empty() {
            ul .pal-bare { @for (by, card) in &cards { li { (drawn_card(by, card, patient, seen)) } } }
        }
        @if !unanswered.is_empty() {
            ul .pal-bare { @for (by, how) in &unanswered {
                li .pal-advice__none {
                    (icon(Icon::Warning))
                    p { b { (module(by)) } " " (how) ". It may have advice that is not shown here." }
                }
            } }
        }
        @if !silent.is_empty() {
            p .pal-quiet .pal-pad { "Asked, with nothing to say: " (silent.join(", ")) "." }
        }
    })
}

fn drawn_card(by: &Advised, card: &Card, patient: &Id, seen: &Seen) -> Markup {
    let (shape, word) = weight(card.indicator);
    let base = format!("/patients/{patient}/departments/{}", by.departmental);
    html! {
        article .pal-advice__card .pal-advice__card-critical[card.indicator == Indicator::Critical] aria-label={ (word) " from " (module(by)) } {
            p .pal-advice__who { (icon(shape)) " " b { (word) } ", says " b { (module(by)) } }
            blockquote .pal-advice__words {
                p { b { (plain(&card.summary)) } }
                @if let Some(detail) = &card.detail {
                    @for line in detail.split('\n').filter(|line| !line.trim().is_empty()) { p { (plain(line)) } }
                }
                p .pal-quiet { "It rests on: " (plain(&card.source)) }
            }
            @if !card.links.is_empty() {
                p .pal-advice__links { @for link in &card.links { (way(&base, link, seen)) " " } }
            }
        }
    }
}

/// How much a card matters, as a shape and a word.
fn weight(indicator: Indicator) -> (Icon, &'static str) {
    match indicator {
        Indicator::Critical => (Icon::Critical, "Critical"),
        Indicator::Warning => (Icon::Warning, "Warning"),
        Indicator::Info => (Icon::Information, "Information"),
    }
}

fn way(base: &str, link: &CardLink, seen: &Seen) -> Markup {
    let address = draw::address(base, &link.screen, &link.parameters);
    html! { a href=(seen.link(&address)) { (plain(&link.label)) } }
}

/// A departmental's name with its version.
fn module(it: &Advised) -> String {
    format!("{} {}", plain(&it.name), plain(&it.version))
}
