//! What references mean, and finding and rewriting them.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use serde_json::json;

use super::{Target, each, parse, rewrite, type_of};
use crate::resource::ResourceType;

#[test]
fn references_by_case() {
    let local = |key: &str, version: Option<&str>| Target::Local {
        key: key.parse().unwrap(),
        version: version.map(str::to_owned),
    };
    let other = |text: &str| Target::Other(text.to_owned());
    for (text, expected) in [
        ("Patient/1", local("Patient/1", None)),
        ("Patient/1/_history/2", local("Patient/1", Some("2"))),
        ("Patient/1/_history/", other("Patient/1/_history/")),
        ("Patient/1/", other("Patient/1/")),
        ("Patient/", other("Patient/")),
        ("Patient", other("Patient")),
        ("patient/1", other("patient/1")),
        ("/Patient/1", other("/Patient/1")),
        ("Patient/a_b", other("Patient/a_b")),
        ("Hospital/1", other("Hospital/1")),
        ("", other("")),
        ("#x", Target::Contained("x".to_owned())),
        ("#", Target::Contained(String::new())),
        ("urn:uuid:1", Target::Urn("urn:uuid:1".to_owned())),
        (
            "Patient?identifier=a|b",
            Target::Conditional {
                resource_type: ResourceType::PATIENT,
                query: "identifier=a|b".to_owned(),
            },
        ),
        (
            "https://a.example/Patient/1",
            Target::Absolute("https://a.example/Patient/1".to_owned()),
        ),
        (
            "https://a.example/x?y=z",
            Target::Absolute("https://a.example/x?y=z".to_owned()),
        ),
        ("://x", other("://x")),
    ] {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn types_by_case() {
    for (text, expected) in [
        ("Patient/1", Some(ResourceType::PATIENT)),
        ("Patient/1/_history/2", Some(ResourceType::PATIENT)),
        ("https://a.example/fhir/Group/1", Some(ResourceType::GROUP)),
        ("Patient?identifier=a/b", Some(ResourceType::PATIENT)),
        ("urn:uuid:1", None),
        ("Nobody/1", None),
    ] {
        assert_eq!(type_of(text), expected, "{text}");
    }
}

#[test]
fn every_reference_is_found_and_rewritten() {
    let mut value = json!({
        "resourceType": "Bundle",
        "entry": [{ "resource": {
            "subject": { "reference": "urn:uuid:1" },
            "contained": [{ "link": [{ "other": { "reference": "urn:uuid:2" } }] }],
            "extension": [{ "valueReference": { "reference": "Patient/3", "display": "urn:uuid:1" } }],
            "focus": { "reference": { "reference": "Patient/4" } },
            "note": "urn:uuid:1"
        } }]
    });
    let mut found = Vec::new();
    each(&value, |path, reference| {
        found.push(format!("{path} {reference}"))
    });
    assert_eq!(
        found,
        [
            "entry[0].resource.subject.reference urn:uuid:1",
            "entry[0].resource.contained[0].link[0].other.reference urn:uuid:2",
            "entry[0].resource.extension[0].valueReference.reference Patient/3",
            "entry[0].resource.focus.reference.reference Patient/4",
        ]
    );
    rewrite(&mut value, |reference| {
        reference
            .strip_prefix("urn:uuid:")
            .map(|id| format!("Patient/new-{id}"))
    });
    let mut found = Vec::new();
    each(&value, |_, reference| found.push(reference.to_owned()));
    assert_eq!(
        found,
        ["Patient/new-1", "Patient/new-2", "Patient/3", "Patient/4"]
    );
    assert_eq!(value["entry"][0]["resource"]["note"], "urn:uuid:1");
}
