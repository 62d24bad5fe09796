//! The rows of the record, as `Record` hands them to a store and gets them back.
//!
//! Invariant: a number in a row means the same in both databases.

use std::sync::Arc;

use fhir::resource::{Id, Key, ResourceType};

use crate::lease::Lease;
use crate::store::call::KeptCall;
use crate::store::message::Fates;
use crate::store::scan::Span;

/// By how much a resource's type is shifted to the left in its number `r`.
pub(crate) const TYPE_SHIFT: u32 = 40;

/// The number of a resource: its type, and a number that rises with every new resource.
pub(crate) fn resource_number(resource_type: ResourceType, seq: i64) -> i64 {
    (i64::from(resource_type.number()) << TYPE_SHIFT) | seq
}

/// The first number of a type, and the one after its last.
pub(crate) fn numbers_of_type(of: ResourceType) -> (i64, i64) {
    let first = i64::from(of.number());
    (first << TYPE_SHIFT, (first + 1) << TYPE_SHIFT)
}

/// The rising part of a resource's number; a patient's is the number of their compartment.
pub(crate) fn seq_of(r: i64) -> i64 {
    r & ((1 << TYPE_SHIFT) - 1)
}

/// The type part of a resource's number.
pub(crate) fn type_of(r: i64) -> Option<ResourceType> {
    u16::try_from(r >> TYPE_SHIFT)
        .ok()
        .and_then(ResourceType::from_number)
}

/// Where the record ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last commit.
    pub(crate) t: i64,
    /// When it was made, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The last version's number.
    pub(crate) v: i64,
    /// The last resource's rising number.
    pub(crate) seq: i64,
    /// The last audit leaf.
    pub(crate) leaf: i64,
    /// Its digest; empty before the first.
    pub(crate) leaf_digest: Vec<u8>,
}

/// What a version did to its resource.
pub(crate) const CREATED: i64 = 0;
/// It changed it.
pub(crate) const UPDATED: i64 = 1;
/// It ended it.
pub(crate) const DELETED: i64 = 2;
/// No version, but the note in a compartment that the resource lives in another from this commit on. Only PostgreSQL keeps
/// such notes, whose versions lie apart by compartment; they never leave the store.
pub(crate) const MOVED: i64 = 3;

/// One version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionRow {
    /// Rises with every version of anything.
    pub(crate) v: i64,
    /// The resource's number.
    pub(crate) r: i64,
    /// From 1, without gaps.
    pub(crate) version: i64,
    /// The commit that wrote it.
    pub(crate) t: i64,
    /// When that was, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub(crate) what: i64,
    /// The patient compartment; without a patient, minus the own rising number.
    pub(crate) compartment: i64,
    /// The resource's type and id.
    pub(crate) key: Key,
    /// Its compact JSON; `None` when it was deleted.
    pub(crate) body: Option<Arc<str>>,
}

impl VersionRow {
    /// The version that stands: 0 when this one ended the resource.
    pub(crate) fn live_version(&self) -> u64 {
        if self.what == DELETED {
            0
        } else {
            u64::try_from(self.version).unwrap_or(0)
        }
    }

    /// The key of a row that a database gave; `None` when it is none of ours.
    pub(crate) fn key_of(r: i64, id: &str) -> Option<Key> {
        let id: Id = id.parse().ok()?;
        Some(Key::new(type_of(r)?, id))
    }
}

/// By what a resource is found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    /// A token, URI or reference: equal or not.
    Term {
        /// Hash of the code, URI or foreign reference; or the number of the resource referred to.
        value: i64,
        /// Hash of the system, 0 for none.
        system: i64,
    },
    /// Normalised text, by its beginning.
    Text(String),
    /// A span of time in milliseconds since 1970, its end not included.
    Date {
        /// First millisecond.
        low: i64,
        /// Millisecond after the last.
        high: i64,
        /// Bit 0: the lowest of this resource and parameter; bit 1: the highest.
        ends: i64,
    },
    /// A number or quantity, both ends included.
    Amount {
        /// Least.
        low: f64,
        /// Greatest.
        high: f64,
        /// Hash of the unit's system, 0 for none.
        system: i64,
        /// Hash of the unit's code, 0 for none.
        code: i64,
        /// Hash of the unit as people read it, 0 when it is the code or there is none.
        unit: i64,
    },
}

