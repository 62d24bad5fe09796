//! The way of an eye through surgery, step by step, with what is refused on it.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, form};
use sdk::{Value, json};

use crate::Ophthalmology;
use crate::pathway::steps::against_prediction;
use crate::refraction::Refraction;
use crate::tests::chart::{BIOMETRY, RISK, but, empty, filed, kept};
use crate::tests::forms::said;
use crate::tests::nodes;
use crate::tests::screens::open;

/// Label, state and note of each step of an eye.
fn steps(bedside: &Bedside, eye: usize) -> Vec<String> {
    let screen = open(bedside, "pathway");
    let steps = nodes(&screen, "task-steps")[eye]["steps"]
        .as_array()
        .unwrap()
        .clone();
    let words = |it: &Value| {
        format!(
            "{}: {} {}",
            it["label"].as_str().unwrap(),
            it["state"].as_str().unwrap(),
            it["note"].as_str().unwrap_or("-")
        )
    };
    steps.iter().map(words).collect()
}

fn choice(power: &str) -> Value {
    let mut form = form(&[("right-lens", power)]);
    form["carries"] = json!({ "biometry": "Observation/bio-0" });
    form["seen"] = json!([{ "resource": "Observation/bio-0", "version": "1" }]);
    form
}

fn measured() -> Bedside {
    let bedside = filed(
        empty(),
        "list",
        "pathway",
        "list",
        &[("listed-eye", "right"), ("decision", "listed")],
    );
    let bedside = filed(bedside, "bio", "biometry", "record", &BIOMETRY);
    filed(bedside, "risk", "cataract", "record", &RISK)
}

fn submitted(bedside: &Bedside, action: &str, form: &Value) -> Value {
    bedside
        .submit(&Ophthalmology, "pathway", action, form)
        .unwrap()
}

fn chosen() -> Bedside {
    let outcome = submitted(&measured(), "choose", &choice("20.5"));
    kept(measured(), "choice", &outcome)
}

fn signature(version: &str, signed: &str) -> Value {
    let mut form = form(&[("right-lens-checked", signed)]);
    form["carries"] = json!({ "choice": "Observation/choice-0" });
    form["seen"] = json!([{ "resource": "Observation/choice-0", "version": version }]);
    form
}

fn checked() -> Bedside {
    let outcome = submitted(&chosen(), "check", &signature("1", "yes"));
    let mut resource = outcome["proposal"]["changes"][0]["resource"].clone();
    resource["meta"] = json!({ "versionId": "2" });
    measured().with(resource).unwrap()
}

/// What choosing a lens proposes.
pub(crate) fn choice_of_a_lens() -> Value {
    submitted(&measured(), "choose", &choice("20.5"))
}

/// What recording a surgery proposes.
pub(crate) fn surgery() -> Value {
    submitted(&checked(), "operate", &form(&SURGERY))
}

const SURGERY: [(&str, &str); 3] = [
    ("eye", "right"),
    ("implanted", "checked"),
    ("capsule", "intact"),
];

#[test]
fn an_eye_goes_its_way_step_by_step_and_the_other_stays_where_it_is() {
    let nothing = steps(&empty(), 0);
    assert_eq!(nothing[0], "Listed for surgery: to-do Not recorded");
    assert_eq!(
        nothing[3],
        "Lens chosen: cannot-start A biometry with a lens power comes first"
    );
    assert_eq!(
        steps(&measured(), 0)[..4],
        [
            "Listed for surgery: done 20-Nov-2026",
            "Biometry: done 20-Nov-2026",
            "Risk of a torn capsule: done 4.98 %, 20-Nov-2026",
            "Lens chosen: to-do -",
        ]
    );
    assert_eq!(
        steps(&chosen(), 0)[3..5],
        [
            "Lens chosen: done +20.5 D A lens of constant 118.4, leaves -0.20 D, 20-Nov-2026",
            "Lens checked by a second person: current Chosen, not checked",
        ]
    );
    assert_eq!(
        steps(&checked(), 0)[4],
        "Lens checked by a second person: done -"
    );
    let operated = filed(
        checked().now("2026-12-01T08:00:00Z"),
        "op",
        "pathway",
        "operate",
        &SURGERY,
    );
    assert_eq!(
        steps(&operated, 0)[5..],
        [
            "Surgery: done 01-Dec-2026: lens +20.5 D; posterior capsule intact",
            "Refraction after surgery: to-do Not recorded",
        ]
    );
    let visit = [
        ("right-sphere", "-0.50"),
        ("right-cylinder", "-0.50"),
        ("right-axis", "90"),
    ];
    let seen = filed(
        operated.now("2027-01-05T08:00:00Z"),
        "v",
        "visit",
        "record",
        &visit,
    );
    assert_eq!(
        steps(&seen, 0)[6],
        "Refraction after surgery: done 05-Jan-2027: spherical equivalent -0.75 D, predicted -0.20 D, difference -0.55 D"
    );
    assert_eq!(
        steps(&seen, 1),
        steps(&empty(), 1),
        "the left eye was never spoken of"
    );
}

