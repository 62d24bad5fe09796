//! Nodes that carry clinical values: one value, tables, cumulative results, trends.
//!
//! Invariant: as its parent's.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    Absent, Coded, Comparator, Interpretation, Kind, LinkValue, Range, Status, Target, Tone, Value,
};
use crate::screen::check::{Wrong, each, unique, within};
use crate::screen::word::{Decimal, Line, Reference, Short, When, Word};

#[derive(Debug, Deserialize)]
pub(crate) struct ClinicalValue {
    pub(crate) label: Line,
    pub(crate) value: Value,
    pub(crate) interpretation: Option<Interpretation>,
    pub(crate) range: Option<Range>,
    pub(crate) status: Option<Status>,
    pub(crate) when: Option<When>,
    pub(crate) source: Option<Line>,
    pub(crate) previous: Option<Previous>,
}

impl Kind for ClinicalValue {
    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.extend(self.value.reference());
        found.extend(self.previous.as_ref().and_then(|it| it.value.reference()));
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Previous {
    pub(crate) value: Value,
    pub(crate) when: Option<When>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Datetime {
    pub(crate) label: Option<Line>,
    pub(crate) value: When,
}

impl Kind for Datetime {}

#[derive(Debug, Deserialize)]
pub(crate) struct CodedConcept {
    pub(crate) label: Option<Line>,
    pub(crate) coded: Coded,
}

impl Kind for CodedConcept {}

#[derive(Debug, Deserialize)]
pub(crate) struct PatientRef {
    pub(crate) reference: Reference,
}

impl Kind for PatientRef {
    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.push(&self.reference);
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ActorRef {
    pub(crate) label: Option<Line>,
    pub(crate) reference: Reference,
}

impl Kind for ActorRef {
    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.push(&self.reference);
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Table {
    pub(crate) caption: Line,
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) rows: Vec<TableRow>,
    pub(crate) empty: Option<Line>,
}

impl Kind for Table {
    fn sound(&self) -> Result<(), Wrong> {
        const ROWS_MAX: usize = 1_000;
        within("columns", self.columns.len(), 1, 20)?;
        within("rows", self.rows.len(), 0, ROWS_MAX)?;
        unique("columns", self.columns.iter().map(|column| &column.id))?;
        each("rows", &self.rows, |row| {
            if row.cells.len() == self.columns.len() {
                return Ok(());
            }
            let n = self.columns.len();
            Err(Wrong::here(format!(
                "has not one cell for each of the {n} columns"
            )))
        })
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        found.extend(cells.filter_map(Value::reference));
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableColumn {
    pub(crate) id: Word,
    pub(crate) heading: Line,
    #[serde(default)]
    pub(crate) align: Align,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Align {
    #[default]
    Start,
    End,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableRow {
    pub(crate) cells: Vec<Value>,
    #[serde(default)]
    pub(crate) tone: Tone,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ResultGrid {
    pub(crate) caption: Line,
    pub(crate) columns: Vec<GridColumn>,
    pub(crate) groups: Vec<GridGroup>,
    pub(crate) earlier: Option<LinkValue>,
}

impl Kind for ResultGrid {
    fn sound(&self) -> Result<(), Wrong> {
        grid(&self.columns, &self.groups)
    }

    fn cells(&self) -> usize {
        cells(&self.columns, &self.groups)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridColumn {
    pub(crate) id: Word,
    pub(crate) when: When,
    pub(crate) place: Option<Short>,
    pub(crate) note: Option<Line>,
    #[serde(default)]
    pub(crate) new: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridGroup {
    pub(crate) title: Line,
    pub(crate) rows: Vec<GridRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridRow {
    pub(crate) label: Line,
    pub(crate) link: Option<Target>,
    pub(crate) range: Option<Range>,
    pub(crate) unit: Option<Short>,
    #[serde(default)]
    pub(crate) trend: bool,
    #[serde(default)]
    pub(crate) strong: bool,
    pub(crate) cells: Vec<GridCell>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridCell {
    pub(crate) column: Word,
    pub(crate) value: Option<Line>,
    pub(crate) absent: Option<Absent>,
    pub(crate) interpretation: Option<Interpretation>,
    pub(crate) status: Option<Status>,
    pub(crate) note: Option<Line>,
    #[expect(
        dead_code,
        reason = "the record's page of one result, to which it will lead, is yet to come"
    )]
    pub(crate) resource: Option<Reference>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Trend {
    pub(crate) title: Line,
    pub(crate) unit: Short,
    pub(crate) description: Option<Line>,
    pub(crate) points: Vec<Point>,
    pub(crate) band: Option<Band>,
    #[serde(default)]
    pub(crate) thresholds: Vec<Threshold>,
}

impl Kind for Trend {
    fn sound(&self) -> Result<(), Wrong> {
        within("points", self.points.len(), 0, 1_000)?;
        within("thresholds", self.thresholds.len(), 0, 10)?;
        in_order("points", self.points.iter().map(|it| &it.when))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    pub(crate) when: When,
    pub(crate) value: Decimal,
    pub(crate) comparator: Option<Comparator>,
    pub(crate) interpretation: Option<Interpretation>,
    #[expect(
        dead_code,
        reason = "the record's page of one result, to which it will lead, is yet to come"
    )]
    pub(crate) resource: Option<Reference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Band {
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
    pub(crate) label: Line,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Threshold {
    pub(crate) value: Decimal,
    pub(crate) label: Line,
}

/// Times that run one way only, as what is drawn along them has to.
pub(super) fn in_order<'a>(what: &str, times: impl Iterator<Item = &'a When>) -> Result<(), Wrong> {
    let mut before = i64::MIN;
    for (at, when) in times.enumerate() {
        let now = when.first_ms();
        if now < before {
            let said = "must be in order of time, the oldest first";
            return Err(Wrong::at(
                format!("{what}[{at}].when"),
                format!("{what} {said}"),
            ));
        }
        before = now;
    }
    Ok(())
}

/// Columns of time with rows of cells under them.
pub(super) fn grid(columns: &[GridColumn], groups: &[GridGroup]) -> Result<(), Wrong> {
    const COLUMNS_MAX: usize = 60;
    within("columns", columns.len(), 0, COLUMNS_MAX)?;
    within("groups", groups.len(), 0, 60)?;
    let ids = unique("columns", columns.iter().map(|column| &column.id))?;
    in_order("columns", columns.iter().map(|column| &column.when))?;
    each("groups", groups, |group| {
        within("rows", group.rows.len(), 0, 200)?;
        each("rows", &group.rows, |row| grid_row(row, &ids))
    })
}

/// How many cells that makes.
pub(super) fn cells(columns: &[GridColumn], groups: &[GridGroup]) -> usize {
    let rows: usize = groups.iter().map(|group| group.rows.len()).sum();
    columns.len() * rows
}

fn grid_row(row: &GridRow, columns: &BTreeSet<&str>) -> Result<(), Wrong> {
    unique(
        "cells in the column",
        row.cells.iter().map(|cell| &cell.column),
    )?;
    each("cells", &row.cells, |cell| {
        let column = cell.column.as_str();
        if !columns.contains(column) {
            return Err(Wrong::at("column", format!("{column} is no column")));
        }
        if cell.value.is_some() == cell.absent.is_some() {
            return Err(Wrong::here("needs exactly one of value and absent"));
        }
        Ok(())
    })
}