/// One index row, without its time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IndexRow {
    /// The parameter's code.
    pub(crate) parameter: i64,
    /// The patient compartment of the resource; without a patient, minus its own rising number.
    pub(crate) compartment: i64,
    /// The resource's number.
    pub(crate) r: i64,
    /// Its value.
    pub(crate) found: Found,
}

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitRow {
    /// Its number.
    pub(crate) t: i64,
    /// When it was made, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The last version's number after it.
    pub(crate) v_last: i64,
    /// The last resource's rising number after it.
    pub(crate) seq_last: i64,
    /// For which site.
    pub(crate) site: String,
    /// By which account.
    pub(crate) account: String,
    /// In which role.
    pub(crate) role: String,
    /// On what it rests, as compact JSON.
    pub(crate) basis: String,
}

/// One message as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageRow {
    /// MSH-3 and MSH-4, joined by `|`.
    pub(crate) source: String,
    /// MSH-10.
    pub(crate) control_id: String,
    /// SHA-256 of the bytes in hexadecimal.
    pub(crate) digest: String,
    /// The commit that kept it.
    pub(crate) t: i64,
    /// When it arrived, RFC 3339.
    pub(crate) received_at: String,
    /// The site it was for; empty when the sender is unknown.
    pub(crate) site: String,
    /// Why it was parked, if it was.
    pub(crate) reason: Option<String>,
    /// The field at fault, if one is.
    pub(crate) field: Option<String>,
    /// The bytes as they came.
    pub(crate) bytes: Vec<u8>,
}

/// One audit leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeafRow {
    /// From 1, without gaps.
    pub(crate) n: i64,
    /// When it was kept, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Who.
    pub(crate) account: String,
    /// In which role.
    pub(crate) role: String,
    /// At which site.
    pub(crate) site: String,
    /// What was done.
    pub(crate) what: String,
    /// About what.
    pub(crate) about: String,
    /// As of which commit, or which commit it made.
    pub(crate) t: i64,
    /// How many resources the answer held.
    pub(crate) count: i64,
    /// SHA-256 over the leaf before and this one.
    pub(crate) digest: Vec<u8>,
    /// The call that is written with it; no part of the leaf, whose text holds a digest over it.
    pub(crate) call: Option<Arc<KeptCall>>,
}

/// A version that took its resource from one compartment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Where the resource was.
    pub(crate) from: i64,
    /// Which of the batch's versions.
    pub(crate) version: usize,
}

/// Everything that one database transaction writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// The commits, in order.
    pub(crate) commits: Vec<CommitRow>,
    /// New resources: key and number.
    pub(crate) resources: Vec<(Key, i64)>,
    /// New versions, in order.
    pub(crate) versions: Vec<VersionRow>,
    /// Which of them took their resource to another compartment.
    pub(crate) moved: Vec<Moved>,
    /// Index rows that begin; those of what was written long ago may have ended already.
    pub(crate) opened: Vec<Span>,
    /// Index rows that end, with the commit.
    pub(crate) closed: Vec<(IndexRow, i64)>,
    /// Messages.
    pub(crate) messages: Vec<MessageRow>,
    /// What becomes of messages that wait.
    pub(crate) fates: Fates,
    /// Cursors: name and where they stand now.
    pub(crate) cursors: Vec<(String, i64)>,
    /// Leases that must still be held by whoever wrote this, or nothing of it is written.
    pub(crate) leases: Vec<Lease>,
    /// Audit leaves, in order.
    pub(crate) leaves: Vec<LeafRow>,
}
