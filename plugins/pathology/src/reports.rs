//! Reports and single results that wait to be read, and what a reader has already acknowledged.
//!
//! Invariant: what was acknowledged is one version of a report; an amended report waits again.

use std::collections::BTreeSet;

use sdk::{Chart, Failure, Row};

use crate::catalogue::Catalogue;
use crate::history::{Asked, first_page, pages};
use crate::result::{LabResult, line};
use sdk::moment::Moment;

/// System of the codes and identifiers that this departmental gives.
pub(crate) const SYSTEM: &str = "urn:palatine:pathology";
/// Code of a Task that says a result was read.
pub(crate) const ACKNOWLEDGE: &str = "acknowledge-result";
/// Reports and single results that are offered at once, each.
pub(crate) const ITEMS_MAX: usize = 50;
/// Acknowledgements that are read to know what waits.
const ACKNOWLEDGEMENTS_MAX: usize = 1_000;

/// Something that can be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// `DiagnosticReport/…`, or `Observation/…` for a result that no report holds.
    pub(crate) reference: String,
    /// `meta.versionId`.
    pub(crate) version: String,
    /// As it is shown.
    pub(crate) name: String,
    /// When the specimen was taken, or else when it was reported.
    pub(crate) when: Option<String>,
    /// FHIR status, when it is not plainly final.
    pub(crate) status: Option<String>,
    /// The results that it holds.
    pub(crate) results: Vec<String>,
}

/// What waits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting {
    /// Newest first.
    pub(crate) items: Vec<Item>,
    /// Whether there may be older ones that were not looked at.
    pub(crate) more: bool,
}

impl Waiting {
    /// The results in what waits.
    pub(crate) fn results(&self) -> BTreeSet<&str> {
        self.items
            .iter()
            .flat_map(|item| item.results.iter().map(String::as_str))
            .collect()
    }
}

/// What waits to be read: the newest reports, and those of `newest` results that are in no report.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn waiting(
    chart: &dyn Chart,
    catalogue: &Catalogue,
    newest: &[LabResult],
) -> Result<Waiting, Failure> {
    let (mut items, since) = reports(chart, catalogue)?;
    let mut more = since.is_some();
    let known: BTreeSet<String> = items.iter().flat_map(|item| item.results.clone()).collect();
    let mut seen = BTreeSet::new();
    for result in newest {
        let when = result.taken.as_ref().map(|(text, _)| text.clone());
        // A result as old as the reports that were not read may be in one of them.
        let is_recent =
            since.is_none_or(|since| result.taken_ms().is_none_or(|at_ms| at_ms >= since));
        let is_single = !known.contains(&result.reference) && seen.insert(result.reference.clone());
        if is_recent && is_single && result.is_usable() {
            if seen.len() > ITEMS_MAX {
                more = true;
                break;
            }
            items.push(Item::single(result, when));
        }
    }
    let done = acknowledged(chart)?;
    items.retain(|item| !done.contains(&(item.reference.clone(), item.version.clone())));
    Ok(Waiting { items, more })
}

/// The newest reports of laboratories: those of its sections, and those that name no section at all. With the time before
/// which there may be others that were not read, when there may be.
fn reports(chart: &dyn Chart, catalogue: &Catalogue) -> Result<(Vec<Item>, Option<i64>), Failure> {
    let sections = catalogue.report_sections.join(",");
    let mut items = Vec::new();
    let mut unread_before = None;
    let of_sections = format!("category={sections}&_sort=-date");
    let by = |search| Asked {
        view: "reports",
        search,
        page: u32::try_from(ITEMS_MAX).unwrap_or(u32::MAX),
    };
    let mut found = Vec::new();
    let keep = |row: Row<'_>| found.extend(Item::of_row(row));
    if pages(chart, by(&of_sections), 1, keep, || true)? {
        unread_before = Some(found.last().map_or(i64::MIN, Item::at_ms));
    }
    items.append(&mut found);
    let of_none = by("category:missing=true&_sort=-date");
    if first_page(chart, of_none, |row| found.extend(Item::of_row(row)))? {
        unread_before = unread_before.max(Some(found.last().map_or(i64::MIN, Item::at_ms)));
    }
    items.append(&mut found);
    // Of one moment, in an order that does not rest on how the record keeps them.
    items.sort_by(|one, other| {
        let later = other.at_ms().cmp(&one.at_ms());
        later.then_with(|| one.reference.cmp(&other.reference))
    });
    let cut = items.len() > ITEMS_MAX;
    items.truncate(ITEMS_MAX);
    let oldest = items.last().filter(|_| cut).map(Item::at_ms);
    Ok((items, unread_before.max(oldest)))
}

/// Reference and version of everything that somebody acknowledged.
fn acknowledged(chart: &dyn Chart) -> Result<BTreeSet<(String, String)>, Failure> {
    let asked = Asked {
        view: "acknowledgements",
        search: &format!("code={SYSTEM}|{ACKNOWLEDGE}&_sort=-authored-on"),
        page: 200,
    };
    let mut done = BTreeSet::new();
    let keep = |task: Row<'_>| {
        let completed = task.text("status") == Some("completed");
        if let (true, Some(focus), Some(version)) =
            (completed, task.text("focus"), task.text("version_read"))
        {
            done.insert((focus.to_owned(), version.to_owned()));
        }
    };
    pages(chart, asked, ACKNOWLEDGEMENTS_MAX, keep, || false)?;
    Ok(done)
}

impl Item {
    fn at_ms(&self) -> i64 {
        self.when
            .as_deref()
            .and_then(Moment::parse)
            .map_or(i64::MIN, |it| it.epoch_ms)
    }

    fn of_row(report: Row<'_>) -> Option<Self> {
        let status = report.text("status").unwrap_or("unknown");
        if matches!(status, "registered" | "cancelled" | "entered-in-error") {
            return None;
        }
        let name = report.text("name").or_else(|| report.text("name_display"));
        let when = report.text("taken").or_else(|| report.text("taken_from"));
        Some(Self {
            reference: format!("DiagnosticReport/{}", report.text("id")?),
            version: report.text("version")?.to_owned(),
            name: line(name.unwrap_or("Report without a name")),
            when: when.or_else(|| report.text("issued")).map(str::to_owned),
            status: (status != "final").then(|| status.to_owned()),
            results: report.texts("results").map(str::to_owned).collect(),
        })
    }

    fn single(result: &LabResult, when: Option<String>) -> Self {
        let status = result.status.word();
        Self {
            reference: result.reference.clone(),
            version: result.version.clone(),
            name: result.name.clone(),
            when,
            status: (status != "final").then(|| status.to_owned()),
            results: vec![result.reference.clone()],
        }
    }
}
