//! Reading resources and their history, as of any moment.
//!
//! Invariant: what is answered stood in the record at one `t`, and its audit leaf is kept before the answer leaves.

use std::sync::Arc;

use fhir::date::{self, Form};
use fhir::resource::{Id, Key, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::search::cursor::{self, Point};
use crate::store::row::{DELETED, TYPE_SHIFT, VersionRow};
use crate::store::{Span, StoreError, Turned};
use crate::{ReadError, Record, Stored, limits};

/// Whose history is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryOf {
    /// One resource's.
    Instance(Key),
    /// Every resource's of one type.
    Type(ResourceType),
    /// Everything's.
    System,
}

/// A question for versions, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Whose.
    pub of: HistoryOf,
    /// Only versions committed at or after this RFC 3339 moment (`_since`).
    pub since: Option<String>,
    /// Only versions that were current at some time during this date or moment (`_at`).
    pub during: Option<String>,
    /// As of which moment the record is read; a cursor keeps its own.
    pub as_of: At,
    /// How many versions a page may have; bounded by `limits::PAGE_MAX`.
    pub n_max: u32,
    /// The page's cursor, as the page before gave it.
    pub page: Option<String>,
}

/// One page of versions.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The moment at which the record was read; following pages keep it.
    pub t: T,
    /// The versions, newest first.
    pub versions: Vec<Stored>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

