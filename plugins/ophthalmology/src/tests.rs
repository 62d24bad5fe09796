//! The departmental at the bedside: whole screens, forms and reactions over a written chart.
#![expect(clippy::unwrap_used, reason = "tests")]

mod alerts;
pub(crate) mod chart;
mod demonstration;
pub(crate) mod forms;
pub(crate) mod screens;

use std::path::{Path, PathBuf};

use sdk::{Value, json};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json_of(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All nodes of a kind.
pub(crate) fn nodes<'a>(screen: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = screen["nodes"].as_array().unwrap();
    all.iter().filter(|node| node["kind"] == kind).collect()
}

#[test]
fn the_golden_cases_hold() {
    let cases = sdk::bedside::golden(folder(), &crate::Ophthalmology).unwrap();
    assert!(cases >= 80, "there are {cases} golden cases");
}

#[test]
fn the_packs_are_marked_unverified_for_as_long_as_a_part_of_them_is() {
    let manifest = json_of(folder().join("departmental.json"));
    for pack in manifest["packs"].as_array().unwrap() {
        let document = json_of(folder().join(pack["file"].as_str().unwrap()));
        let is_verified = document["unverified"].as_array().unwrap().is_empty();
        assert_eq!(pack["verified"], json!(is_verified), "{}", pack["name"]);
        assert!(
            crate::PACKS.iter().any(|(name, _)| pack["name"] == *name),
            "{}",
            pack["name"]
        );
    }
}

#[test]
fn a_pack_without_a_part_is_a_failure_that_names_it() {
    let screens = [
        ("acuity", "visit"),
        ("pressure", "visit"),
        ("refraction", "visit"),
        ("retinopathy", "retinopathy"),
        ("biometry", "biometry"),
        ("capsule-risk", "cataract"),
        ("glaucoma", "glaucoma"),
        ("drawing", "drawing"),
    ];
    for (name, screen) in screens {
        let whole = json_of(folder().join(format!("packs/{name}.json")));
        for part in whole
            .as_object()
            .unwrap()
            .keys()
            .filter(|it| *it != "about")
        {
            let mut pack = whole.clone();
            pack.as_object_mut().unwrap().remove(part);
            let bedside = chart::empty().pack(name, pack);
            let failure = bedside
                .open(&crate::Ophthalmology, screen, &sdk::Parameters::default())
                .unwrap_err();
            assert!(
                failure.detail.contains(part.as_str()),
                "{name} {part}: {failure}"
            );
        }
    }
}
