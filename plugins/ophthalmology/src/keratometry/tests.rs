//! Keratometry by its table, and against a second implementation in micrometres.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::cases::{Numbers, check};
use crate::keratometry::{CorneaPack, KeratometryInput, Measure, keratometry};

fn pack() -> CorneaPack {
    let document = serde_json::from_str(include_str!("../../packs/biometry.json")).unwrap();
    CorneaPack::read(Part::of("biometry", &document)).unwrap()
}

fn given(text: &str) -> Option<&str> {
    (text != "-").then_some(text)
}

#[test]
fn keratometry_by_case() {
    check(include_str!("../../cases/keratometry.txt"), 25, |cells| {
        let found = Measure::of(given(cells[0])).and_then(|measure| {
            let input = KeratometryInput {
                measure,
                one: given(cells[1]),
                other: given(cells[2]),
            };
            keratometry(&pack(), &input)
        });
        match found {
            Ok(it) => {
                let (flat, steep) = it.powers_d();
                format!(
                    "{:.3}/{:.3} mm, mean {:.3}, {flat:.2}/{steep:.2} D, cylinder {:.2}",
                    it.flat_mm,
                    it.steep_mm,
                    it.radius_mm(),
                    it.cylinder_d()
                )
            }
            Err(refusal) => format!("refused: {}", refusal.words()),
        }
    });
}

#[test]
fn two_implementations_agree_on_100_000_corneas() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0x6a09_e667_f3bc_c909), [0_u32; 4]);
    for _ in 0..100_000 {
        let is_radius = numbers.below(2) == 0;
        // Micrometres, or hundredths of a dioptre.
        let (low, high, places) = if is_radius {
            (5_600, 11_250, 1_000)
        } else {
            (3_000, 6_000, 100)
        };
        let mut draw = || match numbers.below(5) {
            0 => numbers.between(low - 3, low + 3),
            1 => numbers.between(high - 3, high + 3),
            _ => numbers.between(low - 50, high + 50),
        };
        let (one, other) = (draw(), draw());
        let text = |it: i32| {
            format!(
                "{}.{:0width$}",
                it / places,
                it % places,
                width = if is_radius { 3 } else { 2 }
            )
        };
        let (one_text, other_text) = (text(one), text(other));
        let measure = if is_radius {
            Measure::Radius
        } else {
            Measure::Power
        };
        let input = KeratometryInput {
            measure,
            one: Some(&one_text),
            other: Some(&other_text),
        };
        let possible = [one, other].iter().all(|it| (low..=high).contains(it));
        let found = keratometry(&pack, &input);
        assert_eq!(found.is_ok(), possible, "{input:?}");
        seen[usize::from(possible) + 2 * usize::from(is_radius)] += 1;
        let Ok(it) = found else { continue };
        // From metres: the power of a surface is the step of the index over its radius.
        let metres = |it: i32| match measure {
            Measure::Radius => f64::from(it) * 1e-6,
            Measure::Power => 0.3375 / (f64::from(it) * 1e-2),
        };
        let (one, other) = (metres(one), metres(other));
        let cylinder = (0.3375 / one - 0.3375 / other).abs();
        assert!((it.cylinder_d() - cylinder).abs() < 1e-9, "{input:?}");
        assert!(
            (it.radius_mm() - (one + other) * 500.0).abs() < 1e-9,
            "{input:?}"
        );
        let powers = (0.3375 / one.max(other), 0.3375 / one.min(other));
        assert!(
            (it.powers_d().0 - powers.0).abs() < 1e-9 && (it.powers_d().1 - powers.1).abs() < 1e-9
        );
    }
    assert!(seen.iter().all(|times| *times > 1_000), "{seen:?}");
}
