//! A document's JSON into typed nodes.
//!
//! Invariant: a member that is there is read or refused by its place; an unknown kind becomes `Node::Unknown`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::node::{Inline, Node, Value};
use super::word::{Line, Reference};
use super::{BYTES_MAX, NODES_MAX, Screen, ScreenError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    screen: u8,
    title: Option<Line>,
    root: usize,
}

pub(super) fn screen(document: &Json) -> Result<Screen, ScreenError> {
    let bytes = size(document);
    if bytes > BYTES_MAX {
        return Err(ScreenError::new(
            "screen",
            format!("is {bytes} bytes, and at most {BYTES_MAX} are drawn"),
        ));
    }
    let mut members = document
        .as_object()
        .cloned()
        .ok_or_else(|| ScreenError::new("screen", "must be an object"))?;
    let nodes = match members.remove("nodes") {
        Some(Json::Array(nodes)) if (1..=NODES_MAX).contains(&nodes.len()) => nodes,
        Some(Json::Array(nodes)) => {
            let what = format!("has {} nodes; a screen has 1 to {NODES_MAX}", nodes.len());
            return Err(ScreenError::new("nodes", what));
        }
        Some(_) | None => return Err(ScreenError::new("nodes", "must be an array")),
    };
    let envelope: Envelope = typed(Json::Object(members), "")?;
    if envelope.screen != 1 {
        return Err(ScreenError::new("screen", "must be 1"));
    }
    let nodes = nodes
        .into_iter()
        .enumerate()
        .map(|(at, json)| node(json, &format!("nodes[{at}]")));
    Ok(Screen {
        title: envelope.title,
        root: envelope.root,
        nodes: nodes.collect::<Result<_, _>>()?,
    })
}

fn typed<T: DeserializeOwned>(json: Json, at: &str) -> Result<T, ScreenError> {
    serde_path_to_error::deserialize(json).map_err(|why| {
        let path = why.path().to_string();
        let at = match (at, path.as_str()) {
            (at, ".") => at.to_owned(),
            ("", path) => path.to_owned(),
            (at, path) => format!("{at}.{path}"),
        };
        ScreenError::new(at, why.inner().to_string())
    })
}

fn node(json: Json, at: &str) -> Result<Node, ScreenError> {
    let kind = match json.get("kind").and_then(Json::as_str) {
        Some(kind) if is_kind(kind) => kind.to_owned(),
        Some(_) | None => {
            return Err(ScreenError::new(
                format!("{at}.kind"),
                "must be lower-case letters and hyphens, at most 40",
            ));
        }
    };
    Ok(match kind.as_str() {
        "section" => Node::Section(typed(json, at)?),
        "columns" => Node::Columns(typed(json, at)?),
        "card" => Node::Card(typed(json, at)?),
        "details" => Node::Details(typed(json, at)?),
        "summary-list" => Node::SummaryList(typed(json, at)?),
        "heading" => Node::Heading(typed(json, at)?),
        "paragraph" => Node::Paragraph(typed(json, at)?),
        "list" => Node::List(typed(json, at)?),
        "inset" => Node::Inset(typed(json, at)?),
        "warning-callout" => Node::WarningCallout(typed(json, at)?),
        "tag" => Node::Tag(typed(json, at)?),
        "alert" => Node::Alert(typed(json, at)?),
        "notification" => Node::Notification(typed(json, at)?),
        "empty-state" => Node::EmptyState(typed(json, at)?),
        "clinical-value" => Node::ClinicalValue(typed(json, at)?),
        "datetime" => Node::Datetime(typed(json, at)?),
        "coded-concept" => Node::CodedConcept(typed(json, at)?),
        "patient-ref" => Node::PatientRef(typed(json, at)?),
        "actor-ref" => Node::ActorRef(typed(json, at)?),
        "table" => Node::Table(typed(json, at)?),
        "result-grid" => Node::ResultGrid(typed(json, at)?),
        "trend" => Node::Trend(typed(json, at)?),
        "form" => Node::Form(typed(json, at)?),
        "input-text" => Node::InputText(typed(json, at)?),
        "input-number" => Node::InputNumber(typed(json, at)?),
        "input-date" => Node::InputDate(typed(json, at)?),
        "input-choice" => Node::InputChoice(typed(json, at)?),
        "input-checks" => Node::InputChecks(typed(json, at)?),
        "action" => Node::Action(typed(json, at)?),
        "link" => Node::Link(typed(json, at)?),
        _ => Node::Unknown(typed(json, at)?),
    })
}

fn is_kind(text: &str) -> bool {
    let right = |it: u8| it.is_ascii_lowercase() || it == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(right) && !text.starts_with('-')
}

/// How long a value is as compact JSON, without writing it down.
fn size(json: &Json) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, json) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// The patients and actors that a node refers to.
pub(super) fn references(node: &Node) -> Vec<&Reference> {
    match node {
        Node::PatientRef(it) => vec![&it.reference],
        Node::ActorRef(it) => vec![&it.reference],
        Node::SummaryList(it) => it
            .rows
            .iter()
            .filter_map(|row| of_value(&row.value))
            .collect(),
        Node::Table(it) => it
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .filter_map(of_value)
            .collect(),
        Node::ClinicalValue(it) => {
            let previous = it.previous.as_ref().and_then(|it| of_value(&it.value));
            of_value(&it.value).into_iter().chain(previous).collect()
        }
        Node::Paragraph(it) => of_words(it).collect(),
        Node::List(it) => it.items.iter().flat_map(of_words).collect(),
        Node::Inset(it) => of_words(&it.words).collect(),
        Node::WarningCallout(it) | Node::EmptyState(it) => of_words(&it.words).collect(),
        Node::Alert(it) => of_words(&it.words).collect(),
        Node::Notification(it) => of_words(&it.words).collect(),
        Node::Section(_)
        | Node::Columns(_)
        | Node::Card(_)
        | Node::Details(_)
        | Node::Heading(_)
        | Node::Tag(_) => Vec::new(),
        Node::Datetime(_)
        | Node::CodedConcept(_)
        | Node::ResultGrid(_)
        | Node::Trend(_)
        | Node::Form(_) => Vec::new(),
        Node::InputText(_) | Node::InputNumber(_) | Node::InputDate(_) | Node::InputChoice(_) => {
            Vec::new()
        }
        Node::InputChecks(_) | Node::Action(_) | Node::Link(_) | Node::Unknown(_) => Vec::new(),
    }
}

fn of_words(words: &Inline) -> impl Iterator<Item = &Reference> {
    words
        .parts
        .iter()
        .flatten()
        .filter_map(|part| of_value(&part.value))
}

fn of_value(value: &Value) -> Option<&Reference> {
    match value {
        Value::Patient(reference) | Value::Actor(reference) => Some(reference),
        Value::Text(_)
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::Quantity(_) => None,
        Value::Coded(_) | Value::Tag(_) | Value::Link(_) | Value::Absent(_) => None,
    }
}
