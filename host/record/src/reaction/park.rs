//! An event that could not be reacted to, put aside as a `Task` for a person to look at.
//!
//! Invariant: the task and the place behind the event are one commit, so that no event is lost and none is parked twice.

use fhir::resource::Resource;
use serde_json::{Value, json};

use super::attempt::Poisoned;
use super::event::{Event, Reactor};
use crate::Record;
use crate::caller::SiteCode;
use crate::commit::CommitError;
use crate::departmental::Release;
use crate::enablement::CODES;
use crate::proposal::{Change, Proposal};
use crate::store::StoreError;

/// What marks a `Task` as an event put aside.
pub(super) const CODE: &str = "reaction-parked";

/// What puts an event aside.
pub(super) fn parking(
    record: &Record,
    reactor: &Reactor,
    event: &Event<'_>,
    poisoned: &Poisoned,
) -> Result<Proposal, CommitError> {
    let now = crate::clock::rfc3339(record.now_ms());
    let mut task = task(reactor, event, &now);
    filled(&mut task, &reactor.release, poisoned, &now);
    let resource = Resource::from_value(task).map_err(|error| StoreError::Corrupt {
        doing: "parking a reaction",
        what: error.to_string(),
    })?;
    Ok(Proposal::direct(vec![Change::Create {
        resource,
        temporary: None,
        if_none_exist: None,
    }]))
}

/// By what the tasks of a site are found.
pub(super) fn group(site: &SiteCode) -> String {
    format!("parked-{site}")
}

/// Whether a resource is such a task: it is nobody's event, whatever becomes of it.
pub(super) fn is_parked(resource: &Value) -> bool {
    let text = |at: &str| resource.pointer(at).and_then(Value::as_str);
    text("/code/coding/0/system") == Some(CODES) && text("/code/coding/0/code") == Some(CODE)
}

/// A text that a task holds under a name.
pub(super) fn input<'a>(task: &'a Value, name: &str) -> Option<&'a str> {
    let mut inputs = task.get("input")?.as_array()?.iter();
    let named = |it: &&Value| it.pointer("/type/text").and_then(Value::as_str) == Some(name);
    inputs.find(named)?.get("valueString")?.as_str()
}

/// Writes into a task which release failed at last, how often it was asked, and why it goes no further.
pub(super) fn filled(task: &mut Value, release: &Release, poisoned: &Poisoned, now: &str) {
    let said = format!(
        "{} {} could not react to this change",
        release.manifest.name, release.version
    );
    task["description"] = json!(said);
    task["lastModified"] = json!(now);
    task["statusReason"] = json!({ "text": poisoned.why });
    let last = [
        ("digest", Some(release.digest.to_string())),
        ("tries", Some(poisoned.tries.to_string())),
        ("call", poisoned.call.clone()),
    ];
    if let Some(inputs) = task["input"].as_array_mut() {
        inputs.retain(|it| !last.iter().any(|(name, _)| it["type"]["text"] == *name));
        let told = last
            .into_iter()
            .filter_map(|(name, value)| Some(told(name, &value?)));
        inputs.extend(told);
    }
}

fn told(name: &str, value: &str) -> Value {
    json!({ "type": { "text": name }, "valueString": value })
}

fn task(reactor: &Reactor, event: &Event<'_>, now: &str) -> Value {
    let site = &reactor.enablement.site;
    let mut task = json!({
        "resourceType": "Task",
        "groupIdentifier": { "system": CODES, "value": group(site) },
        "status": "requested",
        "intent": "order",
        "code": { "coding": [{ "system": CODES, "code": CODE }], "text": "A departmental could not react" },
        "focus": { "reference": event.change.key.to_string() },
        "authoredOn": now,
        "input": [
            told("departmental", reactor.release.id.as_str()),
            told("site", site.as_str()),
            told("commit", &event.entry.t.to_string()),
            told("version", &event.change.version.to_string()),
        ],
    });
    if let (Some(patient), Some(members)) = (&event.patient, task.as_object_mut()) {
        members.insert(
            "for".to_owned(),
            json!({ "reference": format!("Patient/{patient}") }),
        );
    }
    task
}
