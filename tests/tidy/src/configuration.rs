//! That each environment variable is read in one file and stands in the README.
//!
//! Invariant: the list in the README and the list in the code are the same list, and short.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::code::{Source, line_of};
use crate::{Finding, Tree};

const READER: &str = "host/src/config.rs";
const README: &str = "README.md";
const PREFIX: &str = "PALATINE_";
const VARIABLES_MAX: usize = 25;

/// Reading the environment anywhere else in the host.
pub(crate) fn check_reads(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("host/") || source.path == READER || source.is_test_file() {
        return vec![];
    }
    let in_tests = source.test_regions();
    let reads = ["env::var", "env::vars", "env::var_os", "env::vars_os"];
    let lines = reads.iter().flat_map(|words| source.lines_with(words));
    let outside_tests = lines.filter(|line| {
        !in_tests
            .iter()
            .any(|(first, last)| (first..=last).contains(&line))
    });
    outside_tests
        .map(|line| {
            Finding::new(
                source.path,
                line,
                "the environment is read here",
                format!("read it once, in {READER}, and pass the value"),
            )
        })
        .collect()
}

/// Rows of the README against what is read.
pub(crate) fn check_rows(tree: &Tree) -> Vec<Finding> {
    let read = tree
        .file(READER)
        .map(|file| variables_read(&file.text))
        .unwrap_or_default();
    let readme = tree
        .file(README)
        .map(|file| file.text.as_str())
        .unwrap_or_default();
    let rows = rows_of(readme);
    let mut found = Vec::new();
    for (name, line) in &read {
        if !rows.contains_key(name) {
            let mend = format!("add a row `| \\`{name}\\` | what it does | default |` to {README}");
            found.push(Finding::new(
                READER,
                *line,
                format!("`{name}` has no row in {README}"),
                mend,
            ));
        }
    }
    for (name, line) in rows.iter().filter(|(name, _)| !read.contains_key(*name)) {
        found.push(Finding::new(
            README,
            *line,
            format!("`{name}` is not read in {READER}"),
            "take the row out, or read it",
        ));
    }
    if read.len() > VARIABLES_MAX {
        let what = format!(
            "{} environment variables are read; {VARIABLES_MAX} are allowed",
            read.len()
        );
        found.push(Finding::new(
            READER,
            1,
            what,
            "make some of them settings, or do without",
        ));
    }
    found
}

/// Each variable with the line that names it first; those that only tests set do not count.
fn variables_read(text: &str) -> BTreeMap<String, usize> {
    let source = Source::read(READER, text);
    let in_tests = source.test_regions();
    let mut read = BTreeMap::new();
    for literal in &source.literals {
        let is_name = literal.text.starts_with(PREFIX)
            && literal
                .text
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_name
            && !in_tests
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&literal.line))
        {
            read.entry(literal.text.clone()).or_insert(literal.line);
        }
    }
    read
}

/// Variables that open a row of a table: `` | `PALATINE_X` | … ``.
fn rows_of(readme: &str) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for (at, _) in readme.match_indices(PREFIX) {
        let line = line_of(readme, at);
        let row = readme.lines().nth(line - 1).unwrap_or_default();
        let first_cell = row
            .trim()
            .strip_prefix('|')
            .and_then(|rest| rest.split('|').next())
            .unwrap_or_default();
        let name = first_cell.trim().trim_matches('`');
        if name.starts_with(PREFIX) {
            rows.entry(name.to_owned()).or_insert(line);
        }
    }
    rows
}
