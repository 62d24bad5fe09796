//! Cases of releases: pushed, signed, published, pulled and verified; and everything that must not be published.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{NOW, Running, key};
use crate::client::{Client, ClientError, Push, Pushed};
use crate::component::inspect;
use crate::component::tests::{departmental, sample};
use crate::digest::Digest;
use crate::kind::Kind;
use crate::manifest::{
    Descriptor, EMPTY_JSON, IMAGE_MANIFEST, Manifest, WASM_CONFIG, WASM_LAYER, WasmConfig,
};
use crate::name::Repository;
use crate::trust::{BUNDLE_TYPE, Expected, Release, SupplierKey, sign, verify};

const PATHOLOGY: &str = "modules/acme/pathology";

fn repository() -> Repository {
    PATHOLOGY.parse().unwrap()
}

fn push(
    registry: &Running,
    version: &str,
    key: Option<&SupplierKey>,
) -> Result<Pushed, ClientError> {
    Client::new(&registry.base()).unwrap().push(&Push {
        token: "acme-token",
        repository: &repository(),
        version: &version.parse().unwrap(),
        wasm: &departmental(version),
        created: NOW.parse().unwrap(),
        author: Some("Acme"),
        key,
    })
}

fn published(registry: &Running) -> Vec<String> {
    let all = Client::new(&registry.base()).unwrap().published().unwrap();
    all.iter()
        .map(|it| format!("{}@{}", it.repository, it.version))
        .collect()
}

/// Pushes a manifest as Acme, byte for byte. Answers everything that came back.
fn put(registry: &Running, repository: &str, reference: &str, manifest: &[u8]) -> String {
    let path = format!("/v2/{repository}/manifests/{reference}");
    registry
        .acme("PUT", &path, &[("content-type", IMAGE_MANIFEST)], manifest)
        .whole()
}

/// Pushes a component and a config as they are. Answers the manifest's bytes for pushing.
fn release_of(registry: &Running, repository: &str, wasm: &[u8], config: &[u8]) -> Vec<u8> {
    registry.blob(repository, wasm);
    registry.blob(repository, config);
    Manifest::release(
        Descriptor::of(WASM_CONFIG, config),
        Descriptor::of(WASM_LAYER, wasm),
    )
    .to_bytes()
    .unwrap()
}

