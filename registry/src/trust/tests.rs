//! Cases of `trust`: what a signature proves, and every way in which it does not.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};

use super::{
    Expected, PAYLOAD_TYPE, Release, SupplierKey, TrustedKey, TrustedKeys, pre_authentication,
    sign, verify,
};
use crate::digest::Digest;

fn key(seed: u8) -> SupplierKey {
    SupplierKey::from_seed(&[seed; 32])
}

fn trusted(seed: u8, supplier: &str, namespace: &str) -> TrustedKey {
    TrustedKey {
        supplier: supplier.to_owned(),
        key_id: key(seed).id(),
        public_key: key(seed).public(),
        namespaces: vec![namespace.parse().unwrap()],
    }
}

fn release() -> Release {
    Release {
        repository: "modules/acme/pathology".parse().unwrap(),
        version: "1.0.0".parse().unwrap(),
        wasm: Digest::sha256(b"wasm"),
        manifest: Some(Digest::sha256(b"manifest")),
    }
}

/// The bundle after a change of its JSON, and whether its statement is signed anew.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut bundle: Value = serde_json::from_slice(&sign(&key(1), &release()).unwrap()).unwrap();
    change(&mut bundle);
    serde_json::to_vec(&bundle).unwrap()
}

/// The bundle with a changed statement that the supplier did sign.
fn stated(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    changed(|bundle| {
        let envelope = &mut bundle["dsseEnvelope"];
        let payload = BASE64
            .decode(envelope["payload"].as_str().unwrap())
            .unwrap();
        let mut statement: Value = serde_json::from_slice(&payload).unwrap();
        change(&mut statement);
        let payload = serde_json::to_vec(&statement).unwrap();
        let signature = key(1)
            .signing()
            .sign(&pre_authentication(PAYLOAD_TYPE, &payload));
        envelope["payload"] = BASE64.encode(&payload).into();
        envelope["signatures"][0]["sig"] = BASE64.encode(signature.to_bytes()).into();
    })
}

fn tampered(bundle: &mut Value) {
    let payload = BASE64
        .decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
        .unwrap();
    let payload = String::from_utf8(payload)
        .unwrap()
        .replace("1.0.0", "1.0.1");
    bundle["dsseEnvelope"]["payload"] = BASE64.encode(payload).into();
}

fn answer(
    bundle: &[u8],
    keys: &TrustedKeys,
    repository: &str,
    wasm: &[u8],
    manifest: &[u8],
) -> String {
    let (repository, wasm, manifest) = (
        repository.parse().unwrap(),
        Digest::sha256(wasm),
        Digest::sha256(manifest),
    );
    let expected = Expected {
        repository: &repository,
        wasm: &wasm,
        manifest: &manifest,
    };
    verify(bundle, keys, expected).map_or_else(|error| error.to_string(), |signed| signed.supplier)
}

#[test]
fn signatures_by_case() {
    let keys =
        TrustedKeys::new(vec![trusted(1, "Acme", "acme"), trusted(2, "Beta", "beta")]).unwrap();
    let good = sign(&key(1), &release()).unwrap();
    let by_beta = sign(&key(2), &release()).unwrap();
    let by_stranger = sign(&key(3), &release()).unwrap();
    let unbound = sign(
        &key(1),
        &Release {
            manifest: None,
            ..release()
        },
    )
    .unwrap();
    let large = vec![b' '; 70_000];
    #[rustfmt::skip] // One case, one line.
    let rows: [(&str, Vec<u8>, &str); 23] = [
        ("as signed", good.clone(), "Acme"),
        ("over the component alone", unbound, "Acme"),
        ("by another supplier's key", by_beta, "Beta signed for modules/acme/pathology, which is not in a namespace"),
        ("by a key nobody knows", by_stranger, "which is not trusted here"),
        ("another's hint", changed(|it| { it["verificationMaterial"]["publicKey"]["hint"] = key(2).id().into(); }), "does not match its statement under key"),
        ("no hint", changed(|it| it["verificationMaterial"] = json!({})), "missing field `publicKey`"),
        ("statement changed", changed(tampered), "does not match its statement"),
        ("signature cut", changed(|it| it["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA".into()), "not 64 bytes"),
        ("signature of zeros", changed(|it| { it["dsseEnvelope"]["signatures"][0]["sig"] = BASE64.encode([0; 64]).into(); }), "does not match its statement"),
        ("no signature", changed(|it| it["dsseEnvelope"]["signatures"] = json!([])), "exactly one signature"),
        ("two signatures", changed(|it| { let one = it["dsseEnvelope"]["signatures"][0].clone(); it["dsseEnvelope"]["signatures"] = json!([one, one]); }), "exactly one signature"),
        ("another payload type", changed(|it| it["dsseEnvelope"]["payloadType"] = "text/plain".into()), "payloadType"),
        ("another bundle version", changed(|it| it["mediaType"] = "bundle/0.4".into()), "mediaType is \"bundle/0.4\""),
        ("payload not base64", changed(|it| it["dsseEnvelope"]["payload"] = "%".into()), "is not base64"),
        ("another statement type", stated(|it| it["_type"] = "x".into()), "its statement's _type"),
        ("another predicate", stated(|it| it["predicateType"] = "x".into()), "its statement's predicateType"),
        ("no subject", stated(|it| it["subject"] = json!([])), "names no wasm"),
        ("subject twice", stated(|it| { let one = it["subject"][0].clone(); it["subject"] = json!([one, one]); }), "the subject wasm twice"),
        ("subject with two digests", stated(|it| { it["subject"][0]["digest"]["sha512"] = "00".repeat(64).into(); }), "no single sha256 or sha512"),
        ("subject that leads elsewhere", stated(|it| { it["subject"][0]["digest"] = json!({ "sha256": "../../etc/passwd" }); }), "no single sha256 or sha512"),
        ("build metadata", stated(|it| { it["predicate"]["buildDefinition"]["externalParameters"]["version"] = "1.0.0+x".into(); }), "no build metadata"),
        ("not JSON", b"signed, honestly".to_vec(), "cannot be read"),
        ("too large", large, "more than the 65536 allowed"),
    ];
    for (case, bundle, expected) in rows {
        let found = answer(
            &bundle,
            &keys,
            "modules/acme/pathology",
            b"wasm",
            b"manifest",
        );
        assert!(found.contains(expected), "{case}: {found}");
    }
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("another component", "modules/acme/pathology", "mask", "manifest", "the signed wasm digest is"),
        ("another manifest", "modules/acme/pathology", "wasm", "other", "the signed manifest digest is"),
        ("another repository", "modules/acme/maternity", "wasm", "manifest", "the signed repository is"),
    ];
    for (case, repository, wasm, manifest, expected) in rows {
        let found = answer(
            &good,
            &keys,
            repository,
            wasm.as_bytes(),
            manifest.as_bytes(),
        );
        assert!(found.contains(expected), "{case}: {found}");
    }
}