impl Record {
    /// The resource as it stood at a moment.
    ///
    /// # Errors
    /// `NotFound`, `Gone` when it was deleted by then, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn read(&self, caller: &Caller, key: &Key, at: &At) -> Result<Stored, ReadError> {
        may_read(caller, key.resource_type)?;
        let t = self.moment(at).await?;
        let row = self
            .standing_of(std::slice::from_ref(key), t)
            .await?
            .pop()
            .flatten();
        let leaf = read_leaf(caller, "read", key.to_string(), t, row.as_deref());
        if *at != At::Now {
            self.keep_leaf(leaf).await?;
        } else if !self.keep_leaf_of_now(leaf).await? {
            return Box::pin(self.read(caller, key, &At::Commit(self.current()))).await;
        }
        standing(key, row)
    }

    /// One version of a resource. A version that is a deletion is `Gone`.
    ///
    /// # Errors
    /// `NotFound`, `Gone`, `Forbidden`, `Store`.
    pub async fn vread(
        &self,
        caller: &Caller,
        key: &Key,
        version: u64,
    ) -> Result<Stored, ReadError> {
        may_read(caller, key.resource_type)?;
        let what = format!("{key}/_history/{version}");
        let mut t = self.current_t();
        let mut row = self.version_of(key, version, t).await?;
        let leaf =
            |row: &Option<VersionRow>, t| read_leaf(caller, "vread", what.clone(), t, row.as_ref());
        // A version never changes: only one that is not there may have come to be at another host.
        if row.is_some() {
            self.keep_leaf(leaf(&row, t)).await?;
        } else if !self.keep_leaf_of_now(leaf(&row, t)).await? {
            t = self.current_t();
            row = self.version_of(key, version, t).await?;
            self.keep_leaf(leaf(&row, t)).await?;
        }
        match row {
            None => Err(ReadError::NotFound { what }),
            row @ Some(_) => standing(key, row.map(Arc::new)),
        }
    }

    /// Keeps the leaf of a [`Record::vread`] of a version that is at hand and no deletion.
    pub(crate) async fn vread_at_hand(
        &self,
        caller: &Caller,
        key: &Key,
        version: u64,
    ) -> Result<(), ReadError> {
        may_read(caller, key.resource_type)?;
        let about = format!("{key}/_history/{version}");
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            count: 1,
            ..NewLeaf::by(caller, "vread", about)
        })
        .await
    }

    pub(crate) async fn version_of(
        &self,
        key: &Key,
        version: u64,
        t: i64,
    ) -> Result<Option<VersionRow>, StoreError> {
        Ok(
            match (
                self.numbers_of(std::slice::from_ref(key))
                    .await?
                    .pop()
                    .flatten(),
                i64::try_from(version),
            ) {
                (Some(r), Ok(version)) => self
                    .store()
                    .version(r, version)
                    .await?
                    .filter(|row| row.t <= t),
                (Some(_) | None, Ok(_) | Err(_)) => None,
            },
        )
    }

    /// A page of versions, newest first, deletions included.
    ///
    /// # Errors
    /// `Unreadable` for a cursor that this record did not give, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn history(&self, caller: &Caller, ask: &History) -> Result<HistoryPage, ReadError> {
        let (about, span) = self.span(caller, &ask.of).await?;
        let since_ms = ask.since.as_deref().map(period).transpose()?;
        let since_ms = since_ms.map_or(i64::MIN, |span| span.low_ms);
        let during = ask.during.as_deref().map(period).transpose()?;
        let low_ms = during.map(|span| span.low_ms);
        let high_ms = during.map_or(i64::MAX, |span| span.high_ms);
        let stands_for = cursor::of_query(
            &format!("history of {about} since {since_ms} during {low_ms:?} {high_ms}"),
            caller.account(),
        );
        let begin = ask
            .page
            .as_ref()
            .map(|text| self.secret().read(text, stands_for))
            .transpose()?;
        let t = match begin {
            Some(point) => point.t,
            None => self.moment(&ask.as_of).await?,
        };
        let last = match during {
            Some(_) => t.min(self.commit_from(high_ms).await? - 1),
            None => t,
        };
        let n_max = ask.n_max.clamp(1, limits::PAGE_MAX);
        let before_v = begin.map_or(i64::MAX, |point| point.r);
        let mut rows = self
            .store()
            .history(Turned {
                span,
                before_v,
                t: last,
                since_ms,
                during_ms: low_ms,
                n_max: n_max + 1,
            })
            .await?;
        let more = rows.len() > usize::try_from(n_max).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(n_max).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|row| Point {
            t,
            phase: 0,
            key: 0,
            r: row.v,
        });
        let leaf = NewLeaf {
            t,
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "history", about)
        };
        if begin.is_some() || ask.as_of != At::Now {
            self.keep_leaf(leaf).await?;
        } else if !self.keep_leaf_of_now(leaf).await? {
            let ask = History {
                as_of: At::Commit(self.current()),
                ..ask.clone()
            };
            return Box::pin(self.history(caller, &ask)).await;
        }
        Ok(HistoryPage {
            t: T(u64::try_from(t).unwrap_or(0)),
            versions: rows.iter().map(Stored::of).collect(),
            next: next.map(|point| self.secret().written(point, stands_for)),
        })
    }

    /// What a history is about, if the caller may read it.
    async fn span(&self, caller: &Caller, of: &HistoryOf) -> Result<(String, Span), ReadError> {
        Ok(match of {
            HistoryOf::Instance(key) => {
                may_read(caller, key.resource_type)?;
                let r = self
                    .numbers_of(std::slice::from_ref(key))
                    .await?
                    .pop()
                    .flatten();
                let r = r.ok_or_else(|| ReadError::NotFound {
                    what: key.to_string(),
                })?;
                (key.to_string(), Span::Resource(r))
            }
            HistoryOf::Type(of) => {
                may_read(caller, *of)?;
                let first = i64::from(of.number());
                (
                    of.to_string(),
                    Span::Between(first << TYPE_SHIFT, (first + 1) << TYPE_SHIFT),
                )
            }
            HistoryOf::System => {
                for of in ResourceType::all() {
                    may_read(caller, of)?;
                }
                ("everything".to_owned(), Span::Between(0, i64::MAX))
            }
        })
    }

    /// An id for a resource whose author has to know it before it is committed: it rises with time, so that new resources
    /// lie together on disk.
    pub fn new_id(&self) -> Id {
        self.ids().next(self.now_ms())
    }

    /// The numbers of resources, in the order asked.
    pub(crate) async fn numbers_of(&self, keys: &[Key]) -> Result<Vec<Option<i64>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut numbers = self.memory().numbers(keys);
        let unknown: Vec<usize> = (0..keys.len())
            .filter(|at| numbers[*at].is_none())
            .collect();
        if !unknown.is_empty() {
            let asked: Vec<Key> = unknown.iter().map(|at| keys[*at].clone()).collect();
            let found = self.store().find(asked).await?;
            let learnt = unknown
                .iter()
                .zip(&found)
                .filter_map(|(at, r)| Some((keys[*at].clone(), (*r)?)));
            self.memory().learn(learnt);
            for (at, r) in unknown.into_iter().zip(found) {
                numbers[at] = r;
            }
        }
        Ok(numbers)
    }

    /// The versions that stood at commit `t`, deletions included, in the order asked.
    pub(crate) async fn versions_at(
        &self,
        numbers: &[i64],
        t: i64,
    ) -> Result<Vec<Option<Arc<VersionRow>>>, StoreError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let mut versions = self.memory().standing(numbers, t);
        let unknown: Vec<usize> = (0..numbers.len())
            .filter(|at| versions[*at].is_none())
            .collect();
        if !unknown.is_empty() {
            let is_current = t == self.current_t();
            let asked = unknown.iter().map(|at| numbers[*at]).collect();
            let found: Vec<_> = self
                .store()
                .standing(asked, t)
                .await?
                .into_iter()
                .map(|row| row.map(Arc::new))
                .collect();
            if is_current {
                let learnt: Vec<_> = found.iter().flatten().cloned().collect();
                self.memory().learn_standing(&learnt, t);
            }
            for (at, row) in unknown.into_iter().zip(found) {
                versions[at] = row;
            }
        }
        Ok(versions)
    }

    /// As [`Record::versions_at`], by key.
    pub(crate) async fn standing_of(
        &self,
        keys: &[Key],
        t: i64,
    ) -> Result<Vec<Option<Arc<VersionRow>>>, StoreError> {
        let numbers = self.numbers_of(keys).await?;
        let known: Vec<i64> = numbers.iter().copied().flatten().collect();
        let mut versions = self.versions_at(&known, t).await?.into_iter();
        Ok(numbers
            .into_iter()
            .map(|r| r.and_then(|_| versions.next().flatten()))
            .collect())
    }
}

