//! What a departmental is handed for one call: the context, the chart, the packs, the journal.
//!
//! Nothing else is reachable, and every answer is the same for the whole call.

use serde_json::Value;

use crate::{Failure, Rows, ViewQuery};

/// One call.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Where, for whom, by whom and when.
    pub context: &'a dyn Context,
    /// The record as it stood when the call began, through the grants.
    pub chart: &'a dyn Chart,
    /// Thresholds and code lists in force.
    pub packs: &'a dyn Packs,
    /// Notes for whoever keeps the departmental running.
    pub journal: &'a dyn Journal,
}

impl Call<'_> {
    /// The patient of the call, for example `Patient/9f2c`.
    ///
    /// # Errors
    /// `invalid` on a call that is not about one patient.
    pub fn patient(&self) -> Result<String, Failure> {
        self.context
            .patient()
            .ok_or_else(|| Failure::invalid("this call needs a patient and has none"))
    }

    /// A setting of the manifest by name, with the value in force at the site.
    ///
    /// # Errors
    /// `fault` when the manifest declares no such setting.
    pub fn setting(&self, name: &str) -> Result<Value, Failure> {
        let settings = self.context.settings()?;
        settings.get(name).cloned().ok_or_else(|| {
            Failure::fault(format!(
                "the manifest declares no setting `{name}`; add it to `settings`"
            ))
        })
    }
}

/// Where, for whom, by whom and when.
pub trait Context {
    /// ODS code of the site, for example `RXR`.
    fn site(&self) -> String;
    /// The one patient of the call, for example `Patient/9f2c`.
    fn patient(&self) -> Option<String>;
    /// The encounter in which the screen was opened, for example `Encounter/71`.
    fn encounter(&self) -> Option<String>;
    /// Role of the person who asked; `reaction` when a change of the record is reacted to.
    fn role(&self) -> String;
    /// The moment of the call, RFC 3339 in UTC.
    fn now(&self) -> String;
    /// An object of the manifest's settings, each with the value in force at the site.
    ///
    /// # Errors
    /// `fault` when the host's document cannot be read.
    fn settings(&self) -> Result<Value, Failure>;
}

/// One page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The resources, in the order of the search.
    pub resources: Vec<Value>,
    /// The query of the page that follows.
    pub next: Option<String>,
}

impl Page {
    /// Reads a FHIR Bundle of type `searchset`.
    ///
    /// # Errors
    /// `fault` when it is not one.
    pub fn from_bundle(mut bundle: Value) -> Result<Self, Failure> {
        if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
            return Err(Failure::fault("the answer to a search is not a Bundle"));
        }
        let next = bundle
            .get("link")
            .and_then(Value::as_array)
            .and_then(|links| {
                links
                    .iter()
                    .find(|link| link.get("relation").and_then(Value::as_str) == Some("next"))
            })
            .and_then(|link| link.get("url"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let entries = bundle
            .get_mut("entry")
            .and_then(Value::as_array_mut)
            .map(std::mem::take)
            .unwrap_or_default();
        let resources = entries
            .into_iter()
            .filter_map(|mut entry| entry.get_mut("resource").map(Value::take))
            .collect();
        Ok(Self { resources, next })
    }
}

/// The record as it stood when the call began, through the grants.
pub trait Chart {
    /// One FHIR R4 resource by reference, for example `Observation/42`.
    ///
    /// # Errors
    /// `not-found` (unknown or hidden), `not-granted`, `invalid`, `limit`.
    fn read(&self, reference: &str) -> Result<Value, Failure>;

    /// One page of a FHIR search, for example `Observation?code=http://loinc.org|2160-0&_sort=-date`. The host adds the
    /// patient of the call.
    ///
    /// # Errors
    /// `not-granted`, `invalid` (what in the query, and why), `limit`.
    fn search(&self, query: &str) -> Result<Page, Failure>;

    /// Rows of a view of the manifest: about the patient of the call, or, in a call without one, about the patients whom
    /// the site cares for.
    ///
    /// # Errors
    /// `not-granted`, `invalid` (what in the query, and why), `limit`.
    fn rows(&self, view: &str, query: &ViewQuery) -> Result<Rows, Failure>;

    /// All pages of a search.
    ///
    /// # Errors
    /// As [`Chart::search`]; `limit` when there are more than `resources_max`: never a part as if it were the whole.
    fn search_all(&self, query: &str, resources_max: usize) -> Result<Vec<Value>, Failure> {
        let mut page = self.search(query)?;
        let mut all = std::mem::take(&mut page.resources);
        while all.len() <= resources_max {
            let Some(next) = page.next else {
                return Ok(all);
            };
            page = self.search(&next)?;
            all.append(&mut page.resources);
        }
        Err(Failure::new(
            "limit",
            format!("more than {resources_max} resources match `{query}`; narrow the search"),
        ))
    }
}

/// Thresholds and code lists in force.
pub trait Packs {
    /// The document of the pack of that name.
    ///
    /// # Errors
    /// `not-found` when the manifest declares no such pack or none is in force yet.
    fn get(&self, name: &str) -> Result<Value, Failure>;
}

/// How much a note matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something did not work.
    Error,
    /// Something is not as it should be.
    Warning,
    /// Worth knowing.
    Information,
    /// For whoever looks for a fault.
    Debug,
}

impl Level {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
            Self::Debug => "debug",
        }
    }
}

/// Notes for whoever keeps the departmental running; never patient data.
pub trait Journal {
    /// Adds one note. The host keeps as many as its bound allows and drops the rest.
    fn note(&self, level: Level, message: &str);
}
