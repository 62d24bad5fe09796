//! Views: SQL-on-FHIR v2 ViewDefinitions, compiled once, that make rows of a resource.
//!
//! Invariant: every row of a view has a cell for each of its columns, in their order; a resource either gives all its rows
//! or an error that says which column could not be told.

mod read;

use serde_json::{Number, Value};

use crate::path::item::{Element, Item};
use crate::path::{EvaluateError, Expression};
use crate::resource::{Resource, ResourceType};

/// Rows that one resource may give: what several `forEach` beside each other multiply to.
pub const ROWS_MAX: usize = 10_000;
/// Columns of a view.
pub const COLUMNS_MAX: usize = 200;
/// How deep selections may lie in each other, and how deep `repeat` goes down.
pub const DEPTH_MAX: usize = 12;

/// A compiled ViewDefinition.
#[derive(Clone, Debug)]
pub struct View {
    /// The type of which it makes rows.
    pub resource_type: ResourceType,
    /// What it calls itself.
    pub name: Option<String>,
    columns: Vec<Column>,
    filters: Vec<Expression>,
    selects: Vec<Select>,
}

/// A column of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: a letter, then letters, digits and underscores.
    pub name: String,
    /// The FHIR type of its cells, for example `decimal`, where the view says it.
    pub kind: Option<String>,
    /// Whether a cell holds a list.
    pub is_collection: bool,
    /// What it holds, in words.
    pub description: Option<String>,
}

/// One selection: from what it is made, and what it puts beside each other.
#[derive(Clone, Debug)]
struct Select {
    foci: Foci,
    cells: Vec<Cell>,
    selects: Vec<Select>,
    union: Vec<Select>,
    /// How many columns all of it has.
    width: usize,
}

/// From what a selection makes rows.
#[derive(Clone, Debug)]
enum Foci {
    /// What it lies in.
    This,
    /// Each of these; no row where there is none.
    Each(Expression),
    /// Each of these; a row without values where there is none.
    EachOrNull(Expression),
    /// What these find, and what they find there, and so on down.
    Repeat(Vec<Expression>),
}

/// One cell of a row.
#[derive(Clone, Debug)]
struct Cell {
    name: String,
    path: Expression,
    is_collection: bool,
}

/// Why a document is no view.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct ViewError {
    /// Where in the document, as FHIRPath writes it: `ViewDefinition.select[0].column[1].path`.
    pub at: String,
    /// What is wrong, and what to write.
    pub what: String,
}

/// Why a resource gives no rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// A path has no answer for the resource.
    #[error("{what}: {source}")]
    Path {
        /// Which column, filter or `forEach`.
        what: String,
        /// Why.
        source: EvaluateError,
    },
    /// Several values where the column takes one.
    #[error(
        "column `{column}` takes one value and found {found}: make it a `collection` or ask for one of them"
    )]
    Several {
        /// Which.
        column: String,
        /// How many there are.
        found: usize,
    },
    /// A value that is no primitive.
    #[error("column `{column}` found {kind}, which is not a value: ask for what is in it")]
    NotValue {
        /// Which.
        column: String,
        /// A FHIR type.
        kind: String,
    },
    /// A filter that gives something else than a truth.
    #[error("`where` must give true, false or nothing: `{0}` gives something else")]
    NotTruth(String),
    /// More than `ROWS_MAX`.
    #[error("one resource gives more than {ROWS_MAX} rows")]
    TooMany,
    /// `repeat` goes down more than `DEPTH_MAX`.
    #[error("`repeat` goes down more than {DEPTH_MAX} levels")]
    TooDeep,
}

impl View {
    /// Compiles a ViewDefinition.
    ///
    /// # Errors
    /// [`ViewError`] with the place of the first thing that is wrong.
    pub fn parse(document: &Value) -> Result<Self, ViewError> {
        read::view(document)
    }

    /// What the cells of every row are, in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether every resource of its type gives exactly one row.
    pub fn is_one_row_each(&self) -> bool {
        self.filters.is_empty() && self.selects.iter().all(Select::is_one_row)
    }

    /// The rows of one resource: none where it is of another type or a filter leaves it out. A cell is a JSON primitive,
    /// null where there is no value, or a list of primitives in a column that is a collection.
    ///
    /// # Errors
    /// [`RowError`] names the column or filter that has no answer.
    pub fn rows(&self, resource: &Resource) -> Result<Vec<Vec<Value>>, RowError> {
        if resource.resource_type() != self.resource_type {
            return Ok(Vec::new());
        }
        let whole = Whole { resource };
        let this = Item::Element(Element::of_resource(resource));
        for filter in &self.filters {
            if !whole.holds(filter, &this)? {
                return Ok(Vec::new());
            }
        }
        whole.beside(&self.selects, &this, 0, Vec::new())
    }
}

impl Select {
    fn is_one_row(&self) -> bool {
        let itself = matches!(self.foci, Foci::This) && self.union.is_empty();
        itself && self.selects.iter().all(Self::is_one_row)
    }
}

/// The resource of which rows are made.
struct Whole<'v> {
    resource: &'v Resource,
}

type Rows = Vec<Vec<Value>>;

