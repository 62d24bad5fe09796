//! The rules by their table of cases, against faults seen in public code, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use crate::westgard::{Action, Control, Judged, WestgardPack, refusal_text, westgard};
use sdk::decimal::Decimal;

pub(super) fn pack() -> WestgardPack {
    let document = include_str!("../../packs/westgard.json");
    WestgardPack::read(&serde_json::from_str(document).unwrap()).unwrap()
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text.trim()).unwrap_or_else(|| panic!("`{text}` is no decimal"))
}

fn control(text: &str, mean: &str, sd: &str) -> Control {
    let (level, value) = text.split_once(':').unwrap();
    let (value, mean, sd) = match value.split_once('(') {
        Some((value, own)) => {
            let (mean, sd) = own.trim_end_matches(')').split_once(';').unwrap();
            (value, mean, sd)
        }
        None => (value, mean, sd),
    };
    Control {
        level: level.parse().unwrap(),
        value: number(value),
        mean: number(mean),
        sd: number(sd),
    }
}

/// One row: its runs and its answer.
pub(super) fn cases() -> Vec<(&'static str, Vec<Vec<Control>>, &'static str)> {
    let rows = include_str!("../../cases/westgard.txt").lines();
    let rows = rows.filter(|row| row.contains('|') && !row.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [mean, sd, runs, answer] = cells[..] else {
            panic!("four cells in {row}")
        };
        let run = |run: &str| {
            let controls = run.split_whitespace();
            controls.map(|it| control(it, mean, sd)).collect()
        };
        let runs = match runs {
            "-" => vec![],
            runs => runs.split('/').map(run).collect(),
        };
        (row, runs, answer)
    })
    .collect()
}

pub(super) fn said(answer: &Judged) -> String {
    let names: Vec<_> = answer
        .violated
        .iter()
        .map(|(rule, _)| rule.name())
        .collect();
    match answer.action {
        None => "pass".to_owned(),
        Some(Action::Warn) => format!("warn: {}", names.join(" ")),
        Some(Action::Reject) => format!("reject: {}", names.join(" ")),
    }
}

#[test]
fn westgard_by_case() {
    assert!(cases().len() > 50);
    for (row, runs, expected) in cases() {
        let answer = match westgard(&pack(), &runs) {
            Ok(answer) => said(&answer),
            Err(refusal) => format!("refused: {}", refusal_text(refusal)),
        };
        assert_eq!(answer, expected, "{row}");
    }
}

#[test]
fn a_pack_without_a_part_or_with_another_word_says_which() {
    let whole: serde_json::Value =
        serde_json::from_str(include_str!("../../packs/westgard.json")).unwrap();
    let mut parts = vec!["unverified".to_owned()];
    for (rule, members) in whole.as_object().unwrap() {
        let members = members.as_object().into_iter().flatten();
        parts.extend(members.map(|(member, _)| format!("{rule}/{member}")));
    }
    assert_eq!(parts.len(), 1 + 3 * 2 + 3 * 3 + 2 * 2);
    for part in parts {
        let mut pack = whole.clone();
        match part.split_once('/') {
            Some((rule, member)) => pack[rule].as_object_mut().unwrap().remove(member),
            None => pack.as_object_mut().unwrap().remove(&part),
        };
        let failure = WestgardPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(&part), "{part}: {}", failure.detail);
    }
    let mut pack = whole.clone();
    pack["ten_x"]["action"] = sdk::json!("ignore");
    assert!(WestgardPack::read(&pack).is_err());
    let mut pack = whole;
    pack["ten_x"]["results"] = sdk::json!(0);
    assert!(WestgardPack::read(&pack).is_err());
}
