//! What an identity event adds to a proposal that is made ready: what it rests on, whom it is about, what its leaf says.
//!
//! Invariant: a proposal has the leave to move what is recorded only from its basis, which only this package makes.

use super::Write;
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::memory::Mark;
use crate::parameter::mark as parameter_mark;
use crate::person::Errand;
use crate::proposal::{Basis, Proposal};

/// The leave to move facts between two persons, where the proposal has it.
pub(super) fn errand(basis: &Basis) -> Option<&Errand> {
    match basis {
        Basis::Identity(errand) => Some(errand),
        Basis::Direct | Basis::Once { .. } => None,
        Basis::Message { .. } | Basis::Departmental { .. } => None,
    }
}

/// The numbers of the persons of an identity event.
pub(super) fn merged(errand: Option<&Errand>, writes: &[Write]) -> Vec<i64> {
    let persons = errand.map(|errand| [&errand.identity.source, &errand.identity.target]);
    let is_one = |write: &&Write| persons.is_some_and(|both| both.contains(&&write.key));
    let each = writes.iter().filter(is_one);
    each.filter_map(|write| write.number).collect()
}

/// The leaf of a commit, which names what it writes first, or the persons of an identity event.
pub(super) fn leaf(caller: &Caller, t: i64, errand: Option<&Errand>, writes: &[Write]) -> NewLeaf {
    let first = || writes.first().map(|write| write.key.to_string());
    let about = errand.map(Errand::about).or_else(first).unwrap_or_default();
    NewLeaf {
        count: i64::try_from(writes.len()).unwrap_or(i64::MAX),
        t,
        ..NewLeaf::by(caller, "commit", about)
    }
}

/// What every proposal rests on that writes: by which parameters resources are indexed.
pub(super) fn rests_on(proposal: &Proposal) -> Vec<Mark> {
    let mut marks = match proposal.changes.is_empty() {
        true => Vec::new(),
        false => vec![parameter_mark()],
    };
    if let Some(errand) = errand(&proposal.basis) {
        marks.extend(errand.rests_on.iter().cloned());
    }
    marks
}
