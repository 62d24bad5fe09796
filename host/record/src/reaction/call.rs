//! The call that a reaction makes: its event as a document, and how many reactions led to it.
//!
//! Invariant: a call's id carries its depth, so that reactions to reactions end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{Event, Reactor};
use crate::Record;
use crate::caller::Role;
use crate::commit::What;
use crate::departmental::Call;
use crate::departmental::manifest::WriteAction;
use crate::limits::REACTION_DEPTH_MAX;
use crate::log::{CommitEntry, T};

impl Record {
    pub(super) fn reaction_call(&self, reactor: &Reactor, event: &Event<'_>, t: T) -> Call {
        Call {
            release: Arc::clone(&reactor.release),
            site: reactor.enablement.site.clone(),
            patient: event.patient.clone(),
            encounter: None,
            role: Role::Reaction,
            now: crate::clock::rfc3339(self.now_ms()),
            t,
            settings: reactor.enablement.settings.clone(),
            id: call_id(depth(event.entry) + 1, self.new_id().as_str()),
        }
    }
}

/// `event/1`.
pub(super) fn document(event: &Event<'_>) -> Value {
    let resource = event.resource.value();
    let action = action(event.change.what).map_or("update", WriteAction::as_str);
    json!({ "event": 1, "t": event.entry.t.0, "action": action, "resource": resource })
}

pub(super) fn action(what: What) -> Option<WriteAction> {
    match what {
        What::Created => Some(WriteAction::Create),
        What::Updated => Some(WriteAction::Update),
        What::Deleted | What::Existing | What::Absent => None,
    }
}

/// A reaction's call says how many reactions led to it.
fn call_id(depth: u32, id: &str) -> String {
    format!("reaction-{depth}-{id}")
}

/// How many reactions led to a commit: none, for a person's or a feed's.
pub(super) fn depth(entry: &CommitEntry) -> u32 {
    let Some(by) = &entry.departmental else {
        return 0;
    };
    let Some(rest) = by.call.strip_prefix("reaction-") else {
        return 0;
    };
    rest.split_once('-')
        .and_then(|(depth, _)| depth.parse().ok())
        .unwrap_or(REACTION_DEPTH_MAX)
}
