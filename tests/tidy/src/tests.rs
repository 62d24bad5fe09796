//! The project itself, held to its style.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;

use crate::{Finding, Tree, findings, migrations};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
}

#[test]
fn the_project_is_tidy() {
    let mut tree = Tree::read(root()).unwrap();
    if std::env::var_os("UPDATE").is_some()
        && let Some(list) = migrations::list_with_new(&tree)
    {
        fs::write(root().join(migrations::LIST), list).unwrap();
        tree = Tree::read(root()).unwrap();
    }
    assert!(
        tree.rust_files().count() > 10,
        "the project was not found at {}",
        root().display()
    );
    let found: Vec<_> = findings(&tree).iter().map(Finding::to_string).collect();
    if !found.is_empty() {
        panic!(
            "{} departures from the style:\n{}",
            found.len(),
            found.join("\n")
        );
    }
}

#[test]
fn a_finding_says_where_what_and_how_to_mend_it() {
    let finding = Finding::new(
        "host/a.rs",
        3,
        "a test is ignored",
        "assert today's wrong answer",
    );
    assert_eq!(
        finding.to_string(),
        "host/a.rs:3: a test is ignored (assert today's wrong answer)"
    );
}
