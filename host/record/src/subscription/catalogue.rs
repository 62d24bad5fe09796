//! Every subscription that events are counted for, found by what a changed resource is found by.
//!
//! Invariant: whoever is concerned by a change is among those found for it; what is found is looked at once more.

use std::collections::HashMap;
use std::sync::Arc;

use fhir::query::{Clause, Condition, Query};
use fhir::resource::{Id, Key, Resource, ResourceType};
use fhir::search_parameter::{IndexValue, Kept, Kind, SearchParameter, values};

use super::asked::Asked;
use super::topic::{Changed, Topic};
use crate::commit::What;
use crate::permission::{CONFIDENTIALITY, RESTRICTED};

/// A change as subscriptions look at it.
pub(crate) struct Seen {
    /// As the change left it; of a deletion, as it stood before.
    pub(crate) is: Resource,
    /// As it stood before, where somebody has to know.
    pub(crate) was: Option<Resource>,
    /// What happened to it.
    pub(crate) what: What,
}

/// The subscriptions of a record, by what they look for.
#[derive(Default)]
pub(crate) struct Catalogue {
    by_type: HashMap<ResourceType, Shelf>,
    of: HashMap<Id, ResourceType>,
}

/// Subscriptions by a value that they look for.
type ByValue = HashMap<String, Vec<Arc<Asked>>>;

