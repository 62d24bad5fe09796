//! Proposals that go through and proposals that are refused whole.
//!
//! Invariant: every way out of the patient, the grants or the schema has a row.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Rejected, Terms, checked};
use crate::Record;
use crate::caller::{Role, SiteCode};
use crate::departmental::grant::{Given, Grants};
use crate::departmental::manifest::{Manifest, WriteAction};
use crate::departmental::tests::{Ward, create, manifest, observation, put, task};
use crate::proposal::Change;
use crate::tests::on_both_databases;

on_both_databases! {
    proposals_by_case,
}

const URN: &str = "urn:uuid:00000000-0000-4000-8000-000000000001";

fn grants() -> Grants {
    let manifest = Manifest::parse(&manifest("pathology", "1.0.0")).unwrap();
    let mut given = Given::default();
    given.writes.insert(
        "Task".to_owned(),
        BTreeSet::from([WriteAction::Create, WriteAction::Update]),
    );
    given.writes.insert(
        "Observation".to_owned(),
        BTreeSet::from([WriteAction::Update]),
    );
    Grants::of(&manifest, &given, Role::Clinician)
}

fn of(changes: &[Value]) -> Value {
    json!({ "proposal": 1, "summary": "a test", "changes": changes })
}

fn with(mut resource: Value, member: &str, value: Value) -> Value {
    resource[member] = value;
    resource
}

fn new_observation() -> Value {
    let mut observation = observation("x", "p1", 1.0);
    observation.as_object_mut().unwrap().remove("id");
    observation
}

fn update(resource: Value, seen: &str) -> Value {
    of(&[json!({ "action": "update", "resource": resource, "seen": seen })])
}

/// What is proposed, and what becomes of it.
#[rustfmt::skip]
fn cases() -> Vec<(&'static str, Value, &'static str)> {
    let focus = |text: &str| create(with(task("p1"), "focus", json!({ "reference": text })));
    let requester = |text: &str| create(with(task("p1"), "requester", json!({ "reference": text })));
    let o1 = || observation("o1", "p1", 2.0);
    vec![
        ("nothing", of(&[]), "taken"),
        ("a task", create(task("p1")), "taken"),
        ("a task of another patient", create(task("p2")), "not granted"),
        ("a task of nobody", create(json!({ "resourceType": "Task", "status": "requested", "intent": "order" })), "not granted"),
        ("a patient", create(json!({ "resourceType": "Patient" })), "not granted"),
        ("an action not given", create(new_observation()), "not granted"),
        ("a type not given", create(json!({ "resourceType": "Condition", "subject": { "reference": "Patient/p1" } })), "not granted"),
        ("an enablement", create(json!({ "resourceType": "Basic", "subject": { "reference": "Patient/p1" } })), "not granted"),
        ("no such type", create(json!({ "resourceType": "Spell" })), "malformed"),
        ("an id of its own", create(with(task("p1"), "id", json!("mine"))), "malformed"),
        ("focus in the chart", focus("Observation/o1"), "taken"),
        ("focus in another's chart", focus("Observation/o2"), "not granted"),
        ("focus on nothing", focus("Observation/never"), "not granted"),
        ("another patient in passing", requester("Patient/p2"), "not granted"),
        ("another patient, by version", requester("Patient/p2/_history/1"), "not granted"),
        ("a practitioner", requester("Practitioner/d1"), "taken"),
        ("elsewhere", focus("https://example.org/Observation/1"), "malformed"),
        ("a search", focus("Observation?code=1"), "malformed"),
        ("its own temporary", pair(URN, URN), "taken"),
        ("no temporary of its own", pair(URN, "urn:uuid:00000000-0000-4000-8000-000000000002"), "malformed"),
        ("a temporary of no shape", pair("urn:uuid:1", "urn:uuid:1"), "malformed"),
        ("a temporary twice", of(&[temporary(URN), temporary(URN)]), "malformed"),
        ("an update of its own", update(o1(), "1"), "taken"),
        ("an update of another's", update(observation("o2", "p2", 2.0), "1"), "not granted"),
        ("pulling another's over", update(observation("o2", "p1", 2.0), "1"), "not granted"),
        ("a version that never was", update(o1(), "9"), "not granted"),
        ("a version of no shape", update(o1(), "latest"), "malformed"),
        ("an update unseen", of(&[json!({ "action": "update", "resource": o1() })]), "malformed"),
        ("a deletion", of(&[json!({ "action": "delete", "resource": o1(), "seen": "1" })]), "malformed"),
        ("one good, one bad", of(&[temporary(URN), json!({ "action": "create", "resource": task("p2") })]), "not granted"),
        ("an order number", asking(task("p1"), &["order-number"]), "taken"),
        ("a number twice", asking(task("p1"), &["order-number", "order-number"]), "malformed"),
        ("a number of no kind", asking(task("p1"), &["nhs-number"]), "malformed"),
        ("a number that tasks have not", asking(task("p1"), &["accession-number"]), "malformed"),
        ("a number for what is there", of(&[json!({ "action": "update", "resource": o1(), "seen": "1", "identifiers": ["order-number"] })]), "malformed"),
        ("a number of the host's, made up", create(with(task("p1"), "identifier", json!([{ "system": "urn:palatine:identifier:order-number", "value": "RXR-0000001" }]))), "malformed"),
        ("such a number, put on what is there", update(with(o1(), "identifier", json!([{ "system": "urn:palatine:identifier:order-number", "value": "RXR-0000001" }])), "1"), "malformed"),
        ("a number of its own", create(with(task("p1"), "identifier", json!([{ "system": "urn:lune", "value": "1" }]))), "taken"),
        ("as many as may be", of(&vec![json!({ "action": "create", "resource": task("p1") }); 100]), "taken"),
        ("one too many", of(&vec![json!({ "action": "create", "resource": task("p1") }); 101]), "malformed"),
        ("too large", create(with(task("p1"), "description", json!("x".repeat(1024 * 1024)))), "malformed"),
        ("another edition", json!({ "proposal": 2, "summary": "", "changes": [] }), "malformed"),
        ("a member too many", json!({ "proposal": 1, "summary": "", "changes": [], "force": true }), "malformed"),
        ("no object", json!([]), "malformed"),
    ]
}

