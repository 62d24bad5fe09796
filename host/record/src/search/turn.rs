//! Turning the pages of a search: by the database's order, or, where no index has the order, by one made in memory.
//!
//! Invariant: pages neither overlap nor leave anything out, whatever is written while they are turned.

use std::sync::Arc;

use fhir::query::{Query, Total};

use crate::search::cursor::Point;
use crate::search::plan::{Ordered, Ready};
use crate::search::{look, order};
use crate::store::StoreError;
use crate::store::plan::{Index, Order, Plan, Test};
use crate::store::row::{DELETED, VersionRow};
use crate::{ReadError, Record, limits};

/// One page as the database gives it.
#[derive(Default)]
pub(crate) struct Turned {
    pub(crate) matches: Vec<Arc<VersionRow>>,
    /// Of each match, where what comes behind it begins.
    pub(crate) points: Vec<Point>,
    pub(crate) next: Option<Point>,
}

/// The phase of a point that is a place in an order made in memory.
pub(super) const IN_MEMORY: u8 = 2;

/// A match with its key in the order, and the phase in which it was found.
type Match = ((i64, i64), Arc<VersionRow>, u8);

impl Turned {
    fn of(matches: Vec<Match>, next: Option<Point>, t: i64) -> Self {
        let point = |&((key, r), _, phase): &Match| Point { t, phase, key, r };
        Self {
            points: matches.iter().map(point).collect(),
            matches: matches.into_iter().map(|(_, row, _)| row).collect(),
            next,
        }
    }
}

impl Record {
    pub(super) async fn turn(
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
            let asked = match ready.looked {
                true => missing.max(limits::LOOKED_AT_ONCE),
                false => missing,
            };
            let mut plan = Plan {
                order,
                after,
                n_max: asked,
                ..ready.plan.clone()
            };
            if phase == 1 {
                lacking(&mut plan, order);
            }
            let rows = self.store().search(plan).await?;
            let exhausted = rows.len() < usize::try_from(asked).unwrap_or(usize::MAX);
            after = rows.last().copied().or(after);
            let numbers: Vec<i64> = rows.iter().map(|(_, r)| *r).collect();
            let versions = self.versions_at(&numbers, t).await?;
            for (row, version) in rows.into_iter().zip(versions) {
                let fits = |version: &Arc<VersionRow>| {
                    version.what != DELETED && (!ready.looked || look::fits(query, version))
                };
                if let Some(version) = version.filter(fits) {
                    matches.push((row, version, phase));
                }
            }
            if matches.len() > wanted {
                matches.truncate(wanted);
                let mut turned = Turned::of(matches, None, t);
                turned.next = turned.points.last().copied();
                return Ok(turned);
            }
            if exhausted && (phase == 1 || !matches!(order, Order::Date { .. })) {
                return Ok(Turned::of(matches, None, t));
            }
            if exhausted {
                phase = 1;
                after = None;
            }
        }
        // Many were looked at and few fitted: the page is short, and the next goes on from here.
        let (key, r) = after.unwrap_or((i64::MIN, i64::MIN));
        Ok(Turned::of(matches, Some(Point { t, phase, key, r }), t))
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
        let fits = versions.filter(|version| {
            version.what != DELETED && (!ready.looked || look::fits(query, version))
        });
        let all = order::sorted(fits.collect(), &query.sort);
        let from = begin.map_or(0, |point| usize::try_from(point.r).unwrap_or(usize::MAX));
        let until = from.saturating_add(usize::try_from(n).unwrap_or(usize::MAX));
        let at = |place: usize| Point {
            t,
            phase: IN_MEMORY,
            key: 0,
            r: i64::try_from(place).unwrap_or(i64::MAX),
        };
        let next = (until < all.len()).then(|| at(until));
        let matches: Vec<_> = all.into_iter().skip(from).take(until - from).collect();
        let points = (1..=matches.len()).map(|n| at(from + n)).collect();
        Ok(Turned {
            matches,
            points,
            next,
        })
    }

    /// How many match; `None` where an estimate was asked for and counting would take too much.
    pub(super) async fn total(
        &self,
        query: &Query,
        ready: &Ready,
    ) -> Result<Option<u64>, ReadError> {
        let counted = if ready.looked {
            self.counted_one_by_one(query, ready).await
        } else {
            self.store()
                .count(ready.plan.clone())
                .await
                .map_err(ReadError::from)
        };
        match counted {
            Ok(total) => Ok(Some(total)),
            Err(error) if query.total == Some(Total::Estimate) && is_too_much(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn counted_one_by_one(&self, query: &Query, ready: &Ready) -> Result<u64, ReadError> {
        let plan = Plan {
            n_max: limits::SORTED_MAX + 1,
            ..ready.plan.clone()
        };
        let rows = self.store().search(plan).await?;
        if rows.len() > usize::try_from(limits::SORTED_MAX).unwrap_or(usize::MAX) {
            let what = format!(
                "more than {} resources would have to be looked at to count them: leave `_total` out or add a condition",
                limits::SORTED_MAX
            );
            return Err(ReadError::Unreadable { what });
        }
        let numbers: Vec<i64> = rows.into_iter().map(|(_, r)| r).collect();
        let versions = self.versions_at(&numbers, ready.plan.t).await?;
        let fits = versions
            .into_iter()
            .flatten()
            .filter(|version| version.what != DELETED && look::fits(query, version));
        Ok(fits.count() as u64)
    }
}

/// Whether counting was given up since it would take too long or look at too much.
fn is_too_much(error: &ReadError) -> bool {
    match error {
        ReadError::Unreadable { .. } => true,
        ReadError::Store { source } => matches!(source, StoreError::TooLong { .. }),
        ReadError::NotFound { .. } | ReadError::Gone { .. } | ReadError::NoSuchMoment { .. } => {
            false
        }
        ReadError::Forbidden { .. } | ReadError::Busy | ReadError::Unfinished { .. } => false,
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
