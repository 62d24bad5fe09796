//! The delta check by its table of cases, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use crate::delta::{DeltaInput, Variation, delta, refusal_text};
use sdk::decimal::Decimal;

#[test]
fn delta_by_case() {
    let rows: Vec<_> = include_str!("../../cases/delta.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 20);
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [analytical, within_person, z, before, now, expected] = cells[..] else {
            panic!("six cells in {row}")
        };
        let number = |text: &str| Decimal::parse(text).unwrap();
        let by = Variation {
            z: number(z),
            analytical: number(analytical),
            within_person: number(within_person),
        };
        let input = DeltaInput {
            before: number(before),
            now: number(now),
        };
        let said = match delta(&by, &input) {
            Ok(it) => {
                let word = if it.is_below { "below" } else { "not below" };
                let sign = if it.change_percent > Decimal::ZERO {
                    "+"
                } else {
                    ""
                };
                let change = it.change_percent.with_places(1);
                format!("{word}: {sign}{change} of {:.1}", it.rcv_percent)
            }
            Err(why) => format!("refused: {}", refusal_text(why)),
        };
        assert_eq!(said, expected, "{row}");
    }
}
