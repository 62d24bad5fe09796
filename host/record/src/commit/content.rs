//! What a commit wrote, as one digest that stands in its audit leaf.
//!
//! Invariant: the digest covers every byte of what the commit keeps, so that an edit of a fact shows as surely as an edit
//! of the audit.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::store::row::CommitRow;

/// What the digest begins with in a leaf.
pub(crate) const MARK: &str = " sha256:";

/// A digest over what a commit writes, in the making.
#[derive(Default)]
pub(crate) struct Content(Sha256);

impl Content {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Takes in a version: its resource's number, its own, what it did, whose it is, and its JSON.
    pub(crate) fn version(&mut self, numbers: [i64; 4], body: Option<&str>) {
        for number in numbers {
            self.0.update(number.to_be_bytes());
        }
        self.part(body.unwrap_or_default().as_bytes());
    }

    /// Takes in a message by the digest of its bytes.
    pub(crate) fn message(&mut self, source: &str, control_id: &str, digest: &str) {
        for text in [source, control_id, digest] {
            self.part(text.as_bytes());
        }
    }

    /// Takes in who made the commit, when and why, and ends.
    pub(crate) fn of(mut self, commit: &CommitRow) -> String {
        for number in [commit.t, commit.at_ms, commit.v_last, commit.seq_last] {
            self.0.update(number.to_be_bytes());
        }
        for text in [&commit.site, &commit.account, &commit.role, &commit.basis] {
            self.part(text.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(self.0.finalize())
    }
}

/// What a leaf is about, with the digest of what its commit wrote.
pub(crate) fn noted(about: &str, digest: &str) -> String {
    format!("{about}{MARK}{digest}")
}

/// The digest that a commit's leaf holds.
pub(crate) fn digest_in(about: &str) -> Option<&str> {
    about.rsplit_once(MARK).map(|(_, digest)| digest)
}
