//! Versions as programs say them, and programs that are not there.

use crate::doctor::{numbers, version};

#[test]
fn versions_by_case() {
    for (said, expected) in [
        ("v20.11.1", Some((20, 11))),
        ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", Some((1, 95))),
        ("Python 3.11.7", Some((3, 11))),
        ("10.8.2", Some((10, 8))),
        ("no version here", None),
        ("", None),
    ] {
        assert_eq!(numbers(said), expected, "{said}");
    }
}

#[test]
fn what_is_not_there_or_too_old_is_missing() {
    let gone = version("no-such-program-of-anybody", &[], (1, 0)).err();
    assert!(gone.is_some_and(|why| why.starts_with("`no-such-program-of-anybody` cannot be run")));
    let old = version("cargo", &["--version"], (9_000, 0)).err();
    assert!(old.is_some_and(|why| why.contains("is older than 9000.0")));
    let silent = version("true", &[], (1, 0)).err();
    assert!(silent.is_some_and(|why| why.starts_with("`true` says no version")));
}
