//! The parameters of a terminology operation, in and out.
//!
//! Invariant: a parameter that was given and that no operation took is refused by its name; nothing is dropped in silence.

use fhir::outcome::IssueType;
use fhir::resource::Key;
use serde_json::{Value, json};

use super::{Operation, TerminologyError, shown};
use crate::limits;

/// The parameters as they were given. Each is taken out when it is used.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    given: Vec<(String, Value)>,
}

impl Parameters {
    /// From name and value pairs: the value is a JSON text for what an address says, the `value[x]` or `resource` of a
    /// Parameters resource otherwise, and the list of parts where it has parts.
    ///
    /// # Errors
    /// There are more than `limits::TERMINOLOGY_PARAMETERS_MAX`.
    pub fn new(given: Vec<(String, Value)>) -> Result<Self, TerminologyError> {
        if given.len() > limits::TERMINOLOGY_PARAMETERS_MAX {
            let why = format!(
                "there are more than {} parameters",
                limits::TERMINOLOGY_PARAMETERS_MAX
            );
            return Err(TerminologyError::parameter("*", IssueType::TooLong, why));
        }
        Ok(Self { given })
    }

    /// From a Parameters resource.
    ///
    /// # Errors
    /// As [`Parameters::entries`] and [`Parameters::new`].
    pub fn read(resource: &Value) -> Result<Self, TerminologyError> {
        Self::new(Self::entries(resource)?)
    }

    /// The names and values of a Parameters resource, as [`Parameters::new`] takes them.
    ///
    /// # Errors
    /// It is none, or a parameter has no name or no value.
    pub fn entries(resource: &Value) -> Result<Vec<(String, Value)>, TerminologyError> {
        let wrong = |why: &str| TerminologyError::parameter("*", IssueType::Structure, why);
        if resource.get("resourceType").and_then(Value::as_str) != Some("Parameters") {
            return Err(wrong("send a Parameters resource"));
        }
        let list = match resource.get("parameter") {
            None => &[],
            Some(Value::Array(list)) => list.as_slice(),
            Some(_) => return Err(wrong("`parameter` must be a list")),
        };
        let given = list.iter().map(|one| {
            let members = one.as_object()?;
            let name = members.get("name")?.as_str()?;
            let (_, value) = members.iter().find(|(member, _)| {
                member.starts_with("value") || *member == "resource" || *member == "part"
            })?;
            Some((name.to_owned(), value.clone()))
        });
        let given: Option<Vec<_>> = given.collect();
        given.ok_or_else(|| wrong("each parameter needs a name, and a value, resource or parts"))
    }

    /// The question as the audit keeps it, without resources that were sent along.
    pub(super) fn written(&self, operation: Operation, on: Option<&Key>) -> String {
        let mut text = match on {
            Some(key) => format!("{key}/${}", operation.name()),
            None => format!("{}/${}", operation.of(), operation.name()),
        };
        for (name, value) in &self.given {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Object(object) if object.contains_key("resourceType") => "…".to_owned(),
                other => other.to_string(),
            };
            text.push_str(&format!("&{name}={value}"));
        }
        text.chars()
            .take(limits::TERMINOLOGY_ABOUT_CHARS_MAX)
            .collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(own, _)| own == name)
    }

    /// Every value of a parameter, taken out.
    pub(super) fn all(&mut self, name: &str) -> Vec<Value> {
        let taken = self.given.extract_if(.., |(own, _)| own == name);
        taken.map(|(_, value)| value).collect()
    }

    /// The value of a parameter that may be there once, taken out.
    pub(super) fn one(&mut self, name: &str) -> Result<Option<Value>, TerminologyError> {
        let mut values = self.all(name);
        if values.len() > 1 {
            let why = format!("`{name}` may be given once only");
            return Err(TerminologyError::parameter(name, IssueType::Duplicate, why));
        }
        Ok(values.pop())
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, TerminologyError> {
        let Some(value) = self.one(name)? else {
            return Ok(None);
        };
        match value {
            Value::String(text) if !text.is_empty() => Ok(Some(text)),
            Value::Number(number) => Ok(Some(number.to_string())),
            Value::String(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Array(_)
            | Value::Object(_) => {
                let why = format!("`{name}` must be a text that is not empty");
                Err(TerminologyError::parameter(name, IssueType::Value, why))
            }
        }
    }

    /// The texts of a parameter that may be there several times.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, TerminologyError> {
        let texts = self.all(name).into_iter().map(|value| match value {
            Value::String(text) => Ok(text),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                let why = format!("`{name}` must be a text");
                Err(TerminologyError::parameter(name, IssueType::Value, why))
            }
        });
        texts.collect()
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, TerminologyError> {
        match self.one(name)? {
            None => Ok(None),
            Some(Value::Bool(is)) => Ok(Some(is)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => {
                let why = format!("`{name}` must be true or false");
                Err(TerminologyError::parameter(name, IssueType::Value, why))
            }
        }
    }

    /// A whole number from 0.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, TerminologyError> {
        let Some(value) = self.one(name)? else {
            return Ok(None);
        };
        let number = match &value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let why = format!("`{name}` must be a whole number from 0");
        number
            .map(Some)
            .ok_or_else(|| TerminologyError::parameter(name, IssueType::Value, why))
    }

    /// An object: a Coding, a CodeableConcept or a resource.
    pub(super) fn object(&mut self, name: &str) -> Result<Option<Value>, TerminologyError> {
        match self.one(name)? {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(value)),
            Some(_) => {
                let why = format!(
                    "`{name}` cannot be written in an address: send it in a Parameters resource"
                );
                Err(TerminologyError::parameter(name, IssueType::Value, why))
            }
        }
    }

    /// Refuses what nobody took.
    pub(super) fn nothing_else(&self, operation: Operation) -> Result<(), TerminologyError> {
        match self.given.first() {
            None => Ok(()),
            Some((name, _)) => {
                let why = format!(
                    "`{}` is no parameter of ${} here: leave it out",
                    shown(name),
                    operation.name()
                );
                let name = shown(name);
                Err(TerminologyError::parameter(
                    &name,
                    IssueType::NotSupported,
                    why,
                ))
            }
        }
    }
}

/// A Parameters resource that is being written.
#[derive(Default)]
pub(super) struct Written(Vec<Value>);

impl Written {
    pub(super) fn put(&mut self, name: &str, member: &str, value: Value) {
        let mut one = json!({ "name": name });
        one[member] = value;
        self.0.push(one);
    }

    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, "valueString", json!(value));
        }
    }

    /// A parameter that has parts.
    pub(super) fn parts(&mut self, name: &str, parts: Self) {
        self.0.push(json!({ "name": name, "part": parts.0 }));
    }

    pub(super) fn resource(self) -> Value {
        json!({ "resourceType": "Parameters", "parameter": self.0 })
    }
}
