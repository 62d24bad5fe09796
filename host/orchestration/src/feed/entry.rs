//! What a message tells of a person beside the person and the stay: one resource each, known again by a number.
//!
//! Invariant: an entry has an identity that depends on nothing but the message and its sender, so that a later message
//! about the same order, appointment or document changes what it is about and doubles nothing.

use serde_json::{Value as Json, json};

use crate::feed::datatype::{self, Number, Read};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Segment, Value};
use crate::feed::sender::Sender;
use crate::limits::ENTRIES_MAX;
use crate::plan::{Draft, Person};

/// What a message tells of somebody whom the record knows.
#[derive(Debug)]
pub struct Entries {
    /// Whom it is about.
    pub person: Person,
    /// The stay that it belongs to, where the message names one.
    pub visit: Option<Number>,
    /// In the order of the message.
    pub entries: Vec<Entry>,
}

impl Entries {
    /// The person and the stay of a message, without entries yet.
    ///
    /// # Errors
    /// The place that cannot be read, or that misses.
    pub fn about(message: &Message<'_>, sender: &Sender) -> Result<Self, MessageError> {
        let visit = datatype::number(message.field("PV1", 19), sender, "VN")?;
        Ok(Self {
            person: Person::read(message, sender)?,
            visit,
            entries: Vec::new(),
        })
    }
    /// Adds an entry; one that has the same identity as an earlier one of the message takes its place.
    ///
    /// # Errors
    /// More than [`ENTRIES_MAX`].
    pub fn add(&mut self, entry: Entry, from: &Segment<'_>) -> Result<(), MessageError> {
        add(&mut self.entries, entry, from)
    }
    /// These, of which there has to be one.
    ///
    /// # Errors
    /// [`MessageError::Missing`] when there is none.
    pub fn needed(self, segment: &str, why: &'static str) -> Result<Self, MessageError> {
        match self.entries.is_empty() {
            true => Err(MessageError::Missing {
                at: Place::of(segment, 0),
                why,
            }),
            false => Ok(self),
        }
    }
}

/// Adds an entry to others; one of the same identity takes the earlier one's place.
///
/// # Errors
/// More than [`ENTRIES_MAX`].
pub fn add(to: &mut Vec<Entry>, entry: Entry, from: &Segment<'_>) -> Result<(), MessageError> {
    let same = |other: &Entry| {
        other.resource_type == entry.resource_type && other.identity == entry.identity
    };
    if let Some(earlier) = to.iter_mut().find(|other| same(other)) {
        *earlier = entry;
        return Ok(());
    }
    if to.len() >= ENTRIES_MAX {
        return Err(MessageError::ValueTooLong {
            at: from.place(),
            of: "entries",
            max: ENTRIES_MAX,
        });
    }
    to.push(entry);
    Ok(())
}

/// One resource that a message tells of.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its type.
    pub resource_type: &'static str,
    /// By what it is known again.
    pub identity: Identity,
    /// The resource as far as the message tells, without the patient and the stay.
    pub draft: Draft,
    /// What the message does to what the record has.
    pub effect: Effect,
    /// Other resources that it refers to by their numbers.
    pub links: Vec<Link>,
}

/// By what a resource is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// By any of these numbers, which belong to it alone.
    Numbers(Vec<Number>),
    /// By these words, within its patient: a number that several resources share, and what tells them apart.
    Within(String),
}

/// What a message does to what the record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It says what is so: what it carries takes the place of what was there.
    Tells,
    /// It ends, withdraws or cancels: of what is there, these elements change and nothing else.
    Changes(&'static [&'static str]),
    /// As [`Effect::Changes`], and nothing is made where nothing is there.
    ChangesKnown(&'static [&'static str]),
}

/// A reference to a resource of the same patient, by what that is known by.
#[derive(Clone, Debug)]
pub struct Link {
    /// The element that refers.
    pub element: &'static str,
    /// What the reference stands in.
    pub within: Within,
    /// What it refers to.
    pub resource_type: &'static str,
    /// By what that is known; words name an entry of the same message.
    pub to: Identity,
    /// The field that names it.
    pub from: Place,
}

