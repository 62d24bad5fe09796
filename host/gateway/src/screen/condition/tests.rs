//! Conditions and the answers under which they hold.
#![expect(clippy::unwrap_used, reason = "a test stops where its table is wrong")]

use std::collections::BTreeSet;

use super::{Answers, Condition};

/// A condition, answers, and whether it holds.
const HELD: &str = r#"
    {"answered": "a"}                                            |                | no
    {"answered": "a"}                                            | a=x            | yes
    {"not": {"answered": "a"}}                                   |                | yes
    {"is": {"field": "a", "value": "x"}}                         | a=x            | yes
    {"is": {"field": "a", "value": "x"}}                         | a=y            | no
    {"is": {"field": "a", "value": "x"}}                         |                | no
    {"is": {"field": "a", "value": "y"}}                         | a=x a=y        | yes
    {"not": {"is": {"field": "a", "value": "x"}}}                |                | yes
    {"at-least": {"field": "n", "value": "18"}}                  | n=18           | yes
    {"at-least": {"field": "n", "value": "18"}}                  | n=17.99        | no
    {"at-least": {"field": "n", "value": "18"}}                  | n=many         | no
    {"at-least": {"field": "n", "value": "18"}}                  | n=NaN          | no
    {"at-least": {"field": "n", "value": "18"}}                  |                | no
    {"below": {"field": "n", "value": "18"}}                     | n=17.99        | yes
    {"below": {"field": "n", "value": "18"}}                     | n=18           | no
    {"below": {"field": "n", "value": "18"}}                     | n=-inf         | no
    {"below": {"field": "n", "value": "18"}}                     |                | no
    {"all": [{"answered": "a"}, {"answered": "n"}]}              | a=x            | no
    {"all": [{"answered": "a"}, {"answered": "n"}]}              | a=x n=1        | yes
    {"any": [{"answered": "a"}, {"answered": "n"}]}              | n=1            | yes
    {"any": [{"answered": "a"}, {"answered": "n"}]}              |                | no
"#;

/// A condition with the fields `a` and `n` before it, and what is said of it.
const REFUSED: &str = r#"
    {"answered": "later"}                                        | no field that comes before
    {"not": {"is": {"field": "later", "value": "x"}}}            | no field that comes before
    {"all": []}                                                  | has 0 conditions
    {"all": [{"answered": "a"}, {"answered": "b"}]}              | "b" is no field
    {"at-least": {"field": "n", "value": "many"}}                | must be a number
    {"below": {"field": "n", "value": "inf"}}                    | must be a number
    {"not": {"not": {"not": {"not": {"not": {"not": {"answered": "a"}}}}}}} | deeper than 6
"#;

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|row| !row.trim().is_empty())
        .map(|row| row.split('|').map(str::trim).collect())
}

#[test]
fn conditions_hold_or_not() {
    for row in rows(HELD) {
        let condition: Condition = serde_json::from_str(row[0]).unwrap();
        let mut answers = Answers::new();
        for (field, answer) in row[1].split(' ').filter_map(|it| it.split_once('=')) {
            let of = answers.entry(field.to_owned()).or_default();
            of.push(answer.to_owned());
        }
        assert_eq!(condition.holds(&answers), row[2] == "yes", "{row:?}");
        assert_eq!(condition.sound(&BTreeSet::from(["a", "n"])), Ok(()));
    }
}

#[test]
fn conditions_that_are_refused() {
    for row in rows(REFUSED) {
        let condition: Condition = serde_json::from_str(row[0]).unwrap();
        let wrong = condition.sound(&BTreeSet::from(["a", "n"])).unwrap_err();
        let said = format!("{wrong:?}").replace("\\\"", "\"");
        assert!(said.contains(row[1]), "{said} does not say {}", row[1]);
    }
    for text in [
        r#"{"is": "a"}"#,
        r#"{"answered": "a", "not": {"answered": "a"}}"#,
        r#"{"eval": "1"}"#,
        "[]",
        "true",
    ] {
        assert!(serde_json::from_str::<Condition>(text).is_err(), "{text}");
    }
}
