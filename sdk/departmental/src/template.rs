//! `new`: a folder that builds and tests at once, from the templates that this program was built with.
//!
//! Invariant: nothing is ever written over, and a folder that could not be written whole is not left behind.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// One file of a template or of its kit.
pub(crate) struct Embedded {
    language: &'static str,
    path: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Files in which a template states its name.
const NAMED: [&str; 5] = [
    "departmental.json",
    "Cargo.toml",
    "package.json",
    "package-lock.json",
    "pyproject.toml",
];
/// What the manifest lets a line have, in characters.
const LINE_CHARS_MAX: usize = 120;

/// What is made.
#[derive(Debug)]
pub(crate) struct New<'a> {
    /// Id of the departmental, and where it goes.
    pub(crate) name: &'a str,
    /// `rust`, `javascript`, `python`.
    pub(crate) language: &'a str,
    /// Whose it is.
    pub(crate) supplier: &'a str,
    /// In which folder the new one is made.
    pub(crate) inside: &'a Path,
}

/// Why there is no new departmental.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewError {
    /// Not an id.
    #[error("`{name}` cannot be the id of a departmental: {what}")]
    Name {
        /// As given.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Not a line that a manifest may have.
    #[error("the supplier's name must be one line of 1 to {LINE_CHARS_MAX} characters")]
    Supplier,
    /// Something is there.
    #[error("{}: is there already, and nothing is written over", folder.display())]
    Taken {
        /// Where.
        folder: PathBuf,
    },
    /// This program has no such template.
    #[error("this program was built without a template in {language}; it has {has}")]
    NoTemplate {
        /// As asked.
        language: String,
        /// Those it has.
        has: String,
    },
    /// The template that this program brings is broken.
    #[error("the template in {language} cannot be used: {what}")]
    Template {
        /// Which.
        language: String,
        /// Why.
        what: String,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Writes the folder; answers where it is and which of its files are the supplier's own.
pub(crate) fn new(it: &New<'_>) -> Result<(PathBuf, Vec<&'static str>), NewError> {
    check_name(it.name)?;
    let is_line = !it.supplier.trim().is_empty() && !it.supplier.chars().any(char::is_control);
    if !is_line || it.supplier.chars().count() > LINE_CHARS_MAX {
        return Err(NewError::Supplier);
    }
    let files: Vec<&Embedded> = FILES
        .iter()
        .filter(|file| file.language == it.language)
        .collect();
    let manifest = files.iter().find(|file| file.path == "departmental.json");
    let Some(manifest) = manifest else {
        return Err(NewError::NoTemplate {
            language: it.language.to_owned(),
            has: languages().join(", "),
        });
    };
    let manifest: Value =
        serde_json::from_slice(manifest.bytes).map_err(|wrong| NewError::Template {
            language: it.language.to_owned(),
            what: wrong.to_string(),
        })?;
    let folder = it.inside.join(it.name);
    let beside = it
        .inside
        .join(format!(".{}.{}", it.name, std::process::id()));
    let taken = || NewError::Taken {
        folder: folder.clone(),
    };
    if folder.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let written = files.iter().try_for_each(|file| {
        let to = beside.join(file.path);
        write(&to, &adapted(file, it, &manifest))
            .map_err(|source| NewError::File { file: to, source })
    });
    // A folder that is not empty is not replaced by a rename, so a second `new` beside this one loses.
    let moved = written.and_then(|()| std::fs::rename(&beside, &folder).map_err(|_| taken()));
    if moved.is_err() {
        // What was begun is taken away; the cause is what is told.
        let _ = std::fs::remove_dir_all(&beside);
    }
    moved?;
    let own = files
        .iter()
        .map(|file| file.path)
        .filter(|path| !path.starts_with("kit/"));
    Ok((folder, own.collect()))
}

/// The languages that there is a template for.
pub(crate) fn languages() -> Vec<&'static str> {
    let manifests = FILES.iter().filter(|file| file.path == "departmental.json");
    manifests.map(|file| file.language).collect()
}

fn check_name(name: &str) -> Result<(), NewError> {
    let refuse = |what| {
        Err(NewError::Name {
            name: name.to_owned(),
            what,
        })
    };
    let is_word = |it: &str| {
        !it.is_empty()
            && it
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('-').all(is_word) {
        return refuse(
            "it is small letters and digits, in words joined by single hyphens, such as hearing-clinic",
        );
    }
    if name.len() > 60 {
        return refuse("it has more than 60 characters");
    }
    if [
        "sdk",
        "test",
        "core",
        "std",
        "alloc",
        "proc-macro",
        "serde-json",
    ]
    .contains(&name)
    {
        return refuse("a part of every build has this name");
    }
    Ok(())
}

/// The file as the new departmental has it: with its own name and its supplier.
fn adapted(file: &Embedded, it: &New<'_>, manifest: &Value) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        return file.bytes.to_vec();
    };
    if file.path.starts_with("kit/") {
        return file.bytes.to_vec();
    }
    let stated = |member: &str| {
        manifest
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut text = text.to_owned();
    if NAMED.contains(&file.path) {
        let id = stated("id");
        text = text.replace(&format!("\"{id}\""), &format!("\"{}\"", it.name));
    }
    if file.path == "departmental.json" {
        let supplier = Value::from(it.supplier).to_string();
        text = text
            .replace(
                &member("name", stated("name")),
                &member("name", &title(it.name)),
            )
            .replace(
                &member("supplier", stated("supplier")),
                &format!("\"supplier\": {supplier}"),
            );
    }
    text.into_bytes()
}

fn member(name: &str, value: &str) -> String {
    format!("\"{name}\": {}", Value::from(value))
}

/// `hearing-clinic` as a clinician reads it.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn write(to: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(to, bytes)
}

#[cfg(test)]
mod tests;
