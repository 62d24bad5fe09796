//! A query to a plan to rows, as of `t`.
//!
//! Invariant: a page holds at most `limits::PAGE_MAX` matches, and every page of a search is read at the same `t`.

pub(crate) mod codes;
pub(crate) mod cursor;
pub mod everything;
mod hierarchy;
mod include;
pub mod lastn;
mod look;
mod order;
pub(crate) mod plan;
pub(crate) mod site;
mod system;
pub(crate) mod turn;
mod written;

use std::borrow::Cow;
use std::sync::Arc;

use fhir::query::{Query, Summary, Total};
use fhir::resource::{Id, Key, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::search::cursor::Point;
use crate::search::plan::{Ordered, Ready};
use crate::search::turn::Turned;
use crate::search::written::written;
use crate::store::plan::Order;
use crate::store::row::VersionRow;
use crate::{ReadError, Record, Stored, limits};

/// One page of what a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The moment at which the record was read; following pages keep it.
    pub t: T,
    /// The matches, in the order asked for.
    pub matches: Vec<Stored>,
    /// What `_include` and `_revinclude` add, each once.
    pub included: Vec<Stored>,
    /// How many match altogether, when `_total` asked for it; an estimate may be left out.
    pub total: Option<u64>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// All that a search found, up to a bound.
pub(crate) struct Whole {
    pub(crate) rows: Vec<Arc<VersionRow>>,
    /// Whether there is more.
    pub(crate) is_cut: bool,
}

/// Which page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first, as of this moment; the query's own `_page` and `_asOf` count when this says `At::Now`.
    First(At),
    /// The one behind this cursor, as the page before gave it; it keeps that page's moment.
    Next(String),
}

