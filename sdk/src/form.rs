//! What comes in with a call: parameters of a screen, a filled-in form, a change of the record, a hook.
//!
//! Each reads exactly its schema in `wit/schemas/`; a document that does not follow it is a failure that says where.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::Failure;

/// Parameters with which a screen is opened: words by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads a JSON object of strings.
    ///
    /// # Errors
    /// `invalid` when it is anything else.
    pub fn from_json(document: &str) -> Result<Self, Failure> {
        read("the parameters", document)
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of that name.
    ///
    /// # Errors
    /// `invalid` when the screen was opened without it.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name)
            .ok_or_else(|| Failure::invalid(format!("the parameter `{name}` is missing")))
    }

    /// These parameters with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// As they cross the contract.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.0
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect()
    }
}

/// The version of a resource that a person had before their eyes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Seen {
    /// For example `DiagnosticReport/7`.
    pub resource: String,
    /// `meta.versionId`.
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Entered {
    One(String),
    Several(Vec<String>),
}

/// A filled-in form, form/1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Form {
    #[serde(rename = "form")]
    _format: One,
    fields: BTreeMap<String, Entered>,
    #[serde(default)]
    carries: BTreeMap<String, String>,
    #[serde(default)]
    seen: Vec<Seen>,
    #[serde(default)]
    parameters: Parameters,
}

impl Form {
    /// Reads a form/1 document.
    ///
    /// # Errors
    /// `invalid` when it does not follow the schema.
    pub fn from_json(document: &str) -> Result<Self, Failure> {
        read("the form", document)
    }

    /// What was typed or chosen, without white space around it; nothing when the field was left empty.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.fields.get(field)? {
            Entered::One(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            Entered::Several(_) => None,
        }
    }

    /// Which boxes were ticked.
    #[must_use]
    pub fn ticked(&self, field: &str) -> Vec<&str> {
        match self.fields.get(field) {
            Some(Entered::Several(values)) => values.iter().map(String::as_str).collect(),
            Some(Entered::One(value)) => vec![value.as_str()],
            None => Vec::new(),
        }
    }

    /// What the form carried under that name.
    #[must_use]
    pub fn carried(&self, name: &str) -> Option<&str> {
        self.carries.get(name).map(String::as_str)
    }

    /// The version of this resource that the form showed.
    #[must_use]
    pub fn seen(&self, resource: &str) -> Option<&str> {
        self.seen
            .iter()
            .find(|seen| seen.resource == resource)
            .map(|seen| seen.version.as_str())
    }

    /// Every version that the form showed.
    #[must_use]
    pub fn all_seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The parameters with which the screen of the form was opened.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

/// What happened to the resource of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was made.
    Create,
    /// It was changed.
    Update,
}

/// One change of the record, event/1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    #[serde(rename = "event")]
    _format: One,
    /// Number of the commit; the chart of the call stands at it.
    pub t: u64,
    /// What happened.
    pub action: Action,
    /// The resource as it is after the change.
    pub resource: Value,
}

impl Event {
    /// Reads an event/1 document.
    ///
    /// # Errors
    /// `invalid` when it does not follow the schema.
    pub fn from_json(document: &str) -> Result<Self, Failure> {
        read("the event", document)
    }

    /// The event of this change.
    #[must_use]
    pub fn new(t: u64, action: Action, resource: Value) -> Self {
        Self {
            _format: One,
            t,
            action,
            resource,
        }
    }
}

/// The moment of the core application at which advice is asked for, hook/1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hook {
    #[serde(rename = "hook")]
    _format: One,
    /// Which: `patient-view` when somebody opened the patient's chart.
    pub name: String,
}

impl Hook {
    /// Reads a hook/1 document.
    ///
    /// # Errors
    /// `invalid` when it does not follow the schema.
    pub fn from_json(document: &str) -> Result<Self, Failure> {
        read("the hook", document)
    }

    /// The hook of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            _format: One,
            name: name.into(),
        }
    }
}

/// The number of a document's format: 1, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
struct One;

impl TryFrom<u64> for One {
    type Error = String;

    fn try_from(format: u64) -> Result<Self, String> {
        if format == 1 {
            Ok(Self)
        } else {
            Err(format!("format {format} is not known here; 1 is"))
        }
    }
}

fn read<'a, T: Deserialize<'a>>(what: &str, document: &'a str) -> Result<T, Failure> {
    serde_json::from_str(document)
        .map_err(|wrong| Failure::invalid(format!("{what} cannot be read: {wrong}")))
}
