//! The manifest, `departmental.json`: read, packs put in, held against its schema.
//!
//! What leaves here follows `wit/schemas/manifest-1.json` and holds every pack as a document.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::schema;

mod place;

const SCHEMA: &str = include_str!("../../../wit/schemas/manifest-1.json");
/// Where the schema has alternatives: a pack.
const ONE_OF: &str = "give exactly one of `file` and `document`";
/// A pack file larger than this is refused, in bytes: the whole manifest may have 4 MiB in the registry.
const PACK_BYTES_MAX: u64 = 1024 * 1024;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    /// It is not there, or may not be read.
    #[error("{}: cannot be read; a departmental has its manifest there", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not JSON.
    #[error("{}: is not JSON", file.display())]
    NotJson {
        /// Which file.
        file: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It does not follow the schema.
    #[error("{}: does not follow manifest/1 (wit/schemas/manifest-1.json):\n  {}", file.display(), findings.join("\n  "))]
    AgainstSchema {
        /// Which file.
        file: PathBuf,
        /// What is wrong where.
        findings: Vec<String>,
    },
    /// A pack cannot be put in.
    #[error("{}: the pack `{pack}` {what}", file.display())]
    Pack {
        /// The pack's file.
        file: PathBuf,
        /// The pack's name.
        pack: String,
        /// What is wrong with it.
        what: String,
    },
    /// The schema that this tool brings is broken.
    #[error("this tool's own schema of the manifest cannot be used: {0}")]
    Schema(String),
}

/// Reads `departmental.json` of a folder and puts its packs in.
pub(crate) fn read(folder: &Path) -> Result<Value, ManifestError> {
    let file = folder.join("departmental.json");
    let bytes = std::fs::read(&file).map_err(|source| ManifestError::Unreadable {
        file: file.clone(),
        source,
    })?;
    let mut manifest: Value =
        serde_json::from_slice(&bytes).map_err(|source| ManifestError::NotJson {
            file: file.clone(),
            source,
        })?;
    let on_lines = |wrong: ManifestError| wrong.on_lines(&String::from_utf8_lossy(&bytes));
    follows_schema(&manifest, &file).map_err(on_lines)?;
    if let Some(packs) = manifest.get_mut("packs").and_then(Value::as_array_mut) {
        for pack in packs {
            put_in(pack, folder)?;
        }
    }
    complete(&manifest, &file).map_err(on_lines)?;
    Ok(manifest)
}

impl ManifestError {
    /// With the line of each finding in the file's text.
    fn on_lines(mut self, text: &str) -> Self {
        if let Self::AgainstSchema { findings, .. } = &mut self {
            for finding in findings {
                let pointer = finding.split_once(": ").map_or("", |(pointer, _)| pointer);
                if let Some(line) = place::line_of(text, pointer) {
                    *finding = format!("line {line}, {finding}");
                }
            }
        }
        self
    }
}

/// Whether a manifest is what a component may carry: follows its schema, packs in it, names unique.
pub(crate) fn complete(manifest: &Value, file: &Path) -> Result<(), ManifestError> {
    follows_schema(manifest, file)?;
    let mut findings = Vec::new();
    for (list, name) in [
        ("screens", "id"),
        ("settings", "name"),
        ("packs", "name"),
        ("reads", "type"),
        ("writes", "type"),
        ("hooks", "hook"),
        ("intake", "format"),
    ] {
        let names: Vec<&str> = each(manifest, list)
            .filter_map(|it| it.get(name)?.as_str())
            .collect();
        for (index, one) in names.iter().enumerate() {
            if names[..index].contains(one) {
                findings.push(format!("/{list}/{index}: `{one}` is there twice; keep one"));
            }
        }
    }
    for (index, pack) in each(manifest, "packs").enumerate() {
        if pack.get("document").is_none() {
            findings.push(format!(
                "/packs/{index}: names a file instead of holding its document"
            ));
        }
    }
    let readable: Vec<&Value> = each(manifest, "reads")
        .filter_map(|it| it.get("type"))
        .collect();
    for (index, reaction) in each(manifest, "reactions").enumerate() {
        if let Some(of) = reaction.get("type")
            && !readable.contains(&of)
        {
            findings.push(format!(
                "/reactions/{index}: reacts to {of}, which `reads` does not ask for; add it there"
            ));
        }
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(ManifestError::AgainstSchema {
            file: file.into(),
            findings,
        })
    }
}

/// The members of a list of the manifest, none when the list is not there.
pub(crate) fn each<'a>(
    manifest: &'a Value,
    list: &str,
) -> impl Iterator<Item = &'a Value> + use<'a> {
    manifest
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn follows_schema(manifest: &Value, file: &Path) -> Result<(), ManifestError> {
    let findings = schema::findings(SCHEMA, manifest, ONE_OF).map_err(ManifestError::Schema)?;
    if findings.is_empty() {
        Ok(())
    } else {
        Err(ManifestError::AgainstSchema {
            file: file.into(),
            findings,
        })
    }
}

fn put_in(pack: &mut Value, folder: &Path) -> Result<(), ManifestError> {
    let Some(members) = pack.as_object_mut() else {
        return Ok(());
    };
    let Some(relative) = members.get("file").and_then(Value::as_str) else {
        return Ok(());
    };
    let name = members
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let file = folder.join(relative);
    let refuse = |what: String| ManifestError::Pack {
        file: file.clone(),
        pack: name.clone(),
        what,
    };
    if Path::new(relative)
        .components()
        .any(|part| !matches!(part, std::path::Component::Normal(_)))
    {
        return Err(refuse(
            "must lie below the departmental's folder; write its path without `..`".into(),
        ));
    }
    let bytes = std::fs::metadata(&file)
        .map_err(|wrong| refuse(format!("cannot be read: {wrong}")))?
        .len();
    if bytes > PACK_BYTES_MAX {
        return Err(refuse(format!(
            "has {bytes} bytes, more than the {PACK_BYTES_MAX} allowed; split it"
        )));
    }
    let text = std::fs::read(&file).map_err(|wrong| refuse(format!("cannot be read: {wrong}")))?;
    let document: Value =
        serde_json::from_slice(&text).map_err(|wrong| refuse(format!("is not JSON: {wrong}")))?;
    if !document.is_object() {
        return Err(refuse("must be a JSON object".into()));
    }
    members.shift_remove("file");
    members.insert("document".into(), document);
    Ok(())
}

#[cfg(test)]
mod tests;
