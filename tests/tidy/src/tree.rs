//! The project's own files, read once.
//!
//! Invariant: nothing built or fetched (`target`, `node_modules`, `.git`) is ever read, and paths are written with `/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Read up to this size: the checks are about text that people write.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// What the checks look into; other files are known by path only.
const TEXT_ENDINGS: [&str; 16] = [
    "rs", "toml", "md", "json", "txt", "sql", "wit", "sh", "js", "mjs", "ts", "py", "css", "yml",
    "yaml", "html",
];

/// One file of the project.
#[derive(Debug, Clone)]
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Its text; empty for files that are not text or are too large to have been written by hand.
    pub text: String,
}

/// Why the project could not be read.
#[derive(Debug)]
pub struct TreeError {
    /// What was being read.
    pub path: PathBuf,
    /// Why it failed.
    pub source: io::Error,
}

impl std::fmt::Display for TreeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "reading {}", self.path.display())
    }
}

impl std::error::Error for TreeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// All files of the project.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// In order of path.
    pub files: Vec<File>,
    /// The names at the root, folders included.
    pub root_names: Vec<String>,
}

impl Tree {
    /// Reads the project below `root`. Fails when a folder or file in it cannot be read.
    pub fn read(root: &Path) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            let failed = |source| TreeError {
                path: folder.clone(),
                source,
            };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if folder == root {
                    tree.root_names.push(name.clone());
                }
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_dir() && !is_made(&name) {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    tree.files.push(read_file(root, &entry.path())?);
                }
            }
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.root_names.sort();
        Ok(tree)
    }

    /// Every Rust source file.
    pub fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The file at exactly this path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn is_made(name: &str) -> bool {
    matches!(name, "target" | "node_modules" | ".git" | ".palatine")
}

fn read_file(root: &Path, path: &Path) -> Result<File, TreeError> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let name = relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/");
    if !is_text(&name) {
        return Ok(File {
            path: name,
            text: String::new(),
        });
    }
    let failed = |source| TreeError {
        path: path.to_path_buf(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
        return Ok(File {
            path: name,
            text: String::new(),
        });
    }
    let bytes = fs::read(path).map_err(failed)?;
    Ok(File {
        path: name,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, ending)) => TEXT_ENDINGS.contains(&ending) || name.starts_with('.'),
        None => true,
    }
}
