//! Which changes of a budget are said, and that its file is read as it was written.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use super::{Budget, Cost};

fn costs(instructions: u64, memory_bytes: u64) -> BTreeMap<String, Cost> {
    let cost = Cost {
        instructions,
        memory_bytes,
    };
    BTreeMap::from([("one".to_owned(), cost)])
}

#[test]
fn changes_by_case() {
    let before = Budget::of(costs(1_200_000, 1_048_576));
    for (instructions, memory_bytes, expected) in [
        (1_200_000, 1_048_576, vec![]),
        (1_260_000, 1_048_576, vec![]),
        (
            1_261_000,
            1_048_576,
            vec!["one: 1.20 M -> 1.26 M instructions, +5 %"],
        ),
        (
            1_900_000,
            1_048_576,
            vec!["one: 1.20 M -> 1.90 M instructions, +58 %"],
        ),
        (1_140_000, 1_048_576, vec![]),
        (
            1_139_000,
            1_048_576,
            vec!["one: 1.20 M -> 1.14 M instructions, -5 %"],
        ),
        (
            1_200_000,
            2_097_152,
            vec!["one: 1.00 MiB -> 2.00 MiB of memory, +100 %"],
        ),
    ] {
        let found = before.changes(&costs(instructions, memory_bytes));
        assert_eq!(found, expected, "{instructions} {memory_bytes}");
    }
    let found = Budget::of(BTreeMap::new()).changes(&costs(3_000_000, 1));
    assert_eq!(
        found,
        ["one: 3.00 M instructions; it is new, and in no budget yet"]
    );
}

#[test]
fn what_was_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("cases")).unwrap();
    assert_eq!(Budget::read(folder.path()), Ok(None));
    let budget = Budget::of(costs(7, 8));
    let file = budget.write(folder.path()).unwrap();
    assert_eq!(Budget::read(folder.path()), Ok(Some(budget)));
    for wrong in [
        "{",
        "{}",
        r#"{"budget":2,"cases":{}}"#,
        r#"{"budget":1,"cases":{},"x":1}"#,
    ] {
        std::fs::write(&file, wrong).unwrap();
        let why = Budget::read(folder.path()).unwrap_err();
        assert!(why.contains("budget.json"), "{why}");
    }
}
