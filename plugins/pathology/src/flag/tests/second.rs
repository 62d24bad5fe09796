//! The flag written a second time as sets of the values that may be true, and compared on random results.

use sdk::decimal::Decimal;
use sdk::screen::{Comparator, Interpretation};

use super::{Ends, Number, flag};
use crate::random::Random;

/// Beyond every value and end that is drawn here.
const FAR: i64 = 1_000_000;

/// The least and the largest value that may be true, in halves of the step in which values are reported.
fn possible(value: i64, comparator: Option<Comparator>) -> (i64, i64) {
    let twice = 2 * value;
    match comparator {
        None => (twice, twice),
        Some(Comparator::Less) => (-FAR, twice - 1),
        Some(Comparator::LessOrEqual) => (-FAR, twice),
        Some(Comparator::Greater) => (twice + 1, FAR),
        Some(Comparator::GreaterOrEqual) => (twice, FAR),
    }
}

/// All that may be true is below the range, above it, or within one that has an upper end.
fn by_sets(
    value: i64,
    comparator: Option<Comparator>,
    low: Option<i64>,
    high: Option<i64>,
) -> Option<Interpretation> {
    let (least, most) = possible(value, comparator);
    if low.is_some_and(|low| most < 2 * low) {
        return Some(Interpretation::Low);
    }
    if high.is_some_and(|high| least > 2 * high) {
        return Some(Interpretation::High);
    }
    let from = low.map_or(-FAR, |low| 2 * low);
    let is_within = high.is_some_and(|high| least >= from && most <= 2 * high);
    is_within.then_some(Interpretation::Normal)
}

#[test]
fn two_implementations_agree_on_100_000_results() {
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let mut flagged = 0;
    let decimal = |it: i64| Decimal::parse(&it.to_string());
    for n in 0..100_000 {
        let value = random.between(-5, 60);
        let comparator = match random.below(8) {
            0 => Some(Comparator::Less),
            1 => Some(Comparator::LessOrEqual),
            2 => Some(Comparator::Greater),
            3 => Some(Comparator::GreaterOrEqual),
            _ => None,
        };
        let mut end = |from: i64, to: i64| {
            let drawn = random.between(from, to);
            (random.below(4) > 0).then_some(drawn)
        };
        let (low, high) = (end(-5, 30), end(31, 60));
        let number = Number {
            text: value.to_string(),
            decimal: decimal(value),
            comparator,
            unit: String::new(),
            unit_code: String::new(),
        };
        let ends = Ends {
            low: low.and_then(decimal),
            high: high.and_then(decimal),
        };
        let found = flag(None, &number, ends);
        let expected = by_sets(value, comparator, low, high);
        assert_eq!(
            found, expected,
            "{n}: {value} {comparator:?} {low:?} {high:?}"
        );
        flagged += u32::from(found.is_some());
    }
    assert!(flagged > 30_000 && flagged < 99_000, "{flagged}");
}
