//! SearchParameters on their way into the record: whether resources can be indexed by them.
//!
//! Invariant: what is marked can be searched by, under a name that nothing else of its type has.

use fhir::outcome::{Issue, IssueType};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::added::Definition;
use serde_json::{Value, json};

use super::{Preparing, tag};
use crate::commit::CommitError;
use crate::limits::ADDED_PARAMETERS_MAX;
use crate::parameter::active::{MARK, MARKED};

/// Names that are taken, and by which resource.
type Taken = Vec<(ResourceType, String, Key)>;

impl Preparing<'_> {
    /// Checks every active SearchParameter, and marks it: by what is marked resources are indexed from this commit on.
    pub(super) fn parameters(&mut self) -> Result<(), CommitError> {
        let of = ResourceType::SEARCH_PARAMETER;
        if !self.drafts.iter().any(|it| it.key.resource_type == of) {
            return Ok(());
        }
        let is_changed = |key: &Key| self.drafts.iter().any(|draft| draft.key == *key);
        let others = self.active.begun().iter().filter(|it| !is_changed(&it.key));
        let mut taken: Taken = others
            .map(|it| {
                let parameter = it.parameter;
                let name = parameter.name.to_owned();
                (parameter.resource_type, name, it.key.clone())
            })
            .collect();
        for draft in self
            .drafts
            .iter_mut()
            .filter(|it| it.key.resource_type == of)
        {
            let Some(resource) = draft.resource.as_mut() else {
                continue;
            };
            tag::take_off(resource, MARK);
            if !is_active(resource) {
                continue;
            }
            let issues = match Definition::read(resource.value()) {
                Ok(definitions) => clashes(&definitions, &draft.key, &mut taken),
                Err(issues) => issues,
            };
            if !issues.is_empty() {
                let change = draft.change;
                return Err(CommitError::Invalid { change, issues });
            }
            tag::put_on(resource, json!({ "system": MARK, "code": MARKED }));
        }
        Ok(())
    }
}

fn is_active(resource: &Resource) -> bool {
    resource.value().get("status").and_then(Value::as_str) == Some("active")
}

/// What stands in the way of these definitions; they take their names.
fn clashes(definitions: &[Definition], key: &Key, taken: &mut Taken) -> Vec<Issue> {
    let mut issues = Vec::new();
    for Definition {
        resource_type,
        name,
        ..
    } in definitions
    {
        let mut same = taken
            .iter()
            .filter(|(of, by, _)| of == resource_type && by == name);
        if let Some((.., other)) = same.next() {
            let details = format!(
                "{other} defines `{name}` of {resource_type} already: retire it, or choose another code"
            );
            issues.push(Issue::error_at(
                IssueType::Duplicate,
                "SearchParameter.code",
                details,
            ));
        }
        taken.push((*resource_type, name.clone(), key.clone()));
    }
    if taken.len() > ADDED_PARAMETERS_MAX {
        let details = format!(
            "at most {ADDED_PARAMETERS_MAX} parameters are active at once, each type counted: retire one first"
        );
        issues.push(Issue::error_at(
            IssueType::TooCostly,
            "SearchParameter.status",
            details,
        ));
    }
    issues
}
