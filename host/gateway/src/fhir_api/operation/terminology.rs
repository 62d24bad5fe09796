//! `$lookup`, `$validate-code`, `$subsumes`, `$expand`, `$translate`: questions to terminology.
//!
//! Invariant: what a parameter may be is the record's to say; here they are only carried over, whatever way they came.

use axum::http::StatusCode;
use axum::response::Response;
use fhir::outcome::{Issue, IssueType};
use fhir::resource::ResourceType;
use record::log::At;
use record::terminology::parameters::Parameters;
use record::terminology::{Operation, Question, TerminologyError};
use serde_json::Value;

use super::super::answer;
use super::{Call, On};
use crate::problem::Problem;

/// 200 with Parameters, or with the expanded ValueSet. 404 for an unknown code system, value set, concept map or, of
/// `$lookup` and `$subsumes`, code. 422 for a definition that cannot be carried out or is too costly.
pub(super) async fn ask(mut call: Call, operation: Operation) -> Result<Response, Problem> {
    let t = call.ask.moment().await?;
    let on = match &call.on {
        On::System | On::Type(_) => None,
        On::Instance(key) => Some(key.clone()),
    };
    let question = Question {
        operation,
        on,
        parameters: parameters(&call)?,
        at: At::Commit(t),
    };
    let record = &call.ask.door.record;
    let answered = record.ask_terminology(&call.ask.caller, question).await?;
    Ok(answer::read_at(answered.t, answered.resource.to_string()))
}

/// `$validate-code` of code systems and of value sets.
pub(super) async fn validate_code(call: Call) -> Result<Response, Problem> {
    let of = match &call.on {
        On::System => ResourceType::CODE_SYSTEM,
        On::Type(of) => *of,
        On::Instance(key) => key.resource_type,
    };
    let operation = if of == ResourceType::VALUE_SET {
        Operation::ValidateInSet
    } else {
        Operation::ValidateInSystem
    };
    ask(call, operation).await
}

/// The parameters of the address and of the body: Parameters, or the one resource that the operation is about.
fn parameters(call: &Call) -> Result<Parameters, Problem> {
    let pairs = call.ask.pairs.iter();
    let mut given: Vec<(String, Value)> = pairs
        .map(|(name, value)| (name.clone(), Value::String(value.clone())))
        .collect();
    if let Some(body) = &call.body {
        let value = body.value();
        match body.resource_type() {
            ResourceType::PARAMETERS => given.extend(Parameters::entries(value)?),
            ResourceType::VALUE_SET => given.push(("valueSet".to_owned(), value.clone())),
            ResourceType::CODE_SYSTEM => given.push(("codeSystem".to_owned(), value.clone())),
            ResourceType::CONCEPT_MAP => given.push(("conceptMap".to_owned(), value.clone())),
            other => {
                let details = format!("send Parameters, not a {other}");
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    IssueType::Invalid,
                    details,
                ));
            }
        }
    }
    Ok(Parameters::new(given)?)
}

impl From<TerminologyError> for Problem {
    fn from(why: TerminologyError) -> Self {
        let issue = why.issue();
        match (why, issue) {
            (TerminologyError::Read(why), _) => Self::from(why),
            (why, issue) => {
                let issue = Issue {
                    expression: why.expression(),
                    ..Issue::error(issue.unwrap_or(IssueType::Invalid), why.to_string())
                };
                Self::with(crate::problem::status(why.kind()), vec![issue])
            }
        }
    }
}