/// An honest config, as far as the component can be read.
fn config_of(wasm: &[u8]) -> Vec<u8> {
    let config = inspect(wasm).map(|it| {
        WasmConfig::of(None, None, &Digest::sha256(wasm), &it)
            .to_bytes()
            .unwrap()
    });
    config
        .unwrap_or_else(|_| br#"{"architecture":"wasm","os":"wasip2","layerDigests":[]}"#.to_vec())
}

/// Pushes a signature as Acme. Answers everything that came back.
fn put_signature(registry: &Running, repository: &str, release: &[u8], bundle: &[u8]) -> String {
    registry.blob(repository, EMPTY_JSON);
    registry.blob(repository, bundle);
    let subject = Descriptor::of(IMAGE_MANIFEST, release);
    let manifest = Manifest::signature(subject, Descriptor::of(BUNDLE_TYPE, bundle))
        .to_bytes()
        .unwrap();
    put(
        registry,
        repository,
        &Digest::sha256(&manifest).to_string(),
        &manifest,
    )
}

#[test]
fn a_release_from_push_to_verification() {
    let (registry, _folder) = Running::fresh();
    let client = Client::new(&registry.base()).unwrap();
    let pushed = push(&registry, "1.0.0", Some(&key("Acme"))).unwrap();
    assert_eq!(
        push(&registry, "1.0.0", Some(&key("Acme"))).unwrap(),
        pushed,
        "pushing again changes nothing"
    );
    push(&registry, "1.1.0-rc.1", Some(&key("Acme"))).unwrap();

    let all = client.published().unwrap();
    assert_eq!(
        published(&registry),
        [
            "modules/acme/pathology@1.0.0",
            "modules/acme/pathology@1.1.0-rc.1"
        ]
    );
    assert_eq!(
        (&all[0].manifest_digest, &all[0].wasm_digest),
        (&pushed.manifest_digest, &pushed.wasm_digest)
    );
    assert_eq!(
        (all[0].supplier.as_str(), all[0].pushed_at),
        ("Acme", NOW.parse::<Timestamp>().unwrap())
    );

    let pulled = client.pull(&repository(), &pushed.manifest_digest).unwrap();
    assert_eq!(pulled.wasm, departmental("1.0.0"));
    assert_eq!(pulled.signatures.len(), 1);
    let keys = super::publishers().keys().clone();
    let expected = Expected {
        repository: &repository(),
        wasm: &pulled.wasm_digest,
        manifest: &pushed.manifest_digest,
    };
    let signed = verify(&pulled.signatures[0], &keys, expected).unwrap();
    assert_eq!(
        (
            signed.supplier.as_str(),
            signed.release.version.to_string().as_str()
        ),
        ("Acme", "1.0.0")
    );
}

#[test]
fn the_published_list_in_pages() {
    let (registry, _folder) = Running::fresh();
    for patch in 0..5 {
        push(&registry, &format!("1.0.{patch}"), Some(&key("Acme"))).unwrap();
    }
    let mut after = 0;
    let mut versions = Vec::new();
    for page_length in [2, 2, 1] {
        let answer = registry.ask(
            "GET",
            &format!("/palatine/published?n=2&after={after}"),
            &[],
            b"",
        );
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        let rows = page["published"].as_array().unwrap();
        assert_eq!(rows.len(), page_length);
        versions.extend(
            rows.iter()
                .map(|it| it["version"].as_str().unwrap().to_owned()),
        );
        after = page["after"].as_u64().unwrap_or_default();
    }
    assert_eq!(
        (versions.join(" ").as_str(), after),
        ("1.0.0 1.0.1 1.0.2 1.0.3 1.0.4", 0)
    );
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("?after=x", 400),
        ("?after=-1", 400),
        ("?n=0", 200),
        ("?after=18446744073709551615", 200),
    ];
    for (query, status) in rows {
        let answer = registry.ask("GET", &format!("/palatine/published{query}"), &[], b"");
        assert_eq!(answer.status, status, "{query}");
    }
}

#[test]
fn unsigned_can_be_pulled_and_is_not_listed() {
    let (registry, _folder) = Running::fresh();
    let pushed = push(&registry, "1.0.0", None).unwrap();
    assert!(published(&registry).is_empty());
    let pulled = Client::new(&registry.base())
        .unwrap()
        .pull(&repository(), &pushed.manifest_digest)
        .unwrap();
    assert!(pulled.signatures.is_empty());
}

#[test]
fn the_same_component_at_another_time_is_the_same_release() {
    let (registry, _folder) = Running::fresh();
    let first = push(&registry, "1.0.0", None).unwrap();
    let again = |wasm: &[u8]| {
        Client::new(&registry.base()).unwrap().push(&Push {
            token: "acme-token",
            repository: &repository(),
            version: &"1.0.0".parse().unwrap(),
            wasm,
            created: "2027-01-01T00:00:00Z".parse().unwrap(),
            author: None,
            key: Some(&key("Acme")),
        })
    };
    assert_eq!(again(&departmental("1.0.0")).unwrap(), first);
    assert_eq!(
        published(&registry),
        ["modules/acme/pathology@1.0.0"],
        "what was missing is the signature"
    );
    let other = again(&sample("import context;", &[])).unwrap_err();
    assert_eq!(other.kind(), Kind::Conflict, "{other}");
}

