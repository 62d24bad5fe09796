//! Versions of builds that are looked at, and which saves start one.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::looked_at;
use super::watch::stamp;

#[test]
fn versions_by_case() {
    for (stated, number, expected) in [
        (Some("0.1.0"), 1, "0.1.0-run.1"),
        (Some("0.1.0"), 12, "0.1.0-run.12"),
        (Some("1.0.0-beta"), 2, "1.0.0-beta.run.2"),
        (Some("1.0.0+build"), 2, "1.0.0-run.2"),
        (None, 1, "0.0.0-run.1"),
    ] {
        let version = looked_at(stated, number);
        assert_eq!(version, expected);
        assert!(semver::Version::parse(&version).is_ok());
    }
}

#[test]
fn what_people_save_is_seen_and_what_tools_write_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        stamp(folder.path())
    };
    let mut before = write("src/lib.rs", "one");
    for (name, text, is_seen) in [
        ("src/lib.rs", "another", true),
        ("cases/golden/one.json", "{}", true),
        ("packs/one.json", "{}", true),
        ("target/debug/x", "x", false),
        ("node_modules/a/b.js", "x", false),
        (".git/index", "x", false),
        ("Cargo.lock", "x", false),
        ("one-0.1.0.wasm", "x", false),
        ("one-0.1.0.wasm.123", "x", false),
        ("kit/sdk/src/lib.rs", "x", false),
        ("src/lib.rs~", "x", false),
    ] {
        let now = write(name, text);
        assert_eq!(now != before, is_seen, "{name}");
        before = now;
    }
    std::fs::remove_file(folder.path().join("src/lib.rs")).unwrap();
    assert_ne!(stamp(folder.path()), before);
}
