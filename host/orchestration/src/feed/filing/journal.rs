//! The events of a stay, which are told in one order and may arrive in another.
//!
//! Invariant: in what state a stay is, of which class it is and was, when it was and where the patient was at what times
//! is what its events make of it in the order in which they were told, whichever arrived first. What somebody else
//! wrote of it since is where the events after that go on from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::stay::{begun, continued};
use crate::feed::stay::{Movement, Visit};
use crate::feed::told::Told;
use crate::limits::STAY_EVENTS_MAX;
use crate::plan::Draft;

/// The extension in a stay's `meta` that keeps its events.
const EVENTS: &str = "urn:palatine:extension:stay-events";
/// What the events of a stay make one after the other.
const MADE: [&str; 5] = ["status", "class", "classHistory", "period", "location"];

/// What an event tells of the elements that its order decides.
#[derive(Serialize, Deserialize)]
struct Event {
    movement: Movement,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    elements: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<String>,
}

/// Where the events that are kept go on from.
#[derive(Serialize, Deserialize)]
struct Base {
    /// Nothing told before this changes it.
    until: Told,
    stay: Map<String, Json>,
}

#[derive(Default, Serialize, Deserialize)]
struct Journal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Base>,
    events: BTreeMap<Told, Event>,
}

/// A stay with what a message tells, as though all its events had arrived in the order in which they were told.
pub(super) fn in_order(
    before: Option<&Map<String, Json>>,
    mut after: Map<String, Json>,
    visit: &Visit,
) -> Map<String, Json> {
    if !visit.draft.told.is_known() {
        return after;
    }
    let mut journal = before.map_or_else(Journal::default, Journal::of);
    journal.add(visit);
    let mut made = journal.stay();
    for name in MADE {
        match made.shift_remove(name) {
            Some(value) => after.insert(name.to_owned(), value),
            None => after.shift_remove(name),
        };
    }
    journal.write(&mut after);
    after
}

impl Journal {
    /// The events of a stay as the record has it.
    fn of(there: &Map<String, Json>) -> Self {
        let kept: Option<Self> = extensions(there)
            .find(|it| it["url"] == EVENTS)
            .and_then(|it| serde_json::from_str(it["valueString"].as_str()?).ok());
        let stands = made(there);
        match kept {
            Some(journal) if journal.stay() == stands => journal,
            kept => Self {
                base: Some(Base {
                    until: kept.map(|it| it.last()).unwrap_or_default(),
                    stay: stands,
                }),
                events: BTreeMap::new(),
            },
        }
    }

    fn last(&self) -> Told {
        let base = self.base.as_ref().map(|base| &base.until);
        let last = self.events.keys().next_back().or(base);
        last.cloned().unwrap_or_default()
    }

    fn add(&mut self, visit: &Visit) {
        let draft = &visit.draft;
        if self
            .base
            .as_ref()
            .is_some_and(|base| draft.told < base.until)
        {
            return;
        }
        let event = Event {
            movement: visit.movement,
            at: visit.at.clone(),
            elements: made(&draft.elements),
            cleared: draft.cleared.iter().map(|&name| name.to_owned()).collect(),
        };
        self.events.insert(draft.told.clone(), event);
        while self.events.len() > STAY_EVENTS_MAX {
            let Some((until, oldest)) = self.events.pop_first() else {
                return;
            };
            let stay = self.base.take().map(|base| base.stay);
            self.base = Some(Base {
                until,
                stay: oldest.over(stay),
            });
        }
    }

    /// What the events make of the stay.
    fn stay(&self) -> Map<String, Json> {
        let base = self.base.as_ref().map(|base| base.stay.clone());
        let stay = self
            .events
            .values()
            .fold(base, |stay, event| Some(event.over(stay)));
        stay.unwrap_or_default()
    }

    fn write(&self, stay: &mut Map<String, Json>) {
        // Writing what was made of strings, maps and lists cannot fail.
        let text = serde_json::to_string(self).unwrap_or_default();
        let mut kept: Vec<Json> = extensions(stay)
            .filter(|it| it["url"] != EVENTS)
            .cloned()
            .collect();
        kept.push(json!({ "url": EVENTS, "valueString": text }));
        let meta = stay.entry("meta").or_insert_with(|| json!({}));
        meta["extension"] = Json::Array(kept);
    }
}

impl Event {
    fn over(&self, stay: Option<Map<String, Json>>) -> Map<String, Json> {
        let is_cleared = |name: &&str| self.cleared.iter().any(|cleared| cleared == name);
        let draft = Draft {
            elements: self.elements.clone(),
            cleared: MADE.into_iter().filter(is_cleared).collect(),
            ..Draft::default()
        };
        let at = self.at.as_deref();
        let after = match stay {
            None => begun(at, &draft),
            Some(stay) => continued(&stay, self.movement, at, draft),
        };
        made(&after)
    }
}

fn made(stay: &Map<String, Json>) -> Map<String, Json> {
    let all = stay
        .iter()
        .filter(|(name, _)| MADE.contains(&name.as_str()));
    all.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn extensions(stay: &Map<String, Json>) -> impl Iterator<Item = &Json> {
    let listed = stay
        .get("meta")
        .and_then(|meta| meta.get("extension")?.as_array());
    listed.into_iter().flatten()
}