/// The time that a date or moment of a history means.
fn period(text: &str) -> Result<date::Span, ReadError> {
    date::parse(text, Form::Search).map_err(|why| ReadError::NoSuchMoment {
        at: text.chars().take(40).collect(),
        why: why.to_string(),
    })
}

fn read_leaf(
    caller: &Caller,
    what: &'static str,
    about: String,
    t: i64,
    row: Option<&VersionRow>,
) -> NewLeaf {
    let count = i64::from(row.is_some_and(|row| row.what != DELETED));
    NewLeaf {
        t,
        count,
        ..NewLeaf::by(caller, what, about)
    }
}

fn may_read(caller: &Caller, of: ResourceType) -> Result<(), ReadError> {
    permission::check(caller, Action::Read, of.as_str()).map_err(|refusal| ReadError::Forbidden {
        account: caller.account().to_owned(),
        what: refusal.to_string(),
    })
}

fn standing(key: &Key, row: Option<Arc<VersionRow>>) -> Result<Stored, ReadError> {
    match row {
        None => Err(ReadError::NotFound {
            what: key.to_string(),
        }),
        Some(row) if row.what == DELETED => Err(ReadError::Gone {
            key: key.clone(),
            t: T(u64::try_from(row.t).unwrap_or(0)),
        }),
        Some(row) => Ok(Stored::of(&row)),
    }
}