impl<'v> Whole<'v> {
    fn evaluate(
        &self,
        path: &Expression,
        this: &Item<'v>,
        row: usize,
        what: impl Fn() -> String,
    ) -> Result<Vec<Item<'v>>, RowError> {
        path.evaluate_row(self.resource.value(), this, row)
            .map_err(|source| RowError::Path {
                what: what(),
                source,
            })
    }

    fn holds(&self, filter: &Expression, this: &Item<'v>) -> Result<bool, RowError> {
        let found = self.evaluate(filter, this, 0, || format!("where `{}`", filter.text()))?;
        match found.as_slice() {
            [] => Ok(false),
            [one] => one
                .truth()
                .ok_or_else(|| RowError::NotTruth(filter.text().to_owned())),
            _ => Err(RowError::NotTruth(filter.text().to_owned())),
        }
    }

    /// The rows of selections that stand beside each other: every row of one with every row of the next.
    fn beside(
        &self,
        selects: &[Select],
        this: &Item<'v>,
        row: usize,
        first: Vec<Value>,
    ) -> Result<Rows, RowError> {
        let mut rows = vec![first];
        for select in selects {
            let more = self.rows(select, this, row)?;
            rows = multiplied(rows, &more)?;
            if rows.is_empty() {
                break;
            }
        }
        Ok(rows)
    }

    fn rows(&self, select: &Select, this: &Item<'v>, row: usize) -> Result<Rows, RowError> {
        let each = |path: &Expression| {
            self.evaluate(path, this, row, || format!("forEach `{}`", path.text()))
        };
        let foci = match &select.foci {
            Foci::This => return self.of_one(select, this, row),
            Foci::Each(path) => each(path)?,
            Foci::EachOrNull(path) => {
                let found = each(path)?;
                if found.is_empty() {
                    return Ok(vec![vec![Value::Null; select.width]]);
                }
                found
            }
            Foci::Repeat(paths) => {
                let mut found = Vec::new();
                self.repeated(paths, this, 0, &mut found)?;
                found
            }
        };
        let mut rows = Vec::new();
        for (row, focus) in foci.iter().enumerate() {
            rows.append(&mut self.of_one(select, focus, row)?);
            within(rows.len())?;
        }
        Ok(rows)
    }

    /// What the paths find, each followed at once by what they find in it.
    fn repeated(
        &self,
        paths: &[Expression],
        this: &Item<'v>,
        depth: usize,
        found: &mut Vec<Item<'v>>,
    ) -> Result<(), RowError> {
        if depth > DEPTH_MAX {
            return Err(RowError::TooDeep);
        }
        for path in paths {
            for item in self.evaluate(path, this, 0, || format!("repeat `{}`", path.text()))? {
                found.push(item.clone());
                within(found.len())?;
                self.repeated(paths, &item, depth + 1, found)?;
            }
        }
        Ok(())
    }

    /// The rows of a selection at one item.
    fn of_one(&self, select: &Select, this: &Item<'v>, row: usize) -> Result<Rows, RowError> {
        let mut cells = Vec::with_capacity(select.width);
        for cell in &select.cells {
            cells.push(self.cell(cell, this, row)?);
        }
        let rows = self.beside(&select.selects, this, row, cells)?;
        if select.union.is_empty() || rows.is_empty() {
            return Ok(rows);
        }
        let mut all = Vec::new();
        for branch in &select.union {
            all.append(&mut self.rows(branch, this, row)?);
            within(all.len())?;
        }
        multiplied(rows, &all)
    }

    fn cell(&self, cell: &Cell, this: &Item<'v>, row: usize) -> Result<Value, RowError> {
        let found = self.evaluate(&cell.path, this, row, || format!("column `{}`", cell.name))?;
        if cell.is_collection {
            let each = found.iter().map(|item| value(item, cell));
            return Ok(Value::Array(each.collect::<Result<_, _>>()?));
        }
        match found.as_slice() {
            [] => Ok(Value::Null),
            [one] => value(one, cell),
            _ => Err(RowError::Several {
                column: cell.name.clone(),
                found: found.len(),
            }),
        }
    }
}

/// Every row of the one with every row of the other behind it; the rows of the other change fastest.
fn multiplied(rows: Rows, more: &Rows) -> Result<Rows, RowError> {
    within(rows.len().saturating_mul(more.len()))?;
    if let [one] = more.as_slice() {
        let mut rows = rows;
        rows.iter_mut().for_each(|row| row.extend_from_slice(one));
        return Ok(rows);
    }
    let pairs = rows
        .iter()
        .flat_map(|row| more.iter().map(move |other| (row, other)));
    Ok(pairs
        .map(|(row, other)| row.iter().chain(other).cloned().collect())
        .collect())
}

fn within(rows: usize) -> Result<(), RowError> {
    if rows > ROWS_MAX {
        return Err(RowError::TooMany);
    }
    Ok(())
}

/// The JSON of a primitive.
fn value(item: &Item<'_>, cell: &Cell) -> Result<Value, RowError> {
    let not_value = |kind: &str| RowError::NotValue {
        column: cell.name.clone(),
        kind: kind.to_owned(),
    };
    match item {
        Item::Element(element) => match element.value {
            Value::Array(_) | Value::Object(_) => {
                Err(not_value(element.type_name().unwrap_or("an element")))
            }
            plain => Ok(plain.clone()),
        },
        Item::Resolved { .. } => Err(not_value("a resource")),
        Item::Boolean(value) => Ok(Value::Bool(*value)),
        Item::Integer(value) => Ok(Value::from(*value)),
        Item::Decimal(value) => Ok(decimal(*value)),
        Item::Text(text) | Item::Moment(text, _) => Ok(Value::String(text.to_string())),
    }
}

/// A computed decimal, without what binary arithmetic adds behind its fifteenth digit.
fn decimal(value: f64) -> Value {
    let digits = format!("{value:.14e}").parse::<f64>().unwrap_or(value);
    let text = digits.to_string();
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests;
