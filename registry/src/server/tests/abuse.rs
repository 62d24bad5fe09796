//! Cases of hostile clients: without rights, out of the folder, without end, and cut off half-way.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use std::io::Write as _;

use super::Running;
use crate::digest::Digest;
use crate::limits::OPEN_UPLOADS_OF_ONE_MAX;
use crate::manifest::IMAGE_MANIFEST;

const TRIAL: &str = "scratch/acme/trial";

#[test]
fn rights_by_case() {
    let (registry, _folder) = Running::fresh();
    let digest = registry.blob(TRIAL, b"bytes");
    let begun = registry.acme("POST", &format!("/v2/{TRIAL}/blobs/uploads/"), &[], b"");
    let upload = begun.header("location").to_owned();
    let uploads = format!("/v2/{TRIAL}/blobs/uploads/");
    let manifest = format!("/v2/{TRIAL}/manifests/one");
    let blob = format!("/v2/{TRIAL}/blobs/{digest}");
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("POST", uploads.as_str()),
        ("PUT", &manifest),
        ("DELETE", &manifest),
        ("DELETE", &blob),
        ("PATCH", &upload),
        ("PUT", &upload),
        ("GET", &upload),
        ("DELETE", &upload),
        // Who asks is settled before the path is looked at.
        ("PUT", "/v2/../x"),
        ("POST", "/nowhere"),
    ];
    for (method, path) in rows {
        for token in [None, Some("Bearer wrong"), Some("Basic"), Some("Bearer ")] {
            let headers: Vec<(&str, &str)> =
                token.iter().map(|it| ("authorization", *it)).collect();
            let answer = registry.ask(method, path, &headers, b"not JSON");
            assert_eq!(answer.status, 401, "{method} {path} {token:?}: {answer:?}");
            assert!(
                answer
                    .header("www-authenticate")
                    .starts_with("Basic realm="),
                "{answer:?}"
            );
        }
    }
    let both = [
        ("authorization", "Bearer acme-token"),
        ("authorization", "Bearer beta-token"),
    ];
    assert_eq!(
        registry.ask("POST", &uploads, &both, b"").status,
        401,
        "one of two tokens is nobody's"
    );
    #[rustfmt::skip] // One case, one line.
    let rows = [
        ("POST", uploads.as_str(), 403),
        ("PUT", &manifest, 403),
        ("DELETE", &blob, 403),
        ("PATCH", &upload, 403),
        ("POST", "/v2/modules/acme/pathology/blobs/uploads/", 403),
        ("POST", "/v2/elsewhere/acme/x/blobs/uploads/", 400),
        ("POST", "/v2/modules/beta/blobs/uploads/", 400),
        // An upload of somebody else, under a name that is one's own.
        ("PATCH", &format!("/v2/scratch/beta/x/blobs/uploads/{}", &upload[upload.len() - 32..]), 404),
        ("DELETE", &format!("/v2/scratch/beta/x/blobs/uploads/{}", &upload[upload.len() - 32..]), 404),
    ];
    for (method, path, status) in rows {
        let answer = registry.ask(method, path, &[("authorization", "Bearer beta-token")], b"");
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
    }
    assert_eq!(
        registry.acme("PATCH", &upload, &[], b"still there").status,
        202
    );
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let (registry, folder) = Running::fresh();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    registry.blob(TRIAL, b"bytes");
    let before = super::files(folder.path());
    let hex = "a".repeat(64);
    for path in [
        "/v2/../../secret".to_owned(),
        "/v2/..%2f..%2fsecret/tags/list".to_owned(),
        "/v2/scratch/acme/../../x/tags/list".to_owned(),
        "/v2/scratch//acme/tags/list".to_owned(),
        "/v2//tags/list".to_owned(),
        format!("/v2/{TRIAL}/blobs/sha256:../../../secret"),
        format!("/v2/{TRIAL}/blobs/sha256:..%2f..%2f..%2fsecret"),
        format!("/v2/{TRIAL}/blobs/../secret:{hex}"),
        format!("/v2/{TRIAL}/blobs/sha256:{}", hex.to_uppercase()),
        format!("/v2/{TRIAL}/blobs/sha256:{hex}%00"),
        format!("/v2/{TRIAL}/manifests/..%2f..%2fsecret"),
        format!("/v2/{TRIAL}/manifests/.."),
        format!("/v2/{TRIAL}/referrers/sha256:..%2f"),
        format!("/v2/{TRIAL}/blobs/uploads/../../secret"),
        format!("/v2/{TRIAL}/blobs/uploads/..%2f..%2fsecret"),
        format!("/v2/{TRIAL}/blobs/uploads/{}", "a".repeat(32)),
        format!("/v2/{}/tags/list", "a/".repeat(200) + "a"),
        format!("/v2/{}/tags/list", "a".repeat(5_000)),
    ] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
            let answer = registry.acme(method, &path, &[("content-type", IMAGE_MANIFEST)], b"{}");
            assert!(
                (400..500).contains(&answer.status),
                "{method} {path}: {answer:?}"
            );
            assert!(
                !answer.text().contains("\"secret\""),
                "{method} {path}: {answer:?}"
            );
        }
    }
    assert_eq!(
        super::files(folder.path()).len(),
        before.len(),
        "nothing was written"
    );
}

