//! Searches over several types at once, one type after the other.
//!
//! Invariant: all types are read at one `t`; a type that the caller may not read is not among them.

use fhir::query::{Query, Summary, Total};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::T;
use crate::permission::{self, Action};
use crate::search::cursor::{self, Point};
use crate::search::written::written;
use crate::search::{Found, Page, starts_at};
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
        if queries
            .iter()
            .any(|query| !query.sort.is_empty() || !query.includes.is_empty())
        {
            let what = "several types are answered one after the other, so `_sort`, `_include` and `_revinclude` need \
                        one type: write it in `_type` or search the type"
                .to_owned();
            return Err(ReadError::Unreadable { what });
        }
        for query in queries {
            permission::check(caller, Action::Read, query.resource_type.as_str()).map_err(
                |refusal| ReadError::Forbidden {
                    account: caller.account().to_owned(),
                    what: refusal.to_string(),
                },
            )?;
        }
        let queries: Vec<Query> = queries
            .iter()
            .map(|query| {
                self.permitted(caller, query)
                    .map(std::borrow::Cow::into_owned)
            })
            .collect::<Result<_, _>>()?;
        let texts: Vec<String> = queries
            .iter()
            .map(|query| format!("{} of several", written(query, None)))
            .collect();
        let stand_for = |at: usize| {
            texts
                .get(at)
                .map_or([0; 8], |text| cursor::of_query(text, caller.account()))
        };
        let (mut at, begin) = match starts_at(first, page) {
            None => (0, None),
            Some(text) => {
                let found = (0..queries.len())
                    .find_map(|at| Some((at, self.secret().read(text, stand_for(at)).ok()?)));
                let (at, point) = found.ok_or_else(cursor::not_of_this_search)?;
                (at, Some(point))
            }
        };
        let t = self.moment_of(first, page, begin).await?;
        let count_only = first.count == Some(0) || first.summary == Some(Summary::Count);
        let wanted = first
            .count
            .unwrap_or(limits::PAGE_DEFAULT)
            .min(limits::PAGE_MAX);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let (mut matches, mut total, mut next) = (Vec::new(), Some(0), None);
        if count_only || first.total.is_some_and(|total| total != Total::None) {
            for query in &queries {
                let ready = self.ready(query, t, None).await?;
                let counted = self.total(query, &ready).await?;
                total = total.zip(counted).map(|(sum, one)| sum + one);
            }
        } else {
            total = None;
        }
        let mut from = begin;
        while !count_only && at < queries.len() {
            let missing = u32::try_from(wanted - matches.len()).unwrap_or(0);
            if missing == 0 {
                // The page is full, and this type is still to come.
                let start = Point {
                    t,
                    phase: 0,
                    key: i64::MIN,
                    r: i64::MIN,
                };
                next = Some(self.secret().written(start, stand_for(at)));
                break;
            }
            let ready = self.ready(&queries[at], t, None).await?;
            let turned = self
                .turn(&queries[at], &ready, from.take(), missing)
                .await?;
            matches.extend(turned.matches);
            if let Some(point) = turned.next {
                next = Some(self.secret().written(point, stand_for(at)));
                break;
            }
            at += 1;
        }
        let types: Vec<&str> = queries
            .iter()
            .map(|query| query.resource_type.as_str())
            .collect();
        let about = format!("{} in {}", texts[0], types.join(","));
        let leaf = NewLeaf {
            t,
            count: i64::try_from(matches.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "search", about)
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
}