#[test]
fn modules_are_write_once() {
    let (registry, _folder) = Running::fresh();
    let pushed = push(&registry, "1.0.0", Some(&key("Acme"))).unwrap();
    let wasm = sample("import context;", &[]);
    let other = release_of(&registry, PATHOLOGY, &wasm, &config_of(&wasm));
    let moved = put(&registry, PATHOLOGY, "1.0.0", &other);
    assert!(
        moved.starts_with("409") && moved.contains("DENIED"),
        "{moved}"
    );
    let tag =
        |tag: &str| registry.ask("GET", &format!("/v2/{PATHOLOGY}/manifests/{tag}"), &[], b"");
    let kept = tag("1.0.0");
    assert_eq!(
        kept.header("docker-content-digest"),
        pushed.manifest_digest.to_string()
    );
    assert!(
        put(&registry, PATHOLOGY, "1.0.0", &kept.body).starts_with("201"),
        "the same bytes again"
    );
    for path in [
        "manifests/1.0.0".to_owned(),
        format!("manifests/{}", pushed.manifest_digest),
        format!("blobs/{}", pushed.wasm_digest),
        "manifests/9.9.9".to_owned(),
    ] {
        let answer = registry.acme("DELETE", &format!("/v2/{PATHOLOGY}/{path}"), &[], b"");
        assert_eq!(
            (answer.status, answer.text().contains("UNSUPPORTED")),
            (405, true),
            "{path}: {answer:?}"
        );
    }
    assert_eq!(tag("1.0.0").body, kept.body);
    assert_eq!(published(&registry), ["modules/acme/pathology@1.0.0"]);
}

#[test]
fn components_that_are_refused() {
    let (registry, _folder) = Running::fresh();
    let good = departmental("1.0.0");
    let foreign = sample("import wasi:clocks/wall-clock@0.2.0;", &[]);
    let hidden = inspect(&foreign).map(|mut it| {
        it.imports.clear();
        WasmConfig::of(None, None, &Digest::sha256(&foreign), &it)
            .to_bytes()
            .unwrap()
    });
    let lying: Vec<u8> = String::from_utf8(config_of(&good))
        .unwrap()
        .replace("screens", "reactions")
        .into_bytes();
    let module = b"\0asm\x01\0\0\0".to_vec();
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("a foreign import", "1.0.0", &foreign, config_of(&foreign), "imports wasi:clocks/wall-clock@0.2.0, which is not"),
        ("a foreign import, hidden", "1.0.0", &foreign, hidden.unwrap(), "imports wasi:clocks/wall-clock@0.2.0"),
        ("a core module", "1.0.0", &module, config_of(&module), "a core module, not a component"),
        ("not WebAssembly", "1.0.0", &b"hello".to_vec(), config_of(b"hello"), "not a valid component"),
        ("a config that lies", "1.0.0", &good, lying, "the config gives component.exports"),
        ("a config of another component", "1.0.0", &good, config_of(&foreign), "the config gives layerDigests"),
        ("not a config", "1.0.0", &good, b"{}".to_vec(), "the config cannot be read"),
        ("another version than it says", "1.0.1", &good, config_of(&good), "says version 1.0.0"),
        ("a tag that is no version", "latest", &good, config_of(&good), "the tag of a release is its version"),
    ];
    for (case, tag, wasm, config, word) in rows {
        let manifest = release_of(&registry, PATHOLOGY, wasm, &config);
        let whole = put(&registry, PATHOLOGY, tag, &manifest);
        assert!(
            whole.starts_with("400") && whole.contains(word),
            "{case}: {whole}"
        );
    }
    let two = json!({
        "schemaVersion": 2,
        "config": Descriptor::of(WASM_CONFIG, &config_of(&good)),
        "layers": [Descriptor::of(WASM_LAYER, &good), Descriptor::of(WASM_LAYER, &foreign)],
    });
    let whole = put(&registry, PATHOLOGY, "1.0.0", two.to_string().as_bytes());
    assert!(
        whole.starts_with("400") && whole.contains("exactly one layer"),
        "{whole}"
    );
    let elsewhere = Manifest::release(
        Descriptor::of(WASM_CONFIG, &config_of(&good)),
        Descriptor::of(WASM_LAYER, &good),
    );
    let whole = put(
        &registry,
        "modules/acme/maternity",
        "1.0.0",
        &elsewhere.to_bytes().unwrap(),
    );
    assert!(
        whole.starts_with("400") && whole.contains("MANIFEST_BLOB_UNKNOWN"),
        "{whole}"
    );
    let tags = registry
        .ask("GET", &format!("/v2/{PATHOLOGY}/tags/list"), &[], b"")
        .text();
    assert!(!tags.contains("1.0"), "{tags}");
}

