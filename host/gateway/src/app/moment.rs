//! As of when a patient's pages are drawn: now, or an earlier moment that every link keeps.
//!
//! Invariant: a page of the past says so on top with its commit, and leads back to now.

use jiff::civil::Date;
use maud::{Markup, html};
use record::ReadError;
use record::log::{At, T};
use serde::Deserialize;

use crate::icon::{Icon, icon};
use crate::{Door, written};

/// The moment that an address names.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct MomentQuery {
    /// A local date and time, as a browser's field gives it.
    #[serde(default)]
    pub(crate) moment: String,
    /// A commit's number.
    #[serde(default)]
    pub(crate) t: String,
    /// The id of a record that led here, since it was merged.
    #[serde(default)]
    pub(crate) merged: String,
}

/// As of when a page is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The commit, to read as of.
    pub(crate) at: At,
    /// As it was asked for.
    pub(crate) asked: At,
    /// Its number.
    pub(crate) t: T,
    /// RFC 3339: now, or the moment asked for.
    pub(crate) time: String,
    /// What keeps the moment in an address; `None`: now.
    kept: Option<String>,
}

impl MomentQuery {
    /// Of the pairs of an address.
    pub(crate) fn of(pairs: &[(String, String)]) -> Self {
        let value = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Self {
            moment: value("moment"),
            t: value("t"),
            merged: value("merged"),
        }
    }

    /// The commit that it names.
    pub(crate) async fn seen(&self, door: &Door) -> Result<Seen, ReadError> {
        let unreadable = |text: &str| {
            let text: String = text.chars().take(40).collect();
            let what = format!(
                "{text:?} is not a moment: choose a date and time, or write a commit's number after t="
            );
            ReadError::Unreadable { what }
        };
        let (at, kept) = match (self.moment.trim(), self.t.trim()) {
            ("", "") => (At::Now, None),
            ("", t) => {
                let number = t.parse().map_err(|_| unreadable(t))?;
                (At::Commit(T(number)), Some(format!("t={number}")))
            }
            (text, _) => {
                let instant = written::instant_of_local(text).ok_or_else(|| unreadable(text))?;
                let kept = format!("moment={}", crate::address::encoded(text));
                (At::Instant(instant), Some(kept))
            }
        };
        let moment = door.record.when(&at).await?;
        Ok(Seen {
            at: At::Commit(moment.t),
            asked: at,
            t: moment.t,
            time: moment.time,
            kept,
        })
    }
}

impl Seen {
    /// Whether it is not now.
    pub(crate) fn is_past(&self) -> bool {
        self.kept.is_some()
    }

    /// What keeps the moment in an address.
    pub(crate) fn kept(&self) -> Option<&str> {
        self.kept.as_deref()
    }

    /// The day that it was.
    pub(crate) fn today(&self) -> Date {
        let at = self.time.parse().map(written::local_date);
        at.unwrap_or_default()
    }

    /// An address that keeps the moment.
    pub(crate) fn link(&self, address: &str) -> String {
        with(address, self.kept())
    }

    /// What stands on top of a page of the past; nothing of now. `here`: the same page now.
    pub(crate) fn banner(&self, here: &str) -> Markup {
        if !self.is_past() {
            return html! {};
        }
        let (time, day) = (written::time(&self.time), written::day(&self.time));
        html! {
            div .pal-past__words role="status" {
                (icon(Icon::Warning))
                p {
                    b {
                        "You are looking at the record as it was at " (time.unwrap_or_default()) " on " (day)
                        " (commit " (self.t) ")."
                    }
                    " Nothing can be changed here. "
                    a href=(here) { "Return to now" }
                }
            }
        }
    }

    /// As of when the page was read, and the way to another moment.
    pub(crate) fn chooser(&self, here: &str) -> Markup {
        let is_past = self.is_past();
        html! {
            details .pal-asat open[is_past] {
                summary {
                    "Record as at " b { (written::second(&self.time)) } " (t " (self.t) ")"
                    @if is_past { " " span .pal-asat__past { "Not now" } } @else { " " span .pal-asat__now { "Now" } }
                }
                form method="get" action=(here) {
                    label for="moment" { "Show the record as it was at" }
                    input .nhsuk-input id="moment" name="moment" type="datetime-local" required
                        value=[written::local_of_instant(&self.time)];
                    button .pal-button type="submit" { "Show" }
                }
                form method="get" action=(here) {
                    label for="t" { "or as of commit" }
                    input .nhsuk-input id="t" name="t" inputmode="numeric" pattern="[0-9]+" size="8" required value=(self.t);
                    button .pal-button type="submit" { "Show" }
                }
            }
        }
    }
}

/// An address with one more pair, where there is one.
pub(crate) fn with(address: &str, pair: Option<&str>) -> String {
    let Some(pair) = pair else {
        return address.to_owned();
    };
    let join = if address.contains('?') { '&' } else { '?' };
    format!("{address}{join}{pair}")
}
