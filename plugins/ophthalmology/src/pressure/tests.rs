//! Pressure by its table, thickness at its bounds, and a second reading of 100,000 texts.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::cases::{Numbers, check};
use crate::pressure::{PressurePack, pressure, thickness};

fn pack() -> PressurePack {
    let document = serde_json::from_str(include_str!("../../packs/pressure.json")).unwrap();
    PressurePack::read(Part::of("pressure", &document)).unwrap()
}

#[test]
fn pressure_by_case() {
    check(
        include_str!("../../cases/pressure.txt"),
        15,
        |cells| match pressure(&pack(), cells[0]) {
            Ok(it) => format!(
                "{} mmHg{}",
                it.mmhg.digits,
                if it.is_raised { ", raised" } else { "" }
            ),
            Err(refusal) => format!("refused: {}", refusal.words()),
        },
    );
}

#[test]
fn thickness_at_its_bounds() {
    let said = |text: &str| thickness(&pack(), text).map_or_else(|it| it.words(), |it| it.digits);
    assert_eq!(["300", "541 µm", "800"].map(said), ["300", "541", "800"]);
    for text in ["299.9", "800.1", "0", "-541"] {
        assert_eq!(
            said(text),
            "the corneal thickness must be 300 to 800 µm",
            "{text}"
        );
    }
    assert_eq!(
        said("0.541 mm"),
        "the corneal thickness must be in µm, not in mm"
    );
}

#[test]
fn two_readings_agree_on_100_000_texts() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0x9e37_79b9_7f4a_7c15), [0_u32; 3]);
    for _ in 0..100_000 {
        let tenths = match numbers.below(4) {
            0 => numbers.between(-3, 3),
            1 => numbers.between(797, 803),
            2 => numbers.between(237, 243),
            _ => numbers.between(-50, 1000),
        };
        let sign = if tenths < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{}", tenths.abs() / 10, tenths.abs() % 10);
        let expected = match tenths {
            0..=239 => Some(false),
            240..=800 => Some(true),
            _ => None,
        };
        let found = pressure(&pack, &text).ok().map(|it| it.is_raised);
        assert_eq!(found, expected, "{text}");
        seen[expected.map_or(2, usize::from)] += 1;
    }
    assert!(seen.iter().all(|times| *times > 1_000), "{seen:?}");
}
