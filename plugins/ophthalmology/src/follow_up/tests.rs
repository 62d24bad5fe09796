//! The day by its table, and against counting on from day to day.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::cases::{Numbers, check};
use crate::follow_up::{FollowUpPack, due};

fn pack() -> FollowUpPack {
    let document = serde_json::from_str(include_str!("../../packs/glaucoma.json")).unwrap();
    FollowUpPack::read(Part::of("glaucoma", &document)).unwrap()
}

#[test]
fn follow_up_by_case() {
    let given = |cell: &str| (cell != "?").then(|| cell.to_owned());
    check(include_str!("../../cases/follow_up.txt"), 20, |cells| {
        let (visit, risk) = (given(cells[0]), given(cells[1]));
        due(&pack(), visit.as_deref(), risk.as_deref())
            .unwrap_or_else(|refusal| format!("refused: {}", refusal.words()))
    });
}

fn is_leap(year: i32) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn last_of(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[test]
fn two_implementations_agree_on_100_000_visits() {
    let (pack, mut numbers, mut ends) = (pack(), Numbers(0x1f83_d9ab_fb41_bd6b), 0);
    for _ in 0..100_000 {
        let (year, month) = (numbers.between(1990, 2110), numbers.between(1, 12));
        let first = numbers.one(&[1, 26]);
        let day = numbers.between(first, last_of(year, month));
        let visit = format!("{year:04}-{month:02}-{day:02}");
        let risk = numbers.one(&["low", "moderate", "high"]);
        let (mut y, mut m, mut d) = (year, month, day);
        if risk == "high" {
            for _ in 0..42 {
                d += 1;
                if d > last_of(y, m) {
                    (d, m) = (1, m + 1);
                }
                if m > 12 {
                    (m, y) = (1, y + 1);
                }
            }
        } else {
            for _ in 0..if risk == "low" { 12 } else { 6 } {
                m += 1;
                if m > 12 {
                    (m, y) = (1, y + 1);
                }
            }
            ends += u32::from(d > last_of(y, m));
            d = d.min(last_of(y, m));
        }
        assert_eq!(
            due(&pack, Some(&visit), Some(risk)).unwrap(),
            format!("{y:04}-{m:02}-{d:02}"),
            "{visit} {risk}"
        );
    }
    assert!(ends > 1_000, "too few visits at the end of a month: {ends}");
}
