//! Searches that the application's own pages make, all of one page at one moment.
//!
//! Invariant: a list says when there is more than it shows; a list that could not be read is an error, never empty.

use std::collections::BTreeSet;

use fhir::query::Query;
use fhir::resource::{Key, ResourceType};
use jiff::Timestamp;
use record::ReadError;
use record::caller::Caller;
use record::log::At;
use record::search::Page;
use serde_json::Value;

use super::person::Person;
use crate::{Door, written};

/// What a search found, as far as a page shows it.
pub(crate) struct List {
    pub(crate) resources: Vec<Value>,
    /// There is more than this.
    pub(crate) more: bool,
    /// The cursor of what is behind it.
    pub(crate) next: Option<String>,
}

/// One reader at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) door: &'a Door,
    pub(crate) caller: &'a Caller,
    pub(crate) at: &'a At,
}

impl Reader<'_> {
    /// What a search finds, at most `n_max`.
    pub(crate) async fn list(
        &self,
        resource_type: &str,
        pairs: &[(&str, &str)],
        n_max: u32,
    ) -> Result<List, ReadError> {
        let first = Page::First(self.at.clone());
        self.page(resource_type, pairs, n_max, &first).await
    }

    /// A page of what a search finds.
    pub(crate) async fn page(
        &self,
        resource_type: &str,
        pairs: &[(&str, &str)],
        n_max: u32,
        page: &Page,
    ) -> Result<List, ReadError> {
        let unreadable = |what: String| ReadError::Unreadable { what };
        let resource_type: ResourceType = resource_type
            .parse()
            .map_err(|why: fhir::resource::UnknownType| unreadable(why.to_string()))?;
        let mut pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        pairs.push(("_count".to_owned(), n_max.to_string()));
        let query =
            Query::parse(resource_type, &pairs).map_err(|why| unreadable(why.to_string()))?;
        let found = self.door.record.search(self.caller, &query, page).await?;
        let bodies = found
            .matches
            .iter()
            .filter_map(|stored| stored.body.as_deref());
        let resources = bodies.map(parsed).collect::<Result<Vec<_>, _>>()?;
        Ok(List {
            resources,
            more: found.next.is_some(),
            next: found.next,
        })
    }

    /// Who these patients are, those among them whom the caller may see.
    pub(crate) async fn people(&self, ids: &BTreeSet<&str>) -> Result<Vec<Person>, ReadError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = ids.iter().copied().collect();
        let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let found = self
            .list("Patient", &[("_id", &ids.join(","))], count)
            .await?;
        let today = Timestamp::from_millisecond(self.door.record.now_ms())
            .map(written::local_date)
            .unwrap_or_default();
        let people = found.resources.iter();
        Ok(people.map(|it| Person::of(it, today)).collect())
    }

    /// One resource.
    pub(crate) async fn one(&self, key: &Key) -> Result<Value, ReadError> {
        let stored = self.door.record.read(self.caller, key, self.at).await?;
        let nothing = || ReadError::NotFound {
            what: key.to_string(),
        };
        parsed(stored.body.as_deref().ok_or_else(nothing)?)
    }
}

fn parsed(body: &str) -> Result<Value, ReadError> {
    serde_json::from_str(body).map_err(|why| ReadError::Unreadable {
        what: format!("a kept resource cannot be read: {why}"),
    })
}
