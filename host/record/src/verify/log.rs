//! The log and the audit, read side by side: numbers without gaps, and each commit's content under its leaf's digest.
//!
//! Invariant: a byte changed in any version, commit, message or leaf shows here.

use sha2::{Digest, Sha256};

use super::compare::{self, Item, Side, Sums};
use super::identity;
use super::{RESTORE, Verifying};
use crate::audit;
use crate::commit::content::{self, Content};
use crate::store::StoreError;
use crate::store::row::{CREATED, CommitRow, LeafRow, MessageRow, TYPE_SHIFT, seq_of};
use crate::store::scan::{KeptBody, KeptVersion, Rows};

/// The log on its way: commits, and beside them their versions and messages.
struct Log {
    commits: Rows<CommitRow>,
    versions: Ahead<KeptVersion>,
    messages: Ahead<MessageRow>,
    before: CommitRow,
    v: i64,
    seq: i64,
    first: Sums,
}

/// Rows of which the next can be looked at.
pub(super) struct Ahead<T> {
    rows: Rows<T>,
    next: Option<T>,
}

impl<T> Ahead<T> {
    pub(super) async fn of(mut rows: Rows<T>) -> Result<Self, StoreError> {
        let next = rows.next().await?;
        Ok(Self { rows, next })
    }

    /// The next row, if it is one of these.
    pub(super) async fn take_if(
        &mut self,
        is: impl FnOnce(&T) -> bool,
    ) -> Result<Option<T>, StoreError> {
        if self.next.as_ref().is_some_and(is) {
            let after = self.rows.next().await?;
            Ok(std::mem::replace(&mut self.next, after))
        } else {
            Ok(None)
        }
    }
}

/// A resource's first version as the table of resources has to have it.
pub(super) fn first(row: &KeptVersion) -> Option<Item> {
    let is_first = row.version == 1 && row.what == CREATED;
    is_first.then(|| compare::of_resource(row.r >> TYPE_SHIFT, &row.id, row.r))
}

