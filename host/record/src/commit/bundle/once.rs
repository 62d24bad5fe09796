//! Requests that count once: an import that is cut off and sent again, a client that repeats under an `Idempotency-Key`.
//!
//! Invariant: the changes and the note that they were made are the same commit.

use fhir::bundle::Bundle;

use crate::Record;
use crate::caller::Caller;
use crate::commit::{CommitError, Outcome, Receipt, What, basis, bundle, prepare};
use crate::limits;
use crate::log::T;
use crate::proposal::{Basis, Change, CursorMove, Proposal, Which};
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
        let outcomes = self.retold(&changes, rows, number).await?;
        let outcomes = outcomes.ok_or(CommitError::DoneBefore { t })?;
        Ok(Receipt { t, outcomes })
    }

    /// What each change did in a commit that wrote these rows, which are in the order of the changes. `None` where a
    /// condition found something, so that fewer were written than asked for: which, the log does not tell.
    async fn retold(
        &self,
        changes: &[Change],
        rows: Vec<VersionRow>,
        t: i64,
    ) -> Result<Option<Vec<Outcome>>, CommitError> {
        let all_written = rows.len() == changes.len();
        let mut rows = rows.into_iter().peekable();
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            let key = match change {
                _ if all_written => None,
                Change::Create {
                    if_none_exist: None,
                    ..
                } => None,
                Change::Update { key, .. } | Change::Delete { key, .. } => Some(key),
                Change::Patch {
                    of: Which::Key(key),
                    ..
                } => Some(key),
                Change::Create { .. } | Change::UpdateMatch { .. } => return Ok(None),
                Change::Patch { .. } | Change::DeleteMatches { .. } => return Ok(None),
            };
            let written = rows.next_if(|row| key.is_none_or(|key| row.key == *key));
            outcomes.push(match (written, key) {
                (Some(row), _) => {
                    let whole = self.store().version(row.r, row.version).await?;
                    outcome(&whole.unwrap_or(row))
                }
                // Nothing had to be written: it stood so already.
                (None, Some(key)) => {
                    let standing = self.standing_of(std::slice::from_ref(key), t).await?;
                    match standing.into_iter().next().flatten() {
                        Some(row) if row.what != DELETED => Outcome {
                            what: What::Existing,
                            ..outcome(&row)
                        },
                        _ => prepare::absent(key.clone(), None),
                    }
                }
                (None, None) => return Ok(None),
            });
        }
        Ok(Some(outcomes))
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
        let known = self.known().await?;
        let mut changes = Vec::with_capacity(bundle.entries.len());
        for (place, entry) in bundle.entries.into_iter().enumerate() {
            let Some(change) = bundle::change(&known, entry)? else {
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
        under: None,
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
