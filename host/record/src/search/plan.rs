//! A query as written, made into what a store can run.
//!
//! Invariant: every clause and criterion becomes a test, or the query is refused by name; none is dropped.

mod arms;
mod criterion;
mod value;

use std::collections::HashMap;

use fhir::query::{Clause, Condition, Modifier, Query};
use fhir::resource::{Id, Key, ResourceType};
use fhir::search_parameter::{Kept, Kind};

use crate::index::implied;
use crate::search::plan::arms::arms;
use crate::search::plan::value::{amounts, commits, references, terms, texts};
use crate::store::plan::{Index, Order, Plan, Test};
pub(super) use crate::store::row::numbers_of_type;
use crate::store::row::seq_of;
use crate::{ReadError, Record};

/// How the answer is put in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// By the database.
    Indexed(Order),
    /// In memory, since no index has this order.
    InMemory,
}

/// A query ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// As of which commit, which type, which arms; order and page are filled in for each run.
    pub(crate) plan: Plan,
    /// The order asked for.
    pub(crate) ordered: Ordered,
    /// Whether matches have to be looked at, since the index gives too much.
    pub(crate) looked: bool,
}

/// What every part of a query is read with.
struct Asking {
    /// As of which commit.
    t: i64,
    /// In whose compartment alone; the number 0 is an unknown patient's.
    within: Option<(Key, i64)>,
    /// The numbers of what the query names.
    numbers: HashMap<Key, i64>,
}

impl Record {
    /// Makes a query ready to run as of commit `t`, within one patient's compartment if one is given.
    pub(crate) async fn ready(
        &self,
        query: &Query,
        t: i64,
        within: Option<&Key>,
    ) -> Result<Ready, ReadError> {
        self.usable(query).await?;
        let numbers = self.numbers_in(query, within).await?;
        let within = within.map(|patient| {
            let compartment = numbers.get(patient).map_or(0, |r| seq_of(*r));
            (patient.clone(), compartment)
        });
        let asking = Asking { t, within, numbers };
        let mut tests = Vec::with_capacity(query.clauses.len() + query.criteria.len());
        for clause in &query.clauses {
            let test = self.test(clause, &asking).await?;
            tests.push((rank(clause), test));
        }
        for criterion in &query.criteria {
            let test = self.met(query.resource_type, criterion, &asking).await?;
            tests.push((1, test));
        }
        tests.sort_by_key(|(rank, _)| *rank);
        let tests = tests.into_iter().map(|(_, test)| test).collect();
        let (r_low, r_high) = numbers_of_type(query.resource_type);
        let plan = Plan {
            t,
            r_low,
            r_high,
            arms: arms(tests, asking.within.as_ref().map(|(_, place)| *place)),
            order: Order::Place,
            after: None,
            n_max: 0,
        };
        Ok(Ready {
            plan,
            ordered: ordered(query),
            looked: query.clauses.iter().any(Clause::needs_look),
        })
    }

    /// The numbers of all resources that the query names.
    async fn numbers_in(
        &self,
        query: &Query,
        within: Option<&Key>,
    ) -> Result<HashMap<Key, i64>, ReadError> {
        let mut keys: Vec<Key> = within.into_iter().cloned().collect();
        for clause in &query.clauses {
            named(query.resource_type, clause, &mut keys);
        }
        for criterion in &query.criteria {
            criterion.each_clause(query.resource_type, &mut |of, clause| {
                named(of, clause, &mut keys)
            });
        }
        let found = self.numbers_of(&keys).await?;
        Ok(keys
            .into_iter()
            .zip(found)
            .filter_map(|(key, r)| Some((key, r?)))
            .collect())
    }

