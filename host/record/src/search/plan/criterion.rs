//! Chains, `_has`, lists and filters as tests: searches within the search.
//!
//! Invariant: everything is as of the one commit of the search, and what a departmental's call may not reach in another
//! patient's compartment, no inner search reaches.

use std::pin::Pin;

use fhir::query::criterion::{Criterion, Nested};
use fhir::query::{Clause, Condition, Modifier, Query, System};
use fhir::resource::{Id, Key, Resource, ResourceType};
use fhir::search_parameter::{self, IndexValue};

use super::arms::arms;
use super::{Asking, numbers_of_type};
use crate::index::{hash, hash_or_none, implied};
use crate::permission;
use crate::search::codes::Meant;
use crate::search::look;
use crate::store::plan::{Inner, Plan, Term, Test};
use crate::store::row::DELETED;
use crate::{ReadError, Record, limits};

type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, ReadError>> + Send + 'a>>;

impl Record {
    /// The test that a criterion puts on resources of a type.
    pub(super) fn met<'a>(
        &'a self,
        of: ResourceType,
        criterion: &'a Criterion,
        asking: &'a Asking,
    ) -> Reply<'a, Test> {
        Box::pin(async move {
            match criterion {
                Criterion::Clause(clause) if clause.needs_look() => {
                    self.looked_up(of, clause, asking).await
                }
                Criterion::Clause(clause) => self.test(clause, asking).await,
                Criterion::All(all) => Ok(Test::All(self.met_each(of, all, asking).await?)),
                Criterion::Any(any) => Ok(Test::Any(self.met_each(of, any, asking).await?)),
                Criterion::Not(one) => Ok(Test::Not(Box::new(self.met(of, one, asking).await?))),
                Criterion::Refers { by, to } => {
                    let mut inner = Vec::with_capacity(to.len());
                    let mut patients = None;
                    for nested in to {
                        let found = self.inner(nested, asking).await?;
                        if nested.resource_type == ResourceType::PATIENT && implied(by.code) {
                            patients = Some(found.clone());
                        }
                        inner.push(found);
                    }
                    let parameter = by.code.number();
                    let by_row = Test::Refers {
                        parameter,
                        to: inner,
                    };
                    Ok(match patients {
                        None => by_row,
                        Some(patients) => Test::Any(vec![
                            Test::All(vec![Test::Within(patients), Test::Implied { parameter }]),
                            by_row,
                        ]),
                    })
                }
                Criterion::Referred { by, from } => Ok(Test::Referred {
                    parameter: by.code.number(),
                    implied: implied(by.code) && of == ResourceType::PATIENT,
                    from: self.inner(from, asking).await?,
                    own: numbers_of_type(of),
                }),
                Criterion::Listed(ids) => self.listed(of, ids, asking).await,
            }
        })
    }

    async fn met_each(
        &self,
        of: ResourceType,
        all: &[Criterion],
        asking: &Asking,
    ) -> Result<Vec<Test>, ReadError> {
        let mut tests = Vec::with_capacity(all.len());
        for one in all {
            tests.push(self.met(of, one, asking).await?);
        }
        Ok(tests)
    }

    async fn inner(&self, nested: &Nested, asking: &Asking) -> Result<Inner, ReadError> {
        let of = nested.resource_type;
        let test = self.met(of, &nested.criterion, asking).await?;
        let (r_low, r_high) = numbers_of_type(of);
        let within = asking.within.as_ref().map(|(_, place)| *place);
        let within = within.filter(|_| !permission::is_directory(of.as_str()));
        Ok(Inner {
            r_low,
            r_high,
            arms: arms(vec![test], within),
        })
    }

    /// The matches of a clause that have to be looked at, each by its number: at most `limits::SORTED_MAX` candidates.
    async fn looked_up(
        &self,
        of: ResourceType,
        clause: &Clause,
        asking: &Asking,
    ) -> Result<Test, ReadError> {
        let query = Query {
            clauses: vec![clause.clone()],
            ..Query::all(of)
        };
        let within = asking.within.as_ref().map(|(patient, _)| patient);
        let within = within.filter(|_| !permission::is_directory(of.as_str()));
        let ready = self.ready(&query, asking.t, within).await?;
        let plan = Plan {
            n_max: limits::SORTED_MAX + 1,
            ..ready.plan
        };
        let rows = self.store().search(plan).await?;
        if rows.len() > usize::try_from(limits::SORTED_MAX).unwrap_or(usize::MAX) {
            let what = format!(
                "more than {} resources of type {of} would have to be looked at for `{}` in a chain or filter: \
                 search {of} by it first, or write it without a modifier",
                limits::SORTED_MAX,
                clause.parameter.name
            );
            return Err(ReadError::Unreadable { what });
        }
        let numbers: Vec<i64> = rows.into_iter().map(|(_, r)| r).collect();
        let versions = self.versions_at(&numbers, asking.t).await?;
        let fits = versions
            .into_iter()
            .flatten()
            .filter(|version| version.what != DELETED && look::fits(&query, version));
        Ok(Test::Number(fits.map(|version| version.r).collect()))
    }

    /// The entries of lists, as far as they are of the type.
    async fn listed(
        &self,
        of: ResourceType,
        ids: &[Id],
        asking: &Asking,
    ) -> Result<Test, ReadError> {
        let lists: Vec<Key> = ids
            .iter()
            .map(|id| Key::new(ResourceType::LIST, id.clone()))
            .collect();
        let mut entries = Vec::new();
        for row in self
            .standing_of(&lists, asking.t)
            .await?
            .into_iter()
            .flatten()
        {
            let is_elsewhere = asking
                .within
                .as_ref()
                .is_some_and(|(_, place)| row.compartment > 0 && row.compartment != *place);
            let body = row.body.as_deref().filter(|_| !is_elsewhere);
            let list = body.and_then(|body| Resource::parse(body.as_bytes()).ok());
            let item = search_parameter::find(ResourceType::LIST, "item");
            if let (Some(list), Some(item)) = (list, item) {
                entries.extend(search_parameter::values(item, &list));
            }
        }
        let keys: Vec<Key> = entries
            .into_iter()
            .filter_map(|entry| match entry {
                IndexValue::Reference { key, .. } => key.filter(|key| key.resource_type == of),
                _other => None,
            })
            .collect();
        let numbers = self.numbers_of(&keys).await?;
        Ok(Test::Number(numbers.into_iter().flatten().collect()))
    }

    /// A clause that asks terminology, as the codes that it means.
    pub(super) async fn coded(&self, clause: &Clause, t: i64) -> Result<Test, ReadError> {
        let mut any = Vec::new();
        for value in &clause.values {
            let meant = match (value, clause.modifier) {
                (Condition::Uri(url), _) => Meant::ValueSet(url),
                (
                    Condition::Token {
                        system,
                        code: Some(code),
                    },
                    modifier,
                ) => {
                    let system = match system {
                        System::Is(system) => Some(system.as_str()),
                        System::Any | System::Absent => None,
                    };
                    if modifier == Some(Modifier::Above) {
                        Meant::Above { system, code }
                    } else {
                        Meant::Below { system, code }
                    }
                }
                _other => {
                    let what = format!(
                        "`{}` needs a code: write `system|code`",
                        clause.parameter.name
                    );
                    return Err(ReadError::Unreadable { what });
                }
            };
            for (system, code) in self.codes_of(&meant, t).await? {
                any.push(Term {
                    value: Some(hash(&code)),
                    system: system.is_some().then(|| hash_or_none(system.as_deref())),
                });
            }
            if any.len() > limits::SEARCH_CODES_MAX {
                let what = format!(
                    "`{}` comes to more than {} codes: ask for a smaller value set or a narrower code",
                    clause.parameter.name,
                    limits::SEARCH_CODES_MAX
                );
                return Err(ReadError::Unreadable { what });
            }
        }
        Ok(Test::Term {
            parameter: clause.parameter.code.number(),
            any,
            not: clause.modifier == Some(Modifier::NotIn),
        })
    }
}
