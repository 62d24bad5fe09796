//! Cases of `publishers`: who a header belongs to, and which files are refused.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{PublisherEntry, Publishers};
use crate::digest::Digest;
use crate::trust::SupplierKey;

fn entry(supplier: &str, token: &str, namespace: &str, seed: u8) -> PublisherEntry {
    PublisherEntry {
        supplier: supplier.to_owned(),
        token_sha256: Digest::sha256(token.as_bytes()).hex().to_owned(),
        namespaces: vec![namespace.parse().unwrap()],
        public_key: BASE64.encode(SupplierKey::from_seed(&[seed; 32]).public().as_bytes()),
    }
}

#[test]
fn headers_by_case() {
    let publishers = Publishers::new(&[entry("Acme", "secret", "acme", 1)]).unwrap();
    let basic = |text: &str| format!("Basic {}", BASE64.encode(text));
    for (header, known) in [
        ("Bearer secret".to_owned(), true),
        ("bearer secret".to_owned(), true),
        (basic("anybody:secret"), true),
        (basic(":secret"), true),
        ("Bearer Secret".to_owned(), false),
        ("Bearer ".to_owned(), false),
        ("secret".to_owned(), false),
        (String::new(), false),
        (basic("secret"), false),
        ("Basic %%%".to_owned(), false),
        ("Digest secret".to_owned(), false),
        (format!("Bearer {}", Digest::sha256(b"secret").hex()), false),
        (format!("Bearer {}", "x".repeat(10_000)), false),
    ] {
        let found = publishers
            .authenticate(&header)
            .map(|it| it.supplier.clone());
        assert_eq!(found, known.then(|| "Acme".to_owned()), "{header:.40}");
    }
}

#[test]
fn files_by_case() {
    let acme = entry("Acme", "a", "acme-health", 1);
    let with = |change: fn(&mut PublisherEntry)| {
        let mut it = entry("Beta", "b", "beta", 2);
        change(&mut it);
        it
    };
    for (case, other, expected) in [
        ("another supplier", with(|_| {}), "accepted"),
        (
            "the same supplier and key again",
            entry("Acme", "c", "acme-eyes", 1),
            "accepted",
        ),
        (
            "the same token",
            with(|it| it.token_sha256 = Digest::sha256(b"a").hex().to_owned()),
            "the same token",
        ),
        (
            "a token instead of its hash",
            with(|it| it.token_sha256 = "b".to_owned()),
            "64 lower-case hexadecimal",
        ),
        (
            "a like namespace",
            entry("Beta", "b", "acme-heath", 2),
            "are too alike",
        ),
        (
            "the same namespace",
            entry("Beta", "b", "acme-health", 2),
            "cannot be used",
        ),
        (
            "the same key",
            entry("Beta", "b", "beta", 1),
            "cannot be used",
        ),
        (
            "a key that is none",
            with(|it| it.public_key = "AAAA".to_owned()),
            "cannot be used",
        ),
    ] {
        let found = Publishers::new(&[acme.clone(), other]);
        let found = found.map_or_else(|error| error.to_string(), |_| "accepted".to_owned());
        assert!(found.contains(expected), "{case}: {found}");
    }
    assert!(Publishers::from_json(b"{}").is_err());
}
