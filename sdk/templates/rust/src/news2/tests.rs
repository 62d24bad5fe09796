//! NEWS2 by its table of cases, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use crate::news2::{Reading, Refusal, Scale, Score, Set, news2};
use crate::pack::Pack;

pub(super) fn pack() -> Pack {
    Pack::read(&serde_json::from_str(include_str!("../../packs/news2.json")).unwrap()).unwrap()
}

fn set(row: &str) -> (Set, &str) {
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let [
        respiration,
        saturation,
        scale,
        oxygen,
        systolic,
        pulse,
        consciousness,
        temperature,
        age,
        answer,
    ] = cells[..]
    else {
        panic!("ten cells in {row}")
    };
    let number = |text: &str| match text {
        "-" => Reading::NotRecorded,
        text => Reading::Number(text.to_owned()),
    };
    let word = |text: &str| match text {
        "-" => Reading::NotRecorded,
        text => Reading::Word(text.to_owned()),
    };
    let (least, most) = age.split_once('-').unwrap_or((age, age));
    let set = Set {
        respiration: number(respiration),
        saturation: number(saturation),
        scale: match scale {
            "1" => Scale::One,
            "2" => Scale::Two,
            other => panic!("scale {other} in {row}"),
        },
        oxygen: word(oxygen),
        systolic: number(systolic),
        pulse: number(pulse),
        consciousness: word(consciousness),
        temperature: number(temperature),
        age_years: least.parse().ok().zip(most.parse().ok()),
    };
    (set, answer)
}

fn said(score: &Score<'_>) -> String {
    match &score.total {
        Ok((total, response)) => format!("{total} {}", response.id),
        Err(refusal) => format!("cannot be calculated: {}", refusal.words()),
    }
}

#[test]
fn news2_by_case() {
    let pack = pack();
    let table = include_str!("../../cases/news2.txt");
    let rows: Vec<_> = table
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect();
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let (set, answer) = set(row);
            let said = said(&news2(&pack, &set));
            (said != answer).then(|| format!("{row}\n  answered: {said}"))
        })
        .collect();
    assert!(rows.len() > 100 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn scale_2_that_nobody_confirmed_gives_no_points() {
    let (mut set, _) = set("16 | 97 | 1 | air | 128 | 72 | alert | 37 | 70 | -");
    set.scale = Scale::Unusable("scale 2 is recorded without who confirmed it".to_owned());
    let pack = pack();
    let score = news2(&pack, &set);
    let Err(Refusal::Without(what)) = &score.total else {
        panic!("{score:?}")
    };
    assert_eq!(
        what,
        &["SpO2: scale 2 is recorded without who confirmed it"]
    );
}