impl Verifying<'_> {
    /// Reads commits, versions, messages and leaves once; gives the sums of what has to be in the table of resources.
    pub(super) async fn log(&mut self) -> Result<Sums, StoreError> {
        let mut log = Log {
            commits: self.scan.commits(&self.upto),
            versions: Ahead::of(self.scan.versions(&self.upto)).await?,
            messages: Ahead::of(self.scan.messages(&self.upto)).await?,
            before: nothing(),
            v: 0,
            seq: 0,
            first: Sums::new(),
        };
        let mut calls = self.calls().await?;
        let mut leaves = self.scan.leaves(&self.upto);
        let (mut n, mut digest) = (0, Vec::new());
        while let Some(leaf) = leaves.next().await? {
            n += 1;
            self.tell(
                "the log and the audit",
                leaf.n.unsigned_abs(),
                Some(self.upto.leaf),
            );
            if leaf.n != n || leaf.digest != audit::digest(&digest, &leaf) {
                let what = if leaf.n == n {
                    "the audit was edited: this leaf does not follow from the one before".to_owned()
                } else {
                    format!("the audit has a gap: leaf {n} is missing")
                };
                self.found(what, format!("leaf {}", leaf.n), RESTORE);
                n = leaf.n;
            }
            digest.clone_from(&leaf.digest);
            self.call_of(&mut calls, &leaf).await?;
            if leaf.what == "commit"
                && let Some(noted) = content::digest_in(&leaf.about)
            {
                self.commit_of(&mut log, &leaf, noted).await?;
            }
        }
        self.calls_ended(calls).await?;
        self.verdict.leaves = u64::try_from(n).unwrap_or(0);
        self.verdict.head = hex::encode(digest);
        while let Some((commit, _)) = self.next_commit(&mut log).await? {
            let at = format!("commit {}", commit.t);
            self.found("a commit has no leaf in the audit", at, RESTORE);
        }
        if let Some(row) = &log.versions.next {
            let at = format!("version {} of resource {} ({})", row.version, row.r, row.id);
            self.found("a version belongs to no commit", at, RESTORE);
        }
        if let Some(row) = &log.messages.next {
            let at = format!("message {} of {}", row.control_id, row.source);
            self.found("a message belongs to no commit", at, RESTORE);
        }
        if log.before.t != self.upto.t {
            let at = format!("commit {}", self.upto.t);
            self.found("the log ends before its last commit", at, RESTORE);
        }
        Ok(log.first)
    }

    /// The commit that a leaf is about, and whether it holds what the leaf says.
    async fn commit_of(
        &mut self,
        log: &mut Log,
        leaf: &LeafRow,
        noted: &str,
    ) -> Result<(), StoreError> {
        while log.before.t < leaf.t {
            let Some((commit, digest)) = self.next_commit(log).await? else {
                let (what, at) = ("a leaf is about a commit that is missing", leaf.n);
                self.found(what, format!("leaf {at}, commit {}", leaf.t), RESTORE);
                return Ok(());
            };
            let at = format!(
                "commit {} at {}",
                commit.t,
                crate::clock::rfc3339(commit.at_ms)
            );
            if commit.t != leaf.t {
                self.found("a commit has no leaf in the audit", at, RESTORE);
            } else if digest != noted {
                let what =
                    "what the commit wrote was changed afterwards: it is not what its leaf says";
                self.found(what, at, RESTORE);
            }
        }
        Ok(())
    }

    /// The next commit, checked, with the digest of what it wrote.
    async fn next_commit(
        &mut self,
        log: &mut Log,
    ) -> Result<Option<(CommitRow, String)>, StoreError> {
        let Some(commit) = log.commits.next().await? else {
            return Ok(None);
        };
        self.verdict.commits += 1;
        let at = format!("commit {}", commit.t);
        let before = &log.before;
        if commit.t != before.t + 1 {
            let what = format!("the log has a gap: commit {} is missing", before.t + 1);
            self.found(what, at.clone(), RESTORE);
        }
        if commit.at_ms < before.at_ms
            || commit.v_last < before.v_last
            || commit.seq_last < before.seq_last
        {
            let what =
                "a commit is earlier, or has fewer versions or resources, than the one before";
            self.found(what, at.clone(), RESTORE);
        }
        let mut content = Content::default();
        let mut event = identity::Event::of(&commit);
        while let Some(row) = log.versions.take_if(|row| row.v <= commit.v_last).await? {
            self.version(log, &commit, &row);
            if let Some(event) = &mut event {
                event.take(&row);
            }
            let numbers = [row.r, row.version, row.what, row.compartment];
            match &row.body {
                KeptBody::Json(json) => content.version(numbers, Some(json)),
                KeptBody::None | KeptBody::Unreadable => content.version(numbers, None),
            }
        }
        if let Some(event) = event {
            self.event(event);
        }
        if log.v != commit.v_last || log.seq != commit.seq_last {
            let what = format!(
                "the commit ends at version {} and resource {}, and those of the log at {} and {}",
                commit.v_last, commit.seq_last, log.v, log.seq
            );
            self.found(what, at, RESTORE);
            (log.v, log.seq) = (commit.v_last, commit.seq_last);
        }
        while let Some(row) = log.messages.take_if(|row| row.t <= commit.t).await? {
            self.message(&commit, &row);
            content.message(&row.source, &row.control_id, &row.digest);
        }
        let digest = content.of(&commit);
        log.before.clone_from(&commit);
        Ok(Some((commit, digest)))
    }

    fn version(&mut self, log: &mut Log, commit: &CommitRow, row: &KeptVersion) {
        self.verdict.versions += 1;
        log.v += 1;
        let at = || format!("version {} of resource {} ({})", row.version, row.r, row.id);
        if row.v != log.v {
            let what = format!("the versions have a gap: number {} is missing", log.v);
            self.found(what, at(), RESTORE);
            log.v = row.v;
        }
        if row.t != commit.t || row.at_ms != commit.at_ms {
            let what = format!(
                "a version does not belong to commit {} where it lies",
                commit.t
            );
            self.found(what, at(), RESTORE);
        }
        if let Some(item) = first(row) {
            log.first.take(Side::Expected, &item);
            log.seq += 1;
            if seq_of(row.r) != log.seq {
                let what = format!("resources are numbered in order, and {} was due", log.seq);
                self.found(what, at(), RESTORE);
                log.seq = seq_of(row.r);
            }
        }
    }

    fn message(&mut self, commit: &CommitRow, row: &MessageRow) {
        self.verdict.messages += 1;
        let at = || {
            format!(
                "message {} of {}, commit {}",
                row.control_id, row.source, row.t
            )
        };
        if row.t != commit.t {
            self.found("a message lies in no commit", at(), RESTORE);
        }
        if hex::encode(Sha256::digest(&row.bytes)) != row.digest {
            self.found("the bytes of a message were changed", at(), RESTORE);
        }
    }
}

/// What is before the first commit.
fn nothing() -> CommitRow {
    CommitRow {
        t: 0,
        at_ms: i64::MIN,
        v_last: 0,
        seq_last: 0,
        site: String::new(),
        account: String::new(),
        role: String::new(),
        basis: String::new(),
    }
}
