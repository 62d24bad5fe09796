//! The search by which a reaction finds its events.
//!
//! Invariant: it holds conditions only, which this record can look for.

use std::str::FromStr;

use fhir::query::Query;
use fhir::resource::ResourceType;

use super::Reaction;
use crate::departmental::search;

impl Reaction {
    /// The search that finds the resources it is about.
    ///
    /// # Errors
    /// What is wrong with `where`.
    pub fn query(&self) -> Result<Query, String> {
        let condition = self.condition.as_deref().unwrap_or_default();
        if condition.len() > 1000 {
            return Err("at most 1000 bytes".to_owned());
        }
        let resource_type =
            ResourceType::from_str(&self.resource_type).map_err(|error| error.to_string())?;
        let query = Query::parse(resource_type, &search::pairs(condition)?)
            .map_err(|error| error.to_string())?;
        let plain = query.includes.is_empty()
            && query.sort.is_empty()
            && query.page.is_none()
            && query.count.is_none()
            && query.as_of.is_none()
            && query.elements.is_empty()
            && query.summary.is_none()
            && query.total.is_none();
        if plain {
            Ok(query)
        } else {
            Err("write conditions only: no _sort, _count, _include or the like".to_owned())
        }
    }
}
