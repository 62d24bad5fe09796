//! Rows that were made before: a version never changes, so neither do its rows; nor does what a search finds in a patient's
//! compartment that has not changed.
//!
//! Invariant: what is kept under a view and a version is what that view makes of that version, and what is kept of a search is
//! what it found as of a commit; whether it may be had, and still holds, is asked each time. All of it is bounded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::departmental::Digest;
use crate::limits::{LISTS_KEPT_BYTES_MAX, ROWS_KEPT_BYTES_MAX, VIEWS_KNOWN_MAX};
use crate::memory::Halves;

/// The rows of one version.
pub(crate) type Made = Arc<[Row]>;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// A cell for each column.
    pub(crate) cells: Box<[Value]>,
    /// The same as JSON, as it crosses.
    pub(crate) text: Box<str>,
}

/// What a view of a release is called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ViewNumber(u64);

/// Which search of a view: in whose compartment, by what, and how many at most.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListKey {
    pub(crate) view: ViewNumber,
    pub(crate) compartment: i64,
    pub(crate) search: Vec<(String, String)>,
    pub(crate) n_max: u32,
}

/// What such a search found.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// As of which commit.
    pub(crate) t: i64,
    /// The rows of each version, in the search's order.
    pub(crate) made: Arc<[Made]>,
    /// Whether there is more.
    pub(crate) is_cut: bool,
}

/// The rows that this host keeps.
#[derive(Default)]
pub(crate) struct RowsKept {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    numbers: HashMap<(Digest, String), ViewNumber>,
    last: u64,
    rows: Halves<(ViewNumber, i64), Made>,
    lists: Halves<ListKey, List>,
}

impl RowsKept {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of a release's view. It is another one after so many others that this one was forgotten.
    pub(crate) fn number(&self, digest: &Digest, view: &str) -> ViewNumber {
        self.with(|inner| {
            let key = (digest.clone(), view.to_owned());
            if let Some(number) = inner.numbers.get(&key) {
                return *number;
            }
            if inner.numbers.len() >= VIEWS_KNOWN_MAX {
                inner.numbers.clear();
            }
            inner.last += 1;
            let number = ViewNumber(inner.last);
            inner.numbers.insert(key, number);
            number
        })
    }

    /// What a search found before.
    pub(crate) fn list(&self, key: &ListKey) -> Option<List> {
        self.with(|inner| inner.lists.get(key, list_weight, LISTS_KEPT_BYTES_MAX))
    }

    /// Keeps what a search found.
    pub(crate) fn put_list(&self, key: ListKey, list: List) {
        let weight = list_weight(&list);
        if weight <= LISTS_KEPT_BYTES_MAX / 4 {
            self.with(|inner| inner.lists.put(key, list, weight, LISTS_KEPT_BYTES_MAX));
        }
    }

    /// The rows of these versions that are kept, in the order asked.
    pub(crate) fn get(
        &self,
        view: ViewNumber,
        versions: impl Iterator<Item = i64>,
    ) -> Vec<Option<Made>> {
        self.with(|inner| {
            versions
                .map(|v| inner.rows.get(&(view, v), weight, ROWS_KEPT_BYTES_MAX))
                .collect()
        })
    }

    /// Keeps the rows of versions.
    pub(crate) fn put(&self, view: ViewNumber, made: Vec<(i64, Made)>) {
        self.with(|inner| {
            for (v, rows) in made {
                let weight = weight(&rows);
                inner.rows.put((view, v), rows, weight, ROWS_KEPT_BYTES_MAX);
            }
        });
    }
}

fn list_weight(list: &List) -> usize {
    500 + list.made.iter().map(weight).sum::<usize>()
}

/// Roughly what rows take, in bytes.
fn weight(rows: &Made) -> usize {
    let cell = |cell: &Value| match cell {
        Value::Null | Value::Bool(_) => 32,
        Value::Number(number) => 56 + number.as_str().len(),
        Value::String(text) => 32 + text.len(),
        Value::Array(items) => 64 * (1 + items.len()),
        Value::Object(members) => 128 * (1 + members.len()),
    };
    let row = |row: &Row| 32 + row.text.len() + row.cells.iter().map(cell).sum::<usize>();
    100 + rows.iter().map(row).sum::<usize>()
}
