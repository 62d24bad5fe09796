//! Searches over several types at once, one type after the other.
//!
//! Invariant: all types are read at one `t`; a type that the caller may not read is not among them.

use std::borrow::Cow;
use std::sync::Arc;

use fhir::query::{Query, Summary, Total};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::T;
use crate::permission::{self, Action};
use crate::search::cursor::{self, Point};
use crate::search::written::written;
use crate::search::{Found, Page, starts_at};
use crate::store::row::VersionRow;
use crate::{ReadError, Record, Stored, limits};

impl Record {
    /// A page of what queries of several types find: all of the first type's, then all of the second's, …
    /// They must be of different types and ask for the same count, total and moment, which are read from the first.
    ///
    /// # Errors
    /// As [`Record::search`]; `Unreadable` when there is no query, or an order over several types.
    pub async fn search_types(
        &self,
        caller: &Caller,
        queries: &[Query],
        page: &Page,
    ) -> Result<Found, ReadError> {
        let Some(first) = queries.first() else {
            let what = "none of the types can be read by you: name others in `_type`".to_owned();
            return Err(ReadError::Unreadable { what });
        };
        if let [only] = queries {
            return self.search(caller, only, page).await;
        }
        may_go_together(caller, queries)?;
        let queries: Vec<Query> = queries
            .iter()
            .map(|query| self.permitted(caller, query).map(Cow::into_owned))
            .collect::<Result<_, _>>()?;
        let several = Several::of(&queries, caller);
        let (at, begin) = match starts_at(first, page) {
            None => (0, None),
            Some(text) => {
                let read = |at| Some((at, self.secret().read(text, several.stands_for(at)).ok()?));
                let found = (0..queries.len()).find_map(read);
                let (at, point) = found.ok_or_else(cursor::not_of_this_search)?;
                (at, Some(point))
            }
        };
        let t = self.moment_of(first, page, begin).await?;
        let count_only = first.count == Some(0) || first.summary == Some(Summary::Count);
        let total = if count_only || first.total.is_some_and(|total| total != Total::None) {
            self.total_of(&queries, t).await?
        } else {
            None
        };
        let (matches, next) = if count_only {
            (Vec::new(), None)
        } else {
            self.page_of(&queries, &several, (at, t, begin)).await?
        };
        let leaf = NewLeaf {
            t,
            count: i64::try_from(matches.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "search", several.about())
        };
        self.keep_leaf(leaf).await?;
        Ok(Found {
            t: T(u64::try_from(t).unwrap_or(0)),
            matches: matches.iter().map(|row| Stored::of(row)).collect(),
            included: Vec::new(),
            total,
            next,
        })
    }

    async fn total_of(&self, queries: &[Query], t: i64) -> Result<Option<u64>, ReadError> {
        let mut total = Some(0);
        for query in queries {
            let ready = self.ready(query, t, None).await?;
            let counted = self.total(query, &ready).await?;
            total = total.zip(counted).map(|(sum, one)| sum + one);
        }
        Ok(total)
    }

    /// A page from the type and point given on, and the cursor of the next.
    async fn page_of(
        &self,
        queries: &[Query],
        several: &Several,
        (from_type, t, mut from): (usize, i64, Option<Point>),
    ) -> Result<(Vec<Arc<VersionRow>>, Option<String>), ReadError> {
        let count = queries.first().and_then(|query| query.count);
        let wanted = count.unwrap_or(limits::PAGE_DEFAULT).min(limits::PAGE_MAX);
        let mut missing = wanted;
        let mut matches = Vec::new();
        for (at, query) in queries.iter().enumerate().skip(from_type) {
            if missing == 0 {
                // The page is full, and this type is still to come.
                let start = Point {
                    t,
                    phase: 0,
                    key: i64::MIN,
                    r: i64::MIN,
                };
                let next = self.secret().written(start, several.stands_for(at));
                return Ok((matches, Some(next)));
            }
            let ready = self.ready(query, t, None).await?;
            let turned = self.turn(query, &ready, from.take(), missing).await?;
            missing = missing.saturating_sub(u32::try_from(turned.matches.len()).unwrap_or(wanted));
            matches.extend(turned.matches);
            if let Some(point) = turned.next {
                let next = self.secret().written(point, several.stands_for(at));
                return Ok((matches, Some(next)));
            }
        }
        Ok((matches, None))
    }
}

/// Several queries as the audit and the cursors name them.
struct Several {
    texts: Vec<String>,
    types: Vec<&'static str>,
    account: String,
}

impl Several {
    fn of(queries: &[Query], caller: &Caller) -> Self {
        let text = |query| format!("{} of several", written(query, None));
        Self {
            texts: queries.iter().map(text).collect(),
            types: queries.iter().map(|it| it.resource_type.as_str()).collect(),
            account: caller.account().to_owned(),
        }
    }

    /// What a cursor within the type at that place is good for.
    fn stands_for(&self, at: usize) -> [u8; 8] {
        let text = self.texts.get(at);
        text.map_or([0; 8], |text| cursor::of_query(text, &self.account))
    }

    fn about(&self) -> String {
        let first = self.texts.first().map_or("", String::as_str);
        format!("{first} in {}", self.types.join(","))
    }
}

/// Refuses what cannot be answered type after type, and types that the caller may not read.
fn may_go_together(caller: &Caller, queries: &[Query]) -> Result<(), ReadError> {
    let orders = |query: &Query| !query.sort.is_empty() || !query.includes.is_empty();
    if queries.iter().any(orders) {
        let what = "several types are answered one after the other, so `_sort`, `_include` and `_revinclude` need \
                    one type: write it in `_type` or search the type"
            .to_owned();
        return Err(ReadError::Unreadable { what });
    }
    for query in queries {
        let allowed = permission::check(caller, Action::Read, query.resource_type.as_str());
        allowed.map_err(|refusal| ReadError::Forbidden {
            account: caller.account().to_owned(),
            what: refusal.to_string(),
        })?;
    }
    Ok(())
}
