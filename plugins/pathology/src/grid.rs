//! The cumulative grid: tests down in the order of the catalogue, times of collection across, the newest on the right.
//!
//! Invariant: every result that was read and belongs to a shown column is in exactly one cell.

use std::collections::{BTreeMap, BTreeSet};

use sdk::Parameters;
use sdk::screen::{Absent, Column, GridCell, GridRow, Group, Interpretation, Status};

use crate::assessment::{Rules, Series, is_creatinine};
use crate::calculated::{Calculated, Calculations, Peers};
use crate::catalogue::{OTHER_TESTS, Test};
use crate::range::{flag_of, range_of};
use crate::result::{Found, LabResult, line};

/// A cell's text beyond this is read on the test's own screen.
const CELL_CHARS_MAX: usize = 200;
/// What the contract lets a group have.
const ROWS_MAX: usize = 200;

/// A shown time of collection. Results of one test at one time each have a column of their own.
struct Place {
    epoch_ms: i64,
    copy: usize,
    id: String,
    when: String,
}

/// Which row a result belongs to: a result in another unit is another row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RowKey {
    /// Place in the catalogue; those that are not in it come last.
    test: usize,
    /// What else tells a test that is not in the catalogue.
    other: String,
    unit: String,
}

/// The columns and groups of a grid.
pub(crate) struct Drawn {
    /// Oldest first.
    pub(crate) columns: Vec<Column>,
    /// In the order of the catalogue.
    pub(crate) groups: Vec<Group>,
    /// The oldest shown time of collection, as written; earlier ones are before it.
    pub(crate) oldest: Option<String>,
    /// How many times of collection were read and are earlier than those shown.
    pub(crate) earlier: usize,
    /// Whether a range of the catalogue was used.
    pub(crate) has_catalogue_ranges: bool,
    /// How each calculated row was worked out.
    pub(crate) how: Vec<String>,
    /// What of that nobody compared with its source.
    pub(crate) unverified: Vec<String>,
}

impl Drawn {
    /// Notes once how a row was calculated and what of that is unverified.
    fn rests_on(&mut self, calculated: Calculated) {
        self.has_catalogue_ranges |= calculated.has_catalogue_range;
        if self.how.contains(&calculated.how) {
            return;
        }
        self.how.push(calculated.how);
        for part in calculated.unverified {
            if !self.unverified.contains(&part) {
                self.unverified.push(part);
            }
        }
    }
}

/// Draws the newest `columns_max` times of collection of these results.
pub(crate) fn draw(
    rules: &Rules<'_>,
    series: &Series,
    calculations: &Calculations,
    results: &[LabResult],
    unread: &BTreeSet<&str>,
    columns_max: usize,
) -> Drawn {
    let times: BTreeSet<i64> = results.iter().filter_map(LabResult::taken_ms).collect();
    let shown: BTreeSet<i64> = times.iter().rev().take(columns_max).copied().collect();
    let (rows, copies) = placed(rules, results, &shown);
    let places = places(results, &copies);
    let mut drawn = Drawn {
        columns: places
            .iter()
            .map(|place| column(place, results, unread))
            .collect(),
        groups: vec![],
        oldest: places.first().map(|place| place.when.clone()),
        earlier: times.len() - shown.len(),
        has_catalogue_ranges: false,
        how: vec![],
        unverified: vec![],
    };
    let peers = Peers::new(rules, results);
    let mut groups: BTreeMap<usize, Vec<GridRow>> = BTreeMap::new();
    for (key, cells) in &rows {
        let test = rules.catalogue.tests.get(key.test);
        let group = groups
            .entry(test.map_or(usize::MAX, |test| test.group))
            .or_default();
        group.push(row(
            rules,
            key,
            test,
            cells,
            &mut drawn.has_catalogue_ranges,
        ));
        if cells
            .iter()
            .any(|(result, _)| is_creatinine(rules.aki, result))
        {
            group.push(aki_row(rules, series, cells));
        }
        let columns: Vec<_> = cells
            .iter()
            .map(|(result, copy)| {
                (
                    *result,
                    column_id(result.taken_ms().unwrap_or_default(), *copy),
                )
            })
            .collect();
        let calculated =
            test.and_then(|test| calculations.under(rules, series, &peers, test, &columns));
        if let Some(calculated) = calculated {
            group.push(calculated.row.clone());
            drawn.rests_on(calculated);
        }
    }
    drawn.groups = groups
        .into_iter()
        .flat_map(|(group, rows)| titled(rules, group, rows))
        .collect();
    drawn
}

