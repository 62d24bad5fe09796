//! Nodes that follow one patient over time, and the list of several patients who wait for somebody.
//!
//! Invariant: as its parent's; times come oldest first, so that the host alone decides which way they run.

use serde::Deserialize;

use super::clinical::{GridGroup, in_order};
use super::{Align, GridColumn, Kind, LinkValue, Point, Range, Target, Tone, Value};
use crate::screen::check::{Wrong, each, unique, within};
use crate::screen::word::{Line, Reference, Short, Text, When, Word};

#[derive(Debug, Deserialize)]
pub(crate) struct Timeline {
    pub(crate) caption: Line,
    pub(crate) items: Vec<Event>,
    pub(crate) empty: Option<Line>,
}

/// Something that happened.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) when: When,
    pub(crate) title: Line,
    pub(crate) label: Option<Line>,
    pub(crate) text: Option<Text>,
    pub(crate) by: Option<Reference>,
    #[serde(default)]
    pub(crate) tone: Tone,
    pub(crate) link: Option<Target>,
    #[expect(
        dead_code,
        reason = "the record's page of one resource, to which it will lead, is yet to come"
    )]
    pub(crate) resource: Option<Reference>,
}

impl Kind for Timeline {
    fn sound(&self) -> Result<(), Wrong> {
        within("items", self.items.len(), 0, 500)?;
        in_order("items", self.items.iter().map(|it| &it.when))
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        found.extend(self.items.iter().filter_map(|it| it.by.as_ref()));
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Worklist {
    pub(crate) caption: Line,
    /// In which order the rows are, in words.
    pub(crate) order: Line,
    pub(crate) columns: Vec<WorkColumn>,
    pub(crate) rows: Vec<Waiting>,
    pub(crate) empty: Line,
    pub(crate) more: Option<LinkValue>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkColumn {
    pub(crate) id: Word,
    pub(crate) heading: Line,
    #[serde(default)]
    pub(crate) align: Align,
}

/// A patient who waits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    pub(crate) patient: Reference,
    pub(crate) cells: Vec<Value>,
    pub(crate) priority: Option<Priority>,
    pub(crate) due: Option<When>,
    pub(crate) link: Option<LinkValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Priority {
    Emergency,
    Urgent,
    Soon,
    Routine,
}

impl Kind for Worklist {
    fn sound(&self) -> Result<(), Wrong> {
        within("columns", self.columns.len(), 0, 10)?;
        within("rows", self.rows.len(), 0, 200)?;
        unique("columns", self.columns.iter().map(|it| &it.id))?;
        each("rows", &self.rows, |row| {
            if !row.patient.as_str().starts_with("Patient/") {
                return Err(Wrong::at("patient", "must be a Patient"));
            }
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
        for row in &self.rows {
            found.push(&row.patient);
            found.extend(row.cells.iter().filter_map(Value::reference));
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Flowsheet {
    pub(crate) caption: Line,
    pub(crate) columns: Vec<GridColumn>,
    pub(crate) groups: Vec<GridGroup>,
    pub(crate) earlier: Option<LinkValue>,
}

impl Kind for Flowsheet {
    fn sound(&self) -> Result<(), Wrong> {
        super::clinical::grid(&self.columns, &self.groups)
    }

    fn cells(&self) -> usize {
        super::clinical::cells(&self.columns, &self.groups)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sparkline {
    pub(crate) label: Line,
    pub(crate) unit: Short,
    pub(crate) points: Vec<Point>,
    pub(crate) range: Option<Range>,
}

impl Kind for Sparkline {
    fn sound(&self) -> Result<(), Wrong> {
        within("points", self.points.len(), 0, 200)?;
        in_order("points", self.points.iter().map(|it| &it.when))
    }
}
