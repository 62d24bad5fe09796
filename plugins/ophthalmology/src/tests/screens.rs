//! Whole screens: as files, and what must be true of them whatever they look like.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, Value, json};

use super::chart::{BIOMETRY, RISK, but, empty, filed, with_visits};
use super::{folder, json_of, nodes};
use crate::Ophthalmology;
use crate::lists::{clinic_query, overdue_query};

pub(crate) fn open(bedside: &Bedside, screen: &str) -> Value {
    bedside
        .open(&Ophthalmology, screen, &Parameters::default())
        .unwrap()
}

pub(super) const PATIENT: [&str; 9] = [
    "visit",
    "trends",
    "drawing",
    "retinopathy",
    "biometry",
    "cataract",
    "glaucoma",
    "pathway",
    "summary",
];

fn about_the_site() -> Bedside {
    Bedside::of(folder()).unwrap().now("2026-11-20T09:42:00Z")
}

#[test]
fn lists_say_by_what_they_are_ordered_and_that_there_is_more() {
    let now = "2026-11-20T09:42:00Z";
    let columns = ["id", "patient", "start", "status", "reason"];
    let rows = [
        json!([
            "e1",
            "Patient/alan",
            "2026-11-20T09:30:00Z",
            "arrived",
            "Diabetic eye"
        ]),
        json!([
            "e2",
            "Patient/bess",
            "2026-11-20T10:00:00Z",
            "planned",
            null
        ]),
    ];
    let bedside = about_the_site().setting("clinic-note", "Clinic 4, second floor.");
    let bedside = bedside
        .rows_before(
            "next-page",
            "clinic",
            clinic_query(now, None),
            &columns,
            &rows,
        )
        .unwrap();
    let screen = open(&bedside, "clinic");
    let list = nodes(&screen, "worklist")[0];
    assert_eq!(list["order"], "Earliest first, 2 patients");
    assert_eq!(list["more"]["parameters"]["page"], "next-page");
    assert_eq!(list["rows"][1]["cells"][2]["absent"], "not-recorded");
    assert!(screen.to_string().contains("Clinic 4, second floor."));
    let columns = ["id", "patient", "due", "description"];
    let rows = [
        json!(["t1", "Patient/bess", "2026-11-19", "Glaucoma clinic"]),
        json!(["t2", "Patient/alan", "2026-10-01", "Glaucoma clinic"]),
        json!(["t3", null, "2026-10-01", "Glaucoma clinic"]),
    ];
    let bedside = about_the_site()
        .rows("follow-ups", overdue_query(now, None), &columns, &rows)
        .unwrap();
    let screen = open(&bedside, "overdue");
    let list = nodes(&screen, "worklist")[0];
    assert_eq!(
        list["rows"][0]["patient"], "Patient/alan",
        "the longest overdue is first"
    );
    assert!(
        list["order"]
            .as_str()
            .unwrap()
            .contains("1 without a day or a patient")
    );
}

#[test]
fn the_right_eye_is_always_on_the_left() {
    let bedside = with_visits();
    for screen in [
        "visit",
        "trends",
        "retinopathy",
        "biometry",
        "cataract",
        "glaucoma",
    ] {
        let text = open(&bedside, screen).to_string();
        let at = |words: &str| text.find(&format!("\"heading\":\"{words}")).unwrap();
        assert!(at("Right eye") < at("Left eye"), "{screen}");
    }
}

#[test]
fn every_screen_with_an_unverified_rule_says_so() {
    let bedside = with_visits();
    for screen in PATIENT {
        let drawn = open(&bedside, screen);
        let said = nodes(&drawn, "warning-callout");
        assert!(
            said.iter().any(|it| it["title"] == "Unverified rules"),
            "{screen}"
        );
    }
}

#[test]
fn low_vision_is_in_the_table_and_in_no_line() {
    let screen = open(&with_visits(), "trends");
    let titles: Vec<_> = nodes(&screen, "trend")
        .iter()
        .map(|it| it["title"].as_str().unwrap().to_owned())
        .collect();
    assert!(titles.contains(&"Right acuity, unaided".to_owned()));
    assert!(
        !titles.contains(&"Left acuity, unaided".to_owned()),
        "HM and CF are no points"
    );
    let table = nodes(&screen, "table")[0].to_string();
    assert!(table.contains("\"HM\"") && table.contains("Not a number"));
}

#[test]
fn an_examination_without_a_side_is_counted_and_shown_of_neither_eye() {
    for site in [
        json!(null),
        json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "40638003" }] }),
    ] {
        let mut observation = json!({
            "resourceType": "Observation", "id": "x", "status": "final", "subject": { "reference": "Patient/alan" },
            "code": { "coding": [{ "system": "urn:palatine:ophthalmology", "code": "intraocular-pressure" }] },
            "effectiveDateTime": "2026-11-20T08:00:00Z",
            "valueQuantity": { "value": 77, "unit": "mmHg" }
        });
        if !site.is_null() {
            observation["bodySite"] = site;
        }
        let screen = open(&with_visits().with(observation).unwrap(), "trends");
        assert!(!screen.to_string().contains("\"77\""));
        assert!(
            nodes(&screen, "warning-callout")[0]["text"]
                .as_str()
                .unwrap()
                .starts_with("1 examination names no single eye")
        );
    }
}

#[test]
fn what_was_entered_in_error_is_not_shown() {
    let mut observation = with_error("entered-in-error");
    assert!(
        !open(&empty().with(observation.clone()).unwrap(), "trends")
            .to_string()
            .contains("6/36")
    );
    observation["status"] = json!("final");
    assert!(
        open(&empty().with(observation).unwrap(), "trends")
            .to_string()
            .contains("6/36")
    );
}

