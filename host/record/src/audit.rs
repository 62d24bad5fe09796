//! One leaf per read and write, append-only, chained by digest so that an edit shows.
//!
//! Invariant: a leaf is on disk before the answer it is about leaves; a write's leaf is in the write's own transaction.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::caller::{Caller, Role};
use crate::clock::rfc3339;
use crate::commit::committer::{Fate, Noted, Waiting};
use crate::departmental::call_log;
use crate::limits;
use crate::log::T;
use crate::store::StoreError;
use crate::store::call::KeptCall;
use crate::store::row::{Head, LeafRow};
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
    /// The chain does not hold at this leaf: it, one before it in the same batch, or the end of the batch before was edited,
    /// removed or put in.
    Broken {
        /// The first leaf that does not follow.
        n: u64,
    },
}

/// A leaf that is not in the chain yet.
#[derive(Clone, Debug)]
pub(crate) struct NewLeaf {
    pub(crate) account: String,
    pub(crate) role: String,
    pub(crate) site: String,
    pub(crate) what: String,
    pub(crate) about: String,
    pub(crate) t: i64,
    pub(crate) count: i64,
    /// A call that is kept with it, in the same transaction.
    pub(crate) call: Option<Arc<KeptCall>>,
}

impl NewLeaf {
    /// A leaf about what this caller does.
    pub(crate) fn by(caller: &Caller, what: &str, about: String) -> Self {
        Self {
            account: caller.account().to_owned(),
            role: caller.role().as_str().to_owned(),
            site: caller.site().as_str().to_owned(),
            what: what.to_owned(),
            about,
            t: 0,
            count: 0,
            call: None,
        }
    }
}

impl NewLeaf {
    /// What it takes of a batch, in changes: nothing but for a call, whose body is written with it.
    pub(crate) fn weight(&self) -> usize {
        let bytes = self.call.as_ref().map_or(0, |call| call.body.len());
        bytes / limits::CALL_BYTES_PER_CHANGE
    }

    /// The leaf of a row for which the disk had no room. A call is left out: the reserve is for leaves.
    pub(crate) fn again(row: &LeafRow) -> Self {
        Self {
            account: row.account.clone(),
            role: row.role.clone(),
            site: row.site.clone(),
            what: row.what.clone(),
            about: match &row.call {
                Some(_) => call_log::left_out(&row.about),
                None => row.about.clone(),
            },
            t: row.t,
            count: row.count,
            call: None,
        }
    }
}

/// Puts a leaf at the end of the chain.
pub(crate) fn chained(leaf: NewLeaf, head: &mut Head) -> LeafRow {
    head.leaf += 1;
    let mut row = LeafRow {
        n: head.leaf,
        at_ms: head.at_ms,
        account: leaf.account,
        role: leaf.role,
        site: leaf.site,
        what: leaf.what,
        about: leaf.about,
        t: leaf.t,
        count: leaf.count,
        digest: Vec::new(),
        call: leaf.call,
    };
    row.digest = digest(&head.leaf_digest, &row);
    head.leaf_digest.clone_from(&row.digest);
    row
}

/// The digest of a leaf that follows a leaf with the digest `before`. Every part is preceded by its length.
pub(crate) fn digest(before: &[u8], row: &LeafRow) -> Vec<u8> {
    let mut sum = Sha256::new();
    let numbers = [row.n, row.at_ms, row.t, row.count].map(i64::to_be_bytes);
    let texts = [&row.account, &row.role, &row.site, &row.what, &row.about];
    let parts = std::iter::once(before)
        .chain(numbers.iter().map(<[u8; 8]>::as_slice))
        .chain(texts.iter().map(|text| text.as_bytes()));
    for part in parts {
        sum.update((part.len() as u64).to_be_bytes());
        sum.update(part);
    }
    sum.finalize().to_vec()
}

impl Record {
    /// Keeps a leaf, and returns when the disk has it.
    pub(crate) async fn keep_leaf(&self, leaf: NewLeaf) -> Result<(), ReadError> {
        for _ in 0..limits::RETRIES_MAX {
            match self.note(leaf.clone(), Noted::Always).await? {
                Ok(()) => return Ok(()),
                // Only the batch did not hold.
                Err(Fate::Moved(_)) => {}
                Err(Fate::Failed(source)) => return Err(not_read(source)),
            }
        }
        Err(ReadError::Busy)
    }

    /// As [`Record::keep_leaf`], for a read of the record as it is now. False, and nothing kept: another host had
    /// committed something that was not known here yet. What is read as of the commit known now includes whatever any
    /// host acknowledged before the read began.
    pub(crate) async fn keep_leaf_of_now(&self, leaf: NewLeaf) -> Result<bool, ReadError> {
        match self.note(leaf, Noted::UnlessOthersWrote).await? {
            Ok(()) => Ok(true),
            Err(Fate::Moved(_)) => Ok(false),
            Err(Fate::Failed(source)) => Err(not_read(source)),
        }
    }

    async fn note(&self, leaf: NewLeaf, when: Noted) -> Result<Result<(), Fate>, ReadError> {
        let (answer, answered) = oneshot::channel();
        let began = Instant::now();
        let waiting = Waiting::Leaf { leaf, when, answer };
        let sent = self.queue().try_send(waiting);
        sent.map_err(|_| ReadError::Busy)?;
        let kept = answered.await.map_err(|_| StoreError::Closed)?;
        self.pulse().kept(began.elapsed());
        Ok(kept)
    }

    /// Keeps a leaf for something that was refused, for example a proposal beyond its grants.
    pub(crate) async fn audit_refusal(
        &self,
        caller: &Caller,
        what: &str,
        about: &str,
    ) -> Result<(), ReadError> {
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            ..NewLeaf::by(caller, what, about.to_owned())
        })
        .await
    }

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
        if caller.role() != Role::Operator {
            return Err(ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: "the audit".to_owned(),
            });
        }
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self
            .store()
            .leaves(after, n_max.min(limits::ROWS_PAGE_MAX))
            .await?;
        Ok(rows.into_iter().map(leaf).collect())
    }

    /// Reads the whole chain and checks every link.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn verify_audit(&self) -> Result<Verified, ReadError> {
        let mut last = Head::default();
        loop {
            let rows = self
                .store()
                .leaves(last.leaf, limits::ROWS_PAGE_MAX)
                .await?;
            if rows.is_empty() {
                let leaves = u64::try_from(last.leaf).unwrap_or(0);
                return Ok(Verified::Whole {
                    leaves,
                    head: hex::encode(last.leaf_digest),
                });
            }
            for row in rows {
                let expected = last.leaf + 1;
                if row.n != expected || row.digest != digest(&last.leaf_digest, &row) {
                    return Ok(Verified::Broken {
                        n: u64::try_from(expected).unwrap_or(0),
                    });
                }
                last.leaf = row.n;
                last.leaf_digest = row.digest;
            }
        }
    }
}

fn leaf(row: LeafRow) -> Leaf {
    Leaf {
        n: u64::try_from(row.n).unwrap_or(0),
        at: rfc3339(row.at_ms),
        account: row.account,
        role: row.role,
        site: row.site,
        what: row.what,
        about: row.about,
        t: T(u64::try_from(row.t).unwrap_or(0)),
        count: u64::try_from(row.count).unwrap_or(0),
        digest: hex::encode(row.digest),
    }
}

/// Why nothing was read. A read can be made again, whether or not its leaf was kept.
fn not_read(why: StoreError) -> ReadError {
    match why {
        StoreError::Doubtful => ReadError::Busy,
        why => why.into(),
    }
}
