//! Refraction by its table, and against power vectors, which know neither sphere nor cylinder.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::cases::{Numbers, check};
use crate::refraction::{Refraction, RefractionInput, RefractionPack, dioptres, refraction};

fn pack() -> RefractionPack {
    let document = serde_json::from_str(include_str!("../../packs/refraction.json")).unwrap();
    RefractionPack::read(Part::of("refraction", &document)).unwrap()
}

fn given(text: &str) -> Option<&str> {
    (text != "-").then_some(text)
}

#[test]
fn refraction_by_case() {
    check(include_str!("../../cases/refraction.txt"), 30, |cells| {
        let input = RefractionInput {
            sphere: given(cells[0]),
            cylinder: given(cells[1]),
            axis: given(cells[2]),
        };
        match refraction(&pack(), &input) {
            Ok(it) => format!(
                "{}, SE {}, or {}",
                it.words(),
                dioptres(it.equivalent_milli()),
                it.transposed().words()
            ),
            Err(refusal) => format!("refused: {}", refusal.words()),
        }
    });
}

/// M, J0 and J45 of a lens as Thibos wrote them: the power in the meridian θ is M + J0 cos 2θ + J45 sin 2θ.
fn vector(sphere: f64, cylinder: f64, axis: f64) -> [f64; 3] {
    let double = 2.0 * axis.to_radians();
    [
        sphere + cylinder / 2.0,
        -cylinder / 2.0 * double.cos(),
        -cylinder / 2.0 * double.sin(),
    ]
}

fn vector_of(it: Refraction) -> [f64; 3] {
    let (cylinder, axis) = it.cylinder.unwrap_or((0, 180));
    vector(
        f64::from(it.sphere_milli) / 1000.0,
        f64::from(cylinder) / 1000.0,
        f64::from(axis),
    )
}

fn quarters(n: i32) -> String {
    format!(
        "{}{}.{:02}",
        if n < 0 { "-" } else { "+" },
        n.abs() / 4,
        n.abs() % 4 * 25
    )
}

#[test]
fn two_implementations_agree_on_100_000_refractions() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0xda94_2042_e4dd_58b5), [0_u32; 2]);
    for _ in 0..100_000 {
        let (sphere, cylinder, axis) = (
            numbers.between(-125, 125),
            numbers.between(-50, 50),
            numbers.between(-2, 185),
        );
        let (sphere_text, cylinder_text, axis_text) =
            (quarters(sphere), quarters(cylinder), axis.to_string());
        let input = RefractionInput {
            sphere: Some(&sphere_text),
            cylinder: Some(&cylinder_text),
            axis: (cylinder != 0).then_some(&axis_text),
        };
        let possible = sphere.abs() <= 120
            && cylinder.abs() <= 48
            && (cylinder == 0 || (1..=180).contains(&axis));
        let found = refraction(&pack, &input);
        assert_eq!(found.is_ok(), possible, "{input:?}");
        seen[usize::from(possible)] += 1;
        let Ok(it) = found else { continue };
        let expected = vector(
            f64::from(sphere) / 4.0,
            f64::from(cylinder) / 4.0,
            f64::from(axis),
        );
        let equivalent = f64::from(it.equivalent_milli()) / 1000.0;
        assert!((equivalent - expected[0]).abs() < 1e-9, "{input:?}");
        for other in [vector_of(it), vector_of(it.transposed())] {
            let same = other
                .iter()
                .zip(expected)
                .all(|(one, other)| (one - other).abs() < 1e-9);
            assert!(same, "{input:?}: {other:?} is not {expected:?}");
        }
        assert_eq!(it.transposed().transposed(), it);
    }
    assert!(seen.iter().all(|times| *times > 1_000), "{seen:?}");
}
