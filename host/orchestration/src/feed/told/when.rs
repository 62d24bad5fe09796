//! When what a message tells was so.
//!
//! Invariant: two different messages are never told at the same time, so that there is always one answer.
//!
//! A person or a stay is told of at EVN-2, when the sender's system recorded the event: EVN-6, when it happened, may be
//! written down long afterwards, and says nothing about which of two tellings is the newer one. A result is told of at OBR-22,
//! when the laboratory changed the report or its status, else at ORC-9, when the order did. Where these are missing, and
//! between two that agree, MSH-7 decides, when the message was made: an integration engine may make it anew when it
//! sends late, so it comes second; and at last the control id, so that there is always one answer.

use crate::feed::message::{Message, Segment, Value};
use crate::feed::timestamp;

/// When something was told: greater is later. Empty: not known, and then the last to arrive counts.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Told(String);

impl Told {
    /// The same with a rank before the time: what has a greater rank stands, whenever it was told.
    #[must_use]
    pub fn ranked(&self, rank: u8) -> Self {
        match self.0.is_empty() {
            true => Self::default(),
            false => Self(format!("{rank}/{}", self.unranked())),
        }
    }

    /// Without its rank.
    pub(super) fn unranked(&self) -> &str {
        match self.0.as_bytes() {
            [b'0'..=b'9', b'/', ..] => self.0.get(2..).unwrap_or_default(),
            _ => &self.0,
        }
    }

    /// Whether it is known at all.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    /// As it was written.
    pub(super) fn written(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a message about a person or a stay was so.
#[must_use]
pub fn of_event(message: &Message<'_>) -> Told {
    told(message, [message.field("EVN", 2)])
}

/// When each report of a message was so, in the order of its OBR segments.
#[must_use]
pub fn of_reports(message: &Message<'_>) -> Vec<Told> {
    let mut found = Vec::new();
    let mut order: Option<Segment<'_>> = None;
    for segment in message.segments() {
        match segment.name() {
            "ORC" => order = Some(*segment),
            "OBR" => {
                let changed = segment.field(22);
                found.push(match order.take() {
                    Some(order) => told(message, [changed, order.field(9)]),
                    None => told(message, [changed]),
                });
            }
            _ => {}
        }
    }
    found
}

fn told<'a>(message: &Message<'a>, fields: impl IntoIterator<Item = Value<'a>>) -> Told {
    let made = moment(message.field("MSH", 7));
    let first = fields.into_iter().find_map(moment);
    let Some(at) = first.or_else(|| made.clone()) else {
        return Told::default();
    };
    let made = made.unwrap_or_default();
    let id = message.field("MSH", 10).line().ok().flatten();
    let plain = |c: char| {
        if c.is_ascii_graphic() && c != ';' && c != '@' {
            c
        } else {
            '-'
        }
    };
    let id: String = id.unwrap_or_default().chars().map(plain).take(64).collect();
    Told(format!("{at}/{made}/{}", counted(&id)))
}

/// A control id in which numbers compare as numbers do: 10 comes after 9.
fn counted(id: &str) -> String {
    let mut out = String::with_capacity(id.len());
    let mut digits = String::new();
    for c in id.chars().chain(['/']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            out.push_str(&format!("{:0>10}", digits.trim_start_matches('0')));
            digits.clear();
        }
        out.push(c);
    }
    out.pop();
    out
}

/// A date or time as UTC, written so that texts compare as times do.
fn moment(field: Value<'_>) -> Option<String> {
    let text = timestamp::date_time(field).ok().flatten()?;
    match text.contains('T') {
        true => {
            let at: jiff::Timestamp = text.parse().ok()?;
            Some(at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        }
        false => Some(text),
    }
}
