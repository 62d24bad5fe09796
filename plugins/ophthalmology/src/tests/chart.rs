//! An invented person's chart, filled by the departmental's own forms, and the bedside at which it lies.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, form};
use sdk::{Value, json};

use super::folder;
use crate::Ophthalmology;

/// Nothing in the chart but the person.
pub(crate) fn empty() -> Bedside {
    let patient = json!({ "resourceType": "Patient", "id": "alan", "gender": "male", "birthDate": "1957-07-14" });
    Bedside::of(folder())
        .unwrap()
        .with(patient)
        .unwrap()
        .patient("Patient/alan")
        .now("2026-11-20T09:30:00Z")
}

pub(crate) fn submit(
    bedside: &Bedside,
    screen: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Value {
    bedside
        .submit(&Ophthalmology, screen, action, &form(fields))
        .unwrap()
}

/// The bedside once what the form proposed is committed.
pub(crate) fn filed(
    bedside: Bedside,
    ids: &str,
    screen: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Bedside {
    let outcome = submit(&bedside, screen, action, fields);
    kept(bedside, ids, &outcome)
}

/// The bedside once what was proposed is committed.
pub(crate) fn kept(bedside: Bedside, ids: &str, outcome: &Value) -> Bedside {
    let changes = outcome["proposal"]["changes"].as_array();
    let changes = changes.unwrap_or_else(|| panic_with(outcome)).clone();
    let resources = changes.iter().enumerate().map(|(n, change)| {
        assert_eq!(change["action"], "create");
        let mut resource = change["resource"].clone();
        resource["id"] = json!(format!("{ids}-{n}"));
        resource
    });
    let resources: Vec<_> = resources.collect();
    bedside.with_all(resources).unwrap()
}

#[expect(clippy::panic, reason = "the form was to be accepted")]
fn panic_with(outcome: &Value) -> ! {
    panic!("{outcome}")
}

/// Every field of a visit of both eyes.
pub(crate) const VISIT: [(&str, &str); 17] = [
    ("acuity-scale", "snellen"),
    ("pressure-instrument", "goldmann"),
    ("right-unaided", "6/24"),
    ("right-corrected", "6/9-1"),
    ("right-pinhole", "6/9"),
    ("left-unaided", "HM"),
    ("left-corrected", "6/12"),
    ("right-pressure", "24"),
    ("right-thickness", "541"),
    ("left-pressure", "17"),
    ("right-sphere", "-2.25"),
    ("right-cylinder", "-0.50"),
    ("right-axis", "180"),
    ("left-sphere", "plano"),
    ("left-cylinder", "+0.25"),
    ("left-axis", "5"),
    ("left-thickness", "538"),
];

/// All that an eye without any sign has been looked at for.
pub(crate) fn looked_for(
    eye: &'static str,
    seen: &[&'static str],
) -> Vec<(&'static str, &'static str)> {
    let signs = crate::retinopathy::Sign::ALL.map(|sign| {
        let answer = if seen.contains(&sign.code()) {
            "seen"
        } else {
            "not-seen"
        };
        (sign.code(), answer)
    });
    let mut fields = vec![("eye", eye), ("gradable", "yes"), ("treated", "no")];
    fields.extend(signs);
    fields
}

pub(crate) const BIOMETRY: [(&str, &str); 9] = [
    ("eye", "right"),
    ("keratometry-unit", "mm"),
    ("keratometry-one", "7.80"),
    ("keratometry-other", "7.60"),
    ("altered-cornea", "no"),
    ("lens", "A lens of constant 118.4"),
    ("axial-length", "23.50"),
    ("a-constant", "118.4"),
    ("target", "-0.25"),
];

pub(crate) const RISK: [(&str, &str); 11] = [
    ("eye", "right"),
    ("glaucoma", "yes"),
    ("retinopathy", "diabetes-only"),
    ("fundal-view", "view"),
    ("cataract", "other"),
    ("zonules", "no"),
    ("pupil", "large"),
    ("axial-length", "under-26"),
    ("alpha-blocker", "no"),
    ("lie-flat", "yes"),
    ("surgeon", "junior"),
];

pub(crate) const FOLLOW_UP: [(&str, &str); 4] = [
    ("right-risk", "high"),
    ("right-target-low", "12"),
    ("right-target-high", "18"),
    ("left-risk", "moderate"),
];

/// With these fields in place of their like; an empty one is left out.
pub(crate) fn but(
    fields: &[(&'static str, &'static str)],
    differs: &[(&'static str, &'static str)],
) -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = fields.to_vec();
    all.retain(|(name, _)| !differs.iter().any(|(other, _)| other == name));
    all.extend(differs.iter().filter(|(_, value)| !value.is_empty()));
    all
}

/// Two visits, a grade of each eye, a biometry of each, answers on cataract, a mark, a follow-up.
pub(crate) fn with_visits() -> Bedside {
    let earlier = but(
        &VISIT,
        &[
            ("right-pressure", "21"),
            ("left-pressure", "18.5"),
            ("left-unaided", "CF"),
            ("right-corrected", "6/9"),
        ],
    );
    let bedside = empty().now("2026-05-22T09:42:00Z");
    let bedside = filed(bedside, "may", "visit", "record", &earlier).now("2026-11-20T09:42:00Z");
    let bedside = filed(bedside, "nov", "visit", "record", &VISIT);
    let right = looked_for(
        "right",
        &["multiple-blots", "background", "exudate-within-1dd"],
    );
    let bedside = filed(bedside, "grade-r", "retinopathy", "grade", &right);
    let bedside = filed(
        bedside,
        "grade-l",
        "retinopathy",
        "grade",
        &looked_for("left", &["background"]),
    );
    let bedside = filed(bedside, "bio-r", "biometry", "record", &BIOMETRY);
    let left = but(
        &BIOMETRY,
        &[
            ("eye", "left"),
            ("axial-length", "24.30"),
            ("altered-cornea", "not-known"),
        ],
    );
    let bedside = filed(bedside, "bio-l", "biometry", "record", &left);
    let bedside = filed(bedside, "risk-r", "cataract", "record", &RISK);
    let left = but(
        &RISK,
        &[
            ("eye", "left"),
            ("pupil", "not-known"),
            ("retinopathy", "retinopathy"),
        ],
    );
    let bedside = filed(bedside, "risk-l", "cataract", "record", &left);
    let mark = [
        ("eye", "right"),
        ("finding", "fundus:exudate"),
        ("x", "-0.6"),
        ("y", "0.2"),
        ("note", "Cluster"),
    ];
    let bedside = filed(bedside, "mark", "drawing", "mark", &mark);
    filed(bedside, "glaucoma", "glaucoma", "record", &FOLLOW_UP)
}

/// One of every kind that the forms write, of each eye.
pub(crate) fn written_by_forms() -> Vec<Value> {
    let bedside = empty();
    let letters = [
        ("acuity-scale", "letters"),
        ("acuity-at", "1"),
        ("right-unaided", "46"),
    ];
    let mark = |eye: &'static str| {
        [
            ("eye", eye),
            ("finding", "fundus:exudate"),
            ("x", "0"),
            ("y", "0"),
            ("note", "Cluster"),
        ]
    };
    let near = |eye: &'static str| looked_for(eye, &["haemorrhage-within-1dd", "exudate-group"]);
    let risks = but(&RISK, &[("eye", "left")]);
    let biometry = but(&BIOMETRY, &[("eye", "left")]);
    let off = |eye: &'static str| {
        [
            ("listed-eye", eye),
            ("decision", "off"),
            ("why-off", "Prefers to wait"),
        ]
    };
    let seen = filed(bedside.clone(), "v", "visit", "record", &VISIT);
    let mut all = Vec::new();
    let mut take = |outcome: &Value| {
        let changes = outcome["proposal"]["changes"].as_array().unwrap();
        all.extend(changes.iter().map(|it| it["resource"].clone()));
    };
    take(&submit(&bedside, "visit", "record", &VISIT));
    take(&submit(&bedside, "visit", "record", &letters));
    take(&submit(&bedside, "biometry", "record", &BIOMETRY));
    take(&submit(&bedside, "biometry", "record", &biometry));
    take(&submit(&bedside, "cataract", "record", &RISK));
    take(&submit(&bedside, "cataract", "record", &risks));
    take(&submit(&bedside, "glaucoma", "record", &FOLLOW_UP));
    for eye in ["right", "left"] {
        take(&submit(&seen, "retinopathy", "grade", &near(eye)));
        take(&submit(&bedside, "drawing", "mark", &mark(eye)));
        take(&submit(&bedside, "pathway", "list", &off(eye)));
    }
    take(&crate::pathway::tests::choice_of_a_lens());
    take(&crate::pathway::tests::surgery());
    all
}
