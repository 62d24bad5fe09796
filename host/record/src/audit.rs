//! One leaf per read and write, append-only, chained by digest so that an edit shows.
//!
//! Invariant: a leaf is on disk before the answer it is about leaves; a write's leaf is in the write's own transaction.

use crate::caller::Caller;
use crate::log::T;
use crate::{ReadError, Record};

/// One read or write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its number in the chain, from 1, without gaps.
    pub n: u64,
    /// When it was kept, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub account: String,
    /// In which role.
    pub role: String,
    /// At which site.
    pub site: String,
    /// What was done: `read`, `vread`, `history`, `search`, `commit`, …
    pub what: String,
    /// The resource or query it was about.
    pub about: String,
    /// As of which commit, or which commit it made.
    pub t: T,
    /// How many resources the answer held.
    pub count: u64,
    /// SHA-256 over the leaf before and this one's content, in hexadecimal.
    pub digest: String,
}

/// What checking the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every leaf follows from the one before.
    Whole {
        /// How many leaves there are.
        leaves: u64,
        /// The digest of the last, in hexadecimal.
        head: String,
    },
    /// The chain does not hold at this leaf: it, or the one before, was edited, removed or put in.
    Broken {
        /// The first leaf that does not follow.
        n: u64,
    },
}

impl Record {
    /// Leaves after number `after`, oldest first, at most `n_max`.
    ///
    /// # Errors
    /// `Forbidden` for everybody but an operator, `Store`.
    pub async fn audit_leaves(
        &self,
        caller: &Caller,
        after: u64,
        n_max: u32,
    ) -> Result<Vec<Leaf>, ReadError> {
        let _ = (caller, after, n_max);
        todo!()
    }

    /// Reads the whole chain and checks every link.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn verify_audit(&self) -> Result<Verified, ReadError> {
        todo!()
    }

    /// Keeps a leaf for something that was refused, for example a proposal beyond its grants.
    pub(crate) async fn audit_refusal(&self, caller: &Caller, what: &str, about: &str) -> Result<(), ReadError> {
        let _ = (caller, what, about);
        todo!()
    }
}
