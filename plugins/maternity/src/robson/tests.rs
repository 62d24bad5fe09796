//! The groups of Robson by their table, and a second implementation written as the published definitions.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Lie, Onset, RobsonInput, robson};
use crate::gestation::Gestation;
use crate::tests::{Numbers, check, pack, whole};

const LIES: [(&str, Lie); 3] = [
    ("cephalic", Lie::Cephalic),
    ("breech", Lie::Breech),
    ("across", Lie::Across),
];
const ONSETS: [(&str, Onset); 3] = [
    ("spontaneous", Onset::Spontaneous),
    ("induced", Onset::Induced),
    ("caesarean", Onset::Caesarean),
];

fn named<T: Copy>(all: &[(&str, T)], word: &str) -> Option<T> {
    (word != "?").then(|| all.iter().find(|it| it.0 == word).unwrap().1)
}

fn term() -> Gestation {
    Gestation(pack("birth")["term_from_days"].as_i64().unwrap())
}

#[test]
fn robson_by_case() {
    check(include_str!("../../cases/robson.txt"), 30, |cells| {
        let it = RobsonInput {
            fetuses: whole(cells[0]),
            lie: named(&LIES, cells[1]),
            parity: whole(cells[2]),
            gestation: cells[3].split_once('+').map(|(weeks, days)| {
                Gestation(weeks.parse::<i64>().unwrap() * 7 + days.parse::<i64>().unwrap())
            }),
            previous_caesarean: named(&[("yes", true), ("no", false)], cells[4]),
            onset: named(&ONSETS, cells[5]),
        };
        robson(term(), &it).map_or_else(|it| it.to_string(), str::to_owned)
    });
}

/// Every group by its definition, and which of them fits whatever the unknown may be.
fn second(it: &RobsonInput) -> Option<&'static str> {
    let single = it.fetuses.map(|it| it == 1)?;
    if !single {
        return (it.fetuses? > 1).then_some("8");
    }
    if it.parity == Some(0) && it.previous_caesarean == Some(true) {
        return None;
    }
    let lie = it.lie?;
    let term = it.gestation.map(|it| it.0 >= 37 * 7);
    let first = it.parity.map(|it| it == 0);
    let (head, scar) = (lie == Lie::Cephalic, it.previous_caesarean);
    let begun = |wanted: Onset| it.onset.map(|it| it == wanted);
    let all = |parts: &[Option<bool>]| parts.iter().all(|it| *it == Some(true));
    let not = |it: Option<bool>| it.map(|it| !it);
    let unscarred = [Some(head), term, not(scar)];
    let with = |more: [Option<bool>; 2]| all(&unscarred) && all(&more);
    let groups = [
        ("1", with([first, begun(Onset::Spontaneous)])),
        ("2a", with([first, begun(Onset::Induced)])),
        ("2b", with([first, begun(Onset::Caesarean)])),
        ("3", with([not(first), begun(Onset::Spontaneous)])),
        ("4a", with([not(first), begun(Onset::Induced)])),
        ("4b", with([not(first), begun(Onset::Caesarean)])),
        ("5", all(&[Some(head), term, scar])),
        ("6", all(&[Some(lie == Lie::Breech), first])),
        ("7", all(&[Some(lie == Lie::Breech), not(first)])),
        ("9", lie == Lie::Across),
        ("10", all(&[Some(head), not(term)])),
    ];
    let mut fitting = groups.iter().filter(|it| it.1);
    let found = fitting.next().map(|it| it.0);
    assert!(fitting.next().is_none(), "two groups fit {it:?}");
    found
}

#[test]
fn two_implementations_agree_on_100_000_births() {
    let (mut numbers, mut unclassified) = (Numbers(0xBABE), 0);
    for _ in 0..100_000 {
        let pick = |n: Option<i64>| n.map(|it| usize::try_from(it).unwrap());
        let it = RobsonInput {
            fetuses: numbers.maybe(4, 15),
            lie: pick(numbers.maybe(3, 15)).map(|it| LIES[it].1),
            parity: numbers.maybe(3, 8),
            gestation: numbers.maybe(30, 8).map(|it| Gestation(245 + it)),
            previous_caesarean: numbers.maybe(2, 8).map(|it| it == 1),
            onset: pick(numbers.maybe(3, 8)).map(|it| ONSETS[it].1),
        };
        let expected = second(&it);
        unclassified += u32::from(expected.is_none());
        assert_eq!(robson(term(), &it).ok(), expected, "{it:?}");
    }
    assert!((10_000..80_000).contains(&unclassified), "{unclassified}");
}

#[test]
fn every_group_has_its_words() {
    let groups = pack("birth")["groups"].as_array().unwrap().clone();
    let ids: Vec<_> = groups.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "1", "2a", "2b", "3", "4a", "4b", "5", "6", "7", "8", "9", "10"
        ]
    );
}
