//! The config of a release: what its component imports and exports, for those who do not read the bytes.
//!
//! Invariant: a config that was checked says what the component's bytes say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ManifestError, bytes_of, read};
use crate::component::Inspected;
use crate::digest::Digest;

/// The config of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WasmConfig {
    /// When it was built: RFC 3339. Other tools require it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Who built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Always `wasm`.
    pub architecture: String,
    /// `wasip2` for a component, whatever it imports.
    pub os: String,
    /// Digests of the layers, in order.
    pub layer_digests: Vec<Digest>,
    /// What the component imports and exports.
    pub component: Option<ConfigComponent>,
}

/// The interfaces of a component, as its config gives them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfigComponent {
    /// Names of exports.
    pub exports: Vec<String>,
    /// Names of imports.
    pub imports: Vec<String>,
    /// The world it was built for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl WasmConfig {
    /// The config of a component, as its bytes give it.
    pub fn of(
        created: Option<String>,
        author: Option<String>,
        wasm: &Digest,
        inspected: &Inspected,
    ) -> Self {
        Self {
            created,
            author,
            architecture: "wasm".to_owned(),
            os: "wasip2".to_owned(),
            layer_digests: vec![wasm.clone()],
            component: Some(ConfigComponent {
                exports: inspected.exports.clone(),
                imports: inspected.imports.clone(),
                target: None,
            }),
        }
    }

    /// The bytes to push.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        bytes_of("config", self)
    }

    /// Reads a config.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        read("config", bytes)
    }

    /// Refuses a config that says other than the component's bytes do. The order of names does not matter.
    pub fn check(&self, wasm: &Digest, inspected: &Inspected) -> Result<(), ManifestError> {
        let none = ConfigComponent {
            exports: Vec::new(),
            imports: Vec::new(),
            target: None,
        };
        let given = self.component.as_ref().unwrap_or(&none);
        same("architecture", &self.architecture, &"wasm".to_owned())?;
        same("layerDigests", &self.layer_digests, &vec![wasm.clone()])?;
        same(
            "component.imports",
            &names(&given.imports),
            &names(&inspected.imports),
        )?;
        same(
            "component.exports",
            &names(&given.exports),
            &names(&inspected.exports),
        )
    }
}

fn names(list: &[String]) -> BTreeSet<&str> {
    list.iter().map(String::as_str).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &'static str,
    config: &T,
    bytes: &T,
) -> Result<(), ManifestError> {
    if config == bytes {
        return Ok(());
    }
    Err(ManifestError::Mismatch {
        what,
        config: brief(config),
        bytes: brief(bytes),
    })
}

/// Long enough to see what is meant, and no longer.
fn brief(it: &impl std::fmt::Debug) -> String {
    format!("{it:?}").chars().take(600).collect()
}