fn with_error(status: &str) -> Value {
    let part = |code: &str, text: &str| json!({ "code": { "coding": [{ "system": "urn:palatine:ophthalmology", "code": code }] }, "valueString": text });
    json!({
        "resourceType": "Observation", "id": "x", "status": status, "subject": { "reference": "Patient/alan" },
        "code": { "coding": [{ "system": "urn:palatine:ophthalmology", "code": "visual-acuity" }] },
        "bodySite": { "coding": [{ "system": "http://snomed.info/sct", "code": "18944008" }] },
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "component": [part("as-read", "6/36"), part("scale", "snellen")]
    })
}

#[test]
fn a_biometry_that_cannot_be_calculated_has_no_table() {
    for (altered, why) in [
        (
            "not-known",
            "Cannot be calculated: it is not known whether the cornea had refractive surgery or has ectasia.",
        ),
        (
            "yes",
            "Cannot be calculated: the formula is not made for this: a cornea after refractive surgery, or with ectasia.",
        ),
    ] {
        let bedside = filed(
            empty(),
            "b",
            "biometry",
            "record",
            &but(&BIOMETRY, &[("altered-cornea", altered)]),
        );
        let screen = open(&bedside, "biometry");
        assert_eq!(nodes(&screen, "table").len(), 0);
        assert_eq!(nodes(&screen, "alert")[0]["text"], why);
    }
}

#[test]
fn eyes_that_differ_are_measured_again() {
    for (left, differ) in [("24.20", false), ("24.21", true)] {
        let bedside = filed(empty(), "r", "biometry", "record", &BIOMETRY);
        let left = but(&BIOMETRY, &[("eye", "left"), ("axial-length", left)]);
        let screen = open(
            &filed(bedside, "l", "biometry", "record", &left),
            "biometry",
        );
        let said = nodes(&screen, "alert")
            .iter()
            .any(|it| it["title"] == "The two eyes differ");
        assert_eq!(said, differ);
    }
}

#[test]
fn a_risk_with_a_question_unanswered_is_a_range() {
    let risk = but(&RISK, &[("pupil", "not-known"), ("surgeon", "consultant")]);
    let screen = open(
        &filed(empty(), "r", "cataract", "record", &risk),
        "cataract",
    );
    let alert = nodes(&screen, "alert")[0];
    assert_eq!(alert["title"], "Risk of a torn capsule is not known");
    // Male, 69, glaucoma: 1.14 * 1.28 * 1.30 = 1.897, and that times 1.45.
    assert_eq!(
        alert["text"],
        "Cannot be calculated: not known: pupil, dilated. It is between 1.39 % and 2.00 %."
    );
}

#[test]
fn the_manifest_reacts_to_pressures() {
    let manifest = json_of(folder().join("departmental.json"));
    assert_eq!(
        manifest["reactions"][0]["where"],
        "code=urn:palatine:ophthalmology|intraocular-pressure"
    );
}

#[test]
fn a_person_of_many_examinations_is_told_that_there_are_older_ones() {
    let rows = (0..400).map(|n| {
        let mut observation = with_error("final");
        observation["id"] = json!(format!("v{n:03}"));
        observation["effectiveDateTime"] = json!(format!(
            "20{:02}-{:02}-01T08:00:00Z",
            10 + n / 24,
            1 + n % 12
        ));
        observation
    });
    let few = open(&empty().with_all(rows.clone().take(300)).unwrap(), "trends");
    assert!(!few.to_string().contains("There are older ones"));
    let next = Parameters::default().with("page", "1");
    let bedside = empty().with_all(rows.clone()).unwrap();
    let newest = open(&bedside, "trends");
    assert_eq!(nodes(&newest, "link")[0]["parameters"]["page"], "1");
    let older = bedside.open(&Ophthalmology, "trends", &next).unwrap();
    let points = |screen: &Value| nodes(screen, "table")[0]["caption"].clone();
    assert_eq!(
        points(&newest),
        "Acuity in every scale: the newest 100 of 300"
    );
    assert_eq!(points(&older), "Acuity in every scale");
    assert!(!older.to_string().contains("There are older ones"));
    assert_eq!(nodes(&older, "link")[0]["text"], "Newer examinations");
    for page in ["-1", "1001", "x"] {
        let parameters = Parameters::default().with("page", page);
        let failure = bedside
            .open(&Ophthalmology, "trends", &parameters)
            .unwrap_err();
        assert_eq!(failure.code, "invalid", "{page}");
    }
    let more = rows.clone().chain(rows.map(|mut it| {
        it["id"] = json!(format!("w{}", it["id"].as_str().unwrap()));
        it
    }));
    let many = open(&empty().with_all(more).unwrap(), "trends");
    assert!(many.to_string().contains("There are older ones"));
}

#[test]
fn a_number_in_another_unit_is_shown_as_such_and_not_drawn() {
    for (unit, shown) in [(json!("kPa"), "2.1 kPa"), (json!(null), "2.1 (no unit)")] {
        let mut observation = json!({
            "resourceType": "Observation", "id": "x", "status": "final", "subject": { "reference": "Patient/alan" },
            "code": { "coding": [{ "system": "urn:palatine:ophthalmology", "code": "intraocular-pressure" }] },
            "bodySite": { "coding": [{ "system": "http://snomed.info/sct", "code": "18944008" }] },
            "effectiveDateTime": "2026-11-20T08:00:00Z", "valueQuantity": { "value": 2.1 }
        });
        if !unit.is_null() {
            observation["valueQuantity"]["unit"] = unit;
        }
        let screen = open(&empty().with(observation).unwrap(), "trends");
        assert_eq!(nodes(&screen, "trend").len(), 0, "{shown}");
        let pressures = nodes(&screen, "table")[1];
        assert_eq!(pressures["rows"][0]["cells"][2]["text"], shown);
    }
}
