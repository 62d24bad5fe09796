//! Tasks of the laboratory that are open: results that wait for a person, and critical results to telephone.
//!
//! Invariant: a task is changed in the version that was shown, and only while it is open.

use sdk::{Call, Chart, Failure, Finding, Form, Row, Value, ViewQuery};

use crate::reaction::without_meta;
use crate::reports::SYSTEM;
use crate::result::text;
use sdk::moment::Moment;

/// Tasks that are shown at once.
pub(crate) const SHOWN_MAX: u32 = 20;

/// An open task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// `Task/…`.
    pub(crate) reference: String,
    /// `meta.versionId`.
    pub(crate) version: String,
    /// FHIR status.
    pub(crate) status: String,
    /// `Observation/…`.
    pub(crate) focus: String,
    /// What it is about, in words.
    pub(crate) description: String,
    /// Since when it waits.
    pub(crate) authored: Option<String>,
    /// By when it is to be done.
    pub(crate) due: Option<String>,
    /// The test of the catalogue.
    pub(crate) test: Option<String>,
    /// Conditions of release that do not hold.
    pub(crate) failed: Vec<String>,
    /// Rules of quality control that only warn.
    pub(crate) warned: Vec<String>,
    /// What was noted on it.
    pub(crate) notes: Vec<String>,
}

/// Open tasks with this code and one of these statuses, those that wait longest first; true when there are more.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn open_tasks(
    chart: &dyn Chart,
    code: &str,
    statuses: &str,
) -> Result<(Vec<Held>, bool), Failure> {
    let query = ViewQuery::new().search(format!("code={SYSTEM}|{code}&status={statuses}"));
    let rows = chart.rows("held", &query.ascending("authored").count(SHOWN_MAX))?;
    Ok((rows.iter().filter_map(Held::of_row).collect(), rows.more))
}

impl Held {
    fn of_row(row: Row<'_>) -> Option<Self> {
        let text = |column: &str| row.text(column).map(str::to_owned);
        let texts = |column: &str| row.texts(column).map(str::to_owned).collect();
        Some(Self {
            reference: format!("Task/{}", row.text("id")?),
            version: text("version")?,
            status: text("status")?,
            focus: text("focus")?,
            description: text("description").unwrap_or_else(|| "A result".to_owned()),
            authored: text("authored"),
            due: text("due"),
            test: text("test"),
            failed: texts("failed"),
            warned: texts("warned"),
            notes: texts("notes"),
        })
    }

    /// By when it is to be done, as a number.
    pub(crate) fn due_ms(&self) -> Option<i64> {
        let due = self.due.as_deref().and_then(Moment::parse)?;
        Some(due.epoch_ms)
    }
}

/// The task that was chosen, as it was shown; else what is wrong.
pub(crate) fn chosen<'h>(
    all: &'h [Held],
    reference: Option<&str>,
    form: &Form,
    field: &str,
) -> Result<&'h Held, Finding> {
    let Some(reference) = reference else {
        return Err(Finding::on(field, "Select what this is about."));
    };
    let Some(held) = all.iter().find(|it| it.reference == reference) else {
        let what = "What you selected is not open for this patient: somebody may have dealt with it. Open the form again.";
        return Err(Finding::on(field, what));
    };
    if form.seen(reference) != Some(held.version.as_str()) {
        let what = "What you selected has changed since this form was opened. Open the form again.";
        return Err(Finding::on(field, what));
    }
    Ok(held)
}

/// A whole resource to be changed, without what the host writes itself, and its version.
///
/// # Errors
/// Any failure of the chart; `fault` for a resource without a version.
pub(crate) fn to_change(call: &Call<'_>, reference: &str) -> Result<(Value, String), Failure> {
    let resource = call.chart.read(reference)?;
    let version = text(&resource, "/meta/versionId").map(str::to_owned);
    let version =
        version.ok_or_else(|| Failure::fault("a resource of the chart has no meta.versionId"))?;
    Ok((without_meta(resource), version))
}

/// Puts one more item at the end of a list of a resource.
pub(crate) fn append(resource: &mut Value, list: &str, item: Value) {
    match resource.get_mut(list).and_then(Value::as_array_mut) {
        Some(items) => items.push(item),
        None => resource[list] = Value::Array(vec![item]),
    }
}
