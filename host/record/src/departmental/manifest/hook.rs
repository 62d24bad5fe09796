//! Hooks of a manifest: the moments of the core application at which a departmental asks to be heard.
//!
//! Invariant: a hook that this host does not call is refused by name, so that nobody waits to be asked in vain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::member::reason;
use super::{Manifest, ManifestError, refused};

/// A moment at which departmentals are asked for advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Somebody opens a patient's chart.
    PatientView,
}

impl Hook {
    /// Every hook of this host.
    pub const ALL: [Self; 1] = [Self::PatientView];

    /// The word in manifests, calls and grants.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PatientView => "patient-view",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.as_str())
    }
}

impl FromStr for Hook {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        let known = Self::ALL.into_iter().find(|hook| hook.as_str() == text);
        known.ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            let all: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            refused(
                "hook",
                format!("this host has no hook {text:?}; it has: {}", all.join(", ")),
            )
        })
    }
}

impl<'de> Deserialize<'de> for Hook {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|error: ManifestError| serde::de::Error::custom(error.what))
    }
}

/// A hook that it asks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredHook {
    /// Which.
    pub hook: Hook,
    /// Why, in a trust administrator's words.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

impl Manifest {
    /// Whether it asks to be heard at a hook.
    pub fn has_hook(&self, hook: Hook) -> bool {
        self.hooks.iter().any(|it| it.hook == hook)
    }
}
