//! The score of Apgar by its table, and a second implementation.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{ApgarPack, apgar};
use crate::tests::{Numbers, check, each_part_is_needed, pack, whole};

#[test]
fn apgar_by_case() {
    let pack = ApgarPack::read(&pack("birth")).unwrap();
    check(include_str!("../../cases/apgar.txt"), 16, |cells| {
        let points: Vec<_> = cells[1].split(' ').map(whole).collect();
        let answer = apgar(&pack, whole(cells[0]).unwrap(), &points);
        answer.map_or_else(|it| it.to_string(), |it| it.to_string())
    });
}

#[test]
fn two_implementations_agree_on_100_000_babies() {
    let pack = ApgarPack::read(&pack("birth")).unwrap();
    let (mut numbers, mut totals) = (Numbers(0xA96A), 0);
    for _ in 0..100_000 {
        let minute = [1, 5, 10, 7][usize::try_from(numbers.below(4)).unwrap()];
        let points: Vec<_> = (0..5)
            .map(|_| {
                numbers
                    .maybe(30, 20)
                    .map(|it| if it == 29 { 3 } else { it % 3 })
            })
            .collect();
        let known: Vec<_> = points.iter().flatten().collect();
        let is_whole = known.len() == 5 && minute != 7 && known.iter().all(|it| **it < 3);
        let expected = is_whole.then(|| known.into_iter().sum());
        totals += u32::from(expected.is_some());
        assert_eq!(
            apgar(&pack, minute, &points).ok(),
            expected,
            "{minute} {points:?}"
        );
    }
    assert!(totals > 10_000, "{totals}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = ["/apgar/points_max", "/apgar/minutes", "/apgar/parts"];
    each_part_is_needed("birth", &parts, ApgarPack::read);
}
