//! Rows of a view: what is asked for, and what comes back.
//!
//! A view is declared in the manifest under `views`; its columns are all that crosses. In a call about a patient rows are
//! of that patient, and one view is read on by [`ViewQuery::offset`]. In a call about a site, as a worklist is, they are of
//! the patients whom the site cares for, and one view is read on by [`ViewQuery::page`].

use serde_json::{Map, Value, json};

use crate::Failure;

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

/// Rows of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    columns: Vec<String>,
    values: Vec<Vec<Value>>,
    /// Whether rows follow: ask again with a larger offset, or about a site with `next`.
    pub more: bool,
    /// Where they begin, in a call about a site. A page can be short, or empty, while rows follow.
    pub next: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    columns: &'r [String],
    values: &'r [Value],
}

impl Rows {
    /// Reads rows/1.
    ///
    /// # Errors
    /// `fault` when it is none.
    pub fn from_json(document: Value) -> Result<Self, Failure> {
        let wrong = || Failure::fault("the rows from the host do not follow rows/1");
        let Value::Object(mut members) = document else {
            return Err(wrong());
        };
        let mut list = |name: &str| match members.remove(name) {
            Some(Value::Array(items)) => Ok(items),
            Some(_) | None => Err(wrong()),
        };
        let columns = list("columns")?.into_iter().map(|name| match name {
            Value::String(name) => Ok(name),
            _ => Err(wrong()),
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let values = list("values")?.into_iter().map(|row| match row {
            Value::Array(cells) if cells.len() == columns.len() => Ok(cells),
            _ => Err(wrong()),
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let more = members.get("more").and_then(Value::as_bool);
        let next = match members.remove("next") {
            None => None,
            Some(Value::String(next)) => Some(next),
            Some(_) => return Err(wrong()),
        };
        Ok(Self {
            columns,
            values,
            more: more.ok_or_else(wrong)?,
            next,
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        let columns = &self.columns;
        self.values
            .iter()
            .map(move |values| Row { columns, values })
    }
}

impl<'r> Row<'r> {
    /// The cell of a column; none where there is no value, and none of a column that the view does not have.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'r Value> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at).filter(|value| !value.is_null())
    }

    /// Every cell that has a value, with the name of its column.
    pub fn cells(&self) -> impl Iterator<Item = (&'r str, &'r Value)> + use<'r> {
        let cells = self.columns.iter().map(String::as_str).zip(self.values);
        cells.filter(|(_, value)| !value.is_null())
    }

    /// The text of a column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'r str> {
        self.get(column)?.as_str()
    }

    /// The decimal of a column with the digits that were reported.
    #[must_use]
    pub fn decimal(&self, column: &str) -> Option<String> {
        let number = self.get(column)?.as_number()?;
        Some(number.to_string())
    }
}

#[cfg(test)]
mod tests;
