//! The stories of the demonstration data: every screen about a patient opens over each, and shows what the story is told for.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, demonstration};
use sdk::{Parameters, Value, json};

use super::screens::{PATIENT, open};
use super::{folder, nodes};
use crate::Ophthalmology;

const NOW: &str = "2026-11-20T09:42:00Z";

fn told(story: &str) -> Bedside {
    let file = folder().join(format!("demonstration/{story}.json"));
    let patient = json!({ "resourceType": "Patient", "id": "asha", "gender": "female", "birthDate": "1954-03-02" });
    let bedside = Bedside::of(folder()).unwrap().with(patient).unwrap();
    let resources = demonstration(file, "Patient/asha", NOW).unwrap();
    let bedside = bedside.with_all(resources).unwrap();
    bedside.patient("Patient/asha").now(NOW)
}

fn stories() -> Vec<String> {
    let files = std::fs::read_dir(folder().join("demonstration")).unwrap();
    let name = |it: std::fs::DirEntry| {
        it.path()
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    };
    let mut names: Vec<_> = files.map(|it| name(it.unwrap())).collect();
    names.sort();
    names
}

#[test]
fn every_screen_opens_over_every_story_and_leaves_nothing_out() {
    assert_eq!(stories().len(), 6);
    for story in stories() {
        for screen in PATIENT {
            let drawn = open(&told(&story), screen);
            let callouts = nodes(&drawn, "warning-callout");
            assert!(
                callouts
                    .iter()
                    .all(|it| it["title"] != "Not every examination is shown"),
                "{story}: {screen}"
            );
            let text = drawn.to_string();
            for unread in [
                "(no unit)",
                "cannot be read",
                "Cannot be read",
                "Cannot be converted",
            ] {
                assert!(!text.contains(unread), "{story}: {screen} says {unread}");
            }
        }
    }
}

#[test]
fn each_story_shows_what_it_is_told_for() {
    let table = [
        (
            "glaucoma-three-years",
            "trends",
            "Target of the right eye 12 to 18 mmHg",
        ),
        ("glaucoma-three-years", "glaucoma", "Above target"),
        (
            "glaucoma-three-years",
            "summary",
            "26 mmHg, raised, above target (12 to 18), 12-Nov-2026",
        ),
        ("glaucoma-three-years", "summary", "This day is past."),
        ("diabetic-eyes", "retinopathy", "Suggested, not confirmed"),
        ("diabetic-eyes", "summary", "R3A M0, confirmed, 11-Nov-2026"),
        ("diabetic-eyes", "drawing", "At the disc, a third of it"),
        (
            "cataract-lens-to-check",
            "pathway",
            "Check the lens of the right eye",
        ),
        (
            "cataract-lens-to-check",
            "pathway",
            "Choose the lens of the left eye",
        ),
        (
            "cataract-lens-to-check",
            "cataract",
            "Risk of a torn capsule is not known",
        ),
        ("cataract-lens-to-check", "drawing", "Nuclear cataract"),
        ("cataract-lens-to-check", "biometry", "The two eyes differ"),
        (
            "cataract-operated",
            "pathway",
            "spherical equivalent -0.25 D, predicted -0.20 D, difference -0.05 D",
        ),
        (
            "cataract-operated",
            "pathway",
            "Wants to wait until the summer",
        ),
        ("cataract-operated", "summary", "lens +20.5 D"),
        (
            "low-vision",
            "summary",
            "Counting fingers (CF), unaided, 06-Nov-2026",
        ),
        (
            "low-vision",
            "summary",
            "No perception of light (NPL), unaided, 06-Nov-2026",
        ),
        ("low-vision", "trends", "Not a number"),
        ("low-vision", "retinopathy", "R3S"),
        ("low-vision", "drawing", "All round the pupil"),
        ("at-risk-in-time", "glaucoma", "Within target"),
        ("at-risk-in-time", "summary", "2027-10-11"),
    ];
    for (story, screen, words) in table {
        let drawn = open(&told(story), screen).to_string();
        assert!(
            drawn.contains(words),
            "{story}: {screen} does not say: {words}"
        );
    }
}

