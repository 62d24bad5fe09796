//! What a message wants, before the record has been asked whom it is about: pure, message in, plan out.
//!
//! Invariant: a plan is a function of the message and its sender alone, so that kept messages can be planned again;
//! every element of it names the field it came from.

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use fhir::nhs_number::NhsNumber;

use crate::feed::datatype::{self, Number, Read};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Value};
use crate::feed::result::Layout;
use crate::feed::sender::{Authority, Sender};
use crate::feed::told::{Telling, Told};
use crate::feed::{
    admission, allergy, appointment, document, entry, immunisation, merge, order, prescription,
    problem, referral, result, stay, timestamp, told,
};

/// What a message wants.
#[derive(Debug)]
pub enum Plan {
    /// A person, a stay, and what the message tells of both.
    Admission(Box<admission::Admission>),
    /// Two stays of two people, who change places.
    Swap(Vec<admission::Admission>),
    /// Results of a person.
    Results(result::Results),
    /// What else is told of a person whom the record knows.
    Entries(entry::Entries),
    /// Two numbers are one person's, or no longer.
    Identity(Box<merge::Joining>),
}

impl Plan {
    /// Everybody whom it is about, first those who come first in the message: while it is filed, nothing else is filed
    /// about any of them.
    #[must_use]
    pub fn persons(&self) -> Vec<&Person> {
        match self {
            Self::Admission(admission) => vec![&admission.person],
            Self::Swap(both) => both.iter().map(|one| &one.person).collect(),
            Self::Results(results) => vec![&results.person],
            Self::Entries(entries) => vec![&entries.person],
            Self::Identity(joining) => vec![&joining.person, &joining.other],
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
    #[error("MSH-9 is {found}, which is kept but not filed: {why}")]
    Kind {
        /// The type and event, for example `SIU^S12`.
        found: String,
        /// Whether the type is known and only the event is not.
        type_known: bool,
        /// Why, and what to do.
        why: &'static str,
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
    if let Some(layout) = Layout::of(&code, &event) {
        return Ok(Plan::Results(result::results(message, sender, layout)?));
    }
    let mut entries = match (code.as_str(), event.as_str()) {
        ("ADT", "A17") => return Ok(Plan::Swap(admission::swap(message, sender)?)),
        ("ADT", "A60") => allergy::allergies(message, sender)?,
        ("ADT", "A24" | "A34" | "A37" | "A40" | "A47") => {
            let joining = merge::joining(message, sender, &event)?;
            return Ok(Plan::Identity(Box::new(joining)));
        }
        ("ADT", event) if stay::Movement::of(event).is_some() => {
            let admission = admission::admission(message, sender, event)?;
            return Ok(Plan::Admission(Box::new(admission)));
        }
        ("ORM", "O01") | ("OMG", "O19") | ("OML", "O21") => order::orders(message, sender)?,
        ("SIU", "S12" | "S13" | "S14" | "S15" | "S16" | "S17" | "S26") => {
            appointment::appointment(message, sender, &event)?
        }
        (
            "MDM",
            "T01" | "T02" | "T03" | "T04" | "T05" | "T06" | "T07" | "T08" | "T09" | "T10" | "T11",
        ) => document::document(message, sender, &event)?,
        ("REF", "I12" | "I13" | "I14") => referral::referral(message, sender, &event)?,
        ("RDE", "O11" | "O25") => prescription::prescriptions(message, sender)?,
        ("RDS", "O13") => prescription::dispenses(message, sender)?,
        ("VXU", "V04") => immunisation::immunisations(message, sender)?,
        ("PPR", "PC1" | "PC2" | "PC3") => problem::problems(message, sender, &event)?,
        (known, other) => {
            return Err(PlanError::Kind {
                found: format!("{}^{}", short(known), short(other)),
                type_known: is_known(known),
                why: why_not(known, other),
            });
        }
    };
    let told = told::of_event(message);
    for entry in &mut entries.entries {
        entry.draft.told = told.clone();
    }
    Ok(Plan::Entries(entries))
}

/// Whether messages of this type are filed, whatever their event.
fn is_known(code: &str) -> bool {
    matches!(
        code,
        "ADT"
            | "ORU"
            | "OUL"
            | "ORM"
            | "OMG"
            | "OML"
            | "SIU"
            | "MDM"
            | "REF"
            | "RDE"
            | "RDS"
            | "VXU"
            | "PPR"
    )
}

/// Why messages of a kind are not filed.
fn why_not(code: &str, event: &str) -> &'static str {
    match (code, event) {
        ("BAR" | "DFT", _) => {
            "it is about money (accounts, charges), which is no part of the record of care"
        }
        ("ADT", "A18" | "A30" | "A35" | "A36" | "A39" | "A46") => {
            "of merges A34 and A40 are filed: somebody has to bring the two records together"
        }
        ("ADT", "A41" | "A42" | "A43" | "A44" | "A45" | "A48" | "A49" | "A50" | "A51") => {
            "moves of visits, accounts and numbers from one record to another are not filed: somebody has to look at both"
        }
        ("ADT", "A29") => {
            "one sender's deletion does not delete a person of the region: somebody has to look at it, and at what the \
             record has of them"
        }
        ("ADT", "A20") => "the state of a bed is about no patient",
        ("ADT", "A19") | ("QRY" | "QBP", _) => "questions are not answered here: use the FHIR API",
        ("ACK", _) => "an acknowledgement is an answer to something, and nothing was asked",
        _ => {
            "kinds that are filed are ADT (A01 to A17, A21 to A28, A31, A34, A37, A38, A40, A47, A60), ORU R01, OUL R22 to R24, \
             ORM O01, OMG O19, OML O21, SIU S12 to S17 and S26, MDM T01 to T11, REF I12 to I14, RDE O11 and O25, RDS O13, \
             VXU V04 and PPR PC1 to PC3"
        }
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
        let birth_date = timestamp::date(pid.field(7))?;
        Self::with(pid.field(3), birth_date, sender)
    }

    /// Reads a list of numbers (PID-3, MRG-1).
    ///
    /// # Errors
    /// No number at all, an NHS number that is none, two NHS numbers.
    pub fn with(
        list: Value<'_>,
        birth_date: Option<String>,
        sender: &Sender,
    ) -> Result<Self, MessageError> {
        let mut person = Self {
            nhs_number: None,
            numbers: Vec::new(),
            birth_date,
        };
        for repetition in list.repetitions()? {
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
                at: list.place(),
                why: "a patient is known by an NHS number or by a number of the sender's own",
            });
        }
        Ok(person)
    }

    /// Where the numbers stand.
    #[must_use]
    pub fn place(&self) -> Place {
        Place::of("PID", 3)
    }

    /// A number for something of this person's to which the sender gives none: the same for the same words.
    #[must_use]
    pub fn owned(&self, kind: &str, of: &str, sender: &Sender) -> Number {
        let nhs_number = self.nhs_number.map(|number| number.digits());
        let own = self
            .numbers
            .first()
            .map(|number| format!("{}|{}", number.system, number.value));
        let digest = Sha256::digest(format!(
            "{}\u{1e}{of}",
            own.or(nhs_number).unwrap_or_default()
        ));
        let mut value = hex::encode(digest);
        value.truncate(32);
        Number {
            system: sender.own(kind),
            value,
            kind: None,
        }
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
    /// Adds an item to an element that is a list.
    pub fn append(&mut self, element: &'static str, item: Json, from: Place) {
        match self.elements.get_mut(element).and_then(Json::as_array_mut) {
            Some(items) => {
                items.push(item);
                self.fields.push((element, from));
            }
            None => self.put(element, Json::Array(vec![item]), from),
        }
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
