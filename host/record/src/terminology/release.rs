//! A release of a code system in tables of its own, read by the numbers of its concepts.
//!
//! Invariant: a row that this program did not write is a fault, never an empty answer.

use std::collections::HashMap;

use super::ranges::Ranges;
use super::{TerminologyError, snomed};
use crate::limits;
use crate::store::terminology::{ConceptRow, Keys, ReleaseRow};
use crate::store::{Store, StoreError};

/// A release in tables of its own.
pub(crate) struct Loaded {
    pub(crate) release: ReleaseRow,
}

impl Loaded {
    /// Rows by number, in the order asked.
    pub(super) async fn rows(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Vec<ConceptRow>, StoreError> {
        let mut all = HashMap::with_capacity(numbers.len());
        for some in numbers.chunks(limits::TERMINOLOGY_ROWS_MAX) {
            let some = some.iter().copied().map(i64::from).collect();
            let rows = store.concepts(self.release.release, some).await?;
            all.extend(rows.into_iter().map(|row| (row.n, row)));
        }
        let rows = numbers.iter().map(|n| all.get(&i64::from(*n)).cloned());
        rows.collect::<Option<_>>().ok_or_else(corrupt)
    }

    pub(super) async fn edges(
        &self,
        store: &dyn Store,
        numbers: &[u32],
        which: fn(&ConceptRow) -> &Vec<u8>,
    ) -> Result<Ranges, TerminologyError> {
        let mut spans = Vec::new();
        for row in self.rows(store, numbers).await? {
            let one = Ranges::unpack(which(&row)).ok_or_else(corrupt)?;
            spans.extend_from_slice(one.spans());
        }
        Ok(Ranges::of_spans(spans))
    }

    /// The members of one posting; none when there is no such posting.
    pub(super) async fn posting(
        &self,
        store: &dyn Store,
        kind: &str,
        key: &str,
    ) -> Result<Ranges, TerminologyError> {
        let keys = Keys::Is(key.to_owned());
        let rows = store
            .postings(self.release.release, kind.to_owned(), keys, 1)
            .await?;
        match rows.first() {
            None => Ok(Ranges::default()),
            Some(row) => Ok(Ranges::unpack(&row.members).ok_or_else(corrupt)?),
        }
    }

    /// The values that a property has, each with the concepts that have it.
    pub(super) async fn values(
        &self,
        store: &dyn Store,
        property: &str,
    ) -> Result<Vec<(String, Option<u32>, Ranges)>, TerminologyError> {
        let n_max = limits::TERMINOLOGY_VALUES_MAX;
        let keys = Keys::Begin(String::new());
        let rows = store
            .postings(self.release.release, property.to_owned(), keys, n_max + 1)
            .await?;
        if rows.len() > n_max as usize {
            let what = format!("the property {property} has more than {n_max} values");
            return Err(TerminologyError::too_costly(what));
        }
        let values = rows.into_iter().map(|row| {
            let members = Ranges::unpack(&row.members).ok_or_else(corrupt)?;
            Ok((row.key, u32::try_from(row.value_n).ok(), members))
        });
        values.collect()
    }

    pub(super) async fn beginning(
        &self,
        store: &dyn Store,
        word: &str,
    ) -> Result<Ranges, TerminologyError> {
        let n_max = limits::TERMINOLOGY_WORDS_MAX;
        let keys = Keys::Begin(word.to_owned());
        let rows = store
            .postings(
                self.release.release,
                snomed::WORD.to_owned(),
                keys,
                n_max + 1,
            )
            .await?;
        if rows.len() > n_max as usize {
            let what = format!("more than {n_max} words begin with `{word}`: write more of it");
            return Err(TerminologyError::too_costly(what));
        }
        let mut spans = Vec::new();
        for row in &rows {
            let members = Ranges::unpack(&row.members).ok_or_else(corrupt)?;
            spans.extend_from_slice(members.spans());
        }
        Ok(Ranges::of_spans(spans))
    }
}

pub(super) fn corrupt() -> StoreError {
    StoreError::Corrupt {
        doing: "reading a release of terminology",
        what: "a row that this program did not write".to_owned(),
    }
}
