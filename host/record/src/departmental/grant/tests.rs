//! The matrix of asked, given and the caller's own.
//!
//! Invariant: a row is granted only where all three say yes.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::{Given, Grants};
use crate::caller::Role;
use crate::departmental::manifest::{Manifest, WriteAction};

#[test]
fn grants_by_case() {
    let asked = Manifest::parse(&crate::departmental::manifest::tests::whole()).unwrap();
    for (asks, gives, role, granted) in [
        ("Observation", "Observation", Role::Clinician, true),
        ("Observation", "", Role::Clinician, false),
        ("", "Condition", Role::Clinician, false),
        (
            "Observation",
            "Observation",
            Role::TrustAdministrator,
            false,
        ),
        ("Observation", "Observation", Role::Reaction, true),
        (
            "Practitioner",
            "Practitioner",
            Role::TrustAdministrator,
            true,
        ),
        ("Task", "Task", Role::Clinician, false),
    ] {
        let mut given = Given::default();
        given.reads.insert(gives.to_owned());
        let grants = Grants::of(&asked, &given, role);
        let what = if asks.is_empty() { gives } else { asks };
        assert_eq!(
            grants.may_read(what),
            granted,
            "read {what} given {gives:?} as {role}"
        );
    }
}

#[test]
fn writes_are_granted_by_action() {
    let asked = Manifest::parse(&crate::departmental::manifest::tests::whole()).unwrap();
    let mut given = Given::default();
    given
        .writes
        .entry("Task".to_owned())
        .or_default()
        .insert(WriteAction::Create);
    given
        .writes
        .entry("Observation".to_owned())
        .or_default()
        .insert(WriteAction::Create);
    for (role, action, name, granted) in [
        (Role::Clinician, WriteAction::Create, "Task", true),
        (Role::Clinician, WriteAction::Update, "Task", false),
        (Role::Clinician, WriteAction::Create, "Observation", false),
        (Role::Reaction, WriteAction::Create, "Task", true),
        (Role::Feed, WriteAction::Create, "Task", false),
        (Role::TrustAdministrator, WriteAction::Create, "Task", false),
    ] {
        assert_eq!(
            Grants::of(&asked, &given, role).may_write(name, action),
            granted,
            "{role} {action:?} {name}"
        );
    }
}
