//! Requests for laboratory tests and the specimens received for them, as the chart holds them.
//!
//! Invariant: a request with a specimen is not one that waits for a specimen; a specimen without a number is not received.

use std::collections::BTreeMap;

use sdk::{Chart, Failure, Row, Value, ViewQuery};

/// Requests and specimens that are read for one screen, each.
const READ_MAX: u32 = 200;
/// System and code of the category that laboratory requests have.
pub(crate) const LABORATORY: (&str, &str) = ("http://snomed.info/sct", "108252007");

/// A request that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// `ServiceRequest/…`.
    pub(crate) reference: String,
    /// `meta.versionId`.
    pub(crate) version: String,
    /// The section of the laboratory, in words.
    pub(crate) section: String,
    /// The tests, in words.
    pub(crate) tests: Vec<String>,
    /// FHIR priority.
    pub(crate) priority: String,
    /// When it was made.
    pub(crate) authored: Option<String>,
    /// The accession number of the specimen received for it.
    pub(crate) accession: Option<String>,
}

/// A specimen with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Specimen {
    /// `Specimen/…`.
    pub(crate) reference: String,
    /// Its accession number.
    pub(crate) accession: String,
    /// What it is, in words.
    pub(crate) kind: String,
    /// When it was collected.
    pub(crate) collected: Option<String>,
    /// When it was received.
    pub(crate) received: Option<String>,
    /// `ServiceRequest/…`.
    pub(crate) request: Option<String>,
}

/// The specimens of the patient that have a number, the newest first.
///
/// # Errors
/// Any failure of the chart; `limit` when there are more than are read.
pub(crate) fn specimens(chart: &dyn Chart) -> Result<Vec<Specimen>, Failure> {
    let query = ViewQuery::new().search("status=available");
    let query = query.descending("received").count(READ_MAX);
    let rows = whole(chart, "specimens", &query)?;
    Ok(rows.iter().filter_map(Specimen::of_row).collect())
}

/// The requests in force, the newest first, each with the number of its specimen.
///
/// # Errors
/// As [`specimens`].
pub(crate) fn requests(chart: &dyn Chart) -> Result<Vec<Request>, Failure> {
    let (system, code) = LABORATORY;
    let query = ViewQuery::new().search(format!("category={system}|{code}&status=active"));
    let query = query.descending("authored").count(READ_MAX);
    let rows = whole(chart, "requests", &query)?;
    let mut received: BTreeMap<String, String> = BTreeMap::new();
    for it in specimens(chart)? {
        if let Some(request) = it.request {
            received.entry(request).or_insert(it.accession);
        }
    }
    let read = |row: Row<'_>| Request::of_row(row, &received);
    Ok(rows.iter().filter_map(read).collect())
}

fn whole(chart: &dyn Chart, view: &str, query: &ViewQuery) -> Result<sdk::Rows, Failure> {
    let rows = chart.rows(view, query)?;
    if rows.more {
        let what = format!("the patient has more than {READ_MAX} rows of `{view}`");
        return Err(Failure::new("limit", what));
    }
    Ok(rows)
}

impl Request {
    fn of_row(row: Row<'_>, received: &BTreeMap<String, String>) -> Option<Self> {
        let reference = format!("ServiceRequest/{}", row.text("id")?);
        let tests = row.get("tests").and_then(Value::as_array);
        let tests = tests.into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            accession: received.get(&reference).cloned(),
            version: row.text("version")?.to_owned(),
            section: row
                .text("section")
                .unwrap_or("Section not named")
                .to_owned(),
            tests: tests.map(str::to_owned).collect(),
            priority: row.text("priority").unwrap_or("routine").to_owned(),
            authored: row.text("authored").map(str::to_owned),
            reference,
        })
    }
}

impl Specimen {
    fn of_row(row: Row<'_>) -> Option<Self> {
        let text = |column: &str| row.text(column).map(str::to_owned);
        Some(Self {
            reference: format!("Specimen/{}", row.text("id")?),
            accession: text("accession")?,
            kind: text("kind").unwrap_or_else(|| "Specimen".to_owned()),
            collected: text("collected"),
            received: text("received"),
            request: text("request"),
        })
    }
}
