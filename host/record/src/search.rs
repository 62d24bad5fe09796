//! A query to a plan to rows, as of `t`.
//!
//! Invariant: a page holds at most `limits::PAGE_MAX` matches, and every page of a search is read at the same `t`.

pub(crate) mod cursor;
pub mod everything;
mod include;
pub mod lastn;
mod order;
mod plan;

use std::sync::Arc;

use fhir::query::{Modifier, Query, Summary, Total};
use fhir::resource::{Id, Key, Resource, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::search::cursor::Point;
use crate::search::plan::{Ordered, Ready};
use crate::store::plan::{Index, Order, Plan, Test};
use crate::store::row::{DELETED, VersionRow};
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
    /// How many match altogether, when `_total=accurate` asked for it.
    pub total: Option<u64>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// Which page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The first, as of this moment; the query's own `_page` and `_asOf` count when this says `At::Now`.
    First(At),
    /// The one behind this cursor, as the page before gave it; it keeps that page's moment.
    Next(String),
}

/// One page as the database gives it.
struct Turned {
    matches: Vec<Arc<VersionRow>>,
    next: Option<Point>,
}

/// A match with its key in the order, and the phase in which it was found.
type Match = ((i64, i64), Arc<VersionRow>, u8);

impl Turned {
    fn of(matches: Vec<Match>, next: Option<Point>) -> Self {
        Self {
            matches: matches.into_iter().map(|(_, row, _)| row).collect(),
            next,
        }
    }
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
        let written = written(query, within);
        let stands_for = cursor::of_query(&written);
        let begin = match page {
            Page::Next(text) => Some(self.secret().read(text, stands_for)?),
            Page::First(At::Now) => match &query.page {
                Some(text) => Some(self.secret().read(text, stands_for)?),
                None => None,
            },
            Page::First(At::Commit(_) | At::Instant(_)) => None,
        };
        let t = match (begin, page, &query.as_of) {
            (Some(point), _, _) => point.t,
            (None, Page::First(At::Now), Some(text)) => self.moment(&as_of(text)).await?,
            (None, Page::First(at), _) => self.moment(at).await?,
            (None, Page::Next(_), _) => self.current_t(),
        };
        let ready = self.ready(query, t, within).await?;
        let count_only = query.count == Some(0) || query.summary == Some(Summary::Count);
        let n = query
            .count
            .unwrap_or(limits::PAGE_DEFAULT)
            .min(limits::PAGE_MAX);
        let turned = match count_only {
            true => Turned {
                matches: Vec::new(),
                next: None,
            },
            false => self.turn(query, &ready, begin, n).await?,
        };
        let wants_total = count_only || query.total == Some(Total::Accurate);
        let total = if wants_total {
            Some(self.total(query, &ready).await?)
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
        self.keep_leaf(leaf).await?;
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
        Ok(self.turn(query, &ready, None, n_max).await?.matches)
    }

    async fn turn(
        &self,
        query: &Query,
        ready: &Ready,
        begin: Option<Point>,
        n: u32,
    ) -> Result<Turned, ReadError> {
        match ready.ordered {
            Ordered::InMemory => self.turn_in_memory(query, ready, begin, n).await,
            Ordered::Indexed(order) => self.turn_indexed(query, ready, order, begin, n).await,
        }
    }

    /// A page in an order that an index has; behind it what has no value to be ordered by.
    async fn turn_indexed(
        &self,
        query: &Query,
        ready: &Ready,
        order: Order,
        begin: Option<Point>,
        n: u32,
    ) -> Result<Turned, ReadError> {
        let t = ready.plan.t;
        let wanted = usize::try_from(n).unwrap_or(usize::MAX);
        let mut phase = begin.map_or(0, |point| point.phase);
        let mut after = begin.map(|point| (point.key, point.r));
        let mut matches: Vec<Match> = Vec::new();
        for _ in 0..limits::PAGE_ROUNDS_MAX {
            let missing = u32::try_from(wanted + 1 - matches.len()).unwrap_or(1);
            let mut plan = Plan {
                order,
                after,
                n_max: missing,
                ..ready.plan.clone()
            };
            if phase == 1 {
                lacking(&mut plan, order);
            }
            let rows = self.store().search(plan).await?;
            let exhausted = rows.len() < usize::try_from(missing).unwrap_or(usize::MAX);
            after = rows.last().copied().or(after);
            let numbers: Vec<i64> = rows.iter().map(|(_, r)| *r).collect();
            let versions = self.versions_at(&numbers, t).await?;
            for (row, version) in rows.into_iter().zip(versions) {
                let fits = |version: &Arc<VersionRow>| {
                    version.what != DELETED && (!ready.exact || exactly(query, version))
                };
                if let Some(version) = version.filter(fits) {
                    matches.push((row, version, phase));
                }
            }
            if matches.len() > wanted {
                matches.truncate(wanted);
                let last = matches.last().map(|((key, r), _, phase)| Point {
                    t,
                    phase: *phase,
                    key: *key,
                    r: *r,
                });
                return Ok(Turned::of(matches, last));
            }
            if exhausted && (phase == 1 || !matches!(order, Order::Date { .. })) {
                return Ok(Turned::of(matches, None));
            }
            if exhausted {
                phase = 1;
                after = None;
            }
        }
        // Many were looked at and few fitted: the page is short, and the next goes on from here.
        let (key, r) = after.unwrap_or((i64::MIN, i64::MIN));
        Ok(Turned::of(matches, Some(Point { t, phase, key, r })))
    }

