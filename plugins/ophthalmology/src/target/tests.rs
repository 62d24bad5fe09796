//! Both sides of both ends of a target.

use crate::target::{Against, against};
use crate::tests::cases::{Numbers, check};

#[test]
fn a_pressure_against_its_target() {
    check(include_str!("../../cases/target.txt"), 12, |cells| {
        against(cells[0], (cells[1], cells[2]))
            .map_or_else(|| "cannot be told".to_owned(), |it| it.words().to_owned())
    });
}

#[test]
fn two_implementations_agree_on_100_000_pressures() {
    let (mut numbers, mut seen) = (Numbers(0x428a_2f98_d728_ae22), [0_u32; 3]);
    for _ in 0..100_000 {
        // Tenths of mmHg, near the ends as often as not.
        let low = numbers.between(80, 200);
        let high = low + numbers.between(0, 100);
        let mmhg = match numbers.below(4) {
            0 => low + numbers.between(-2, 2),
            1 => high + numbers.between(-2, 2),
            _ => numbers.between(0, 800),
        };
        let text = |tenths: i32| format!("{}.{}", tenths / 10, tenths % 10);
        let found = against(&text(mmhg), (&text(low), &text(high)));
        // Within is to be the middle one of the three when they are put in order.
        let mut in_order = [mmhg, low, high];
        in_order.sort_unstable();
        let expected = if in_order[1] == mmhg {
            Against::Within
        } else if in_order[0] == mmhg {
            Against::Below
        } else {
            Against::Above
        };
        assert_eq!(found, Some(expected), "{mmhg} {low} {high}");
        seen[match expected {
            Against::Below => 0,
            Against::Within => 1,
            Against::Above => 2,
        }] += 1;
    }
    assert!(seen.iter().all(|times| *times > 1_000), "{seen:?}");
}
