//! What the search of a view finds in one patient's compartment, from the store or from what was found before.
//!
//! Invariant: what was found before is given only while nothing in the compartment has changed since, to whoever may search
//! so now, and with a leaf of its own.

use fhir::query::{Clause, Query};
use fhir::resource::{Id, Key, ResourceType};
use fhir::search_parameter::{Kept, Kind};

use super::asked::Asked;
use super::kept::{List, ListKey};
use crate::audit::NewLeaf;
use crate::departmental::chart::{Window, as_failure};
use crate::departmental::manifest::DeclaredView;
use crate::departmental::{Failure, search};
use crate::memory::Mark;
use crate::search::within_leaf;
use crate::store::row::seq_of;

impl Window {
    /// The rows of what is found, at most `n_max` resources, audited.
    pub(super) async fn found(
        &self,
        declared: &DeclaredView,
        asked: &Asked,
        patient: &Id,
        n_max: u32,
    ) -> Result<List, Failure> {
        let query = search::of_view(&asked.search, declared, Some(patient))?;
        let (at, through) = ((self.t, patient), self.through(declared));
        let failed = |error| as_failure(&error);
        let key = self.key(declared, asked, &query, patient, n_max).await?;
        let kept = self.record.rows_kept();
        if let Some(list) = key.as_ref().and_then(|key| self.still_holds(key)) {
            let leaf = within_leaf(&self.caller, &query, at, &through).map_err(failed)?;
            let count = i64::try_from(list.made.len()).unwrap_or(i64::MAX);
            self.keep(NewLeaf { count, ..leaf }).await;
            return Ok(list);
        }
        let found = self
            .record
            .all_within(&self.caller, &query, at, n_max, &through)
            .await;
        let (found, leaf) = found.map_err(failed)?;
        let list = List {
            t: leaf.t,
            made: self.made(declared, &found.rows).await?.into(),
            is_cut: found.is_cut,
        };
        self.keep(leaf).await;
        if let Some(key) = key {
            kept.put_list(key, list.clone());
        }
        Ok(list)
    }

    /// Under what the answer of a search is kept, if it rests on the compartment alone and the patient is known.
    async fn key(
        &self,
        declared: &DeclaredView,
        asked: &Asked,
        query: &Query,
        patient: &Id,
        n_max: u32,
    ) -> Result<Option<ListKey>, Failure> {
        if !query.clauses.iter().all(rests_on_itself) {
            return Ok(None);
        }
        let key = Key::new(ResourceType::PATIENT, patient.clone());
        let found = self.record.numbers_of(std::slice::from_ref(&key)).await;
        let found = found.map_err(|error| as_failure(&error.into()))?;
        let number = found.first().copied().flatten();
        let kept = self.record.rows_kept();
        Ok(number.map(|r| ListKey {
            view: kept.number(&self.release.digest, &declared.id),
            compartment: seq_of(r),
            search: asked.search.clone(),
            n_max,
        }))
    }

    /// What was found before, if it was found no later than this call began, and nothing has changed since.
    fn still_holds(&self, key: &ListKey) -> Option<List> {
        let list = self.record.rows_kept().list(key)?;
        let t = i64::try_from(self.t.0).unwrap_or(i64::MAX);
        let mark = [Mark::Compartment(key.compartment)];
        let holds = list.t <= t && self.record.memory().unchanged_since(list.t, &mark);
        holds.then_some(list)
    }
}

/// Whether a condition is told by the resource and its index alone, and by nothing that is elsewhere in the record.
fn rests_on_itself(clause: &Clause) -> bool {
    let is_plain = match clause.parameter.kind {
        Kind::Token | Kind::String | Kind::Date | Kind::Number | Kind::Quantity => true,
        Kind::Reference | Kind::Composite | Kind::Uri | Kind::Special => false,
    };
    let is_told = match clause.parameter.kept {
        Kept::Index => true,
        Kept::Row => clause.parameter.name == "_id",
        Kept::Body | Kept::Nowhere => false,
    };
    is_plain && is_told && !clause.needs_terminology()
}
