//! What the registry and the host will look at, looked at before.
//!
//! A `Checked` imports the contract alone, carries a manifest that follows its schema, and exports what it promises.

use std::path::{Path, PathBuf};

use registry::component::{self, ComponentError, Inspected};
use registry::digest::Digest;
use serde_json::Value;

use crate::golden::{self, GoldenError};
use crate::manifest::{self, ManifestError, each};

/// The contract versions that this tool builds against and knows how to check.
const CONTRACTS: [&str; 2] = ["0.1", "0.2"];
/// A larger component is not loaded by the sandbox, in bytes. One that brings an interpreter has about 2.4 MB (JavaScript)
/// or 19 MB (Python).
const COMPONENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a component that was written in Rust is as a rule below, in bytes: above it there is advice.
const RUST_BYTES_ADVISED: usize = 1_500_000;
/// From here on a component brings an interpreter, so that it was written in another language.
const INTERPRETER_BYTES: usize = 10_000_000;
/// The smaller interpreter, of JavaScript, by the name under which its parts are linked.
const INTERPRETER: &[u8] = b"componentize_qjs_runtime.wasm";

/// Why a component will not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// Not a component, or one that imports something else than the contract.
    #[error("{}: is not a departmental", file.display())]
    Component {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: ComponentError,
    },
    /// Its manifest is not right.
    #[error("{}: its manifest cannot be used", file.display())]
    Manifest {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: ManifestError,
    },
    /// Its golden cases are not right.
    #[error("{}: its golden cases cannot be used", file.display())]
    Golden {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: GoldenError,
    },
    /// It is a component of the contract, and yet not what it says.
    #[error("{}: {what}", file.display())]
    Mismatch {
        /// Which file.
        file: PathBuf,
        /// What does not fit, and how to mend it.
        what: String,
    },
}

/// A component that will be taken.
#[derive(Debug)]
pub(crate) struct Checked {
    file: PathBuf,
    digest: Digest,
    bytes: usize,
    brings_interpreter: bool,
    inspected: Inspected,
    manifest: Value,
}

/// Checks the bytes of a component; `file` is for what is said about them.
pub(crate) fn check(wasm: &[u8], file: &Path) -> Result<Checked, CheckError> {
    let inspected = component::admit(wasm).map_err(|source| CheckError::Component {
        file: file.to_owned(),
        source,
    })?;
    let mismatch = |what: String| CheckError::Mismatch {
        file: file.to_owned(),
        what,
    };
    if wasm.len() > COMPONENT_BYTES_MAX {
        return Err(mismatch(format!(
            "has {} bytes, more than the {COMPONENT_BYTES_MAX} allowed; leave out what the departmental does not need",
            wasm.len()
        )));
    }
    let manifest = inspected.manifest.clone().ok_or_else(|| {
        mismatch("carries no manifest (custom section departmental.json); build it with `departmental build`".into())
    })?;
    manifest::complete(&manifest, file).map_err(|source| CheckError::Manifest {
        file: file.to_owned(),
        source,
    })?;
    let wordless = reasons::wordless(&manifest);
    if !wordless.is_empty() {
        return Err(mismatch(format!(
            "asks for things without a reason that a trust administrator could decide by:\n  {}",
            wordless.join("\n  ")
        )));
    }
    agrees(&inspected, &manifest).map_err(mismatch)?;
    if let Some(cases) = &inspected.golden {
        golden::check(&cases.document, &manifest, file).map_err(|source| CheckError::Golden {
            file: file.to_owned(),
            source,
        })?;
    }
    Ok(Checked {
        file: file.to_owned(),
        digest: Digest::sha256(wasm),
        bytes: wasm.len(),
        brings_interpreter: wasm.len() >= INTERPRETER_BYTES
            || wasm.windows(INTERPRETER.len()).any(|it| it == INTERPRETER),
        inspected,
        manifest,
    })
}

/// Whether the component is built against the contract of its manifest and exports what that promises.
fn agrees(inspected: &Inspected, manifest: &Value) -> Result<(), String> {
    let contract = manifest
        .get("contract")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !CONTRACTS.contains(&contract) {
        return Err(format!(
            "its manifest names contract {contract}; this tool knows {}",
            CONTRACTS.join(", ")
        ));
    }
    if let Some(version) = &inspected.contract
        && !version.to_string().starts_with(&format!("{contract}."))
    {
        return Err(format!(
            "is built against contract {}, and its manifest says {contract}",
            version
        ));
    }
    for (list, interface) in [
        ("screens", "screens"),
        ("reactions", "reactions"),
        ("hooks", "advice"),
        ("intake", "intake"),
    ] {
        let promised = each(manifest, list).next().is_some();
        if promised && !exports(inspected, interface) {
            return Err(format!(
                "its manifest has {list}, and the component does not export {}{interface}; does lib.rs say sdk::export!(…)?",
                component::CONTRACT
            ));
        }
    }
    Ok(())
}

