//! A birth that is registered, and everything that is not one.
//!
//! Invariant: every way of making a Patient who is no newborn of the site, or nobody's, has a row.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{Rejected, Terms, checked};
use crate::Record;
use crate::caller::{Role, SiteCode};
use crate::departmental::grant::{Given, Grants};
use crate::departmental::manifest::{Manifest, WriteAction};
use crate::departmental::tests::{Ward, manifest};
use crate::tests::on_both_databases;

on_both_databases! {
    births_by_case,
}

const BABY: &str = "urn:uuid:00000000-0000-4000-8000-00000000000b";
const TWIN: &str = "urn:uuid:00000000-0000-4000-8000-00000000000c";

fn grants() -> Grants {
    let mut asked = manifest("maternity", "1.0.0");
    let mut given = Given::default();
    let mut writes = Vec::new();
    for name in ["Patient", "RelatedPerson", "Observation"] {
        writes.push(json!({"type": name, "actions": ["create"], "reason": "To register a birth."}));
        let create = BTreeSet::from([WriteAction::Create]);
        given.writes.insert(name.to_owned(), create);
    }
    asked["writes"] = json!(writes);
    Grants::of(&Manifest::parse(&asked).unwrap(), &given, Role::Clinician)
}

fn baby(site: &str) -> Value {
    json!({"action": "create", "temporary": BABY, "resource": {
        "resourceType": "Patient", "gender": "female", "birthDate": "2026-11-22",
        "managingOrganization": {"identifier": {"system": SiteCode::SYSTEM, "value": site}},
    }})
}

fn mother_of(baby: &str) -> Value {
    json!({"action": "create", "resource": {
        "resourceType": "RelatedPerson", "patient": {"reference": baby},
        "relationship": [{"coding": [{"system": super::ROLE_CODES, "code": "NMTH"}]}],
    }})
}

fn weight_of(baby: &str) -> Value {
    json!({"action": "create", "resource": {
        "resourceType": "Observation", "status": "final", "code": {"text": "Birth weight"}, "subject": {"reference": baby},
        "valueQuantity": {"value": 3400, "unit": "g"},
    }})
}

/// What of a birth is changed, and what becomes of the proposal.
#[rustfmt::skip]
fn cases(site: &str) -> Vec<(&'static str, Vec<Value>, &'static str)> {
    let birth = |member: &str, value: Value| {
        let mut baby = baby(site);
        baby["resource"][member] = value;
        vec![baby, mother_of(BABY)]
    };
    let without = |member: &str| {
        let mut baby = baby(site);
        baby.as_object_mut().unwrap().remove(member);
        vec![baby, mother_of(BABY)]
    };
    let relationship = |code: &str| {
        let mut mother = mother_of(BABY);
        mother["resource"]["relationship"][0]["coding"][0]["code"] = json!(code);
        vec![baby(site), mother]
    };
    vec![
        ("a birth", vec![baby(site), mother_of(BABY), weight_of(BABY)], "taken"),
        ("born on the last day", birth("birthDate", json!("2026-10-11")), "taken"),
        ("born a day before that", birth("birthDate", json!("2026-10-10")), "malformed"),
        ("born tomorrow", birth("birthDate", json!("2026-11-23")), "malformed"),
        ("born some day in November", birth("birthDate", json!("2026-11")), "malformed"),
        ("born nobody knows when", birth("birthDate", json!(null)), "malformed"),
        ("a number of its own making", birth("identifier", json!([{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}])), "malformed"),
        ("a link to somebody", birth("link", json!([{"other": {"reference": "Patient/p1"}, "type": "seealso"}])), "malformed"),
        ("looked after elsewhere", birth("managingOrganization", json!({"identifier": {"system": SiteCode::SYSTEM, "value": "RXL"}})), "malformed"),
        ("looked after by nobody", birth("managingOrganization", json!({"display": "Here"})), "malformed"),
        ("without a name in the proposal", without("temporary"), "malformed"),
        ("without a mother", vec![baby(site)], "malformed"),
        ("with the mother of another", vec![baby(site), mother_of(TWIN)], "malformed"),
        ("with a father alone", relationship("FTH"), "malformed"),
        ("an observation of nobody's baby", vec![baby(site), mother_of(BABY), weight_of(TWIN)], "not granted"),
        ("a mother of no baby", vec![mother_of(BABY)], "not granted"),
    ]
}

async fn births_by_case(record: Record) {
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
    for (name, changes, fate) in cases(ward.clinician.site().as_str()) {
        let document = json!({ "proposal": 1, "summary": "a birth", "changes": changes });
        let found = match checked(&record, &terms, &document).await {
            Ok(_) => "taken",
            Err(Rejected::Malformed { .. }) => "malformed",
            Err(Rejected::NotGranted(_)) => "not granted",
            Err(Rejected::Read(_)) => "not read",
        };
        assert_eq!(found, fate, "{name}");
    }
}
