//! What a caller must be allowed to do for a change to be made at all.
//!
//! Invariant: every kind of change is named here with the actions of the table of permissions that it takes.

use fhir::resource::ResourceType;

use super::CommitError;
use crate::caller::Caller;
use crate::permission::{self, Action};
use crate::proposal::Change;

/// What the caller must be allowed to do. A condition that finds something tells that it is there.
pub(super) fn actions(change: &Change) -> &'static [Action] {
    match change {
        Change::Create {
            if_none_exist: None,
            ..
        } => &[Action::Create],
        Change::Create { .. } => &[Action::Create, Action::Read],
        Change::Update { .. } => &[Action::Update],
        Change::UpdateMatch { .. } => &[Action::Update, Action::Create, Action::Read],
        Change::Patch { .. } => &[Action::Update, Action::Read],
        Change::Delete { .. } => &[Action::Delete],
        Change::DeleteMatches { .. } => &[Action::Delete, Action::Read],
    }
}

/// Refuses what the table of permissions does not allow.
pub(super) fn permitted(
    caller: &Caller,
    action: Action,
    of: ResourceType,
) -> Result<(), CommitError> {
    permission::check(caller, action, of.as_str()).map_err(|refusal| CommitError::Forbidden {
        account: caller.account().to_owned(),
        what: format!("{of}: {refusal}"),
    })
}
