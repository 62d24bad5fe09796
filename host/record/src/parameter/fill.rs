//! Reindexing: what was written before a parameter began gets its rows, with the commits from and until which they hold.
//!
//! Invariant: the rows of a step and the cursor that says so are one batch, written only while nothing has changed what
//! they were drawn from; so a step that was cut off is done again, and none is done twice.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use fhir::resource::{Key, Resource};
use fhir::search_parameter::SearchParameter;

use super::active::Begun;
use super::{Stands, mark};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::commit::prepare::{Moved, Prepared};
use crate::index::Entries;
use crate::index::Number;
use crate::index::span::{Drawn, spans};
use crate::lease::Lease;
#[cfg(test)]
use crate::log::T;
use crate::memory::Mark;
use crate::store::StoreError;
use crate::store::row::{CREATED, VersionRow, type_of};
use crate::store::scan::Span;
use crate::{Record, limits};

/// The lease of whichever host reindexes.
const LEASE: &str = "reindex";

/// What one step covers.
struct Portion {
    /// Resources that were made in it, of the parameter's type.
    numbers: Vec<i64>,
    /// Its last commit.
    upto: i64,
}

impl Record {
    /// Reindexes whatever there is to reindex, for ever.
    pub(crate) async fn keep_reindexing(&self) {
        loop {
            let seen = self.current();
            match self.reindex_once().await {
                Ok(true) => drop(self.wait_after(seen).await),
                Ok(false) => tokio::time::sleep(Duration::from_millis(limits::LEASE_LOOK_MS)).await,
                Err(why) => {
                    tracing::warn!("reindexing waits: {why}");
                    tokio::time::sleep(Duration::from_millis(limits::LEASE_LOOK_MS)).await;
                }
            }
        }
    }

    /// Reindexes by every added parameter that needs it. False: another host does, or took over.
    ///
    /// # Errors
    /// Those of a commit. What was done is kept, and the next call goes on from there.
    pub async fn reindex_once(&self) -> Result<bool, CommitError> {
        let _turn = self.inner.parameters.turn.lock().await;
        let open = self.unfinished().await?;
        if open.is_empty() {
            return Ok(true);
        }
        let Some(lease) = self.lease(LEASE).await? else {
            return Ok(false);
        };
        let filling = async {
            for begun in &open {
                while self.reindex_step(begun, &lease).await? {}
            }
            Ok(())
        };
        let filled = self.while_held(&lease, filling).await;
        self.let_go(LEASE).await;
        filled.map_or(Ok(false), |done: Result<(), CommitError>| {
            done.map(|()| true)
        })
    }

    /// What is active and not whole, the longest waiting first.
    async fn unfinished(&self) -> Result<Vec<Begun>, StoreError> {
        let active = self.active_parameters(self.current_t()).await?;
        let mut open = Vec::new();
        for begun in active.begun() {
            if let Stands::Upto(_) = self.stands(begun).await? {
                open.push(begun.clone());
            }
        }
        Ok(open)
    }

    /// One step; whether there is another to do.
    pub(crate) async fn reindex_step(
        &self,
        begun: &Begun,
        lease: &Lease,
    ) -> Result<bool, CommitError> {
        let mut held = None;
        for _ in 0..limits::RETRIES_MAX {
            let t = self.current_t();
            let active = self.active_parameters(t).await?;
            let stands = self.stands(begun).await?;
            let (Stands::Upto(from), Some(_)) = (stands, active.of(begun.parameter.code)) else {
                return Ok(false);
            };
            let portion = self.portion(begun, from).await?;
            let prepared = self.filled(begun, portion, lease, t).await?;
            if self.handed_over(vec![prepared], &mut held).await?.is_some() {
                return Ok(true);
            }
        }
        Err(CommitError::Busy)
    }

    /// The resources that were made after a commit, a bounded number of them.
    async fn portion(&self, begun: &Begun, from: i64) -> Result<Portion, StoreError> {
        let of = begun.parameter.resource_type;
        let commits = self
            .store()
            .commits_after(from, limits::REINDEX_COMMITS)
            .await?;
        let mut portion = Portion {
            numbers: Vec::new(),
            upto: from,
        };
        for (commit, versions) in commits {
            let made: Vec<i64> = versions
                .iter()
                .filter(|row| row.what == CREATED && row.version == 1)
                .map(|row| row.r)
                .filter(|r| type_of(*r) == Some(of))
                .collect();
            let is_full = portion.numbers.len() + made.len() > limits::REINDEX_RESOURCES;
            if commit.t > begun.since_t || (is_full && !portion.numbers.is_empty()) {
                break;
            }
            portion.numbers.extend(made);
            portion.upto = commit.t;
        }
        if portion.upto == from {
            return Err(StoreError::Corrupt {
                doing: "reindexing",
                what: format!("the log has no commit {}", from + 1),
            });
        }
        Ok(portion)
    }

