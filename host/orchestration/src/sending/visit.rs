//! A stay or attendance as HL7 v2 writes it (PV1), and which event a change of it is.
//!
//! Invariant: an event is told from the two versions between which it lies, so that the same change is always the same
//! event. Source: HL7 Version 2 to FHIR, segment map PV1[Encounter], read from right to left.

use serde_json::Value as Json;

use super::coded::{concept, identifiers, items, moment_at, plain, professional, text};
use super::segment::{Component, Field, Segment};

/// PV1 of a message about nobody's stay.
pub(super) fn no_visit() -> Segment {
    let mut pv1 = Segment::new("PV1");
    pv1.text(1, Some("1"));
    pv1.text(2, Some("N"));
    pv1
}

/// PV1, with where the patient was before.
pub(super) fn pv1(encounter: &Json, before: Option<&Json>) -> Segment {
    let mut pv1 = Segment::new("PV1");
    pv1.text(1, Some("1"));
    pv1.text(2, Some(class(encounter)));
    pv1.put(3, place(encounter));
    if let Some(kind) = encounter.pointer("/type/0") {
        pv1.put(4, Field(vec![concept(kind)]));
    }
    if let Some(before) = before {
        let was = place(before);
        if was != place(encounter) {
            pv1.put(6, was);
        }
    }
    for (number, role) in [(7, "ATND"), (8, "REF"), (9, "CON"), (17, "ADM")] {
        let has = |it: &&Json| {
            let mut kinds = items(it, "type").flat_map(|kind| items(kind, "coding"));
            kinds.any(|coding| text(coding, "/code") == Some(role))
        };
        let found = items(encounter, "participant").filter(has);
        let found = found.filter_map(|it| professional(it.get("individual")?));
        pv1.put(number, Field::repeated(found));
    }
    for (number, at) in [
        (10, "/serviceType"),
        (14, "/hospitalization/admitSource"),
        (36, "/hospitalization/dischargeDisposition"),
    ] {
        if let Some(coded) = encounter.pointer(at) {
            pv1.put(number, Field(vec![concept(coded)]));
        }
    }
    let numbers = identifiers(encounter, "VN");
    pv1.put(19, Field(numbers.0.into_iter().take(1).collect()));
    pv1.text(44, moment_at(encounter, "/period/start"));
    pv1.text(45, moment_at(encounter, "/period/end"));
    pv1
}

/// When what happened to a stay happened, for EVN-6.
pub(super) fn happened(event: &str, encounter: &Json) -> Option<String> {
    match event {
        "A01" | "A04" | "A05" => moment_at(encounter, "/period/start"),
        "A03" => moment_at(encounter, "/period/end"),
        _ => None,
    }
}

fn class(encounter: &Json) -> &'static str {
    match text(encounter, "/class/code") {
        Some("EMER") => "E",
        Some("IMP" | "ACUTE" | "NONAC") => "I",
        Some("PRENC") => "P",
        Some("SS") => "D",
        Some("VR") => "V",
        Some(_) => "O",
        None => "U",
    }
}

/// Whether the patient stays in.
fn stays(encounter: &Json) -> bool {
    matches!(class(encounter), "I" | "D")
}

/// Where the patient is (PL): ward, room, bed and building of the number that a message gave, else the words.
fn place(encounter: &Json) -> Field {
    let all: Vec<&Json> = items(encounter, "location").collect();
    let active = all.iter().find(|it| text(it, "/status") == Some("active"));
    let Some(at) = active.or(all.last()).and_then(|it| it.get("location")) else {
        return Field::default();
    };
    let mut parts: Vec<Component> = match text(at, "/identifier/value") {
        Some(number) => number.splitn(4, '/').map(plain).collect(),
        None => Vec::new(),
    };
    parts.resize(8, plain(""));
    parts.push(plain(text(at, "/display").unwrap_or_default()));
    Field(vec![parts])
}

/// Which event the change of a stay is, from its version before.
pub(super) fn event(before: Option<&Json>, now: &Json) -> &'static str {
    let status = |it: &Json| text(it, "/status").unwrap_or_default().to_owned();
    let Some(before) = before else {
        return match status(now).as_str() {
            "planned" => "A05",
            "finished" => "A03",
            _ if stays(now) => "A01",
            _ => "A04",
        };
    };
    match (status(before).as_str(), status(now).as_str()) {
        (was, "cancelled" | "entered-in-error")
            if !matches!(was, "cancelled" | "entered-in-error") =>
        {
            "A11"
        }
        (was, "finished") if was != "finished" => "A03",
        ("finished", "in-progress" | "arrived" | "onleave") => "A13",
        ("planned", "in-progress" | "arrived" | "triaged") if stays(now) => "A01",
        ("planned", "in-progress" | "arrived" | "triaged") => "A04",
        _ if !stays(before) && stays(now) => "A06",
        _ if stays(before) && class(now) == "O" => "A07",
        _ if went_back(before, now) => "A12",
        _ if place(before) != place(now) && !place(now).is_empty() => "A02",
        _ => "A08",
    }
}

/// Whether the last place was taken back: the patient is where they were before it, and it is not in the list any more.
fn went_back(before: &Json, now: &Json) -> bool {
    let places = |it: &Json| -> Vec<Json> {
        let all = items(it, "location");
        all.filter_map(|place| place.get("location").cloned())
            .collect()
    };
    let (before, now) = (places(before), places(now));
    now.len() < before.len() && !now.is_empty() && before.starts_with(&now)
}

#[cfg(test)]
mod tests;
