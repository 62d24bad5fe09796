//! Cases of `name`: what is a name, what is not, and what is too like another.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use super::{Namespace, Place, Reference, Repository, Tag, Version, near_miss};

#[test]
fn repositories_by_case() {
    let long = "a".repeat(201);
    let deep = ["a"; 9].join("/");
    let legal = [
        "a",
        "modules/acme/pathology",
        "a.b",
        "a_b",
        "a__b",
        "a-b",
        "a---b",
        "a1/2b",
        "modules/a.b/c-d",
    ];
    let illegal = [
        "", "/", "a/", "/a", "a//b", "A", "a/B", "..", "a/../b", ".", "a/./b", "a..b", "a___b",
        "-a", "a-", "a._b", "a b", "a%2fb", "a\\b", "a\0b", "ä", "a:b", "a@b", &long, &deep,
    ];
    for name in legal {
        assert!(name.parse::<Repository>().is_ok(), "{name:?} is legal");
    }
    for name in illegal {
        assert!(name.parse::<Repository>().is_err(), "{name:?} is not legal");
    }
    for name in ["", "a/b", "..", "A", "a-"] {
        assert!(
            name.parse::<Namespace>().is_err(),
            "{name:?} is no namespace"
        );
    }
}

#[test]
fn places_by_case() {
    for (name, expected) in [
        ("modules/acme/pathology", Some((Place::Modules, "acme"))),
        ("modules/acme/eye/clinic", Some((Place::Modules, "acme"))),
        ("scratch/acme/trial", Some((Place::Scratch, "acme"))),
        ("modules/acme", None),
        ("modules", None),
        ("other/acme/pathology", None),
        ("modules2/acme/pathology", None),
    ] {
        let found = name.parse::<Repository>().unwrap().place().ok();
        let found = found
            .as_ref()
            .map(|(place, namespace)| (*place, namespace.as_str()));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn tags_and_versions_by_case() {
    let longest = "a".repeat(128);
    let too_long = "a".repeat(129);
    for (text, tag, version) in [
        ("1.0.0", true, true),
        ("1.0.0-rc.1", true, true),
        ("0.1.0+build", false, false),
        ("1.0", true, false),
        ("01.0.0", true, false),
        ("v1.0.0", true, false),
        ("latest", true, false),
        ("_x", true, false),
        (".x", false, false),
        ("-x", false, false),
        ("a/b", false, false),
        ("..", false, false),
        ("", false, false),
        ("a:b", false, false),
        (&longest, true, false),
        (&too_long, false, false),
    ] {
        assert_eq!(text.parse::<Tag>().is_ok(), tag, "tag {text:?}");
        assert_eq!(text.parse::<Version>().is_ok(), version, "version {text:?}");
    }
    let refused = "1.0.0+build".parse::<Version>().unwrap_err().to_string();
    assert!(refused.contains("no build metadata"), "{refused}");
}

#[test]
fn references_by_case() {
    let digest = format!("sha256:{}", "a".repeat(64));
    assert!(matches!(digest.parse(), Ok(Reference::Digest(_))));
    assert!(matches!("1.0.0".parse(), Ok(Reference::Tag(_))));
    for bad in [
        "sha256:a",
        "sha256:../..",
        "md5:aa",
        ":",
        &digest.to_uppercase(),
    ] {
        assert!(bad.parse::<Reference>().is_err(), "{bad:?}");
    }
}

#[test]
fn near_misses_by_case() {
    for (one, other, alike) in [
        ("pathology", "pathology", false),
        ("pathology", "path-ology", true),
        ("pathology", "patholgoy", true),
        ("pathology", "patholog", true),
        ("pathology", "pathologyy", true),
        ("pathology", "pathologx", true),
        ("pathology", "pathoiogy", true),
        ("modern", "modem", true),
        ("pathology", "pathologist", false),
        ("pathology", "maternity", false),
        ("news2", "news3", false),
        ("news2", "newst", true),
        ("acme", "acne", false),
        ("acme", "ac-me", true),
        ("a1", "al", true),
    ] {
        assert_eq!(near_miss(one, other), alike, "{one} and {other}");
        assert_eq!(near_miss(other, one), alike, "{other} and {one}");
    }
}