fn asking(resource: Value, kinds: &[&str]) -> Value {
    of(&[json!({ "action": "create", "resource": resource, "identifiers": kinds })])
}

fn temporary(urn: &str) -> Value {
    json!({ "action": "create", "resource": task("p1"), "temporary": urn })
}

/// A task with a temporary id, and one that is part of it.
fn pair(urn: &str, part_of: &str) -> Value {
    let part = with(task("p1"), "partOf", json!([{ "reference": part_of }]));
    of(&[
        temporary(urn),
        json!({ "action": "create", "resource": part }),
    ])
}

async fn proposals_by_case(record: Record) {
    let ward = Ward::on(&record).await;
    let patient = "p1".parse().unwrap();
    let grants = grants();
    let terms = Terms {
        caller: &ward.clinician,
        grants: &grants,
        patient: Some(&patient),
        t: record.current(),
        now: "2026-11-22T12:00:00Z",
    };
    for (name, document, fate) in cases() {
        let found = match checked(&record, &terms, &document).await {
            Ok(_) => "taken",
            Err(Rejected::Malformed { .. }) => "malformed",
            Err(Rejected::NotGranted(_)) => "not granted",
            Err(Rejected::Read(_)) => "not read",
        };
        assert_eq!(found, fate, "{name}");
    }
    of_nobody_by_case(&ward, terms).await;
}

/// In a call about no patient: what is about nobody is the site's own and is labelled so; nothing else is written.
async fn of_nobody_by_case(ward: &Ward, terms: Terms<'_>) {
    let calibrate = || json!({ "resourceType": "Task", "status": "requested", "intent": "order", "code": { "text": "Calibrate" } });
    let tags = |site: &str| json!({ "tag": [{ "system": SiteCode::SYSTEM, "code": site }] });
    for (id, site) in [("ours", "RXR"), ("theirs", "RTX")] {
        let kept = with(with(calibrate(), "id", json!(id)), "meta", tags(site));
        ward.write(vec![put(kept)]).await;
    }
    let nobody = Terms {
        patient: None,
        t: ward.record.current(),
        ..terms
    };
    let change = |id: &str| update(with(calibrate(), "id", json!(id)), "1");
    let refers = |to: &str| create(with(calibrate(), "focus", json!({ "reference": to })));
    for (name, document, fate) in [
        ("about nobody", create(calibrate()), "taken"),
        ("about a patient", create(task("p1")), "not granted"),
        (
            "about nobody, of a patient",
            refers("Patient/p1"),
            "not granted",
        ),
        (
            "about nobody, of a patient's result",
            refers("Observation/o1"),
            "not granted",
        ),
        ("of what is the site's own", refers("Task/ours"), "taken"),
        ("what is the site's own, anew", change("ours"), "taken"),
        (
            "what is another site's own",
            change("theirs"),
            "not granted",
        ),
    ] {
        match checked(&ward.record, &nobody, &document).await {
            Ok(taken) => {
                assert_eq!(fate, "taken", "{name}");
                let (Change::Create { resource, .. } | Change::Update { resource, .. }) =
                    &taken.changes[0]
                else {
                    unreachable!("a departmental creates and updates");
                };
                assert_eq!(resource.value()["meta"], tags("RXR"), "{name}");
            }
            Err(why) => {
                assert!(matches!(why, Rejected::NotGranted(_)), "{name}: {why}");
                assert_eq!(fate, "not granted", "{name}: {why}");
            }
        }
    }
}
