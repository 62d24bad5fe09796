//! That a migration, once listed, is never edited.
//!
//! Invariant: the list grows and never changes; `UPDATE=1` adds what is new to it and touches nothing else.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{Finding, Tree};

/// One line a migration: its path, then its fingerprint.
pub(crate) const LIST: &str = "tests/tidy/migrations.txt";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let list = tree
        .file(LIST)
        .map(|file| file.text.as_str())
        .unwrap_or_default();
    let listed = rows(list);
    let mut found = Vec::new();
    for (path, now) in migrations(tree) {
        match listed.get(path) {
            None => found.push(Finding::new(
                path,
                1,
                "this migration is not listed",
                "UPDATE=1 cargo test -p tidy lists it",
            )),
            Some((then, _)) if *then != now => {
                let mend = "put it back as it was, and write the change as a new migration";
                found.push(Finding::new(path, 1, "a merged migration was edited", mend));
            }
            Some(_) => {}
        }
    }
    for (path, (_, line)) in listed.iter().filter(|(path, _)| tree.file(path).is_none()) {
        found.push(Finding::new(
            LIST,
            *line,
            format!("the migration `{path}` is gone"),
            "put it back: databases have run it",
        ));
    }
    found
}

/// The list with what is new added, or nothing when there is nothing new.
#[cfg(test)]
pub(crate) fn list_with_new(tree: &Tree) -> Option<String> {
    let list = tree
        .file(LIST)
        .map(|file| file.text.as_str())
        .unwrap_or_default();
    let listed = rows(list);
    let new = migrations(tree).filter(|(path, _)| !listed.contains_key(*path));
    let added: String = new
        .map(|(path, fingerprint)| format!("{path} {fingerprint}\n"))
        .collect();
    (!added.is_empty()).then(|| format!("{list}{added}"))
}

fn migrations(tree: &Tree) -> impl Iterator<Item = (&str, String)> {
    let files = tree
        .files
        .iter()
        .filter(|file| file.path.contains("/migrations/") && file.path.ends_with(".sql"));
    files.map(|file| (file.path.as_str(), fingerprint(&file.text)))
}

/// Path to fingerprint and line.
fn rows(list: &str) -> BTreeMap<&str, (&str, usize)> {
    let lines = list.lines().enumerate();
    lines
        .filter_map(|(n, line)| {
            line.split_once(' ')
                .map(|(path, then)| (path, (then.trim(), n + 1)))
        })
        .collect()
}

/// Fowler, Noll and Vo's 64-bit hash and the length: enough to notice an edit, which is all it is for.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}-{}", text.len())
}
