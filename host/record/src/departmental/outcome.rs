//! A departmental's `outcome/1`: what becomes of a sent form.
//!
//! Invariant: findings stand alone; what is committed comes without them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::departmental::proposal::{Rejected, malformed};

/// `outcome/1`, read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    outcome: u64,
    /// What to commit.
    #[serde(default)]
    pub(crate) proposal: Option<Value>,
    /// The screen to open next.
    #[serde(default)]
    pub(crate) next: Option<Next>,
    /// What is wrong with the form.
    #[serde(default)]
    pub(crate) findings: Option<Vec<Finding>>,
    /// The screen to draw with the findings.
    #[serde(default)]
    pub(crate) screen: Option<Value>,
}

/// The screen that follows a form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Next {
    /// A screen of the same manifest.
    pub screen: String,
    /// Its parameters by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
}

/// What is wrong with a form, in the departmental's words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The field; `None`: the form as a whole.
    #[serde(default)]
    pub field: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Outcome {
    /// Reads an outcome: findings alone, or a proposal, a next screen or both.
    pub(crate) fn parse(document: &Value) -> Result<Self, Rejected> {
        let read: Self = serde_path_to_error::deserialize(document)
            .map_err(|error| malformed(error.path().to_string(), error.inner().to_string()))?;
        if read.outcome != 1 {
            return Err(malformed("outcome", "must be 1"));
        }
        let commits = read.proposal.is_some() || read.next.is_some();
        match &read.findings {
            Some(_) if commits => Err(malformed(
                "findings",
                "with findings there is no proposal and no next screen",
            )),
            Some(findings) if findings.is_empty() || findings.len() > 100 => {
                Err(malformed("findings", "must be 1 to 100 findings"))
            }
            Some(findings)
                if findings
                    .iter()
                    .any(|finding| !(1..=500).contains(&finding.message.chars().count())) =>
            {
                Err(malformed(
                    "findings",
                    "each message has 1 to 500 characters",
                ))
            }
            Some(_) => Ok(read),
            None if !commits => Err(malformed(
                "outcome",
                "has neither findings nor a proposal nor a next screen",
            )),
            None if read.screen.is_some() => Err(malformed("screen", "is for findings only")),
            None => Ok(read),
        }
    }
}

#[cfg(test)]
mod tests;
