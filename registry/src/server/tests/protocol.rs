//! Cases of the protocol, row by row, as ordinary clients ask.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use serde_json::{Value, json};

use super::Running;
use crate::digest::{Algorithm, Digest};
use crate::manifest::{IMAGE_INDEX, IMAGE_MANIFEST};

/// Headers of a request.
type Headers<'a> = &'a [(&'a str, &'a str)];
/// Words that an answer holds.
type Words<'a> = &'a [&'a str];
/// Method, path, headers; status, words.
type Read<'a> = (&'a str, String, Headers<'a>, u16, Words<'a>);
/// Method, path, headers, body; status, words.
type Sent<'a> = (&'a str, &'a str, Headers<'a>, &'a [u8], u16, Words<'a>);
/// Case, reference, content type, body; status, word.
type Kept<'a> = (&'a str, &'a str, &'a str, Vec<u8>, u16, &'a str);

const TRIAL: &str = "scratch/acme/trial";

fn manifest(config: &str, notes: Value, subject: Option<&str>) -> Vec<u8> {
    let mut it = json!({
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "artifactType": "application/vnd.example",
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2 },
        "layers": [],
        "annotations": notes,
    });
    if let Some(digest) = subject {
        it["subject"] = json!({ "mediaType": IMAGE_MANIFEST, "digest": digest, "size": 7 });
    }
    serde_json::to_vec(&it).unwrap()
}

