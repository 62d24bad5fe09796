//! The equation written a second time from its published form, by logarithms, and compared on random people.

use super::{EgfrInput, Injury, Sex, egfr, pack};
use crate::random::Random;
use sdk::decimal::Decimal;

/// ln of the rate, from ln 141 + α·ln(min) − 1.209·ln(max) + age·ln 0.993 + ln 1.018 for women; creatinine in hundredths.
fn rate(age: u32, is_woman: bool, hundredths_umol_l: u32) -> f64 {
    let mg_dl = f64::from(hundredths_umol_l) / 8840.0;
    let knot = if is_woman { 0.7 } else { 0.9 };
    let slope = match (mg_dl <= knot, is_woman) {
        (true, true) => -0.329,
        (true, false) => -0.411,
        (false, _) => -1.209,
    };
    let mut sum = 141.0_f64.ln() + slope * (mg_dl.ln() - f64::ln(knot));
    sum += f64::from(age) * 0.993_f64.ln();
    if is_woman {
        sum += 1.018_f64.ln();
    }
    sum.exp()
}

#[test]
fn two_implementations_agree_on_100_000_people() {
    let (pack, mut random, mut refused) = (pack(), Random::new(0x2545_f491_4f6c_dd1d), 0);
    for n in 0..100_000 {
        let age = random.below(105);
        let is_woman = random.below(2) == 0;
        // Often beside the knot of either sex, where the exponent changes.
        let hundredths = match random.below(4) {
            0 => 6_180 + random.below(16),
            1 => 7_950 + random.below(12),
            _ => 1 + random.below(150_000),
        };
        let creatinine = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let input = EgfrInput {
            age_years: Some((age, age)),
            sex: Some(if is_woman { Sex::Female } else { Sex::Male }),
            creatinine_umol_l: Decimal::parse(&creatinine).unwrap_or(Decimal::ZERO),
            injury: Injury::NoAlert,
        };
        match egfr(&pack, &input) {
            Ok(found) => {
                let expected = rate(age, is_woman, hundredths);
                let apart = (found - expected).abs() / expected;
                assert!(age >= 18 && apart < 1e-12, "person {n}: {found} {expected}");
            }
            Err(_) => {
                assert!(age < 18, "person {n}, {age} years, {creatinine}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10_000 && refused < 30_000, "{refused}");
}