fn exports(inspected: &Inspected, interface: &str) -> bool {
    let wanted = format!("{}{interface}@", component::CONTRACT);
    inspected
        .exports
        .iter()
        .any(|export| export.starts_with(&wanted))
}

impl Checked {
    /// One line: what it is, how large, where.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} {}, {} bytes, {}, {}",
            self.word("id"),
            self.word("version"),
            self.bytes,
            self.digest,
            self.file.display()
        )
    }

    /// What it is and what it asks for, a line each.
    pub(crate) fn everything(&self) -> String {
        let mut lines = vec![
            self.summary(),
            format!("name      {}", self.word("name")),
            format!("supplier  {}", self.word("supplier")),
            format!("contract  {}", self.word("contract")),
        ];
        lines.extend(
            self.inspected
                .imports
                .iter()
                .map(|it| format!("imports   {it}")),
        );
        lines.extend(
            self.inspected
                .exports
                .iter()
                .map(|it| format!("exports   {it}")),
        );
        let rows = [
            ("screens", "screen    ", ["id", "title", "place"]),
            ("reads", "reads     ", ["type", "reason", ""]),
            ("views", "view      ", ["id", "title", "reason"]),
            ("writes", "writes    ", ["type", "actions", "reason"]),
            ("reactions", "reacts to ", ["type", "on", "where"]),
            ("hooks", "hook      ", ["hook", "reason", ""]),
            ("intake", "intake    ", ["format", "reason", ""]),
            ("settings", "setting   ", ["name", "level", "default"]),
            ("packs", "pack      ", ["name", "version", "source"]),
        ];
        for (list, label, members) in rows {
            for it in each(&self.manifest, list) {
                let words = members
                    .iter()
                    .filter_map(|member| Some(plain(it.get(member)?)));
                lines.push(format!("{label}{}", words.collect::<Vec<_>>().join(" · ")));
            }
        }
        lines.extend(
            self.golden_cases()
                .map(|(name, title)| format!("golden    {name} · {title}")),
        );
        lines.join("\n")
    }

    /// Bytes of its golden cases.
    fn golden_bytes(&self) -> usize {
        self.inspected.golden.as_ref().map_or(0, |it| it.bytes)
    }

    /// Names and titles of its golden cases.
    fn golden_cases(&self) -> impl Iterator<Item = (&str, &str)> {
        let cases = self.inspected.golden.iter();
        cases
            .flat_map(|it| each(&it.document, "cases"))
            .filter_map(|it| Some((it.get("name")?.as_str()?, it.get("title")?.as_str()?)))
    }

    /// What is not wrong and could be better.
    pub(crate) fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        let code = self.bytes - self.golden_bytes();
        if code > RUST_BYTES_ADVISED && !self.brings_interpreter {
            advice.push(format!(
                "it has {code} bytes without its golden cases, and one that is written in Rust has as a rule at most {RUST_BYTES_ADVISED}; look for a large dependency or table"
            ));
        }
        match &self.inspected.golden {
            None => advice.push(
                "it carries no golden cases; write some in cases/golden/, so that every site can see that it answers there as it answers here".to_owned(),
            ),
            Some(cases) => {
                let new = golden::new_cases(&cases.document);
                if !new.is_empty() {
                    advice.push(format!(
                        "these golden cases have no answer yet: {}; run the tests with UPDATE=1 and look at what is written",
                        new.join(", ")
                    ));
                }
            }
        }
        advice.extend(reasons::shared(&self.manifest));
        for pack in each(&self.manifest, "packs") {
            if pack.get("verified") == Some(&Value::Bool(false)) {
                let name = pack.get("name").map(plain).unwrap_or_default();
                advice.push(format!(
                    "the pack `{name}` is not verified; every screen that uses it has to say so"
                ));
            }
        }
        advice
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        serde_json::json!({
            "file": self.file,
            "id": self.word("id"),
            "version": self.word("version"),
            "contract": self.word("contract"),
            "bytes": self.bytes,
            "digest": self.digest.to_string(),
            "imports": self.inspected.imports,
            "exports": self.inspected.exports,
            "golden_cases": self.golden_cases().map(|(name, _)| name).collect::<Vec<_>>(),
            "golden_bytes": self.golden_bytes(),
            "manifest": self.manifest,
        })
    }

    /// Where it lies.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Of all its bytes.
    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The manifest that it carries.
    pub(crate) fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// A text of the manifest by its member.
    pub(crate) fn word(&self, name: &str) -> &str {
        self.manifest
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// A value as it is read by a person.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

mod reasons;

#[cfg(test)]
pub(crate) mod tests;
