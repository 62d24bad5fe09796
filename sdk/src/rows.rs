//! Rows of a view: what is asked for, and what comes back.
//!
//! A view is declared in the manifest under `views`; its columns are all that crosses. In a call about a patient rows are
//! of that patient, and one view is read on by [`ViewQuery::offset`]. In a call about a site, as a worklist is, they are of
//! the patients whom the site cares for, and one view is read on by [`ViewQuery::page`].

use std::cell::{self, OnceCell};

use serde_json::{Map, Value, json};

use crate::Failure;

mod read;

/// Which rows of a view, in which order. Without anything: the first hundred in the record's own order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewQuery {
    members: Map<String, Value>,
}

impl ViewQuery {
    /// Everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// FHIR conditions and `_sort`, by the search parameters that the manifest names for the view: an index answers
    /// them. For example `code=http://loinc.org|2160-0&_sort=-date`.
    #[must_use]
    pub fn search(mut self, conditions: impl Into<String>) -> Self {
        self.members
            .insert("search".into(), conditions.into().into());
        self
    }

    /// Rows whose column is one of these.
    #[must_use]
    pub fn among<V: Into<Value>>(self, column: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        self.condition(column, "in", values.into())
    }

    /// Rows whose column is this or more.
    #[must_use]
    pub fn from(self, column: &str, value: impl Into<Value>) -> Self {
        self.condition(column, "from", value.into())
    }

    /// Rows whose column is less than this.
    #[must_use]
    pub fn until(self, column: &str, value: impl Into<Value>) -> Self {
        self.condition(column, "until", value.into())
    }

    /// Rows that have a value in the column.
    #[must_use]
    pub fn present(self, column: &str) -> Self {
        self.condition(column, "absent", false.into())
    }

    /// Put in order by a column, the smallest first; behind the columns named before.
    #[must_use]
    pub fn ascending(self, column: &str) -> Self {
        self.push("order", json!({ "column": column }))
    }

    /// Put in order by a column, the largest first; behind the columns named before.
    #[must_use]
    pub fn descending(self, column: &str) -> Self {
        self.push("order", json!({ "column": column, "descending": true }))
    }

    /// So many rows left out at the beginning, in a call about a patient.
    #[must_use]
    pub fn offset(mut self, rows: u32) -> Self {
        self.members.insert("offset".into(), rows.into());
        self
    }

    /// From where an answer about a site said that rows follow, [`Rows::next`]. All but the count is to be asked as it was.
    #[must_use]
    pub fn page(mut self, next: impl Into<String>) -> Self {
        self.members.insert("page".into(), next.into().into());
        self
    }

    /// So many rows at most.
    #[must_use]
    pub fn count(mut self, rows: u32) -> Self {
        self.members.insert("count".into(), rows.into());
        self
    }

    /// The document that crosses: view/1.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(self.members.clone())
    }

    fn condition(self, column: &str, member: &str, value: Value) -> Self {
        self.push("where", json!({ "column": column, member: value }))
    }

    fn push(mut self, member: &str, value: Value) -> Self {
        let list = self.members.entry(member).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(value);
        }
        self
    }
}

/// Rows of a view, as they were read: a cell is where in the text of the page it stands, so that reading many rows copies
/// nothing. A cell becomes a [`Value`] when it is asked for as one.
#[derive(Debug, Clone)]
pub struct Rows {
    columns: Vec<String>,
    /// Row by row, one for each column.
    cells: Vec<Cell>,
    /// Of the cells that are lists.
    items: Vec<Cell>,
    /// The page, in which the texts and the digits of cells and items stand.
    text: String,
    /// How many rows there are.
    len: usize,
    /// The column that was asked for last: columns are mostly asked for in the order of the view.
    last: cell::Cell<usize>,
    /// Whether rows follow: ask again with a larger offset, or about a site with `next`.
    pub more: bool,
    /// Where they begin, in a call about a site. A page can be short, or empty, while rows follow.
    pub next: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    rows: &'r Rows,
    cells: &'r [Cell],
}

/// A cell, or an item of one that is a list.
#[derive(Debug, Clone)]
struct Cell {
    holds: Holds,
    /// The same as a document, from when it is first asked for as one.
    value: OnceCell<Box<Value>>,
}

/// What a cell holds, with where it stands.
#[derive(Debug, Clone, Copy)]
enum Holds {
    Nothing,
    Truth(bool),
    /// From where to where in the text its digits are.
    Number(u32, u32),
    /// From where to where in the text.
    Text(u32, u32),
    /// From which item to which.
    List(u32, u32),
    /// Something that no column has: only the document is kept.
    Document,
}

