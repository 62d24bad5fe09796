//! Work of more than one step on a ward that keeps what is proposed: each form is filled in as its screen draws it.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Filled, Ward};
use sdk::{Action, Value, json};

use super::chart::{BIOMETRY, RISK, empty, looked_for};
use super::whole::nodes;
use crate::Ophthalmology;

fn ward() -> Ward<Ophthalmology> {
    Ward::new(empty(), Ophthalmology)
}

type Fields<'a> = &'a [(&'static str, &'static str)];

/// Fills in a form as it is drawn and submits it; whatever is wrong with it fails the test.
fn done(ward: &mut Ward<Ophthalmology>, screen: &str, action: &str, fields: Fields<'_>) -> Filled {
    let filled = ward.filled(screen, action, fields.iter().copied()).unwrap();
    let outcome = ward.submit(&filled).unwrap();
    assert_eq!(outcome.get("findings"), None, "{screen} {action}");
    filled
}

fn refused(ward: &mut Ward<Ophthalmology>, filled: &Filled) -> String {
    let outcome = ward.submit(filled).unwrap();
    assert_eq!(outcome.get("proposal"), None);
    let finding = outcome["findings"][0].clone();
    finding["message"].as_str().unwrap().to_owned()
}

fn states(ward: &Ward<Ophthalmology>) -> Vec<String> {
    let screen = ward.open("pathway").unwrap();
    let steps = nodes(&screen, "task-steps")[0]["steps"].clone();
    let state = |it: &Value| it["state"].as_str().unwrap().to_owned();
    steps.as_array().unwrap().iter().map(state).collect()
}

#[test]
fn an_eye_goes_from_the_list_to_its_refraction_by_the_forms_alone() {
    let mut ward = ward();
    done(
        &mut ward,
        "pathway",
        "list",
        &[("listed-eye", "right"), ("decision", "listed")],
    );
    done(&mut ward, "biometry", "record", &BIOMETRY);
    done(&mut ward, "cataract", "record", &RISK);
    let choice = done(&mut ward, "pathway", "choose", &[("right-lens", "20.5")]);
    let check = done(
        &mut ward,
        "pathway",
        "check",
        &[("right-lens-checked", "yes")],
    );
    let again = "The choice or its biometry has changed since this form was opened. Open it again.";
    assert_eq!(refused(&mut ward, &check), again);
    ward.change(|it| it.now("2026-12-01T08:00:00Z"));
    let surgery = [
        ("eye", "right"),
        ("implanted", "checked"),
        ("capsule", "intact"),
    ];
    done(&mut ward, "pathway", "operate", &surgery);
    assert!(refused(&mut ward, &choice).starts_with("The biometry has changed"));
    ward.change(|it| it.now("2027-01-05T08:00:00Z"));
    done(&mut ward, "visit", "record", &[("right-sphere", "-0.25")]);
    assert_eq!(states(&ward), vec!["done"; 7]);
}

#[test]
fn a_grade_is_confirmed_once() {
    let mut ward = ward();
    let signs = looked_for("right", &["background"]);
    done(&mut ward, "retinopathy", "grade", &signs);
    let confirmation = done(
        &mut ward,
        "retinopathy",
        "confirm",
        &[("right-confirmed", "yes")],
    );
    let changed = "This grade has changed since the form was opened. Open it again.";
    assert_eq!(refused(&mut ward, &confirmation), changed);
}

#[test]
fn a_follow_up_is_decided_again_and_only_one_stays_open() {
    let mut ward = ward();
    done(&mut ward, "glaucoma", "record", &[("right-risk", "high")]);
    let second = done(
        &mut ward,
        "glaucoma",
        "record",
        &[("right-risk", "moderate")],
    );
    let open = ward
        .all("Task")
        .into_iter()
        .filter(|it| it["status"] == "requested");
    assert_eq!(open.count(), 1);
    let changed = "The follow-up has changed since this form was opened. Open it again.";
    assert_eq!(refused(&mut ward, &second), changed);
}

#[test]
fn a_raised_pressure_asks_once_however_often_it_is_told() {
    let mut ward = ward();
    let visit = [("pressure-instrument", "goldmann"), ("left-pressure", "31")];
    done(&mut ward, "visit", "record", &visit);
    let id = ward.all("Observation")[0]["id"].clone();
    let reference = format!("Observation/{}", id.as_str().unwrap());
    for tasks in [1, 1] {
        ward.react(Action::Create, &reference).unwrap();
        assert_eq!(ward.all("Task").len(), tasks);
    }
    assert_eq!(
        ward.all("Task")[0]["focus"],
        json!({ "reference": reference })
    );
}
