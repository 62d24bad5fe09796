//! A line as what it asks for: a resource to file, resources to delete, or nothing that can be done.
//!
//! Invariant: what cannot be filed is told in an OperationOutcome that names its file and line.

use std::collections::HashSet;

use fhir::outcome::{Issue, IssueType, operation_outcome};
use fhir::reference::{self, Target};
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::{Value, json};

use super::source::Line;
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::limits;
use crate::permission::{self, Action};
use crate::proposal::Change;

/// What a line asks for.
pub(super) struct Asked {
    pub(super) line: Line,
    pub(super) changes: Vec<Change>,
    /// Under which keys it writes.
    pub(super) keys: Vec<Key>,
    /// What has to be there.
    pub(super) needs: HashSet<Key>,
}

/// Reads a line; the issue says why it cannot be filed.
pub(super) fn read(caller: &Caller, line: Line) -> Result<Asked, (Line, Vec<Issue>)> {
    let asked = line.text.as_deref().map_or_else(too_long, |text| {
        let resource = Resource::parse(text.as_bytes()).map_err(|why| vec![why.issue()])?;
        match deletions(&resource) {
            Some(keys) => deleted(caller, keys),
            None => filed(caller, resource),
        }
    });
    match asked {
        Ok((changes, keys, needs)) => Ok(Asked {
            line,
            changes,
            keys,
            needs,
        }),
        Err(issues) => Err((line, issues)),
    }
}

type Parts = (Vec<Change>, Vec<Key>, HashSet<Key>);

fn too_long() -> Result<Parts, Vec<Issue>> {
    let what = format!(
        "the line is not text, or longer than {} bytes",
        limits::IMPORT_LINE_BYTES_MAX
    );
    Err(vec![Issue::error(IssueType::TooLong, what)])
}

fn filed(caller: &Caller, resource: Resource) -> Result<Parts, Vec<Issue>> {
    let of = resource.resource_type();
    let mut needs = HashSet::new();
    if of != ResourceType::BUNDLE {
        reference::each(resource.value(), |_, text| {
            if let Target::Local { key, .. } = reference::parse(text) {
                needs.insert(key);
            }
        });
    }
    let Some(key) = resource.key() else {
        permitted(caller, Action::Create, of)?;
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: None,
        };
        return Ok((vec![change], Vec::new(), needs));
    };
    permitted(caller, Action::Update, of)?;
    needs.remove(&key);
    let change = Change::Update {
        key: key.clone(),
        resource,
        seen: None,
        temporary: None,
    };
    Ok((vec![change], vec![key], needs))
}

/// The keys of a transaction that only deletes, as an export lists what was deleted.
fn deletions(resource: &Resource) -> Option<Vec<Key>> {
    let value = resource.value();
    if resource.resource_type() != ResourceType::BUNDLE || value["type"] != "transaction" {
        return None;
    }
    let entries = value["entry"].as_array()?;
    let deletes = |entry: &Value| {
        let request = &entry["request"];
        let is_delete = request["method"] == "DELETE" && entry.get("resource").is_none();
        is_delete
            .then(|| request["url"].as_str()?.parse().ok())
            .flatten()
    };
    entries.iter().map(deletes).collect()
}

fn deleted(caller: &Caller, keys: Vec<Key>) -> Result<Parts, Vec<Issue>> {
    for key in &keys {
        permitted(caller, Action::Delete, key.resource_type)?;
    }
    let change = |key: &Key| Change::Delete {
        key: key.clone(),
        seen: None,
    };
    Ok((keys.iter().map(change).collect(), keys, HashSet::new()))
}

fn permitted(caller: &Caller, action: Action, of: ResourceType) -> Result<(), Vec<Issue>> {
    let allowed = permission::check(caller, action, of.as_str());
    allowed.map_err(|refusal| vec![Issue::error(IssueType::Forbidden, refusal.to_string())])
}

/// Why a commit was refused, if the lines are at fault.
pub(super) fn issues(error: &CommitError) -> Option<Vec<Issue>> {
    let issue = |code| Some(vec![Issue::error(code, error.to_string())]);
    match error {
        CommitError::Invalid { issues, .. } => Some(issues.clone()),
        CommitError::UnknownReference { path, .. } => {
            let issue = Issue::error_at(IssueType::NotFound, path.clone(), error.to_string());
            Some(vec![issue])
        }
        CommitError::Twice { .. } => issue(IssueType::Duplicate),
        CommitError::Ambiguous { .. } => issue(IssueType::MultipleMatches),
        CommitError::TooLarge { .. } => issue(IssueType::TooLong),
        CommitError::Missing { .. } | CommitError::NoMatch { .. } => issue(IssueType::NotFound),
        CommitError::Taken { .. } => issue(IssueType::Duplicate),
        CommitError::Refused { .. } | CommitError::Merged { .. } => issue(IssueType::BusinessRule),
        CommitError::Unpatchable { issue, .. } => Some(vec![(**issue).clone()]),
        CommitError::Unreadable { .. } => issue(IssueType::Invalid),
        CommitError::Forbidden { .. } => issue(IssueType::Forbidden),
        CommitError::Stale { .. }
        | CommitError::UsedBefore { .. }
        | CommitError::DoneBefore { .. }
        | CommitError::AlreadyKept { .. }
        | CommitError::CursorMoved { .. }
        | CommitError::Busy
        | CommitError::Store { .. } => None,
    }
}

/// Which change a commit was refused for, if it was for one.
pub(super) fn change_of(error: &CommitError) -> Option<usize> {
    match error {
        CommitError::Invalid { change, .. }
        | CommitError::UnknownReference { change, .. }
        | CommitError::Ambiguous { change, .. }
        | CommitError::Unreadable { change, .. }
        | CommitError::NoMatch { change, .. }
        | CommitError::Taken { change, .. }
        | CommitError::Unpatchable { change, .. }
        | CommitError::Refused { change, .. }
        | CommitError::Merged { change, .. }
        | CommitError::Twice { second: change, .. } => Some(*change),
        CommitError::Stale { .. }
        | CommitError::Missing { .. }
        | CommitError::Forbidden { .. }
        | CommitError::UsedBefore { .. }
        | CommitError::DoneBefore { .. }
        | CommitError::AlreadyKept { .. }
        | CommitError::CursorMoved { .. }
        | CommitError::TooLarge { .. }
        | CommitError::Busy
        | CommitError::Store { .. } => None,
    }
}

/// Why a line was not filed, as a line.
pub(super) fn outcome(line: &Line, issues: &[Issue]) -> String {
    let mut outcome = operation_outcome(issues);
    let all = outcome["issue"].as_array_mut().into_iter().flatten();
    for issue in all {
        issue["diagnostics"] = json!(line.place());
    }
    format!("{outcome}\n")
}
