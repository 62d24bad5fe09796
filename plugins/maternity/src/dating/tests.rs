//! Which date stands: its table, and a second implementation over 100,000 histories of proposals.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Basis, DatingPack, Edd, settled};
use crate::gestation::Gestation;
use crate::tests::{Numbers, check, each_part_is_needed, pack};
use sdk::moment::Day;

fn basis(word: &str) -> Basis {
    Basis::ALL.into_iter().find(|it| it.code() == word).unwrap()
}

fn edd(pack: &DatingPack, cell: &str) -> Edd {
    let parts: Vec<_> = cell.split(' ').collect();
    let day = Day::parse(parts[1]).unwrap();
    let Some(found) = parts.get(2) else {
        return Edd {
            day,
            basis: basis(parts[0]),
        };
    };
    let (weeks, days) = found.split_once('+').unwrap();
    let found = weeks.parse::<i64>().unwrap() * 7 + days.parse::<i64>().unwrap();
    Edd::of_scan(pack, day, Gestation(found), basis(parts[0])).unwrap()
}

#[test]
fn dating_by_case() {
    let pack = DatingPack::read(&pack("dating")).unwrap();
    check(include_str!("../../cases/dating.txt"), 14, |cells| {
        let held = (cells[0] != "-").then(|| edd(&pack, cells[0]));
        match settled(held, edd(&pack, cells[1])) {
            Ok(it) => format!("{} by {}", it.day, it.basis.words()),
            Err(refusal) => refusal.to_string(),
        }
    });
}

/// The date after a history of proposals, as one reads it off the list: the first of all; but when that is a last period,
/// the first scan if there is one.
fn second(proposals: &[Edd]) -> Option<Edd> {
    let first = proposals.first()?;
    let mut scans = proposals
        .iter()
        .filter(|it| it.basis == Basis::Crl || it.basis == Basis::Head);
    match first.basis == Basis::Lmp {
        true => scans.next().or(Some(first)).copied(),
        false => Some(*first),
    }
}

#[test]
fn two_implementations_agree_on_100_000_histories() {
    let mut numbers = Numbers(77_777);
    let first = Day::parse("2026-01-01").unwrap();
    for _ in 0..100_000 {
        let n = numbers.below(6);
        let proposals: Vec<_> = (0..n)
            .map(|_| Edd {
                day: first.plus(numbers.below(400)).unwrap(),
                basis: Basis::ALL[usize::try_from(numbers.below(4)).unwrap()],
            })
            .collect();
        let stands = proposals.iter().fold(None, |held, proposed| {
            settled(held, *proposed).map_or(held, Some)
        });
        assert_eq!(stands, second(&proposals), "{proposals:?}");
    }
}

#[test]
fn gestation_counts_back_from_the_expected_date() {
    let pack = DatingPack::read(&pack("dating")).unwrap();
    let edd = edd(&pack, "crl 2026-04-01 12+3");
    let on = |day: &str| edd.gestation(&pack, Day::parse(day).unwrap()).to_string();
    assert_eq!(on("2026-04-01"), "12+3");
    assert_eq!(on("2026-10-11"), "40+0");
    assert_eq!(on("2026-10-12"), "40+1");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    each_part_is_needed("dating", &["/term_days", "/unverified"], DatingPack::read);
}
