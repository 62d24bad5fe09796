//! What somebody wants to change: the one form that FHIR requests, messages, screens, reactions and imports all become.
//!
//! Invariant: a proposal is committed whole or not at all.

use fhir::query::Query;
use fhir::resource::{Key, Resource};

use crate::log::T;
use crate::message;

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
    /// Ends the resource. Its versions can still be read.
    Delete {
        /// Which resource.
        key: Key,
        /// The version its author saw (`If-Match`).
        seen: Option<u64>,
    },
}

/// On what a proposal rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Somebody's own request.
    Direct,
    /// A message kept in this record.
    Message {
        /// Who sent it: MSH-3 and MSH-4, joined by `|`.
        source: String,
        /// The sender's number for it: MSH-10.
        control_id: String,
    },
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
}
