//! Who may do what: one pure table of role, action and kind of resource, printed whole in `permission/table.txt`.
//!
//! Invariant: what the table does not allow is refused; a departmental never gets more than its caller has here.

use std::fmt;

use crate::caller::{Caller, Role};

/// What somebody wants to do with resources of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read, read a version, history and search.
    Read,
    /// Write a resource that was not there.
    Create,
    /// Write a new version.
    Update,
    /// Write the version that says it is gone.
    Delete,
    /// Decide which departmental runs at a site, with which grants.
    Enable,
    /// Say that two records are one person's, that they are two people's after all, and whose something is.
    Merge,
}

impl Action {
    /// Every action, in the order in which the table prints them.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Enable,
        Self::Merge,
    ];

    /// The word by which manifests, messages and the table name the action.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Enable => "enable",
            Self::Merge => "merge",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A refusal by the table: it says nothing about whether any resource exists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the role {role} may not {action} {resource_type}")]
pub struct Forbidden {
    /// The role in which it was asked.
    pub role: Role,
    /// What was asked.
    pub action: Action,
    /// The FHIR type it was asked about.
    pub resource_type: String,
}

/// What the table distinguishes types by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A message's patient, encounter and results: what feeds file.
    Filed,
    /// Any other fact about a patient.
    Clinical,
    /// Who and where: the same for everybody, known to nobody's disadvantage.
    Directory,
    /// What codes mean and what can be searched by: the same for everybody, and what validation and searches rest on.
    Terminology,
    /// Which departmentals run where.
    Enablement,
    /// Who is told of what, at which address: never a module's to write, since it leads facts out.
    Subscription,
    /// Written by the record itself, readable as evidence.
    Evidence,
}

/// What feeds file, and read in order to match.
const FILED: [&str; 16] = [
    "AllergyIntolerance",
    "Appointment",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Immunization",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Patient",
    "Procedure",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
];

/// Who and where.
const DIRECTORY: [&str; 7] = [
    "Endpoint",
    "HealthcareService",
    "Location",
    "Organization",
    "OrganizationAffiliation",
    "Practitioner",
    "PractitionerRole",
];

/// What codes mean, and what can be searched by.
const TERMINOLOGY: [&str; 4] = ["CodeSystem", "ConceptMap", "SearchParameter", "ValueSet"];

/// What only the record itself writes.
const EVIDENCE: [&str; 2] = ["AuditEvent", "Provenance"];

/// The code system of confidentiality, in which a label says who may see something.
pub(crate) const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// Its labels that keep something out of every list about a site: it is seen in its patient's own chart.
pub(crate) const RESTRICTED: [&str; 2] = ["R", "V"];

/// Whether `caller` may do `action` with resources of `resource_type`, whichever they are.
///
/// An unknown type counts as clinical, the strictest kind.
pub fn check(caller: &Caller, action: Action, resource_type: &str) -> Result<(), Forbidden> {
    if allows(caller.role(), action, resource_type) {
        Ok(())
    } else {
        Err(Forbidden {
            role: caller.role(),
            action,
            resource_type: resource_type.to_owned(),
        })
    }
}

/// The table itself.
pub fn allows(role: Role, action: Action, resource_type: &str) -> bool {
    let kind = kind(resource_type);
    if action == Action::Merge {
        // Who is who is said of people alone, by whoever knows them: a departmental or a reaction never does.
        return resource_type == "Patient"
            && match role {
                Role::Clinician | Role::Feed | Role::Operator => true,
                Role::TrustAdministrator | Role::Reaction => false,
            };
    }
    match role {
        Role::Clinician => match kind {
            Kind::Filed | Kind::Clinical | Kind::Subscription => action != Action::Enable,
            Kind::Directory | Kind::Terminology | Kind::Enablement | Kind::Evidence => {
                action == Action::Read
            }
        },
        Role::TrustAdministrator => match kind {
            Kind::Enablement => matches!(action, Action::Read | Action::Enable),
            Kind::Directory | Kind::Terminology => action == Action::Read,
            Kind::Filed | Kind::Clinical | Kind::Subscription | Kind::Evidence => false,
        },
        Role::Feed => match kind {
            Kind::Filed | Kind::Directory => {
                matches!(action, Action::Read | Action::Create | Action::Update)
            }
            // A message's own provenance, in the same commit as what it says.
            Kind::Evidence => action == Action::Create && resource_type == "Provenance",
            Kind::Terminology => action == Action::Read,
            Kind::Clinical | Kind::Subscription | Kind::Enablement => false,
        },
        Role::Reaction => match kind {
            Kind::Filed | Kind::Clinical => {
                matches!(action, Action::Read | Action::Create | Action::Update)
            }
            Kind::Directory | Kind::Terminology => action == Action::Read,
            Kind::Subscription | Kind::Enablement | Kind::Evidence => false,
        },
        Role::Operator => match kind {
            Kind::Filed | Kind::Clinical | Kind::Subscription => action != Action::Enable,
            Kind::Directory | Kind::Terminology => action != Action::Enable,
            Kind::Evidence => matches!(action, Action::Read | Action::Create | Action::Update),
            Kind::Enablement => action == Action::Read,
        },
    }
}

/// Whether a departmental may ever be granted to write resources of this type, by anybody.
///
/// What says who may do what, and what proves who did what, is not a departmental's to write; nor is the directory,
/// which is no one patient's.
pub fn departmental_may_write(resource_type: &str) -> bool {
    match kind(resource_type) {
        Kind::Filed | Kind::Clinical => true,
        Kind::Directory | Kind::Terminology | Kind::Enablement => false,
        Kind::Subscription | Kind::Evidence => false,
    }
}

/// Whether resources of this type are about no patient, and so may be read in any patient's call.
pub fn is_directory(resource_type: &str) -> bool {
    kind(resource_type) == Kind::Directory
}

/// Whether resources of this type are what the record itself writes of what was done.
pub(crate) fn is_evidence(resource_type: &str) -> bool {
    kind(resource_type) == Kind::Evidence
}

fn kind(resource_type: &str) -> Kind {
    if FILED.contains(&resource_type) {
        Kind::Filed
    } else if DIRECTORY.contains(&resource_type) {
        Kind::Directory
    } else if TERMINOLOGY.contains(&resource_type) {
        Kind::Terminology
    } else if EVIDENCE.contains(&resource_type) {
        Kind::Evidence
    } else if resource_type == "Subscription" {
        Kind::Subscription
    } else if resource_type == "Basic" {
        Kind::Enablement
    } else {
        Kind::Clinical
    }
}

#[cfg(test)]
mod tests;
