//! Added search parameters in a database that is looked through: which rows follow from bodies, and which may lie there.
//!
//! Invariant: of a parameter that is being reindexed only those rows are compared which commits write; of one that has
//! ended none are, and rows of one that never was are found.

use std::collections::{HashMap, HashSet};

use fhir::search_parameter::added::FIRST;
use fhir::search_parameter::{ParameterCode, SearchParameter};

use super::{RESTORE, Verifying};
use crate::parameter::active::{self, Told};
use crate::store::StoreError;
use crate::store::scan::Span;

/// What is known of added parameters at the commit that is looked at.
pub(super) struct Added {
    told: Told,
    /// Those that are not whole: the number, and the commit that began it.
    filling: HashMap<i64, i64>,
    /// Numbers of rows that nothing explains.
    strange: HashSet<i64>,
}

impl Added {
    /// What was active.
    pub(super) fn parameters(&self) -> &[&'static SearchParameter] {
        self.told.active.parameters()
    }

    /// Whether a row is compared with what bodies say.
    pub(super) fn counts(&self, span: &Span) -> bool {
        let Some(code) = code(span) else {
            return true;
        };
        match self.filling.get(&span.row.parameter) {
            Some(since_t) => span.from_t > *since_t,
            None => self.told.active.of(code).is_some(),
        }
    }

    /// As `counts`, for a row that lies there.
    pub(super) fn counts_kept(&mut self, span: &Span) -> bool {
        if let Some(code) = code(span)
            && !self.told.numbers.contains(&code.number())
        {
            self.strange.insert(span.row.parameter);
        }
        self.counts(span)
    }
}

/// The number of an added parameter's row.
fn code(span: &Span) -> Option<ParameterCode> {
    let number = u32::try_from(span.row.parameter).ok()?;
    (number >= FIRST).then(|| ParameterCode::from_number(number))
}

impl Verifying<'_> {
    pub(super) async fn added(&self) -> Result<Added, StoreError> {
        let told = active::scanned(self.scan, &self.upto).await?;
        let mut filling = HashMap::new();
        for begun in told.active.begun() {
            let upto = self.scan.cursor(begun.cursor()).await?.unwrap_or(0);
            if upto < begun.since_t {
                let number = i64::from(begun.parameter.code.number());
                filling.insert(number, begun.since_t);
            }
        }
        Ok(Added {
            told,
            filling,
            strange: HashSet::new(),
        })
    }

    /// Tells of rows by parameters that never were. One that began meanwhile has rows too.
    pub(super) async fn strangers(&mut self, added: &Added) -> Result<(), StoreError> {
        if added.strange.is_empty() {
            return Ok(());
        }
        let now = self.scan.head().await?;
        let later = active::scanned(self.scan, &now).await?;
        let mut strange: Vec<i64> = added.strange.iter().copied().collect();
        strange
            .retain(|number| !u32::try_from(*number).is_ok_and(|it| later.numbers.contains(&it)));
        strange.sort_unstable();
        for number in strange {
            let at = format!("search parameter {number}");
            self.found(
                "index rows are of a parameter that was never added",
                at,
                RESTORE,
            );
        }
        Ok(())
    }
}
