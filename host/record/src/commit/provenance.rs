//! The provenance that the record adds to what a departmental proposed.
//!
//! Invariant: it names the exact bytes that proposed the change, and whoever caused the call.

use fhir::resource::Resource;
use serde_json::{Value, json};

use crate::caller::{Caller, SiteCode};
use crate::clock::rfc3339;
use crate::proposal::{Basis, Proposal};

/// The system of departmentals' names.
const DEPARTMENTAL: &str = "urn:palatine:departmental";
/// The system of accounts' names.
pub(crate) const ACCOUNT: &str = "urn:palatine:account";
/// The system of calls.
const CALL: &str = "urn:palatine:call";
/// The system of kept messages: MSH-3, MSH-4 and MSH-10, joined by `|`.
pub(crate) const MESSAGE: &str = "urn:palatine:message";
/// The system of sites.
pub(super) const ODS: &str = SiteCode::SYSTEM;

/// The provenance of these targets; `None` when no departmental proposed them, or there are none.
pub(super) fn of(
    caller: &Caller,
    proposal: &Proposal,
    targets: &[String],
    now_ms: i64,
) -> Option<Resource> {
    let Basis::Departmental {
        id,
        version,
        digest,
        site,
        call,
    } = &proposal.basis
    else {
        return None;
    };
    if targets.is_empty() {
        return None;
    }
    let targets: Vec<Value> = targets
        .iter()
        .map(|target| json!({ "reference": target }))
        .collect();
    let mut sources = vec![
        source(
            json!({ "system": "urn:ietf:rfc:6920", "value": digest }),
            "module",
        ),
        source(json!({ "system": CALL, "value": call }), "call"),
    ];
    if let Some(message) = &proposal.message {
        let value = format!("{}|{}", message.source, message.control_id);
        sources.push(source(
            json!({ "system": MESSAGE, "value": value }),
            "message",
        ));
    }
    let value = json!({
        "resourceType": "Provenance",
        "target": targets,
        "recorded": rfc3339(now_ms),
        "activity": { "text": "proposed by a departmental, committed by the record" },
        "agent": [{
            "type": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                "code": "assembler"
            }] },
            "who": { "identifier": { "system": DEPARTMENTAL, "value": format!("{id}|{version}") }, "display": id },
            "onBehalfOf": {
                "identifier": { "system": ACCOUNT, "value": caller.account() },
                "display": caller.name()
            }
        }, {
            "type": { "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                "code": "custodian"
            }] },
            "who": { "identifier": { "system": ODS, "value": site } }
        }],
        "entity": sources
    });
    Resource::from_value(value).ok()
}

fn source(identifier: Value, display: &str) -> Value {
    json!({ "role": "source", "what": { "identifier": identifier, "display": display } })
}
