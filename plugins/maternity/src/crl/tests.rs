//! Dating by the crown-rump length: its table, a second implementation, and the form that misses the published window.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{CrlPack, gestation_by_crl};
use crate::tests::{Numbers, check, each_part_is_needed, number, pack};
use sdk::pack::Part as Pack;

fn read() -> CrlPack {
    CrlPack::read(Pack::of("dating", &pack("dating"))).unwrap()
}

#[test]
fn crl_by_case() {
    let pack = read();
    check(include_str!("../../cases/crl.txt"), 16, |cells| {
        let answer = gestation_by_crl(&pack, number(cells[0]).unwrap());
        answer.map_or_else(|it| it.to_string(), |it| it.to_string())
    });
}

/// Days by the published description, with the root found by halving.
fn second(mm: f64) -> i64 {
    let wanted = mm * 1.037;
    let (mut low, mut high) = (0.0, 20.0);
    for _ in 0..80 {
        let middle = (low + high) / 2.0;
        if middle * middle < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    format!("{:.0}", 23.73 + low * 8.052).parse().unwrap()
}

#[test]
fn two_implementations_agree_on_100_000_lengths() {
    let (pack, mut numbers, mut refused) = (read(), Numbers(0xC0_FFEE), 0);
    for _ in 0..100_000 {
        let tenths = 400 + numbers.below(500);
        let mm = f64::from(i32::try_from(tenths).unwrap()) / 10.0;
        let answer = gestation_by_crl(&pack, mm).ok().map(|it| it.0);
        let expected = (450..=840).contains(&tenths).then(|| second(mm));
        refused += u32::from(expected.is_none());
        assert_eq!(answer, expected, "{mm} mm");
    }
    assert!((10_000..50_000).contains(&refused), "{refused}");
}

/// Seen in public code: the root without the multiplier, which gives 11+1 and 14+0 at the ends of the window.
#[test]
fn the_form_without_the_multiplier_is_not_the_one_that_is_used() {
    let without = |mm: f64| (8.052 * mm.sqrt() + 23.73).round();
    assert_eq!((without(45.0), without(84.0)), (78.0, 98.0));
    let mut document = pack("dating");
    document["crl"]["multiplier"] = serde_json::json!(1.0);
    let wrong = CrlPack::read(Pack::of("dating", &document)).unwrap();
    assert!(
        gestation_by_crl(&wrong, 45.0).is_err(),
        "the window of the pack refuses it"
    );
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/crl/low_mm",
        "/crl/multiplier",
        "/crl/factor",
        "/crl/from_days",
    ];
    each_part_is_needed("dating", &parts, |it| CrlPack::read(Pack::of("dating", it)));
}