/// The rows of one grid, each with its results and, at each time, which copy of the column holds it.
type Rows<'a> = BTreeMap<RowKey, Vec<(&'a LabResult, usize)>>;

/// Every result of a shown time in its row, and how many copies of its column each time needs.
fn placed<'a>(
    rules: &Rules<'_>,
    results: &'a [LabResult],
    shown: &BTreeSet<i64>,
) -> (Rows<'a>, BTreeMap<i64, usize>) {
    let is_shown = |it: &&LabResult| it.taken_ms().is_some_and(|at_ms| shown.contains(&at_ms));
    // Words, and results without a value, have no unit: they stand in the row of the newest number of their test.
    let mut units: BTreeMap<RowKey, &str> = BTreeMap::new();
    for result in results
        .iter()
        .filter(is_shown)
        .filter(|it| it.number().is_some())
    {
        units
            .entry(row_key(rules, result, ""))
            .or_insert(result.unit());
    }
    let mut rows = Rows::new();
    let mut copies: BTreeMap<i64, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(RowKey, i64), usize> = BTreeMap::new();
    for result in results.iter().filter(is_shown) {
        let at_ms = result.taken_ms().unwrap_or_default();
        let unit = match result.number() {
            Some(number) => number.unit.as_str(),
            None => units
                .get(&row_key(rules, result, ""))
                .copied()
                .unwrap_or_default(),
        };
        let key = row_key(rules, result, unit);
        let copy = taken
            .entry((key.clone(), at_ms))
            .and_modify(|copy| *copy += 1)
            .or_insert(0);
        let most = copies.entry(at_ms).or_insert(0);
        *most = (*most).max(*copy);
        rows.entry(key).or_default().push((result, *copy));
    }
    for cells in rows.values_mut() {
        cells.sort_by_key(|(result, copy)| (result.taken_ms(), *copy));
    }
    (rows, copies)
}

/// A group in parts, should it have more rows than one may have.
fn titled(rules: &Rules<'_>, group: usize, mut rows: Vec<GridRow>) -> Vec<Group> {
    let title = rules
        .catalogue
        .groups
        .get(group)
        .map_or(OTHER_TESTS, String::as_str);
    let mut parts = Vec::new();
    while rows.len() > ROWS_MAX {
        let rest = rows.split_off(ROWS_MAX);
        parts.push(Group::new(title, std::mem::replace(&mut rows, rest)));
    }
    parts.push(Group::new(title, rows));
    parts
}

fn row_key(rules: &Rules<'_>, result: &LabResult, unit: &str) -> RowKey {
    let test = rules.catalogue.place_of(result).unwrap_or(usize::MAX);
    let other = if test == usize::MAX {
        format!("{} {}", result.name, test_code(result))
    } else {
        String::new()
    };
    RowKey {
        test,
        other,
        unit: unit.to_owned(),
    }
}

fn places(results: &[LabResult], copies: &BTreeMap<i64, usize>) -> Vec<Place> {
    let mut written: BTreeMap<i64, &str> = BTreeMap::new();
    for (text, moment) in results.iter().filter_map(|result| result.taken.as_ref()) {
        written.entry(moment.epoch_ms).or_insert(text);
    }
    let each = copies
        .iter()
        .flat_map(|(epoch_ms, most)| (0..=*most).map(move |copy| (*epoch_ms, copy)));
    let place = |(epoch_ms, copy)| {
        let when = (*written.get(&epoch_ms)?).to_owned();
        Some(Place {
            epoch_ms,
            copy,
            id: column_id(epoch_ms, copy),
            when,
        })
    };
    each.filter_map(place).collect()
}

fn column_id(epoch_ms: i64, copy: usize) -> String {
    let sign = if epoch_ms < 0 { "before" } else { "t" };
    format!("{sign}-{}-{copy}", epoch_ms.unsigned_abs())
}

fn column(place: &Place, results: &[LabResult], unread: &BTreeSet<&str>) -> Column {
    let mut column = Column::new(place.id.as_str(), place.when.as_str());
    if place.copy > 0 {
        column = column.note("Another specimen of the same time");
    }
    let is_new = |it: &LabResult| {
        it.taken_ms() == Some(place.epoch_ms) && unread.contains(it.reference.as_str())
    };
    if results.iter().any(is_new) {
        column.unacknowledged(true)
    } else {
        column
    }
}

