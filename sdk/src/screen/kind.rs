//! Layout, text, status and plain clinical kinds of node.
//!
//! Names, and what each must have, are those of `wit/schemas/screen-1.json`.

#![expect(
    clippy::new_without_default,
    reason = "made like the kinds that need something"
)]

use serde_json::Value;

use crate::screen::value::{Coded, Fact, Interpretation, Range, Status, Tone, Words};
use crate::screen::{Member, Node, nodes, objects};

/// What an alert asks of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertLevel {
    /// This must be done.
    Mandatory,
    /// This must not be done.
    Prohibited,
    /// Take care.
    Warning,
    /// Know this.
    Information,
}

impl Member for AlertLevel {
    fn value(self) -> Value {
        Value::from(match self {
            Self::Mandatory => "mandatory",
            Self::Prohibited => "prohibited",
            Self::Warning => "warning",
            Self::Information => "information",
        })
    }
}

nodes! {
    /// A part of the screen, with or without a heading.
    "section" parent Section() {
        /// The host sets its level.
        heading: String,
        /// Small words beside the heading.
        note: String,
    }
    /// One to three children side by side where there is room.
    "columns" parent Columns() {}
    /// A card.
    "card" parent Card() {
        /// The host sets its level.
        heading: String,
        /// Small words beside the heading.
        note: String,
        /// What the card means.
        tone: Tone,
    }
    /// Closed until the reader opens it.
    "details" parent Details(summary: String) {}
    /// Labels with their values.
    "summary-list" leaf SummaryList(rows: Vec<SummaryRow>) {}
    /// A heading; the host sets its level.
    "heading" leaf Heading(text: String) {}
    /// A paragraph.
    "paragraph" leaf Paragraph(words: Words) {}
    /// A list of at least one item.
    "list" leaf List(items: Vec<Words>) {
        /// Whether the items are numbered.
        ordered: bool,
    }
    /// Words set apart.
    "inset" parent Inset(words: Words) {}
    /// A warning with a title.
    "warning-callout" parent WarningCallout(title: String, words: Words) {}
    /// A word in a box.
    "tag" leaf Tag(text: String) {
        /// What it means.
        tone: Tone,
    }
    /// An alert: shape, word and text say its level.
    "alert" parent Alert(level: AlertLevel, title: String, words: Words) {}
    /// What has just happened, after a form.
    "notification" leaf Notification(title: String, words: Words) {
        /// `Information` or `Success`.
        tone: Tone,
    }
    /// Nothing to show, and why.
    "empty-state" leaf EmptyState(title: String, words: Words) {}
    /// One clinical value with what belongs to it.
    "clinical-value" leaf ClinicalValue(label: String, value: Fact) {
        /// What the laboratory or a rule said.
        interpretation: Interpretation,
        /// The reference range.
        range: Range,
        /// The status of the result.
        status: Status,
        /// When it was observed, FHIR dateTime.
        when: String,
        /// Who or what it came from, in words.
        source: String,
        /// The resource it is in, `Observation/…`.
        resource: String,
        /// The value before it.
        previous: Previous,
    }
    /// A date or moment.
    "datetime" leaf DateTime(value: String) {
        /// What it is the time of.
        label: String,
    }
    /// A coded concept.
    "coded-concept" leaf CodedConcept(coded: Coded) {
        /// What it is.
        label: String,
    }
    /// The small patient banner.
    "patient-ref" leaf PatientRef(reference: String) {}
    /// A practitioner, role, organisation or device.
    "actor-ref" leaf ActorRef(reference: String) {
        /// What they are here.
        label: String,
    }
    /// A table; each row has one cell for each column.
    "table" leaf Table(caption: String, columns: Vec<TableColumn>, rows: Vec<TableRow>) {
        /// What is said when there is no row.
        empty: String,
    }
    /// A way to another screen of the manifest.
    "link" leaf Link(text: String, screen: String) {}
}

objects! {
    /// One label with its value.
    SummaryRow(label: String, value: Fact) {
        /// Small words below the value.
        note: String,
    }
    /// A column of a table.
    TableColumn(id: String, heading: String) {}
    /// A row of a table: one cell for each column.
    TableRow(cells: Vec<Fact>) {
        /// What the row means.
        tone: Tone,
    }
    /// The value before a clinical value.
    Previous(value: Fact) {
        /// When it was observed, FHIR dateTime.
        when: String,
    }
}

/// Panels of which one is in front: the first, until another is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Tabs(Node);

impl Tabs {
    /// With the panel that is in front at first.
    pub fn new(label: impl Into<String>, panel: impl Into<Node>) -> Self {
        Self(Node::parent("tabs")).panel(label, panel)
    }

    /// With one more panel.
    #[must_use]
    pub fn panel(mut self, label: impl Into<String>, panel: impl Into<Node>) -> Self {
        let labels = self.0.members.entry("labels");
        if let Value::Array(labels) = labels.or_insert_with(|| Value::Array(Vec::new())) {
            labels.push(Value::String(label.into()));
        }
        self.0.add(panel.into());
        self
    }
}

impl From<Tabs> for Node {
    fn from(it: Tabs) -> Self {
        it.0
    }
}

impl Link {
    /// What the screen is opened with.
    #[must_use]
    pub fn parameters(mut self, parameters: &crate::Parameters) -> Self {
        parameters.put("parameters", &mut self.0.members);
        self
    }
}

impl TableColumn {
    /// Aligned for numbers.
    #[must_use]
    pub fn of_numbers(mut self) -> Self {
        self.0.insert("align".into(), Value::from("end"));
        self
    }
}
