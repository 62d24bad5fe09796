//! Every control of `hazards.md` names a test, a table or a golden case that exists.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use super::folder;

/// Every line of Rust below a folder.
fn source(below: &Path, all: &mut String) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source(&path, all);
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_control_is_shown_by_something_that_exists() {
    let mut rust = String::new();
    source(&folder().join("src"), &mut rust);
    let hazards = std::fs::read_to_string(folder().join("hazards.md")).unwrap();
    let rows = hazards
        .lines()
        .filter(|row| row.starts_with("| ") && !row.starts_with("| #"));
    let mut hazards = 0;
    for row in rows {
        let shown_by = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let names: Vec<_> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            let is_table = name.ends_with(".txt") && folder().join(name).is_file();
            let is_golden = folder().join(format!("cases/golden/{name}.json")).is_file();
            let is_test = rust.contains(&format!("fn {name}()"));
            assert!(is_table || is_golden || is_test, "nothing is called {name}");
        }
        hazards += 1;
    }
    assert!(hazards >= 20, "{hazards}");
}