/// The subscriptions to one type.
#[derive(Default)]
struct Shelf {
    /// Those with a value that a resource must have: by the parameter, then by the value.
    keyed: Vec<(&'static SearchParameter, ByValue)>,
    /// All others.
    rest: Vec<Arc<Asked>>,
}

impl Catalogue {
    /// Puts a subscription in the place of what has its id.
    pub(crate) fn put(&mut self, asked: Asked) {
        self.take_out(&asked.key.id);
        let of = asked.criteria.resource_type;
        self.of.insert(asked.key.id.clone(), of);
        let asked = Arc::new(asked);
        let shelf = self.by_type.entry(of).or_default();
        let Some((parameter, keys)) = key_of(&asked) else {
            return shelf.rest.push(asked);
        };
        let same = |it: &(&'static SearchParameter, ByValue)| it.0.code == parameter.code;
        let at = shelf.keyed.iter().position(same).unwrap_or_else(|| {
            shelf.keyed.push((parameter, HashMap::new()));
            shelf.keyed.len() - 1
        });
        for key in keys {
            shelf.keyed[at]
                .1
                .entry(key)
                .or_default()
                .push(Arc::clone(&asked));
        }
    }

    /// Takes a subscription out.
    pub(crate) fn take_out(&mut self, id: &Id) {
        let Some(of) = self.of.remove(id) else { return };
        let Some(shelf) = self.by_type.get_mut(&of) else {
            return;
        };
        let is_other = |it: &Arc<Asked>| it.key.id != *id;
        let before = shelf.rest.len();
        shelf.rest.retain(is_other);
        if shelf.rest.len() < before {
            return;
        }
        for (_, by_value) in &mut shelf.keyed {
            by_value.retain(|_, listed| {
                listed.retain(is_other);
                !listed.is_empty()
            });
        }
        shelf.keyed.retain(|(_, by_value)| !by_value.is_empty());
    }

    /// Whether anybody subscribes to resources of this type.
    pub(crate) fn wants(&self, of: ResourceType) -> bool {
        let shelf = self.by_type.get(&of);
        shelf.is_some_and(|shelf| !shelf.rest.is_empty() || !shelf.keyed.is_empty())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    /// Those that a resource may concern, in the order of their ids, each once.
    pub(crate) fn candidates(&self, resource: &Resource) -> Vec<&Arc<Asked>> {
        let Some(shelf) = self.by_type.get(&resource.resource_type()) else {
            return Vec::new();
        };
        let mut found: Vec<&Arc<Asked>> = shelf.rest.iter().collect();
        for (parameter, by_value) in &shelf.keyed {
            for value in values_of(parameter, resource) {
                found.extend(by_value.get(&value).into_iter().flatten());
            }
        }
        found.sort_unstable_by(|one, other| one.key.id.cmp(&other.key.id));
        found.dedup_by(|one, other| one.key.id == other.key.id);
        found
    }

    /// The candidates that a change is an event for.
    pub(crate) fn concerned<'c>(
        candidates: Vec<&'c Arc<Asked>>,
        seen: &Seen,
    ) -> Vec<&'c Arc<Asked>> {
        let restricted = is_restricted(&seen.is);
        let mut happened: Vec<(&'static str, bool)> = Vec::new();
        let mut happens = |topic: &'static Topic| match happened.iter().find(|it| it.0 == topic.url)
        {
            Some((_, happens)) => *happens,
            None => {
                let changed = Changed {
                    is: seen.is.value(),
                    was: seen.was.as_ref().map(Resource::value),
                    what: seen.what,
                };
                let happens = (topic.happens)(&changed);
                happened.push((topic.url, happens));
                happens
            }
        };
        let is_event = |asked: &&Arc<Asked>| {
            let by_topic = match asked.criteria.topic {
                Some(topic) => happens(topic),
                None => matches!(seen.what, What::Created | What::Updated),
            };
            by_topic
                && asked
                    .criteria
                    .queries
                    .iter()
                    .all(|query| query.holds(&seen.is))
                && (!restricted || asked.is_of_one_patient())
        };
        candidates.into_iter().filter(is_event).collect()
    }
}

/// Whether a label keeps a resource out of everything that is not one patient's.
pub(crate) fn is_restricted(resource: &Resource) -> bool {
    let labels = resource
        .value()
        .pointer("/meta/security")
        .and_then(|it| it.as_array());
    labels.into_iter().flatten().any(|label| {
        let word = |member: &str| {
            label
                .get(member)
                .and_then(|it| it.as_str())
                .unwrap_or_default()
        };
        word("system") == CONFIDENTIALITY && RESTRICTED.contains(&word("code"))
    })
}

/// The condition by which a subscription is best found, and the values of which a resource must have one.
fn key_of(asked: &Asked) -> Option<(&'static SearchParameter, Vec<String>)> {
    let clauses = asked
        .criteria
        .queries
        .iter()
        .flat_map(|query: &Query| &query.clauses);
    let usable = clauses.filter_map(|clause| Some((clause.parameter, keys_of(clause)?)));
    usable.min_by_key(|(parameter, _)| match (parameter.name, parameter.kind) {
        ("_id", _) => 0,
        (_, Kind::Reference) => 1,
        ("identifier", _) => 2,
        (_, _) => 3,
    })
}

fn keys_of(clause: &Clause) -> Option<Vec<String>> {
    if clause.modifier.is_some() || clause.parameter.kept == Kept::Body {
        return None;
    }
    let key = |value: &Condition| match value {
        Condition::Token {
            code: Some(code), ..
        } => Some(vec![code.clone()]),
        Condition::Reference { keys, text } if keys.is_empty() => Some(vec![text.clone()]),
        Condition::Reference { keys, text } if !text.contains("/_history/") => {
            Some(keys.iter().map(Key::to_string).collect())
        }
        // No equality, or a rare one.
        Condition::Token { .. } | Condition::Reference { .. } | Condition::Text { .. } => None,
        Condition::Date { .. } | Condition::Number { .. } | Condition::Quantity { .. } => None,
        Condition::Uri(_) | Condition::OfType { .. } | Condition::Composite(_) => None,
        Condition::Near { .. } | Condition::Words(_) | Condition::Missing(_) => None,
    };
    let keys: Option<Vec<Vec<String>>> = clause.values.iter().map(key).collect();
    keys.map(|keys| keys.concat())
}

fn values_of(parameter: &SearchParameter, resource: &Resource) -> Vec<String> {
    if parameter.kept == Kept::Row {
        return resource.id().map(|id| id.to_string()).into_iter().collect();
    }
    let each = values(parameter, resource).into_iter();
    each.flat_map(|value| match value {
        IndexValue::Token { code, .. } => vec![code],
        IndexValue::Reference { key, text } => key
            .map(|key| key.to_string())
            .into_iter()
            .chain([text])
            .collect(),
        IndexValue::Text(_) | IndexValue::Date { .. } | IndexValue::Number { .. } => Vec::new(),
        IndexValue::Quantity { .. } | IndexValue::Uri(_) => Vec::new(),
    })
    .collect()
}

#[cfg(test)]
mod tests;
