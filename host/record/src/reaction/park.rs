//! An event that could not be reacted to, put aside as a `Task` for a person to look at.
//!
//! Invariant: the task and the place behind the event are one commit, so that no event is lost and none is parked twice.

use fhir::resource::Resource;
use serde_json::{Value, json};

use super::event::{Event, Poisoned, Reactor};
use super::place::Place;
use super::{Held, Stuck, cursor_name};
use crate::Record;
use crate::commit::CommitError;
use crate::enablement::CODES;
use crate::proposal::{Basis, Change, CursorMove, Proposal};
use crate::store::StoreError;

/// What marks a `Task` as an event put aside.
const CODE: &str = "reaction-parked";

impl Record {
    pub(super) async fn park_event(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        event: &Event<'_>,
        poisoned: &Poisoned,
    ) -> Result<(), Stuck> {
        let resource = Resource::from_value(task(
            reactor,
            event,
            poisoned,
            &crate::clock::rfc3339(self.now_ms()),
        ));
        let resource = resource.map_err(|error| CommitError::Store {
            source: StoreError::Corrupt {
                doing: "parking a reaction",
                what: error.to_string(),
            },
        })?;
        let to = Place::after_change(event.entry.t, event.index).as_cursor();
        let name = cursor_name(&reactor.enablement.site, &reactor.enablement.departmental);
        let cursor = Some(CursorMove {
            name,
            from: place.kept,
            to: Some(to),
            under: Some(reactor.lease.clone()),
        });
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: None,
        };
        let proposal = Proposal {
            changes: vec![change],
            basis: Basis::Direct,
            message: None,
            cursor,
        };
        self.commit_granted(&reactor.caller, proposal).await?;
        place.kept = Some(to);
        let (departmental, t) = (&reactor.enablement.departmental, event.entry.t);
        tracing::warn!(
            t = t.0,
            "a reaction of {departmental} to commit {t} was parked"
        );
        Ok(())
    }
}

fn task(reactor: &Reactor, event: &Event<'_>, poisoned: &Poisoned, now: &str) -> Value {
    let release = &reactor.release;
    let input =
        |name: &str, value: String| json!({ "type": { "text": name }, "valueString": value });
    let mut task = json!({
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": { "coding": [{ "system": CODES, "code": CODE }], "text": "A departmental could not react" },
        "description": format!("{} {} could not react to this change", release.manifest.name, release.version),
        "focus": { "reference": event.change.key.to_string() },
        "authoredOn": now,
        "lastModified": now,
        "statusReason": { "text": poisoned.why },
        "input": [
            input("departmental", release.id.to_string()),
            input("digest", release.digest.to_string()),
            input("site", reactor.enablement.site.to_string()),
            input("commit", event.entry.t.to_string()),
            input("version", event.change.version.to_string()),
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
