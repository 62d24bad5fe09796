//! Nodes that carry clinical values: one value, tables, cumulative results, trends.
//!
//! Invariant: as its parent's.

use serde::Deserialize;

use super::{
    Absent, Coded, Comparator, Interpretation, LinkValue, Range, Status, Target, Tone, Value,
};
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

#[derive(Debug, Deserialize)]
pub(crate) struct CodedConcept {
    pub(crate) label: Option<Line>,
    pub(crate) coded: Coded,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PatientRef {
    pub(crate) reference: Reference,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ActorRef {
    pub(crate) label: Option<Line>,
    pub(crate) reference: Reference,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Table {
    pub(crate) caption: Line,
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) rows: Vec<TableRow>,
    pub(crate) empty: Option<Line>,
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
