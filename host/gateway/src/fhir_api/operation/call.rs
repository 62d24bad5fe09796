//! A call of an operation: where, by whom, and its parameters, whether they came in the address or as Parameters.
//!
//! Invariant: the same parameter means the same in the address and in the body.

use axum::http::StatusCode;
use fhir::outcome::IssueType;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use super::super::ask::Ask;
use super::super::sent;
use crate::problem::Problem;

/// On what an operation is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum On {
    /// Everything.
    System,
    /// A type.
    Type(ResourceType),
    /// One resource, which need not exist.
    Instance(Key),
}

/// A call of an operation.
pub(in super::super) struct Call {
    /// Who asks, and the parameters of the address.
    pub(in super::super) ask: Ask,
    /// On what.
    pub(in super::super) on: On,
    /// The body: Parameters, or the one resource that the operation takes.
    pub(in super::super) body: Option<Resource>,
}

impl Call {
    /// Reads the body, if there is one.
    pub(super) fn read(ask: Ask, on: On, body: &[u8]) -> Result<Self, Problem> {
        let body = match body.iter().all(u8::is_ascii_whitespace) {
            true => None,
            false => Some(sent::any(body)?),
        };
        Ok(Self { ask, on, body })
    }

    /// The entries of the body's Parameters.
    fn parameters(&self) -> &[Value] {
        let parameters = self
            .body
            .as_ref()
            .filter(|body| body.resource_type() == ResourceType::PARAMETERS)
            .and_then(|body| body.value().get("parameter")?.as_array());
        parameters.map_or(&[], Vec::as_slice)
    }

    /// The body's parameters of this name, whole: `valueX`, `resource` or `part` beside `name`.
    pub(in super::super) fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        let named = self.parameters().iter().filter(|it| is_named(it, name));
        named.collect::<Vec<_>>().into_iter()
    }

    /// The value of the body's first parameter of this name, for example of type `Meta`.
    pub(in super::super) fn value(&self, name: &str) -> Option<&Value> {
        self.all(name).find_map(value_of)
    }

    /// The resource of the parameter, or the body itself where it is not Parameters.
    pub(in super::super) fn resource(&self, name: &str) -> Result<Option<Resource>, Problem> {
        if let Some(body) = &self.body
            && body.resource_type() != ResourceType::PARAMETERS
        {
            return Ok(Some(body.clone()));
        }
        let given = self
            .all(name)
            .find_map(|parameter| parameter.get("resource"));
        let read = given.map(|value| Resource::from_value(value.clone()));
        read.transpose()
            .map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))
    }

    /// The texts of a parameter of a primitive type, from the address and from the body, as they were written.
    pub(in super::super) fn texts(&self, name: &str) -> Vec<String> {
        let pairs = self.ask.pairs.iter().filter(|(key, _)| key == name);
        let sent = self.all(name).filter_map(value_of).filter_map(text_of);
        pairs.map(|(_, text)| text.clone()).chain(sent).collect()
    }

    /// The text of a primitive parameter that may be given once.
    pub(in super::super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        let mut texts = self.texts(name);
        if texts.len() > 1 {
            let details = format!("the parameter `{name}` may be given once only");
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                IssueType::Duplicate,
                details,
            ));
        }
        Ok(texts.pop())
    }

    /// Refuses a parameter that the operation does not have.
    pub(in super::super) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let in_address = self.ask.pairs.iter().map(|(name, _)| name.as_str());
        let in_body = self
            .parameters()
            .iter()
            .filter_map(|parameter| parameter.get("name").and_then(Value::as_str));
        match in_address.chain(in_body).find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(80).collect();
                let details = match known {
                    [] => format!("`{name}` is no parameter here: this operation takes none"),
                    known => format!(
                        "`{name}` is no parameter here: there are `{}`",
                        known.join("`, `")
                    ),
                };
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    IssueType::NotSupported,
                    details,
                ))
            }
        }
    }
}

fn is_named(parameter: &Value, name: &str) -> bool {
    parameter.get("name").and_then(Value::as_str) == Some(name)
}

/// `valueX` of a parameter, whatever X is.
fn value_of(parameter: &Value) -> Option<&Value> {
    let members = parameter.as_object()?;
    members
        .iter()
        .find(|(name, _)| name.starts_with("value"))
        .map(|(_, value)| value)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