    async fn turn_in_memory(
        &self,
        query: &Query,
        ready: &Ready,
        begin: Option<Point>,
        n: u32,
    ) -> Result<Turned, ReadError> {
        let t = ready.plan.t;
        let plan = Plan {
            n_max: limits::SORTED_MAX + 1,
            ..ready.plan.clone()
        };
        let rows = self.store().search(plan).await?;
        if rows.len() > usize::try_from(limits::SORTED_MAX).unwrap_or(usize::MAX) {
            let what = format!(
                "more than {} resources match, too many to be put in this order: add a condition, or sort by one date",
                limits::SORTED_MAX
            );
            return Err(ReadError::Unreadable { what });
        }
        let numbers: Vec<i64> = rows.into_iter().map(|(_, r)| r).collect();
        let versions = self.versions_at(&numbers, t).await?.into_iter().flatten();
        let fits = versions
            .filter(|version| version.what != DELETED && (!ready.exact || exactly(query, version)));
        let all = order::sorted(fits.collect(), &query.sort);
        let from = begin.map_or(0, |point| usize::try_from(point.r).unwrap_or(usize::MAX));
        let until = from.saturating_add(usize::try_from(n).unwrap_or(usize::MAX));
        let next = (until < all.len()).then(|| Point {
            t,
            phase: 2,
            key: 0,
            r: i64::try_from(until).unwrap_or(i64::MAX),
        });
        let matches = all.into_iter().skip(from).take(until - from).collect();
        Ok(Turned { matches, next })
    }

    async fn total(&self, query: &Query, ready: &Ready) -> Result<u64, ReadError> {
        if ready.exact {
            let plan = Plan {
                n_max: limits::SORTED_MAX + 1,
                ..ready.plan.clone()
            };
            let rows = self.store().search(plan).await?;
            if rows.len() > usize::try_from(limits::SORTED_MAX).unwrap_or(usize::MAX) {
                let what = "too many resources to count with `:exact`: leave `_total` out or add a condition".to_owned();
                return Err(ReadError::Unreadable { what });
            }
            let numbers: Vec<i64> = rows.into_iter().map(|(_, r)| r).collect();
            let versions = self.versions_at(&numbers, ready.plan.t).await?;
            return Ok(versions
                .into_iter()
                .flatten()
                .filter(|version| exactly(query, version))
                .count() as u64);
        }
        Ok(self.store().count(ready.plan.clone()).await?)
    }
}

/// The second part of an order by date: what has no such date, by place.
fn lacking(plan: &mut Plan, order: Order) {
    if let Order::Date { parameter, .. } = order {
        plan.order = Order::Place;
        for arm in &mut plan.arms {
            arm.tests.push(Test::Missing {
                parameter,
                index: Index::Date,
                missing: true,
                implied: false,
            });
        }
    }
}

/// Whether every `:exact` clause holds letter by letter, which the index does not tell.
fn exactly(query: &Query, version: &VersionRow) -> bool {
    let resource = version
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok());
    let mut exact = query
        .clauses
        .iter()
        .filter(|clause| clause.modifier == Some(Modifier::Exact));
    resource.is_some_and(|resource| exact.all(|clause| clause.holds(&resource)))
}

/// `_asOf`: a commit's number or a moment.
fn as_of(text: &str) -> At {
    text.parse()
        .map_or_else(|_| At::Instant(text.to_owned()), |t| At::Commit(T(t)))
}

/// The query as the audit keeps it, and as a cursor stands for it.
fn written(query: &Query, within: Option<&Key>) -> String {
    let mut text = query.resource_type.to_string();
    for clause in &query.clauses {
        let modifier = clause
            .modifier
            .map(|modifier| format!(":{modifier:?}"))
            .unwrap_or_default();
        text = format!(
            "{text}&{}{modifier}={:?}",
            clause.parameter.name, clause.values
        );
    }
    for by in &query.sort {
        text = format!(
            "{text}&_sort={}{}",
            if by.descending { "-" } else { "" },
            by.parameter.name
        );
    }
    match within {
        Some(patient) => format!("{text} within {patient}"),
        None => text,
    }
}
