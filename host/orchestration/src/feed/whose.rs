//! The numbers by which a message knows its patients, also where the message itself cannot be filed.
//!
//! Invariant: nothing here fails; a number that cannot be read is left out, and a message without one holds back nobody.

use fhir::nhs_number::{self, NhsNumber};
use record::limits::MESSAGE_NUMBERS_MAX;

use crate::feed::datatype;
use crate::feed::message::{Message, charset};
use crate::feed::sender::Sender;
use crate::plan::{Person, is_nhs_number};

/// The numbers of people, each as its system and value joined by `|`.
#[must_use]
pub fn of_persons(persons: &[&Person]) -> Vec<String> {
    let mut numbers = Vec::new();
    for person in persons {
        let nhs_number = person
            .nhs_number
            .map(|number| joined(nhs_number::SYSTEM, &number.digits()));
        let own = person
            .numbers
            .iter()
            .map(|it| joined(&it.system, &it.value));
        numbers.extend(nhs_number.into_iter().chain(own));
    }
    bounded(numbers)
}

/// The numbers in PID-3 and MRG-1 of whatever arrived.
#[must_use]
pub fn of_bytes(bytes: &[u8], sender: &Sender) -> Vec<String> {
    let Ok((text, set)) = charset::decode(bytes) else {
        return Vec::new();
    };
    let Ok(message) = Message::parse(&text, set) else {
        return Vec::new();
    };
    let mut numbers = Vec::new();
    for (segment, field) in [("PID", 3), ("MRG", 1)] {
        for repetition in message
            .field(segment, field)
            .repetitions()
            .unwrap_or_default()
        {
            if is_nhs_number(repetition) {
                let digits = repetition.component(1).line().ok().flatten();
                let number = digits.and_then(|digits| digits.parse::<NhsNumber>().ok());
                numbers.extend(number.map(|it| joined(nhs_number::SYSTEM, &it.digits())));
            } else if let Ok(Some(number)) = datatype::number(repetition, sender, "PI") {
                numbers.push(joined(&number.system, &number.value));
            }
        }
    }
    bounded(numbers)
}

/// System and value as one text.
#[must_use]
pub fn joined(system: &str, value: &str) -> String {
    format!("{system}|{value}")
}

fn bounded(mut numbers: Vec<String>) -> Vec<String> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.truncate(MESSAGE_NUMBERS_MAX);
    numbers
}
