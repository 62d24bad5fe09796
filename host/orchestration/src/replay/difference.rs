//! What a filing made, and what the same message would make, element by element.
//!
//! Invariant: what the record itself adds (ids, versions, times) is no difference; what is referred to by a temporary name
//! is the resource that was made for it.

use std::collections::BTreeMap;
use std::fmt;

use fhir::resource::{Key, Resource};
use record::caller::Caller;
use record::log::{At, ChangeEntry, T};
use record::proposal;
use record::search::Page;
use record::{ReadError, Record};
use serde_json::{Map, Value as Json};

use crate::feed::filing::Part;

/// An element that would be another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The element, for example `Encounter.location`, or a whole resource, for example `Encounter`.
    pub element: String,
    /// How it differs.
    pub change: Change,
    /// What was filed.
    pub then: Option<Json>,
    /// What would be.
    pub now: Option<Json>,
}

/// How an element differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there now and was not.
    Added,
    /// It was there and is not now.
    Removed,
    /// It is another.
    Changed,
}

impl fmt::Display for Change {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        })
    }
}

/// Where what would be made differs from what commit `t` made.
pub(super) async fn differences(
    record: &Record,
    caller: &Caller,
    t: T,
    made: &[ChangeEntry],
    parts: &[Part],
) -> Result<Vec<Difference>, ReadError> {
    let mut found = Vec::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut pairs = Vec::new();
    for part in parts {
        let (resource, then) = filed(record, caller, t, part).await?;
        let Some(resource) = resource else {
            continue;
        };
        if let Some((key, _)) = &then {
            names.insert(part.reference.clone(), key.to_string());
        }
        pairs.push((resource, then));
    }
    for (resource, then) in &pairs {
        let what = resource.resource_type();
        let now = named(resource.value().clone(), &names);
        match then {
            Some((_, then)) => compared(what.as_str(), then, &now, &mut found),
            None => found.push(Difference {
                element: what.to_string(),
                change: Change::Added,
                then: None,
                now: Some(Json::Object(now)),
            }),
        }
    }
    for change in made {
        let again = pairs
            .iter()
            .any(|(_, then)| then.as_ref().is_some_and(|(key, _)| *key == change.key));
        let is_evidence = change.key.resource_type.as_str() == "Provenance";
        if !again && !is_evidence {
            found.push(Difference {
                element: change.key.resource_type.to_string(),
                change: Change::Removed,
                then: Some(Json::String(change.key.to_string())),
                now: None,
            });
        }
    }
    Ok(found)
}

type Filed = Option<(Key, Map<String, Json>)>;

/// What would be made, and what stood there after the filing.
async fn filed<'p>(
    record: &Record,
    caller: &Caller,
    t: T,
    part: &'p Part,
) -> Result<(Option<&'p Resource>, Filed), ReadError> {
    let at = At::Commit(t);
    match &part.change {
        proposal::Change::Create {
            resource,
            if_none_exist: Some(query),
            ..
        } => {
            let found = record.search(caller, query, &Page::First(at)).await?;
            let then = found
                .matches
                .into_iter()
                .next()
                .and_then(|stored| Some((stored.key, parsed(stored.body.as_deref()?)?)));
            Ok((Some(resource), then))
        }
        proposal::Change::Update { key, resource, .. } => {
            let then = match record.read(caller, key, &at).await {
                Ok(stored) => stored.body.as_deref().and_then(parsed),
                Err(ReadError::NotFound { .. } | ReadError::Gone { .. }) => None,
                Err(error) => return Err(error),
            };
            Ok((Some(resource), then.map(|body| (key.clone(), body))))
        }
        // A mapping makes no others.
        proposal::Change::Create { .. }
        | proposal::Change::UpdateMatch { .. }
        | proposal::Change::Patch { .. }
        | proposal::Change::Delete { .. }
        | proposal::Change::DeleteMatches { .. } => Ok((None, None)),
    }
}

fn parsed(body: &str) -> Option<Map<String, Json>> {
    serde_json::from_str(body).ok()
}

/// A resource whose references name what was made.
fn named(resource: Json, names: &BTreeMap<String, String>) -> Map<String, Json> {
    let mut resource = resource;
    renamed(&mut resource, names);
    match resource {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Map::new()
        }
    }
}

fn renamed(value: &mut Json, names: &BTreeMap<String, String>) {
    match value {
        Json::Object(map) => map.values_mut().for_each(|value| renamed(value, names)),
        Json::Array(items) => items.iter_mut().for_each(|value| renamed(value, names)),
        Json::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn compared(
    what: &str,
    then: &Map<String, Json>,
    now: &Map<String, Json>,
    found: &mut Vec<Difference>,
) {
    let strip = |map: &Map<String, Json>| {
        let mut map = map.clone();
        for own in ["id", "resourceType", "text"] {
            map.shift_remove(own);
        }
        if let Some(meta) = map.get_mut("meta").and_then(Json::as_object_mut) {
            meta.retain(|member, _| matches!(member.as_str(), "profile" | "security"));
            if meta.is_empty() {
                map.shift_remove("meta");
            }
        }
        map
    };
    let (then, now) = (strip(then), strip(now));
    for (element, value) in &now {
        let change = match then.get(element) {
            Some(before) if before == value => continue,
            Some(_) => Change::Changed,
            None => Change::Added,
        };
        found.push(Difference {
            element: format!("{what}.{element}"),
            change,
            then: then.get(element).cloned(),
            now: Some(value.clone()),
        });
    }
    for (element, value) in then
        .iter()
        .filter(|(element, _)| !now.contains_key(*element))
    {
        found.push(Difference {
            element: format!("{what}.{element}"),
            change: Change::Removed,
            then: Some(value.clone()),
            now: None,
        });
    }
}
