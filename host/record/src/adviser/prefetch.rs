//! What is sent to a service of the patient: templates as CDS Hooks writes them, resolved as of one commit.
//!
//! Invariant: nothing leaves but what lies in the one patient's compartment, what the caller may read and what is labelled
//! as restricted by nobody; what could not be had whole is said to the service as such.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use fhir::outcome::{Issue, IssueType, operation_outcome};
use fhir::query::Query;
use fhir::resource::{Id, Key, ResourceType};
use serde_json::{Value, json};

use super::Adviser;
use crate::caller::Caller;
use crate::departmental::search::pairs;
use crate::limits::PREFETCH_MATCHES_MAX;
use crate::log::{At, T};
use crate::permission::{CONFIDENTIALITY, RESTRICTED};
use crate::search::Page;
use crate::{ReadError, Record, Stored};

/// What stands for the patient.
const PATIENT: &str = "{{context.patientId}}";
/// Longest template, in characters.
const CHARS_MAX: usize = 500;

/// A template: `Patient/{{context.patientId}}`, or a search with the same, as `Observation?patient={{context.patientId}}&code=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

/// Why a text is no template.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotATemplate(String);

impl FromStr for Template {
    type Err = NotATemplate;

    fn from_str(text: &str) -> Result<Self, NotATemplate> {
        let text = text.trim();
        if text.chars().count() > CHARS_MAX || text.chars().any(char::is_control) {
            let what = format!("a template is one line of at most {CHARS_MAX} characters");
            return Err(NotATemplate(what));
        }
        if text.replace(PATIENT, "").contains("{{") {
            let what = format!("{PATIENT} is the only token that is replaced");
            return Err(NotATemplate(what));
        }
        let template = Self(text.to_owned());
        let anybody: Id = "1".parse().map_err(|_| NotATemplate("1".to_owned()))?;
        template.asks(&anybody).map(|_| template)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// What a template asks for.
enum Asks {
    /// The Patient.
    Patient,
    /// What a search finds.
    Search(Box<Query>),
}

impl Template {
    fn asks(&self, patient: &Id) -> Result<Asks, NotATemplate> {
        let text = self.0.replace(PATIENT, patient.as_str());
        if text == format!("Patient/{patient}") {
            return Ok(Asks::Patient);
        }
        let Some((name, conditions)) = text.split_once('?').filter(|_| self.0.contains(PATIENT))
        else {
            let what = format!("write Patient/{PATIENT} or TYPE?patient={PATIENT}&…");
            return Err(NotATemplate(what));
        };
        let resource_type: ResourceType = name
            .parse()
            .map_err(|_| NotATemplate(format!("`{name}` is no type of FHIR R4")))?;
        let pairs = pairs(conditions).map_err(NotATemplate)?;
        let query =
            Query::parse(resource_type, &pairs).map_err(|why| NotATemplate(why.to_string()))?;
        let goes_on = !query.includes.is_empty() || query.page.is_some() || query.as_of.is_some();
        if goes_on || query.summary.is_some() || query.count == Some(0) {
            let what = "leave _include, _revinclude, _page, _asOf, _summary and _count=0 out";
            return Err(NotATemplate(what.to_owned()));
        }
        Ok(Asks::Search(Box::new(query)))
    }
}

/// What goes to a service.
pub(super) struct Fetched {
    /// By key, as CDS Hooks has it.
    pub(super) values: BTreeMap<String, Value>,
    /// How many resources that is.
    pub(super) count: usize,
}

impl Record {
    /// Reads what a service is sent, with the caller's permission; each read is audited as theirs.
    pub(super) async fn fetched(
        &self,
        caller: &Caller,
        adviser: &Adviser,
        patient: &Id,
        t: T,
    ) -> Fetched {
        let (mut values, mut count) = (BTreeMap::new(), 0);
        for (key, template) in &adviser.prefetch {
            let value = match self.fetched_one(caller, template, patient, t).await {
                Ok((value, found)) => {
                    count += found;
                    value
                }
                Err(why) => {
                    tracing::warn!(
                        "{key} is not sent to {}: {}",
                        adviser.id,
                        crate::with_causes(&why)
                    );
                    let issue = Issue::error(
                        why.kind().issue_type(),
                        "this could not be read: it may be there",
                    );
                    operation_outcome(&[issue])
                }
            };
            values.insert(key.clone(), value);
        }
        Fetched { values, count }
    }

    async fn fetched_one(
        &self,
        caller: &Caller,
        template: &Template,
        patient: &Id,
        t: T,
    ) -> Result<(Value, usize), ReadError> {
        let asks = template
            .asks(patient)
            .map_err(|why| ReadError::Unreadable {
                what: why.to_string(),
            })?;
        let mut query = match asks {
            Asks::Patient => {
                let key = Key::new(ResourceType::PATIENT, patient.clone());
                let stored = self.read(caller, &key, &At::Commit(t)).await?;
                return Ok(match sendable(&stored) {
                    Some(patient) => (patient, 1),
                    None => (Value::Null, 0),
                });
            }
            Asks::Search(query) => query,
        };
        let wanted = query.count;
        query.count = Some(
            wanted
                .unwrap_or(PREFETCH_MATCHES_MAX)
                .min(PREFETCH_MATCHES_MAX),
        );
        let page = Page::First(At::Commit(t));
        let found = self.search_within(caller, &query, &page, patient).await?;
        // So many as were asked for are the whole answer; more than may be sent at once would look like it.
        if found.next.is_some() && wanted.is_none_or(|wanted| wanted > PREFETCH_MATCHES_MAX) {
            let what = format!("more than {PREFETCH_MATCHES_MAX} match: they are not sent");
            return Ok((
                operation_outcome(&[Issue::error(IssueType::TooCostly, what)]),
                0,
            ));
        }
        let entries: Vec<Value> = found
            .matches
            .iter()
            .filter_map(sendable)
            .map(|resource| json!({ "resource": resource, "search": { "mode": "match" } }))
            .collect();
        let count = entries.len();
        let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
        Ok((bundle, count))
    }
}

/// A resource as it may leave; `None` for what is labelled as restricted.
fn sendable(stored: &Stored) -> Option<Value> {
    let value: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
    let labels = value["meta"]["security"].as_array().into_iter().flatten();
    let mut restricted = labels.filter(|label| {
        let code = label["code"].as_str().unwrap_or_default();
        label["system"] == CONFIDENTIALITY && RESTRICTED.contains(&code)
    });
    restricted.next().is_none().then_some(value)
}
