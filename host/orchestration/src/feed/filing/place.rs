//! Where a patient was, is and will be during a stay.
//!
//! Invariant: a place that was left stays, with its times; nobody is in two places; a period never ends before it begins.

use serde_json::{Map, Value as Json};

use crate::limits::PLACES_MAX;
use crate::plan::Draft;

pub(super) fn places(there: &Map<String, Json>) -> Vec<Json> {
    there
        .get("location")
        .and_then(Json::as_array)
        .cloned()
        .unwrap_or_default()
}

pub(super) fn is(place: &Json, status: &str) -> bool {
    place["status"] == status
}

pub(super) fn same(one: &Json, other: &Json) -> bool {
    one["location"]["identifier"] == other["location"]["identifier"]
        && one["location"]["display"] == other["location"]["display"]
}

pub(super) fn told_place(draft: &Draft, status: &str) -> Option<Json> {
    let told = draft.elements.get("location")?.as_array()?;
    told.iter().find(|place| is(place, status)).cloned()
}

pub(super) fn planned_place(draft: &Draft) -> Option<Json> {
    told_place(draft, "planned")
}

pub(super) fn entered(place: &mut Json, at: Option<&str>) {
    if let (Some(at), true) = (at, place["period"]["start"].is_null()) {
        place["period"]["start"] = Json::from(at);
    }
}

pub(super) fn left(place: &mut Json, at: Option<&str>) {
    place["status"] = Json::from("completed");
    let since = place["period"]["start"].as_str().map(str::to_owned);
    // An end before the beginning would be no period: the clock of one of the two messages is wrong.
    if let Some(at) = at.filter(|at| since.is_none_or(|since| !is_before(at, &since))) {
        place["period"]["end"] = Json::from(at);
    }
}

pub(super) fn is_before(one: &str, other: &str) -> bool {
    match (
        one.parse::<jiff::Timestamp>(),
        other.parse::<jiff::Timestamp>(),
    ) {
        (Ok(one), Ok(other)) => one < other,
        _ => one < other,
    }
}

/// The oldest places give way where there are too many: they are in the stay's history.
pub(super) fn bounded(mut places: Vec<Json>) -> Vec<Json> {
    let surplus = places.len().saturating_sub(PLACES_MAX);
    places.drain(..surplus);
    places
}

/// The patient is in the told place from now on; a plan to go there is carried out.
pub(super) fn moved(
    there: &Map<String, Json>,
    draft: &Draft,
    at: Option<&str>,
) -> Option<Vec<Json>> {
    let mut next = told_place(draft, "active")?;
    let mut all = places(there);
    if all
        .iter()
        .any(|place| is(place, "active") && same(place, &next))
    {
        return Some(all);
    }
    all.retain(|place| !(is(place, "planned") && same(place, &next)));
    for place in all.iter_mut().filter(|place| is(place, "active")) {
        left(place, at);
    }
    entered(&mut next, at);
    all.push(next);
    Some(bounded(all))
}

/// The told place is where the patient is, and has been since they came: a correction, not a movement.
pub(super) fn corrected(
    there: &Map<String, Json>,
    draft: &Draft,
    at: Option<&str>,
) -> Option<Vec<Json>> {
    let mut told = told_place(draft, "active").or(told_place(draft, "planned"))?;
    let mut all = places(there);
    if let Some(here) = all
        .iter_mut()
        .find(|place| place["status"] == told["status"])
    {
        here["location"] = told["location"].clone();
        return Some(all);
    }
    // A stay that has ended has nobody in a place.
    if !all.iter().any(|place| is(place, "completed")) {
        if is(&told, "active") {
            all.retain(|place| !is(place, "planned"));
            entered(&mut told, at);
        }
        all.push(told);
    }
    Some(all)
}

pub(super) fn discharged(
    there: &Map<String, Json>,
    draft: &Draft,
    at: Option<&str>,
) -> Option<Vec<Json>> {
    let mut all = places(there);
    if all.is_empty() {
        all.extend(told_place(draft, "active"));
    }
    all.retain(|place| !is(place, "planned"));
    for place in all.iter_mut().filter(|place| is(place, "active")) {
        left(place, at);
    }
    (!all.is_empty()).then_some(all)
}

pub(super) fn with_plan(there: &Map<String, Json>, next: Option<Json>) -> Vec<Json> {
    let mut all = places(there);
    all.retain(|place| !is(place, "planned"));
    all.extend(next);
    all
}
