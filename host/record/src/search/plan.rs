//! A query as written, made into what a store can run.
//!
//! Invariant: every clause becomes a test, or the query is refused by name; none is dropped.

mod value;

use std::collections::HashMap;

use fhir::query::{Clause, Condition, Modifier, Query};
use fhir::resource::{Id, Key};
use fhir::search_parameter::{Kept, Kind};

use crate::index::implied;
use crate::search::plan::value::{amounts, commits, references, terms, texts};
use crate::store::plan::{Arm, Index, Order, Plan, Term, Test};
use crate::store::row::{TYPE_SHIFT, seq_of};
use crate::{ReadError, Record};

/// How the answer is put in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    /// By the database.
    Indexed(Order),
    /// In memory, since no index has this order.
    InMemory,
}

/// A query ready to run.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    /// As of which commit, which type, which arms; order and page are filled in for each run.
    pub(super) plan: Plan,
    /// The order asked for.
    pub(super) ordered: Ordered,
    /// Whether matches have to be looked at, since the index does not tell letters' case and accents.
    pub(super) exact: bool,
}

impl Record {
    /// Makes a query ready to run as of commit `t`, within one patient's compartment if one is given.
    pub(super) async fn ready(
        &self,
        query: &Query,
        t: i64,
        within: Option<&Key>,
    ) -> Result<Ready, ReadError> {
        let numbers = self.numbers_in(query, within).await?;
        let mut tests = Vec::with_capacity(query.clauses.len());
        let mut patients = None;
        for clause in &query.clauses {
            let test = self.test(clause, &numbers).await?;
            match test {
                Test::Patient { parameter, any } if patients.is_none() && within.is_none() => {
                    patients = Some((parameter, any));
                }
                test => tests.push((rank(clause), test)),
            }
        }
        tests.sort_by_key(|(rank, _)| *rank);
        let tests: Vec<Test> = tests.into_iter().map(|(_, test)| test).collect();
        let arms = match (within, patients) {
            (Some(patient), _) => {
                let compartment = numbers.get(patient).map(|r| seq_of(*r));
                // Nobody's compartment is 0, so an unknown patient has nothing in it.
                vec![Arm {
                    compartment: Some(compartment.unwrap_or(0)),
                    outside: Vec::new(),
                    tests,
                }]
            }
            (None, Some((parameter, any))) => by_patient(parameter, &any, &tests),
            (None, None) => vec![Arm {
                compartment: None,
                outside: Vec::new(),
                tests,
            }],
        };
        let first = i64::from(query.resource_type.number());
        let plan = Plan {
            t,
            r_low: first << TYPE_SHIFT,
            r_high: (first + 1) << TYPE_SHIFT,
            arms,
            order: Order::Place,
            after: None,
            n_max: 0,
        };
        let exact = query
            .clauses
            .iter()
            .any(|clause| clause.modifier == Some(Modifier::Exact));
        Ok(Ready {
            plan,
            ordered: ordered(query),
            exact,
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
            for value in &clause.values {
                match value {
                    Condition::Reference { keys: named, .. } => keys.extend(named.iter().cloned()),
                    Condition::Token {
                        code: Some(code), ..
                    } if clause.parameter.name == "_id" => {
                        let id: Option<Id> = code.parse().ok();
                        keys.extend(id.map(|id| Key::new(query.resource_type, id)));
                    }
                    Condition::Token { .. } | Condition::Text { .. } | Condition::Date { .. } => {}
                    Condition::Number { .. } | Condition::Quantity { .. } => {}
                    Condition::Uri(_) | Condition::Missing(_) => {}
                }
            }
        }
        let found = self.numbers_of(&keys).await?;
        Ok(keys
            .into_iter()
            .zip(found)
            .filter_map(|(key, r)| Some((key, r?)))
            .collect())
    }

    async fn test(&self, clause: &Clause, numbers: &HashMap<Key, i64>) -> Result<Test, ReadError> {
        let parameter = clause.parameter.code.number();
        if let [Condition::Missing(missing)] = clause.values.as_slice() {
            return missing_test(clause, *missing);
        }
        match clause.parameter.kept {
            Kept::Index => {}
            Kept::Row => return self.row_test(clause, numbers).await,
            Kept::Nowhere => return Err(not_done(clause, "is not kept in any index")),
        }
        let not = clause.modifier == Some(Modifier::Not);
        match clause.parameter.kind {
            Kind::Token | Kind::Uri => Ok(Test::Term {
                parameter,
                any: terms(clause),
                not,
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
            Kind::Reference => Ok(references(clause, numbers)),
            Kind::Composite | Kind::Special => Err(not_done(clause, "is not done here")),
        }
    }

    /// `_id` and `_lastUpdated`, which versions answer.
    async fn row_test(
        &self,
        clause: &Clause,
        numbers: &HashMap<Key, i64>,
    ) -> Result<Test, ReadError> {
        if clause.modifier.is_some() {
            return Err(not_done(clause, "takes no modifier here"));
        }
        let mut ids = Vec::new();
        let mut spans = Vec::new();
        for value in &clause.values {
            match value {
                Condition::Token {
                    code: Some(code), ..
                } => {
                    let id: Option<Id> = code.parse().ok();
                    let number = id
                        .and_then(|id| numbers.get(&Key::new(clause.parameter.resource_type, id)));
                    ids.extend(number.copied());
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
                Condition::Token { code: None, .. }
                | Condition::Text { .. }
                | Condition::Number { .. } => {}
                Condition::Quantity { .. } | Condition::Reference { .. } => {}
                Condition::Uri(_) | Condition::Missing(_) => {}
            }
        }
        match clause.parameter.kind {
            Kind::Date => Ok(Test::Updated(spans)),
            Kind::Number | Kind::String | Kind::Token | Kind::Reference => Ok(Test::Number(ids)),
            Kind::Composite | Kind::Quantity | Kind::Uri | Kind::Special => Ok(Test::Number(ids)),
        }
    }
}

/// One arm for each patient's compartment, and one for what refers to them from elsewhere.
fn by_patient(parameter: u16, any: &[i64], tests: &[Test]) -> Vec<Arm> {
    let mut compartments: Vec<i64> = any.iter().map(|r| seq_of(*r)).collect();
    compartments.sort_unstable();
    compartments.dedup();
    let with = |first: Test| {
        std::iter::once(first)
            .chain(tests.iter().cloned())
            .collect::<Vec<_>>()
    };
    let mut arms: Vec<Arm> = compartments
        .iter()
        .map(|compartment| Arm {
            compartment: Some(*compartment),
            outside: Vec::new(),
            tests: with(Test::Implied { parameter }),
        })
        .collect();
    let named = any
        .iter()
        .map(|r| Term {
            value: Some(*r),
            system: None,
        })
        .collect();
    let named = Test::Term {
        parameter,
        any: named,
        not: false,
    };
    arms.push(Arm {
        compartment: None,
        outside: compartments,
        tests: with(named),
    });
    arms
}

/// The smaller, the fewer resources a test of this clause is likely to leave.
fn rank(clause: &Clause) -> u8 {
    match (clause.parameter.kind, clause.parameter.name) {
        (Kind::Token, "identifier" | "_id") => 0,
        (Kind::Reference, _) => 1,
        (Kind::Token, "code") | (Kind::Uri, _) => 2,
        (Kind::String, _) => 3,
        (Kind::Token, _) => 4,
        (Kind::Date | Kind::Number | Kind::Quantity, _) => 5,
        (Kind::Composite | Kind::Special, _) => 6,
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

fn missing_test(clause: &Clause, missing: bool) -> Result<Test, ReadError> {
    let index = match (clause.parameter.kept, clause.parameter.kind) {
        (Kept::Row | Kept::Nowhere, _) => return Err(not_done(clause, "takes no `:missing`")),
        (Kept::Index, Kind::Token | Kind::Reference | Kind::Uri) => Index::Term,
        (Kept::Index, Kind::String) => Index::Text,
        (Kept::Index, Kind::Date) => Index::Date,
        (Kept::Index, Kind::Number | Kind::Quantity) => Index::Amount,
        (Kept::Index, Kind::Composite | Kind::Special) => {
            return Err(not_done(clause, "is not done here"));
        }
    };
    let implied = implied(clause.parameter.code);
    Ok(Test::Missing {
        parameter: clause.parameter.code.number(),
        index,
        missing,
        implied,
    })
}