#[test]
fn a_lens_is_chosen_by_the_biometry_that_was_shown_and_from_its_table() {
    let table = [
        ("20.5", "1", None),
        ("20.4", "1", Some("right-lens: Select a lens of the table.")),
        ("", "1", Some("right-lens: Select a lens of the table.")),
        (
            "20.5",
            "2",
            Some(
                "form: The biometry has changed since this form was opened, or the eye was operated on. Open it again.",
            ),
        ),
    ];
    for (power, version, expected) in table {
        let mut form = choice(power);
        form["seen"][0]["version"] = json!(version);
        let outcome = submitted(&measured(), "choose", &form);
        match expected {
            None => assert_eq!(
                outcome["proposal"]["changes"][0]["resource"]["bodySite"]["coding"][0]["code"],
                "18944008"
            ),
            Some(words) => assert_eq!(said(&outcome), words, "{power} {version}"),
        }
    }
}

#[test]
fn a_choice_by_an_earlier_biometry_does_not_count() {
    let later = but(&BIOMETRY, &[("axial-length", "23.60")]);
    let bedside = filed(
        chosen().now("2026-11-27T09:30:00Z"),
        "later",
        "biometry",
        "record",
        &later,
    );
    assert_eq!(
        steps(&bedside, 0)[3],
        "Lens chosen: to-do The biometry has changed since a lens was chosen: choose again"
    );
    let outcome = submitted(&bedside, "check", &signature("1", "yes"));
    assert_eq!(
        said(&outcome),
        "form: The choice or its biometry has changed since this form was opened. Open it again."
    );
    let outcome = submitted(&bedside, "choose", &choice("20.5"));
    assert!(said(&outcome).starts_with("form: The biometry has changed"));
}

#[test]
fn a_choice_is_not_checked_by_choosing_it() {
    let outcome = submitted(&measured(), "choose", &choice("20.5"));
    assert_eq!(
        outcome["proposal"]["changes"][0]["resource"]["status"],
        "preliminary"
    );
    assert_eq!(
        said(&submitted(&chosen(), "check", &signature("1", "no"))),
        "right-lens-checked: Confirm the statement, or choose another lens."
    );
    assert!(
        said(&submitted(&chosen(), "check", &signature("2", "yes")))
            .starts_with("form: The choice")
    );
    let change = &submitted(&chosen(), "check", &signature("1", "yes"))["proposal"]["changes"][0];
    assert_eq!(
        (&change["action"], &change["resource"]["status"]),
        (&json!("update"), &json!("final"))
    );
}

#[test]
fn no_lens_is_chosen_for_an_altered_cornea_or_one_of_which_that_is_not_known() {
    for altered in ["yes", "not-known"] {
        let biometry = but(&BIOMETRY, &[("altered-cornea", altered)]);
        let bedside = filed(empty(), "bio", "biometry", "record", &biometry);
        assert!(
            steps(&bedside, 0)[1].starts_with("Biometry: current"),
            "{altered}"
        );
        assert!(
            said(&submitted(&bedside, "choose", &choice("20.5")))
                .starts_with("right-lens: Cannot be calculated: ")
        );
    }
}

