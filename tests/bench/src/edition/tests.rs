//! Editions of small components: the manifest changes, everything else stays byte by byte.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::borrow::Cow;

use serde_json::json;
use wasm_encoder::{Component, CustomSection};

use super::{MANIFEST_SECTION, edition, number, pack};

fn section<'a>(name: &'a str, data: &'a [u8]) -> CustomSection<'a> {
    CustomSection {
        name: Cow::Borrowed(name),
        data: Cow::Borrowed(data),
    }
}

#[test]
fn the_manifest_alone_changes() {
    let long = vec![7; 300];
    let of = |manifest: &str| {
        let mut component = Component::new();
        component.section(&section("before", &long));
        component.section(&section("after", b"of the code"));
        component.section(&section(MANIFEST_SECTION, manifest.as_bytes()));
        component.finish()
    };
    let manifest =
        json!({ "version": "1", "packs": [{ "name": "a", "document": { "limit": 3 } }] });
    let changed = json!({ "version": "2", "packs": [{ "name": "a", "document": { "limit": 4 } }] });
    let other = edition(&of(&manifest.to_string()), |it| {
        it["version"] = json!("2");
        pack(it, "a").unwrap()["limit"] = json!(4);
        assert!(pack(it, "b").is_none());
    });
    assert_eq!(other.unwrap(), of(&changed.to_string()));
}

#[test]
fn what_is_no_whole_component_is_refused() {
    let mut component = Component::new();
    component.section(&section("before", b"and no manifest"));
    let bytes = component.finish();
    for (upto, said) in [
        (4, "cut off"),
        (bytes.len() - 1, "cut off"),
        (bytes.len(), "no manifest"),
    ] {
        let refused = edition(&bytes[..upto], |_| {}).unwrap_err();
        assert!(refused.contains(said), "{upto}: {refused}");
    }
    assert_eq!(number(&[0xe5, 0x8e, 0x26, 1]).unwrap(), (624_485, &[1][..]));
    assert!(number(&[0x80; 9]).is_none());
}