/// Each path is answered with that status and these words, a refusal in the form that clients read.
fn check<const ROWS: usize>(registry: &Running, rows: [Read<'_>; ROWS]) {
    for (method, path, headers, status, words) in rows {
        let answer = registry.ask(method, &path, headers, b"");
        let whole = answer.whole();
        assert_eq!(answer.status, status, "{method} {path}: {whole}");
        for word in words {
            assert!(
                whole.contains(word),
                "{method} {path}: no {word} in {whole}"
            );
        }
        assert!(
            method != "HEAD" || answer.body.is_empty(),
            "HEAD {path} has a body"
        );
        if status >= 400 {
            let document: Value = serde_json::from_slice(&answer.body).unwrap();
            assert!(
                document["errors"][0]["message"].is_string(),
                "{method} {path}: {whole}"
            );
        }
    }
}

#[test]
fn blobs_are_read_by_case() {
    let (registry, _folder) = Running::fresh();
    let blob = registry.blob(TRIAL, b"0123456789");
    let nothing = registry.blob(TRIAL, b"");
    let absent = Digest::sha256(b"absent");
    let escaped = blob.replace(':', "%3A");
    #[rustfmt::skip] // One case, one line.
    check(&registry, [
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[], 200, &["content-length: 10", &blob, "0123456789"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{escaped}"), &[], 200, &["0123456789"]),
        ("HEAD", format!("/v2/{TRIAL}/blobs/{blob}"), &[], 200, &["content-length: 10", &blob]),
        ("GET", format!("/v2/{TRIAL}/blobs/{nothing}"), &[], 200, &["content-length: 0"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=2-4")], 206, &["content-range: bytes 2-4/10", "content-length: 3", "\n234"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=7-")], 206, &["content-range: bytes 7-9/10", "\n789"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=-3")], 206, &["content-range: bytes 7-9/10", "\n789"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=8-99")], 206, &["content-range: bytes 8-9/10"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=10-")], 416, &["content-range: bytes */10"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{nothing}"), &[("range", "bytes=-1")], 416, &["content-range: bytes */0"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "bytes=5-2")], 200, &["content-length: 10"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{blob}"), &[("range", "lines=1-2")], 200, &["content-length: 10"]),
        ("GET", format!("/v2/{TRIAL}/blobs/{absent}"), &[], 404, &["BLOB_UNKNOWN"]),
        ("GET", format!("/v2/scratch/acme/other/blobs/{blob}"), &[], 404, &["BLOB_UNKNOWN"]),
        ("GET", format!("/v2/{TRIAL}/blobs/sha256:abc"), &[], 400, &["DIGEST_INVALID"]),
    ]);
}

/// Pushes a manifest as `one`: its digest and its text.
fn one(registry: &Running) -> (String, String) {
    let config = registry.blob(TRIAL, b"{}");
    let body = manifest(&config, json!({}), None);
    let named = Digest::sha256(&body).to_string();
    let put = registry.acme(
        "PUT",
        &format!("/v2/{TRIAL}/manifests/one"),
        &[("content-type", IMAGE_MANIFEST)],
        &body,
    );
    assert_eq!(
        put.header("location"),
        format!("/v2/{TRIAL}/manifests/{named}"),
        "{put:?}"
    );
    (named, String::from_utf8(body).unwrap())
}

#[test]
fn manifests_are_read_by_case() {
    let (registry, _folder) = Running::fresh();
    let (named, text) = one(&registry);
    let absent = Digest::sha256(b"absent");
    #[rustfmt::skip] // One case, one line.
    check(&registry, [
        ("GET", format!("/v2/{TRIAL}/manifests/one"), &[], 200, &["content-type: application/vnd.oci.image.manifest.v1+json", &named, &text]),
        ("GET", format!("/v2/{TRIAL}/manifests/{named}"), &[], 200, &[&text]),
        ("HEAD", format!("/v2/{TRIAL}/manifests/one"), &[], 200, &[&named, "content-length: "]),
        ("GET", format!("/v2/{TRIAL}/manifests/one"), &[("accept", IMAGE_INDEX), ("accept", IMAGE_MANIFEST)], 200, &[&named]),
        ("GET", format!("/v2/{TRIAL}/manifests/one"), &[("accept", "text/html, */*;q=0.1")], 200, &[&named]),
        ("GET", format!("/v2/{TRIAL}/manifests/one"), &[("accept", IMAGE_INDEX)], 404, &["MANIFEST_UNKNOWN"]),
        ("GET", format!("/v2/{TRIAL}/manifests/two"), &[], 404, &["MANIFEST_UNKNOWN"]),
        ("GET", format!("/v2/{TRIAL}/manifests/{absent}"), &[], 404, &["MANIFEST_UNKNOWN"]),
        ("GET", format!("/v2/{TRIAL}/manifests/a+b"), &[], 400, &["TAG_INVALID"]),
        ("GET", "/v2/scratch/acme/nowhere/tags/list".into(), &[], 404, &["NAME_UNKNOWN"]),
        ("GET", format!("/v2/{TRIAL}/referrers/{absent}"), &[], 200, &[IMAGE_INDEX, r#""manifests":[]"#]),
        ("GET", format!("/v2/scratch/acme/nowhere/referrers/{absent}"), &[], 200, &[r#""manifests":[]"#]),
        ("GET", format!("/v2/{TRIAL}/referrers/nonsense"), &[], 400, &["DIGEST_INVALID"]),
    ]);
}

#[test]
fn paths_outside_repositories_are_read_by_case() {
    let (registry, _folder) = Running::fresh();
    one(&registry); // What is on trial is not published.
    #[rustfmt::skip] // One case, one line.
    check(&registry, [
        ("GET", "/v2/".into(), &[], 200, &["www-authenticate: Basic"]),
        ("GET", "/v2/".into(), &[("authorization", "Bearer acme-token")], 200, &[]),
        ("GET", "/v2/".into(), &[("authorization", "Bearer wrong")], 401, &["www-authenticate: Basic", "UNAUTHORIZED"]),
        ("GET", "/.well-known/wasm-pkg/registry.json".into(), &[], 200, &[r#""preferredProtocol":"oci""#, r#""namespacePrefix":"modules/""#]),
        ("GET", "/palatine/published".into(), &[], 200, &[r#"{"published":[]}"#]),
        ("GET", "/elsewhere".into(), &[], 404, &["/elsewhere is not a path"]),
    ]);
}

#[test]
fn uploads_in_pieces() {
    let (registry, _folder) = Running::fresh();
    let digest = Digest::sha256(b"abcdefghij");
    let begun = registry.acme("POST", &format!("/v2/{TRIAL}/blobs/uploads/"), &[], b"");
    assert_eq!(begun.status, 202, "{begun:?}");
    let location = begun.header("location").to_owned();
    let finish = format!("{location}?digest={digest}");
    let wrong = format!("{location}?digest={}", Digest::sha256(b"x"));
    #[rustfmt::skip] // One case, one line.
    let rows: [Sent<'_>; 14] = [
        ("GET", &location, &[], b"", 204, &["range: 0-0"]),
        ("PATCH", &location, &[("content-range", "0-3")], b"abcd", 202, &["range: 0-3", &location]),
        ("PATCH", &location, &[("content-range", "0-3")], b"abcd", 416, &["the next byte is number 4"]),
        ("PATCH", &location, &[("content-range", "5-6")], b"fg", 416, &["the next byte is number 4"]),
        ("PATCH", &location, &[("content-range", "bytes 4-5")], b"ef", 416, &["FIRST-LAST"]),
        ("PATCH", &location, &[("content-range", "4-3")], b"", 416, &[]),
        ("PATCH", &location, &[("content-range", "4-9")], b"ef", 400, &["not as long as its Content-Range"]),
        ("GET", &location, &[], b"", 204, &["range: 0-3"]),
        ("PATCH", &location, &[], b"ef", 202, &["range: 0-5"]),
        ("PUT", &location, &[], b"", 400, &["?digest= is needed"]),
        ("PUT", &finish, &[("content-range", "0-3")], b"ghij", 416, &["the next byte is number 6"]),
        ("PUT", &finish, &[("content-range", "6-9")], b"ghij", 201, &["docker-content-digest: sha256:"]),
        ("PUT", &finish, &[], b"", 404, &["BLOB_UPLOAD_UNKNOWN"]),
        ("PATCH", &wrong, &[], b"", 404, &["BLOB_UPLOAD_UNKNOWN"]),
    ];
    for (method, path, headers, body, status, words) in rows {
        let whole = registry.acme(method, path, headers, body).whole();
        assert!(
            whole.starts_with(&status.to_string()),
            "{method} {path} {headers:?}: {whole}"
        );
        for word in words {
            assert!(
                whole.contains(word),
                "{method} {path} {headers:?}: no {word} in {whole}"
            );
        }
    }
    assert_eq!(
        registry
            .ask("GET", &format!("/v2/{TRIAL}/blobs/{digest}"), &[], b"")
            .text(),
        "abcdefghij"
    );
}

#[test]
fn uploads_at_once_and_by_other_ways() {
    let (registry, folder) = Running::fresh();
    let other = "scratch/acme/other";
    let digest = registry.blob(TRIAL, b"mounted");
    let sha512 = Digest::of(Algorithm::Sha512, b"long");
    let absent = Digest::sha256(b"absent");
    #[rustfmt::skip] // One case, one line.
    let rows: [(&str, String, &[u8], u16, &str); 10] = [
        ("wrong digest", format!("?digest={absent}"), b"bytes", 400, "DIGEST_INVALID"),
        ("no digest", "?digest=sha256:zz".into(), b"bytes", 400, "DIGEST_INVALID"),
        ("sha512", format!("?digest={sha512}"), b"long", 201, "docker-content-digest: sha512:"),
        ("mount", format!("?mount={digest}&from={TRIAL}"), b"", 201, "location: /v2/scratch/acme/other/blobs/sha256:"),
        ("mount of nothing", format!("?mount={absent}&from={TRIAL}"), b"", 202, "docker-upload-uuid"),
        ("mount from nowhere", format!("?mount={digest}&from=scratch/acme/nowhere"), b"", 202, "docker-upload-uuid"),
        ("mount from no name", format!("?mount={digest}&from=../x"), b"", 400, "NAME_INVALID"),
        ("mount of no digest", format!("?mount=x&from={TRIAL}"), b"", 400, "DIGEST_INVALID"),
        ("mount without from", format!("?mount={digest}"), b"", 202, "docker-upload-uuid"),
        ("digest twice", format!("?digest={digest}&digest={digest}"), b"", 400, "given twice"),
    ];
    for (case, query, body, status, word) in rows {
        let whole = registry
            .acme(
                "POST",
                &format!("/v2/{other}/blobs/uploads/{query}"),
                &[],
                body,
            )
            .whole();
        assert!(
            whole.starts_with(&status.to_string()) && whole.contains(word),
            "{case}: {whole}"
        );
    }
    assert_eq!(
        registry
            .ask("GET", &format!("/v2/{other}/blobs/{digest}"), &[], b"")
            .text(),
        "mounted"
    );
    assert_eq!(
        registry
            .ask("GET", &format!("/v2/{other}/blobs/{sha512}"), &[], b"")
            .text(),
        "long"
    );
    let begun = registry.acme("POST", &format!("/v2/{other}/blobs/uploads/"), &[], b"");
    let location = begun.header("location").to_owned();
    assert_eq!(registry.acme("DELETE", &location, &[], b"").status, 204);
    assert_eq!(registry.acme("GET", &location, &[], b"").status, 404);
    assert!(
        super::files(&folder.path().join("blobs")).len() == 2,
        "two blobs, one of them held twice"
    );
}

#[test]
fn manifests_and_referrers_by_case() {
    let (registry, _folder) = Running::fresh();
    let config = registry.blob(TRIAL, b"{}");
    let subject = Digest::sha256(b"a subject that is not there").to_string();
    let put = |reference: &str, content_type: &str, body: &[u8]| {
        let path = format!("/v2/{TRIAL}/manifests/{reference}");
        registry
            .acme("PUT", &path, &[("content-type", content_type)], body)
            .whole()
    };
    let about = manifest(&config, json!({ "org.example": "note" }), Some(&subject));
    let named = Digest::sha256(&about).to_string();
    let unknown = Digest::sha256(b"?").to_string();
    let index = json!({ "schemaVersion": 2, "manifests": [{ "mediaType": IMAGE_MANIFEST, "digest": unknown, "size": 1 }] });
    let filler = |bytes: usize| {
        let empty = manifest(&config, json!({ "x": "" }), None).len();
        manifest(&config, json!({ "x": "x".repeat(bytes - empty) }), None)
    };
    let plain = manifest(&config, json!({}), None);
    let long = Digest::of(Algorithm::Sha512, &plain).to_string();
    #[rustfmt::skip] // One case, one line.
    let rows: [Kept<'_>; 9] = [
        ("about what is not there", &named, IMAGE_MANIFEST, about, 201, &format!("oci-subject: {subject}")),
        ("by sha512", &long, IMAGE_MANIFEST, plain.clone(), 201, &long),
        ("by a digest of other bytes", &unknown, IMAGE_MANIFEST, plain.clone(), 400, "DIGEST_INVALID"),
        ("another type than it says", "a", IMAGE_INDEX, plain, 400, "MANIFEST_INVALID"),
        ("a blob that is not there", "a", IMAGE_MANIFEST, manifest(&unknown, json!({}), None), 400, "MANIFEST_BLOB_UNKNOWN"),
        ("a manifest that is not there", "a", IMAGE_INDEX, index.to_string().into_bytes(), 400, "MANIFEST_BLOB_UNKNOWN"),
        ("not JSON", "a", IMAGE_MANIFEST, b"manifest".to_vec(), 400, "MANIFEST_INVALID"),
        ("as large as may be", "large", IMAGE_MANIFEST, filler(4 << 20), 201, "location"),
        ("one byte larger", "a", IMAGE_MANIFEST, filler((4 << 20) + 1), 413, "SIZE_INVALID"),
    ];
    for (case, reference, content_type, body, status, word) in rows {
        let whole = put(reference, content_type, &body);
        assert!(
            whole.starts_with(&status.to_string()) && whole.contains(word),
            "{case}: {whole:.600}"
        );
    }
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("", false, true),
        ("?artifactType=application/vnd.example", true, true),
        ("?artifactType=application/vnd.other", true, false),
    ];
    for (query, filtered, found) in rows {
        let answer = registry.ask(
            "GET",
            &format!("/v2/{TRIAL}/referrers/{subject}{query}"),
            &[],
            b"",
        );
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), IMAGE_INDEX);
        assert_eq!(
            answer.header("oci-filters-applied") == "artifactType",
            filtered,
            "{query}"
        );
        let listed: Value = serde_json::from_slice(&answer.body).unwrap();
        let digests: Vec<&str> = listed["manifests"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["digest"].as_str().unwrap())
            .collect();
        assert_eq!(digests == [named.as_str()], found, "{query}: {listed}");
        assert!(!found || listed["manifests"][0]["annotations"]["org.example"] == "note");
    }
}

#[test]
fn tags_in_pages() {
    let (registry, _folder) = Running::fresh();
    let config = registry.blob(TRIAL, b"{}");
    for tag in ["b", "a", "C", "a.1", "_"] {
        let path = format!("/v2/{TRIAL}/manifests/{tag}");
        let body = manifest(&config, json!({}), None);
        assert_eq!(
            registry
                .acme("PUT", &path, &[("content-type", IMAGE_MANIFEST)], &body)
                .status,
            201
        );
    }
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("", r#"["C","_","a","a.1","b"]"#, ""),
        ("?n=0", "[]", ""),
        ("?n=2", r#"["C","_"]"#, "n=2&last=_"),
        ("?n=2&last=_", r#"["a","a.1"]"#, "n=2&last=a.1"),
        ("?n=2&last=a.1", r#"["b"]"#, ""),
        ("?n=5", r#"["C","_","a","a.1","b"]"#, ""),
        ("?last=zzz", "[]", ""),
        ("?n=4294967295", r#"["C","_","a","a.1","b"]"#, ""),
    ];
    for (query, expected, next) in rows {
        let answer = registry.ask("GET", &format!("/v2/{TRIAL}/tags/list{query}"), &[], b"");
        assert!(
            answer.text().contains(&format!(r#""tags":{expected}"#)),
            "{query}: {answer:?}"
        );
        assert!(answer.text().contains(r#""name":"scratch/acme/trial""#));
        assert_eq!(
            answer.header("link").contains("rel=\"next\""),
            !next.is_empty(),
            "{query}: {answer:?}"
        );
        assert!(answer.header("link").contains(next), "{query}: {answer:?}");
    }
    for query in ["?n=-1", "?n=x", "?n=1&n=2", "?n=99999999999"] {
        assert_eq!(
            registry
                .ask("GET", &format!("/v2/{TRIAL}/tags/list{query}"), &[], b"")
                .status,
            400,
            "{query}"
        );
    }
}

#[test]
fn trials_can_be_removed() {
    let (registry, folder) = Running::fresh();
    let config = registry.blob(TRIAL, b"{}");
    let twice = registry.blob("scratch/acme/other", b"{}");
    let body = manifest(&config, json!({}), None);
    let named = Digest::sha256(&body).to_string();
    let put = |tag: &str, body: &[u8]| {
        registry
            .acme(
                "PUT",
                &format!("/v2/{TRIAL}/manifests/{tag}"),
                &[("content-type", IMAGE_MANIFEST)],
                body,
            )
            .status
    };
    assert_eq!((put("one", &body), put("two", &body)), (201, 201));
    assert_eq!(
        put("one", &manifest(&config, json!({ "moved": "yes" }), None)),
        201,
        "a trial's tag can be moved"
    );
    #[rustfmt::skip] // One case, one line.
    let rows = [
        (format!("/v2/{TRIAL}/manifests/one"), 202),
        (format!("/v2/{TRIAL}/manifests/one"), 404),
        (format!("/v2/{TRIAL}/manifests/{named}"), 202),
        (format!("/v2/{TRIAL}/manifests/{named}"), 404),
        (format!("/v2/{TRIAL}/manifests/two"), 404),
        (format!("/v2/{TRIAL}/blobs/{config}"), 202),
        (format!("/v2/{TRIAL}/blobs/{config}"), 404),
    ];
    for (path, status) in rows {
        assert_eq!(
            registry.acme("DELETE", &path, &[], b"").status,
            status,
            "{path}"
        );
    }
    let kept = |repository: &str| {
        registry
            .ask("GET", &format!("/v2/{repository}/blobs/{twice}"), &[], b"")
            .status
    };
    assert_eq!(
        (kept(TRIAL), kept("scratch/acme/other")),
        (404, 200),
        "another repository still holds it"
    );
    assert_eq!(super::files(&folder.path().join("blobs")).len(), 1);
    assert_eq!(
        registry
            .acme(
                "DELETE",
                &format!("/v2/scratch/acme/other/blobs/{twice}"),
                &[],
                b""
            )
            .status,
        202
    );
    assert_eq!(
        super::files(&folder.path().join("blobs")).len(),
        0,
        "nobody holds it, so its bytes are gone"
    );
}
