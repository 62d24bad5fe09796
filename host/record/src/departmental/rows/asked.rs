//! What a departmental asks of a view: `view-1` JSON, read strictly, and what it says of a row.
//!
//! Invariant: a condition or an order on a column is on one that the view has; nothing that was asked for is passed over.

use std::cmp::Ordering;
use std::fmt::Display;

use fhir::date::{self, Form};
use fhir::view::View;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kept::Row;
use crate::departmental::Failure;
use crate::departmental::search::pairs;
use crate::limits::{ROWS_DEFAULT, ROWS_MAX, ROWS_SCANNED_MAX, VIEW_CONDITIONS_MAX};

/// Longest parameters, in bytes.
const PARAMETERS_BYTES_MAX: usize = 16 * 1024;

/// What is asked.
#[derive(Debug)]
pub(super) struct Asked {
    /// A FHIR search without its type, for the index.
    pub(super) search: Vec<(String, String)>,
    conditions: Vec<Condition>,
    order: Vec<By>,
    pub(super) offset: u32,
    pub(super) count: u32,
    /// Where to go on, as an answer about a site gave it.
    pub(super) page: Option<String>,
    /// All of it but which rows: what a page is a page of.
    pub(super) stands_for: String,
}

/// A column, and how its cells are compared.
#[derive(Clone, Copy, Debug)]
struct Compared {
    at: usize,
    by: Kind,
}

/// How cells are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Numbers by size, all else as text.
    Plain,
    /// By the moment at which they begin.
    Moment,
}

/// A cell by which rows are put in order.
struct SortKey<'r> {
    cell: &'r Value,
    /// The moment at which it begins, if it is one.
    begins: Option<i64>,
}

/// By which column rows are put in order.
#[derive(Debug)]
struct By {
    column: Compared,
    descending: bool,
}

/// What a column must hold.
#[derive(Debug)]
struct Condition {
    column: Compared,
    wanted: WrittenCondition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    search: String,
    #[serde(default, rename = "where")]
    conditions: Vec<WrittenCondition>,
    #[serde(default)]
    order: Vec<WrittenBy>,
    #[serde(default)]
    offset: u32,
    count: Option<u32>,
    page: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    column: String,
    #[serde(rename = "in")]
    among: Option<Vec<Value>>,
    from: Option<Value>,
    until: Option<Value>,
    absent: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WrittenBy {
    column: String,
    #[serde(default)]
    descending: bool,
}

impl Asked {
    /// Reads the parameters of a view.
    ///
    /// # Errors
    /// `invalid` with the place, `limit`.
    pub(super) fn parse(text: &str, view: &View) -> Result<Self, Failure> {
        let limit = |what: String| Err(Failure::new("limit", what));
        if text.len() > PARAMETERS_BYTES_MAX {
            return limit(format!(
                "the parameters of a view are at most {PARAMETERS_BYTES_MAX} bytes long"
            ));
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        let read: Document = serde_path_to_error::deserialize(&mut reader).map_err(|why| {
            let at = why.path().to_string();
            let at = if at == "?" { "parameters" } else { &at };
            invalid(at, why.inner())
        })?;
        if read.conditions.len() + read.order.len() > VIEW_CONDITIONS_MAX {
            return limit(format!(
                "at most {VIEW_CONDITIONS_MAX} conditions and orders are taken"
            ));
        }
        let count = read.count.unwrap_or(ROWS_DEFAULT);
        if count > ROWS_MAX || read.offset > ROWS_SCANNED_MAX {
            return limit(format!(
                "`count` is at most {ROWS_MAX}, `offset` at most {ROWS_SCANNED_MAX}"
            ));
        }
        let stands_for = json!([read.search, read.conditions, read.order]).to_string();
        let mut conditions = Vec::with_capacity(read.conditions.len());
        for (index, written) in read.conditions.into_iter().enumerate() {
            conditions.push(condition(view, written, index)?);
        }
        let mut order = Vec::with_capacity(read.order.len());
        for (index, by) in read.order.into_iter().enumerate() {
            order.push(By {
                column: column(view, &by.column, &format!("order[{index}].column"))?,
                descending: by.descending,
            });
        }
        Ok(Self {
            search: pairs(&read.search).map_err(|what| invalid("search", &what))?,
            conditions,
            order,
            offset: read.offset,
            count,
            page: read.page,
            stands_for,
        })
    }

    /// Whether every resource has to be looked at before the first row can be told.
    pub(super) fn reads_all(&self) -> bool {
        !self.conditions.is_empty() || self.is_ordered()
    }

    /// Whether an order of columns is asked for.
    pub(super) fn is_ordered(&self) -> bool {
        !self.order.is_empty()
    }

    /// How many rows there are up to the last one that is asked for.
    pub(super) fn last(&self) -> u32 {
        self.offset.saturating_add(self.count)
    }

    /// Whether a row meets every condition.
    pub(super) fn holds(&self, row: &[Value]) -> bool {
        self.conditions.iter().all(|condition| condition.holds(row))
    }

    /// The rows that meet every condition, in the order asked for.
    pub(super) fn chosen<'r>(&self, rows: impl Iterator<Item = &'r Row>) -> Vec<&'r Row> {
        let rows = rows.filter(|row| self.conditions.is_empty() || self.holds(&row.cells));
        if !self.is_ordered() {
            return rows.collect();
        }
        let keyed = rows.map(|row| {
            let keys = self.order.iter().map(|by| by.column.key(&row.cells));
            (keys.collect::<Vec<_>>(), row)
        });
        let mut keyed: Vec<(Vec<SortKey<'r>>, &'r Row)> = keyed.collect();
        keyed.sort_by(|(one, _), (other, _)| self.compare(one, other));
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    /// Which of two rows comes first, by their keys; what has no value comes last either way.
    fn compare(&self, one: &[SortKey<'_>], other: &[SortKey<'_>]) -> Ordering {
        let pairs = one.iter().zip(other).zip(&self.order);
        let mut each = pairs.map(|((one, other), by)| match (one.cell, other.cell) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            (_, _) if by.descending => other.compare(one),
            (_, _) => one.compare(other),
        });
        let told = each.find(|ordering| ordering.is_ne());
        told.unwrap_or(Ordering::Equal)
    }
}

