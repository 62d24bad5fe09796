//! What somebody wants to change: the one form that FHIR requests, messages, screens, reactions and imports all become.
//!
//! Invariant: a proposal is committed whole or not at all.

use fhir::patch::Patch;
use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};

use crate::lease::Lease;
use crate::log::T;
use crate::message;
use crate::person::Errand;

/// Changes that belong together, and why they are made.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The changes, in the order in which their outcomes are answered.
    pub changes: Vec<Change>,
    /// On what they rest.
    pub basis: Basis,
    /// The message that caused them, kept in the same commit.
    pub message: Option<message::Kept>,
    /// The reader's cursor that moves in the same commit.
    pub cursor: Option<CursorMove>,
}

impl Proposal {
    /// Changes that somebody makes directly.
    pub fn direct(changes: Vec<Change>) -> Self {
        Self {
            changes,
            basis: Basis::Direct,
            message: None,
            cursor: None,
        }
    }
}

/// One change of one resource.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new resource, whose id the record chooses.
    Create {
        /// The resource; its `id` is ignored.
        resource: Resource,
        /// The `urn:uuid:` (or `fullUrl`) by which other changes of this proposal refer to it.
        temporary: Option<String>,
        /// Conditional create: nothing is written when exactly one resource matches.
        if_none_exist: Option<Query>,
    },
    /// Writes the resource under its key; creates it when it is not there and `seen` is `None`.
    Update {
        /// Where to write.
        key: Key,
        /// The whole resource; its `id` must be the key's.
        resource: Resource,
        /// The version its author saw (`If-Match`).
        seen: Option<u64>,
        /// The `urn:uuid:` (or `fullUrl`) by which other changes of this proposal refer to it.
        temporary: Option<String>,
    },
    /// Writes the resource where the condition finds one; creates it where it finds none.
    UpdateMatch {
        /// What finds it.
        condition: Query,
        /// The whole resource; its `id`, where it has one, must be that of what is found.
        resource: Resource,
        /// The version its author saw (`If-Match`).
        seen: Option<u64>,
        /// The `urn:uuid:` (or `fullUrl`) by which other changes of this proposal refer to it.
        temporary: Option<String>,
    },
    /// Changes parts of the resource as it stands when this is committed.
    Patch {
        /// Which resource.
        of: Which,
        /// What to change.
        patch: Patch,
        /// The version its author saw (`If-Match`).
        seen: Option<u64>,
        /// The `urn:uuid:` (or `fullUrl`) by which other changes of this proposal refer to it.
        temporary: Option<String>,
    },
    /// Ends the resource. Its versions can still be read. What is not there, or has ended, is left at that.
    Delete {
        /// Which resource.
        key: Key,
        /// The version its author saw (`If-Match`).
        seen: Option<u64>,
    },
    /// Ends everything that the condition finds, at most `limits::DELETED_AT_ONCE_MAX` resources.
    DeleteMatches {
        /// What finds them.
        condition: Query,
        /// The version its author saw (`If-Match`); then the condition must find one only.
        seen: Option<u64>,
    },
}

/// Which resource a change is about.
#[derive(Clone, Debug)]
pub enum Which {
    /// The one of this key.
    Key(Key),
    /// The one that this condition finds.
    Match(Box<Query>),
}

impl Which {
    /// Its type.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Self::Key(key) => key.resource_type,
            Self::Match(query) => query.resource_type,
        }
    }
}

impl Change {
    /// The type of what is changed.
    pub fn resource_type(&self) -> ResourceType {
        match self {
            Self::Create { resource, .. } => resource.resource_type(),
            Self::Update { key, .. } | Self::Delete { key, .. } => key.resource_type,
            Self::UpdateMatch { condition, .. } | Self::DeleteMatches { condition, .. } => {
                condition.resource_type
            }
            Self::Patch { of, .. } => of.resource_type(),
        }
    }

    /// What finds the resource, where a condition does.
    pub fn condition(&self) -> Option<&Query> {
        match self {
            Self::Create { if_none_exist, .. } => if_none_exist.as_ref(),
            Self::UpdateMatch { condition, .. } | Self::DeleteMatches { condition, .. } => {
                Some(condition)
            }
            Self::Patch {
                of: Which::Match(condition),
                ..
            } => Some(condition),
            Self::Update { .. } | Self::Delete { .. } => None,
            Self::Patch {
                of: Which::Key(_), ..
            } => None,
        }
    }

    /// By what other name the changes of the same proposal refer to it.
    pub(crate) fn temporary(&self) -> Option<&String> {
        match self {
            Self::Create { temporary, .. }
            | Self::Update { temporary, .. }
            | Self::UpdateMatch { temporary, .. }
            | Self::Patch { temporary, .. } => temporary.as_ref(),
            Self::Delete { .. } | Self::DeleteMatches { .. } => None,
        }
    }
}

/// On what a proposal rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Somebody's own request.
    Direct,
    /// Somebody's own request under a name that counts once (`Idempotency-Key`).
    Once {
        /// The name, with whose it is.
        name: String,
        /// The digest of the request, so that the name is not taken for another one's.
        digest: String,
    },
    /// A message kept in this record.
    Message {
        /// Who sent it: MSH-3 and MSH-4, joined by `|`.
        source: String,
        /// The sender's number for it: MSH-10.
        control_id: String,
    },
    /// Two records become one, or two again.
    Identity(Errand),
    /// A departmental proposed it; the committer adds the provenance.
    Departmental {
        /// Which departmental.
        id: String,
        /// Its version.
        version: String,
        /// The digest of its bytes, `sha256:…`.
        digest: String,
        /// The site at which it ran.
        site: String,
        /// The call that answered the proposal.
        call: String,
    },
}

/// Moves a cursor in the same commit, so that an event has its effect once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Whose cursor.
    pub name: String,
    /// Where it must stand now; `None`: it never moved.
    pub from: Option<T>,
    /// Where it stands afterwards; `None`: at the number of this very commit.
    pub to: Option<T>,
    /// The lease that its reader works under, if only one host may read at a time: when it was lost, nothing is written.
    pub under: Option<Lease>,
}
