//! Messages that wait for somebody, on the operations page: about whom each is, why it waits, and the way to it.
//!
//! Invariant: what is not listed here is counted, with the way to all of them.

use maud::html;
use record::caller::Caller;
use record::message::{State, Waiting};

use super::{Part, Row, link, unread, words};
use crate::Door;
use crate::admin::messages::capital;
use crate::admin::messages::segments::about;
use crate::icon::{Icon, icon};
use crate::written::{moment, plain};

/// The part.
pub(super) async fn part(door: &Door, caller: &Caller) -> Part {
    let rows = door
        .record
        .messages_waiting(caller, None, record::log::T(0))
        .await;
    let rows = rows.map(|page| {
        let mut rows: Vec<Row> = page.messages.iter().filter_map(waiting_row).collect();
        let held = page.messages.len() - rows.len();
        if held > 0 || page.next.is_some() {
            let stands = match (held, page.next.is_some()) {
                (_, true) => "There are more".to_owned(),
                (1, false) => "1 waits behind these or is being filed".to_owned(),
                (more, false) => format!("{more} wait behind these or are being filed"),
            };
            rows.push((
                words("Others"),
                words(&stands),
                link("/messages", "See all messages"),
            ));
        }
        rows
    });
    Part {
        title: "Messages that wait",
        none: "No message waits",
        rows: rows.map_err(|why| unread(&why)),
    }
}

/// A message that waits for somebody, or for its patient.
fn waiting_row(it: &Waiting) -> Option<Row> {
    let (reason, action) = match &it.state {
        State::Parked { reason, .. } => (reason, "Correct, file again or drop"),
        State::Awaiting { reason, .. } => (reason, "Look"),
        State::Filed | State::Loose | State::Held { .. } | State::Due => return None,
        State::Corrected { .. } | State::Dropped { .. } => return None,
    };
    let who = about(&it.head).unwrap_or_else(|| "No patient named".to_owned());
    let what = html! {
        (plain(&who))
        span .pal-line2 { (plain(&it.source)) ", message " (it.waited.message) ", arrived " (moment(&it.received_at)) }
    };
    let stands =
        html! { (icon(Icon::Warning)) " " (capital(it.state.as_str())) ": " (plain(reason)) };
    let address = format!("/messages/{}", it.waited.message);
    Some((what, stands, link(&address, action)))
}
