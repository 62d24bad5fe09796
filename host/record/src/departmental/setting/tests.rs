//! Which values a setting takes.
//!
//! Invariant: each bound has a row on either side.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use super::{Setting, complete};

fn settings() -> Vec<Setting> {
    serde_json::from_value(json!([
        { "name": "days", "kind": "integer", "default": 7, "min": "1", "max": "30", "level": "site", "reason": "How far back it looks" },
        { "name": "ratio", "kind": "decimal", "default": "1.50", "min": "1", "level": "regional", "reason": "When it speaks up at all" },
        { "name": "note", "kind": "text", "default": "", "level": "site", "reason": "What the page says on top" },
        { "name": "quiet", "kind": "boolean", "default": false, "level": "site", "reason": "Whether it stays silent" },
        { "name": "view", "kind": "choice", "options": ["grid", "list"], "default": "grid", "level": "site", "reason": "What is shown first" },
    ]))
    .unwrap()
}

#[test]
fn values_by_case() {
    for (set, wrong) in [
        (json!({}), None),
        (Value::Null, None),
        (json!({ "days": 1 }), None),
        (json!({ "days": 0 }), Some("days must lie between 1 and 30")),
        (json!({ "days": 30 }), None),
        (
            json!({ "days": 31 }),
            Some("days must lie between 1 and 30"),
        ),
        (json!({ "days": 1.5 }), Some("days must be a whole number")),
        (json!({ "days": "7" }), Some("days must be a whole number")),
        (json!({ "ratio": "1" }), None),
        (
            json!({ "ratio": "0.99" }),
            Some("ratio must lie between 1 and any"),
        ),
        (
            json!({ "ratio": 1.5 }),
            Some("ratio must be a decimal written as a text, for example \"1.50\""),
        ),
        (
            json!({ "ratio": "NaN" }),
            Some("ratio must be a decimal written as a text, for example \"1.50\""),
        ),
        (
            json!({ "ratio": "1e9" }),
            Some("ratio must be a decimal written as a text, for example \"1.50\""),
        ),
        (json!({ "note": "x".repeat(2_000) }), None),
        (
            json!({ "note": "x".repeat(2_001) }),
            Some("note must be at most 2000 characters long"),
        ),
        (
            json!({ "quiet": "yes" }),
            Some("quiet must be true or false"),
        ),
        (json!({ "view": "list" }), None),
        (
            json!({ "view": "tree" }),
            Some("view must be one of grid, list"),
        ),
        (
            json!({ "colour": "red" }),
            Some("colour is not in the manifest"),
        ),
        (
            json!([]),
            Some("settings must be an object of values by name"),
        ),
    ] {
        let found = complete(&settings(), &set)
            .err()
            .map(|(name, what)| format!("{name} {what}"));
        assert_eq!(found.as_deref(), wrong, "{set}");
    }
}

#[test]
fn what_is_not_set_holds_as_by_default() {
    let complete = complete(&settings(), &json!({ "days": 14 })).unwrap();
    assert_eq!(
        complete,
        json!({ "days": 14, "ratio": "1.50", "note": "", "quiet": false, "view": "grid" })
    );
}
