//! What a change may not do to what stands, whoever asks for it directly: move a fact to another patient, lower a label.
//!
//! Invariant: only the operator, who repairs, and a message, whose sender answers for it, are exempt.

use fhir::compartment;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use crate::caller::{Caller, Role};
use crate::commit::CommitError;
use crate::permission::CONFIDENTIALITY;
use crate::person::Identity;
use crate::proposal::Basis;

/// Its codes, each more confidential than the one before.
const RANKS: [&str; 6] = ["U", "L", "M", "N", "R", "V"];

/// Whether the rules bind this proposal.
pub(super) fn binds(caller: &Caller, basis: &Basis) -> bool {
    let direct = match basis {
        Basis::Direct | Basis::Once { .. } | Basis::Departmental { .. } => true,
        // A merge is bound by a rule of its own.
        Basis::Message { .. } | Basis::Identity(_) => false,
    };
    direct && caller.role() != Role::Operator
}

/// Refuses a resource that is not what its place is named after.
pub(super) fn agree(change: usize, key: &Key, resource: &Resource) -> Result<(), CommitError> {
    let type_agrees = resource.resource_type() == key.resource_type;
    if type_agrees && resource.id().is_none_or(|id| id == key.id) {
        return Ok(());
    }
    let what = format!(
        "the resource is not {key}: make its type and id those of the place it is written to"
    );
    Err(CommitError::Unreadable { change, what })
}

/// Refuses a version that the rules forbid.
pub(super) fn check(change: usize, before: &Resource, after: &Resource) -> Result<(), CommitError> {
    let refused = |what: String| Err(CommitError::Refused { change, what });
    if after.resource_type() != ResourceType::PATIENT
        && let (Some(was), Some(is)) = (
            compartment::patient_of(before),
            compartment::patient_of(after),
        )
        && was != is
    {
        return refused(format!(
            "this is recorded of Patient/{was} and cannot be moved to Patient/{is}: mark it as entered in error, and record it anew"
        ));
    }
    match (rank(before), rank(after)) {
        (Some(was), is) if is < Some(was) => refused(format!(
            "the confidentiality label {} cannot be lowered or left out by an update: keep it in meta.security",
            RANKS[was]
        )),
        (Some(_) | None, _) => Ok(()),
    }
}

/// Refuses an identity event that would touch anybody but its two persons, or lower a label.
pub(super) fn between(
    change: usize,
    before: &Resource,
    after: &Resource,
    identity: &Identity,
) -> Result<(), CommitError> {
    let refused = |what: String| Err(CommitError::Refused { change, what });
    let persons = [Some(&identity.source.id), Some(&identity.target.id)];
    let (was, is) = (
        compartment::patient_of(before),
        compartment::patient_of(after),
    );
    if was != is && !(persons.contains(&was.as_ref()) && persons.contains(&is.as_ref())) {
        let (source, target) = (&identity.source, &identity.target);
        return refused(format!(
            "an identity event of {source} and {target} moves only what is recorded of them"
        ));
    }
    match rank(after) < rank(before) {
        true => refused("an identity event lowers no confidentiality label".to_owned()),
        false => Ok(()),
    }
}

/// How confidential a resource is labelled, as a place in `RANKS`.
fn rank(resource: &Resource) -> Option<usize> {
    let labels = resource.value().get("meta")?.get("security")?.as_array()?;
    let text = |label: &Value, name: &str| Some(label.get(name)?.as_str()?.to_owned());
    let ranks = labels.iter().filter_map(|label| {
        let code = text(label, "code")
            .filter(|_| text(label, "system").as_deref() == Some(CONFIDENTIALITY))?;
        RANKS.iter().position(|rank| *rank == code)
    });
    ranks.max()
}
