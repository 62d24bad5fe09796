//! A stay against the record: what an event makes of it.
//!
//! Invariant: where the patient was stays in the stay, with its times; a stay that has ended is opened again by the
//! cancellation of its end alone; a cancellation takes back what it cancels, and nothing else changes.

use record::proposal::Change;
use serde_json::{Map, Value as Json, json};

use crate::feed::filing::admission::{extended, united};
use crate::feed::filing::journal::in_order;
use crate::feed::filing::place::{
    corrected, discharged, entered, is, is_before, left, moved, places, planned_place, same,
    told_place, with_plan,
};
use crate::feed::filing::{
    Desk, FileError, Part, identified, profiled, reference, resource, update,
};
use crate::feed::stay::{Movement, PLANNED_END, Visit};
use crate::feed::told;
use crate::matching::Candidate;
use crate::plan::Draft;

/// States of a stay that only a message about just that may leave.
const ENDED: [&str; 3] = ["finished", "cancelled", "entered-in-error"];

impl Desk<'_> {
    pub(super) async fn visit(
        &self,
        visit: &Visit,
        patient: &str,
        patient_known: bool,
    ) -> Result<Part, FileError> {
        let number = (visit.number.system.clone(), visit.number.value.clone());
        let there = self.having("Encounter", vec![number.clone()]).await?;
        let mut draft = visit.draft.clone();
        draft.set("subject", reference(patient));
        match there.as_slice() {
            [] => {
                let temporary = self.temporary(&format!("visit{number:?}"));
                let elements = profiled("Encounter", begun(visit.at.as_deref(), &draft));
                let elements = told::settled(None, elements, &draft);
                Ok(Part {
                    change: Change::Create {
                        resource: resource("Encounter", None, in_order(None, elements, visit))?,
                        temporary: Some(temporary.clone()),
                        if_none_exist: Some(identified("Encounter", vec![number])?),
                    },
                    reference: temporary,
                    fields: draft.fields,
                })
            }
            [stay] if patient_known && subject(stay) == Some(patient) => {
                let at = visit.at.as_deref();
                let elements = continued(&stay.body, visit.movement, at, draft);
                let elements = told::settled(Some(&stay.body), elements, &visit.draft);
                let elements = in_order(Some(&stay.body), elements, visit);
                update(&stay.key, Some(stay), elements, &visit.draft)
            }
            _ => Err(FileError::VisitOfAnother),
        }
    }

    /// The stay that a message names, where the record has it.
    pub(super) async fn stay(
        &self,
        number: (String, String),
        patient: &str,
    ) -> Result<Option<String>, FileError> {
        match self.having("Encounter", vec![number]).await?.as_slice() {
            [] => Ok(None),
            [stay] if subject(stay) == Some(patient) => Ok(Some(stay.key.to_string())),
            _ => Err(FileError::VisitOfAnother),
        }
    }
}

fn subject(stay: &Candidate) -> Option<&str> {
    stay.body.get("subject")?.get("reference")?.as_str()
}

/// A stay of which this is the first that is heard.
pub(super) fn begun(at: Option<&str>, draft: &Draft) -> Map<String, Json> {
    let mut elements = draft.elements.clone();
    let since = elements
        .get("period")
        .and_then(|period| period["start"].as_str())
        .map(str::to_owned)
        .or(at.map(str::to_owned));
    let ended = elements
        .get("status")
        .is_some_and(|status| status == "finished");
    let until = ended.then(|| elements["period"]["end"].clone());
    if let Some(Json::Array(places)) = elements.get_mut("location") {
        for place in places {
            if place["status"] == "active" {
                entered(place, since.as_deref());
                if let Some(until) = &until {
                    left(place, until.as_str());
                }
            }
        }
    }
    elements
}