#[test]
fn stories_make_cards_and_both_lists_worth_looking_at() {
    let cards = |story: &str| {
        let advice = told(story).advise(&Ophthalmology, "patient-view").unwrap();
        let cards = advice["cards"].as_array().unwrap().clone();
        cards
            .iter()
            .map(|it| it["indicator"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(cards("glaucoma-three-years"), ["warning", "warning"]);
    assert_eq!(cards("diabetic-eyes"), ["warning", "critical"]);
    assert_eq!(cards("low-vision"), ["warning", "warning"]);
    for quiet in [
        "cataract-lens-to-check",
        "cataract-operated",
        "at-risk-in-time",
    ] {
        assert!(cards(quiet).is_empty(), "{quiet}");
    }
    let organization = json!({ "resourceType": "Organization", "id": "demonstration", "identifier": [{ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RXR" }] });
    let mut site = Bedside::of(folder())
        .unwrap()
        .with(organization)
        .unwrap()
        .now(NOW);
    for (n, story) in stories().iter().enumerate() {
        let patient = json!({ "resourceType": "Patient", "id": format!("p{n}"), "managingOrganization": { "reference": "Organization/demonstration" } });
        let file = folder().join(format!("demonstration/{story}.json"));
        let resources = demonstration(file, &format!("Patient/p{n}"), NOW).unwrap();
        site = site.with(patient).unwrap().with_all(resources).unwrap();
    }
    let overdue = site
        .open(&Ophthalmology, "overdue", &Parameters::default())
        .unwrap();
    assert_eq!(
        nodes(&overdue, "worklist")[0]["rows"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let in_clinic = stories().into_iter().filter(|story| {
        let file = folder().join(format!("demonstration/{story}.json"));
        let resources = demonstration(file, "Patient/asha", NOW).unwrap();
        resources.iter().any(|it| {
            it["resourceType"] == "Encounter"
                && it["serviceType"]["coding"][0]["code"] == "394594003"
                && it["period"]["start"]
                    .as_str()
                    .unwrap()
                    .starts_with("2026-11-20")
        })
    });
    assert_eq!(in_clinic.count(), 5);
}

/// A story is written as the departmental itself would have written it: every examination of it has the codes, the side and the
/// parts of its kind.
#[test]
fn stories_are_written_as_the_forms_write() {
    let from_forms = super::chart::written_by_forms();
    let shape = |it: &Value| {
        let mut parts: Vec<_> = it["component"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|part| {
                let value = part
                    .as_object()
                    .unwrap()
                    .keys()
                    .find(|name| name.starts_with("value"))
                    .unwrap();
                (
                    part["code"]["coding"][0]["code"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                    value.clone(),
                    part[value.as_str()]["unit"].clone(),
                )
            })
            .collect();
        parts.sort_by(|one, other| one.0.cmp(&other.0));
        parts
    };
    for story in stories() {
        let file = folder().join(format!("demonstration/{story}.json"));
        for it in demonstration(file, "Patient/asha", NOW).unwrap() {
            if it["resourceType"] != "Observation" {
                continue;
            }
            let alike = from_forms
                .iter()
                .filter(|form| form["code"] == it["code"] && form["category"] == it["category"]);
            let bodies: Vec<_> = alike
                .clone()
                .filter(|form| form["bodySite"] == it["bodySite"])
                .collect();
            assert!(!bodies.is_empty(), "{story}: {}", it["id"]);
            let known: Vec<_> = alike.flat_map(shape).collect();
            for part in shape(&it) {
                assert!(
                    known.contains(&part),
                    "{story}: {} has the part {part:?}",
                    it["id"]
                );
            }
        }
    }
}
