//! That every hazard is controlled by something that is there.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use super::pack;

/// Everything in a folder and below it, as one text.
fn text_below(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let texts = entries.map(|it| match it.is_dir() {
        true => text_below(&it),
        false => fs::read_to_string(it).unwrap(),
    });
    texts.collect()
}

#[test]
fn each_hazard_of_the_help_has_a_row_and_a_test_that_is_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(folder.join("hazards.md")).unwrap();
    let source = text_below(&folder.join("src"));
    let is_row = |it: &&str| it.starts_with("| ") && !it.starts_with("| #");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(is_row)
        .map(|it| it.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let hazards = pack("hazards")["hazards"].as_array().unwrap().clone();
    assert_eq!(rows.len(), hazards.len());
    for (row, hazard) in rows.iter().zip(&hazards) {
        assert_eq!(row[1], hazard["hazard"]);
        assert_eq!(row[2], hazard["control"]);
        let named: Vec<_> = row[3].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row:?}");
        for name in named {
            let is_there = match name.contains('/') {
                true => folder.join(name).is_file(),
                false => source.contains(&format!("fn {name}()")),
            };
            assert!(is_there, "{name} is nowhere");
        }
    }
}
