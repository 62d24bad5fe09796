//! A bundle that is imported: all of it in one commit, and only once.
//!
//! Invariant: the bundle and the note that it was filed are the same commit.

use fhir::bundle::Bundle;

use crate::Record;
use crate::caller::Caller;
use crate::commit::bundle::Asked;
use crate::commit::{CommitError, Receipt};
use crate::proposal::{CursorMove, Proposal};

impl Record {
    /// Files all of a bundle's changes as one commit, whatever its kind, and only once under this name: what an
    /// import was cut off from can be sent again. `None`: it was filed before.
    ///
    /// # Errors
    /// Those of [`Record::commit`]; `Unreadable` for an entry that only reads.
    pub async fn bundle_once(
        &self,
        caller: &Caller,
        bundle: Bundle,
        name: &str,
    ) -> Result<Option<Receipt>, CommitError> {
        let mut changes = Vec::with_capacity(bundle.entries.len());
        for (place, entry) in bundle.entries.into_iter().enumerate() {
            match self.asked(caller, entry).await? {
                Asked::Change(change) => changes.push(*change),
                Asked::Read(_) | Asked::Version(..) | Asked::Search(_) => {
                    let what = "this entry reads; a bundle that is imported only writes".to_owned();
                    return Err(CommitError::Unreadable {
                        change: place,
                        what,
                    });
                }
            }
        }
        let cursor = CursorMove {
            name: name.to_owned(),
            from: None,
            to: None,
        };
        let proposal = Proposal {
            cursor: Some(cursor),
            ..Proposal::direct(changes)
        };
        match self.commit(caller, proposal).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommitError::CursorMoved { .. }) => Ok(None),
            Err(why) => Err(why),
        }
    }
}