#[test]
fn unfinished_uploads_have_a_bound() {
    let (registry, folder) = Running::fresh();
    let begin = |token: &str, namespace: &str| {
        let path = format!("/v2/scratch/{namespace}/trial/blobs/uploads/");
        registry.ask("POST", &path, &[("authorization", token)], b"")
    };
    let begun: Vec<_> = (0..OPEN_UPLOADS_OF_ONE_MAX)
        .map(|_| begin("Bearer acme-token", "acme"))
        .collect();
    assert!(begun.iter().all(|it| it.status == 202));
    let refused = begin("Bearer acme-token", "acme");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(
        refused
            .text()
            .contains("16 uploads are open by this publisher"),
        "{refused:?}"
    );
    assert_eq!(
        begin("Bearer beta-token", "beta").status,
        202,
        "one publisher does not shut the others out"
    );
    let digest = Digest::sha256(b"x");
    let whole = registry.acme(
        "POST",
        &format!("/v2/{TRIAL}/blobs/uploads/?digest={digest}"),
        &[],
        b"x",
    );
    assert_eq!(whole.status, 429, "{whole:?}");
    assert_eq!(
        registry
            .acme("DELETE", begun[0].header("location"), &[], b"")
            .status,
        204
    );
    assert_eq!(
        begin("Bearer acme-token", "acme").status,
        202,
        "cancelling one makes room for one"
    );
    assert_eq!(
        super::files(&folder.path().join("uploads")).len(),
        OPEN_UPLOADS_OF_ONE_MAX + 1
    );
}

#[test]
fn what_breaks_off_leaves_nothing() {
    let (registry, folder) = Running::fresh();
    let begun = registry.acme("POST", &format!("/v2/{TRIAL}/blobs/uploads/"), &[], b"");
    let location = begun.header("location").to_owned();
    assert_eq!(registry.acme("PATCH", &location, &[], b"abc").status, 202);
    let mut stream = registry.connect();
    let head = format!(
        "PATCH {location} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer acme-token\r\ncontent-length: 100\r\n\r\nhalf"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    drop(stream);
    // The broken request may hold the upload for a moment: busy is an answer, other bytes would not be.
    let digest = Digest::sha256(b"abcdef");
    let finished = (0..200).map(|_| {
        std::thread::yield_now();
        registry.acme("PATCH", &location, &[("content-range", "3-5")], b"def")
    });
    let finished = finished.into_iter().find(|it| it.status != 429).unwrap();
    assert_eq!(finished.status, 202, "{finished:?}");
    assert_eq!(
        registry
            .acme("PUT", &format!("{location}?digest={digest}"), &[], b"")
            .status,
        201
    );
    assert_eq!(
        registry
            .ask("GET", &format!("/v2/{TRIAL}/blobs/{digest}"), &[], b"")
            .text(),
        "abcdef"
    );
    let huge = [("content-length", "99999999999")];
    let refused = registry.acme(
        "POST",
        &format!("/v2/{TRIAL}/blobs/uploads/?digest={digest}"),
        &huge,
        b"",
    );
    assert_eq!(refused.status, 413, "{refused:?}");
    assert_eq!(super::files(&folder.path().join("uploads")).len(), 0);
}

#[test]
fn a_restart_keeps_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (digest, location) = {
        let registry = Running::on(folder.path());
        let begun = registry.acme("POST", &format!("/v2/{TRIAL}/blobs/uploads/"), &[], b"");
        (
            registry.blob(TRIAL, b"kept"),
            begun.header("location").to_owned(),
        )
    };
    let orphan = folder.path().join("blobs/sha256").join("b".repeat(64));
    std::fs::write(&orphan, "a file that got its name and was never noted").unwrap();
    let registry = Running::on(folder.path());
    assert_eq!(
        registry
            .ask("GET", &format!("/v2/{TRIAL}/blobs/{digest}"), &[], b"")
            .text(),
        "kept"
    );
    assert_eq!(
        registry.acme("PATCH", &location, &[], b"x").status,
        404,
        "uploads are begun again"
    );
    assert!(!orphan.exists());
    assert_eq!(super::files(&folder.path().join("uploads")).len(), 0);
}
