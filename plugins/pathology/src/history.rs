//! Reading a person's results from the chart: newest first, page by page, within a bound.
//!
//! Invariant: what was not read is known to be missing; a part is never handed on as the whole.

use sdk::{Chart, Failure, Value};

use crate::aki::pack::AkiPack;
use crate::catalogue::Person;
use crate::moment::{DAY_MS, Moment};
use crate::result::LabResult;

/// Results of a page.
const PAGE: usize = 200;
/// Results read for one screen; a person of 5,000 results fits.
pub(crate) const RESULTS_MAX: usize = 5_000;
/// Creatinine results read for one assessment: a year with six a day.
pub(crate) const CREATININES_MAX: usize = 2_200;
/// Points of one trend, as the contract bounds them.
pub(crate) const POINTS_MAX: usize = 1_000;
/// Results without a time that are listed.
const UNTIMED_MAX: usize = 50;

/// Results with whether there are more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// Newest first.
    pub(crate) results: Vec<LabResult>,
    /// Whether results beyond the last were not read.
    pub(crate) more: bool,
}

/// Reads pages of a search until `enough` says so, they end, or `max` resources were read; true when there are more.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn pages(
    chart: &dyn Chart,
    query: &str,
    max: usize,
    mut each: impl FnMut(Value),
    mut enough: impl FnMut() -> bool,
) -> Result<bool, Failure> {
    let (mut query, mut read) = (query.to_owned(), 0);
    loop {
        let page = chart.search(&query)?;
        read += page.resources.len();
        let was_empty = page.resources.is_empty();
        page.resources.into_iter().for_each(&mut each);
        match page.next {
            None => return Ok(false),
            Some(_) if was_empty || read >= max || enough() => return Ok(true),
            Some(next) => query = next,
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
    let query = format!("Observation?category=laboratory{earlier}&_sort=-date&_count={PAGE}");
    let read = std::cell::RefCell::new((Vec::new(), std::collections::BTreeSet::new()));
    let keep = |resource: Value| {
        let (results, times) = &mut *read.borrow_mut();
        for result in LabResult::read(&resource) {
            times.extend(result.taken_ms());
            results.push(result);
        }
    };
    // A time beyond those shown proves that the ones shown are complete.
    let more = pages(chart, &query, RESULTS_MAX, keep, || {
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
    let query = format!("Observation?category=laboratory&date:missing=true&_count={UNTIMED_MAX}");
    let mut results = Vec::new();
    let more = first_page(chart, &query, |it| results.extend(LabResult::read(&it)))?;
    Ok(Read { results, more })
}

/// The first page of a search for what lacks something, which a chart may not know how to search for: then nothing.
///
/// # Errors
/// Any failure of the chart but `invalid`.
pub(crate) fn first_page(
    chart: &dyn Chart,
    query: &str,
    each: impl FnMut(Value),
) -> Result<bool, Failure> {
    match pages(chart, query, 1, each, || true) {
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
    // One day more, since a search by day begins where the day of its writer began.
    let first = Moment::day_text(from_ms - (i64::from(pack.median_days) + 1) * DAY_MS);
    let query = format!(
        "Observation?code={}&date=ge{first}&_sort=-date&_count={PAGE}",
        pack.code_query()
    );
    let mut results = Vec::new();
    let more = pages(
        chart,
        &query,
        CREATININES_MAX,
        |it| results.extend(LabResult::read(&it)),
        || false,
    )?;
    Ok(Read { results, more })
}

/// The newest results with one of these codes, given as a search parameter has them.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn of_codes(chart: &dyn Chart, codes: &str) -> Result<Read, Failure> {
    let query = format!("Observation?code={codes}&_sort=-date&_count={PAGE}");
    let mut results = Vec::new();
    let more = pages(
        chart,
        &query,
        POINTS_MAX,
        |it| results.extend(LabResult::read(&it)),
        || false,
    )?;
    Ok(Read { results, more })
}

/// The person of the call; what may not be read of them is not known.
///
/// # Errors
/// Any failure of the chart but that it may not be read.
pub(crate) fn person(chart: &dyn Chart, patient: &str) -> Result<Person, Failure> {
    match chart.read(patient) {
        Ok(resource) => Ok(Person::read(&resource)),
        Err(failure) if matches!(failure.code.as_str(), "not-granted" | "not-found") => {
            Ok(Person::default())
        }
        Err(failure) => Err(failure),
    }
}
