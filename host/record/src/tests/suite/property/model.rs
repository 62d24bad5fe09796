//! The record as bodies by key, and a search as a look at each of them.
//!
//! Invariant: there is no index here, no plan and no database.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use fhir::query::criterion::{Criterion, Nested};
use fhir::query::{Clause, Condition, Modifier, Query, Sort};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue, Kind, SearchParameter};

/// What stands at one commit.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    bodies: BTreeMap<String, (Key, String, Resource)>,
}

impl World {
    pub(super) fn has(&self, key: &Key) -> bool {
        self.bodies.contains_key(&key.to_string())
    }

    /// What a commit left of a resource.
    pub(super) fn take(&mut self, key: &Key, body: Option<&str>) {
        match body {
            Some(body) => {
                let resource = Resource::parse(body.as_bytes()).unwrap();
                self.bodies
                    .insert(key.to_string(), (key.clone(), body.to_owned(), resource));
            }
            None => {
                self.bodies.remove(&key.to_string());
            }
        }
    }
}

/// A look at what stood.
pub(super) struct Past<'w> {
    pub(super) world: &'w World,
}

impl Past<'_> {
    /// The keys of what a query finds, in their own order.
    pub(super) fn found(&self, query: &Query) -> Vec<String> {
        let all = self.world.bodies.iter();
        let fits = all.filter(|(_, (key, _, resource))| {
            key.resource_type == query.resource_type
                && query
                    .clauses
                    .iter()
                    .all(|clause| self.clause(clause, resource))
                && query
                    .criteria
                    .iter()
                    .all(|criterion| self.holds(criterion, key, resource))
        });
        fits.map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn body(&self, key: &Key) -> Option<String> {
        self.world
            .bodies
            .get(&key.to_string())
            .map(|(_, body, _)| body.clone())
    }

    fn of(&self, of: ResourceType) -> impl Iterator<Item = (&Key, &Resource)> {
        let all = self.world.bodies.values();
        all.filter(move |(key, ..)| key.resource_type == of)
            .map(|(key, _, resource)| (key, resource))
    }

    fn references(by: &SearchParameter, resource: &Resource) -> Vec<Key> {
        let values = search_parameter::values(by, resource).into_iter();
        let keys = values.filter_map(|value| match value {
            IndexValue::Reference { key, .. } => key,
            _other => None,
        });
        keys.collect()
    }

    fn clause(&self, clause: &Clause, resource: &Resource) -> bool {
        match (clause.parameter.kind, clause.modifier) {
            (Kind::Reference, Some(Modifier::Below)) => {
                Self::references(clause.parameter, resource)
                    .into_iter()
                    .any(|key| self.line(key).iter().any(|above| names(clause, above)))
            }
            (Kind::Reference, Some(Modifier::Above)) => {
                let found = Self::references(clause.parameter, resource);
                let wanted = clause.values.iter().flat_map(|value| match value {
                    Condition::Reference { keys, .. } => keys.clone(),
                    _other => Vec::new(),
                });
                wanted
                    .flat_map(|key| self.line(key))
                    .any(|key| found.contains(&key))
            }
            _ => clause.holds(resource),
        }
    }

    /// A resource and everything that it is part of.
    fn line(&self, key: Key) -> Vec<Key> {
        let mut line = vec![key];
        let mut at = 0;
        while let Some(key) = line.get(at).cloned() {
            at += 1;
            let part_of = search_parameter::find(key.resource_type, "partof");
            let stands = self.world.bodies.get(&key.to_string());
            if let (Some(part_of), Some((_, _, resource))) = (part_of, stands) {
                for above in Self::references(part_of, resource) {
                    if !line.contains(&above) {
                        line.push(above);
                    }
                }
            }
        }
        line
    }

    fn holds(&self, criterion: &Criterion, key: &Key, resource: &Resource) -> bool {
        match criterion {
            Criterion::Clause(clause) => self.clause(clause, resource),
            Criterion::All(of) => of.iter().all(|one| self.holds(one, key, resource)),
            Criterion::Any(of) => of.iter().any(|one| self.holds(one, key, resource)),
            Criterion::Not(of) => !self.holds(of, key, resource),
            Criterion::Refers { by, to } => {
                let referred = Self::references(by, resource);
                to.iter().any(|nested| {
                    self.nested(nested)
                        .iter()
                        .any(|found| referred.contains(found))
                })
            }
            Criterion::Referred { by, from } => self.nested(from).iter().any(|found| {
                let (_, _, other) = &self.world.bodies[&found.to_string()];
                Self::references(by, other).contains(key)
            }),
            Criterion::Listed(ids) => ids.iter().any(|id| {
                let list = Key::new(ResourceType::LIST, id.clone());
                let item = search_parameter::find(ResourceType::LIST, "item").unwrap();
                let list = self.world.bodies.get(&list.to_string());
                list.is_some_and(|(_, _, list)| Self::references(item, list).contains(key))
            }),
        }
    }

    fn nested(&self, nested: &Nested) -> Vec<Key> {
        let all = self.of(nested.resource_type);
        let fits = all.filter(|(key, resource)| self.holds(&nested.criterion, key, resource));
        fits.map(|(key, _)| key.clone()).collect()
    }

    /// Asserts that keys stand in the order that a query asks for.
    pub(super) fn in_order(&self, query: &Query, keys: &[String]) {
        for pair in keys.windows(2) {
            let [a, b] = pair else { continue };
            let (_, _, left) = &self.world.bodies[a];
            let (_, _, right) = &self.world.bodies[b];
            let each = query.sort.iter().map(|by| compared(by, left, right));
            let order = each.fold(Ordering::Equal, Ordering::then);
            assert_ne!(order, Ordering::Greater, "{a} before {b} in {query:?}");
        }
    }
}

fn names(clause: &Clause, wanted: &Key) -> bool {
    clause.values.iter().any(|value| match value {
        Condition::Reference { keys, .. } => keys.contains(wanted),
        _other => false,
    })
}

/// What has no value comes last, whichever way round.
fn compared(by: &Sort, left: &Resource, right: &Resource) -> Ordering {
    let (a, b) = (ends(by, left), ends(by, right));
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let order = a.partial_cmp(&b).unwrap();
            if by.descending {
                order.reverse()
            } else {
                order
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum End {
    Number(f64),
    Text(String),
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit a double"
)]
fn ends(by: &Sort, resource: &Resource) -> Option<End> {
    match by.parameter.name {
        "_id" => return Some(End::Text(resource.id()?.to_string())),
        "_lastUpdated" => return Some(End::Text(resource.last_updated()?.to_owned())),
        _ => {}
    }
    let values = search_parameter::values(by.parameter, resource)
        .into_iter()
        .map(|value| match value {
            IndexValue::Token { code, .. } => End::Text(code),
            IndexValue::Text(text) | IndexValue::Uri(text) | IndexValue::Reference { text, .. } => {
                End::Text(text)
            }
            IndexValue::Date { low_ms, .. } => End::Number(low_ms as f64),
            IndexValue::Number { low, .. } | IndexValue::Quantity { low, .. } => End::Number(low),
        });
    values.reduce(|a, b| if (a > b) == by.descending { a } else { b })
}
