//! What terminology asks of a database: releases of large code systems, filled in batches and read by number.
//!
//! Invariant: a release is read only when it is ready, and never changes afterwards.

use std::sync::Arc;

use super::Reply;

/// One release of a code system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReleaseRow {
    pub(crate) release: i64,
    pub(crate) system: String,
    pub(crate) version: String,
    pub(crate) name: String,
    /// Digest of the files that it is loaded from.
    pub(crate) digest: String,
    pub(crate) concepts: i64,
    /// Batches that have been written.
    pub(crate) batches: i64,
    pub(crate) ready: bool,
}

/// One concept of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConceptRow {
    pub(crate) n: i64,
    pub(crate) code: String,
    pub(crate) display: String,
    pub(crate) parents: Vec<u8>,
    pub(crate) children: Vec<u8>,
    pub(crate) below: Vec<u8>,
    pub(crate) detail: String,
}

/// The concepts of which something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PostingRow {
    /// What: `word`, `refset`, `inactive`, or the code of a property.
    pub(crate) kind: String,
    /// Which word, reference set or value.
    pub(crate) key: String,
    /// The number of the value, or -1.
    pub(crate) value_n: i64,
    pub(crate) members: Vec<u8>,
}

/// One line of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MapRow {
    pub(crate) map: String,
    pub(crate) n: i64,
    /// The place among the lines of the same concept.
    pub(crate) place: i64,
    pub(crate) target: String,
    /// JSON: what else the line says.
    pub(crate) detail: String,
}

/// Rows that are written at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filling {
    pub(crate) concepts: Vec<ConceptRow>,
    pub(crate) postings: Vec<PostingRow>,
    pub(crate) maps: Vec<MapRow>,
}

/// Which postings of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The one with this key.
    Is(String),
    /// Those whose keys begin so.
    Begin(String),
}

/// Which lines of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// From this concept.
    From(i64),
    /// To this target.
    To(String),
}

/// A database that keeps releases.
pub(crate) trait TerminologyStore: Send + Sync + 'static {
    /// Every release, ready or not.
    fn releases(&self) -> Reply<'_, Vec<ReleaseRow>>;
    /// Begins a release, or finds the one with the same system and version as it stands.
    fn release_begin(&self, new: ReleaseRow) -> Reply<'_, ReleaseRow>;
    /// Writes a batch, unless batches up to its number have been written, in one transaction.
    fn release_fill(&self, release: i64, batch: i64, rows: Arc<Filling>) -> Reply<'_, ()>;
    /// From now on the release can be read.
    fn release_ready(&self, release: i64) -> Reply<'_, ()>;
    /// Removes rows of a release, about `n_max` at once, and the release itself when none are left. Whether there is more.
    fn release_clear(&self, release: i64, n_max: u32) -> Reply<'_, bool>;
    /// The concepts whose codes have these hashes: hash, number and code.
    fn concept_numbers(&self, release: i64, hashes: Vec<i64>)
    -> Reply<'_, Vec<(i64, i64, String)>>;
    /// Concepts by their numbers, in any order.
    fn concepts(&self, release: i64, numbers: Vec<i64>) -> Reply<'_, Vec<ConceptRow>>;
    /// Postings of a kind, at most `n_max`.
    fn postings(
        &self,
        release: i64,
        kind: String,
        keys: Keys,
        n_max: u32,
    ) -> Reply<'_, Vec<PostingRow>>;
    /// Lines of a map in order, at most `n_max`.
    fn map_lines(
        &self,
        release: i64,
        map: String,
        lines: Lines,
        n_max: u32,
    ) -> Reply<'_, Vec<MapRow>>;
}
