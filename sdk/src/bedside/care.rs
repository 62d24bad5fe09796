//! Whom the site of a call cares for, and what is its own, in a written chart: of what rows about a site are made.
//!
//! Invariant: as in the host, a patient is cared for where their organisation or an encounter that was says so, and what is
//! labelled as restricted, or is of a patient who is, is in no list.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Bedside, each, owner_of, reference_of};

pub(super) const SITE_SYSTEM: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const RESTRICTED: [&str; 2] = ["R", "V"];
/// Encounters of these statuses never were.
const NEVER_WERE: [&str; 2] = ["cancelled", "entered-in-error"];

impl Bedside {
    /// The resources of the patients whom the site cares for.
    pub(super) fn of_site(&self) -> Vec<&Value> {
        let cared_for: BTreeSet<String> = self
            .resources
            .iter()
            .filter_map(|it| match text(it, "resourceType") {
                "Patient" if self.is_of_site(it.get("managingOrganization")) => reference_of(it),
                "Encounter"
                    if self.is_of_site(it.get("serviceProvider"))
                        && !NEVER_WERE.contains(&text(it, "status")) =>
                {
                    owner_of(it)
                }
                _ => None,
            })
            .collect();
        let hidden: BTreeSet<String> = self
            .resources
            .iter()
            .filter(|it| text(it, "resourceType") == "Patient" && is_restricted(it))
            .filter_map(reference_of)
            .collect();
        self.resources
            .iter()
            .filter(|it| {
                !is_restricted(it)
                    && owner_of(it)
                        .is_some_and(|owner| cared_for.contains(&owner) && !hidden.contains(&owner))
            })
            .collect()
    }

    /// What is the site's own: it bears the site's label and is about nobody.
    pub(super) fn own(&self) -> Vec<&Value> {
        let all = self.resources.iter();
        all.filter(|it| self.is_own(it)).collect()
    }

    /// Whether a resource is the site's own.
    pub(super) fn is_own(&self, resource: &Value) -> bool {
        let tags = resource.get("meta").map(|meta| each(meta, "tag"));
        let is_label = |it: &Value| {
            text(it, "system") == SITE_SYSTEM && text(it, "code") == self.site.as_str()
        };
        owner_of(resource).is_none() && tags.into_iter().flatten().any(is_label)
    }

    /// Whether a reference names an organisation that has the site's code: by its id or by the code itself.
    pub(super) fn is_of_site(&self, organisation: Option<&Value>) -> bool {
        let Some(organisation) = organisation else {
            return false;
        };
        let has_code = |it: &Value| {
            text(it, "system") == SITE_SYSTEM && text(it, "value") == self.site.as_str()
        };
        organisation.get("identifier").is_some_and(has_code)
            || self.resources.iter().any(|it| {
                let itself = reference_of(it).unwrap_or_default();
                itself == text(organisation, "reference") && each(it, "identifier").any(has_code)
            })
    }
}

fn is_restricted(resource: &Value) -> bool {
    let labels = resource.get("meta").map(|meta| each(meta, "security"));
    labels.into_iter().flatten().any(|label| {
        text(label, "system") == CONFIDENTIALITY && RESTRICTED.contains(&text(label, "code"))
    })
}

fn text<'v>(of: &'v Value, member: &str) -> &'v str {
    of.get(member).and_then(Value::as_str).unwrap_or_default()
}
