//! Readers of the log whose effects lie outside the record: they move their cursor when what they did elsewhere is kept there.
//!
//! Invariant: a cursor moves only under the lease that its reader holds, from where the reader saw it.

use crate::Record;
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::lease::Lease;
use crate::log::T;
use crate::proposal::{Basis, CursorMove, Proposal};

impl Record {
    /// Moves a reader's cursor, in a commit of its own that changes nothing else.
    ///
    /// # Errors
    /// `CursorMoved` when it does not stand where its reader saw it, `Store` when the lease was lost.
    pub async fn advance(
        &self,
        name: &str,
        lease: &Lease,
        from: Option<T>,
        to: T,
    ) -> Result<(), CommitError> {
        let cursor = CursorMove {
            name: name.to_owned(),
            from,
            to: Some(to),
            under: Some(lease.clone()),
        };
        let proposal = Proposal {
            changes: Vec::new(),
            basis: Basis::Direct,
            message: None,
            cursor: Some(cursor),
        };
        self.commit_granted(&Caller::host(), proposal)
            .await
            .map(drop)
    }

    /// What tells this record from any other, the same at each of its hosts: a URN.
    pub fn name(&self) -> String {
        crate::adviser::issuer_of(self)
    }
}
