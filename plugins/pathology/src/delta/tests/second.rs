//! The check written a second time in whole numbers, and compared on random pairs of results.

use super::{DeltaInput, Variation, delta};
use crate::random::Random;
use sdk::decimal::Decimal;

/// Whether (100·(now − before))² is below before²·2·1.96²·(a² + w²), with a and w in tenths of a percent.
fn is_below(before: i128, now: i128, analytical: i128, within: i128) -> bool {
    let change = 100 * (now - before);
    // Both sides times 10,000 for 1.96 and times 100 for the tenths.
    let left = change * change * 10_000 * 100;
    let right = before * before * 2 * 196 * 196 * (analytical * analytical + within * within);
    left < right
}

fn tenths(value: u32) -> Decimal {
    Decimal::parse(&format!("{}.{}", value / 10, value % 10)).unwrap_or(Decimal::ZERO)
}

#[test]
fn two_implementations_agree_on_100_000_pairs() {
    let (mut random, mut below, mut on_it) = (Random::new(0xa076_1d64_78bd_642f), 0, 0);
    for n in 0..100_000 {
        let (mut analytical, mut within) = (random.below(80), 1 + random.below(300));
        let mut before = 1 + random.below(20_000);
        let mut now = match random.below(3) {
            0 => random.below(40_000),
            1 => before + random.below(before / 4 + 1),
            _ => before - random.below(before / 4 + 1),
        };
        if random.below(50) == 0 {
            // Just the reference change value: 3.92 times a whole number.
            let times = 1 + random.below(9);
            (analytical, within) = (10 * times, 10 * times);
            before = 2_500 * (1 + random.below(4));
            now = before + before / 2_500 * 98 * times;
            on_it += 1;
        }
        let by = Variation {
            z: Decimal::parse("1.96").unwrap_or(Decimal::ZERO),
            analytical: tenths(analytical),
            within_person: tenths(within),
        };
        let input = DeltaInput {
            before: tenths(before),
            now: tenths(now),
        };
        let found = delta(&by, &input).map(|it| it.is_below);
        let expected = is_below(before.into(), now.into(), analytical.into(), within.into());
        assert_eq!(
            found,
            Ok(expected),
            "pair {n}: {before} {now} {analytical} {within}"
        );
        below += u32::from(expected);
    }
    assert!(
        (20_000..80_000).contains(&below) && on_it > 1_000,
        "{below} {on_it}"
    );
}
