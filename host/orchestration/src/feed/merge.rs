//! Merges (ADT^A40, A34), changes of numbers (A47), links (A24) and their end (A37): whose numbers are one person's.
//!
//! Invariant: a message names two persons, once each; which of them stands is what the standard says, never what is convenient.
//! Source: HL7 Version 2.4, chapter 3: PID holds the surviving numbers, MRG-1 the prior ones; A24 and A37 have two PIDs.

use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Segment};
use crate::feed::sender::Sender;
use crate::plan::Person;

/// What is said of two persons' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The prior numbers' record becomes part of the other (A40, A34).
    Merge,
    /// The person has the new numbers instead of the prior ones (A47).
    Renumber,
    /// The two records are of one person, and stay two (A24).
    Link,
    /// They are not, after all (A37).
    Unlink,
}

/// Two persons, and what is said of them.
#[derive(Debug)]
pub struct Joining {
    /// What is said.
    pub act: Act,
    /// Who stands: PID, or the first of two.
    pub person: Person,
    /// The prior numbers (MRG-1), or the second PID.
    pub other: Person,
    /// The event, for example `A40`.
    pub event: String,
    /// Whose site sent it, for the numbers that are its own.
    pub sender: Sender,
}

/// The plan of such a message.
///
/// # Errors
/// The place that cannot be read, or that misses; a message about more than two.
pub fn joining(
    message: &Message<'_>,
    sender: &Sender,
    event: &str,
) -> Result<Joining, MessageError> {
    let person = Person::read(message, sender)?;
    let act = match event {
        "A24" => Act::Link,
        "A37" => Act::Unlink,
        "A47" => Act::Renumber,
        _other => Act::Merge,
    };
    let other = match act {
        Act::Merge | Act::Renumber => {
            let prior = only(message, "MRG", "it names the prior numbers")?;
            one_of(message, "PID", 1)?;
            Person::with(prior.field(1), None, sender)?
        }
        Act::Link | Act::Unlink => {
            let second = one_of(message, "PID", 2)?.ok_or(MessageError::Missing {
                at: Place::of("PID", 0),
                why: "a second PID names the other record",
            })?;
            let birth_date = crate::feed::timestamp::date(second.field(7))?;
            Person::with(second.field(3), birth_date, sender)?
        }
    };
    Ok(Joining {
        act,
        person,
        other,
        event: event.to_owned(),
        sender: sender.clone(),
    })
}

/// The one segment of that name.
fn only<'m, 'a>(
    message: &'m Message<'a>,
    name: &'static str,
    why: &'static str,
) -> Result<&'m Segment<'a>, MessageError> {
    let found = one_of(message, name, 1)?;
    found.ok_or(MessageError::Missing {
        at: Place::of(name, 0),
        why,
    })
}

/// The last of so many segments of a name. `None`: there are fewer; more are refused, so that no pair is taken for another.
fn one_of<'m, 'a>(
    message: &'m Message<'a>,
    name: &str,
    count: usize,
) -> Result<Option<&'m Segment<'a>>, MessageError> {
    let mut named = message.segments().iter().filter(|it| it.name() == name);
    let found = named.nth(count - 1);
    match named.next() {
        Some(more) => Err(more
            .field(1)
            .not("the only one of its kind: send each pair of records in a message of its own")),
        None => Ok(found),
    }
}