    /// What a clause asks of the index: all of it, or, where matches have to be looked at, as much as it can tell.
    async fn test(&self, clause: &Clause, asking: &Asking) -> Result<Test, ReadError> {
        let parameter = clause.parameter.code.number();
        if let [Condition::Missing(missing)] = clause.values.as_slice() {
            return Ok(missing_test(clause, *missing));
        }
        match clause.parameter.kept {
            Kept::Index => {}
            Kept::Row => return self.row_test(clause, asking).await,
            Kept::Body => return Box::pin(self.parts_test(clause, asking)).await,
            Kept::Nowhere => return Err(not_done(clause, "is not kept in any index")),
        }
        if clause.modifier == Some(Modifier::Text) {
            return Ok(Test::All(Vec::new()));
        }
        match clause.parameter.kind {
            Kind::Token if clause.needs_terminology() => self.coded(clause, asking.t).await,
            Kind::Uri if clause.modifier == Some(Modifier::Below) => Ok(Test::All(Vec::new())),
            Kind::Token | Kind::Uri => Ok(Test::Term {
                parameter,
                any: terms(clause),
                not: clause.modifier == Some(Modifier::Not),
            }),
            Kind::String => Ok(Test::Text {
                parameter,
                any: texts(clause),
            }),
            Kind::Date => {
                let any = clause.values.iter().filter_map(|value| match value {
                    Condition::Date {
                        comparison,
                        low_ms,
                        high_ms,
                    } => Some((*comparison, *low_ms, *high_ms)),
                    _other => None,
                });
                Ok(Test::Date {
                    parameter,
                    any: any.collect(),
                })
            }
            Kind::Number | Kind::Quantity => Ok(Test::Amount {
                parameter,
                any: amounts(clause),
            }),
            Kind::Reference => self.reference_test(clause, asking).await,
            Kind::Composite | Kind::Special => Err(not_done(clause, "is not kept in any index")),
        }
    }

    async fn reference_test(&self, clause: &Clause, asking: &Asking) -> Result<Test, ReadError> {
        match clause.modifier {
            Some(Modifier::Identifier) => Ok(Test::Term {
                parameter: clause.parameter.code.number(),
                any: terms(clause),
                not: false,
            }),
            Some(Modifier::Above | Modifier::Below) => {
                let keys = self.parts(clause, asking.t).await?;
                let found = self.numbers_of(&keys).await?;
                let found = keys.iter().cloned().zip(found);
                let numbers = found.filter_map(|(key, r)| Some((key, r?))).collect();
                let values = vec![Condition::Reference {
                    keys,
                    text: String::new(),
                }];
                let named = Clause {
                    parameter: clause.parameter,
                    modifier: None,
                    values,
                };
                Ok(references(&named, &numbers))
            }
            Some(
                Modifier::Missing
                | Modifier::Exact
                | Modifier::Contains
                | Modifier::Not
                | Modifier::Text
                | Modifier::OfType
                | Modifier::In
                | Modifier::NotIn
                | Modifier::Whole
                | Modifier::Ends,
            )
            | None => Ok(references(clause, &asking.numbers)),
        }
    }

    /// `_id` and `_lastUpdated`, which versions answer.
    async fn row_test(&self, clause: &Clause, asking: &Asking) -> Result<Test, ReadError> {
        let mut ids = Vec::new();
        let mut spans = Vec::new();
        for value in &clause.values {
            match value {
                Condition::Token {
                    code: Some(code), ..
                } => {
                    let id: Option<Id> = code.parse().ok();
                    let key = id.map(|id| Key::new(clause.parameter.resource_type, id));
                    ids.extend(key.and_then(|key| asking.numbers.get(&key).copied()));
                }
                Condition::Date {
                    comparison,
                    low_ms,
                    high_ms,
                } => {
                    let (low, high) = (
                        self.commit_from(*low_ms).await?,
                        self.commit_from(*high_ms).await?,
                    );
                    spans.extend(commits(*comparison, low, high));
                }
                // The values of these two parameters are of these two kinds only.
                _other => {}
            }
        }
        let test = match clause.parameter.kind {
            Kind::Date => Test::Updated(spans),
            Kind::Number | Kind::String | Kind::Token | Kind::Reference => Test::Number(ids),
            Kind::Composite | Kind::Quantity | Kind::Uri | Kind::Special => Test::Number(ids),
        };
        Ok(match clause.modifier {
            Some(Modifier::Not) => Test::Not(Box::new(test)),
            Some(_) | None => test,
        })
    }

