//! What the project's style can be held to by a machine: bounds, names, arrows between packages, and evidence.
//!
//! Invariant: every check reads only the files of the project, and every finding names file, line, what, and how to mend it.

mod arrows;
mod banned;
mod code;
mod configuration;
mod evidence;
mod migrations;
mod names;
mod shape;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt;

pub use crate::tree::{File, Tree, TreeError};

/// One departure from the style, said so that a newcomer can mend it without asking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the project, with `/` between its parts.
    pub file: String,
    /// Counted from 1; 1 where the whole file is meant.
    pub line: usize,
    /// What is wrong, in one clause.
    pub what: String,
    /// What to do about it, in one clause.
    pub mend: String,
}

impl Finding {
    pub(crate) fn new(
        file: &str,
        line: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line,
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} ({})",
            self.file, self.line, self.what, self.mend
        )
    }
}

/// Everything that is not as the style asks, in order of file and line; empty when the project is tidy.
pub fn findings(tree: &Tree) -> Vec<Finding> {
    let mut all = Vec::new();
    for file in tree.rust_files() {
        let source = code::Source::read(&file.path, &file.text);
        all.extend(shape::check(&source));
        all.extend(banned::check(&source));
        all.extend(configuration::check_reads(&source));
    }
    all.extend(names::check(tree));
    all.extend(arrows::check(tree));
    all.extend(evidence::check(tree));
    all.extend(configuration::check_rows(tree));
    all.extend(migrations::check(tree));
    all.sort();
    all
}
