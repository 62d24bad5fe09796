//! The early warning score by its table of cases: blocked as it is shipped, and adding up over an invented table.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use sdk::{Value, json};

use super::{MewsPack, mews};
use crate::tests::{Numbers, check, pack};

fn invented(signed_by: &Value) -> Value {
    json!({ "signed_by": signed_by, "escalate_from": 2, "table": [
        { "id": "pulse", "plausible": [0, 300], "bands": [
            { "from": 0, "points": 2 }, { "from": 50, "points": 0 }, { "from": 100, "points": 1 }, { "from": 120, "points": 2 } ] },
        { "id": "breath", "plausible": [0, 80], "bands": [{ "from": 0, "points": 0 }, { "from": 25, "points": 1 }] }
    ] })
}

#[test]
fn mews_by_case() {
    check(include_str!("../../cases/mews.txt"), 16, |cells| {
        let document = match cells[0] {
            "shipped" => pack("mews"),
            "unsigned" => invented(&Value::Null),
            _ => invented(&json!("nobody: a test")),
        };
        let observed: BTreeMap<_, _> = cells[1]
            .split(", ")
            .filter_map(|it| it.split_once(' '))
            .map(|(id, value)| (id.to_owned(), value.parse().unwrap()))
            .collect();
        match mews(MewsPack::read(&document).unwrap().as_ref(), &observed) {
            Ok((total, true)) => format!("{total}, escalate"),
            Ok((total, false)) => total.to_string(),
            Err(refusal) => refusal.to_string().trim().to_owned(),
        }
    });
}

#[test]
fn two_implementations_agree_on_100_000_observations() {
    let table = MewsPack::read(&invented(&json!("nobody: a test"))).unwrap();
    let mut numbers = Numbers(0x3E35);
    for _ in 0..100_000 {
        let (pulse, breath) = (numbers.below(300), numbers.below(80));
        let points = match pulse {
            0..50 | 120.. => 2,
            100..120 => 1,
            _ => 0,
        };
        let expected = points + i64::from(breath >= 25);
        let of = |it: i64| f64::from(i32::try_from(it).unwrap());
        let observed = [
            ("pulse".to_owned(), of(pulse)),
            ("breath".to_owned(), of(breath)),
        ]
        .into();
        assert_eq!(
            mews(table.as_ref(), &observed),
            Ok((expected, expected >= 2))
        );
    }
}

#[test]
fn a_table_that_lacks_a_part_is_a_failure() {
    let mut document = invented(&json!("nobody: a test"));
    document["table"][0]
        .as_object_mut()
        .unwrap()
        .remove("plausible");
    assert!(
        MewsPack::read(&document)
            .unwrap_err()
            .detail
            .contains("/plausible")
    );
}
