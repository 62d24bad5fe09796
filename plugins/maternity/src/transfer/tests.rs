//! Dating by transfer: its table, and a second implementation that walks the calendar.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Transfer, TransferPack, expected_by_transfer};
use crate::lmp::tests::tomorrow;
use crate::tests::{Numbers, check, each_part_is_needed, pack, whole};
use sdk::moment::Day;
use sdk::pack::Part as Pack;

fn read() -> TransferPack {
    TransferPack::read(Pack::of("dating", &pack("dating"))).unwrap()
}

#[test]
fn transfer_by_case() {
    let pack = read();
    check(include_str!("../../cases/transfer.txt"), 13, |cells| {
        let it = Transfer {
            on: Day::parse(cells[0]).unwrap(),
            embryo_days: whole(cells[1]),
            told_on: Day::parse(cells[2]).unwrap(),
        };
        let answer = expected_by_transfer(&pack, &it);
        answer.map_or_else(|it| it.to_string(), |it| it.to_string())
    });
}

#[test]
fn two_implementations_agree_on_100_000_transfers() {
    let (pack, mut numbers, mut refused) = (read(), Numbers(0x001F_1F1F), 0);
    for _ in 0..100_000 {
        let start = [
            2019 + numbers.below(12),
            1 + numbers.below(12),
            1 + numbers.below(28),
        ];
        let [year, month, day] = start;
        let on = Day::parse(&format!("{year:04}-{month:02}-{day:02}")).unwrap();
        let embryo_days = numbers.maybe(9, 8);
        let ago = numbers.below(310) - 5;
        let it = Transfer {
            on,
            embryo_days,
            told_on: on.plus(ago).unwrap(),
        };
        let answer = expected_by_transfer(&pack, &it)
            .ok()
            .map(|it| it.to_string());
        // From conception 266 days pass; the embryo has lived some of them at its transfer.
        let holds = (0..=294).contains(&ago) && embryo_days.is_some_and(|it| (2..=6).contains(&it));
        let expected = holds.then(|| {
            let start = start.map(|it| u32::try_from(it).unwrap());
            let left = 266 - embryo_days.unwrap();
            let [year, month, day] = (0..left).fold(start, |it, _| tomorrow(it));
            format!("{year:04}-{month:02}-{day:02}")
        });
        refused += u32::from(expected.is_none());
        assert_eq!(answer, expected, "{it:?}");
    }
    assert!((20_000..80_000).contains(&refused), "{refused}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/transfer/conception_days",
        "/transfer/embryo_days_min",
        "/transfer/embryo_days_max",
        "/transfer/weeks_max",
    ];
    each_part_is_needed("dating", &parts, |it| {
        TransferPack::read(Pack::of("dating", it))
    });
}
