//! Estimated weight: its table, a second implementation of the three formulas, and a fault seen in public code.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{Biometry, Formula, WeightPack, estimated_weight};
use crate::tests::{Numbers, check, each_part_is_needed, number, pack};

const FORMULAS: [Formula; 3] = [Formula::Hadlock3, Formula::Hadlock4, Formula::Intergrowth];

pub(crate) fn formula(word: &str) -> Formula {
    match word {
        "hadlock3" => Formula::Hadlock3,
        "hadlock4" => Formula::Hadlock4,
        "intergrowth" => Formula::Intergrowth,
        other => panic!("no formula {other}"),
    }
}

#[test]
fn weight_by_case() {
    let pack = WeightPack::read(&pack("growth")).unwrap();
    check(include_str!("../../cases/weight.txt"), 20, |cells| {
        let it = Biometry {
            hc_cm: number(cells[0]),
            ac_cm: number(cells[1]),
            fl_cm: number(cells[2]),
            bpd_cm: number(cells[3]),
        };
        match estimated_weight(&pack, formula(cells[4]), &it) {
            Ok(it) => format!("{:.0} g", it.grams),
            Err(refusal) => refusal.to_string(),
        }
    });
}

/// The natural logarithm of the weight, as the papers print the formulas.
fn second(formula: Formula, [hc, ac, fl, bpd]: [f64; 4]) -> f64 {
    let ten = std::f64::consts::LN_10;
    match formula {
        Formula::Hadlock3 => {
            ten * (1.326 + 0.0107 * hc + 0.0438 * ac + 0.158 * fl - 0.00326 * (ac * fl))
        }
        Formula::Hadlock4 => {
            let square = 0.00061 * (bpd * ac) - 0.00386 * (ac * fl);
            ten * (1.3596 + 0.0064 * hc + 0.0424 * ac + 0.174 * fl + square)
        }
        Formula::Intergrowth => {
            let (abdomen, head) = ((ac / 100.0).powi(3), hc / 100.0);
            let of_log = 95.80076 * abdomen * (ac.log10() - 2.0) * ten;
            5.084_820 - 54.06633 * abdomen - of_log + 3.136_370 * head
        }
    }
}

#[test]
fn two_implementations_agree_on_100_000_fetuses() {
    let (pack, mut numbers) = (WeightPack::read(&pack("growth")).unwrap(), Numbers(271_828));
    for n in 0..100_000 {
        let all = [
            numbers.between(10.0, 45.0),
            numbers.between(8.0, 50.0),
            numbers.between(1.0, 10.0),
            numbers.between(2.0, 13.0),
        ];
        let it = Biometry {
            hc_cm: Some(all[0]),
            ac_cm: Some(all[1]),
            fl_cm: Some(all[2]),
            bpd_cm: Some(all[3]),
        };
        let formula = FORMULAS[n % 3];
        let grams = estimated_weight(&pack, formula, &it).unwrap().grams;
        let expected = second(formula, all).exp();
        assert!(
            (grams / expected - 1.0).abs() < 1e-9,
            "{formula:?} {all:?}: {grams} {expected}"
        );
    }
}

/// Seen in public code: the logarithm of one more than the abdomen.
#[test]
fn the_logarithm_is_that_of_the_abdomen_itself() {
    let (ac, hc) = (0.26_f64, 0.28_f64);
    let wrong =
        5.084_820 - 54.06633 * ac.powi(3) - 95.80076 * ac.powi(3) * ac.ln_1p() + 3.136_370 * hc;
    let it = Biometry {
        hc_cm: Some(28.0),
        ac_cm: Some(26.0),
        ..Biometry::default()
    };
    let pack = WeightPack::read(&pack("growth")).unwrap();
    let right = estimated_weight(&pack, Formula::Intergrowth, &it)
        .unwrap()
        .grams;
    assert!((right - wrong.exp()).abs() > 100.0, "{right}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/plausible_cm/hc",
        "/hadlock_3/ac_fl",
        "/hadlock_4/bpd_ac",
        "/intergrowth/ac3_ln_ac",
    ];
    each_part_is_needed("growth", &parts, WeightPack::read);
}
