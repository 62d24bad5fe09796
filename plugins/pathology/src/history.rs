//! Reading a person's results from the chart: newest first, page by page, within a bound.
//!
//! Invariant: what was not read is known to be missing; a part is never handed on as the whole.

use sdk::{Call, Chart, Failure, Row, ViewQuery};

use crate::aki::pack::AkiPack;
use crate::catalogue::Person;
use crate::result::LabResult;
use sdk::moment::{DAY_MS, Moment};

/// Rows of a page.
const PAGE: u32 = 200;
/// Rows of a page of the newest results, most of which are shown: eight times of collection with as many tests each.
const NEWEST_PAGE: u32 = 64;
/// Results read for one screen; a person of 5,000 results fits.
pub(crate) const RESULTS_MAX: usize = 5_000;
/// Creatinine results read for one assessment: a year with six a day.
pub(crate) const CREATININES_MAX: usize = 2_200;
/// Points of one trend, as the contract bounds them.
pub(crate) const POINTS_MAX: usize = 1_000;
/// Results without a time that are listed.
const UNTIMED_MAX: u32 = 50;
/// The view of results, in which an Observation gives a row for itself and one for each of its components.
const RESULTS: &str = "results";

/// Results with whether there are more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// Newest first.
    pub(crate) results: Vec<LabResult>,
    /// Whether results beyond the last were not read.
    pub(crate) more: bool,
}

/// What is asked of a view: its search, and how many rows a page of it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) view: &'a str,
    pub(crate) search: &'a str,
    pub(crate) page: u32,
}

/// Reads pages of a view until `enough` says so, they end, or `max` rows were read; true when there are more.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn pages(
    chart: &dyn Chart,
    asked: Asked<'_>,
    max: usize,
    mut each: impl FnMut(Row<'_>),
    mut enough: impl FnMut() -> bool,
) -> Result<bool, Failure> {
    let mut read = 0;
    loop {
        let query = ViewQuery::new()
            .search(asked.search)
            .offset(read)
            .count(asked.page);
        let rows = chart.rows(asked.view, &query)?;
        read += u32::try_from(rows.len()).unwrap_or(u32::MAX);
        rows.iter().for_each(&mut each);
        let is_full = usize::try_from(read).unwrap_or(usize::MAX) >= max;
        match rows.more {
            false => return Ok(false),
            true if rows.is_empty() || is_full || enough() => return Ok(true),
            true => {}
        }
    }
}

/// The newest laboratory results before `before_ms`, as far as is needed to show `columns` times of collection in full.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn newest(
    chart: &dyn Chart,
    before_ms: Option<i64>,
    columns: usize,
) -> Result<Read, Failure> {
    let earlier = before_ms
        .map(|it| format!("&date=lt{}", Moment::text(it)))
        .unwrap_or_default();
    let search = format!("category=laboratory{earlier}&_sort=-date");
    let read = std::cell::RefCell::new((Vec::new(), std::collections::BTreeSet::new()));
    let keep = |row: Row<'_>| {
        let (results, times) = &mut *read.borrow_mut();
        if let Some(result) = LabResult::of_row(row) {
            times.extend(result.taken_ms());
            results.push(result);
        }
    };
    // A time beyond those shown proves that the ones shown are complete.
    let asked = Asked {
        page: NEWEST_PAGE,
        ..results_by(&search)
    };
    let more = pages(chart, asked, RESULTS_MAX, keep, || {
        read.borrow().1.len() > columns
    })?;
    Ok(Read {
        results: read.into_inner().0,
        more,
    })
}

/// Results that say no time, which a search by time never reaches.
///
/// # Errors
/// As [`first_page`].
pub(crate) fn untimed(chart: &dyn Chart) -> Result<Read, Failure> {
    let asked = Asked {
        page: UNTIMED_MAX,
        ..results_by("category=laboratory&date:missing=true")
    };
    let mut results = Vec::new();
    let more = first_page(chart, asked, |row| results.extend(LabResult::of_row(row)))?;
    Ok(Read { results, more })
}

fn results_by(search: &str) -> Asked<'_> {
    Asked {
        view: RESULTS,
        search,
        page: PAGE,
    }
}

/// The first page of a search for what lacks something, which a chart may not know how to search for: then nothing.
///
/// # Errors
/// Any failure of the chart but `invalid`.
pub(crate) fn first_page(
    chart: &dyn Chart,
    asked: Asked<'_>,
    each: impl FnMut(Row<'_>),
) -> Result<bool, Failure> {
    match pages(chart, asked, 1, each, || true) {
        Err(failure) if failure.code == "invalid" => Ok(false),
        answer => answer,
    }
}

/// Every creatinine that may bear on a result taken at `from_ms` or later.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn creatinines(
    chart: &dyn Chart,
    pack: &AkiPack,
    from_ms: i64,
) -> Result<Read, Failure> {
    all(chart, &since(pack, from_ms), CREATININES_MAX)
}

/// Every creatinine that may bear on a result taken at `at_ms`: none that was taken on a later day.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn creatinines_until(
    chart: &dyn Chart,
    pack: &AkiPack,
    at_ms: i64,
) -> Result<Read, Failure> {
    let last = Moment::day_text(at_ms + DAY_MS);
    let search = format!("{}&date=le{last}", since(pack, at_ms));
    all(chart, &search, CREATININES_MAX)
}

/// The search for what may bear on results from a moment on.
fn since(pack: &AkiPack, from_ms: i64) -> String {
    // One day more, since a search by day begins where the day of its writer began.
    let first = Moment::day_text(from_ms - (i64::from(pack.median_days) + 1) * DAY_MS);
    format!("code={}&date=ge{first}&_sort=-date", pack.code_query())
}

/// The newest results with one of these codes, given as a search parameter has them.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn of_codes(chart: &dyn Chart, codes: &str) -> Result<Read, Failure> {
    all(chart, &format!("code={codes}&_sort=-date"), POINTS_MAX)
}

/// All results that a search finds, up to a bound.
fn all(chart: &dyn Chart, search: &str, max: usize) -> Result<Read, Failure> {
    let mut results = Vec::new();
    let keep = |row: Row<'_>| results.extend(LabResult::of_row(row));
    let more = pages(chart, results_by(search), max, keep, || false)?;
    Ok(Read { results, more })
}

/// The person of the call; what may not be read of them is not known.
///
/// # Errors
/// Any failure of the chart but that it may not be read; `invalid` on a call about nobody.
pub(crate) fn person(call: &Call<'_>) -> Result<Person, Failure> {
    call.patient()?;
    match call.chart.rows("person", &ViewQuery::new().count(1)) {
        Ok(rows) => Ok(rows.iter().next().map(Person::of_row).unwrap_or_default()),
        Err(failure) if matches!(failure.code.as_str(), "not-granted" | "not-found") => {
            Ok(Person::default())
        }
        Err(failure) => Err(failure),
    }
}

/// The NHS numbers of the person of the call; none when they may not be read.
///
/// # Errors
/// As [`person`].
pub(crate) fn nhs_numbers(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    let rows = match call.chart.rows("person", &ViewQuery::new().count(1)) {
        Ok(rows) => rows,
        Err(failure) if matches!(failure.code.as_str(), "not-granted" | "not-found") => {
            return Ok(vec![]);
        }
        Err(failure) => return Err(failure),
    };
    let first = rows.iter().next();
    let each = first.into_iter().flat_map(|row| row.texts("nhs_numbers"));
    Ok(each.map(|it| it.split_whitespace().collect()).collect())
}
