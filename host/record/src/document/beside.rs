//! What is filed beside the entries of a document: who says so, and the document as it came.
//!
//! Invariant: the bytes that are kept are those that were sent, labelled at least as strictly as the document is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::{Known, Reading};
use crate::Record;
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::permission::CONFIDENTIALITY;

/// The system of a document's digest, `sha256:` and hexadecimal digits.
const DIGEST: &str = "urn:palatine:message-digest";
const AGENTS: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";

pub(super) fn provenance(
    record: &Record,
    caller: &Caller,
    known: &Known,
    targets: &[String],
    digest: &str,
) -> Value {
    let (system, value) = &known.identifier;
    let targets: Vec<Value> = targets
        .iter()
        .map(|url| json!({ "reference": url }))
        .collect();
    let agent = |code: &str| json!({ "coding": [{ "system": AGENTS, "code": code }] });
    json!({
        "resourceType": "Provenance",
        "target": targets,
        "recorded": rfc3339(record.now_ms()),
        "agent": [
            { "type": agent("author"), "who": { "reference": known.author } },
            { "type": agent("enterer"), "who": { "display": caller.account() } },
        ],
        "entity": [
            { "role": "source", "what": { "identifier": { "system": system, "value": value } } },
            { "role": "source", "what": { "identifier": { "system": DIGEST, "value": format!("sha256:{digest}") } } },
        ],
    })
}

impl Reading<'_> {
    /// The `DocumentReference` that lists a document among the person's and holds it as it came; none of a message.
    pub(super) fn as_it_came(&self, record: &Record, known: &Known, bytes: &[u8]) -> Option<Value> {
        let (_, head) = self.entries.first()?;
        if self.value["type"] != "document" {
            return None;
        }
        let mut patients = self.entries.iter();
        let (patient, _) = patients.find(|(_, it)| it["resourceType"] == "Patient")?;
        let (system, value) = &known.identifier;
        let custodian = self.by_url.get(known.author.as_str())?;
        let is_xml = bytes.trim_ascii_start().starts_with(b"<");
        let media_type = if is_xml {
            "application/fhir+xml"
        } else {
            "application/fhir+json"
        };
        let now = || Value::from(rfc3339(record.now_ms()));
        let sent = &self.value["timestamp"];
        let mut whole = json!({
            "resourceType": "DocumentReference",
            "meta": { "security": self.labels(head) },
            "masterIdentifier": { "system": system, "value": value },
            "status": "current",
            "docStatus": head["status"],
            "type": head["type"],
            "category": head["category"],
            "subject": { "reference": patient },
            "date": if sent.is_string() { sent.clone() } else { now() },
            "author": head["author"],
            "custodian": { "reference": known.author, "display": custodian["name"] },
            "description": head["title"],
            "content": [{ "attachment": {
                "contentType": media_type,
                "data": STANDARD.encode(bytes),
                "size": bytes.len(),
                "hash": STANDARD.encode(Sha1::digest(bytes)),
                "title": head["title"],
                "creation": head["date"],
            } }],
        });
        for place in ["/meta", "/custodian", "/content/0/attachment", ""] {
            if let Some(Value::Object(members)) = whole.pointer_mut(place) {
                members.retain(|_, it| !it.is_null() && *it != json!([]) && *it != json!({}));
            }
        }
        Some(whole)
    }

    /// The labels of the document and of all that it holds, each once, and how confidential its head says it is.
    fn labels(&self, head: &Value) -> Vec<Value> {
        let said = head["confidentiality"].as_str();
        let said = said.map(|code| json!({ "system": CONFIDENTIALITY, "code": code }));
        let held = self.entries.iter().map(|(_, it)| *it);
        let held = held.chain([self.value]);
        let held = held.filter_map(|it| it["meta"]["security"].as_array());
        let mut labels: Vec<Value> = Vec::new();
        for label in held.flatten().cloned().chain(said) {
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }
}