#[test]
fn signing_again_gives_the_same_bytes() {
    assert_eq!(
        sign(&key(1), &release()).unwrap(),
        sign(&key(1), &release()).unwrap()
    );
}

#[test]
fn what_is_signed_is_length_prefixed() {
    assert_eq!(pre_authentication("a/b", b"{}"), b"DSSEv1 3 a/b 2 {}");
}

#[test]
fn keys_keep_through_their_files() {
    let made = SupplierKey::generate().unwrap();
    let read = SupplierKey::from_pem(&made.to_pem().unwrap()).unwrap();
    assert_eq!(made.public(), read.public());
    assert!(SupplierKey::from_pem("-----BEGIN PRIVATE KEY-----").is_err());
    assert!(!format!("{made:?}").contains(&hex::encode(made.signing().to_bytes())));
    let keys = TrustedKeys::new(vec![trusted(1, "Acme", "acme")]).unwrap();
    let again = TrustedKeys::from_json(&keys.to_json().unwrap()).unwrap();
    assert_eq!(
        keys.iter().collect::<Vec<_>>(),
        again.iter().collect::<Vec<_>>()
    );
}

#[test]
fn key_files_by_case() {
    let entry = |seed: u8, supplier: &str, namespace: &str| {
        json!({
            "supplier": supplier,
            "key_id": key(seed).id(),
            "public_key": BASE64.encode(key(seed).public().as_bytes()),
            "namespaces": [namespace],
        })
    };
    let with = |name: &str, value: Value| {
        let mut it = entry(1, "Acme", "acme");
        it[name] = value;
        json!([it])
    };
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("two suppliers", json!([entry(1, "Acme", "acme"), entry(2, "Beta", "beta")]), "accepted"),
        ("two keys of one supplier", json!([entry(1, "Acme", "acme"), entry(2, "Acme", "acme")]), "accepted"),
        ("a namespace of two", json!([entry(1, "Acme", "acme"), entry(2, "Beta", "acme")]), "bound to Acme and to Beta"),
        ("a key twice", json!([entry(1, "Acme", "acme"), entry(1, "Beta", "beta")]), "is listed twice"),
        ("another key's id", with("key_id", key(2).id().into()), "but its id is"),
        ("a key too short", with("public_key", "AAAA".into()), "not 32 bytes"),
        ("a weak key", with("public_key", BASE64.encode([0; 32]).into()), "sound ed25519 key"),
        ("no supplier", with("supplier", "".into()), "1 to 120 characters"),
        ("an illegal namespace", with("namespaces", json!(["a/../b"])), "a namespace is one part"),
        ("an unknown member", with("expires", "2027".into()), "unknown field"),
        ("not a list", json!({}), "invalid type"),
    ];
    for (case, file, expected) in rows {
        let found = TrustedKeys::from_json(file.to_string().as_bytes());
        let found = found.map_or_else(|error| error.to_string(), |_| "accepted".to_owned());
        assert!(found.contains(expected), "{case}: {found}");
    }
}
