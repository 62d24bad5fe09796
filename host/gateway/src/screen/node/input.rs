//! Nodes by which a person answers: forms, inputs, buttons, links; and the kinds that this host does not know.
//!
//! Invariant: as its parent's.

use serde::{Deserialize, Serialize};

use super::{At, Node, Parameters};
use crate::screen::word::{Decimal, Line, Short, Text, When, Word};

#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    pub(crate) action: Word,
    pub(crate) title: Option<Line>,
    #[serde(default)]
    pub(crate) carries: Parameters,
    #[serde(default)]
    pub(crate) seen: Vec<Seen>,
    pub(crate) children: Vec<At>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    pub(crate) resource: String,
    pub(crate) version: String,
}

/// What every input has.
#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    pub(crate) field: Word,
    pub(crate) label: Line,
    pub(crate) hint: Option<Line>,
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) error: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputText {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<Text>,
    pub(crate) lines: Option<u8>,
    pub(crate) length_max: Option<u16>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputNumber {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<Decimal>,
    pub(crate) unit: Option<Short>,
    pub(crate) min: Option<Decimal>,
    pub(crate) max: Option<Decimal>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputDate {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) value: Option<When>,
    #[serde(default)]
    pub(crate) time: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputChoice {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) options: Vec<Choice>,
    pub(crate) value: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputChecks {
    #[serde(flatten)]
    pub(crate) input: Input,
    pub(crate) options: Vec<Choice>,
    #[serde(default)]
    pub(crate) value: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    pub(crate) value: Line,
    pub(crate) label: Line,
    pub(crate) hint: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Action {
    pub(crate) label: Line,
    pub(crate) action: Option<Word>,
    #[serde(default)]
    pub(crate) secondary: bool,
    pub(crate) confirm: Option<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) text: Line,
    pub(crate) screen: Word,
    #[serde(default)]
    pub(crate) parameters: Parameters,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Unknown {
    pub(crate) fallback: Option<Text>,
}

/// What a node asks for, where it is an input.
pub(crate) fn input(node: &Node) -> Option<&Input> {
    match node {
        Node::InputText(it) => Some(&it.input),
        Node::InputNumber(it) => Some(&it.input),
        Node::InputDate(it) => Some(&it.input),
        Node::InputChoice(it) => Some(&it.input),
        Node::InputChecks(it) => Some(&it.input),
        Node::Section(_)
        | Node::Columns(_)
        | Node::Card(_)
        | Node::Details(_)
        | Node::SummaryList(_) => None,
        Node::Heading(_)
        | Node::Paragraph(_)
        | Node::List(_)
        | Node::Inset(_)
        | Node::WarningCallout(_) => None,
        Node::Tag(_) | Node::Alert(_) | Node::Notification(_) | Node::EmptyState(_) => None,
        Node::ClinicalValue(_)
        | Node::Datetime(_)
        | Node::CodedConcept(_)
        | Node::PatientRef(_) => None,
        Node::ActorRef(_)
        | Node::Table(_)
        | Node::ResultGrid(_)
        | Node::Trend(_)
        | Node::Form(_) => None,
        Node::Action(_) | Node::Link(_) | Node::Unknown(_) => None,
    }
}
