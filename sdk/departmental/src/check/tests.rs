//! Components by case, made from the contract itself without compiling anything.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Value, json};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use crate::check::check;

pub(crate) fn component(world: &str, manifest: Option<&Value>) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/departmental.wit");
    let (package, _) = resolve.push_path(wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut component = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    if let Some(manifest) = manifest {
        let data = Cow::Owned(manifest.to_string().into_bytes());
        CustomSection {
            name: "departmental.json".into(),
            data,
        }
        .append_to_component(&mut component);
    }
    component
}

pub(crate) fn manifest(members: Value) -> Value {
    let mut it = json!({
        "manifest": 1, "id": "one", "name": "One", "version": "1.2.3", "supplier": "S", "contract": "0.2",
    });
    for (name, value) in members.as_object().unwrap() {
        it[name] = value.clone();
    }
    it
}

#[test]
fn components_by_case() {
    let screens = json!([{ "id": "a", "title": "A", "place": "patient", "audience": ["doctor"] }]);
    let reads = json!([{ "type": "Observation", "reason": "To show the results." }]);
    let reactions = json!([{ "type": "Observation", "on": ["create"] }]);
    let hooks = json!([{ "hook": "patient-view", "reason": "To say what is to be done." }]);
    let drawing = manifest(json!({ "screens": screens }));
    let advising = manifest(json!({ "hooks": hooks }));
    let reacting = manifest(json!({ "reads": reads, "reactions": reactions }));
    for (world, manifest, expected) in [
        ("with-screens", Some(&drawing), ""),
        ("with-everything", Some(&reacting), ""),
        (
            "with-screens",
            Some(&reacting),
            "does not export palatine:departmental/reactions",
        ),
        (
            "with-reactions",
            Some(&drawing),
            "does not export palatine:departmental/screens",
        ),
        ("with-advice", Some(&advising), ""),
        (
            "with-screens",
            Some(&advising),
            "does not export palatine:departmental/advice",
        ),
        ("with-screens", None, "carries no manifest"),
        (
            "with-screens",
            Some(&manifest(json!({ "contract": "0.3" }))),
            "names contract 0.3; this tool knows 0.1, 0.2",
        ),
        (
            "with-screens",
            Some(&manifest(json!({ "version": "one" }))),
            "its manifest cannot be used",
        ),
    ] {
        let file = Path::new("one.wasm");
        match check(&component(world, manifest), file) {
            Ok(checked) => {
                assert_eq!(expected, "", "{}", checked.summary());
                assert!(checked.everything().contains("contract  0.2"));
            }
            Err(refused) => {
                let refused = refused.to_string();
                assert!(
                    refused.starts_with("one.wasm: ") && refused.contains(expected),
                    "{refused}"
                );
                assert_ne!(expected, "", "{refused}");
            }
        }
    }
}

#[test]
fn what_is_no_component_is_refused() {
    for bytes in [&b""[..], b"\0asm\x01\0\0\0", b"PK\x03\x04", &[0xff; 100]] {
        assert!(check(bytes, Path::new("x.wasm")).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_grant_without_a_reason_is_refused_with_its_place() {
    let reads = json!([{ "type": "Observation", "reason": "Observation, Observation" }]);
    let manifest = manifest(json!({ "reads": reads }));
    let bytes = component("departmental", Some(&manifest));
    let refused = check(&bytes, Path::new("one.wasm"))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("/reads/0/reason: \"Observation, Observation\" says no more"),
        "{refused}"
    );
}

#[test]
fn advice_by_case() {
    let pack = json!([{
        "name": "p", "version": "1", "source": "A publication", "in_force_from": "2026-01-01", "verified": false,
        "document": {},
    }]);
    let manifest = manifest(json!({ "packs": pack }));
    let small = component("departmental", Some(&manifest));
    // A custom section without a meaning, to be as large as is needed.
    let large = |section: &'static str, bytes: usize| {
        let mut component = small.clone();
        let data = Cow::Owned(vec![0; bytes]);
        let name = section.into();
        CustomSection { name, data }.append_to_component(&mut component);
        component
    };
    let always = ["carries no golden cases", "the pack `p` is not verified"];
    let javascript = "componentize_qjs_runtime.wasm";
    for (section, bytes, is_large) in [
        ("x", 1_000_000, false),
        ("x", 1_500_001, true),
        (javascript, 2_400_000, false),
        ("x", 10_000_000, false),
    ] {
        let advice = check(&large(section, bytes), Path::new("one.wasm"))
            .unwrap()
            .advice();
        let expected: Vec<&str> = is_large
            .then_some("has as a rule at most 1500000")
            .into_iter()
            .chain(always)
            .collect();
        assert_eq!(advice.len(), expected.len(), "{advice:?}");
        for (said, expected) in advice.iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
    }
}

#[test]
fn golden_cases_do_not_count_as_code() {
    let screens =
        json!([{ "id": "a", "title": "A", "place": "patient", "audience": ["clinician"] }]);
    let manifest = manifest(json!({ "screens": screens }));
    let mut component = component("with-screens", Some(&manifest));
    let cases = json!({ "golden": 1, "charts": { "a.json": [{ "resourceType": "Basic", "id": "x".repeat(2_000_000) }] }, "cases": [
        { "name": "fresh", "golden": 1, "title": "T", "at": { "now": "2026-11-22T12:00:00Z" }, "open": { "screen": "a" } },
    ] });
    let data = Cow::Owned(cases.to_string().into_bytes());
    let name = "golden-cases.json".into();
    CustomSection { name, data }.append_to_component(&mut component);
    let checked = check(&component, Path::new("one.wasm")).unwrap();
    let advice = checked.advice();
    assert_eq!(advice.len(), 1, "{advice:?}");
    assert!(advice[0].contains("no answer yet: fresh"), "{advice:?}");
    assert!(checked.everything().contains("golden    fresh · T"));
}
