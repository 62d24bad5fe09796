//! SRK/T by its table, and against the same eye traced surface by surface.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::cases::{Numbers, check};
use crate::srk_t::{LensInput, LensPack, srk_t};

fn document() -> sdk::Value {
    serde_json::from_str(include_str!("../../packs/biometry.json")).unwrap()
}

fn pack() -> LensPack {
    LensPack::read(Part::of("biometry", &document())).unwrap()
}

#[test]
fn srk_t_by_case() {
    check(include_str!("../../cases/srk_t.txt"), 30, |cells| {
        let number = |n: usize| cells[n].parse::<f64>().unwrap();
        let input = LensInput {
            axial_length_mm: number(0),
            radius_mm: number(1),
            a_constant: number(2),
            target_d: number(3),
            is_altered_cornea: match cells[4] {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
        };
        match srk_t(&pack(), &input) {
            Ok(it) => {
                let lens = it.lenses[it.nearest];
                format!(
                    "{:.2} D, lens {:.1} leaves {:+.2}",
                    it.emmetropia_d, lens.power_d, lens.predicted_d
                )
            }
            Err(refusal) => format!("refused: {}", refusal.words()),
        }
    });
}

#[test]
fn the_table_of_lenses_is_in_steps_around_the_target() {
    let input = LensInput {
        axial_length_mm: 23.5,
        radius_mm: 7.7,
        a_constant: 118.4,
        target_d: -0.5,
        is_altered_cornea: Some(false),
    };
    let it = srk_t(&pack(), &input).unwrap();
    let powers: Vec<_> = it
        .lenses
        .iter()
        .map(|lens| format!("{:.1}", lens.power_d))
        .collect();
    assert_eq!(
        powers,
        ["22.5", "22.0", "21.5", "21.0", "20.5", "20.0", "19.5"]
    );
    assert!(
        it.lenses
            .windows(2)
            .all(|pair| pair[0].predicted_d < pair[1].predicted_d)
    );
    assert_eq!(it.nearest, 3);
}

#[test]
fn the_factor_for_long_eyes_is_the_packs() {
    let mut erratum = document();
    erratum["long_eye_factor"] = "1.715".into();
    let erratum = LensPack::read(Part::of("biometry", &erratum)).unwrap();
    let at = |pack: &LensPack, axial_length_mm: f64| {
        let input = LensInput {
            axial_length_mm,
            radius_mm: 7.7,
            a_constant: 118.4,
            target_d: 0.0,
            is_altered_cornea: Some(false),
        };
        format!("{:.4}", srk_t(pack, &input).unwrap().emmetropia_d)
    };
    assert_eq!(
        (at(&pack(), 26.0), at(&erratum, 26.0)),
        ("12.6350".into(), "12.6190".into())
    );
    assert_eq!(at(&pack(), 24.2), at(&erratum, 24.2));
}

/// The refraction at the spectacles of an eye with this lens, by vergences from the retina outwards; None where the
/// formula's corneal height has no root. Metres and dioptres.
fn traced(length: f64, radius: f64, a_constant: f64, lens_d: f64) -> Option<f64> {
    let long = if length > 24.2 {
        1.716 * length - 3.446 - 0.0237 * length.powi(2)
    } else {
        length
    };
    let half_width = (0.58412 * long - 5.40948 + 33.075 / radius) / 2.0;
    let inside = (radius - half_width) * (radius + half_width);
    if inside < 0.0 {
        return None;
    }
    let height = f64::min(radius - inside.sqrt(), 5.5);
    let lens_at = (height + a_constant * 0.62467 - 72.08279) * 1e-3;
    let retina_at = (length * (1.0 - 0.02029) + 0.65696) * 1e-3;
    if lens_at <= 0.0 || lens_at >= retina_at {
        return None;
    }
    // What must arrive behind the lens, before it, behind the cornea, before it, and 12 mm in front.
    let behind_lens = 1.336 / (retina_at - lens_at);
    let before_lens = behind_lens - lens_d;
    let behind_cornea = before_lens / (1.0 + before_lens * lens_at / 1.336);
    let before_cornea = behind_cornea - 333.0 / radius;
    Some(before_cornea / (1.0 + 0.012 * before_cornea))
}

#[test]
fn two_implementations_agree_on_100_000_eyes() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0xbb67_ae85_84ca_a73b), [0_u32; 3]);
    for n in 0..100_000 {
        let input = LensInput {
            axial_length_mm: f64::from(numbers.between(1750, 3850)) / 100.0,
            radius_mm: f64::from(numbers.between(550, 1135)) / 100.0,
            a_constant: f64::from(numbers.between(1115, 1225)) / 10.0,
            target_d: f64::from(numbers.between(-25, 13)) / 4.0,
            is_altered_cornea: Some(false),
        };
        let inside = (18.0..=38.0).contains(&input.axial_length_mm)
            && (5.6..=11.25).contains(&input.radius_mm)
            && (112.0..=122.0).contains(&input.a_constant)
            && (-6.0..=3.0).contains(&input.target_d);
        let trace = |power_d| {
            traced(
                input.axial_length_mm,
                input.radius_mm,
                input.a_constant,
                power_d,
            )
        };
        let Ok(it) = srk_t(&pack, &input) else {
            assert!(
                !inside || trace(20.0).is_none(),
                "eye {n} is refused: {input:?}"
            );
            seen[usize::from(inside)] += 1;
            continue;
        };
        assert!(inside, "eye {n} is answered: {input:?}");
        seen[2] += 1;
        assert!(
            trace(it.emmetropia_d).unwrap().abs() < 1e-7,
            "eye {n}: {input:?}"
        );
        assert!(
            (trace(it.for_target_d).unwrap() - input.target_d).abs() < 1e-7,
            "eye {n}: {input:?}"
        );
        for lens in &it.lenses {
            let expected = trace(lens.power_d).unwrap();
            assert!(
                (lens.predicted_d - expected).abs() < 1e-7,
                "eye {n}: {input:?}, {lens:?} is {expected}"
            );
        }
    }
    assert!(
        seen.iter().all(|times| *times > 200),
        "the eyes are too much alike: {seen:?}"
    );
}