#[test]
fn signatures_that_are_refused() {
    let (registry, _folder) = Running::fresh();
    let pushed = push(&registry, "1.0.0", None).unwrap();
    push(&registry, "2.0.0", None).unwrap();
    let path = format!("/v2/{PATHOLOGY}/manifests/1.0.0");
    let manifest = registry.ask("GET", &path, &[], b"").body;
    let release = Release {
        repository: repository(),
        version: "1.0.0".parse().unwrap(),
        wasm: pushed.wasm_digest.clone(),
        manifest: Some(pushed.manifest_digest.clone()),
    };
    let other = Digest::sha256(b"other");
    let acme = |release: Release| sign(&key("Acme"), &release).unwrap();
    let good = acme(release.clone());
    let mut tampered: Value = serde_json::from_slice(&good).unwrap();
    tampered["dsseEnvelope"]["payload"] = "e30=".into();
    let stranger = SupplierKey::from_seed(&[99; 32]);
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("another supplier's key", sign(&key("Beta"), &release).unwrap(), 403, "Beta signed for modules/acme/pathology"),
        ("an unknown key", sign(&stranger, &release).unwrap(), 403, "which is not trusted here"),
        ("tampered", tampered.to_string().into_bytes(), 403, "does not match its statement"),
        ("not a bundle", b"{}".to_vec(), 400, "the bundle cannot be read"),
        ("another component", acme(Release { wasm: other.clone(),..release.clone() }), 400, "is for component"),
        ("another manifest", acme(Release { manifest: Some(other),..release.clone() }), 400, "is pushed as one on"),
        ("another version", acme(Release { version: "2.0.0".parse().unwrap(),..release.clone() }), 400, "is for version 2.0.0"),
        ("another repository", acme(Release { repository: "modules/acme/maternity".parse().unwrap(),..release }), 400, "the signature is for modules/acme/maternity@"),
    ];
    for (case, bundle, status, word) in rows {
        let whole = put_signature(&registry, PATHOLOGY, &manifest, &bundle);
        assert!(
            whole.starts_with(&status.to_string()) && whole.contains(word),
            "{case}: {whole}"
        );
        assert!(published(&registry).is_empty(), "{case}");
    }
    let pulled = Client::new(&registry.base())
        .unwrap()
        .pull(&repository(), &pushed.manifest_digest)
        .unwrap();
    assert!(
        pulled.signatures.is_empty(),
        "a refused signature is not handed out"
    );
    assert!(put_signature(&registry, PATHOLOGY, &manifest, &good).starts_with("201"));
    assert_eq!(published(&registry), ["modules/acme/pathology@1.0.0"]);
}

#[test]
fn release_tag_and_signature_in_any_order() {
    let wasm = departmental("1.0.0");
    for order in [
        ["release", "tag", "signature"],
        ["signature", "release", "tag"],
        ["signature", "tag", "release"],
    ] {
        for honest in [true, false] {
            let (registry, _folder) = Running::fresh();
            let manifest = release_of(&registry, PATHOLOGY, &wasm, &config_of(&wasm));
            let digest = Digest::sha256(&manifest);
            let bundle = sign(
                &key("Acme"),
                &Release {
                    repository: repository(),
                    version: "1.0.0".parse().unwrap(),
                    wasm: if honest {
                        Digest::sha256(&wasm)
                    } else {
                        Digest::sha256(b"other")
                    },
                    manifest: Some(digest.clone()),
                },
            );
            let mut answers = Vec::new();
            for step in order {
                answers.push(match step {
                    "release" => put(&registry, PATHOLOGY, &digest.to_string(), &manifest),
                    "tag" => put(&registry, PATHOLOGY, "1.0.0", &manifest),
                    _ => put_signature(&registry, PATHOLOGY, &manifest, bundle.as_ref().unwrap()),
                });
            }
            let expected: &[&str] = if honest {
                &["modules/acme/pathology@1.0.0"]
            } else {
                &[]
            };
            assert_eq!(
                published(&registry),
                expected,
                "{order:?}, honest: {honest}: {answers:?}"
            );
            assert!(
                !honest || answers.iter().all(|it| it.starts_with("201")),
                "{order:?}: {answers:?}"
            );
        }
    }
}

