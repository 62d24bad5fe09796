//! Requests that count once: an import that is cut off and sent again, a client that repeats under an `Idempotency-Key`.
//!
//! Invariant: the changes and the note that they were made are the same commit.

use fhir::bundle::Bundle;

use crate::Record;
use crate::caller::Caller;
use crate::commit::{CommitError, Outcome, Receipt, What, basis, bundle};
use crate::limits;
use crate::log::T;
use crate::proposal::{Basis, Change, CursorMove, Proposal};
use crate::store::row::{CREATED, CommitRow, DELETED, VersionRow};

/// The name under which a request counts once, and what tells the request from another of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    name: String,
    digest: String,
}

impl Once {
    /// A name that this caller gave to a request of this digest. Others' names are not his.
    ///
    /// # Errors
    /// In words, when the name is empty, longer than `limits::ONCE_BYTES_MAX` or holds anything but visible ASCII.
    pub fn new(caller: &Caller, name: &str, digest: String) -> Result<Self, String> {
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || name.len() > limits::ONCE_BYTES_MAX || !visible {
            return Err(format!(
                "write 1 to {} visible ASCII characters, for example a UUID",
                limits::ONCE_BYTES_MAX
            ));
        }
        let name = format!("once|{}|{name}", caller.account());
        Ok(Self { name, digest })
    }
}

impl Record {
    /// Commits changes unless they were committed under this name before; then the receipt is that commit's.
    ///
    /// # Errors
    /// Those of [`Record::commit`]; `UsedBefore` when the name was given to a request of another digest.
    pub async fn commit_once(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        once: &Once,
    ) -> Result<Receipt, CommitError> {
        let proposal = Proposal {
            basis: Basis::Once {
                name: once.name.clone(),
                digest: once.digest.clone(),
            },
            cursor: Some(first_move(once.name.clone())),
            ..Proposal::direct(changes.clone())
        };
        match self.commit(caller, proposal).await {
            Err(CommitError::CursorMoved { now: Some(t), .. }) => {
                self.again(caller, changes, (t, once)).await
            }
            other => other,
        }
    }

    /// What was done under this name before, for whoever asks again.
    async fn again(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        (t, once): (T, &Once),
    ) -> Result<Receipt, CommitError> {
        let number = i64::try_from(t.0).unwrap_or(i64::MAX);
        let log = self.store().commits_after(number - 1, 1).await?;
        let (commit, rows) = log.into_iter().next().unzip();
        let before = commit.and_then(|commit: CommitRow| basis::once(&commit.basis));
        let rows: Vec<VersionRow> = rows.unwrap_or_default();
        match before {
            Some((name, digest)) if name == once.name => {
                if digest != once.digest {
                    return Err(CommitError::UsedBefore { t });
                }
            }
            // The first time nothing had to be written, so there was no commit of its own.
            Some(_) | None => return self.commit(caller, Proposal::direct(changes)).await,
        }
        // Where a condition found something, fewer were written than asked for: which, the log does not tell.
        if rows.len() != changes.len() {
            return Err(CommitError::DoneBefore { t });
        }
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            let whole = self.store().version(row.r, row.version).await?;
            outcomes.push(outcome(&whole.unwrap_or(row)));
        }
        Ok(Receipt { t, outcomes })
    }

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
            let Some(change) = bundle::change(entry)? else {
                let what = "this entry reads; a bundle that is imported only writes".to_owned();
                return Err(CommitError::Unreadable {
                    change: place,
                    what,
                });
            };
            changes.push(change);
        }
        let proposal = Proposal {
            cursor: Some(first_move(name.to_owned())),
            ..Proposal::direct(changes)
        };
        match self.commit(caller, proposal).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(CommitError::CursorMoved { .. }) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// The move of a cursor that nobody moved yet.
fn first_move(name: String) -> CursorMove {
    CursorMove {
        name,
        from: None,
        to: None,
    }
}

fn outcome(row: &VersionRow) -> Outcome {
    let what = match row.what {
        CREATED => What::Created,
        DELETED => What::Deleted,
        _ => What::Updated,
    };
    Outcome {
        key: row.key.clone(),
        version: u64::try_from(row.version).unwrap_or(0),
        what,
        last_updated: crate::clock::rfc3339(row.at_ms),
        body: row.body.clone(),
    }
}
