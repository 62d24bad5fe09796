//! What a loss is called, by its table, and a second implementation in whole weeks.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Loss, LossPack, named_rightly};
use crate::gestation::Gestation;
use crate::tests::{Numbers, check, each_part_is_needed, pack};

fn read() -> LossPack {
    LossPack::read(&pack("birth")).unwrap()
}

#[test]
fn loss_by_case() {
    let pack = read();
    check(include_str!("../../cases/loss.txt"), 10, |cells| {
        let at = cells[1].split_once('+').map(|(weeks, days)| {
            Gestation(weeks.parse::<i64>().unwrap() * 7 + days.parse::<i64>().unwrap())
        });
        let loss = match cells[0] {
            "stillbirth" => Loss::Stillbirth,
            _ => Loss::Miscarriage,
        };
        match named_rightly(pack, loss, at) {
            Ok(()) => "recorded".to_owned(),
            Err(refusal) => refusal.to_string(),
        }
    });
}

#[test]
fn two_implementations_agree_on_100_000_losses() {
    let (pack, mut numbers, mut refused) = (read(), Numbers(0x2468), 0);
    for _ in 0..100_000 {
        let (days, is_still) = (numbers.maybe(300, 6), numbers.below(2) == 1);
        let loss = if is_still {
            Loss::Stillbirth
        } else {
            Loss::Miscarriage
        };
        let completed_weeks = days.map(|it| it / 7);
        let expected = completed_weeks.is_none_or(|it| is_still == (it > 23));
        refused += u32::from(!expected);
        assert_eq!(
            named_rightly(pack, loss, days.map(Gestation)).is_ok(),
            expected
        );
    }
    assert!((20_000..80_000).contains(&refused), "{refused}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    each_part_is_needed("birth", &["/stillbirth_from_days"], LossPack::read);
}
