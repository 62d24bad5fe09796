//! Search parameters that operators added: which are active, and whether searches may go by them yet.
//!
//! Invariant: every commit after the one that began a parameter indexes what it writes by it, and a search may name it
//! only once everything written up to that commit is indexed by it as well.

pub(crate) mod active;
mod fill;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use fhir::query::Query;
use fhir::resource::ResourceType;
use fhir::search_parameter::{Known, ParameterCode, SearchParameter};

use self::active::{Active, Begun, MARK, MARKED};
use crate::log::T;
use crate::memory::{Mark, Memory};
use crate::store::{Reply, StoreError};
use crate::{ReadError, Record, limits};

/// What a record keeps in memory of added parameters.
#[derive(Default)]
pub(crate) struct Parameters {
    /// What is active, and at which commit it was so.
    kept: Mutex<Option<(i64, Arc<Active>)>>,
    /// The numbers that are whole; they stay so.
    whole: Mutex<HashSet<ParameterCode>>,
    /// Held by whoever reindexes on this host.
    turn: tokio::sync::Mutex<()>,
}

impl Parameters {
    /// What was active at commit `t`, if that can be told. It may be what was active later: then the mark of the type has
    /// changed since `t`, and whatever rests on it is looked at again.
    fn at(&self, memory: &Memory, t: i64) -> Option<Arc<Active>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, active) = kept.as_mut()?;
        if *at < t {
            if !memory.unchanged_since(*at, &[mark()]) {
                return None;
            }
            *at = t;
        }
        Some(Arc::clone(active))
    }

    fn keep(&self, t: i64, active: &Arc<Active>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|(at, _)| *at < t) {
            *kept = Some((t, Arc::clone(active)));
        }
    }
}

/// What changes when parameters begin or end.
pub(crate) fn mark() -> Mark {
    Mark::Type(ResourceType::SEARCH_PARAMETER.number())
}

/// How far a parameter is.
enum Stands {
    /// Everything is indexed by it.
    Whole,
    /// What was written up to this commit is.
    Upto(i64),
}

impl Record {
    /// What searches may name now, and, for an error that says how far it is, what they soon may.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn known_parameters(&self) -> Result<Known, ReadError> {
        Ok(self.known().await?)
    }

    pub(crate) async fn known(&self) -> Result<Known, StoreError> {
        let mut known = Known::default();
        let active = self.active_parameters(self.current_t()).await?;
        for begun in active.begun() {
            let is_whole = matches!(self.stands(begun).await?, Stands::Whole);
            known.add(begun.parameter, is_whole);
        }
        Ok(known)
    }

    /// What is active at commit `t`.
    pub(crate) fn active_parameters(&self, t: i64) -> Reply<'_, Arc<Active>> {
        if let Some(active) = self.inner.parameters.at(self.memory(), t) {
            return Box::pin(std::future::ready(Ok(active)));
        }
        Box::pin(async move {
            let doing = "looking for added search parameters";
            let marked = ("_tag".to_owned(), format!("{MARK}|{MARKED}"));
            let query = Query::parse(ResourceType::SEARCH_PARAMETER, &[marked]);
            let query = query.map_err(|why| StoreError::Corrupt {
                doing,
                what: why.to_string(),
            })?;
            let most = u32::try_from(limits::ADDED_PARAMETERS_MAX).unwrap_or(u32::MAX);
            let standing = self.matching(&query, t, most).await.map_err(|why| {
                // A search by one tag is refused by nobody: only the store can fail.
                match why {
                    ReadError::Store { source } => source,
                    _other => StoreError::Busy { doing },
                }
            })?;
            let numbers = standing.iter().map(|row| row.r).collect();
            let rows = self.store().histories(numbers, t).await?;
            let active = Arc::new(Active::at_end_of(&rows));
            self.inner.parameters.keep(t, &active);
            Ok(active)
        })
    }

    async fn stands(&self, begun: &Begun) -> Result<Stands, StoreError> {
        let code = begun.parameter.code;
        let whole = &self.inner.parameters.whole;
        if whole
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&code)
        {
            return Ok(Stands::Whole);
        }
        let upto = self.store().cursor(begun.cursor()).await?.unwrap_or(0);
        if upto < begun.since_t {
            return Ok(Stands::Upto(upto));
        }
        let mut whole = whole.lock().unwrap_or_else(PoisonError::into_inner);
        whole.insert(code);
        Ok(Stands::Whole)
    }

    /// Refuses a search that goes by an added parameter which is not whole, or has ended.
    ///
    /// # Errors
    /// `Unfinished`, `Unreadable` for one that has ended, `Store`.
    pub async fn usable(&self, query: &Query) -> Result<(), ReadError> {
        let mut added: Vec<&SearchParameter> = Vec::new();
        query.each_parameter(&mut |parameter| {
            if parameter.code.is_added() {
                added.push(parameter);
            }
        });
        if added.is_empty() {
            return Ok(());
        }
        let active = self.active_parameters(self.current_t()).await?;
        for parameter in added {
            let named = format!("`{}` of {}", parameter.name, parameter.resource_type);
            let Some(begun) = active.of(parameter.code) else {
                let what = format!("{named} has ended or was changed meanwhile: search anew");
                return Err(ReadError::Unreadable { what });
            };
            if let Stands::Upto(upto) = self.stands(begun).await? {
                return Err(ReadError::Unfinished {
                    parameter: named,
                    done: T(u64::try_from(upto).unwrap_or(0)),
                    of: T(u64::try_from(begun.since_t).unwrap_or(0)),
                });
            }
        }
        Ok(())
    }
}
