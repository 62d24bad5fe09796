//! Cumulative results and trends.
//!
//! A cell holds a value or the reason why there is none; a trend has one unit.

use serde_json::Value;

use crate::Parameters;
use crate::screen::value::{Absent, Comparator, Interpretation, Range, Status};
use crate::screen::{Member, nodes, objects};

nodes! {
    /// Cumulative results: tests down, specimens across, the newest on the right.
    "result-grid" leaf ResultGrid(caption: String, columns: Vec<Column>, groups: Vec<Group>) {}
    /// Points joined by straight lines, oldest first.
    "trend" leaf Trend(title: String, unit: String, points: Vec<Point>) {
        /// What the line shows, for somebody who does not see it.
        description: String,
        /// The reference range.
        band: Band,
        /// Labelled levels.
        thresholds: Vec<Threshold>,
    }
}

objects! {
    /// One specimen; `when` is a FHIR dateTime.
    Column(id: String, when: String) {
        /// Where it was taken: C3, GP.
        place: String,
        /// Small words below.
        note: String,
        /// Not yet acknowledged by anybody.
        unacknowledged: bool,
    }
    /// Rows under one title.
    Group(title: String, rows: Vec<GridRow>) {}
    /// One test.
    GridRow(label: String, cells: Vec<GridCell>) {
        /// The reference range.
        range: Range,
        /// Unit of every cell.
        unit: String,
        /// Whether a sparkline is drawn.
        trend: bool,
        /// The row to look at first.
        strong: bool,
    }
    /// One point; `when` a FHIR dateTime, `value` a decimal as reported.
    Point(when: String, value: String) {
        /// When the value is only known to be below or above.
        comparator: Comparator,
        /// What the laboratory or a rule said.
        interpretation: Interpretation,
        /// The resource it is in.
        resource: String,
    }
    /// A pale labelled band; either end may be left open.
    Band(label: String) {
        /// Lower end.
        low: String,
        /// Upper end.
        high: String,
    }
    /// A labelled level.
    Threshold(value: String, label: String) {}
}

/// One cell: a value as reported, or the reason why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct GridCell(serde_json::Map<String, Value>);

impl GridCell {
    /// A value as reported: `171`, `<0.5`, `Haemolysed`.
    pub fn value(column: impl Into<String>, value: impl Into<String>) -> Self {
        Self::with(column, "value", Value::String(value.into()))
    }

    /// No value, and why.
    pub fn absent(column: impl Into<String>, why: Absent) -> Self {
        Self::with(column, "absent", Member::value(why))
    }

    fn with(column: impl Into<String>, name: &str, value: Value) -> Self {
        let mut members = serde_json::Map::new();
        members.insert("column".into(), Value::String(column.into()));
        members.insert(name.into(), value);
        Self(members)
    }

    fn and(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }

    /// What the laboratory or a rule said.
    #[must_use]
    pub fn interpretation(self, interpretation: Interpretation) -> Self {
        self.and("interpretation", Member::value(interpretation))
    }

    /// The status of the result.
    #[must_use]
    pub fn status(self, status: Status) -> Self {
        self.and("status", Member::value(status))
    }

    /// Small words.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        self.and("note", Value::String(note.into()))
    }

    /// The resource it is in, `Observation/…`.
    #[must_use]
    pub fn resource(self, reference: impl Into<String>) -> Self {
        self.and("resource", Value::String(reference.into()))
    }
}

impl Member for GridCell {
    fn value(self) -> Value {
        Value::Object(self.0)
    }
}

impl GridRow {
    /// Where the test's own screen is.
    #[must_use]
    pub fn link(mut self, screen: &str, parameters: &Parameters) -> Self {
        self.0.insert(
            "link".into(),
            serde_json::json!({ "screen": screen, "parameters": parameters.to_json() }),
        );
        self
    }
}

impl ResultGrid {
    /// Where earlier columns are, in words that say how many.
    #[must_use]
    pub fn earlier(mut self, text: &str, screen: &str, parameters: &Parameters) -> Self {
        let link = serde_json::json!({ "text": text, "screen": screen, "parameters": parameters.to_json() });
        self.0.members.insert("earlier".into(), link);
        self
    }
}
