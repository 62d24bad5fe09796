//! Centiles: their table, a second implementation that integrates, the curves, and faults seen in public code.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Chart, ChartPack, curve_grams, weight_centile};
use crate::gestation::Gestation;
use crate::tests::{Numbers, check, each_part_is_needed, number, pack};
use crate::weight::tests::formula;
use crate::weight::{Estimate, Formula};

fn read() -> ChartPack {
    ChartPack::read(&pack("growth")).unwrap()
}

#[test]
fn centile_by_case() {
    let pack = read();
    check(include_str!("../../cases/centile.txt"), 18, |cells| {
        let (weeks, days) = cells[2].split_once('+').unwrap();
        let at = Gestation(weeks.parse::<i64>().unwrap() * 7 + days.parse::<i64>().unwrap());
        let weight = Estimate {
            grams: number(cells[0]).unwrap(),
            formula: formula(cells[1]),
        };
        match weight_centile(&pack, Chart::of(cells[3]).unwrap(), &weight, at) {
            Ok(it) => format!("{it:.1}"),
            Err(refusal) => refusal.to_string(),
        }
    });
}

/// The standard score as the papers print it.
fn second(formula: Formula, grams: f64, days: f64) -> f64 {
    let ga = days / 7.0;
    if formula != Formula::Intergrowth {
        let median = (0.578 + ga * (0.332 - ga * 0.00354)).exp();
        return (grams - median) / (median * 0.127);
    }
    let (cube, log) = (ga.powi(3), ga.ln());
    let lambda = 0.000_230_182_9 * cube - 4.257_629 - 2162.234 * ga.powi(-2);
    let mu = 4.956_737 + cube * (0.000_501_968_7 - 0.000_122_706_5 * log);
    let sigma = 0.0001 * (cube * (0.057559 - 0.01493946 * log) - 6.997171);
    ((lambda * (grams.ln() / mu).ln()).exp() - 1.0) / (sigma * lambda)
}

/// The normal distribution by adding up its density, with Simpson's rule.
fn area(z: f64) -> f64 {
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let step = z / 400.0;
    let pieces = (0..200).map(|n| {
        let from = step * 2.0 * f64::from(n);
        density(from) + 4.0 * density(from + step) + density(from + 2.0 * step)
    });
    0.5 + pieces.sum::<f64>() * step / 3.0
}

#[test]
fn two_implementations_agree_on_100_000_weights() {
    let (pack, mut numbers) = (read(), Numbers(314_159));
    let (mut low, mut high) = (0, 0);
    for n in 0..100_000 {
        let formula = [Formula::Intergrowth, Formula::Hadlock3, Formula::Hadlock4][n % 3];
        let chart = if n % 3 == 0 {
            Chart::Intergrowth
        } else {
            Chart::Hadlock
        };
        let days = 154 + numbers.below(127);
        let at = Gestation(days);
        let near = curve_grams(&pack, chart, 0.0, at.weeks());
        let grams = numbers.between(near * 0.6, near * 1.5);
        let weight = Estimate { grams, formula };
        let centile = weight_centile(&pack, chart, &weight, at).unwrap();
        let z = second(formula, grams, f64::from(i32::try_from(days).unwrap()));
        let expected = 100.0 * area(z.clamp(-8.0, 8.0));
        assert!(
            (centile - expected).abs() < 1e-5,
            "{formula:?} {grams} at {at}: {centile} {expected}"
        );
        low += u32::from(centile < 10.0);
        high += u32::from(centile > 90.0);
    }
    assert!(low > 5_000 && high > 5_000, "{low} {high}");
}

#[test]
fn a_curve_is_where_its_centile_is() {
    let pack = read();
    let centiles = [3.0, 10.0, 50.0, 90.0, 97.0];
    for (chart, formula) in [
        (Chart::Intergrowth, Formula::Intergrowth),
        (Chart::Hadlock, Formula::Hadlock3),
    ] {
        for ((label, z, _), expected) in pack.curves.iter().zip(centiles) {
            for days in 154..=280 {
                let at = Gestation(days);
                let grams = curve_grams(&pack, chart, *z, at.weeks());
                let centile =
                    weight_centile(&pack, chart, &Estimate { grams, formula }, at).unwrap();
                assert!(
                    (centile - expected).abs() < 1e-6,
                    "{label} at {at}: {centile}"
                );
            }
        }
    }
}

/// Seen in public code: a digit of lambda lost, -4.57629, which moves the centile of a real fetus.
#[test]
fn lambda_has_all_its_digits() {
    let weight = Estimate {
        grams: 1000.0,
        formula: Formula::Intergrowth,
    };
    let right = weight_centile(&read(), Chart::Intergrowth, &weight, Gestation(210)).unwrap();
    let mut document = pack("growth");
    assert_eq!(
        document["chart_intergrowth"]["lambda"][0].as_f64(),
        Some(-4.257_629)
    );
    document["chart_intergrowth"]["lambda"][0] = serde_json::json!(-4.57629);
    let wrong = ChartPack::read(&document).unwrap();
    let wrong = weight_centile(&wrong, Chart::Intergrowth, &weight, Gestation(210)).unwrap();
    assert!((right - wrong).abs() > 0.01, "{right} {wrong}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/chart_intergrowth/title",
        "/chart_intergrowth/from_weeks",
        "/chart_hadlock/deviation",
        "/curves",
    ];
    each_part_is_needed("growth", &parts, ChartPack::read);
}
