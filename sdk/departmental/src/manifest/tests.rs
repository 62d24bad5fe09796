//! Manifests by case: what is refused names the file, the place and the way to mend it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use serde_json::{Value, json};

use crate::manifest;

fn good() -> Value {
    json!({
        "manifest": 1, "id": "one", "name": "One", "version": "1.2.3", "supplier": "S", "contract": "0.1",
        "screens": [{ "id": "a", "title": "A", "place": "patient", "audience": ["doctor"] }],
        "reads": [{ "type": "Observation", "reason": "To show the results." }],
        "reactions": [{ "type": "Observation", "on": ["create"] }],
        "packs": [{
            "name": "p", "version": "1", "source": "A publication", "in_force_from": "2026-01-01", "verified": false,
            "file": "p.json",
        }],
    })
}

fn read(manifest: &str, pack: &str) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("departmental.json"), manifest).unwrap();
    std::fs::write(folder.path().join("p.json"), pack).unwrap();
    manifest::read(folder.path()).map_err(|wrong| wrong.to_string())
}

#[test]
fn packs_are_put_in_and_their_digits_kept() {
    let read = read(&good().to_string(), r#"{"ratio": 1.50}"#).unwrap();
    assert_eq!(
        read["packs"][0]["document"].to_string(),
        r#"{"ratio":1.50}"#
    );
    assert!(read["packs"][0].get("file").is_none());
    assert!(manifest::complete(&read, Path::new("x.wasm")).is_ok());
}

fn without(member: &str) -> Value {
    let mut it = good();
    it.as_object_mut().unwrap().remove(member);
    it
}

fn with(pointer: &str, value: Value) -> Value {
    let mut it = good();
    *it.pointer_mut(pointer).unwrap() = value;
    it
}

/// Each manifest is refused in these words, and the words name the file.
fn check<const ROWS: usize>(rows: [(Value, &str); ROWS]) {
    for (manifest, expected) in rows {
        let refused = read(&manifest.to_string(), "{}").unwrap_err();
        assert!(
            refused.contains("departmental.json") || refused.contains("pack `p`"),
            "no file in: {refused}"
        );
        assert!(
            refused.contains(expected),
            "{refused} does not say: {expected}"
        );
    }
}

#[test]
fn manifests_that_are_refused() {
    let screen = good()["screens"][0].clone();
    #[rustfmt::skip] // One case, one line.
    check([
        (without("supplier"), "/: \"supplier\" is a required property"),
        (without("reads"), "/reactions/0: reacts to \"Observation\", which `reads` does not ask for"),
        (with("/version", json!("1.2")), "/version: "),
        (with("/version", json!("1.2.3+4")), "/version: "),
        (with("/id", json!("../one")), "/id: "),
        (with("/screens/0/audience", json!([])), "/screens/0/audience: "),
        (with("/screens/0/place", json!("everywhere")), "/screens/0/place: "),
        (with("/reads/0/reason", json!("why not")), "/reads/0/reason: "),
        (with("/reactions/0/on", json!(["delete"])), "/reactions/0/on/0: "),
        (with("/screens", json!([screen, screen])), "/screens/1: `a` is there twice"),
    ]);
    assert!(
        read("{", "{}")
            .unwrap_err()
            .contains("departmental.json: is not JSON")
    );
}

#[test]
fn packs_that_are_refused() {
    #[rustfmt::skip] // One case, one line.
    check([
        (with("/packs/0/file", json!("../p.json")), "/packs/0"),
        (with("/packs/0/file", json!("a/../p.json")), "must lie below the departmental's folder"),
        (with("/packs/0/file", json!("gone.json")), "gone.json: the pack `p` cannot be read"),
    ]);
    assert!(
        read(&good().to_string(), "[]")
            .unwrap_err()
            .contains("p.json: the pack `p` must be a JSON object")
    );
    assert!(
        read(&good().to_string(), "{")
            .unwrap_err()
            .contains("p.json: the pack `p` is not JSON")
    );
}

#[test]
fn a_folder_without_a_manifest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refused = manifest::read(folder.path()).unwrap_err().to_string();
    assert!(
        refused.contains("departmental.json: cannot be read"),
        "{refused}"
    );
}

#[test]
fn the_example_is_complete() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../example");
    assert_eq!(
        manifest::read(&example).unwrap()["packs"][0]["document"]["heavy_kg"],
        json!(250)
    );
}
