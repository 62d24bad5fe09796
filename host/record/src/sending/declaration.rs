//! An interface as it is declared: what is sent from which site, to whom, and how.
//!
//! Invariant: a declaration that is kept can be used as it stands; what could not be is refused with the member at fault.

use serde::{Deserialize, Serialize};

use super::SendingError;
use crate::caller::SiteCode;

/// The events that can be sent, as MSH-9 names them.
pub const EVENTS: [&str; 16] = [
    "ADT^A01", "ADT^A02", "ADT^A03", "ADT^A04", "ADT^A05", "ADT^A06", "ADT^A07", "ADT^A08",
    "ADT^A11", "ADT^A12", "ADT^A13", "ADT^A28", "ADT^A31", "ADT^A40", "ORU^R01", "ACK",
];
/// The versions in which they can be written.
pub const VERSIONS: [&str; 10] = [
    "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8",
];
/// The character sets in which they can be written, as MSH-18 names them.
pub const SETS: [&str; 4] = ["ASCII", "8859/1", "8859/15", "UNICODE UTF-8"];

/// Longest name of anything, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest and shortest wait for an answer, in milliseconds.
const ANSWER_MS: std::ops::RangeInclusive<u64> = 100..=120_000;
/// Most tries before a message becomes a dead letter.
const TRIES: std::ops::RangeInclusive<u32> = 1..=100;

/// Which acknowledgement of the receiver's ends the sending of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acknowledgements {
    /// Original mode: AA.
    Original,
    /// Enhanced mode: CA; the application's answer is not asked for.
    Accept,
    /// Enhanced mode: CA, then AA on the same connection.
    Application,
}

/// An interface as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declaration {
    /// Its name, unique in the region, for example `rxr-pas-out`.
    pub id: String,
    /// The site whose changes are sent.
    #[serde(with = "site_code")]
    pub site: SiteCode,
    /// Whether anything is made and sent.
    pub active: bool,
    /// Host and port of the receiver, for example `ie.rxr.example:2576`.
    pub address: String,
    /// Whether the connection goes through TLS, in which both sides show a certificate.
    pub tls: bool,
    /// MSH-3.
    pub sending_application: String,
    /// MSH-4.
    pub sending_facility: String,
    /// MSH-5.
    pub receiving_application: String,
    /// MSH-6.
    pub receiving_facility: String,
    /// MSH-11: `P`, `T` or `D`.
    pub processing_id: String,
    /// MSH-12.
    pub version: String,
    /// MSH-18.
    pub character_set: String,
    /// What is sent, as MSH-9 names it. `ACK`: the application acknowledgements of what MSH-5 and MSH-6 send here.
    pub events: Vec<String>,
    /// When a message has been taken.
    pub acknowledgements: Acknowledgements,
    /// How long an answer is waited for, in milliseconds.
    pub answer_ms: u64,
    /// After how many tries that reached the receiver a message becomes a dead letter.
    pub tries_max: u32,
}

impl Declaration {
    /// What cannot be used, with the member at fault.
    pub(super) fn checked(&self) -> Result<(), SendingError> {
        let wrong = |member, what: &str| {
            Err(SendingError::Declaration {
                member,
                what: what.to_owned(),
            })
        };
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        // With its prefix it is the id of a resource, of at most 64 characters.
        if self.id.is_empty() || self.id.len() > 40 || !self.id.chars().all(is_id) {
            return wrong("id", "is 1 to 40 small letters, digits and hyphens");
        }
        let names = [
            ("sendingApplication", &self.sending_application),
            ("sendingFacility", &self.sending_facility),
            ("receivingApplication", &self.receiving_application),
            ("receivingFacility", &self.receiving_facility),
        ];
        for (member, name) in names {
            let is_odd = |c: char| c.is_control() || !c.is_ascii();
            if name.trim().is_empty() || name.len() > NAME_CHARS_MAX || name.chars().any(is_odd) {
                return wrong(member, "is 1 to 60 characters of ASCII");
            }
        }
        let port = self.address.rsplit_once(':');
        let is_address = port.is_some_and(|(host, port)| {
            !host.is_empty()
                && host.len() <= 253
                && host.bytes().all(|byte| byte.is_ascii_graphic())
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !is_address {
            return wrong("address", "is host:port, for example ie.rxr.example:2576");
        }
        if !matches!(self.processing_id.as_str(), "P" | "T" | "D") {
            return wrong("processingId", "is P, T or D");
        }
        one_of("version", &VERSIONS, &self.version)?;
        one_of("characterSet", &SETS, &self.character_set)?;
        if self.events.is_empty() {
            return wrong("events", "names nothing to send");
        }
        for event in &self.events {
            one_of("events", &EVENTS, event)?;
        }
        if !ANSWER_MS.contains(&self.answer_ms) {
            return wrong("answerMs", "is 100 to 120000");
        }
        if !TRIES.contains(&self.tries_max) {
            return wrong("triesMax", "is 1 to 100");
        }
        Ok(())
    }

    /// Whether an event is sent.
    pub fn sends(&self, event: &str) -> bool {
        self.events.iter().any(|it| it == event)
    }
}

fn one_of(member: &'static str, all: &[&str], said: &str) -> Result<(), SendingError> {
    if all.contains(&said) {
        return Ok(());
    }
    let said: String = said.chars().take(20).collect();
    Err(SendingError::Declaration {
        member,
        what: format!("holds {said:?}, which is none of {}", all.join(", ")),
    })
}

/// A site in a declaration: its code.
mod site_code {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::caller::SiteCode;

    pub(super) fn serialize<S: Serializer>(site: &SiteCode, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(site.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SiteCode, D::Error> {
        let code = String::deserialize(from)?;
        code.parse().map_err(D::Error::custom)
    }
}