/// What a reference stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A list of references.
    List,
    /// `DocumentReference.relatesTo`, with this code.
    RelatesTo(&'static str),
}

impl Link {
    /// The value of its element, with the reference in it.
    #[must_use]
    pub fn value(&self, reference: Json) -> Json {
        match self.within {
            Within::List => json!([reference]),
            Within::RelatesTo(code) => json!([{"code": code, "target": reference}]),
        }
    }
    /// The reference by number, for what the record does not have.
    #[must_use]
    pub fn by_number(&self) -> Option<Json> {
        match &self.to {
            Identity::Within(_) => None,
            Identity::Numbers(numbers) => numbers.first().map(|number| {
                json!({
                    "type": self.resource_type,
                    "identifier": {"system": number.system, "value": number.value},
                })
            }),
        }
    }
}

impl Entry {
    /// An entry that is known by numbers of its own, which are put into it.
    #[must_use]
    pub fn numbered(resource_type: &'static str, numbers: Vec<Number>, from: Place) -> Self {
        let mut draft = Draft::default();
        let listed = numbers.iter().map(Number::json).collect();
        draft.put("identifier", listed, from);
        Self {
            resource_type,
            identity: Identity::Numbers(numbers),
            draft,
            effect: Effect::Tells,
            links: Vec::new(),
        }
    }
    /// An entry that is known by words within its patient, with the numbers that it has.
    #[must_use]
    pub fn within(
        resource_type: &'static str,
        identity: String,
        numbers: &[Number],
        from: Place,
    ) -> Self {
        let mut draft = Draft::default();
        if let Some(listed) = datatype::list(numbers.iter().map(Number::json).collect()) {
            draft.put("identifier", listed, from);
        }
        Self {
            resource_type,
            identity: Identity::Within(identity),
            draft,
            effect: Effect::Tells,
            links: Vec::new(),
        }
    }
    /// Adds what a comment (NTE) says to an element that holds annotations.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn note(&mut self, segment: &Segment<'_>) -> Result<(), MessageError> {
        if let Some(note) = datatype::comment(segment)? {
            self.draft.append("note", note, segment.field(3).place());
        }
        Ok(())
    }
}

/// The numbers of an order (EI): the placer's and the filler's, from the first field that has each.
///
/// # Errors
/// A part that cannot be read.
pub fn order_numbers(
    placer: &[Value<'_>],
    filler: &[Value<'_>],
    sender: &Sender,
) -> Result<Vec<Number>, MessageError> {
    let mut numbers = Vec::new();
    for (fields, kind) in [(placer, "PLAC"), (filler, "FILL")] {
        for field in fields {
            if let Some(number) = datatype::entity(*field, sender, kind)? {
                numbers.push(number);
                break;
            }
        }
    }
    Ok(numbers)
}

/// The sender's own number (EI) for something that has no type of number in table 0203.
///
/// # Errors
/// A part that cannot be read.
pub fn own_number(field: Value<'_>, sender: &Sender, kind: &str) -> Read<Number> {
    let found = datatype::entity(field, sender, kind)?;
    Ok(found.map(|number| Number {
        kind: None,
        ..number
    }))
}

/// Words for an identity: a number and what tells resources of that number apart.
#[must_use]
pub fn identity(number: &Number, apart: &str) -> String {
    format!("{}\u{1f}{}\u{1f}{apart}", number.system, number.value)
}

/// Code and system of a coded value, or its text, so that two codes are told apart.
#[must_use]
pub fn code_of(concept: &Json) -> String {
    let coding = &concept["coding"][0];
    match (coding["system"].as_str(), coding["code"].as_str()) {
        (Some(system), Some(code)) => format!("{system}|{code}"),
        _ => concept["text"].as_str().unwrap_or_default().to_owned(),
    }
}
