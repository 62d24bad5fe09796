//! Every version and every commit that a record holds, for drills that count or compare what a host left.
//!
//! Invariant: each is given once, page by page: versions newest first, commits oldest first.

use record::log::{At, CommitEntry, T};
use record::read::{History, HistoryOf};
use record::{Record, Stored};

/// Commits read at once.
const PAGE: u32 = 1_000;

/// Gives every commit behind `after` to `each`.
pub(crate) async fn each_commit(
    record: &Record,
    after: T,
    mut each: impl FnMut(CommitEntry),
) -> Result<(), String> {
    let mut last = after;
    while last < record.current() {
        let commits = record
            .commits_after(last, PAGE)
            .await
            .map_err(|why| why.to_string())?;
        let newest = commits.last().map(|commit| commit.t);
        last = newest.ok_or_else(|| {
            format!(
                "no commit comes after {last}, and the newest is {}",
                record.current()
            )
        })?;
        commits.into_iter().for_each(&mut each);
    }
    Ok(())
}

/// Versions that are still to be looked at.
pub(crate) struct Versions<'r> {
    record: &'r Record,
    of: HistoryOf,
    page: std::vec::IntoIter<Stored>,
    next: Option<String>,
    is_begun: bool,
}

impl<'r> Versions<'r> {
    pub(crate) fn of(record: &'r Record, of: HistoryOf) -> Self {
        Self {
            record,
            of,
            page: Vec::new().into_iter(),
            next: None,
            is_begun: false,
        }
    }

    /// Every version of a resource type, by its name.
    pub(crate) fn of_type(record: &'r Record, name: &str) -> Result<Self, String> {
        let of = name.parse().map_err(|_| format!("{name} is no type"))?;
        Ok(Self::of(record, HistoryOf::Type(of)))
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Stored>, String> {
        loop {
            if let Some(stored) = self.page.next() {
                return Ok(Some(stored));
            }
            if self.is_begun && self.next.is_none() {
                return Ok(None);
            }
            let site = "RXR"
                .parse()
                .map_err(|why: record::caller::NotASiteCode| why.to_string())?;
            let ask = History {
                of: self.of.clone(),
                since: None,
                during: None,
                as_of: At::Now,
                n_max: record::limits::PAGE_MAX,
                page: self.next.take(),
            };
            let who = self.record.operator(&site);
            let turned = self
                .record
                .history(&who, &ask)
                .await
                .map_err(|why| why.to_string())?;
            self.is_begun = true;
            self.page = turned.versions.into_iter();
            self.next = turned.next;
        }
    }
}