    /// What the index tells of a composite: that each part holds of some repetition. Of words and places it tells nothing.
    async fn parts_test(&self, clause: &Clause, asking: &Asking) -> Result<Test, ReadError> {
        let mut either = Vec::with_capacity(clause.values.len());
        for value in &clause.values {
            let Condition::Composite(parts) = value else {
                return Ok(Test::All(Vec::new()));
            };
            let mut all = Vec::with_capacity(parts.len());
            for (part, component) in parts.iter().zip(&clause.parameter.components) {
                if let Some(parameter) = clause.parameter.part(component) {
                    let part = Clause {
                        parameter,
                        modifier: None,
                        values: vec![part.clone()],
                    };
                    all.push(self.test(&part, asking).await?);
                }
            }
            either.push(Test::All(all));
        }
        Ok(match either.len() {
            1 => either.remove(0),
            _ => Test::Any(either),
        })
    }
}

/// Adds the keys that a clause names.
fn named(of: ResourceType, clause: &Clause, keys: &mut Vec<Key>) {
    for value in &clause.values {
        match value {
            Condition::Reference { keys: named, .. } => keys.extend(named.iter().cloned()),
            Condition::Token {
                code: Some(code), ..
            } if clause.parameter.name == "_id" => {
                let id: Option<Id> = code.parse().ok();
                keys.extend(id.map(|id| Key::new(of, id)));
            }
            Condition::Composite(parts) => {
                for part in parts {
                    if let Condition::Reference { keys: named, .. } = part {
                        keys.extend(named.iter().cloned());
                    }
                }
            }
            Condition::Token { .. } | Condition::Text { .. } | Condition::Date { .. } => {}
            Condition::Number { .. } | Condition::Quantity { .. } | Condition::Uri(_) => {}
            Condition::OfType { .. } | Condition::Near { .. } | Condition::Words(_) => {}
            Condition::Missing(_) => {}
        }
    }
}

/// The smaller, the fewer resources a test of this clause is likely to leave.
fn rank(clause: &Clause) -> u8 {
    match (clause.parameter.kind, clause.parameter.name) {
        (Kind::Token, "identifier" | "_id") => 0,
        (Kind::Reference, _) => 1,
        (Kind::Token, "code") | (Kind::Uri, _) => 2,
        (Kind::Composite, _) => 3,
        (Kind::String, _) => 3,
        (Kind::Token, _) => 4,
        (Kind::Date | Kind::Number | Kind::Quantity, _) => 5,
        (Kind::Special, _) => 6,
    }
}

fn ordered(query: &Query) -> Ordered {
    match query.sort.as_slice() {
        [] => Ordered::Indexed(Order::Place),
        [by] if by.parameter.name == "_lastUpdated" => Ordered::Indexed(Order::Updated {
            descending: by.descending,
        }),
        [by] if by.parameter.kind == Kind::Date && by.parameter.kept == Kept::Index => {
            Ordered::Indexed(Order::Date {
                parameter: by.parameter.code.number(),
                descending: by.descending,
            })
        }
        [_, ..] => Ordered::InMemory,
    }
}

fn not_done(clause: &Clause, why: &str) -> ReadError {
    ReadError::Unreadable {
        what: format!("`{}` {why}: leave it out", clause.parameter.name),
    }
}

fn missing_test(clause: &Clause, missing: bool) -> Test {
    let index = match (clause.parameter.kept, clause.parameter.kind) {
        // Nothing lacks an id or a date of its last change.
        (Kept::Row, _) if missing => return Test::Any(Vec::new()),
        // What bodies tell is looked at.
        (Kept::Row | Kept::Body | Kept::Nowhere, _) => return Test::All(Vec::new()),
        (Kept::Index, Kind::Token | Kind::Reference | Kind::Uri) => Index::Term,
        (Kept::Index, Kind::String) => Index::Text,
        (Kept::Index, Kind::Date) => Index::Date,
        (Kept::Index, Kind::Number | Kind::Quantity) => Index::Amount,
        (Kept::Index, Kind::Composite | Kind::Special) => return Test::All(Vec::new()),
    };
    Test::Missing {
        parameter: clause.parameter.code.number(),
        index,
        missing,
        implied: implied(clause.parameter.code),
    }
}
