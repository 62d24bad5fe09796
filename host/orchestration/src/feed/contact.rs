//! Next of kin and other contacts (NK1) as contacts of the patient.
//!
//! Invariant: the contacts of one message are one list, as snapshots of a person are sent: the list takes the place of
//! the one before it, and a message without NK1 leaves it as it is.
//! Source: HL7 Version 2 to FHIR, segment map NK1[Patient].

use serde_json::Value as Json;

use crate::feed::coded;
use crate::feed::codes::CodeMap;
use crate::feed::datatype::{self, Read};
use crate::feed::message::error::MessageError;
use crate::feed::message::{Message, Segment};
use crate::feed::sender::Sender;
use crate::limits::CONTACTS_MAX;
use crate::plan::Draft;

/// Takes every NK1 of a message into the patient.
///
/// # Errors
/// The place that cannot be read, or more than [`CONTACTS_MAX`].
pub fn contacts(
    draft: &mut Draft,
    message: &Message<'_>,
    sender: &Sender,
) -> Result<(), MessageError> {
    for (index, nk1) in coded::all(message, "NK1").enumerate() {
        if index >= CONTACTS_MAX {
            return Err(MessageError::ValueTooLong {
                at: nk1.place(),
                of: "contacts",
                max: CONTACTS_MAX,
            });
        }
        if let Some(found) = contact(nk1, sender)? {
            draft.append("contact", found, nk1.place());
        }
    }
    Ok(())
}

fn contact(nk1: &Segment<'_>, sender: &Sender) -> Read<Json> {
    let name = nk1.field(2).repetitions()?.first().copied();
    let address = nk1.field(4).repetitions()?.first().copied();
    let mut relationships = Vec::new();
    let own = [
        (
            3,
            CodeMap::Relationship,
            "http://terminology.hl7.org/CodeSystem/v2-0063",
        ),
        (
            7,
            CodeMap::ContactRole,
            "http://terminology.hl7.org/CodeSystem/v2-0131",
        ),
    ];
    for (number, map, system) in own {
        relationships.extend(coded::concept(nk1.field(number), sender, map, system)?);
    }
    let mut telecom = Vec::new();
    for (number, default_use) in [(5, "home"), (6, "work")] {
        for repetition in nk1.field(number).repetitions()? {
            telecom.extend(datatype::telecom(repetition, default_use)?);
        }
    }
    let told = datatype::object([
        ("name", name.map_or(Ok(None), datatype::name)?),
        ("address", address.map_or(Ok(None), datatype::address)?),
        ("telecom", datatype::list(telecom)),
        (
            "organization",
            datatype::organisation(nk1.field(13), sender)?,
        ),
    ]);
    // FHIR wants to know more of a contact than what it is to the patient.
    let Some(Json::Object(mut told)) = told else {
        return Ok(None);
    };
    let more = [
        ("relationship", datatype::list(relationships)),
        (
            "gender",
            coded::code(nk1.field(15), sender, CodeMap::Gender)?,
        ),
        (
            "period",
            datatype::object([
                ("start", coded::moment(nk1.field(8))?),
                ("end", coded::moment(nk1.field(9))?),
            ]),
        ),
    ];
    told.extend(
        more.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    Ok(Some(Json::Object(told)))
}
