//! The rule written a second time in whole numbers, and compared on random specimens.

use super::{CalciumInput, Regression, adjusted_calcium};
use crate::random::Random;
use sdk::decimal::Decimal;

/// In hundred-thousandths of a mmol/L: calcium in thousandths, albumin in tenths, the slope in ten-thousandths.
fn adjusted(calcium: i64, albumin: i64, slope: i64, usual: i64) -> Option<i64> {
    (calcium > 0 && albumin > 0).then(|| calcium * 100 + slope * (usual - albumin))
}

fn decimal(value: i64, places: usize) -> Decimal {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", value.abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    Decimal::parse(&format!("{sign}{whole}.{part}")).unwrap_or(Decimal::ZERO)
}

#[test]
fn two_implementations_agree_on_100_000_specimens() {
    let (mut random, mut refused) = (Random::new(0x9e37_79b9_7f4a_7c15), 0);
    for n in 0..100_000 {
        let calcium = random.between(-50, 4_000);
        let albumin = random.between(-10, 700);
        let (slope, usual) = (random.between(50, 400), random.between(350, 480));
        let regression = Regression {
            laboratory: None,
            times: decimal(slope, 4),
            albumin_g_l: decimal(usual, 1),
            source: String::new(),
        };
        let input = CalciumInput {
            calcium_mmol_l: decimal(calcium, 3),
            albumin_g_l: decimal(albumin, 1),
        };
        let found = adjusted_calcium(&regression, &input).ok();
        let expected = adjusted(calcium, albumin, slope, usual).map(|it| decimal(it, 5));
        assert_eq!(
            found, expected,
            "specimen {n}: {calcium} {albumin} {slope} {usual}"
        );
        refused += u32::from(found.is_none());
    }
    assert!(refused > 1_000 && refused < 10_000, "{refused}");
}