    /// A step made ready as of commit `t`.
    async fn filled(
        &self,
        begun: &Begun,
        portion: Portion,
        lease: &Lease,
        t: i64,
    ) -> Result<Prepared, CommitError> {
        let rows = self.store().histories(portion.numbers, t).await?;
        let mut rests_on = vec![mark(), Mark::Cursor(begun.cursor())];
        let mut histories: Vec<Vec<Drawn>> = Vec::new();
        for row in &rows {
            let drawn = drawn(row, begun.parameter);
            match histories.last_mut() {
                Some(history) if history.iter().any(|before| before.r == row.r) => {
                    history.push(drawn);
                }
                Some(_) | None => {
                    rests_on.push(Mark::Key(row.key.clone()));
                    histories.push(vec![drawn]);
                }
            }
        }
        let numbers = self.numbers_drawn(&histories).await?;
        let mut filled: Vec<Span> = Vec::new();
        for history in &histories {
            spans(&numbers, history, |span| {
                // What began later was written by the commit that began it.
                let is_of = span.row.parameter == i64::from(begun.parameter.code.number());
                if is_of && span.from_t <= begun.since_t {
                    filled.push(span);
                }
            });
        }
        let about = format!(
            "{} ({} of {}) up to commit {}",
            begun.key, begun.parameter.name, begun.parameter.resource_type, portion.upto
        );
        let leaf = NewLeaf {
            t,
            count: i64::try_from(histories.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(&Caller::host(), "reindex", about)
        };
        Ok(Prepared {
            merged: Vec::new(),
            t,
            rests_on,
            writes: Vec::new(),
            outcomes: Vec::new(),
            message: None,
            filled,
            cursor: Some(Moved {
                name: begun.cursor(),
                to: Some(portion.upto),
                under: Some(lease.clone()),
            }),
            basis: String::new(),
            leaf,
        })
    }

    /// The numbers of what these versions refer to; they never change.
    async fn numbers_drawn(
        &self,
        histories: &[Vec<Drawn>],
    ) -> Result<HashMap<Key, Number>, StoreError> {
        let entries = histories
            .iter()
            .flatten()
            .filter_map(|drawn| drawn.entries.as_ref());
        let keys: HashSet<Key> = entries.flat_map(Entries::keys).cloned().collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        let found = self.numbers_of(&keys).await?;
        let known = keys.into_iter().zip(found);
        Ok(known
            .filter_map(|(key, r)| Some((key, Number::Known(r?))))
            .collect())
    }

    /// How far an added parameter is: the last commit up to which everything is indexed by it, and the one to reach.
    #[cfg(test)]
    pub(crate) async fn reindexed(&self) -> Vec<(String, T, T)> {
        let number = |t: i64| T(u64::try_from(t).unwrap_or(0));
        let open = self.unfinished().await.unwrap_or_default();
        let mut all = Vec::new();
        for begun in open {
            let at = self.store().cursor(begun.cursor()).await;
            let at = at.ok().flatten().unwrap_or(0);
            let name = begun.parameter.name.to_owned();
            all.push((name, number(at), number(begun.since_t)));
        }
        all
    }

    /// Does one step for the first parameter that needs it, as a host does that dies after it.
    #[cfg(test)]
    pub(crate) async fn reindex_one_step(&self) -> Result<bool, CommitError> {
        let Some(lease) = self.lease(LEASE).await? else {
            return Ok(false);
        };
        let open = self.unfinished().await?;
        let done = match open.first() {
            Some(begun) => self.reindex_step(begun, &lease).await?,
            None => false,
        };
        self.let_go(LEASE).await;
        Ok(done)
    }
}

fn drawn(row: &VersionRow, parameter: &SearchParameter) -> Drawn {
    let resource = row
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok());
    Drawn {
        t: row.t,
        r: row.r,
        entries: resource.map(|resource| Entries::by(&resource, parameter)),
        compartment: row.compartment,
    }
}
