//! The kinds of node that a screen is made of, as `wit/schemas/screen-1.json` has them.
//!
//! Invariant: a node that exists has every member that its kind requires, each within its bounds.

mod clinical;
mod input;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use clinical::{
    ActorRef, Align, ClinicalValue, CodedConcept, Datetime, GridCell, GridColumn, GridRow,
    PatientRef, Point, ResultGrid, Table, Trend,
};
pub(crate) use input::{
    Action, Choice, Form, Input, InputChecks, InputChoice, InputDate, InputNumber, InputText, Link,
    Seen, Unknown, input,
};

use super::word::{Decimal, Line, Reference, Short, Text, When, Word};

/// Index of a node in its screen.
pub(crate) type At = usize;

/// Parameters of a screen, by name.
pub(crate) type Parameters = BTreeMap<String, String>;

/// One node of a screen.
#[derive(Debug)]
pub(crate) enum Node {
    Section(Section),
    Columns(Columns),
    Card(Card),
    Details(Details),
    SummaryList(SummaryList),
    Heading(Heading),
    Paragraph(Inline),
    List(List),
    Inset(Boxed),
    WarningCallout(Callout),
    Tag(Tag),
    Alert(Alert),
    Notification(Notification),
    EmptyState(Callout),
    ClinicalValue(Box<ClinicalValue>),
    Datetime(Datetime),
    CodedConcept(CodedConcept),
    PatientRef(PatientRef),
    ActorRef(ActorRef),
    Table(Table),
    ResultGrid(ResultGrid),
    Trend(Trend),
    Form(Form),
    InputText(InputText),
    InputNumber(InputNumber),
    InputDate(InputDate),
    InputChoice(InputChoice),
    InputChecks(InputChecks),
    Action(Action),
    Link(Link),
    /// A kind that this host does not know: shown as its fallback, or as a part that cannot be displayed.
    Unknown(Unknown),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tone {
    #[default]
    Neutral,
    Information,
    Success,
    Warning,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Absent {
    NotRecorded,
    NoneKnown,
    Unknown,
    Unavailable,
    Withheld,
    NotRequested,
    NotReported,
    NotApplicable,
    Pending,
    Unsuitable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Interpretation {
    Normal,
    Low,
    High,
    CriticalLow,
    CriticalHigh,
    Abnormal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Registered,
    Preliminary,
    Final,
    Amended,
    Corrected,
    Cancelled,
    EnteredInError,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Mandatory,
    Prohibited,
    Warning,
    Information,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Comparator {
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quantity {
    pub(crate) value: Decimal,
    pub(crate) unit: Option<Short>,
    pub(crate) comparator: Option<Comparator>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
    pub(crate) unit: Option<Short>,
    pub(crate) population: Option<Line>,
    pub(crate) text: Option<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coded {
    pub(crate) display: Line,
    pub(crate) system: Option<Line>,
    pub(crate) code: Option<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagValue {
    pub(crate) text: Line,
    #[serde(default)]
    pub(crate) tone: Tone,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkValue {
    pub(crate) text: Line,
    pub(crate) screen: Word,
    #[serde(default)]
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) screen: Word,
    #[serde(default)]
    pub(crate) parameters: Parameters,
}

/// One typed value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Value {
    Text(Text),
    Number(Decimal),
    Boolean(bool),
    Date(When),
    Quantity(Quantity),
    Coded(Coded),
    Patient(Reference),
    Actor(Reference),
    Tag(TagValue),
    Link(LinkValue),
    Absent(Absent),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) value: Value,
    #[serde(default)]
    pub(crate) strong: bool,
}

/// Words: exactly one of the two.
#[derive(Debug, Deserialize)]
pub(crate) struct Inline {
    pub(crate) text: Option<Text>,
    pub(crate) parts: Option<Vec<Part>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Section {
    pub(crate) heading: Option<Line>,
    pub(crate) note: Option<Line>,
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Columns {
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) heading: Option<Line>,
    pub(crate) note: Option<Line>,
    #[serde(default)]
    pub(crate) tone: Tone,
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Details {
    pub(crate) summary: Line,
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SummaryList {
    pub(crate) rows: Vec<SummaryRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryRow {
    pub(crate) label: Line,
    pub(crate) value: Value,
    pub(crate) note: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Heading {
    pub(crate) text: Line,
}

#[derive(Debug, Deserialize)]
pub(crate) struct List {
    #[serde(default)]
    pub(crate) ordered: bool,
    pub(crate) items: Vec<Inline>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Boxed {
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Callout {
    pub(crate) title: Line,
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tag {
    pub(crate) text: Line,
    #[serde(default)]
    pub(crate) tone: Tone,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Alert {
    pub(crate) level: Level,
    pub(crate) title: Line,
    #[serde(flatten)]
    pub(crate) words: Inline,
    #[serde(default)]
    pub(crate) children: Vec<At>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Notification {
    pub(crate) title: Line,
    #[serde(default)]
    pub(crate) tone: Tone,
    #[serde(flatten)]
    pub(crate) words: Inline,
}
