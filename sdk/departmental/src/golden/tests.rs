//! Folders with golden cases by case: what goes into the section, and what is refused with its file.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::error::Error as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{check, new_cases, section};

fn manifest() -> Value {
    json!({
        "screens": [{ "id": "list" }],
        "reactions": [{ "type": "Observation", "on": ["create"] }],
        "hooks": [{ "hook": "patient-view" }],
        "intake": [{ "format": "hl7v2" }],
        "settings": [{ "name": "days" }],
    })
}

fn case(members: Value) -> Value {
    let mut case = json!({
        "golden": 1, "title": "It answers", "at": { "now": "2026-11-22T12:00:00Z" },
        "answer": { "screen": 1 },
    });
    for (name, value) in members.as_object().unwrap() {
        case[name.as_str()] = value.clone();
    }
    case
}

/// The section of a folder with these files below `cases/golden/`.
fn made(files: &[(&str, String)]) -> Result<Option<Value>, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join("cases/golden").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    match section(folder.path(), &manifest()) {
        Ok(section) => Ok(section.map(|it| serde_json::from_slice(&it).unwrap())),
        Err(wrong) => {
            let cause = wrong.source().map(ToString::to_string).unwrap_or_default();
            Err(format!("{wrong} {cause}"))
        }
    }
}

fn refused(members: Value) -> String {
    made(&[("one.json", case(members).to_string())]).unwrap_err()
}

#[test]
fn a_folder_without_cases_has_no_section() {
    assert_eq!(made(&[]), Ok(None));
    assert_eq!(made(&[("charts/one.json", "[]".to_owned())]), Ok(None));
}

#[test]
fn charts_are_in_the_section_once() {
    let chart = json!([{ "resourceType": "Patient", "id": "p1" }]);
    let open = json!({ "open": { "screen": "list" }, "chart": ["charts/a.json"] });
    let files = [
        ("charts/a.json", chart.to_string()),
        ("charts/unused.json", "not looked at".to_owned()),
        ("two.json", case(open.clone()).to_string()),
        ("one.json", case(open).to_string()),
    ];
    let section = made(&files).unwrap().unwrap();
    assert_eq!(section["charts"], json!({ "charts/a.json": chart }));
    let names: Vec<_> = section["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["one", "two"]);
    check(&section, &manifest(), Path::new("it.wasm")).unwrap();
}

#[test]
fn cases_that_are_refused() {
    let open = json!({ "screen": "list" });
    for (members, expected) in [
        (json!({}), "ask exactly one of open, submit"),
        (json!({ "open": open, "react": {} }), "ask exactly one of"),
        (
            json!({ "open": { "screen": "other" } }),
            "declares no `other` in `screens`",
        ),
        (
            json!({ "advise": { "hook": "order-sign" } }),
            "declares no `order-sign` in `hooks`",
        ),
        (
            json!({ "convert": { "format": "x12", "message": "" } }),
            "declares no `x12` in `intake`",
        ),
        (
            json!({ "react": { "resource": { "resourceType": "Task" } } }),
            "declares no reaction to Task",
        ),
        (
            json!({ "open": open, "failure": { "code": "a", "detail": "b" } }),
            "leave one of them out",
        ),
        (
            json!({ "open": open, "chart": ["../secret.json"] }),
            "/chart/0",
        ),
        (
            json!({ "open": open, "chart": ["charts/none.json"] }),
            "charts/none.json: cannot be read",
        ),
        (
            json!({ "open": open, "chart": [{ "resourceType": "Patient" }] }),
            "/chart/0",
        ),
        (
            json!({ "open": open, "at": {} }),
            "\"now\" is a required property",
        ),
        (
            json!({ "open": open, "at": { "now": "2026-11-22" } }),
            "/at/now",
        ),
        (
            json!({ "open": open, "at": { "now": "2026-11-22T12:00:00Z", "settings": { "weeks": 1 } } }),
            "/at/settings/weeks",
        ),
        (json!({ "open": open, "anwser": {} }), "anwser"),
        (json!({ "open": open, "title": "" }), "/title"),
    ] {
        let why = refused(members.clone());
        assert!(why.contains(expected), "{members}: {why}");
        assert!(why.contains("cases/golden"), "{why}");
    }
}

#[test]
fn cases_that_are_taken() {
    for members in [
        json!({ "submit": { "screen": "list", "action": "file", "form": { "form": 1, "fields": {} } } }),
        json!({ "react": { "event": 1, "resource": { "resourceType": "Observation" } } }),
        json!({ "advise": { "hook": "patient-view" } }),
        json!({ "convert": { "format": "hl7v2", "message": "MSH" } }),
    ] {
        assert!(made(&[("one.json", case(members).to_string())]).is_ok());
    }
}

#[test]
fn files_that_are_refused_are_named() {
    let open =
        case(json!({ "open": { "screen": "list" }, "chart": ["charts/a.json"] })).to_string();
    for (chart, expected) in [
        ("{", "is not JSON"),
        ("{}", "must be an array of resources"),
        (
            r#"[{"resourceType":"Patient"}]"#,
            "must be an array of resources",
        ),
    ] {
        let files = [
            ("charts/a.json", chart.to_owned()),
            ("one.json", open.clone()),
        ];
        let why = made(&files).unwrap_err();
        assert!(
            why.contains("charts/a.json") && why.contains(expected),
            "{why}"
        );
    }
}

#[test]
fn too_much_is_refused_with_its_bound() {
    let chart = |id: &str| {
        let text = "x".repeat(3 * 1024 * 1024);
        json!([{ "resourceType": "Patient", "id": id, "text": text }]).to_string()
    };
    let open = json!({ "open": { "screen": "list" }, "chart": ["a/a.json", "a/b.json"] });
    let files = [
        ("a/a.json", chart("a")),
        ("a/b.json", chart("b")),
        ("one.json", case(open).to_string()),
    ];
    let why = made(&files).unwrap_err();
    assert!(why.contains("more than the 4194304 allowed"), "{why}");
}

#[test]
fn a_case_without_an_answer_is_new() {
    let mut case = case(json!({ "open": { "screen": "list" } }));
    case.as_object_mut().unwrap().shift_remove("answer");
    let section = made(&[("fresh.json", case.to_string())]).unwrap().unwrap();
    assert_eq!(new_cases(&section), ["fresh"]);
}

#[test]
fn sections_that_somebody_else_wrote_are_looked_at() {
    let good = json!({ "golden": 1, "charts": {}, "cases": [{
        "name": "one", "golden": 1, "title": "It", "at": { "now": "2026-11-22T12:00:00Z" }, "open": { "screen": "list" },
    }] });
    let file = Path::new("it.wasm");
    check(&good, &manifest(), file).unwrap();
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 5] = [
        (|it| it["golden"] = json!(2), "must have `golden` 1"),
        (|it| it["more"] = json!(1), "must have `golden` 1"),
        (
            |it| it["cases"][0]["name"] = json!(3),
            "a case without a name",
        ),
        (
            |it| it["cases"][0]["chart"] = json!(["charts/a.json"]),
            "does not hold the chart",
        ),
        (
            |it| {
                let one = it["cases"][0].clone();
                it["cases"].as_array_mut().unwrap().push(one);
            },
            "two cases of one name",
        ),
    ];
    for (change, expected) in changes {
        let mut section = good.clone();
        change(&mut section);
        let why = check(&section, &manifest(), file).unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
}