impl Record {
    /// A page of what the query finds. The page's size is the query's `_count`, bounded by `limits::PAGE_MAX`.
    ///
    /// # Errors
    /// `Unreadable` for a cursor that is not this query's, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn search(
        &self,
        caller: &Caller,
        query: &Query,
        page: &Page,
    ) -> Result<Found, ReadError> {
        self.find(caller, query, page, None).await
    }

    /// As [`Record::search`], of what lies in one patient's compartment, the Patient itself included. What includes add
    /// may lie outside.
    pub(crate) async fn search_within(
        &self,
        caller: &Caller,
        query: &Query,
        page: &Page,
        patient: &Id,
    ) -> Result<Found, ReadError> {
        self.find(
            caller,
            query,
            page,
            Some(&Key::new(ResourceType::PATIENT, patient.clone())),
        )
        .await
    }

    async fn find(
        &self,
        caller: &Caller,
        query: &Query,
        page: &Page,
        within: Option<&Key>,
    ) -> Result<Found, ReadError> {
        permission::check(caller, Action::Read, query.resource_type.as_str()).map_err(
            |refusal| ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: refusal.to_string(),
            },
        )?;
        let query = self.permitted(caller, query)?;
        let query = query.as_ref();
        let written = written(query, within);
        let stands_for = cursor::of_query(&written, caller.account());
        let begin = match starts_at(query, page) {
            Some(text) => Some(self.secret().read(text, stands_for)?),
            None => None,
        };
        let t = self.moment_of(query, page, begin).await?;
        let ready = self.ready(query, t, within).await?;
        let count_only = query.count == Some(0) || query.summary == Some(Summary::Count);
        let n = query
            .count
            .unwrap_or(limits::PAGE_DEFAULT)
            .min(limits::PAGE_MAX);
        let turned = match count_only {
            true => Turned::default(),
            false => self.turn(query, &ready, begin, n).await?,
        };
        let wants_total = count_only || query.total.is_some_and(|total| total != Total::None);
        let total = if wants_total {
            self.total(query, &ready).await?
        } else {
            None
        };
        let included = self.included(caller, query, &turned.matches, t).await?;
        let count = turned.matches.len() + included.len();
        let leaf = NewLeaf {
            t,
            count: i64::try_from(count).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "search", written)
        };
        let is_now = begin.is_none() && *page == Page::First(At::Now) && query.as_of.is_none();
        if !is_now {
            self.keep_leaf(leaf).await?;
        } else if !self.keep_leaf_of_now(leaf).await? {
            let page = Page::First(At::Commit(self.current()));
            return Box::pin(self.find(caller, query, &page, within)).await;
        }
        Ok(Found {
            t: T(u64::try_from(t).unwrap_or(0)),
            matches: turned.matches.iter().map(|row| Stored::of(row)).collect(),
            included: included.iter().map(|row| Stored::of(row)).collect(),
            total,
            next: turned
                .next
                .map(|point| self.secret().written(point, stands_for)),
        })
    }

    /// The query without the ways by which it would look into what the caller may not read: of a reference that may be to
    /// several types, only those are looked into that the caller may read.
    fn permitted<'q>(
        &self,
        caller: &Caller,
        query: &'q Query,
    ) -> Result<Cow<'q, Query>, ReadError> {
        if query.criteria.is_empty() {
            return Ok(Cow::Borrowed(query));
        }
        let allowed =
            |of: ResourceType| permission::allows(caller.role(), Action::Read, of.as_str());
        let only = query
            .criteria
            .iter()
            .map(|criterion| criterion.only(&allowed));
        let criteria = only
            .collect::<Result<Vec<_>, _>>()
            .map_err(|of| ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: format!("{of}, so it cannot be searched through either"),
            })?;
        Ok(Cow::Owned(Query {
            criteria,
            ..query.clone()
        }))
    }

    /// The commit as of which a page is read: that of its cursor, or the one asked for.
    async fn moment_of(
        &self,
        query: &Query,
        page: &Page,
        begin: Option<Point>,
    ) -> Result<i64, ReadError> {
        match (begin, page, &query.as_of) {
            (Some(point), _, _) => Ok(point.t),
            (None, Page::First(At::Now), Some(text)) => self.moment(&as_of(text)).await,
            (None, Page::First(at), _) => self.moment(at).await,
            (None, Page::Next(_), _) => Ok(self.current_t()),
        }
    }

    /// What a query finds in one patient's compartment at commit `t`, in its order, at most `n_max`; with the leaf that says
    /// so, a search `through` what was granted, which is to be kept before anything of it leaves.
    pub(crate) async fn all_within(
        &self,
        caller: &Caller,
        query: &Query,
        (t, patient): (T, &Id),
        n_max: u32,
        through: &str,
    ) -> Result<(Whole, NewLeaf), ReadError> {
        let within = Key::new(ResourceType::PATIENT, patient.clone());
        let leaf = within_leaf(caller, query, (t, patient), through)?;
        let ready = self.ready(query, leaf.t, Some(&within)).await?;
        let found = self.whole(query, &ready, n_max).await?;
        let leaf = NewLeaf {
            count: i64::try_from(found.rows.len()).unwrap_or(i64::MAX),
            ..leaf
        };
        Ok((found, leaf))
    }

    /// Pages of a query that is ready, until there are `n_max` matches, no more, or too many rounds were made.
    async fn whole(&self, query: &Query, ready: &Ready, n_max: u32) -> Result<Whole, ReadError> {
        let enough = usize::try_from(n_max).unwrap_or(usize::MAX);
        let (mut rows, mut begin) = (Vec::new(), None);
        for _ in 0..limits::PAGE_ROUNDS_MAX {
            let missing = u32::try_from(enough.saturating_sub(rows.len())).unwrap_or(u32::MAX);
            let turned = self.turn(query, ready, begin, missing).await?;
            rows.extend(turned.matches);
            begin = turned.next;
            if begin.is_none() || rows.len() >= enough {
                break;
            }
        }
        Ok(Whole {
            is_cut: begin.is_some(),
            rows,
        })
    }

    /// What a query finds at commit `t`, at most `n_max`, in no order asked for; neither permitted nor audited.
    pub(crate) async fn matching(
        &self,
        query: &Query,
        t: i64,
        n_max: u32,
    ) -> Result<Vec<Arc<VersionRow>>, ReadError> {
        let ready = self.ready(query, t, None).await?;
        let ready = Ready {
            ordered: Ordered::Indexed(Order::Place),
            ..ready
        };
        let found = self.whole(query, &ready, n_max).await?;
        if !found.is_cut || found.rows.len() >= usize::try_from(n_max).unwrap_or(usize::MAX) {
            return Ok(found.rows);
        }
        let what = format!(
            "too many resources of type {} would have to be looked at: add a condition that an index answers",
            query.resource_type
        );
        Err(ReadError::Unreadable { what })
    }
}

/// The leaf of a search in one patient's compartment, if the caller may search so; how much was found is to be filled in.
///
/// # Errors
/// `Forbidden`.
pub(crate) fn within_leaf(
    caller: &Caller,
    query: &Query,
    (t, patient): (T, &Id),
    through: &str,
) -> Result<NewLeaf, ReadError> {
    let name = query.resource_type.as_str();
    permission::check(caller, Action::Read, name).map_err(|refusal| ReadError::Forbidden {
        account: caller.account().to_owned(),
        what: refusal.to_string(),
    })?;
    let within = Key::new(ResourceType::PATIENT, patient.clone());
    let about = format!("{} through {through}", written(query, Some(&within)));
    Ok(NewLeaf {
        t: i64::try_from(t.0).unwrap_or(i64::MAX),
        ..NewLeaf::by(caller, "search", about)
    })
}

/// The cursor at which a page begins, if it is not the first.
fn starts_at<'a>(query: &'a Query, page: &'a Page) -> Option<&'a str> {
    match page {
        Page::Next(text) => Some(text),
        Page::First(At::Now) => query.page.as_deref(),
        Page::First(At::Commit(_) | At::Instant(_)) => None,
    }
}

/// `_asOf`: a commit's number or a moment.
fn as_of(text: &str) -> At {
    text.parse()
        .map_or_else(|_| At::Instant(text.to_owned()), |t| At::Commit(T(t)))
}
