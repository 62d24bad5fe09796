//! What a live birth makes of the baby, and what of an ending other departments read.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::Value;

use super::screens::{booked, dated, in_labour};
use super::ward::Ward;
use crate::Maternity;

fn birth(ward: &Ward, fields: &[(&str, &str)]) -> Vec<Value> {
    let (action, filled) = ward.filled("birth", fields);
    let outcome = ward
        .bedside()
        .submit(&Maternity, "birth", &action, &filled)
        .unwrap();
    outcome["proposal"]["changes"].as_array().unwrap().clone()
}

fn of<'a>(changes: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let is_of = |it: &&Value| it["resource"]["resourceType"] == kind;
    changes.iter().filter(is_of).collect()
}

#[test]
fn a_live_birth_makes_the_baby_a_record_of_its_own() {
    let mut ward = in_labour();
    ward.now = "2027-01-15T22:00:00Z".to_owned();
    let at = ("at", "2027-01-15T20:31:00Z");
    let changes = birth(
        &ward,
        &[at, ("fetus", "A"), ("outcome", "live"), ("sex", "female")],
    );
    let (babies, mothers) = (of(&changes, "Patient"), of(&changes, "RelatedPerson"));
    let temporary = babies[0]["temporary"].as_str().unwrap();
    let baby = &babies[0]["resource"];
    assert_eq!((babies.len(), mothers.len()), (1, 1));
    assert_eq!(baby["birthDate"], "2027-01-15");
    assert_eq!(baby["gender"], "female");
    assert_eq!(baby["multipleBirthBoolean"], false);
    assert_eq!(baby["name"][0]["given"][0], "Baby A");
    assert_eq!(baby["name"][0]["family"], "Kazmi");
    assert_eq!(baby["managingOrganization"]["identifier"]["value"], "RXR");
    let mother = &mothers[0]["resource"];
    assert_eq!(mother["patient"]["reference"], temporary);
    assert_eq!(mother["relationship"][0]["coding"][0]["code"], "MTH");
    assert_eq!(mother["identifier"][0]["value"], "9434765919");
    let found = &of(&changes, "Observation")[0]["resource"];
    assert_eq!(found["subject"]["reference"], "Patient/saira");
    assert_eq!(found["focus"][1]["reference"], temporary);
}

#[test]
fn a_stillborn_baby_has_no_record_of_its_own() {
    let mut ward = in_labour();
    ward.now = "2027-01-15T22:00:00Z".to_owned();
    let at = ("at", "2027-01-15T20:31:00Z");
    let changes = birth(&ward, &[at, ("fetus", "A"), ("outcome", "stillbirth")]);
    assert!(of(&changes, "Patient").is_empty() && of(&changes, "RelatedPerson").is_empty());
}

/// Both sides of the 42 days of the pack.
#[test]
fn a_birth_recorded_long_after_it_makes_no_record() {
    let babies = |now: &str| {
        let mut ward = in_labour();
        ward.now = now.to_owned();
        let at = ("at", "2027-01-15T20:31:00Z");
        of(
            &birth(&ward, &[at, ("fetus", "A"), ("outcome", "live")]),
            "Patient",
        )
        .len()
    };
    assert_eq!(babies("2027-02-26T12:00:00Z"), 1);
    assert_eq!(babies("2027-02-27T12:00:00Z"), 0);
}

#[test]
fn how_a_pregnancy_ended_is_on_no_card() {
    for ending in ["miscarriage", "termination", "ectopic"] {
        let mut ward = booked();
        ward.now = "2026-06-25T12:00:00Z".to_owned();
        ward.record(
            "ending",
            &[
                ("on", "2026-06-24"),
                ("ending", ending),
                ("note", "Private."),
            ],
        );
        let cards = ward.bedside().advise(&Maternity, "patient-view").unwrap();
        let shown = [cards, ward.open("summary"), ward.open("pregnancy")].map(|it| it.to_string());
        assert!(shown[0].contains("Pregnancy ended yesterday."));
        for page in shown {
            let page = page.to_lowercase();
            assert!(
                !page.contains(ending) && !page.contains("private"),
                "{page}"
            );
        }
    }
}

#[test]
fn after_a_birth_nobody_is_told_that_she_is_pregnant() {
    let mut ward = dated();
    ward.now = "2027-01-15T22:00:00Z".to_owned();
    let at = ("at", "2027-01-15T20:31:00Z");
    ward.record("birth", &[at, ("fetus", "A"), ("outcome", "live")]);
    let cards = ward
        .bedside()
        .advise(&Maternity, "patient-view")
        .unwrap()
        .to_string();
    let summary = ward.open("summary").to_string();
    for page in [cards, summary] {
        assert!(
            page.contains("Birth recorded today.") && !page.contains("Pregnant"),
            "{page}"
        );
        assert!(page.contains("not assessed"), "{page}");
    }
}
