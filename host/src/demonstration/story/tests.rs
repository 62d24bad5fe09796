//! What becomes of a story's places and ids.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::{Places, Story, bundle};
use crate::demonstration::trusts::TRUSTS;

fn places() -> Places {
    Places {
        today: "2026-11-22".parse().unwrap(),
        ..Places::of("Patient/p1", &TRUSTS[1], 1_795_348_812_345)
    }
}

#[test]
fn places_are_filled_in_and_units_left_alone() {
    for (written, filled) in [
        ("{patient}", "Patient/p1"),
        ("of {organization}.", "of Organization/trust-rxr."),
        ("{now}", "2026-11-22T12:00:00Z"),
        ("{now-28d}", "2026-10-25T12:00:00Z"),
        ("{now-3h}", "2026-11-22T09:00:00Z"),
        ("{now+20m}", "2026-11-22T12:20:00Z"),
        ("{today-28d} to {today+7d}", "2026-10-25 to 2026-11-29"),
        ("{score}", "{score}"),
        ("{nowhere}", "{nowhere}"),
        ("open {", "open {"),
    ] {
        assert_eq!(places().filled(written).unwrap(), filled, "{written}");
    }
    for wrong in ["{now-3}", "{now-3y}", "{today-100000000d}", "{now--1d}"] {
        let said = places().filled(wrong).unwrap_err();
        assert!(said.contains("must"), "{wrong}: {said}");
    }
}

#[test]
fn ids_are_a_persons_own_and_references_follow_them() {
    let story: Story = serde_json::from_value(json!({
        "demonstration": 1, "title": "A story", "who": {}, "how_many": 1,
        "resources": [
            {"resourceType": "Observation", "id": "a", "subject": {"reference": "{patient}"}},
            {"resourceType": "Observation", "id": "b", "hasMember": [{"reference": "Observation/a"}], "focus": [{"reference": "Device/elsewhere"}]},
        ],
    }))
    .unwrap();
    let one = bundle(&story, "x.json/Patient/p1", &places()).unwrap();
    let first = &one["entry"][0];
    let id = first["resource"]["id"].as_str().unwrap();
    assert_eq!(first["request"]["url"], format!("Observation/{id}"));
    assert_eq!(first["resource"]["subject"]["reference"], "Patient/p1");
    let second = &one["entry"][1]["resource"];
    assert_eq!(
        second["hasMember"][0]["reference"],
        format!("Observation/{id}")
    );
    assert_eq!(second["focus"][0]["reference"], "Device/elsewhere");
    let other = bundle(&story, "x.json/Patient/p2", &places()).unwrap();
    assert_ne!(other["entry"][0]["resource"]["id"], first["resource"]["id"]);
}

#[test]
fn a_story_that_is_wrong_says_where() {
    let story = |resources| Story {
        demonstration: 1,
        title: String::new(),
        who: serde_json::from_value(json!({})).unwrap(),
        how_many: 1,
        resources,
    };
    let without = story(vec![json!({"resourceType": "Observation"})]);
    let said = bundle(&without, "x", &places()).unwrap_err();
    assert_eq!(said, "resources[0] has no id");
    let twice = json!({"resourceType": "Observation", "id": "a"});
    let said = bundle(&story(vec![twice.clone(), twice]), "x", &places()).unwrap_err();
    assert_eq!(said, "Observation/a is there twice");
}
