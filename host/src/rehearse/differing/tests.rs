//! What is found between two documents, and what is not.

use serde_json::{Value, json};

use super::{Differences, LISTED_MAX};

fn found(expected: &Value, found: &Value) -> Vec<String> {
    let side = |it: &Option<String>| it.clone().unwrap_or_else(|| "nothing".to_owned());
    let differences = Differences::between(expected, found);
    let listed = differences.listed.iter();
    listed
        .map(|it| format!("{} {} {}", it.at, side(&it.expected), side(&it.found)))
        .collect()
}

#[test]
fn differences_by_case() {
    for (one, other, expected) in [
        (json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 1 }), vec![]),
        (json!({ "a": 1 }), json!({ "a": 2 }), vec!["/a 1 2"]),
        (json!({ "a": 1 }), json!({ "a": null }), vec!["/a 1 null"]),
        (json!({ "a": 1 }), json!({}), vec!["/a 1 nothing"]),
        (json!({}), json!({ "a": null }), vec!["/a nothing null"]),
        (json!([1, 2]), json!([1, 2, 3]), vec!["/2 nothing 3"]),
        (
            json!({ "a/b~": 1 }),
            json!({ "a/b~": 2 }),
            vec!["/a~1b~0 1 2"],
        ),
        (
            json!({ "n": [{ "t": "x" }] }),
            json!({ "n": [{ "t": "y" }] }),
            vec![r#"/n/0/t "x" "y""#],
        ),
        (json!(1), json!("1"), vec![r#" 1 "1""#]),
    ] {
        assert_eq!(found(&one, &other), expected, "{one} and {other}");
    }
}

#[test]
fn what_is_listed_is_bounded_and_the_rest_is_counted() {
    let (ones, twos) = (vec![1; LISTED_MAX + 5], vec![2; LISTED_MAX + 5]);
    let differences = Differences::between(&json!(ones), &json!(twos));
    assert_eq!(
        (differences.listed.len(), differences.more),
        (LISTED_MAX, 5)
    );
}
