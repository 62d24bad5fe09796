//! Stories of the demonstration: every screen of a patient opens over each, and shows what the story is about.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, json};

use super::chart::NOW;
use super::{folder, json_of, nodes};
use crate::Pathology;

const STORIES: [&str; 6] = [
    "worsening-kidneys",
    "critical-potassium",
    "falling-haemoglobin",
    "platelets-held",
    "told-and-closed",
    "diabetes-review",
];

/// An invented person of the age and sex that the story asks for, and all that the story says of them.
fn person(story: &str) -> Vec<Value> {
    let file = folder().join(format!("demonstration/{story}.json"));
    let who = json_of(file.clone())["who"].clone();
    let gender = who["gender"].as_str().unwrap_or("female");
    let birth = format!("{}-06-01", 2026 - who["from_age"].as_u64().unwrap() - 1);
    let reference = format!("Patient/{story}");
    let mut chart = sdk::bedside::demonstration(file, &reference, NOW).unwrap();
    chart.push(json!({
        "resourceType": "Patient", "id": story, "gender": gender, "birthDate": birth,
        "managingOrganization": { "reference": "Organization/demonstration" }
    }));
    chart
}

fn everybody() -> Bedside {
    let ods = "https://fhir.nhs.uk/Id/ods-organization-code";
    let trust = json!({ "resourceType": "Organization", "id": "demonstration", "identifier": [{ "system": ods, "value": "RXR" }] });
    let people = STORIES.iter().flat_map(|story| person(story));
    let bedside = Bedside::of(folder()).unwrap().now(NOW);
    bedside.with(trust).unwrap().with_all(people).unwrap()
}

fn open(bedside: &Bedside, screen: &str, parameters: &[(&str, &str)]) -> Value {
    let none = Parameters::default();
    let all = parameters.iter();
    let all = all.fold(none, |all, (name, value)| all.with(*name, *value));
    bedside.open(&Pathology, screen, &all).unwrap()
}

#[test]
fn the_folder_holds_these_stories_and_no_others() {
    let there = std::fs::read_dir(folder().join("demonstration")).unwrap();
    let mut there: Vec<_> = there
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut stories = STORIES.map(|it| format!("{it}.json"));
    stories.sort();
    assert_eq!(there, stories);
}

#[test]
fn every_screen_of_a_patient_opens_over_every_story() {
    let manifest = json_of(folder().join("departmental.json"));
    for story in STORIES {
        let bedside = everybody().patient(format!("Patient/{story}"));
        let screens = manifest["screens"].as_array().unwrap().iter();
        let about_a_patient =
            screens.filter(|it| it["place"] == "patient" || it["place"] == "summary");
        for screen in about_a_patient {
            let id = screen["id"].as_str().unwrap();
            open(&bedside, id, &[("test", "potassium")]);
        }
        assert!(
            bedside.advise(&Pathology, "patient-view").is_ok(),
            "{story}"
        );
    }
}

#[test]
fn each_story_shows_what_it_is_about() {
    let table = [
        (
            "worsening-kidneys",
            "cumulative",
            &[
                "AKI stage 2",
                "Review by a senior clinician",
                "Acknowledge 2 reports not yet read",
            ][..],
        ),
        (
            "worsening-kidneys",
            "summary",
            &["AKI stage 2", "2 reports are not yet read."],
        ),
        (
            "critical-potassium",
            "calls",
            &[
                "Escalate the call",
                "Nobody reached yet; overdue by 60 minutes",
            ],
        ),
        (
            "critical-potassium",
            "authorise",
            &[
                "Creatinine 164 umol/L",
                "the run violates 2-2s",
                "Quality control warns by 1-2s",
            ],
        ),
        (
            "critical-potassium",
            "summary",
            &["Nobody was told, and it is overdue", "1 result is held"],
        ),
        ("critical-potassium", "enter", &["DEMO-4101"]),
        (
            "falling-haemoglobin",
            "calls",
            &["Told, and to be closed with a reason"],
        ),
        (
            "falling-haemoglobin",
            "requests",
            &["At once", "Waiting for a specimen"],
        ),
        ("falling-haemoglobin", "trend", &["No results"]),
        (
            "platelets-held",
            "requests",
            &["Received, DEMO-4303", "Waiting for a specimen"],
        ),
        (
            "platelets-held",
            "authorise",
            &["platelet clumps", "delta check"],
        ),
        ("told-and-closed", "calls", &["Nobody is to be telephoned"]),
        (
            "told-and-closed",
            "summary",
            &[
                "No critical result of this departmental is open.",
                "Every report has been read.",
            ],
        ),
        (
            "told-and-closed",
            "trend",
            &["3 results, from 2.3 to 4.1 mmol/L"],
        ),
        (
            "diabetes-review",
            "cumulative",
            &[
                "eGFR, calculated",
                "Adjusted calcium, calculated",
                "2.28",
                "HbA1c",
            ],
        ),
    ];
    for (story, screen, expected) in table {
        let bedside = everybody().patient(format!("Patient/{story}"));
        let drawn = open(&bedside, screen, &[("test", "potassium")]).to_string();
        for words in expected {
            assert!(drawn.contains(words), "{story}, {screen}: {words}\n{drawn}");
        }
    }
}

#[test]
fn the_lists_of_the_site_are_worth_looking_at() {
    let site = everybody();
    let rows = |screen: &str, parameters: &[(&str, &str)]| {
        let drawn = open(&site, screen, parameters);
        nodes(&drawn, "worklist")[0]["rows"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(rows("critical-calls", &[]), 2);
    assert_eq!(rows("worklist", &[("section", "blood-sciences")]), 1);
    assert_eq!(rows("worklist", &[("section", "haematology")]), 1);
    assert_eq!(rows("bench", &[("section", "blood-sciences")]), 3);
    assert_eq!(rows("bench", &[("section", "haematology")]), 1);
}
