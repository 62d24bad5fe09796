//! The kits of JavaScript and Python that this tool brings, the contract with them, and where they are laid.
//!
//! Invariant: a folder holds one kit whole, or is not used: the digest of all its files is written last.

use std::path::{Path, PathBuf};

use registry::digest::Digest;

use crate::build::BuildError;

/// What marks a folder that this tool laid.
const MARK: &str = ".laid-by-departmental";

/// A file of a kit: where it goes, and what is in it.
pub(super) type Brought = (&'static str, &'static str);

macro_rules! brought {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../", $folder, "/", $name)))),*]
    };
}

/// What a departmental in JavaScript imports.
pub(super) const JAVASCRIPT: &[Brought] = brought!("javascript":
    "alone.js", "bedside.js", "bedside/care.js", "bedside/case.js", "bedside/differ.js", "bedside/golden.js",
    "bedside/look.js", "bedside/path.js", "bedside/search.js", "bedside/view.js", "builder.js", "call.js",
    "check.js", "contract.d.ts", "departmental.js", "failure.js", "form.js", "guest.js", "index.js", "json.js",
    "node.d.ts", "node.js", "package.json", "proposal.js", "rows.js", "rules.js", "screen.d.ts", "screen.js",
    "text.js",
);

/// What a departmental in Python imports.
pub(super) const PYTHON: &[Brought] = brought!("python/palatine":
    "__init__.py", "bedside/__init__.py", "bedside/care.py", "bedside/case.py", "bedside/differ.py",
    "bedside/golden.py", "bedside/look.py", "bedside/path.py", "bedside/search.py", "bedside/view.py",
    "builder.py", "call.py", "check.py", "departmental.py", "document.py", "failure.py", "form.py", "guest.py",
    "node.py", "proposal.py", "py.typed", "rows.py", "rules.py", "screen.py", "screen.pyi",
);

/// The contract.
const CONTRACT: &[Brought] = brought!("../wit": "departmental.wit");

/// Folders of the cache in which the kits and the contract are.
pub(super) struct Laid {
    /// The kit of JavaScript.
    pub(super) javascript: PathBuf,
    /// The folder above the package `palatine` of Python.
    pub(super) python: PathBuf,
    /// The contract's WIT.
    pub(super) wit: PathBuf,
}

/// Lays the kits and the contract into the cache, once for each version of them.
pub(super) fn in_cache(cache: &Path) -> Result<Laid, BuildError> {
    let all = [JAVASCRIPT, PYTHON, CONTRACT].concat();
    let digest = digest(&all);
    let folder = cache.join(format!("kit-{}", digest.get(..16).unwrap_or(&digest)));
    let (javascript, python, wit) = (
        folder.join("javascript"),
        folder.join("python"),
        folder.join("wit"),
    );
    lay(&javascript, JAVASCRIPT)?;
    lay(&python.join("palatine"), PYTHON)?;
    lay(&wit, CONTRACT)?;
    Ok(Laid {
        javascript,
        python,
        wit,
    })
}

/// Lays a kit into a folder of the supplier's, where editors and tests look for it. A link to a kit is left as it is, and
/// so is nothing else that this tool did not lay: that is refused.
pub(super) fn beside_source(folder: &Path, files: &[Brought]) -> Result<(), BuildError> {
    if folder.is_symlink() {
        return Ok(());
    }
    if folder.exists() && !folder.join(MARK).is_file() {
        return Err(BuildError::Crate {
            folder: folder.to_owned(),
            what: "is where the kit belongs, and something else is there; move it".into(),
        });
    }
    lay(folder, files)
}

fn lay(folder: &Path, files: &[Brought]) -> Result<(), BuildError> {
    let digest = digest(files);
    let mark = folder.join(MARK);
    if std::fs::read_to_string(&mark).is_ok_and(|laid| laid == digest) {
        return Ok(());
    }
    let cannot = |source| BuildError::File {
        file: folder.to_owned(),
        doing: "written",
        source,
    };
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(cannot)?;
    }
    for (name, text) in files {
        let file = folder.join(name);
        if let Some(above) = file.parent() {
            std::fs::create_dir_all(above).map_err(cannot)?;
        }
        std::fs::write(&file, text).map_err(cannot)?;
    }
    std::fs::write(&mark, digest).map_err(cannot)
}

/// A digest over names and contents.
pub(super) fn digest(files: &[Brought]) -> String {
    let whole: Vec<String> = files
        .iter()
        .map(|(name, text)| format!("{name}\0{}\0{text}", text.len()))
        .collect();
    Digest::sha256(whole.concat().as_bytes()).hex().to_owned()
}

#[cfg(test)]
mod tests;
