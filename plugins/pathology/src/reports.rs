//! Reports and single results that wait to be read, and what a reader has already acknowledged.
//!
//! Invariant: what was acknowledged is one version of a report; an amended report waits again.

use std::collections::BTreeSet;

use sdk::{Chart, Failure, Value};

use crate::history::pages;
use crate::result::{LabResult, line, text};

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
pub(crate) fn waiting(chart: &dyn Chart, newest: &[LabResult]) -> Result<Waiting, Failure> {
    let query = format!("DiagnosticReport?category=LAB&_sort=-date&_count={ITEMS_MAX}");
    let mut items = Vec::new();
    let more = pages(
        chart,
        &query,
        ITEMS_MAX,
        |it| items.extend(Item::read(&it)),
        || true,
    )?;
    let known: BTreeSet<String> = items.iter().flat_map(|item| item.results.clone()).collect();
    // Beyond the oldest report that was read, a result without a report may only be one whose report was not read.
    let since = items
        .last()
        .filter(|_| more)
        .and_then(|item| item.when.clone())
        .unwrap_or_default();
    let (mut more, mut seen) = (more, BTreeSet::new());
    for result in newest {
        let when = result.taken.as_ref().map(|(text, _)| text.clone());
        let is_recent = when.as_deref().is_none_or(|when| later(when, &since));
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

fn later(when: &str, since: &str) -> bool {
    match (
        crate::moment::Moment::parse(when),
        crate::moment::Moment::parse(since),
    ) {
        (Some(when), Some(since)) => when.epoch_ms >= since.epoch_ms,
        _ => true,
    }
}

/// Reference and version of everything that somebody acknowledged.
fn acknowledged(chart: &dyn Chart) -> Result<BTreeSet<(String, String)>, Failure> {
    let query = format!("Task?code={SYSTEM}|{ACKNOWLEDGE}&_sort=-authored-on&_count=200");
    let mut done = BTreeSet::new();
    let keep = |task: Value| {
        let completed = text(&task, "/status") == Some("completed");
        if let (true, Some(focus), Some(version)) = (
            completed,
            text(&task, "/focus/reference"),
            version_read(&task),
        ) {
            done.insert((focus.to_owned(), version.to_owned()));
        }
    };
    pages(chart, &query, ACKNOWLEDGEMENTS_MAX, keep, || false)?;
    Ok(done)
}

fn version_read(task: &Value) -> Option<&str> {
    let inputs = task.get("input")?.as_array()?;
    let input = inputs
        .iter()
        .find(|it| text(it, "/type/coding/0/code") == Some("version-read"))?;
    text(input, "/valueString")
}

impl Item {
    fn read(report: &Value) -> Option<Self> {
        let status = text(report, "/status").unwrap_or("unknown");
        if matches!(status, "registered" | "cancelled" | "entered-in-error") {
            return None;
        }
        let name = text(report, "/code/text").or_else(|| text(report, "/code/coding/0/display"));
        let when =
            text(report, "/effectiveDateTime").or_else(|| text(report, "/effectivePeriod/start"));
        let results = report
            .get("result")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        Some(Self {
            reference: format!("DiagnosticReport/{}", text(report, "/id")?),
            version: text(report, "/meta/versionId")?.to_owned(),
            name: line(name.unwrap_or("Report without a name")),
            when: when.or_else(|| text(report, "/issued")).map(str::to_owned),
            status: (status != "final").then(|| status.to_owned()),
            results: results
                .filter_map(|it| text(it, "/reference"))
                .map(str::to_owned)
                .collect(),
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