impl Compared {
    /// A row has a cell for every column of its view.
    fn of(self, row: &[Value]) -> &Value {
        row.get(self.at).unwrap_or(&Value::Null)
    }

    /// What a row is put in order by; a moment is read once.
    fn key(self, row: &[Value]) -> SortKey<'_> {
        let cell = self.of(row);
        SortKey {
            cell,
            begins: match self.by {
                Kind::Moment => begins(cell),
                Kind::Plain => None,
            },
        }
    }
}

impl SortKey<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self.begins, other.begins) {
            (Some(one), Some(other)) => one.cmp(&other),
            (Some(_) | None, _) => Kind::Plain.compare(self.cell, other.cell),
        }
    }
}

impl Condition {
    fn holds(&self, row: &[Value]) -> bool {
        let cell = self.column.of(row);
        let WrittenCondition {
            among,
            from,
            until,
            absent,
            ..
        } = &self.wanted;
        if cell.is_null() || *absent == Some(true) {
            return cell.is_null() && *absent == Some(true);
        }
        let by = self.column.by;
        let is = |wanted: &Value| by.compare(cell, wanted).is_eq();
        let (from, until) = (from.as_ref(), until.as_ref());
        among.as_ref().is_none_or(|among| among.iter().any(is))
            && from.is_none_or(|from| by.compare(cell, from).is_ge())
            && until.is_none_or(|until| by.compare(cell, until).is_lt())
    }
}

impl Kind {
    fn compare(self, one: &Value, other: &Value) -> Ordering {
        if self == Self::Moment
            && let (Some(one), Some(other)) = (begins(one), begins(other))
        {
            return one.cmp(&other);
        }
        match (one, other) {
            (Value::Number(one), Value::Number(other)) => {
                let (one, other) = (one.as_f64(), other.as_f64());
                one.partial_cmp(&other).unwrap_or(Ordering::Equal)
            }
            (Value::String(one), Value::String(other)) => one.cmp(other),
            (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
            (one, other) => rank(one).cmp(&rank(other)),
        }
    }
}

fn begins(cell: &Value) -> Option<i64> {
    let span = date::parse(cell.as_str()?, Form::Search).ok()?;
    Some(span.low_ms)
}

/// Values of different kinds keep apart.
fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Number(_) => 1,
        Value::String(_) => 2,
        Value::Array(_) | Value::Object(_) => 3,
        Value::Null => 4,
    }
}

fn condition(view: &View, written: WrittenCondition, index: usize) -> Result<Condition, Failure> {
    let place = |member: &str| format!("where[{index}].{member}");
    let column = column(view, &written.column, &place("column"))?;
    let WrittenCondition {
        among,
        from,
        until,
        absent,
        ..
    } = &written;
    let values = among.iter().flatten().map(|value| ("in", value));
    let values = values.chain(from.iter().map(|value| ("from", value)));
    for (name, value) in values.chain(until.iter().map(|value| ("until", value))) {
        let plain = matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_));
        if !plain {
            return Err(invalid(&place(name), &"write a text, a number or a truth"));
        }
        if column.by == Kind::Moment && begins(value).is_none() {
            return Err(invalid(
                &place(name),
                &"write a date, for example 2026-04-01",
            ));
        }
    }
    if among.is_none() && from.is_none() && until.is_none() && absent.is_none() {
        let what = "write `in`, `from`, `until` or `absent`";
        return Err(invalid(&format!("where[{index}]"), &what));
    }
    Ok(Condition {
        column,
        wanted: written,
    })
}

/// Which column of the view has the name.
fn column(view: &View, name: &str, at: &str) -> Result<Compared, Failure> {
    let columns = view.columns();
    let found = columns.iter().position(|column| column.name == name);
    let Some((index, column)) = found.and_then(|index| Some((index, columns.get(index)?))) else {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let what = format!("the view has no such column; it has {}", names.join(", "));
        return Err(invalid(at, &what));
    };
    if column.is_collection {
        return Err(invalid(
            at,
            &"the column holds lists, which are not compared",
        ));
    }
    let moments = ["date", "dateTime", "instant"];
    let is_moment = column
        .kind
        .as_deref()
        .is_some_and(|kind| moments.contains(&kind));
    Ok(Compared {
        at: index,
        by: if is_moment { Kind::Moment } else { Kind::Plain },
    })
}

fn invalid(at: &str, what: &impl Display) -> Failure {
    Failure::new("invalid", format!("{at}: {what}"))
}
