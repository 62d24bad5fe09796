//! Whether something in a departmental's folder was saved.
//!
//! Invariant: only what people write is looked at; what tools write beside it starts no build.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::Duration;

/// Files that are looked at: a departmental has a few hundred.
const FILES_MAX: usize = 10_000;
/// Folders that tools write.
const MADE: [&str; 7] = [
    "target",
    "node_modules",
    "__pycache__",
    "dist",
    "build",
    "venv",
    "kit",
];

/// What the folder looks like, once nothing has changed in it for a moment: an editor writes a file in several steps.
pub(super) fn settled(folder: &Path, moment: Duration) -> u64 {
    let mut before = stamp(folder);
    loop {
        std::thread::sleep(moment / 2);
        let now = stamp(folder);
        if now == before {
            return now;
        }
        before = now;
    }
}

/// Names, sizes and times of all files.
pub(super) fn stamp(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut left = FILES_MAX;
    look(folder, &mut hasher, &mut left);
    hasher.finish()
}

fn look(folder: &Path, hasher: &mut DefaultHasher, left: &mut usize) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_made = name.starts_with('.')
            || MADE.contains(&name.as_str())
            || name == "Cargo.lock"
            || name.contains(".wasm")
            || name.ends_with('~');
        // A link leads to what is elsewhere, and is written by tools.
        let (false, Ok(kind)) = (is_made || *left == 0, entry.file_type()) else {
            continue;
        };
        if kind.is_dir() {
            look(&entry.path(), hasher, left);
        } else if kind.is_file()
            && let Ok(about) = entry.metadata()
        {
            *left -= 1;
            (entry.path(), about.len(), about.modified().ok()).hash(hasher);
        }
    }
}