/// A stay with what an event makes of it.
pub(super) fn continued(
    there: &Map<String, Json>,
    movement: Movement,
    at: Option<&str>,
    mut draft: Draft,
) -> Map<String, Json> {
    match movement {
        Movement::Cancelled | Movement::EnteredInError => keep_only(&mut draft, &["status"]),
        Movement::OnLeave | Movement::BackFromLeave => keep_only(&mut draft, &["status"]),
        Movement::DischargeCancelled => return reopened(there, &draft),
        Movement::MoveCancelled => return moved_back(there, &draft),
        Movement::MovePlanned => {
            let next = planned_place(&draft);
            keep_only(&mut draft, &[]);
            if let Some(next) = next {
                draft.set("location", Json::Array(with_plan(there, Some(next))));
            }
        }
        Movement::MoveNotPlanned => {
            keep_only(&mut draft, &[]);
            draft.set("location", Json::Array(with_plan(there, None)));
        }
        Movement::DischargePlanned => keep_only(&mut draft, &["extension"]),
        Movement::DischargeNotPlanned => return without_planned_end(there),
        Movement::Moved => draft.set_places(moved(there, &draft, at)),
        Movement::Discharged => {
            let until = draft
                .elements
                .get("period")
                .and_then(|period| period["end"].as_str());
            let until = until.map(str::to_owned);
            draft.set_places(discharged(there, &draft, until.as_deref()));
        }
        Movement::Admitted
        | Movement::Expected
        | Movement::Reclassified
        | Movement::Updated
        | Movement::PersonOnly => draft.set_places(corrected(there, &draft, at)),
    }
    state(there, movement, &mut draft);
    class_history(there, &mut draft, at);
    for element in ["period", "hospitalization"] {
        let before = there.get(element).and_then(Json::as_object);
        if let (Some(before), Some(Json::Object(now))) = (before, draft.elements.get_mut(element)) {
            for (member, value) in before {
                now.entry(member.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(Json::Array(numbers)) = draft.elements.get_mut("identifier") {
        *numbers = united(there.get("identifier"), numbers.clone());
    }
    if let Some(Json::Array(told)) = draft.elements.get_mut("extension") {
        *told = extended(there.get("extension"), told);
    }
    draft.over(there.clone())
}

impl Draft {
    fn set_places(&mut self, places: Option<Vec<Json>>) {
        if let Some(places) = places {
            self.set("location", Json::Array(places));
        }
    }
}

fn keep_only(draft: &mut Draft, elements: &[&str]) {
    draft
        .elements
        .retain(|name, _| elements.contains(&name.as_str()));
    draft.cleared.clear();
}

/// What a message about something else may not change: a stay that has ended, or one that the patient is away from.
fn state(there: &Map<String, Json>, movement: Movement, draft: &mut Draft) {
    let before = there
        .get("status")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let now = draft
        .elements
        .get("status")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let stands = match before {
        // A new admission under the number of one that was cancelled takes place after all.
        "cancelled" => movement != Movement::Admitted && movement != Movement::EnteredInError,
        "finished" => !matches!(now, "finished" | "cancelled" | "entered-in-error"),
        "onleave" => matches!(movement, Movement::Updated | Movement::Moved),
        // What has begun is not expected any more.
        "in-progress" => movement == Movement::Expected,
        _ => ENDED.contains(&before),
    };
    if stands {
        draft.elements.shift_remove("status");
    }
}

/// A stay of another class now: the class before, with its time.
fn class_history(there: &Map<String, Json>, draft: &mut Draft, at: Option<&str>) {
    let (Some(before), Some(now), Some(at)) = (there.get("class"), draft.elements.get("class"), at)
    else {
        return;
    };
    if before["code"] == now["code"] {
        return;
    }
    let listed = there.get("classHistory").and_then(Json::as_array).cloned();
    let mut history = listed.unwrap_or_default();
    let since = history
        .last()
        .map(|last| last["period"]["end"].clone())
        .or(there.get("period").map(|period| period["start"].clone()))
        .filter(|since| since.as_str().is_some_and(|since| is_before(since, at)));
    let mut period = json!({"end": at});
    if let Some(since) = since {
        period["start"] = since;
    }
    history.push(json!({"class": before, "period": period}));
    draft.set("classHistory", Json::Array(history));
}

/// The patient was never moved: the place where they are is taken back, and the one before is theirs again.
fn moved_back(there: &Map<String, Json>, draft: &Draft) -> Map<String, Json> {
    let mut all = places(there);
    let told = told_place(draft, "active");
    // The cancellation names where the patient is after all; one that is there already was not moved.
    let stayed = |place: &Json| told.as_ref().is_some_and(|told| same(place, told));
    if all.iter().any(|place| is(place, "active") && stayed(place)) {
        return there.clone();
    }
    all.retain(|place| !is(place, "active"));
    match all.iter_mut().rev().find(|place| is(place, "completed")) {
        Some(before) => {
            before["status"] = Json::from("active");
            if let Some(period) = before["period"].as_object_mut() {
                period.shift_remove("end");
            }
        }
        None => all.extend(told),
    }
    let mut body = there.clone();
    body.insert("location".to_owned(), Json::Array(all));
    body
}

/// The stay has not ended: its end, how it ended and where to are taken back, and the patient is where they were last.
fn reopened(there: &Map<String, Json>, draft: &Draft) -> Map<String, Json> {
    let mut body = there.clone();
    if there
        .get("status")
        .is_some_and(|status| status != "finished")
    {
        return body;
    }
    body.extend(
        draft
            .elements
            .get("status")
            .map(|status| ("status".to_owned(), status.clone())),
    );
    let members = [
        ("period", &["end"][..]),
        ("hospitalization", &["dischargeDisposition", "destination"]),
    ];
    for (element, gone) in members {
        let Some(value) = body.get_mut(element).and_then(Json::as_object_mut) else {
            continue;
        };
        for member in gone {
            value.shift_remove(*member);
        }
        if value.is_empty() {
            body.shift_remove(element);
        }
    }
    if let Some(last) = body
        .get_mut("location")
        .and_then(Json::as_array_mut)
        .and_then(|all| all.iter_mut().rev().find(|place| is(place, "completed")))
    {
        last["status"] = Json::from("active");
        if let Some(period) = last["period"].as_object_mut() {
            period.shift_remove("end");
        }
    }
    body
}

fn without_planned_end(there: &Map<String, Json>) -> Map<String, Json> {
    let mut body = there.clone();
    if let Some(all) = body.get_mut("extension").and_then(Json::as_array_mut) {
        all.retain(|one| one["url"] != PLANNED_END);
        if all.is_empty() {
            body.shift_remove("extension");
        }
    }
    body
}
