//! What a database keeps of the calls of departmentals, and how they are found again.
//!
//! Invariant: a call is written with its audit leaf, under that leaf's number, and the leaf holds a digest over all of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::Reply;

/// A call as it is handed over with its leaf, which says when it was, as of which commit and at which site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptCall {
    /// Its id, as a provenance names it.
    pub(crate) id: String,
    /// Whose answer it is.
    pub(crate) departmental: String,
    /// The digest of the release that answered.
    pub(crate) digest: String,
    /// SHA-256 of the answer as JSON, in hexadecimal.
    pub(crate) answer: String,
    /// Everything it rested on and what it answered, packed as a body is.
    pub(crate) body: Vec<u8>,
}

impl KeptCall {
    /// A digest over every byte of it, as its leaf holds it.
    pub(crate) fn sum(&self) -> String {
        let mut sum = Sha256::new();
        let texts = [&self.id, &self.departmental, &self.digest, &self.answer];
        let parts = texts.iter().map(|text| text.as_bytes());
        for part in parts.chain([self.body.as_slice()]) {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        URL_SAFE_NO_PAD.encode(sum.finalize())
    }
}

/// A call as it lies in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallRow {
    /// The number of its leaf.
    pub(crate) n: i64,
    /// When it was kept, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// As of which commit it read.
    pub(crate) t: i64,
    /// For which site it answered.
    pub(crate) site: String,
    /// What is kept.
    pub(crate) kept: KeptCall,
}

/// Which calls, of one departmental or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that read as of this commit or a later one, behind this leaf, oldest first.
    Since {
        /// The first commit.
        t: i64,
        /// The leaf behind which they are.
        after: i64,
    },
    /// The newest behind this leaf, newest first.
    Newest {
        /// The leaf.
        after: i64,
    },
}

impl Which {
    /// The first commit, the leaf behind which they are, and their order in SQL.
    pub(crate) fn bounds(&self) -> (i64, i64, &'static str) {
        match self {
            Self::Since { t, after } => (*t, *after, "n"),
            Self::Newest { after } => (i64::MIN, *after, "n DESC"),
        }
    }
}

/// A database that keeps calls.
pub(crate) trait CallStore: Send + Sync + 'static {
    /// The newest call of this id.
    fn call(&self, id: String) -> Reply<'_, Option<CallRow>>;
    /// Calls of a departmental, or of all without one, at most `n_max`.
    fn calls(
        &self,
        departmental: Option<String>,
        which: Which,
        n_max: u32,
    ) -> Reply<'_, Vec<CallRow>>;
    /// The last call, by its leaf, that was made before a moment or that is not among the newest `keep`, if there is one.
    fn calls_beyond(&self, before_ms: i64, keep: u32) -> Reply<'_, Option<i64>>;
    /// Removes calls up to a leaf, the oldest first, at most `n_max`; how many.
    fn calls_prune(&self, upto: i64, n_max: u32) -> Reply<'_, u64>;
}
