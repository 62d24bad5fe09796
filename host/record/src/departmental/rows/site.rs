//! Rows about the patients of a site, page by page: what a worklist is drawn from.
//!
//! Invariant: nothing of a patient whom the site is not known to care for, or of what is labelled as restricted, is looked at;
//! one page looks at a bounded number of resources, and pages neither overlap nor leave anything out.

use std::sync::Arc;

use super::asked::Asked;
use super::kept::{Made, Row};
use super::{document, too_many};
use crate::departmental::chart::{Window, as_failure};
use crate::departmental::manifest::DeclaredView;
use crate::departmental::{Failure, search};
use crate::limits::SITE_ROWS_SCANNED_MAX;
use crate::search::cursor::Point;
use crate::search::site::{Begin, OfSite};
use crate::store::row::VersionRow;

/// Resources that are looked at in one search: of most views each gives a row, of some it takes several to one.
const AT_ONCE_MIN: u32 = 50;
const AT_ONCE_MAX: u32 = 500;

/// What one page looked at.
#[derive(Default)]
struct Looked {
    made: Vec<Made>,
    points: Vec<Point>,
    /// Where the search goes on behind all of them; `None`: there is nothing more.
    rest: Option<Point>,
}

/// What one page gives.
struct Taken<'m> {
    rows: Vec<&'m Row>,
    next: Option<Begin>,
}

impl Window {
    /// Rows about the site's patients.
    pub(super) async fn of_site(
        &self,
        declared: &DeclaredView,
        asked: &Asked,
    ) -> Result<String, Failure> {
        if asked.offset > 0 || asked.count == 0 {
            let what = "in a call about a site leave `offset` out and write a `count` of 1 or more; `page` says where to go on";
            return Err(Failure::new("invalid", what));
        }
        let query = search::of_view(&asked.search, declared, None)?;
        let words = format!(
            "{} {} {}",
            self.release.digest, declared.id, asked.stands_for
        );
        let failed = |error| as_failure(&error);
        let found = self
            .record
            .of_site(&self.caller, query, (self.t, declared.scope), &words)
            .await
            .map_err(failed)?;
        let begin = asked.page.as_deref().map(|text| found.begin(text));
        let begin = begin.transpose().map_err(failed)?.unwrap_or_default();
        let looked = match asked.is_ordered() {
            true => self.all(declared, &found).await?,
            false => self.page(declared, asked, &found, begin).await?,
        };
        let taken = match asked.is_ordered() {
            true => in_order(asked, &found, &looked, begin),
            false => one_after_the_other(asked, &looked, begin),
        };
        let through = self.through(declared);
        let count = looked.made.len();
        self.keep(found.looked_at(count, &through)).await;
        let next = taken.next.map(|begin| found.cursor(begin));
        let more = next.is_some();
        Ok(document(&declared.view, &taken.rows, more, next.as_deref()))
    }

    /// Everything, since an order of columns can be told of nothing less.
    async fn all(&self, declared: &DeclaredView, found: &OfSite) -> Result<Looked, Failure> {
        let mut looked = Looked::default();
        let mut after = None;
        loop {
            let next = (after, AT_ONCE_MAX);
            self.look(declared, found, &mut looked, next).await?;
            after = looked.rest;
            if looked.made.len() > scanned_max() {
                return Err(too_many(SITE_ROWS_SCANNED_MAX));
            }
            if after.is_none() {
                return Ok(looked);
            }
        }
    }

    /// As much as fills the page, or as one page looks at.
    async fn page(
        &self,
        declared: &DeclaredView,
        asked: &Asked,
        found: &OfSite,
        begin: Begin,
    ) -> Result<Looked, Failure> {
        let mut looked = Looked::default();
        let mut after = begin.after;
        loop {
            let at_once = asked
                .count
                .saturating_add(1)
                .clamp(AT_ONCE_MIN, AT_ONCE_MAX);
            let next = (after, at_once);
            self.look(declared, found, &mut looked, next).await?;
            after = looked.rest;
            let is_full = one_after_the_other(asked, &looked, begin).rows.len() >= wanted(asked);
            if after.is_none() || is_full || looked.made.len() >= scanned_max() {
                return Ok(looked);
            }
        }
    }

    async fn look(
        &self,
        declared: &DeclaredView,
        found: &OfSite,
        looked: &mut Looked,
        (after, at_once): (Option<Point>, u32),
    ) -> Result<(), Failure> {
        // An order that is made in memory is made of everything each time.
        let at_once = match found.is_ordered_in_memory() {
            true => SITE_ROWS_SCANNED_MAX + 1,
            false => at_once,
        };
        let turned = found.turn(after, at_once).await;
        let turned = turned.map_err(|error| as_failure(&error))?;
        let versions: &[Arc<VersionRow>] = &turned.matches;
        looked.made.extend(self.made(declared, versions).await?);
        looked.points.extend(turned.points);
        looked.rest = turned.next;
        Ok(())
    }
}

fn scanned_max() -> usize {
    usize::try_from(SITE_ROWS_SCANNED_MAX).unwrap_or(usize::MAX)
}

fn wanted(asked: &Asked) -> usize {
    usize::try_from(asked.count).unwrap_or(usize::MAX)
}

/// The rows from the place that a page begins at, in the order asked for.
fn in_order<'m>(asked: &Asked, found: &OfSite, looked: &'m Looked, begin: Begin) -> Taken<'m> {
    let mut rows = asked.chosen(looked.made.iter().flat_map(|rows| rows.iter()));
    let from = begin
        .after
        .map_or(0, |point| usize::try_from(point.r).unwrap_or(usize::MAX));
    let from = from.min(rows.len());
    let until = from.saturating_add(wanted(asked)).min(rows.len());
    let next = (until < rows.len()).then(|| Begin {
        after: Some(found.place(u32::try_from(until).unwrap_or(u32::MAX))),
        given: 0,
    });
    rows.truncate(until);
    rows.drain(..from);
    Taken { rows, next }
}

/// The rows of one resource after the other, until the page is full.
fn one_after_the_other<'m>(asked: &Asked, looked: &'m Looked, begin: Begin) -> Taken<'m> {
    let wanted = wanted(asked);
    let mut rows: Vec<&Row> = Vec::new();
    let mut begin = begin;
    for (made, point) in looked.made.iter().zip(&looked.points) {
        let its = made.iter().filter(|row| asked.holds(&row.cells));
        let its = its.skip(usize::try_from(begin.given).unwrap_or(usize::MAX));
        for row in its {
            if rows.len() >= wanted {
                let next = Some(begin);
                return Taken { rows, next };
            }
            rows.push(row);
            begin.given = begin.given.saturating_add(1);
        }
        begin = Begin {
            after: Some(*point),
            given: 0,
        };
    }
    let next = looked.rest.map(|point| Begin {
        after: Some(point),
        given: 0,
    });
    Taken { rows, next }
}

#[cfg(test)]
mod tests;