#[test]
fn names_that_are_refused() {
    let (registry, _folder) = Running::fresh();
    push(&registry, "1.0.0", Some(&key("Acme"))).unwrap();
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("modules/acme/patholgoy", 400),
        ("modules/acme/path-ology", 400),
        ("modules/acme/pathology2", 400),
        ("modules/acme/ophthalmology", 201),
        ("scratch/acme/patholgoy", 201),
        ("modules/acme/Pathology", 400),
    ];
    for (name, status) in rows {
        let path = format!("/v2/{name}/blobs/uploads/?digest={}", Digest::sha256(b"x"));
        let answer = registry.acme("POST", &path, &[], b"x");
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert!(
            status == 201 || answer.text().contains("NAME_INVALID"),
            "{name}: {answer:?}"
        );
    }
}

#[test]
fn swapped_bytes_are_noticed() {
    let (registry, folder) = Running::fresh();
    let pushed = push(&registry, "1.0.0", Some(&key("Acme"))).unwrap();
    let client = Client::new(&registry.base()).unwrap();
    let file = folder
        .path()
        .join("blobs/sha256")
        .join(pushed.wasm_digest.hex());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let refused = client
        .pull(&repository(), &pushed.manifest_digest)
        .unwrap_err();
    assert!(matches!(refused, ClientError::Swapped { .. }), "{refused}");
    assert_eq!(refused.kind(), Kind::Refused);
    let manifest = registry
        .ask("GET", &format!("/v2/{PATHOLOGY}/manifests/1.0.0"), &[], b"")
        .body;
    let again = put(&registry, PATHOLOGY, "1.0.0", &manifest);
    assert!(
        again.starts_with("400") && again.contains("the bytes have the digest"),
        "{again}"
    );
    std::fs::write(&file, "short").unwrap();
    assert!(client.pull(&repository(), &pushed.manifest_digest).is_err());
}

#[test]
fn clients_are_told_what_is_wrong() {
    let (registry, _folder) = Running::fresh();
    let client = Client::new(&registry.base()).unwrap();
    let absent = Digest::sha256(b"absent");
    let missing = client.pull(&repository(), &absent).unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound, "{missing}");
    let (version, name) = ("1.0.0".parse().unwrap(), repository());
    let foreign = sample("import wasi:clocks/wall-clock@0.2.0;", &[]);
    let good = departmental("1.0.0");
    let with = |token, wasm, repository| Push {
        token,
        repository,
        version: &version,
        wasm,
        created: NOW.parse().unwrap(),
        author: None,
        key: None,
    };
    let beta = "modules/beta/x".parse().unwrap();
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("a wrong token", with("wrong", &good, &name), Kind::Forbidden, "UNAUTHORIZED"),
        ("another's namespace", with("acme-token", &good, &beta), Kind::Forbidden, "Acme may not push to namespace beta"),
        ("a foreign import", with("acme-token", &foreign, &name), Kind::Refused, "departmental's"),
    ];
    for (case, push, kind, word) in rows {
        let refused = client.push(&push).unwrap_err();
        assert_eq!(refused.kind(), kind, "{case}: {refused}");
        assert!(refused.to_string().contains(word), "{case}: {refused}");
    }
    for address in [
        "",
        "registry:5000",
        "ftp://registry",
        "http://",
        "http://registry/path",
        "http://registry?x",
    ] {
        assert!(Client::new(address).is_err(), "{address:?}");
    }
    let nobody = Client::new("http://127.0.0.1:9")
        .unwrap()
        .published()
        .unwrap_err();
    assert_eq!(nobody.kind(), Kind::Busy, "{nobody}");
}

#[test]
fn a_restart_keeps_what_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let pushed = push(&Running::on(folder.path()), "1.0.0", Some(&key("Acme"))).unwrap();
    let registry = Running::on(folder.path());
    assert_eq!(published(&registry), ["modules/acme/pathology@1.0.0"]);
    let pulled = Client::new(&registry.base())
        .unwrap()
        .pull(&repository(), &pushed.manifest_digest)
        .unwrap();
    assert_eq!(
        (pulled.wasm_digest, pulled.signatures.len()),
        (pushed.wasm_digest, 1)
    );
}
