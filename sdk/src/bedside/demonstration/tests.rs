//! Stories: what stands in braces, what refers to what, and what is no story.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::demonstration;

const NOW: &str = "2026-03-01T00:10:00Z";

fn read(story: &Value) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("twins.json");
    std::fs::write(&file, story.to_string()).unwrap();
    demonstration(&file, "Patient/asha", NOW).map_err(|it| it.detail)
}

fn story(resources: Value) -> Value {
    json!({
        "demonstration": 1, "title": "Twins", "who": { "gender": "female", "from_age": 20, "to_age": 40 }, "how_many": 3,
        "resources": resources,
    })
}

#[test]
fn words_in_braces_by_case() {
    for (written, told) in [
        ("{patient}", "Patient/asha"),
        ("{organization}", "Organization/demonstration"),
        ("{now}", "2026-03-01T00:10:00Z"),
        ("{now-28d}", "2026-02-01T00:10:00Z"),
        ("{now-3h}", "2026-02-28T21:10:00Z"),
        ("{now+20m}", "2026-03-01T00:30:00Z"),
        ("{now-11m}", "2026-02-28T23:59:00Z"),
        ("{today}", "2026-03-01"),
        ("{today-1d}", "2026-02-28"),
        ("{today+7d}", "2026-03-08"),
        (
            "from {today-1d} to {today}",
            "from 2026-02-28 to 2026-03-01",
        ),
        ("{score}", "{score}"),
        ("{breaths}/min", "{breaths}/min"),
        ("a { alone", "a { alone"),
        ("Observation/one", "Observation/one"),
        ("Observation/other", "Observation/other"),
    ] {
        let chart = read(&story(json!([
            { "resourceType": "Observation", "id": "one", "note": [{ "text": written }] },
        ])));
        assert_eq!(chart.unwrap()[0]["note"][0]["text"], told, "{written}");
    }
    for wrong in [
        "{now-28}",
        "{now-28x}",
        "{today-3h}",
        "{now28d}",
        "{now--1d}",
        "{now-99999999d}",
        "{now",
        "{now-é}",
    ] {
        let refused = read(&story(json!([
            { "resourceType": "Observation", "id": "one", "note": [{ "text": wrong }] },
        ])));
        let refused = refused.unwrap_err();
        assert!(
            refused.contains("resources[0].note[0].text: `{now") || refused.contains("`{today"),
            "{refused}"
        );
    }
}

#[test]
fn ids_are_of_the_file_and_references_follow() {
    let chart = read(&story(json!([
        { "resourceType": "Observation", "id": "all", "hasMember": [{ "reference": "Observation/one" }] },
        { "resourceType": "Observation", "id": "one", "subject": { "reference": "{patient}" } },
    ])))
    .unwrap();
    assert_eq!(chart[0]["id"], "twins-all");
    assert_eq!(
        chart[0]["hasMember"][0]["reference"],
        "Observation/twins-one"
    );
    assert_eq!(chart[1]["id"], "twins-one");
}

#[test]
fn what_is_no_story_is_refused() {
    let one = || json!([{ "resourceType": "Observation", "id": "one" }]);
    let with = |member: &str, value: Value| {
        let mut story = story(one());
        story[member] = value;
        story
    };
    for (story, expected) in [
        (with("demonstration", json!(2)), "1 is what is known"),
        (with("title", json!("")), "`title`"),
        (with("how_many", json!(0)), "`how_many`"),
        (with("colour", json!("red")), "unknown field `colour`"),
        (with("who", json!({ "gender": "F" })), "`who.gender`"),
        (
            with("who", json!({ "from_age": 41, "to_age": 40 })),
            "nobody would fit",
        ),
        (with("resources", json!([])), "`resources`"),
        (
            story(json!([{ "resourceType": "Patient", "id": "one" }])),
            "may be no Patient",
        ),
        (
            story(json!([{ "resourceType": "Observation" }])),
            "needs `resourceType` and `id`",
        ),
        (
            story(json!([{ "resourceType": "Observation", "id": "a b" }])),
            "has the id `a b`",
        ),
        (
            story(
                json!([{ "resourceType": "Task", "id": "a" }, { "resourceType": "Task", "id": "a" }]),
            ),
            "Task/a is there twice",
        ),
    ] {
        let refused = read(&story).unwrap_err();
        assert!(
            refused.contains("twins.json: ") && refused.contains(expected),
            "{refused}"
        );
    }
}
