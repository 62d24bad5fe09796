//! Patches: parts of a resource to be changed, as JSON Patch (RFC 6902) or as FHIRPath Patch (R4, `fhirpatch`).
//!
//! Invariant: a patch is applied whole or not at all, never changes what resource it is about, and keeps every digit of
//! what it does not touch.

mod amount;
mod json;
mod locate;
mod parameters;
mod path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::outcome::{Issue, IssueType};
use crate::resource::{Resource, ResourceType};

/// How many operations one patch may have.
pub const OPERATIONS_MAX: usize = 1_000;
/// How many bytes, roughly, the copies that a patch makes may have altogether: copying a copy grows without end.
pub const COPIED_BYTES_MAX: usize = 4 << 20;

/// A patch that was read and found to be one.
#[derive(Clone, Debug)]
pub struct Patch(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Json(Vec<json::Operation>),
    Path(Vec<path::Operation>),
}

/// Why a patch was not read or not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// It is no patch.
    #[error("{place}: {problem}")]
    Malformed {
        /// Where in the patch.
        place: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// It is one, but not of this resource as it stands.
    #[error("{place}: {problem}")]
    Unfit {
        /// Where in the patch.
        place: String,
        /// What was found, and what to do.
        problem: String,
    },
}

impl PatchError {
    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        let (code, place) = match self {
            Self::Malformed { place, .. } => (IssueType::Structure, place),
            Self::Unfit { place, .. } => (IssueType::Invalid, place),
        };
        Issue::error_at(code, place.clone(), self.to_string())
    }

    /// Whether the patch itself is wrong, rather than the resource another than it expects.
    pub fn is_malformed(&self) -> bool {
        match self {
            Self::Malformed { .. } => true,
            Self::Unfit { .. } => false,
        }
    }
}

impl Patch {
    /// Reads a JSON Patch from UTF-8 JSON. How many bytes are acceptable is for the caller to bound.
    ///
    /// # Errors
    /// `Malformed` with the place in the patch.
    pub fn json(bytes: &[u8]) -> Result<Self, PatchError> {
        json::read(bytes).map(|operations| Self(Kind::Json(operations)))
    }

    /// The patch that a resource holds: Parameters are a FHIRPath Patch; a Binary holds a JSON Patch, as bundles send it.
    ///
    /// # Errors
    /// `Malformed` with the place in the resource.
    pub fn of_resource(resource: &Resource) -> Result<Self, PatchError> {
        match resource.resource_type() {
            ResourceType::PARAMETERS => {
                let operations = parameters::read(resource)?;
                Ok(Self(Kind::Path(operations)))
            }
            ResourceType::BINARY => binary(resource),
            other => Err(PatchError::Malformed {
                place: other.to_string(),
                problem: "a patch is Parameters (FHIRPath Patch), or in a bundle a Binary with a JSON Patch"
                    .to_owned(),
            }),
        }
    }

    /// The resource as the patch leaves it. Whether that is sound, `validate::check` says.
    ///
    /// # Errors
    /// `Unfit` with the operation that could not be done.
    pub fn apply(&self, before: &Resource) -> Result<Resource, PatchError> {
        let value = match &self.0 {
            Kind::Json(operations) => json::apply(operations, before.value().clone())?,
            Kind::Path(operations) => path::apply(operations, before)?,
        };
        let unfit = |problem: String| PatchError::Unfit {
            place: before.resource_type().to_string(),
            problem,
        };
        let after = Resource::from_value(value).map_err(|why| unfit(why.to_string()))?;
        if after.resource_type() != before.resource_type() {
            let problem = "a patch cannot change `resourceType`: leave that operation out";
            return Err(unfit(problem.to_owned()));
        }
        if after.value().get("id") != before.value().get("id") {
            let problem = "a patch cannot change `id`: leave that operation out";
            return Err(unfit(problem.to_owned()));
        }
        Ok(after)
    }
}

fn binary(resource: &Resource) -> Result<Patch, PatchError> {
    let malformed = |place: &str, problem: String| PatchError::Malformed {
        place: place.to_owned(),
        problem,
    };
    let kind = resource.text_at("contentType").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind != "application/json-patch+json" {
        let problem = format!(
            "`{}` is no patch: write application/json-patch+json",
            crate::resource::shortened(kind)
        );
        return Err(malformed("Binary.contentType", problem));
    }
    let data: String = resource
        .text_at("data")
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let bytes = STANDARD
        .decode(data)
        .map_err(|why| malformed("Binary.data", format!("this is not base64: {why}")))?;
    Patch::json(&bytes)
}

#[cfg(test)]
mod tests;
