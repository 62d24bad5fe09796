//! Where facts came from: one Provenance for each message, in the same proposal.
//!
//! Invariant: it names the message, the digest of its bytes, and for each resource the field that each element came
//! from, so that the message, which is kept, can be read beside it.

use fhir::resource::Resource;
use record::proposal::Change;
use serde_json::{Value as Json, json};

use crate::feed::datatype;
use crate::feed::filing::{FileError, Part, resource};
use crate::feed::message::place::Place;
use crate::feed::sender::Sender;

/// The extension of a Provenance's target that says of one element from which field of the message it came: an extension
/// `element` with the element's name and an extension `field` with the field's place, for example `birthDate` and `PID-7`.
pub const SOURCE_FIELD: &str = "urn:palatine:extension:source-field";
/// The beginning of the policy that names the mapping by which a message was read, before its version.
pub const MAP_POLICY: &str = "urn:palatine:feed-map:";
/// The system of a message's digest, `sha256:` and hexadecimal digits.
pub const MESSAGE_DIGEST: &str = "urn:palatine:message-digest";
const EVENTS: &str = "http://terminology.hl7.org/CodeSystem/v2-0003";
const AGENTS: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

/// What a Provenance tells of its message.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Who sent it.
    pub sender: &'a Sender,
    /// MSH-10.
    pub control_id: &'a str,
    /// MSH-9, for example `ORU^R01`.
    pub kind: &'a str,
    /// SHA-256 of its bytes.
    pub digest: &'a [u8],
    /// When it arrived, RFC 3339.
    pub received_at: &'a str,
}

/// The change that adds the Provenance of these parts.
///
/// # Errors
/// `Unexpected` when no resource can be made of it.
pub fn provenance(parts: &[Part], told: Told<'_>) -> Result<Change, FileError> {
    let source = |(element, field): &(&str, Place)| {
        json!({"url": SOURCE_FIELD, "extension": [
            {"url": "element", "valueString": element},
            {"url": "field", "valueString": field.to_string()},
        ]})
    };
    let target = |part: &Part| {
        json!({
            "reference": part.reference,
            "extension": part.fields.iter().map(source).collect::<Vec<Json>>(),
        })
    };
    let event = told
        .kind
        .split_once('^')
        .map_or(told.kind, |(_, event)| event);
    let source = format!("{}|{}", told.sender.application, told.sender.facility);
    let digest = format!("sha256:{}", hex::encode(told.digest));
    let who = json!({
        "type": "Device",
        "identifier": {"system": told.sender.shared("feed"), "value": source},
        "display": source,
    });
    let body = json!({
        "target": parts.iter().map(target).collect::<Vec<Json>>(),
        "recorded": told.received_at,
        "policy": [format!("{MAP_POLICY}{}", told.sender.codes.version())],
        "activity": {"coding": [{"system": EVENTS, "code": event}], "text": told.kind},
        "agent": [{
            "type": {"coding": [{"system": AGENTS, "code": "assembler"}]},
            "who": who,
            "onBehalfOf": datatype::own_organisation(told.sender),
        }],
        "entity": [
            {"role": "source", "what": {"identifier": {"system": told.sender.own("message"), "value": told.control_id}}},
            {"role": "source", "what": {"identifier": {"system": MESSAGE_DIGEST, "value": digest}}},
        ],
    });
    let elements = body.as_object().cloned().unwrap_or_default();
    let resource: Resource = resource("Provenance", None, elements)?;
    Ok(Change::Create {
        resource,
        temporary: None,
        if_none_exist: None,
    })
}
