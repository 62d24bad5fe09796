//! The stories of the demonstration: every page over every story, and that each shows what it is told for.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, demonstration};
use sdk::{Parameters, Value, json};

use super::screens::NOW;
use crate::Maternity;

const SCREENS: [&str; 12] = [
    "pregnancy",
    "booking",
    "dating",
    "visit",
    "growth",
    "clots",
    "schedule",
    "labour",
    "birth",
    "ending",
    "contacts",
    "summary",
];

/// A story, a page of it, and what must be on that page.
const SHOWN: [(&str, &str, &str); 17] = [
    ("growth-falls-off", "growth", "reference-curve-chart"),
    ("growth-falls-off", "pregnancy", "centile"),
    ("growth-falls-off", "visit", "\"kind\":\"trend\""),
    ("growth-falls-off", "clots", "Not all was asked"),
    ("twins", "growth", "Fetus B: estimated weight"),
    ("twins", "clots", "Consider LMWH from the first trimester"),
    ("labour-held-up", "labour", "Fetal heart 164 /min"),
    ("labour-held-up", "labour", "Cervix 7 cm for 3 h 5 min"),
    ("labour-held-up", "summary", "In labour, 4 to review"),
    ("not-seen-again", "schedule", "Not dated"),
    ("not-seen-again", "summary", "Not dated yet"),
    ("birth-with-haemorrhage", "birth", "4a: Multiparous"),
    ("birth-with-haemorrhage", "birth", "1250"),
    ("birth-with-haemorrhage", "clots", "From before the birth"),
    ("again-after-caesarean", "pregnancy", "embryo transfer"),
    ("again-after-caesarean", "schedule", "overdue"),
    ("lost", "summary", "Pregnancy ended 5 days ago."),
];

fn story(name: &str, patient: &str) -> Vec<Value> {
    let file = format!("{}/demonstration/{name}.json", env!("CARGO_MANIFEST_DIR"));
    demonstration(file, patient, NOW).unwrap()
}

fn bedside() -> Bedside {
    Bedside::of(env!("CARGO_MANIFEST_DIR")).unwrap().now(NOW)
}

fn woman(id: &str) -> Value {
    let org = json!({ "identifier": { "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RXR" } });
    json!({ "resourceType": "Patient", "id": id, "gender": "female", "birthDate": "1988-02-09", "managingOrganization": org })
}

fn names() -> Vec<String> {
    let folder = format!("{}/demonstration", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .map(|it| it.strip_suffix(".json").unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_page_is_drawn_over_every_story() {
    let names = names();
    assert!((4..=8).contains(&names.len()), "{names:?}");
    for name in &names {
        let chart = bedside()
            .with(woman("asha"))
            .unwrap()
            .with_all(story(name, "Patient/asha"))
            .unwrap()
            .patient("Patient/asha");
        for screen in SCREENS {
            let drawn = chart.open(&Maternity, screen, &Parameters::default());
            assert!(drawn.is_ok(), "{name}, {screen}: {drawn:?}");
            let drawn = drawn.unwrap();
            for (_, _, words) in SHOWN.iter().filter(|it| it.0 == name && it.1 == screen) {
                assert!(
                    drawn.to_string().contains(words),
                    "{name}, {screen}: {words}"
                );
            }
        }
        assert!(
            SHOWN.iter().any(|it| it.0 == name),
            "nothing is shown of {name}"
        );
    }
}

#[test]
fn the_lists_of_a_site_have_somebody_in_every_state() {
    let mut site = bedside();
    for name in names() {
        let reference = format!("Patient/{name}");
        site = site.with(woman(&name)).unwrap();
        site = site.with_all(story(&name, &reference)).unwrap();
    }
    let list = |screen: &str| {
        let drawn = site.open(&Maternity, screen, &Parameters::default());
        drawn.unwrap().to_string()
    };
    for state in ["Overdue", "Not dated", "Expected", "Birth recorded"] {
        assert!(
            list("caseload").contains(&format!("\"{state}\"")),
            "{state}"
        );
    }
    for (name, is_on) in [
        ("labour-held-up", true),
        ("not-seen-again", true),
        ("twins", false),
    ] {
        assert_eq!(list("due").contains(name), is_on, "{name}");
    }
}
