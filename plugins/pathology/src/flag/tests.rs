//! The flag by its table of cases.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use sdk::screen::{Comparator, Interpretation};

use crate::flag::{Ends, flag};
use crate::result::Number;
use sdk::decimal::Decimal;

fn number(text: &str) -> Number {
    let comparators = [
        ("<=", Comparator::LessOrEqual),
        (">=", Comparator::GreaterOrEqual),
        ("<", Comparator::Less),
        (">", Comparator::Greater),
    ];
    let comparator = comparators
        .into_iter()
        .find(|(sign, _)| text.starts_with(sign));
    let text = comparator.map_or(text, |(sign, _)| &text[sign.len()..]);
    Number {
        text: text.to_owned(),
        decimal: Some(Decimal::parse(text).unwrap()),
        comparator: comparator.map(|(_, comparator)| comparator),
        unit: String::new(),
        unit_code: String::new(),
    }
}

#[test]
fn flag_by_case() {
    let rows: Vec<_> = include_str!("../../cases/flag.txt")
        .lines()
        .filter(|row| !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 20);
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [said, value, range, expected] = cells[..] else {
            panic!("four cells in {row}")
        };
        let (low, high) = range.split_once('-').unwrap();
        let ends = Ends {
            low: Decimal::parse(low),
            high: Decimal::parse(high),
        };
        let answer = flag(Interpretation::from_hl7(said), &number(value), ends);
        assert_eq!(answer.map_or("-", Interpretation::word), expected, "{row}");
    }
}
