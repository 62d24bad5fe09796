//! No file of a kit is left behind, and what a supplier has is left alone.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::Path;

use super::{JAVASCRIPT, PYTHON, beside_source};

/// Files below a folder by their paths in it, without those of the tool that makes components.
fn files(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder.join(below)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_left = name.starts_with('.')
            || ["build", "node_modules", "__pycache__", "test"].contains(&name.as_str());
        if is_left {
            continue;
        }
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        match folder.join(&path).is_dir() {
            true => files(folder, &path, found),
            false => {
                found.insert(path);
            }
        }
    }
}

#[test]
fn every_file_of_the_kits_is_brought() {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (kit, folder) in [(JAVASCRIPT, "javascript"), (PYTHON, "python/palatine")] {
        let mut there = BTreeSet::new();
        files(&sdk.join(folder), "", &mut there);
        let brought: BTreeSet<String> = kit.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, brought, "sdk/{folder}");
    }
}

#[test]
fn a_folder_that_the_tool_did_not_lay_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let kit = folder.path().join("palatine");
    beside_source(&kit, &[("a.py", "one")]).unwrap();
    beside_source(&kit, &[("b.py", "two")]).unwrap();
    assert!(!kit.join("a.py").exists() && kit.join("b.py").is_file());
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("mine.py"), "mine").unwrap();
    let refused = beside_source(&own, &[("a.py", "one")])
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("own: is where the kit belongs"),
        "{refused}"
    );
    assert!(own.join("mine.py").is_file());
}
