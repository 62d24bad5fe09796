//! What changed and which step that asks for, by case.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use semver::Version;
use serde_json::{Value, json};

use crate::check::tests::{component, manifest};
use crate::check::{Checked, check};
use crate::release::{Step, changes, follows, next};

fn before() -> Value {
    json!({
        "contract": "0.2",
        "screens": [{ "id": "a", "title": "A", "place": "patient", "audience": ["doctor"], "parameters": { "p": "P" } }],
        "reads": [{ "type": "Task", "reason": "To find what is open." }],
        "writes": [{ "type": "Task", "actions": ["create"], "reason": "To ask for a review." }],
        "views": [{ "id": "v", "title": "V", "reason": "To show them all.", "view": { "resource": "Observation", "select": [
            { "column": [{ "name": "n", "path": "x", "type": "string" }] },
        ] } }],
        "settings": [{ "name": "s", "kind": "choice", "default": "a", "options": ["a", "b"], "level": "site", "reason": "Words." }],
        "packs": [{ "name": "k", "version": "1" }],
    })
}

#[test]
fn changes_by_case() {
    use Step::{Major, Minor};
    let column = json!({ "name": "m", "path": "y", "type": "string" });
    #[rustfmt::skip] // One case, one line.
    let cases = [
        ("/screens", json!([]), Major, "the screen \"a\" is no longer there"),
        ("/screens/0/place", json!("site"), Major, "the screen \"a\" has another `place`"),
        ("/screens/0/parameters", json!({}), Major, "the screen \"a\" no longer has the parameter p"),
        ("/screens/0/parameters", json!({ "p": "P", "q": "Q" }), Minor, "the screen \"a\" has a new parameter q"),
        ("/screens/0/audience", json!(["nurse"]), Minor, "the screen \"a\" has another `audience`"),
        ("/screens/0/id", json!("b"), Major, "the screen \"a\" is no longer there"),
        ("/reads", json!([]), Major, "the read \"Task\" is no longer there"),
        ("/writes/0/actions", json!(["create", "update"]), Minor, "the write \"Task\" has another `actions`"),
        ("/writes", json!([]), Major, "the write \"Task\" is no longer there"),
        ("/views", json!([]), Major, "the view \"v\" is no longer there"),
        ("/views/0/view/select/0/column", json!([]), Major, "the view \"v\" no longer has the column n (x)"),
        ("/views/0/view/select/0/column/0/path", json!("z"), Major, "the view \"v\" no longer has the column n (x)"),
        ("/views/0/view/select/0/column/0", column, Major, "the view \"v\" no longer has the column n (x)"),
        ("/views/0/view/resource", json!("Condition"), Minor, "the view \"v\" takes its rows from elsewhere"),
        ("/settings/0/level", json!("regional"), Major, "the setting \"s\" has another `level`"),
        ("/settings/0/default", json!("b"), Minor, "the setting \"s\" has another `default`"),
        ("/settings/0/options", json!(["a"]), Major, "the setting \"s\" no longer has the option b"),
        ("/packs", json!([]), Major, "the pack \"k\" is no longer there"),
        ("/contract", json!("0.3"), Minor, "the contract is another"),
    ];
    for (place, value, step, what) in cases {
        let mut after = before();
        *after.pointer_mut(place).unwrap() = value;
        let found = changes(&before(), &after);
        assert!(
            found.iter().any(|it| it.step == step && it.what == what),
            "{place}: {found:?}"
        );
        assert_eq!(
            found.iter().map(|it| it.step).max(),
            Some(step),
            "{place}: {found:?}"
        );
    }
}

#[test]
fn what_a_trust_does_not_rely_on_may_change() {
    let mut after = before();
    after["screens"][0]["title"] = json!("Another title");
    after["packs"][0]["version"] = json!("2");
    assert_eq!(changes(&before(), &after), []);
    assert_eq!(changes(&before(), &before()), []);
}

#[test]
fn steps_by_case() {
    for (old, step, expected) in [
        ("1.2.3", Step::Patch, "1.2.4"),
        ("1.2.3", Step::Minor, "1.3.0"),
        ("1.2.3", Step::Major, "2.0.0"),
        ("0.2.3", Step::Patch, "0.2.4"),
        ("0.2.3", Step::Minor, "0.3.0"),
        ("0.2.3", Step::Major, "0.3.0"),
        ("1.2.3-rc.1", Step::Patch, "1.2.3"),
    ] {
        let found = next(&Version::parse(old).unwrap(), step);
        assert_eq!(found.to_string(), expected, "{old} {step:?}");
    }
}

fn release(version: &str, screens: &[&str]) -> Checked {
    let screens: Vec<Value> = screens
        .iter()
        .map(|id| json!({ "id": id, "title": "A", "place": "patient", "audience": ["doctor"] }))
        .collect();
    let manifest = manifest(json!({ "version": version, "screens": screens }));
    check(
        &component("with-screens", Some(&manifest)),
        Path::new("one.wasm"),
    )
    .unwrap()
}

/// Version and screens before, the same after, and what is said.
type Case<'a> = (&'a str, &'a [&'a str], &'a str, &'a [&'a str], &'a str);

#[test]
fn releases_by_case() {
    #[rustfmt::skip] // One case, one line.
    let cases: [Case<'_>; 12] = [
        ("1.2.3", &["a"], "1.2.4", &["a"], ""),
        ("1.2.3", &["a"], "1.2.3", &["a"], "or a later one"),
        ("1.2.3", &["a"], "1.2.2", &["a"], "\"version\": \"1.2.4\""),
        ("1.2.3", &["a"], "1.2.4", &["a", "b"], "the screen \"b\" is new"),
        ("1.2.3", &["a"], "1.3.0", &["a", "b"], ""),
        ("1.2.3", &["a"], "1.3.0-rc.1", &["a", "b"], ""),
        ("1.2.3", &["a"], "1.2.4-rc.1", &["a", "b"], "\"version\": \"1.3.0\""),
        ("1.2.3", &["a", "b"], "1.9.0", &["a"], "the screen \"b\" is no longer there"),
        ("1.2.3", &["a", "b"], "2.0.0", &["a"], ""),
        ("0.2.3", &["a", "b"], "0.2.4", &["a"], "\"version\": \"0.3.0\""),
        ("0.2.3", &["a", "b"], "0.3.0", &["a"], ""),
        ("1.3.0-rc.1", &["a"], "1.3.0", &["a"], ""),
    ];
    for (old, before, new, after, expected) in cases {
        let said = match follows(&release(old, before), &release(new, after)) {
            Ok(()) => String::new(),
            Err(failure) => failure.words(),
        };
        assert_eq!(
            said.is_empty(),
            expected.is_empty(),
            "{old} to {new}: {said}"
        );
        assert!(said.contains(expected), "{old} to {new}: {said}");
    }
}
