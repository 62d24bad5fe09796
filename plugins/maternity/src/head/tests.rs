//! Dating by the head circumference: its table and a second implementation.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{HeadPack, gestation_by_head};
use crate::tests::{Numbers, check, each_part_is_needed, number, pack};
use sdk::pack::Part as Pack;

fn read() -> HeadPack {
    HeadPack::read(Pack::of("dating", &pack("dating"))).unwrap()
}

#[test]
fn head_by_case() {
    let pack = read();
    check(include_str!("../../cases/head.txt"), 14, |cells| {
        let answer = gestation_by_head(&pack, number(cells[0]).unwrap(), number(cells[1]));
        answer.map_or_else(|it| it.to_string(), |it| it.to_string())
    });
}

/// Weeks by the published description: by Horner's rule, and the exponential by its series.
fn second(mm: f64) -> i64 {
    let log = ((0.43156e-7 * mm - 0.000_029_919) * mm + 0.010_451) * mm + 1.854;
    let (mut weeks, mut term) = (1.0, 1.0);
    for n in 1..60 {
        term *= log / f64::from(n);
        weeks += term;
    }
    format!("{:.0}", weeks * 7.0).parse().unwrap()
}

#[test]
fn two_implementations_agree_on_100_000_heads() {
    let (pack, mut numbers, mut refused) = (read(), Numbers(0xABCD_EF01), 0);
    for _ in 0..100_000 {
        let tenths = 700 + numbers.below(3_000);
        let crl = numbers.maybe(600, 2).map(|it| 600 + it);
        let of = |tenths: i64| f64::from(i32::try_from(tenths).unwrap()) / 10.0;
        let answer = gestation_by_head(&pack, of(tenths), crl.map(of));
        let dates = (800..=3_500).contains(&tenths) && crl.is_none_or(|it| it > 840);
        let expected = dates.then(|| second(of(tenths)));
        refused += u32::from(expected.is_none());
        assert_eq!(answer.ok().map(|it| it.0), expected, "{tenths} {crl:?}");
    }
    assert!((10_000..60_000).contains(&refused), "{refused}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/head/low_mm",
        "/head/constant",
        "/head/linear",
        "/head/square",
        "/head/cube",
    ];
    each_part_is_needed("dating", &parts, |it| {
        HeadPack::read(Pack::of("dating", it))
    });
}
