//! The topics that somebody can subscribe to: what each means, what triggers it and what it can be narrowed by.
//!
//! Invariant: a topic is a pure function of a resource before and after one change, so an event can be told again.

use fhir::resource::ResourceType;
use serde_json::Value;

use crate::commit::What;

/// What a topic looks at: the resource as a change left it, and as it stood before.
pub(crate) struct Changed<'a> {
    /// As the change left it; of a deletion, as it stood before.
    pub(crate) is: &'a Value,
    /// As it stood before; `None`: it was not there.
    pub(crate) was: Option<&'a Value>,
    /// What happened to it.
    pub(crate) what: What,
}

/// A topic: R5's SubscriptionTopic, as far as R4 can say it.
pub struct Topic {
    /// The canonical URL by which a subscription names it.
    pub url: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// When an event happens.
    pub description: &'static str,
    /// The type of its focus.
    pub resource_type: ResourceType,
    /// Search parameters of that type by which a subscription may narrow it.
    pub filters: &'static [&'static str],
    /// Whether the resource before the change has to be known.
    pub(crate) looks_back: bool,
    /// Whether a change is an event.
    pub(crate) happens: fn(&Changed<'_>) -> bool,
}

/// Every topic, by its URL.
pub const TOPICS: [Topic; 8] = [
    Topic {
        url: "urn:palatine:topic:appointment-changed",
        title: "Appointment booked or changed",
        description: "An appointment was made, or one that was made has changed, for example its time or its status.",
        resource_type: ResourceType::APPOINTMENT,
        filters: &[
            "_id",
            "actor",
            "date",
            "location",
            "patient",
            "practitioner",
            "service-type",
            "specialty",
            "status",
        ],
        looks_back: false,
        happens: |it| it.what != What::Deleted,
    },
    Topic {
        url: "urn:palatine:topic:document-available",
        title: "Document available",
        description: "A document is current that was not before, or a current one was replaced.",
        resource_type: ResourceType::DOCUMENT_REFERENCE,
        filters: &[
            "_id",
            "author",
            "category",
            "custodian",
            "encounter",
            "patient",
            "subject",
            "type",
        ],
        looks_back: false,
        happens: |it| it.what != What::Deleted && word(it.is, "status") == Some("current"),
    },
    Topic {
        url: "urn:palatine:topic:encounter-admitted",
        title: "Admitted",
        description: "An encounter is in progress that was not before.",
        resource_type: ResourceType::ENCOUNTER,
        filters: ENCOUNTER_FILTERS,
        looks_back: true,
        happens: |it| becomes(it, "in-progress"),
    },
    Topic {
        url: "urn:palatine:topic:encounter-discharged",
        title: "Discharged",
        description: "An encounter is finished that was not before.",
        resource_type: ResourceType::ENCOUNTER,
        filters: ENCOUNTER_FILTERS,
        looks_back: true,
        happens: |it| becomes(it, "finished"),
    },
    Topic {
        url: "urn:palatine:topic:encounter-transferred",
        title: "Transferred",
        description: "An encounter that was in progress still is, at other places than before.",
        resource_type: ResourceType::ENCOUNTER,
        filters: ENCOUNTER_FILTERS,
        looks_back: true,
        happens: transferred,
    },
    Topic {
        url: "urn:palatine:topic:identity-merged",
        title: "Identity merged",
        description: "A patient's record says that another one replaces it, which it did not say before.",
        resource_type: ResourceType::PATIENT,
        filters: &["_id", "identifier", "organization"],
        looks_back: true,
        happens: |it| {
            it.what != What::Deleted && is_replaced(it.is) && !it.was.is_some_and(is_replaced)
        },
    },
    Topic {
        url: "urn:palatine:topic:patient-changed",
        title: "Patient changed",
        description: "Who a patient is was written: for the first time, anew, or for the last time.",
        resource_type: ResourceType::PATIENT,
        filters: &[
            "_id",
            "active",
            "gender",
            "general-practitioner",
            "identifier",
            "organization",
        ],
        looks_back: false,
        happens: |_| true,
    },
    Topic {
        url: "urn:palatine:topic:result-available",
        title: "Result available",
        description: "A report is final, or a final one was amended, corrected or appended.",
        resource_type: ResourceType::DIAGNOSTIC_REPORT,
        filters: &[
            "_id",
            "category",
            "code",
            "encounter",
            "patient",
            "performer",
            "status",
            "subject",
        ],
        looks_back: false,
        happens: |it| {
            let status = word(it.is, "status").unwrap_or_default();
            it.what != What::Deleted && ISSUED.contains(&status)
        },
    },
];

const ENCOUNTER_FILTERS: &[&str] = &[
    "_id",
    "class",
    "identifier",
    "location",
    "participant",
    "patient",
    "service-provider",
    "status",
    "subject",
    "type",
];

/// States of a report that somebody may act on.
const ISSUED: [&str; 4] = ["amended", "appended", "corrected", "final"];

/// The topic of a canonical URL; a version behind `|` is not looked at.
pub fn find(url: &str) -> Option<&'static Topic> {
    let url = url.split_once('|').map_or(url, |(url, _)| url);
    TOPICS.iter().find(|topic| topic.url == url)
}

fn word<'v>(of: &'v Value, member: &str) -> Option<&'v str> {
    of.get(member)?.as_str()
}

fn becomes(it: &Changed<'_>, status: &str) -> bool {
    let was = it.was.and_then(|was| word(was, "status"));
    it.what != What::Deleted && word(it.is, "status") == Some(status) && was != Some(status)
}

fn transferred(it: &Changed<'_>) -> bool {
    let Some(was) = it.was else { return false };
    let in_progress = |of: &Value| word(of, "status") == Some("in-progress");
    it.what != What::Deleted
        && in_progress(it.is)
        && in_progress(was)
        && places(it.is) != places(was)
}

/// Where an encounter is, without the places that it has left.
fn places(encounter: &Value) -> Vec<&str> {
    let listed = encounter.get("location").and_then(Value::as_array);
    let here = listed.into_iter().flatten().filter(|it| {
        let has_left = it.pointer("/period/end").is_some();
        word(it, "status") != Some("completed") && !has_left
    });
    let by = [
        "/location/reference",
        "/location/identifier/value",
        "/location/display",
    ];
    let named = |it| by.iter().find_map(|at| Value::pointer(it, at)?.as_str());
    let mut places: Vec<&str> = here.filter_map(named).collect();
    places.sort_unstable();
    places
}

fn is_replaced(patient: &Value) -> bool {
    let links = patient.get("link").and_then(Value::as_array);
    let mut links = links.into_iter().flatten();
    links.any(|link| word(link, "type") == Some("replaced-by"))
}

#[cfg(test)]
mod tests;
