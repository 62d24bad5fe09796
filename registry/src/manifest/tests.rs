//! Cases of `manifest`: what can be read in one way, what a release is, and configs that lie.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use serde_json::{Value, json};

use super::{
    EMPTY_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, Manifest, WASM_CONFIG, WASM_LAYER, WasmConfig,
};
use crate::component::admit;
use crate::component::tests::departmental;
use crate::digest::Digest;
use crate::trust::BUNDLE_TYPE;

fn descriptor(media_type: &str) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::sha256(b"x"), "size": 1 })
}

fn release() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "config": descriptor(WASM_CONFIG),
        "layers": [descriptor(WASM_LAYER)],
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut it = release();
    change(&mut it);
    it
}

fn check(case: &str, content_type: &str, bytes: &[u8], expected: &str) {
    let parsed = Manifest::parse(content_type, bytes);
    let found = parsed.map_or_else(
        |error| error.to_string(),
        |it| match it.role() {
            Ok(role) => format!("{role:?}"),
            Err(error) => error.to_string(),
        },
    );
    assert!(found.contains(expected), "{case}: {found}");
}

#[test]
fn manifests_by_case() {
    let signature = json!({
        "schemaVersion": 2,
        "artifactType": BUNDLE_TYPE,
        "config": descriptor(EMPTY_CONFIG),
        "layers": [descriptor(BUNDLE_TYPE)],
        "subject": descriptor(IMAGE_MANIFEST),
    });
    let many = vec![descriptor(WASM_LAYER); 256];
    let notes = json!({ "note": "x".repeat(5_000) });
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("a release", release(), "Release"),
        ("a release without its media type", changed(|it| drop(it.as_object_mut().unwrap().remove("mediaType"))), "Release"),
        ("a signature", signature.clone(), "Signature"),
        ("something about a release", changed(|it| it["subject"] = descriptor(IMAGE_MANIFEST)), "About"),
        ("two layers", changed(|it| it["layers"] = json!([descriptor(WASM_LAYER), descriptor(WASM_LAYER)])), "exactly one layer"),
        ("no layer", changed(|it| it["layers"] = json!([])), "exactly one layer"),
        ("another layer", changed(|it| it["layers"][0]["mediaType"] = "text/plain".into()), "exactly one layer"),
        ("another config", changed(|it| it["config"]["mediaType"] = EMPTY_CONFIG.into()), "a release has a config"),
        ("a config too large", changed(|it| it["config"]["size"] = 300_000.into()), "a release has a config"),
        ("a component too large", changed(|it| it["layers"][0]["size"] = 200_000_000.into()), "exactly one layer"),
        ("schema 1", changed(|it| it["schemaVersion"] = 1.into()), "schemaVersion is 1"),
        ("a manifest that is an index too", changed(|it| it["manifests"] = json!([])), "neither has both"),
        ("calls itself an index", changed(|it| it["mediaType"] = IMAGE_INDEX.into()), "calls itself"),
        ("a digest that is none", changed(|it| it["config"]["digest"] = "sha256:../../x".into()), "a digest is"),
        ("a negative size", changed(|it| it["config"]["size"] = json!(-1)), "cannot be read"),
        ("too many layers", changed(|it| it["layers"] = many.into()), "257 descriptors"),
        ("a signature with long notes", { let mut it = signature; it["annotations"] = notes; it }, "annotations have"),
        ("not an object", json!([]), "cannot be read"),
    ];
    for (case, manifest, expected) in rows {
        check(
            case,
            IMAGE_MANIFEST,
            manifest.to_string().as_bytes(),
            expected,
        );
    }
    let twice = release().to_string().replacen("{", r#"{"layers":[],"#, 1);
    check(
        "layers twice",
        IMAGE_MANIFEST,
        twice.as_bytes(),
        r#"the member "layers" is given twice"#,
    );
    check("not JSON", IMAGE_MANIFEST, b"{", "cannot be read");
    check(
        "another content type",
        "application/json",
        release().to_string().as_bytes(),
        "the content type",
    );
    let index = json!({ "schemaVersion": 2, "manifests": [] });
    check(
        "an index",
        IMAGE_INDEX,
        index.to_string().as_bytes(),
        "a list of manifests is not a release",
    );
}

#[test]
fn configs_by_case() {
    let wasm = departmental("1.0.0");
    let (digest, inspected) = (Digest::sha256(&wasm), admit(&wasm).unwrap());
    let good = WasmConfig::of(
        Some("2026-01-02T03:04:05Z".to_owned()),
        None,
        &digest,
        &inspected,
    );
    let good: Value = serde_json::from_slice(&good.to_bytes().unwrap()).unwrap();
    let with = |at: &str, value: Value| {
        let mut it = good.clone();
        *it.pointer_mut(at).unwrap() = value;
        it
    };
    let mut reversed: Vec<Value> = good["component"]["imports"].as_array().unwrap().clone();
    reversed.reverse();
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("as made", good.clone(), "accepted"),
        ("in another order", with("/component/imports", reversed.into()), "accepted"),
        ("an import hidden", with("/component/imports", json!([])), "the config gives component.imports"),
        ("an export invented", with("/component/exports/0", "x".into()), "the config gives component.exports"),
        ("no component", with("/component", Value::Null), "the config gives component.imports"),
        ("another layer", with("/layerDigests/0", json!(Digest::sha256(b"x"))), "the config gives layerDigests"),
        ("no layer", with("/layerDigests", json!([])), "the config gives layerDigests"),
        ("another machine", with("/architecture", "amd64".into()), "the config gives architecture"),
        ("not a config", json!([]), "the config cannot be read"),
    ];
    for (case, config, expected) in rows {
        let parsed = WasmConfig::parse(config.to_string().as_bytes());
        let found = parsed.and_then(|it| it.check(&digest, &inspected));
        let found = found.map_or_else(|error| error.to_string(), |()| "accepted".to_owned());
        assert!(found.contains(expected), "{case}: {found}");
    }
}
