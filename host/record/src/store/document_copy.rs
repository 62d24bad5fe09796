//! What a database keeps of documents that partners hold: one copy a pointer and address.
//!
//! Invariant: a copy is written whole or not at all, and is no part of the log.

use super::Reply;

/// What the holder said of keeping a copy beyond its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Nothing: it may be shown, told as old, when the holder cannot be asked.
    Free,
    /// It has to be asked about once its time is over (`must-revalidate`).
    OnceStale,
    /// It has to be asked about each time (`no-cache`).
    EachTime,
}

impl Keeping {
    /// Its number in databases, which never changes its meaning.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Free => 0,
            Self::OnceStale => 1,
            Self::EachTime => 2,
        }
    }

    /// What a number says; one that is not known, the strictest.
    pub(crate) fn of(number: i64) -> Self {
        match number {
            0 => Self::Free,
            1 => Self::OnceStale,
            _unknown => Self::EachTime,
        }
    }
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyRow {
    /// The id of the `DocumentReference`.
    pub(crate) pointer: String,
    /// Where it was fetched from.
    pub(crate) address: String,
    /// The holder's name here.
    pub(crate) holder: String,
    /// The pointer's version when it was last asked about.
    pub(crate) version: i64,
    /// What it is, as the holder said.
    pub(crate) media_type: String,
    /// The holder's mark of it; empty: none.
    pub(crate) etag: String,
    /// When it changed last, as the holder wrote it; empty: not said.
    pub(crate) last_modified: String,
    /// When the holder last said that it is so, in milliseconds since 1970.
    pub(crate) asked_ms: i64,
    /// How long it holds from then on; `None`: not said.
    pub(crate) life_ms: Option<i64>,
    /// What holds beyond that.
    pub(crate) keeping: Keeping,
    /// When it was last looked at.
    pub(crate) used_ms: i64,
    /// The document.
    pub(crate) body: Vec<u8>,
}

/// The columns of a copy, as each database's `row` reads them.
pub(super) const COPY: &str = "pointer, address, holder, version, media_type, etag, last_modified, asked_ms, life_ms, rule, used_ms, body";

/// The longest unused copies beyond a number of bytes and of rows.
pub(super) fn prune(bytes_max: &str, rows_max: &str) -> String {
    format!(
        "DELETE FROM document_copy WHERE (pointer, address) IN (SELECT pointer, address FROM (\
           SELECT pointer, address, SUM(bytes) OVER newest AS held, ROW_NUMBER() OVER newest AS place \
           FROM document_copy WINDOW newest AS (ORDER BY used_ms DESC, pointer, address \
             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS ranked \
         WHERE held > {bytes_max} OR place > {rows_max})"
    )
}

/// A database that keeps copies.
pub(crate) trait CopyStore: Send + Sync + 'static {
    /// The copy of what a pointer leads to.
    fn document_copy(&self, pointer: String, address: String) -> Reply<'_, Option<CopyRow>>;
    /// Keeps a copy in the place of the one that is there, then removes the longest unused beyond these bounds.
    fn keep_copy(&self, row: CopyRow, bytes_max: i64, rows_max: i64) -> Reply<'_, ()>;
    /// Notes that a copy was looked at.
    fn copy_used(&self, pointer: String, address: String, used_ms: i64) -> Reply<'_, ()>;
    /// Removes a copy, if it is there.
    fn drop_copy(&self, pointer: String, address: String) -> Reply<'_, ()>;
    /// How many copies of what each holder holds are kept, in order of the holders' names.
    fn copies(&self) -> Reply<'_, Vec<(String, i64)>>;
}
