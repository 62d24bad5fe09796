//! Searches that are let through and searches that are refused.
//!
//! Invariant: every way of naming another patient or another type has a row.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::{allowed, next};
use crate::caller::Role;
use crate::departmental::grant::{Given, Grants};
use crate::departmental::manifest::Manifest;

fn grants() -> Grants {
    let manifest = Manifest::parse(&crate::departmental::manifest::tests::whole()).unwrap();
    let reads = ["Observation", "Practitioner", "Patient"]
        .map(str::to_owned)
        .into();
    Grants::of(
        &manifest,
        &Given {
            reads,
            ..Given::default()
        },
        Role::Clinician,
    )
}

#[test]
fn searches_by_case() {
    let patient = "p1".parse().unwrap();
    for (search, code) in [
        ("Observation", None),
        (
            "Observation?code=http://loinc.org|2160-0&_sort=-date&_count=50",
            None,
        ),
        ("Observation?subject=Patient/p1", None),
        ("Observation?subject=Patient/p2", Some("not-granted")),
        ("Observation?patient=p2", Some("not-granted")),
        (
            "Observation?patient=Patient/p1,Patient/p2",
            Some("not-granted"),
        ),
        ("Observation?performer=Patient/p2", Some("not-granted")),
        ("Observation?performer=Practitioner/d1", None),
        ("Patient?_id=p1", None),
        ("Patient?_id=p2", Some("not-granted")),
        ("Condition", Some("not-granted")),
        ("Basic", Some("not-granted")),
        ("Observations", Some("invalid")),
        ("Observation?colour=red", Some("invalid")),
        (
            "Observation?_include=Observation:performer:Practitioner",
            None,
        ),
        (
            "Observation?_include=Observation:performer:Organization",
            Some("not-granted"),
        ),
        (
            "Observation?_revinclude=DiagnosticReport:result",
            Some("not-granted"),
        ),
        (
            "Observation?_revinclude=Provenance:target",
            Some("not-granted"),
        ),
        ("Observation?_elements=code", Some("invalid")),
        ("Observation?_asOf=1", Some("invalid")),
        ("Practitioner?name=ada", None),
        ("Observation?performer:Practitioner.name=ada", None),
        ("Observation?performer.name=ada", Some("not-granted")),
        ("Observation?subject:Patient._id=p2", Some("not-granted")),
        ("Observation?subject:Patient._id=p1", None),
        ("Observation?encounter.class=AMB", Some("not-granted")),
        ("Patient?_has:Observation:patient:code=x", None),
        ("Patient?_has:Condition:patient:code=x", Some("not-granted")),
        (
            "Practitioner?_has:Observation:performer:code=x",
            Some("not-granted"),
        ),
        ("Observation?_list=1", Some("not-granted")),
        (
            "Observation?_filter=subject re Patient/p2",
            Some("not-granted"),
        ),
        ("Observation?_filter=code eq x", None),
    ] {
        let found = allowed(search, &grants(), Some(&patient))
            .err()
            .map(|failure| failure.code);
        assert_eq!(found.as_deref(), code, "{search}");
    }
}

#[test]
fn a_call_about_no_patient_reads_the_directory_only() {
    assert!(allowed("Practitioner?name=ada", &grants(), None).is_ok());
    assert_eq!(
        allowed("Observation", &grants(), None).unwrap_err().code,
        "not-granted"
    );
}

#[test]
fn bounds_are_kept() {
    let patient = "p1".parse().unwrap();
    let long = format!("Observation?code={}", "x".repeat(8 * 1024));
    assert_eq!(
        allowed(&long, &grants(), Some(&patient)).unwrap_err().code,
        "limit"
    );
    let many = format!("Observation?{}", "code=1&".repeat(65));
    assert_eq!(
        allowed(&many, &grants(), Some(&patient)).unwrap_err().code,
        "invalid"
    );
}

#[test]
fn the_next_page_is_the_same_search() {
    let patient = "p1".parse().unwrap();
    let asked = allowed(
        "Observation?code=http://loinc.org|2160-0&_page=old",
        &grants(),
        Some(&patient),
    )
    .unwrap();
    let next = next(&asked, "a b");
    assert_eq!(
        next,
        "Observation?code=http%3A%2F%2Floinc.org%7C2160-0&_page=a+b"
    );
    assert_eq!(
        allowed(&next, &grants(), Some(&patient))
            .unwrap()
            .query
            .page
            .as_deref(),
        Some("a b")
    );
}