impl Rows {
    /// Reads rows/1.
    ///
    /// # Errors
    /// `fault` when it is none.
    pub fn from_text(document: String) -> Result<Self, Failure> {
        read::rows(document)
    }

    /// The same of a document that was read already.
    ///
    /// # Errors
    /// As [`Rows::from_text`].
    pub fn from_json(document: Value) -> Result<Self, Failure> {
        Self::from_text(document.to_string())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let width = self.columns.len();
        (0..self.len).map(move |row| Row {
            rows: self,
            cells: self
                .cells
                .get(row * width..(row + 1) * width)
                .unwrap_or_default(),
        })
    }

    /// Where a column stands; looked for from behind the last one on, and round.
    fn place(&self, column: &str) -> Option<usize> {
        let from = self.last.get() + 1;
        let (before, behind) = self.columns.split_at_checked(from)?;
        let is_it = |name: &String| name == column;
        let found = match behind.iter().position(is_it) {
            Some(found) => from + found,
            None => before.iter().position(is_it)?,
        };
        self.last.set(found);
        Some(found)
    }

    fn text(&self, from: u32, to: u32) -> &str {
        self.text
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    fn items(&self, from: u32, to: u32) -> &[Cell] {
        self.items
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    fn value<'r>(&'r self, cell: &'r Cell) -> &'r Value {
        cell.value.get_or_init(|| {
            Box::new(match cell.holds {
                Holds::Nothing | Holds::Document => Value::Null,
                Holds::Truth(it) => Value::Bool(it),
                Holds::Number(from, to) => {
                    serde_json::from_str(self.text(from, to)).unwrap_or_default()
                }
                Holds::Text(from, to) => Value::from(self.text(from, to)),
                Holds::List(from, to) => {
                    let items = self.items(from, to).iter();
                    Value::Array(items.map(|it| self.value(it).clone()).collect())
                }
            })
        })
    }
}

impl<'r> Row<'r> {
    /// The cell of a column; none where there is no value, and none of a column that the view does not have.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'r Value> {
        Some(self.rows.value(self.cell(column)?))
    }

    /// Every cell that has a value, with the name of its column.
    pub fn cells(&self) -> impl Iterator<Item = (&'r str, &'r Value)> + use<'r> {
        let rows = self.rows;
        let cells = rows.columns.iter().map(String::as_str).zip(self.cells);
        cells
            .filter(|(_, cell)| cell.has_value())
            .map(|(column, cell)| (column, rows.value(cell)))
    }

    /// The text of a column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'r str> {
        let cell = self.cell(column)?;
        cell.text(self.rows)
    }

    /// Each text of a column that is a collection; none of any other.
    pub fn texts(&self, column: &str) -> impl Iterator<Item = &'r str> + use<'r> {
        let rows = self.rows;
        let items = match self.cell(column).map(|it| it.holds) {
            Some(Holds::List(from, to)) => rows.items(from, to),
            Some(
                Holds::Nothing
                | Holds::Truth(_)
                | Holds::Number(..)
                | Holds::Text(..)
                | Holds::Document,
            )
            | None => &[],
        };
        items.iter().filter_map(|item| item.text(rows))
    }

    /// Yes or no, where the column says either.
    #[must_use]
    pub fn flag(&self, column: &str) -> Option<bool> {
        match self.cell(column)?.holds {
            Holds::Truth(it) => Some(it),
            Holds::Nothing
            | Holds::Number(..)
            | Holds::Text(..)
            | Holds::List(..)
            | Holds::Document => None,
        }
    }

    /// The digits of a number as they were written.
    #[must_use]
    pub fn digits(&self, column: &str) -> Option<&'r str> {
        match self.cell(column)?.holds {
            Holds::Number(from, to) => Some(self.rows.text(from, to)),
            Holds::Nothing
            | Holds::Truth(_)
            | Holds::Text(..)
            | Holds::List(..)
            | Holds::Document => None,
        }
    }

    /// The decimal of a column with the digits that were reported.
    #[must_use]
    pub fn decimal(&self, column: &str) -> Option<String> {
        self.digits(column).map(str::to_owned)
    }

    fn cell(&self, column: &str) -> Option<&'r Cell> {
        let cell = self.cells.get(self.rows.place(column)?);
        cell.filter(|it| it.has_value())
    }
}

impl Cell {
    fn has_value(&self) -> bool {
        !matches!(self.holds, Holds::Nothing)
    }

    fn text<'r>(&self, rows: &'r Rows) -> Option<&'r str> {
        match self.holds {
            Holds::Text(from, to) => Some(rows.text(from, to)),
            Holds::Nothing
            | Holds::Truth(_)
            | Holds::Number(..)
            | Holds::List(..)
            | Holds::Document => None,
        }
    }
}

#[cfg(test)]
mod tests;
