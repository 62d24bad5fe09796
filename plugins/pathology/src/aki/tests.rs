//! The AKI rule by its table of cases, against faults seen in public code, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod faults;
mod second;

use crate::aki::pack::AkiPack;
use crate::aki::words::{ratio_text, refusal_text, umol_l_text};
use crate::aki::{
    AkiInput, Assessment, Because, Creatinine, Flag, Reference, Rule, Stage, Undecided, Verdict,
    aki,
};
use sdk::decimal::Decimal;
use sdk::moment::{DAY_MS, HOUR_MS};

/// Any moment: the rule has no calendar.
const AT_MS: i64 = 1_900_000_000_000;

pub(super) fn pack() -> AkiPack {
    AkiPack::read(&serde_json::from_str(include_str!("../../packs/aki.json")).unwrap()).unwrap()
}

/// One row of the table of cases.
pub(super) struct Case {
    row: String,
    current: Creatinine,
    earlier: Vec<Creatinine>,
    age_years: Option<u32>,
    reference: Reference,
    unit_known: bool,
    unit: String,
    answer: String,
}

pub(super) fn cases() -> Vec<Case> {
    let table = include_str!("../../cases/aki.txt");
    table
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .map(case)
        .collect()
}

fn case(row: &str) -> Case {
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let [earlier, current, unit, age, range, answer] = cells[..] else {
        panic!("six cells in {row}")
    };
    let factor = pack().umol_l_in(unit);
    let value = |text: &str| {
        Decimal::parse(text)
            .unwrap()
            .times(factor.unwrap_or(Decimal::from(1)))
            .unwrap()
    };
    let one = |text: &str| {
        let (number, ago) = text.trim().split_once('@').unwrap();
        Creatinine {
            at_ms: AT_MS - ago_ms(ago),
            umol_l: value(number),
        }
    };
    let end = |text: &str| (!text.is_empty() && text != "?").then(|| value(text));
    let (low, high) = range.split_once('-').unwrap_or(("?", "?"));
    Case {
        row: row.to_owned(),
        current: Creatinine {
            at_ms: AT_MS,
            umol_l: value(current),
        },
        earlier: if earlier == "-" {
            vec![]
        } else {
            earlier.split(',').map(one).collect()
        },
        age_years: age.parse().ok(),
        reference: Reference {
            low: end(low),
            high: end(high),
        },
        unit_known: factor.is_some(),
        unit: unit.to_owned(),
        answer: answer.to_owned(),
    }
}

fn ago_ms(text: &str) -> i64 {
    let (sign, text) = text
        .strip_prefix('+')
        .map_or((1, text), |later| (-1, later));
    let (number, unit_ms) = match text.strip_suffix('h') {
        Some(hours) => (hours, HOUR_MS),
        None => (text.strip_suffix('d').unwrap(), DAY_MS),
    };
    sign * number.parse::<i64>().unwrap() * unit_ms
}

fn answer(case: &Case) -> String {
    if !case.unit_known {
        return format!("refused: unit {} is not known", case.unit);
    }
    match aki(&pack(), &input(case)) {
        Ok(assessment) => said(&assessment, case.current.umol_l),
        Err(refusal) => format!("refused: {}", refusal_text(refusal)),
    }
}

pub(super) fn input(case: &Case) -> AkiInput<'_> {
    AkiInput {
        current: case.current,
        others: &case.earlier,
        age_years: case.age_years,
        reference: case.reference,
    }
}

fn said(it: &Assessment, current: Decimal) -> String {
    let numbers = it.baseline.zip(it.ratio).map(|(baseline, ratio)| {
        let rule = match baseline.rule {
            Rule::Lowest => "lowest",
            Rule::Median => "median",
        };
        let ratio = ratio_text(&pack(), ratio);
        format!(
            "{ratio} times {}, {rule} of {}",
            umol_l_text(baseline.umol_l),
            baseline.results
        )
    });
    let numbers = numbers.unwrap_or_default();
    let or_3 = match it.undecided {
        Some(Undecided::Age) => " or 3, age not known",
        Some(Undecided::UpperLimit) => " or 3, upper limit not known",
        None => "",
    };
    match it.verdict {
        Verdict::Alert(stage, Because::Ratio) => format!("AKI {}{or_3}: {numbers}", stage.number()),
        Verdict::Alert(stage, Because::Concentration) => {
            format!("AKI {} by concentration: {numbers}", stage.number())
        }
        Verdict::Alert(stage, Because::Difference) => {
            let lowest = it.lowest_recent.unwrap();
            format!(
                "AKI {}: rise of {} from {lowest} within 48 hours",
                stage.number(),
                current.minus(lowest)
            )
        }
        Verdict::NoAlert => format!("none: {numbers}"),
        Verdict::NoEarlier(Flag::Low) => "no earlier: low".to_owned(),
        Verdict::NoEarlier(Flag::InRange) => "no earlier: in range".to_owned(),
        Verdict::NoEarlier(Flag::High) => "no earlier: high".to_owned(),
        Verdict::NoEarlier(Flag::NotKnown) => "no earlier: not known".to_owned(),
    }
}

#[test]
fn aki_by_case() {
    let wrong: Vec<_> = cases()
        .iter()
        .filter(|case| answer(case) != case.answer)
        .map(|case| format!("{}\n  answered: {}", case.row, answer(case)))
        .collect();
    assert!(
        cases().len() > 50 && wrong.is_empty(),
        "{}",
        wrong.join("\n")
    );
}

#[test]
fn the_order_of_the_history_does_not_matter() {
    for mut case in cases() {
        let before = answer(&case);
        case.earlier.reverse();
        assert_eq!(answer(&case), before, "{}", case.row);
    }
}

#[test]
fn a_pack_without_a_part_says_which() {
    let whole: serde_json::Value =
        serde_json::from_str(include_str!("../../packs/aki.json")).unwrap();
    for path in [
        "ratio",
        "adult_years",
        "difference",
        "median_within_days",
        "codes",
        "units",
        "review_hours",
        "unverified",
    ] {
        let mut pack = whole.clone();
        pack.as_object_mut().unwrap().remove(path);
        let failure = AkiPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(path), "{path}: {}", failure.detail);
    }
    let mut pack = whole;
    pack["ratio"]["stage_2"] = serde_json::json!("two");
    assert!(
        AkiPack::read(&pack)
            .unwrap_err()
            .detail
            .contains("/ratio/stage_2")
    );
}

/// The stage as a number: 0 for none; None when there is no earlier result.
pub(super) fn stage_of(it: &Assessment) -> Option<u32> {
    match it.verdict {
        Verdict::Alert(stage, _) => Some(stage.number()),
        Verdict::NoAlert => Some(0),
        Verdict::NoEarlier(_) => None,
    }
}

#[test]
fn stages_are_ordered() {
    assert!(Stage::One < Stage::Two && Stage::Two < Stage::Three);
}
