//! Alerts in labour by their table, and a second implementation.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Finding, LabourPack, Said, labour_alert};
use crate::tests::{Numbers, check, each_part_is_needed, pack, whole};

fn read() -> LabourPack {
    LabourPack::read(&pack("labour")).unwrap()
}

fn found(id: &str, cell: &str) -> Option<Finding> {
    if cell.is_empty() {
        return None;
    }
    let parts: Vec<_> = cell.split(' ').collect();
    Some(match (id, cell.parse::<f64>()) {
        ("dilatation", _) => Finding::Held {
            cm: whole(parts[0]).unwrap(),
            minutes: whole(parts[2]).unwrap(),
        },
        ("second-stage", _) => Finding::SecondStage {
            minutes: whole(parts[0]).unwrap(),
            parity: whole(parts[3]),
        },
        (_, Ok(value)) => Finding::Number(value),
        (_, Err(_)) => Finding::Word(cell.to_owned()),
    })
}

#[test]
fn labour_by_case() {
    let pack = read();
    check(
        include_str!("../../cases/labour.txt"),
        80,
        |cells| match labour_alert(&pack, cells[0], found(cells[0], cells[1]).as_ref()) {
            Ok(Said::Alert) => "alert".to_owned(),
            Ok(Said::NoAlert) => "no alert".to_owned(),
            Ok(Said::NotAssessed) => "not assessed".to_owned(),
            Err(refusal) => refusal.to_string(),
        },
    );
}

/// The guide's column of alerts, in tenths of a unit.
fn second(id: &str, tenths: i64) -> bool {
    match id {
        "fetal-heart" => !(1100..1600).contains(&tenths),
        "pulse" => !(600..1200).contains(&tenths),
        "systolic" => !(800..1400).contains(&tenths),
        "diastolic" => tenths > 899,
        "temperature" => !(350..375).contains(&tenths),
        "contractions" => tenths <= 20 || tenths > 50,
        _ => !(200..=600).contains(&tenths),
    }
}

/// Hours at a dilatation, times 60, as the guide prints them: 6, 5, 3, 2.5, 2.
fn held(cm: i64, minutes: i64) -> bool {
    match cm {
        5 => minutes >= 6 * 60,
        6 => minutes >= 5 * 60,
        7 => minutes >= 3 * 60,
        8 => minutes * 2 >= 5 * 60,
        9 => minutes >= 2 * 60,
        _ => false,
    }
}

#[test]
fn two_implementations_agree_on_100_000_findings() {
    let (pack, mut numbers, mut alerts) = (read(), Numbers(0x1ABE), 0);
    let ids = [
        "fetal-heart",
        "pulse",
        "systolic",
        "diastolic",
        "temperature",
        "contractions",
        "duration",
    ];
    for n in 0..100_000 {
        let (id, finding, expected) = if n % 4 == 0 {
            let (cm, minutes) = (numbers.below(11), numbers.below(500));
            (
                "dilatation",
                Finding::Held { cm, minutes },
                held(cm, minutes),
            )
        } else {
            let id = ids[n % 7];
            let tenths = match id {
                "temperature" => 330 + numbers.below(80),
                "contractions" => numbers.below(9) * 10,
                "systolic" => 400 + numbers.below(181) * 10,
                _ => 200 + numbers.below(181) * 10,
            };
            let value = f64::from(i32::try_from(tenths).unwrap()) / 10.0;
            (id, Finding::Number(value), second(id, tenths))
        };
        let said = labour_alert(&pack, id, Some(&finding)).unwrap();
        alerts += u32::from(expected);
        assert_eq!(said == Said::Alert, expected, "{id} {finding:?}");
    }
    assert!((20_000..80_000).contains(&alerts), "{alerts}");
}

#[test]
fn each_part_of_the_pack_is_needed() {
    let parts = [
        "/rules",
        "/limits",
        "/lanes",
        "/words",
        "/dilatation_minutes",
        "/second_stage_minutes/nulliparous",
    ];
    each_part_is_needed("labour", &parts, LabourPack::read);
}