fn row(
    rules: &Rules<'_>,
    key: &RowKey,
    test: Option<&Test>,
    cells: &[(&LabResult, usize)],
    has_catalogue_ranges: &mut bool,
) -> GridRow {
    let newest = cells
        .iter()
        .max_by_key(|(result, _)| result.taken_ms())
        .map(|(result, _)| *result);
    let name = test.map_or_else(
        || newest.map_or(String::new(), |it| it.name.clone()),
        |test| test.name.clone(),
    );
    let drawn: Vec<_> = cells
        .iter()
        .map(|(result, copy)| cell(rules, result, *copy))
        .collect();
    let has_numbers = cells
        .iter()
        .filter(|(result, _)| result.number().is_some())
        .count()
        > 1;
    let mut row = GridRow::new(name, drawn).trend(has_numbers);
    if !key.unit.is_empty() {
        row = row.unit(key.unit.as_str());
    }
    if cells
        .iter()
        .any(|(result, _)| is_creatinine(rules.aki, result))
    {
        row = row.strong(true);
    }
    let Some(newest) = newest else { return row };
    if let Some((range, is_own)) = range_of(rules, newest) {
        *has_catalogue_ranges |= !is_own;
        row = row.range(range);
    }
    match test_id(test, newest) {
        id if id.is_empty() => row,
        id => row.link("trend", &Parameters::default().with("test", id)),
    }
}

/// What a link names a test by.
fn test_id(test: Option<&Test>, result: &LabResult) -> String {
    test.map_or_else(|| test_code(result), |test| test.id.clone())
}

/// `system|code` of the first coding; the code alone where there is no system.
fn test_code(result: &LabResult) -> String {
    match result.codings.first() {
        Some((system, code)) if system.is_empty() => code.clone(),
        Some((system, code)) => format!("{system}|{code}"),
        None => String::new(),
    }
}

fn cell(rules: &Rules<'_>, result: &LabResult, copy: usize) -> GridCell {
    let column = column_id(result.taken_ms().unwrap_or_default(), copy);
    let mut cell = match &result.found {
        Found::Number(number) => GridCell::value(column, short(&number.shown())),
        Found::Words(words) => GridCell::value(column, short(&line(words))),
        Found::Nothing(why) => GridCell::absent(column, *why),
    };
    if let Some(interpretation) = flag_of(rules, result) {
        cell = cell.interpretation(interpretation);
    }
    if let Some(note) = status_note(result.status) {
        cell = cell.note(note);
    } else if result.note.is_some() {
        cell = cell.note("The laboratory commented on it");
    }
    cell.status(result.status)
        .resource(result.reference.as_str())
}

/// Text that fits a cell, or where to read it.
fn short(text: &str) -> String {
    if text.chars().count() > CELL_CHARS_MAX {
        "Long text: open the test".to_owned()
    } else {
        text.to_owned()
    }
}

/// What a reader must know of a result that is not plainly final.
pub(crate) fn status_note(status: Status) -> Option<&'static str> {
    match status {
        Status::EnteredInError => Some("Entered in error: do not use"),
        Status::Cancelled => Some("Cancelled by the laboratory"),
        Status::Corrected => Some("Corrected: an earlier value was wrong"),
        Status::Amended => Some("Amended after it was final"),
        Status::Preliminary => Some("Preliminary: may change"),
        Status::Registered | Status::Final | Status::Unknown => None,
    }
}

/// What the AKI rule says of each creatinine of the row above.
fn aki_row(rules: &Rules<'_>, series: &Series, cells: &[(&LabResult, usize)]) -> GridRow {
    let judged = cells.iter().map(|(result, copy)| {
        let column = column_id(result.taken_ms().unwrap_or_default(), *copy);
        if !result.is_usable() {
            return GridCell::absent(column, Absent::NotApplicable);
        }
        let judgement = series.judge(rules, result);
        let cell = GridCell::value(column, judgement.short());
        if judgement.stage().is_some() {
            cell.interpretation(Interpretation::Abnormal)
        } else {
            cell
        }
    });
    GridRow::new("AKI alert, by rule", judged.collect::<Vec<_>>())
}
