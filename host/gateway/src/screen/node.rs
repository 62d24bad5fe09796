//! The kinds of node that a screen is made of, as `wit/schemas/screen-1.json` has them.
//!
//! Invariant: a node that exists has every member that its kind requires, each within its bounds; the table of kinds below
//! is the only list of them in this host.

mod body;
mod chart;
mod clinical;
mod course;
mod flow;
mod input;
mod labour;
mod layout;
mod medicine;
mod score;

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

pub(crate) use body::{BodyMap, Image, Mark, Shape};
pub(crate) use chart::{
    Axis, BandedChart, BandedRow, Curve, CurveChart, Observed, Pair, Plotted, Stroke, Total,
};
pub(crate) use clinical::{
    ActorRef, Align, ClinicalValue, CodedConcept, Datetime, GridCell, GridColumn, GridRow,
    PatientRef, Point, ResultGrid, Table, Trend,
};
pub(crate) use course::{Event, Flowsheet, Priority, Sparkline, Timeline, Waiting, Worklist};
pub(crate) use flow::{CheckAnswers, Print, Step, StepState, TaskSteps};
pub(crate) use input::{
    Action, AttestSign, Choice, Form, Input, InputChecks, InputChoice, InputCoded, InputDate,
    InputDose, InputNhsNumber, InputNumber, InputText, Link, Seen, Unknown,
};
pub(crate) use labour::{LabourChart, Lane, LaneForm, Reading};
pub(crate) use layout::{
    Alert, Callout, Card, Columns, Details, EmptyState, Heading, Inset, List, Notification,
    Paragraph, Section, SummaryList, Tabs, Tag, WarningCallout,
};
pub(crate) use medicine::{Allergy, AllergyLabel, AllergyList, Course, MedicationLine, Severity};
pub(crate) use score::{Score, ScoreBand};

use super::ScreenError;
use super::check::Wrong;
use super::draw::Draw;
use super::word::{Decimal, Line, Reference, Short, Text, When, Word};

/// Index of a node in its screen.
pub(crate) type At = usize;

/// Parameters of a screen, by name.
pub(crate) type Parameters = BTreeMap<String, String>;

/// Parameters within their bounds: they become addresses and go through the browser.
fn parameters<'de, D: Deserializer<'de>>(from: D) -> Result<Parameters, D::Error> {
    const PARAMETERS_MAX: usize = 20;
    const PARAMETER_CHARS_MAX: usize = 2_000;
    let parameters = Parameters::deserialize(from)?;
    let long = |it: &String| it.chars().count() > PARAMETER_CHARS_MAX;
    if parameters.len() > PARAMETERS_MAX || parameters.values().any(long) {
        let what = format!(
            "must be at most {PARAMETERS_MAX} parameters of at most {PARAMETER_CHARS_MAX} characters"
        );
        return Err(D::Error::custom(what));
    }
    Ok(parameters)
}

/// What the host has to know of a node of any kind.
pub(crate) trait Kind: Debug + Draw + Sync + Send {
    /// The nodes below it.
    fn children(&self) -> &[At] {
        &[]
    }

    /// What the schema says of it beyond the types of its members.
    fn sound(&self) -> Result<(), Wrong> {
        Ok(())
    }

    /// The patients and actors that it names.
    fn references<'a>(&'a self, _found: &mut Vec<&'a Reference>) {}

    /// Cells that it draws whether the document fills them or not.
    fn cells(&self) -> usize {
        0
    }

    /// What it asks for, where it is an input.
    fn input(&self) -> Option<&Input> {
        None
    }
}

/// The kinds, each with the word that a document says and the type that is read.
macro_rules! kinds {
    ($($word:literal $name:ident)*) => {
        /// One node of a screen.
        #[derive(Debug)]
        pub(crate) enum Node {
            $($name(Box<$name>),)*
            /// A kind that this host does not know: shown as its fallback, or as a part that cannot be displayed.
            Unknown(Box<Unknown>),
        }

        impl Node {
            /// Every kind that this host draws.
            #[cfg(test)]
            pub(crate) const KINDS: &[&str] = &[$($word),*];

            /// Reads a node of a kind.
            pub(super) fn read(kind: &str, json: Json, at: &str) -> Result<Self, ScreenError> {
                Ok(match kind {
                    $($word => Self::$name(super::read::typed(json, at)?),)*
                    _ => Self::Unknown(super::read::typed(json, at)?),
                })
            }

            /// What is known of it whatever its kind.
            pub(crate) fn kind(&self) -> &dyn Kind {
                match self {
                    $(Self::$name(it) => it.as_ref(),)*
                    Self::Unknown(it) => it.as_ref(),
                }
            }
        }
    };
}

kinds! {
    "section" Section
    "columns" Columns
    "card" Card
    "details" Details
    "tabs" Tabs
    "summary-list" SummaryList
    "heading" Heading
    "paragraph" Paragraph
    "list" List
    "inset" Inset
    "warning-callout" WarningCallout
    "tag" Tag
    "alert" Alert
    "notification" Notification
    "empty-state" EmptyState
    "clinical-value" ClinicalValue
    "datetime" Datetime
    "coded-concept" CodedConcept
    "patient-ref" PatientRef
    "actor-ref" ActorRef
    "medication-line" MedicationLine
    "allergy-list" AllergyList
    "score" Score
    "table" Table
    "result-grid" ResultGrid
    "flowsheet" Flowsheet
    "timeline" Timeline
    "worklist" Worklist
    "sparkline" Sparkline
    "trend" Trend
    "banded-observation-chart" BandedChart
    "reference-curve-chart" CurveChart
    "labour-chart" LabourChart
    "body-map" BodyMap
    "form" Form
    "input-text" InputText
    "input-number" InputNumber
    "input-date" InputDate
    "input-choice" InputChoice
    "input-checks" InputChecks
    "input-nhs-number" InputNhsNumber
    "input-dose" InputDose
    "input-coded" InputCoded
    "attest-sign" AttestSign
    "task-steps" TaskSteps
    "check-answers" CheckAnswers
    "action" Action
    "link" Link
    "print" Print
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
    #[serde(default, deserialize_with = "parameters")]
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) screen: Word,
    #[serde(default, deserialize_with = "parameters")]
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

impl Value {
    /// The patient or actor that it names.
    pub(super) fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Patient(reference) | Self::Actor(reference) => Some(reference),
            Self::Text(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::Date(_)
            | Self::Quantity(_) => None,
            Self::Coded(_) | Self::Tag(_) | Self::Link(_) | Self::Absent(_) => None,
        }
    }
}

impl Inline {
    /// The patients and actors that its words name.
    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        let parts = self.parts.iter().flatten();
        found.extend(parts.filter_map(|part| part.value.reference()));
    }
}
