//! The forms: a finding for each thing that can be wrong, on its field, and the proposal when nothing is.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::form;
use sdk::{Value, json};

use super::chart::{
    BIOMETRY, FOLLOW_UP, RISK, VISIT, but, empty, filed, looked_for, submit, with_visits,
};
use crate::Ophthalmology;

pub(crate) fn said(outcome: &Value) -> String {
    assert_eq!(outcome.get("proposal"), None, "{outcome}");
    let findings = outcome["findings"].as_array().unwrap();
    let each = findings.iter().map(|it| {
        let field = it["field"].as_str().unwrap_or("form");
        format!("{field}: {}", it["message"].as_str().unwrap())
    });
    each.collect::<Vec<_>>().join(" ")
}

type Fields<'a> = &'a [(&'static str, &'static str)];

#[test]
fn a_visit_by_what_was_typed() {
    let table: [(Fields<'_>, &str); 18] = [
        (&[], "form: Write what was examined, of one eye at least."),
        (
            &[("right-unaided", "6/9")],
            "acuity-scale: Select the scale of the acuities.",
        ),
        (
            &[("acuity-scale", "snellen"), ("right-unaided", "0.18")],
            "right-unaided: This Snellen acuity cannot be read: write it as 6/9, or 6/9-2 for two letters missed.",
        ),
        (
            &[("acuity-scale", "snellen"), ("left-unaided", "20/40")],
            "left-unaided: A test distance of 20 m is not used here: 6, 5, 4, 3, 2, 1, 0.5 m (metres, not feet).",
        ),
        (
            &[
                ("acuity-scale", "snellen"),
                ("acuity-at", "4"),
                ("right-unaided", "6/9"),
            ],
            "acuity-at: A distance is given only with logMAR or letters: Snellen has its own, as in 3/60.",
        ),
        (
            &[("acuity-scale", "letters"), ("right-unaided", "76")],
            "acuity-at: Say whether the score allows for the distance.",
        ),
        (
            &[
                ("acuity-scale", "letters"),
                ("acuity-at", "4"),
                ("right-unaided", "76"),
            ],
            "right-unaided: The score of letters must be 0 to 100 letters.",
        ),
        (
            &[
                ("acuity-scale", "letters"),
                ("acuity-at", "3"),
                ("right-unaided", "46"),
            ],
            "right-unaided: A test distance of 3 m is not used here: 4, 2, 1 m (metres, not feet).",
        ),
        (
            &[
                ("pressure-instrument", "goldmann"),
                ("right-pressure", "2.1 kPa"),
            ],
            "right-pressure: The pressure must be in mmHg, not in kPa.",
        ),
        (
            &[
                ("pressure-instrument", "goldmann"),
                ("left-pressure", "170"),
            ],
            "left-pressure: The pressure must be 0 to 80 mmHg.",
        ),
        (
            &[("right-pressure", "17")],
            "pressure-instrument: Select by what the pressure was measured.",
        ),
        (
            &[("pressure-instrument", "thumb"), ("right-pressure", "17")],
            "pressure-instrument: Select by what the pressure was measured.",
        ),
        (
            &[("right-thickness", "541")],
            "right-pressure: A corneal thickness is filed with a pressure: write the pressure.",
        ),
        (
            &[("right-thickness", "0.541 mm")],
            "right-thickness: The corneal thickness must be in µm, not in mm.",
        ),
        (
            &[("right-sphere", "2.25")],
            "right-sphere: The sphere cannot be read: write + or - before it.",
        ),
        (
            &[("right-sphere", "-1"), ("right-cylinder", "-1")],
            "right-axis: The axis of the cylinder is not recorded.",
        ),
        (
            &[("left-sphere", "-1"), ("left-axis", "90")],
            "left-cylinder: There is an axis and no cylinder: write the cylinder, or leave the axis empty.",
        ),
        (
            &[("left-axis", "90")],
            "left-sphere: The sphere is not recorded.",
        ),
    ];
    for (fields, expected) in table {
        assert_eq!(
            said(&submit(&empty(), "visit", "record", fields)),
            expected,
            "{fields:?}"
        );
    }
}

#[test]
fn one_wrong_value_holds_back_the_whole_visit() {
    let outcome = submit(
        &empty(),
        "visit",
        "record",
        &but(&VISIT, &[("left-axis", "190"), ("right-pressure", "x")]),
    );
    assert_eq!(
        said(&outcome),
        "right-pressure: The pressure must be a plain number. left-axis: The axis must be 1 to 180 degrees."
    );
}

#[test]
fn a_visit_is_an_observation_for_each_thing_of_each_eye() {
    let outcome = submit(
        &empty().encounter("Encounter/clinic"),
        "visit",
        "record",
        &VISIT,
    );
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    let sides = |code: &str| {
        changes
            .iter()
            .filter(|it| it["resource"]["bodySite"]["coding"][0]["code"] == code)
            .count()
    };
    assert_eq!(
        (changes.len(), sides("18944008"), sides("8966001")),
        (9, 5, 4)
    );
}

#[test]
fn low_vision_needs_no_scale_and_no_distance() {
    for scale in ["snellen", "log-mar", "letters", ""] {
        let fields = but(&[("right-unaided", "NPL")], &[("acuity-scale", scale)]);
        let outcome = submit(&empty(), "visit", "record", &fields);
        let text = outcome["proposal"]["changes"][0]["resource"]["component"].to_string();
        assert!(
            text.contains("low-vision") && text.contains("NPL"),
            "{scale}: {outcome}"
        );
    }
}

#[test]
fn a_missing_side_is_a_finding_on_every_form_of_one_eye() {
    let grade = looked_for("right", &[]);
    let forms: [(&str, &str, Fields<'_>); 4] = [
        ("retinopathy", "grade", &grade),
        ("biometry", "record", &BIOMETRY),
        ("cataract", "record", &RISK),
        (
            "drawing",
            "mark",
            &[
                ("eye", "right"),
                ("finding", "fundus:blot"),
                ("x", "1"),
                ("y", "1"),
            ],
        ),
    ];
    for (screen, action, fields) in forms {
        for eye in ["", "both", "OD"] {
            let outcome = submit(&empty(), screen, action, &but(fields, &[("eye", eye)]));
            assert_eq!(
                said(&outcome),
                "eye: The side is missing: say right or left eye.",
                "{screen} {eye}"
            );
        }
        let outcome = submit(&empty(), screen, action, fields);
        assert_eq!(
            outcome["proposal"]["changes"][0]["resource"]["bodySite"]["coding"][0]["code"],
            "18944008",
            "{screen}"
        );
    }
}

#[test]
fn a_grade_needs_what_would_change_it() {
    let irma = looked_for("left", &["irma"]);
    let table: [(Fields<'_>, &str); 5] = [
        (
            &[("nvd", "")],
            "nvd: Cannot be graded: say whether this was seen.",
        ),
        (
            &[("gradable", "")],
            "gradable: Say whether the retina can be graded.",
        ),
        (
            &[("treated", "")],
            "treated: Cannot be graded: say whether it was treated.",
        ),
        (
            &[("treated", "yes")],
            "stable: Cannot be graded: whether the treated retinopathy is stable is not recorded.",
        ),
        (
            &[("haemorrhage-within-1dd", "seen")],
            "form: Cannot be graded: no recent visual acuity of this eye is recorded, and with a haemorrhage near the fovea it decides. Record it as a visit first.",
        ),
    ];
    for (differs, expected) in table {
        let outcome = submit(&empty(), "retinopathy", "grade", &but(&irma, differs));
        assert_eq!(said(&outcome), expected, "{differs:?}");
    }
}

#[test]
fn a_haemorrhage_near_the_fovea_counts_only_with_a_poor_best_acuity_of_the_same_eye() {
    let near = looked_for("right", &["haemorrhage-within-1dd", "background"]);
    for (corrected, pinhole, macula) in [
        ("6/12", "6/18", "M1"),
        ("6/12", "6/9", "M0"),
        ("6/9", "6/12", "M0"),
        ("CF", "HM", "M1"),
    ] {
        let visit = [
            ("acuity-scale", "snellen"),
            ("right-corrected", corrected),
            ("right-pinhole", pinhole),
            ("left-unaided", "6/5"),
        ];
        let bedside = filed(empty(), "v", "visit", "record", &visit);
        let outcome = submit(&bedside, "retinopathy", "grade", &near);
        let parts = &outcome["proposal"]["changes"][0]["resource"]["component"];
        assert_eq!(
            parts[1]["valueCodeableConcept"]["coding"][0]["code"], macula,
            "{corrected} {pinhole}"
        );
        assert_eq!(
            outcome["proposal"]["changes"][0]["resource"]["status"],
            "preliminary"
        );
    }
}

fn confirmation(version: &str, confirmed: &str) -> Value {
    let mut form = form(&[("right-confirmed", confirmed)]);
    form["carries"] = json!({ "grade": "Observation/grade-r-0" });
    form["seen"] = json!([{ "resource": "Observation/grade-r-0", "version": version }]);
    form
}

#[test]
fn a_grade_is_confirmed_in_the_version_that_was_shown() {
    let confirm = |form: &Value| {
        with_visits()
            .submit(&Ophthalmology, "retinopathy", "confirm", form)
            .unwrap()
    };
    let outcome = confirm(&confirmation("1", "yes"));
    let change = &outcome["proposal"]["changes"][0];
    assert_eq!(
        (&change["action"], &change["seen"]),
        (&json!("update"), &json!("1"))
    );
    assert_eq!(change["resource"]["status"], "final");
    assert_eq!(change["resource"].get("meta"), None);
    assert_eq!(
        said(&confirm(&confirmation("2", "yes"))),
        "form: This grade has changed since the form was opened. Open it again."
    );
    assert_eq!(
        said(&confirm(&confirmation("1", "no"))),
        "right-confirmed: Confirm the statement, or grade the eye again."
    );
}

#[test]
fn a_biometry_by_what_was_typed() {
    let table: [(Fields<'_>, &str); 8] = [
        (
            &[("axial-length", "")],
            "axial-length: The axial length is not recorded.",
        ),
        (
            &[("axial-length", "2.35 cm")],
            "axial-length: The axial length must be in mm, not in cm.",
        ),
        (
            &[("axial-length", "235")],
            "axial-length: The axial length must be 18 to 38 mm.",
        ),
        (
            &[("keratometry-one", "43.5")],
            "keratometry-one: The corneal radius must be 5.6 to 11.25 mm.",
        ),
        (
            &[("keratometry-unit", "")],
            "keratometry-unit: Select the unit: mm is a radius, D a power.",
        ),
        (
            &[("a-constant", "11.84")],
            "a-constant: The A-constant must be 112 to 122.",
        ),
        (
            &[("altered-cornea", "")],
            "altered-cornea: Select an answer; \"Not known\" is one.",
        ),
        (
            &[("lens", "")],
            "lens: Write the lens to which the A-constant belongs.",
        ),
    ];
    for (differs, expected) in table {
        let outcome = submit(&empty(), "biometry", "record", &but(&BIOMETRY, differs));
        assert_eq!(said(&outcome), expected, "{differs:?}");
    }
}

#[test]
fn every_question_on_cataract_is_answered_or_said_to_be_not_known() {
    let outcome = submit(
        &empty(),
        "cataract",
        "record",
        &but(&RISK, &[("pupil", ""), ("surgeon", "ST7")]),
    );
    assert_eq!(
        said(&outcome),
        "pupil: Select an answer; \"Not known\" is one. surgeon: Select an answer; \"Not known\" is one."
    );
}

#[test]
fn a_mark_outside_the_drawing_is_refused() {
    for (x, y, expected) in [
        (
            "5.21",
            "0",
            "x: The place towards the nose must be -5.2 to 5.2 DD.",
        ),
        ("0", "-5.21", "y: The height must be -5.2 to 5.2 DD."),
        (
            "left",
            "0",
            "x: The place towards the nose must be a plain number.",
        ),
    ] {
        let fields = [
            ("eye", "right"),
            ("finding", "fundus:blot"),
            ("x", x),
            ("y", y),
        ];
        assert_eq!(
            said(&submit(&empty(), "drawing", "mark", &fields)),
            expected
        );
    }
    let front = [
        ("eye", "left"),
        ("finding", "front:blot"),
        ("x", "0"),
        ("y", "0"),
    ];
    assert_eq!(
        said(&submit(&empty(), "drawing", "mark", &front)),
        "finding: Select what was found."
    );
}

#[test]
fn a_follow_up_is_by_the_sooner_eye_and_closes_the_one_before() {
    let outcome = submit(&empty(), "glaucoma", "record", &FOLLOW_UP);
    assert_eq!(
        outcome["proposal"]["changes"][2]["resource"]["restriction"]["period"]["end"],
        "2027-01-01"
    );
    let mut again = form(&FOLLOW_UP);
    let unseen = with_visits()
        .submit(&Ophthalmology, "glaucoma", "record", &again)
        .unwrap();
    assert_eq!(
        said(&unseen),
        "form: The follow-up has changed since this form was opened. Open it again."
    );
    again["seen"] = json!([{ "resource": "Task/glaucoma-2", "version": "1" }]);
    let outcome = with_visits()
        .submit(&Ophthalmology, "glaucoma", "record", &again)
        .unwrap();
    let closed = &outcome["proposal"]["changes"][2];
    assert_eq!(
        (&closed["action"], &closed["resource"]["status"]),
        (&json!("update"), &json!("completed"))
    );
}

#[test]
fn a_follow_up_by_what_was_typed() {
    let table: [(Fields<'_>, &str); 6] = [
        (&[], "form: Select the risk of one eye at least."),
        (
            &[("right-risk", "severe")],
            "right-risk: This is none of the risks that can be selected.",
        ),
        (
            &[("right-target-low", "12"), ("right-target-high", "18")],
            "right-risk: A target is filed with a risk: select the risk.",
        ),
        (
            &[
                ("left-risk", "low"),
                ("left-target-low", "18"),
                ("left-target-high", "12"),
            ],
            "left-target-high: The target ends below where it begins.",
        ),
        (
            &[("left-risk", "low"), ("left-target-low", "18")],
            "left-target-low: Write both ends of the target, or neither.",
        ),
        (
            &[
                ("left-risk", "low"),
                ("left-target-low", "2 kPa"),
                ("left-target-high", "18"),
            ],
            "left-target-low: The pressure must be in mmHg, not in kPa.",
        ),
    ];
    for (fields, expected) in table {
        assert_eq!(
            said(&submit(&empty(), "glaucoma", "record", fields)),
            expected,
            "{fields:?}"
        );
    }
}

#[test]
fn an_unknown_action_or_form_is_not_provided() {
    for screen in [
        "visit",
        "drawing",
        "retinopathy",
        "biometry",
        "cataract",
        "glaucoma",
        "pathway",
        "trends",
        "summary",
    ] {
        let failure = empty()
            .submit(&Ophthalmology, screen, "erase", &form(&[]))
            .unwrap_err();
        assert_eq!(failure.code, "not-provided", "{screen}");
    }
}

#[test]
fn an_acuity_of_long_ago_decides_no_grade() {
    let near = looked_for("right", &["haemorrhage-within-1dd", "background"]);
    let visit = [("acuity-scale", "snellen"), ("right-corrected", "6/12")];
    // 183 days after 20 November, to the minute and one minute later.
    for (now, graded) in [
        ("2027-05-22T09:30:00Z", true),
        ("2027-05-22T09:31:00Z", false),
    ] {
        let bedside = filed(empty(), "v", "visit", "record", &visit).now(now);
        let outcome = submit(&bedside, "retinopathy", "grade", &near);
        assert_eq!(outcome.get("proposal").is_some(), graded, "{now}");
    }
}

#[test]
fn a_follow_up_of_one_eye_does_not_put_off_the_other() {
    // The right eye is of high risk and due on 1 January; the left alone is decided again.
    let mut left = form(&[("left-risk", "low")]);
    left["seen"] = json!([{ "resource": "Task/glaucoma-2", "version": "1" }]);
    let bedside = with_visits().now("2026-11-27T09:42:00Z");
    let outcome = bedside
        .submit(&Ophthalmology, "glaucoma", "record", &left)
        .unwrap();
    let changes = outcome["proposal"]["changes"].as_array().unwrap();
    let asked = changes.last().unwrap();
    assert_eq!(
        asked["resource"]["restriction"]["period"]["end"],
        "2027-01-01"
    );
}

#[test]
fn questions_that_are_all_not_known_are_filed_without_an_empty_list() {
    let fields: Vec<_> = RISK
        .iter()
        .map(|(name, value)| (*name, if *name == "eye" { *value } else { "not-known" }))
        .collect();
    let outcome = submit(&empty(), "cataract", "record", &fields);
    assert_eq!(
        outcome["proposal"]["changes"][0]["resource"].get("component"),
        None
    );
    let screen = super::screens::open(
        &filed(empty(), "r", "cataract", "record", &fields),
        "cataract",
    );
    assert_eq!(
        super::nodes(&screen, "alert")[0]["title"],
        "Risk of a torn capsule is not known"
    );
}

#[test]
fn the_length_of_an_eye_is_held_against_its_newest_biometry() {
    let contradicted = |mm: &'static str, of: &'static str, said: &'static str| {
        let biometry = but(&BIOMETRY, &[("axial-length", mm), ("eye", of)]);
        let bedside = filed(empty(), "b", "biometry", "record", &biometry);
        let outcome = submit(
            &bedside,
            "cataract",
            "record",
            &but(&RISK, &[("axial-length", said)]),
        );
        outcome.get("findings").is_some()
    };
    let table = [
        ("25.99", "right", "under-26", false),
        ("25.99", "right", "26-or-more", true),
        ("26.00", "right", "under-26", true),
        ("26.00", "right", "26-or-more", false),
        ("26.00", "right", "not-known", false),
        ("26.00", "left", "under-26", false),
    ];
    for (mm, of, said, expected) in table {
        assert_eq!(contradicted(mm, of, said), expected, "{mm} {of} {said}");
    }
}
