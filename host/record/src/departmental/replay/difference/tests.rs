//! What differs, by pairs of answers.
//!
//! Invariant: every row says the whole list.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::Value;

use super::Differences;
use crate::departmental::{Answer, Failure, FailureKind};
use crate::limits::{DIFFERENCE_CHARS_MAX, DIFFERENCES_MAX};

fn told(found: &Differences) -> String {
    let listed = found.listed.iter().map(|it| {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        let (then, now) = (side(&it.then), side(&it.now));
        format!("{} {}: {then} > {now}", it.of.as_str(), it.at)
    });
    listed.collect::<Vec<String>>().join("; ")
}

#[test]
fn documents_by_case() {
    let screen = |text: &str| Answer::Screen(serde_json::from_str(text).unwrap());
    let outcome = |text: &str| Answer::Outcome(serde_json::from_str(text).unwrap());
    for (then, now, expected) in [
        (screen(r#"{"a":1,"b":2}"#), screen(r#"{"b":2,"a":1}"#), ""),
        (
            screen(r#"{"a":1.0}"#),
            screen(r#"{"a":1.00}"#),
            "screen a: 1.0 > 1.00",
        ),
        (
            screen(r#"{"a":{"b":[1,2]}}"#),
            screen(r#"{"a":{"b":[1,3]}}"#),
            "screen a.b[1]: 2 > 3",
        ),
        (
            screen("[1,2,3]"),
            screen("[1,9,2,3]"),
            "screen [1]: nothing > 9",
        ),
        (
            screen("[1,2,3]"),
            screen("[1,3]"),
            "screen [1]: 2 > nothing",
        ),
        (screen("[1,1]"), screen("[1]"), "screen [1]: 1 > nothing"),
        (
            screen(r#"{"a":1}"#),
            screen(r#"{"b":1}"#),
            "screen a: 1 > nothing; screen b: nothing > 1",
        ),
        (screen("{}"), screen("null"), "screen : {} > null"),
        (
            outcome(r#"{"proposal":{"x":1},"screen":{"x":1},"findings":[1]}"#),
            outcome(r#"{"proposal":{"x":2},"screen":{"x":2},"findings":[2]}"#),
            "proposal proposal.x: 1 > 2; screen screen.x: 1 > 2; answer findings[0]: 1 > 2",
        ),
        (
            screen("{}"),
            outcome("{}"),
            "answer : a screen > an outcome",
        ),
        (
            Answer::Refused(Failure::new("busy", "x")),
            Answer::Refused(Failure::new("busy", "y")),
            "answer detail: \"x\" > \"y\"",
        ),
        (
            screen("{}"),
            Answer::Failed {
                kind: FailureKind::Trap,
                what: "x".to_owned(),
            },
            "answer : a screen > a failure (trap)",
        ),
    ] {
        assert_eq!(told(&Differences::between(&then, &now)), expected);
    }
}

#[test]
fn what_is_listed_is_bounded() {
    let many = |n: usize| {
        Answer::Screen(
            (0..2 * DIFFERENCES_MAX)
                .map(|at| Value::from(at + n))
                .collect(),
        )
    };
    let found = Differences::between(&many(0), &many(1_000));
    assert_eq!(
        (found.listed.len(), found.more),
        (DIFFERENCES_MAX, DIFFERENCES_MAX)
    );
    let long = |of: &str| Answer::Screen(Value::String(of.repeat(10_000)));
    let found = Differences::between(&long("é"), &long("e"));
    let then = found.listed[0].then.clone().unwrap();
    assert_eq!(then.chars().count(), DIFFERENCE_CHARS_MAX + 1);
    let deep = |of: i64| {
        let nested = (0..500).fold(Value::from(of), |inner, _| Value::Array(vec![inner]));
        Answer::Screen(nested)
    };
    assert_eq!(Differences::between(&deep(1), &deep(2)).listed.len(), 1);
}
