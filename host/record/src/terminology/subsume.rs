//! `$subsumes`: whether one code is a kind of another.
//!
//! Invariant: one concept subsumes another if and only if the other can be reached by going down from it.

use fhir::outcome::IssueType;
use fhir::resource::Key;
use serde_json::{Value, json};

use super::look_up::Coding;
use super::parameters::{Parameters, Written};
use super::reader::{Reader, both};
use super::system::System;
use super::{Operation, TerminologyError, shown};

impl Reader<'_> {
    /// `CodeSystem/$subsumes`.
    pub(super) async fn subsumes(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let a = side(parameters, "codeA", "codingA")?;
        let b = side(parameters, "codeB", "codingB")?;
        let system = parameters.text("system")?;
        let version = parameters.text("version")?;
        parameters.nothing_else(Operation::Subsumes)?;
        let systems = [&system, &a.system, &b.system];
        let mut named = systems.into_iter().flatten();
        let url = named.next();
        if let Some(other) = named.find(|other| Some(*other) != url) {
            let why = format!(
                "both codes must be of one code system, not of `{}` and `{}`",
                shown(url.map_or("", String::as_str)),
                shown(other)
            );
            return Err(TerminologyError::parameter(
                "system",
                IssueType::Invalid,
                why,
            ));
        }
        let version = version.or(a.version).or(b.version);
        let system = self
            .asked_system(on, url.map(String::as_str), version.as_deref(), None)
            .await?;
        let (a, b) = (
            self.number(&system, &a.code).await?,
            self.number(&system, &b.code).await?,
        );
        let outcome = if a == b {
            "equivalent"
        } else if system.below(self.store(), &[a]).await?.contains(b) {
            "subsumes"
        } else if system.below(self.store(), &[b]).await?.contains(a) {
            "subsumed-by"
        } else {
            "not-subsumed"
        };
        let mut answer = Written::default();
        answer.put("outcome", "valueCode", json!(outcome));
        answer.text("version", system.version());
        Ok(answer.resource())
    }

    /// The number of a code that has to be there.
    pub(super) async fn number(
        &self,
        system: &System,
        code: &str,
    ) -> Result<u32, TerminologyError> {
        let n = system.find(self.store(), code).await?;
        n.ok_or_else(|| TerminologyError::UnknownCode {
            code: shown(code),
            system: system.canonical(),
        })
    }
}

fn side(parameters: &mut Parameters, code: &str, coding: &str) -> Result<Coding, TerminologyError> {
    match (parameters.text(code)?, parameters.object(coding)?) {
        (Some(_), Some(_)) => Err(both(code, &format!("`{coding}`"))),
        (Some(code), None) => Ok(Coding {
            code,
            ..Coding::default()
        }),
        (None, Some(value)) => Coding::read(coding, &value),
        (None, None) => Err(TerminologyError::missing(
            code,
            format!("give `{code}` or `{coding}`"),
        )),
    }
}
