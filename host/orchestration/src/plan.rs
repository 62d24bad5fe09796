//! What a message wants, before the record has been asked whom it is about: pure, message in, plan out.
//!
//! Invariant: a plan is a function of the message and its sender alone, so that kept messages can be planned again;
//! every element of it names the field it came from.

use serde_json::{Map, Value as Json};

use fhir::nhs_number::NhsNumber;

use crate::feed::datatype::{self, Number, Read};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Value};
use crate::feed::sender::{Authority, Sender};
use crate::feed::told::{Telling, Told};
use crate::feed::{admission, result, timestamp};

/// What a message wants.
#[derive(Debug)]
pub enum Plan {
    /// A person and a stay.
    Admission(Box<admission::Admission>),
    /// Results of a person.
    Results(result::Results),
}

impl Plan {
    /// Everybody whom it is about: while it is filed, nothing else is filed about any of them.
    #[must_use]
    pub fn persons(&self) -> Vec<&Person> {
        vec![self.person()]
    }

    /// Whom it is about.
    #[must_use]
    pub fn person(&self) -> &Person {
        match self {
            Self::Admission(admission) => &admission.person,
            Self::Results(results) => &results.person,
        }
    }
}

/// Why a message has no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Something in it cannot be read as what it should be.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Messages of this kind are not filed.
    #[error(
        "MSH-9 is {found}, which is kept but not filed: only ADT^A01, ADT^A04, ADT^A08 and ORU^R01 are"
    )]
    Kind {
        /// The type and event, for example `SIU^S12`.
        found: String,
        /// Whether the type is known and only the event is not.
        type_known: bool,
    },
}

/// The plan of a message.
///
/// # Errors
/// [`PlanError`], with the place and what to do.
pub fn plan(message: &Message<'_>, sender: &Sender) -> Result<Plan, PlanError> {
    let kind = message.field("MSH", 9);
    let code = kind.component(1).needed("it says what the message is")?;
    // Before 2.3.1 some senders give the type alone and the event in EVN-1.
    let event = match kind.component(2).line()? {
        Some(event) => event,
        None => message.field("EVN", 1).line()?.unwrap_or_default(),
    };
    match (code.as_str(), event.as_str()) {
        ("ADT", "A01" | "A04" | "A08") => {
            let admission = admission::admission(message, sender, &event)?;
            Ok(Plan::Admission(Box::new(admission)))
        }
        ("ORU", "R01") => Ok(Plan::Results(result::results(message, sender)?)),
        (known, other) => Err(PlanError::Kind {
            found: format!("{}^{}", short(known), short(other)),
            type_known: matches!(known, "ADT" | "ORU"),
        }),
    }
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

/// The numbers and the date of birth by which a message says whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The NHS number, where one is sent.
    pub nhs_number: Option<NhsNumber>,
    /// Numbers of hospitals and systems, in the order sent.
    pub numbers: Vec<Number>,
    /// FHIR's `date`.
    pub birth_date: Option<String>,
}

impl Person {
    /// Reads PID-3 and PID-7.
    ///
    /// # Errors
    /// No PID, no number at all, an NHS number that is none, two NHS numbers, a date that is none.
    pub fn read(message: &Message<'_>, sender: &Sender) -> Result<Self, MessageError> {
        let Some(pid) = message.segment("PID") else {
            return Err(MessageError::Missing {
                at: Place::of("PID", 0),
                why: "it says whom the message is about",
            });
        };
        let mut person = Self {
            nhs_number: None,
            numbers: Vec::new(),
            birth_date: timestamp::date(pid.field(7))?,
        };
        for repetition in pid.field(3).repetitions()? {
            if is_nhs_number(repetition) {
                person.take_nhs_number(repetition)?;
            } else {
                person
                    .numbers
                    .extend(datatype::number(repetition, sender, "PI")?);
            }
        }
        if person.nhs_number.is_none() && person.numbers.is_empty() {
            return Err(MessageError::Missing {
                at: pid.field(3).place(),
                why: "a patient is known by an NHS number or by a number of the sender's own",
            });
        }
        Ok(person)
    }

    fn take_nhs_number(&mut self, value: Value<'_>) -> Result<(), MessageError> {
        let field = value.component(1);
        // A sender that has no number sends the type alone.
        let Some(digits) = field.line()? else {
            return Ok(());
        };
        let number: NhsNumber = digits
            .parse()
            .map_err(|_| field.not("a valid NHS number (ten digits that pass modulus 11)"))?;
        if self.nhs_number.is_some_and(|other| other != number) {
            return Err(field.not("the NHS number that stands before it: send one NHS number"));
        }
        self.nhs_number = Some(number);
        Ok(())
    }
}

/// By its type (`NH`, table 0203 of the UK edition) or by its authority.
pub(crate) fn is_nhs_number(value: Value<'_>) -> bool {
    let kind = value.component(5).raw().trim();
    let authority = Authority::within(value.component(4));
    matches!(kind, "NH" | "NHS" | "NHSNO")
        || (authority.is_nhs() && matches!(kind, "" | "NI" | "PI" | "HC" | "UPI"))
}

/// A resource as far as a message tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The elements that the message has, by name.
    pub elements: Map<String, Json>,
    /// The elements that the message deletes (`""`).
    pub cleared: Vec<&'static str>,
    /// Which field each element came from, in the order taken.
    pub fields: Vec<(&'static str, Place)>,
    /// When all this was so.
    pub told: Told,
    /// How much of the resource this is.
    pub telling: Telling,
}

impl Draft {
    /// Takes an element from a field: what was read, or its deletion where the field is `""`.
    ///
    /// # Errors
    /// What reading the field answered.
    pub fn take(
        &mut self,
        element: &'static str,
        field: Value<'_>,
        read: Read<Json>,
    ) -> Result<(), MessageError> {
        if field.is_null() {
            self.cleared.push(element);
            self.fields.push((element, field.place()));
            return Ok(());
        }
        if let Some(value) = read? {
            self.put(element, value, field.place());
        }
        Ok(())
    }
    /// Takes an element that came from a place.
    pub fn put(&mut self, element: &'static str, value: Json, from: Place) {
        self.elements.insert(element.to_owned(), value);
        self.fields.push((element, from));
    }
    /// An element that follows from the others and from no field of its own.
    pub fn set(&mut self, element: &'static str, value: Json) {
        self.elements.insert(element.to_owned(), value);
    }
    /// The resource that the record has, with what the message says: what it does not carry stays.
    #[must_use]
    pub fn over(&self, base: Map<String, Json>) -> Map<String, Json> {
        let mut merged = base;
        for element in &self.cleared {
            merged.shift_remove(*element);
        }
        for (element, value) in &self.elements {
            merged.insert(element.clone(), value.clone());
        }
        merged
    }
    /// Elements and fields on one line, for Provenance: `name=PID-5 gender=PID-8`.
    #[must_use]
    pub fn trace(&self) -> String {
        let each: Vec<String> = self
            .fields
            .iter()
            .map(|(element, place)| format!("{element}={place}"))
            .collect();
        each.join(" ")
    }
}

#[cfg(test)]
mod tests;
