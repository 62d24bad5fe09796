//! The calls of departmentals against their leaves: each is what its leaf says, and none is missing that was not pruned.
//!
//! Invariant: a byte changed in a kept call shows here, and so does a call that was taken out or put in.

use super::log::Ahead;
use super::{RESTORE, Verifying};
use crate::clock::rfc3339;
use crate::departmental::call_log;
use crate::store::StoreError;
use crate::store::call::CallRow;
use crate::store::row::LeafRow;

/// The calls on their way beside the leaves.
pub(super) struct Calls {
    rows: Ahead<CallRow>,
    /// Whether one was there already.
    begun: bool,
    /// The last leaf whose call is not there, before the first that is.
    gone: i64,
    /// The last leaf whose call was removed on purpose.
    pruned: i64,
}

impl Verifying<'_> {
    pub(super) async fn calls(&mut self) -> Result<Calls, StoreError> {
        Ok(Calls {
            rows: Ahead::of(self.scan.calls(&self.upto)).await?,
            begun: false,
            gone: 0,
            pruned: 0,
        })
    }

    /// Holds a leaf against the call of its number.
    pub(super) async fn call_of(
        &mut self,
        calls: &mut Calls,
        leaf: &LeafRow,
    ) -> Result<(), StoreError> {
        if let Some(upto) = call_log::pruned_upto(leaf) {
            calls.pruned = calls.pruned.max(upto);
        }
        while let Some(row) = calls.rows.take_if(|row| row.n < leaf.n).await? {
            calls.begun = true;
            self.stray(&row);
        }
        let row = calls.rows.take_if(|row| row.n == leaf.n).await?;
        match (row, call_log::kept_digest(leaf)) {
            (Some(row), Some(_)) => {
                calls.begun = true;
                self.verdict.calls += 1;
                if !call_log::is_as_noted(&row, leaf) {
                    let what = "a call was changed afterwards: it is not what its leaf says";
                    self.found(what, at(&row), RESTORE);
                }
            }
            (Some(row), None) => {
                calls.begun = true;
                self.stray(&row);
            }
            (None, Some(_)) if calls.begun => self.missing(leaf.n),
            (None, Some(_)) => calls.gone = leaf.n,
            (None, None) => {}
        }
        Ok(())
    }

    /// Holds what is left against what was pruned.
    pub(super) async fn calls_ended(&mut self, mut calls: Calls) -> Result<(), StoreError> {
        while let Some(row) = calls.rows.take_if(|_| true).await? {
            self.stray(&row);
        }
        if calls.gone > calls.pruned {
            // A host may have pruned since; its leaf then stands behind the last that was looked at.
            let now = self.scan.head().await?;
            let mut leaves = self.scan.leaves(&now);
            while let Some(leaf) = leaves.next().await? {
                let upto = call_log::pruned_upto(&leaf).unwrap_or_default();
                calls.pruned = calls.pruned.max(upto);
            }
        }
        if calls.gone > calls.pruned {
            self.missing(calls.gone);
        }
        Ok(())
    }

    fn missing(&mut self, n: i64) {
        let what = "a call was removed, and no leaf says that it was pruned";
        self.found(what, format!("leaf {n}"), RESTORE);
    }

    fn stray(&mut self, row: &CallRow) {
        self.found("a call belongs to no leaf", at(row), RESTORE);
    }
}

fn at(row: &CallRow) -> String {
    let made = rfc3339(row.at_ms);
    format!(
        "call {} of {} at {made}, leaf {}",
        row.kept.id, row.kept.departmental, row.n
    )
}
