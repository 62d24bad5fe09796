//! Dating by the last period: its table, and a second implementation that walks the calendar day by day.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{LastPeriod, LmpPack, expected_by_period};
use crate::tests::{Numbers, check, each_part_is_needed, pack, whole};
use sdk::moment::Day;
use sdk::pack::Part as Pack;

fn read() -> LmpPack {
    LmpPack::read(Pack::of("dating", &pack("dating"))).unwrap()
}

#[test]
fn lmp_by_case() {
    let pack = read();
    check(include_str!("../../cases/lmp.txt"), 14, |cells| {
        let it = LastPeriod {
            first_day: Day::parse(cells[0]).unwrap(),
            cycle_days: whole(cells[1]),
            told_on: Day::parse(cells[2]).unwrap(),
        };
        match expected_by_period(&pack, &it) {
            Err(refusal) => refusal.to_string(),
            Ok(it) => match it.cycle_taken_days {
                None => it.day.to_string(),
                Some(days) => format!("{}, {days} taken", it.day),
            },
        }
    });
}

/// One day later, as a calendar on the wall says.
pub(crate) fn tomorrow([year, month, day]: [u32; 3]) -> [u32; 3] {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    match (month, day) {
        (12, 31) => [year + 1, 1, 1],
        (_, day) if day == last => [year, month + 1, 1],
        (_, day) => [year, month, day + 1],
    }
}

#[test]
fn two_implementations_agree_on_100_000_periods() {
    let (pack, mut numbers) = (read(), Numbers(0x5151_7777));
    let mut refused = 0;
    for _ in 0..100_000 {
        let [year, month, day] = [
            2019 + numbers.below(12),
            1 + numbers.below(12),
            1 + numbers.below(28),
        ];
        let first_day = Day::parse(&format!("{year:04}-{month:02}-{day:02}")).unwrap();
        let cycle_days = numbers.maybe(30, 5).map(|it| it + 18);
        let ago = numbers.below(320) - 5;
        let it = LastPeriod {
            first_day,
            cycle_days,
            told_on: first_day.plus(ago).unwrap(),
        };
        let answer = expected_by_period(&pack, &it)
            .ok()
            .map(|it| it.day.to_string());
        let cycle = cycle_days.unwrap_or(28);
        let expected = (0..=308).contains(&ago) && (20..=45).contains(&cycle);
        let expected = expected.then(|| {
            let start = [year, month, day].map(|it| u32::try_from(it).unwrap());
            let [year, month, day] = (0..252 + cycle).fold(start, |it, _| tomorrow(it));
            format!("{year:04}-{month:02}-{day:02}")
        });
        refused += u32::from(expected.is_none());
        assert_eq!(answer, expected, "{it:?}");
    }
    assert!((5_000..50_000).contains(&refused), "{refused}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/term_days",
        "/lmp/cycle_days",
        "/lmp/cycle_days_min",
        "/lmp/weeks_max",
    ];
    each_part_is_needed("dating", &parts, |it| LmpPack::read(Pack::of("dating", it)));
}
