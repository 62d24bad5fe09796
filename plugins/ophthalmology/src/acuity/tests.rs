//! Acuity by its table, in its order, and against a second implementation in whole numbers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::cmp::Ordering;

use sdk::pack::Part;

use crate::acuity::{Acuity, AcuityInput, AcuityPack, Low, Scale, acuity};
use crate::cases::{Numbers, check};

fn pack() -> AcuityPack {
    let document = serde_json::from_str(include_str!("../../packs/acuity.json")).unwrap();
    AcuityPack::read(Part::of("acuity", &document)).unwrap()
}

fn read(scale: &str, text: &str, at: Option<&str>) -> Result<Acuity, crate::refusal::Refusal> {
    let scale = Scale::of(scale).unwrap();
    acuity(
        &pack(),
        &AcuityInput {
            scale,
            text,
            read_at_m: at,
        },
    )
}

#[test]
fn acuity_by_case() {
    check(include_str!("../../cases/acuity.txt"), 70, |cells| {
        let at = (cells[2] != "-").then_some(cells[2]);
        match read(cells[0], cells[1], at) {
            Ok(Acuity::Low(low)) => format!("{}, order {}", low.code(), low.ordinal()),
            Ok(it) => format!(
                "{}, {} letters, base {}, {}",
                it.log_mar_text(),
                it.letters().unwrap(),
                it.base().unwrap(),
                it.snellen_text(&pack())
            ),
            Err(refusal) => format!("refused: {}", refusal.words()),
        }
    });
}

#[test]
fn low_vision_has_no_number_in_any_scale() {
    for low in Low::ALL {
        let it = read("low-vision", low.code(), None).unwrap();
        assert_eq!((it.log_mar(), it.letters(), it.base()), (None, None, None));
        assert_eq!(it.snellen_text(&pack()), low.code());
    }
}

#[test]
fn the_better_is_told_over_all_scales() {
    let falling = [
        ("snellen", "6/5"),
        ("letters", "85"),
        ("log-mar", "0.10"),
        ("snellen", "6/9"),
        ("snellen", "1/60"),
        ("low-vision", "CF"),
        ("low-vision", "HM"),
        ("low-vision", "PL"),
        ("low-vision", "NPL"),
    ];
    let all = falling.map(|(scale, text)| read(scale, text, None).unwrap());
    for (n, one) in all.iter().enumerate() {
        for (k, other) in all.iter().enumerate() {
            assert_eq!(
                one.compare(*other),
                k.cmp(&n),
                "{:?} {:?}",
                falling[n],
                falling[k]
            );
        }
    }
    let equal = read("letters", "70", None).unwrap();
    assert_eq!(
        read("log-mar", "0.30", None).unwrap().compare(equal),
        Ordering::Equal
    );
}

/// Letters and base of a score in hundredths of logMAR, in whole numbers: 85 - h/2 and 110 - h/2, a half away from zero.
fn second(hundredths: i32) -> (i32, i32) {
    let from = |zero: i32| {
        let doubled = 2 * zero - hundredths;
        if doubled >= 0 {
            (doubled + 1).div_euclid(2)
        } else {
            -((1 - doubled).div_euclid(2))
        }
    };
    (from(85).max(0), from(110))
}

/// Of a Snellen fraction, through natural logarithms of numerator and denominator each.
fn second_of_snellen(numerator: f64, denominator: f64) -> f64 {
    (denominator.ln() - numerator.ln()) / std::f64::consts::LN_10
}

#[test]
fn two_implementations_agree_on_100_000_acuities() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0x2545_f491_4f6c_dd1d), [0_u32; 4]);
    for _ in 0..100_000 {
        let kind = numbers.below(3);
        let (shift, letters_shift, at) = numbers.one(&[
            (0, 0, None),
            (60, 30, Some("4")),
            (30, 15, Some("2")),
            (0, 0, Some("1")),
        ]);
        let (scale, text, at, expected) = match kind {
            0 => {
                let score = numbers.between(-60, 300);
                let text = format!(
                    "{}{}.{:02}",
                    if score < 0 { "-" } else { "" },
                    score.abs() / 100,
                    score.abs() % 100
                );
                let h = score - shift;
                (
                    Scale::LogMar,
                    text,
                    at,
                    (-40..=210).contains(&h).then(|| second(h)),
                )
            }
            1 => {
                let letters = numbers.between(-5, 110);
                let total = letters + letters_shift;
                let expected = (0..=100).contains(&total).then(|| (total, total + 25));
                (Scale::Letters, letters.to_string(), at, expected)
            }
            _ => {
                let metres = numbers.one(&["6", "5", "4", "3", "2", "1", "0.5"]);
                let tenths = numbers.between(1, 900);
                let text = format!("{metres}/{}.{}", tenths / 10, tenths % 10);
                let log_mar = second_of_snellen(metres.parse().unwrap(), f64::from(tenths) / 10.0);
                let given = AcuityInput {
                    scale: Scale::Snellen,
                    text: &text,
                    read_at_m: None,
                };
                let it = acuity(&pack, &given).ok().and_then(Acuity::log_mar);
                let inside = (-0.4..=2.1).contains(&log_mar);
                assert_eq!(it.is_some(), inside, "{text}");
                assert!(it.is_none_or(|it| (it - log_mar).abs() < 1e-12), "{text}");
                seen[usize::from(inside) + 2] += 1;
                continue;
            }
        };
        let given = AcuityInput {
            scale,
            text: &text,
            read_at_m: at,
        };
        let it = acuity(&pack, &given).ok();
        let it = it.map(|it| (it.letters().unwrap(), it.base().unwrap()));
        assert_eq!(
            it,
            expected.map(|(a, b)| (f64::from(a), f64::from(b))),
            "{text} at {at:?}"
        );
        seen[usize::from(expected.is_some())] += 1;
    }
    assert!(
        seen.iter().all(|times| *times > 1_000),
        "the acuities are too much alike: {seen:?}"
    );
}
