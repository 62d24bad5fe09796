//! The card of each departmental on a patient's summary: what it shows of itself, with the way to its screens.
//!
//! Invariant: a departmental that did not answer is named with what came of it; a card holds nothing that can be sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use fhir::resource::Id;
use futures_util::future::join_all;
use maud::{Markup, html};
use record::departmental::manifest::Place;
use record::departmental::menu::Offered;
use record::departmental::screen::{AskError, Shown};

use super::{Desktop, failed};
use crate::Door;
use crate::app::moment::Seen;
use crate::app::patient::Opened;
use crate::auth::Session;
use crate::icon::{Icon, icon};
use crate::limits::{CARDS_MAX, CARDS_WAIT};
use crate::screen::Screen;
use crate::screen::draw::{self, Desk, Ink, Signing};
use crate::screen::seal;
use crate::screen::sent::Typed;
use crate::written::plain;

/// Every card, in order of the departmentals' names; nothing where none has one.
pub(in crate::app) async fn cards(
    door: &Door,
    session: &Session,
    (patient, opened): (&Id, &Arc<Opened>),
    seen: &Seen,
) -> Markup {
    let with_card = opened.departments().iter().filter_map(|offered| {
        let screens = offered.screens.as_deref()?;
        let card = screens.iter().find(|it| it.place == Place::Summary)?;
        Some((offered, card.id.clone()))
    });
    let cards = with_card.take(CARDS_MAX).enumerate();
    let drawn = join_all(cards.map(|(at, (offered, screen))| {
        let desktop = Desktop {
            door,
            session,
            chart: Some((patient.clone(), Arc::clone(opened))),
            departmental: offered.departmental.to_string(),
            screen,
            parameters: BTreeMap::new(),
            seen: seen.clone(),
        };
        async move { desktop.card(offered, at + 1).await }
    }));
    let drawn = drawn.await;
    html! {
        @if !drawn.is_empty() { div .pal-sections { @for card in drawn { (card) } } }
    }
}

/// Why there is nothing on a card.
enum Missing {
    /// No answer in time.
    Late,
    /// The host could not do its part.
    Unasked,
    Ask(AskError),
}

impl Desktop<'_> {
    async fn card(&self, offered: &Offered, number: usize) -> Markup {
        let main = match self.shown().await {
            Ok(shown) => self.on_card(&shown, number).await,
            Err(why) => missing(&why),
        };
        let id = format!("card-{number}");
        let mut screens = offered.screens.iter().flatten();
        let first = screens.find(|it| it.place == Place::Patient);
        html! {
            section .pal-card aria-labelledby=(id) {
                div .pal-card__head { h2 .pal-h2 id=(id) { (plain(&offered.name)) } }
                div .pal-pad {
                    (main)
                    @if let Some(screen) = first {
                        p { a href=(self.seen.link(&format!("{}/{}", self.base(), screen.id))) { (plain(&screen.title)) } }
                    }
                }
            }
        }
    }

    /// The answer, if it comes in time. A call that has begun is kept whether or not somebody still waits for it.
    async fn shown(&self) -> Result<Shown, Missing> {
        let ask = self.asks().map_err(Missing::Ask)?;
        let (record, caller) = (self.door.record.clone(), self.session.caller.clone());
        let asked = tokio::spawn(async move { record.open_screen(&caller, ask).await });
        match tokio::time::timeout(CARDS_WAIT, asked).await {
            Ok(Ok(answer)) => answer.map_err(Missing::Ask),
            Ok(Err(broken)) => {
                tracing::error!(departmental = %self.departmental, "asking for a card ended without an answer: {broken}");
                Err(Missing::Unasked)
            }
            Err(_) => Err(Missing::Late),
        }
    }

    async fn on_card(&self, shown: &Shown, number: usize) -> Markup {
        let parsed = match Screen::parse(&shown.screen) {
            Ok(parsed) if parsed.can_be_sent() => {
                let what = "a card on a summary holds a form or an action";
                tracing::warn!(departmental = %shown.release.id, "{} {}: {what}", shown.release.id, shown.release.version);
                return none("answered a card with a form on it, which no summary shows");
            }
            Ok(parsed) => parsed,
            Err(why) => return failed::malformed(&shown.release, &shown.call, &why),
        };
        let Ok(key) = seal::new_key() else {
            return missing(&Missing::Unasked);
        };
        let (names, carried) = (self.names(&parsed).await, self.carried(&shown.release, key));
        let ink = Ink {
            base: &self.base(),
            kept: self.seen.kept(),
            names: &names,
            signing: Signing {
                signer: self.session.caller.name(),
                about: self.about(),
            },
            desk: Desk {
                seals: &self.door.seals,
                form_token: &self.session.form_token,
                carried: &carried,
                typed: &Typed::default(),
                findings: &[],
                found: None,
            },
        };
        draw::among_others(&parsed, &ink, number)
    }
}

fn missing(why: &Missing) -> Markup {
    match why {
        Missing::Late => none("did not answer in time"),
        Missing::Unasked => none("could not be asked"),
        Missing::Ask(AskError::Failed { kind, .. }) => none(failed::how(*kind)),
        Missing::Ask(AskError::Refused { failure, .. }) => {
            none(&format!("answered: {}", plain(&failure.detail)))
        }
        Missing::Ask(why) => {
            tracing::warn!("a card could not be had: {}", record::with_causes(why));
            none("could not be asked")
        }
    }
}

/// What stands in the place of a card, in words that follow the module's name.
fn none(how: &str) -> Markup {
    html! {
        p { (icon(Icon::Warning)) " This module " (how) ". It may have something that is not shown here." }
    }
}
