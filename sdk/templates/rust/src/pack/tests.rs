//! That a pack without a part is refused by the part's name, and is marked unverified for as long as a part of it is.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::pack::Pack;

fn whole() -> Value {
    serde_json::from_str(include_str!("../../packs/news2.json")).unwrap()
}

#[test]
fn a_pack_without_a_part_says_which() {
    let parts: Vec<String> = whole().as_object().unwrap().keys().cloned().collect();
    assert!(parts.len() > 15);
    for part in parts {
        let mut pack = whole();
        pack.as_object_mut().unwrap().shift_remove(&part);
        let failure = Pack::read(&pack).unwrap_err();
        assert!(
            failure.detail.contains(&format!("`/{part}")),
            "{part}: {}",
            failure.detail
        );
    }
}

#[test]
fn bands_that_do_not_go_down_or_leave_a_gap_are_refused() {
    for (place, wrong) in [
        ("/pulse/bands/1/from", json!("131")),
        ("/pulse/bands/1/from", json!(true)),
        (
            "/pulse/bands/5",
            json!({ "from": "1", "points": 3, "label": "40 or less" }),
        ),
        (
            "/pulse/bands/0",
            json!({ "points": 3, "label": "131 or more" }),
        ),
        ("/pulse/bands", json!([])),
    ] {
        let mut pack = whole();
        *pack.pointer_mut(place).unwrap() = wrong;
        let failure = Pack::read(&pack).unwrap_err();
        assert!(
            failure.detail.contains("`/pulse/bands"),
            "{place}: {}",
            failure.detail
        );
    }
}

#[test]
fn the_pack_is_marked_unverified_for_as_long_as_a_part_of_it_is() {
    let manifest: Value = serde_json::from_str(include_str!("../../departmental.json")).unwrap();
    let is_verified = Pack::read(&whole()).unwrap().unverified.is_empty();
    assert_eq!(manifest["packs"][0]["verified"], json!(is_verified));
}
