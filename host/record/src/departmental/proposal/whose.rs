//! Whose the resources of a proposal are: those of the patient of the call, or those of the site itself.
//!
//! Invariant: in a call about no patient nothing about any patient is written; what is written bears the site's label, by
//! which it is the site's own from then on.

use fhir::compartment;
use fhir::resource::{Id, Resource};
use serde_json::{Value, json};

use crate::caller::SiteCode;

/// Of whom a call may write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose<'a> {
    /// This patient.
    Patient(&'a Id),
    /// This site, of which the call is: of nobody.
    Site(&'a SiteCode),
}

impl Whose<'_> {
    /// Whether a resource, as it is kept, is theirs.
    pub(super) fn is(self, resource: &Resource) -> bool {
        let of = compartment::patient_of(resource);
        match self {
            Self::Patient(patient) => of.as_ref() == Some(patient),
            Self::Site(site) => of.is_none() && has_label(resource.value(), site),
        }
    }

    /// Whether a version, as it is kept, is theirs.
    pub(super) fn is_body(self, body: Option<&str>) -> bool {
        body.and_then(|body| Resource::parse(body.as_bytes()).ok())
            .is_some_and(|resource| self.is(&resource))
    }

    /// In words, for a refusal.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Patient(_) => "this patient's chart",
            Self::Site(_) => "what is this site's own",
        }
    }
}

/// The resource with the site's label, unless it has it.
pub(super) fn labelled(resource: Resource, site: &SiteCode) -> Option<Resource> {
    let mut value = resource.into_value();
    if !has_label(&value, site) {
        let meta = value.as_object_mut()?.entry("meta").or_insert(json!({}));
        let tags = meta.as_object_mut()?.entry("tag").or_insert(json!([]));
        tags.as_array_mut()?
            .push(json!({ "system": SiteCode::SYSTEM, "code": site.as_str() }));
    }
    Resource::from_value(value).ok()
}

fn has_label(resource: &Value, site: &SiteCode) -> bool {
    let tags = resource.pointer("/meta/tag").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .any(|tag| tag["system"] == SiteCode::SYSTEM && tag["code"] == site.as_str())
}
