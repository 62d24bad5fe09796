//! Views of a manifest: which columns of which resources a departmental asks for, and why.
//!
//! Invariant: a view that is declared is compiled, so that no call can find out that it is none.

use std::sync::Arc;

use fhir::view::View;
use fhir::{compartment, search_parameter};
use serde::Deserialize;
use serde_json::Value;

use super::member::{at_most, line, reason, word};
use super::{ManifestError, refused};
use crate::permission;

/// A view that it asks for.
#[derive(Clone, Debug)]
pub struct DeclaredView {
    /// Its name, unique in the manifest.
    pub id: String,
    /// What its rows are, as people read it.
    pub title: String,
    /// Why, in a trust administrator's words.
    pub reason: String,
    /// Of whom it may be asked.
    pub scope: Scope,
    /// The search parameters by which its resources may be found and put in order: what they are found by is told, too.
    pub search: Vec<String>,
    /// The compiled ViewDefinition.
    pub view: Arc<View>,
}

/// Of whom the rows of a view may be asked. They are two grants: a list of many is another thing than one patient's chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The one patient of a call.
    #[default]
    Patient,
    /// All the patients whom the site cares for, in a call about none of them.
    Site,
    /// None: what departmentals wrote about the site itself, in calls about no patient.
    Own,
}

/// As the manifest has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(deserialize_with = "word")]
    id: String,
    #[serde(deserialize_with = "line")]
    title: String,
    #[serde(deserialize_with = "reason")]
    reason: String,
    #[serde(default)]
    scope: Scope,
    #[serde(default, deserialize_with = "at_most::<_, _, 20>")]
    search: Vec<String>,
    view: Value,
}

impl Written {
    /// Compiles the view at this place of the manifest.
    pub(super) fn compiled(self, index: usize) -> Result<DeclaredView, ManifestError> {
        let view = View::parse(&self.view)
            .map_err(|why| refused(format!("views[{index}].view"), why.to_string()))?;
        let of = view.resource_type;
        let is_told = compartment::has_patients(of) || permission::is_directory(of.as_str());
        if self.scope == Scope::Site && !is_told {
            let what = format!(
                "no {of} belongs to a patient, so none is of a site's patients; leave `scope` out"
            );
            return Err(refused(format!("views[{index}].scope"), what));
        }
        if self.scope == Scope::Own && !permission::departmental_may_write(of.as_str()) {
            let what = format!("no departmental writes {of}, so none is a site's own");
            return Err(refused(format!("views[{index}].scope"), what));
        }
        for (at, name) in self.search.iter().enumerate() {
            if search_parameter::find(of, name).is_none() {
                let what =
                    format!("{of} is not found by `{name}`; write a search parameter of FHIR R4");
                return Err(refused(format!("views[{index}].search[{at}]"), what));
            }
        }
        Ok(DeclaredView {
            id: self.id,
            title: self.title,
            reason: self.reason,
            scope: self.scope,
            search: self.search,
            view: Arc::new(view),
        })
    }
}

impl DeclaredView {
    /// The FHIR type of which it makes rows.
    pub fn resource_type(&self) -> &'static str {
        self.view.resource_type.as_str()
    }
}

/// Two of one name in manifests that are equal in all else are equal: what a view does is in the manifest's document.
impl PartialEq for DeclaredView {
    fn eq(&self, other: &Self) -> bool {
        let same = self.scope == other.scope && self.search == other.search;
        same && self.id == other.id && self.title == other.title && self.reason == other.reason
    }
}