#[test]
fn a_listing_and_a_surgery_by_what_was_typed() {
    let operated = filed(checked(), "op", "pathway", "operate", &SURGERY);
    type Fields<'a> = &'a [(&'static str, &'static str)];
    let table: [(&Bedside, &str, Fields<'_>, &str); 14] = [
        (
            &empty(),
            "list",
            &[],
            "listed-eye: The side is missing: say right or left eye. decision: Select the decision.",
        ),
        (
            &empty(),
            "list",
            &[("listed-eye", "left"), ("decision", "maybe")],
            "decision: Select the decision.",
        ),
        (
            &empty(),
            "list",
            &[("listed-eye", "left"), ("decision", "off")],
            "why-off: Say why it is taken off the list.",
        ),
        (
            &operated,
            "list",
            &[("listed-eye", "right"), ("decision", "listed")],
            "listed-eye: Surgery of this eye is on record, 20-Nov-2026.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("eye", "")]),
            "eye: The side is missing: say right or left eye.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("eye", "left")]),
            "implanted: No lens was chosen and checked for this eye.",
        ),
        (
            &chosen(),
            "operate",
            &SURGERY,
            "implanted: No lens was chosen and checked for this eye.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("implanted", "")]),
            "implanted: Select what was put in.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("capsule", "")]),
            "capsule: Select an answer; \"Not known\" is one.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("implanted", "other"), ("why", "Sulcus")]),
            "power: The power of the lens is not recorded.",
        ),
        (
            &checked(),
            "operate",
            &but(
                &SURGERY,
                &[("implanted", "other"), ("power", "20.0"), ("why", "Sulcus")],
            ),
            "power: The power of the lens cannot be read: write + or - before it.",
        ),
        (
            &checked(),
            "operate",
            &but(
                &SURGERY,
                &[
                    ("implanted", "other"),
                    ("power", "+60.5"),
                    ("why", "Sulcus"),
                ],
            ),
            "power: The power of the lens must be -20 to 60 D.",
        ),
        (
            &checked(),
            "operate",
            &but(&SURGERY, &[("implanted", "none")]),
            "why: Say why the lens that was checked is not in the eye.",
        ),
        (
            &operated,
            "operate",
            &but(&SURGERY, &[("implanted", "none"), ("why", "Again")]),
            "eye: Surgery of this eye is on record already, 20-Nov-2026.",
        ),
    ];
    for (bedside, action, fields, expected) in table {
        assert_eq!(
            said(&submitted(bedside, action, &form(fields))),
            expected,
            "{action} {fields:?}"
        );
    }
    for (power, fits) in [
        ("-20", true),
        ("-20.1", false),
        ("+60", true),
        ("+60.1", false),
    ] {
        let fields = but(
            &SURGERY,
            &[("implanted", "other"), ("power", power), ("why", "Sulcus")],
        );
        assert_eq!(
            submitted(&checked(), "operate", &form(&fields))
                .get("proposal")
                .is_some(),
            fits,
            "{power}"
        );
    }
}

#[test]
fn nothing_is_predicted_for_a_lens_that_was_not_checked() {
    let fields = but(
        &SURGERY,
        &[
            ("implanted", "other"),
            ("power", "+20.0"),
            ("why", "Sulcus"),
        ],
    );
    let operated = filed(checked(), "op", "pathway", "operate", &fields);
    let seen = filed(
        operated.now("2027-01-05T08:00:00Z"),
        "v",
        "visit",
        "record",
        &[("right-sphere", "-1.00")],
    );
    assert!(steps(&seen, 0)[6].ends_with(
        "spherical equivalent -1.00 D; no prediction is recorded for the lens in the eye"
    ));
}

#[test]
fn the_difference_is_what_is_seen_less_what_was_predicted() {
    let operated = filed(checked(), "op", "pathway", "operate", &SURGERY);
    operated.call(|call| {
        let recorded = super::Recorded::read(call).unwrap();
        let operation = recorded.of(crate::eye::Eye::Right).operation.unwrap();
        let found = Refraction {
            sphere_milli: 250,
            cylinder: None,
        };
        assert_eq!(
            against_prediction(found, operation),
            "spherical equivalent +0.25 D, predicted -0.20 D, difference +0.45 D"
        );
    });
}
