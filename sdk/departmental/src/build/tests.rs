//! What is said when a crate cannot become a component. That one can is shown by the sandbox's tests, which run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::build::build;

const MANIFEST: &str =
    r#"{"manifest":1,"id":"one","name":"One","version":"1.0.0","supplier":"S","contract":"0.1"}"#;

fn refused(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    build(folder.path(), None, &mut |_| {})
        .unwrap_err()
        .to_string()
}

#[test]
fn crates_that_are_refused() {
    let library = ("src/lib.rs", "");
    let package = "[package]\nname = \"one\"\n[workspace]\n";
    for (files, expected) in [
        (vec![], "the manifest cannot be used"),
        (
            vec![("departmental.json", MANIFEST)],
            "there is no Cargo.toml",
        ),
        (
            vec![
                ("departmental.json", MANIFEST),
                ("Cargo.toml", "[workspace]\n"),
            ],
            "holds no package",
        ),
        (
            vec![
                ("departmental.json", MANIFEST),
                ("Cargo.toml", package),
                library,
            ],
            "crate-type = [\"cdylib\", \"rlib\"]",
        ),
        (
            vec![
                ("departmental.json", MANIFEST),
                ("Cargo.toml", "[package"),
                library,
            ],
            "cargo metadata did not succeed",
        ),
    ] {
        let refused = refused(&files);
        assert!(
            refused.contains(expected),
            "{refused} does not say: {expected}"
        );
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let refused = build(Path::new("/nowhere/at/all"), None, &mut |_| {}).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("/nowhere/at/all/departmental.json"), "{why}");
}
