//! Outcomes that are read and outcomes that are malformed.
//!
//! Invariant: every combination of members has a row.

use serde_json::json;

use super::Outcome;

#[test]
fn outcomes_by_case() {
    let finding = json!({ "field": "a", "message": "say when" });
    for (document, right) in [
        (json!({ "outcome": 1, "findings": [finding] }), true),
        (json!({ "outcome": 1, "findings": [] }), false),
        (
            json!({ "outcome": 1, "findings": [{ "message": "" }] }),
            false,
        ),
        (
            json!({ "outcome": 1, "findings": [{ "message": "x".repeat(501) }] }),
            false,
        ),
        (
            json!({ "outcome": 1, "findings": [finding], "proposal": {} }),
            false,
        ),
        (
            json!({ "outcome": 1, "findings": [finding], "next": { "screen": "a" } }),
            false,
        ),
        (
            json!({ "outcome": 1, "findings": [finding], "screen": {} }),
            true,
        ),
        (json!({ "outcome": 1, "proposal": {} }), true),
        (json!({ "outcome": 1, "proposal": {}, "screen": {} }), false),
        (
            json!({ "outcome": 1, "next": { "screen": "a", "parameters": { "b": "c" } } }),
            true,
        ),
        (
            json!({ "outcome": 1, "next": { "screen": "a", "parameters": { "b": 1 } } }),
            false,
        ),
        (json!({ "outcome": 1 }), false),
        (json!({ "outcome": 2, "proposal": {} }), false),
        (
            json!({ "outcome": 1, "proposal": {}, "commit": true }),
            false,
        ),
        (json!("yes"), false),
        (json!(null), false),
    ] {
        assert_eq!(Outcome::parse(&document).is_ok(), right, "{document}");
    }
}
