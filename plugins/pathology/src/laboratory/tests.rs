//! The laboratory's pack: whole, in step with the catalogue, and never signed while a part of it is unverified.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use crate::catalogue::Catalogue;
use crate::laboratory::LaboratoryPack;

fn document() -> Value {
    serde_json::from_str(include_str!("../../packs/laboratory.json")).unwrap()
}

#[test]
fn every_test_is_one_of_the_catalogue_with_limits_that_fit_each_other() {
    let pack = LaboratoryPack::read(&document()).unwrap();
    let catalogue = include_str!("../../packs/catalogue.json");
    let catalogue = Catalogue::read(&serde_json::from_str(catalogue).unwrap()).unwrap();
    assert!(pack.tests.len() >= 12);
    for test in &pack.tests {
        let listed = test.listed(&catalogue).unwrap();
        assert!(listed.codes.contains(&test.code), "{}", test.test);
        assert!(pack.section(&test.section).is_some(), "{}", test.test);
        let (possible, release) = (test.possible, test.release);
        assert!(
            possible.low <= release.low && release.high <= possible.high,
            "{}",
            test.test
        );
        assert!(release.low < release.high, "{}", test.test);
        let critical = test.critical.unwrap();
        assert!(
            critical.low.is_none_or(|low| Some(low) <= release.low),
            "{}",
            test.test
        );
        assert!(
            critical.high.is_none_or(|high| Some(high) >= release.high),
            "{}",
            test.test
        );
    }
}

#[test]
fn rules_are_signed_by_a_name_and_nothing_left_unverified() {
    for (unverified, signed_by, is_signed) in [
        (json!(["x"]), json!(null), false),
        (json!(["x"]), json!("Somebody"), false),
        (json!([]), json!(null), false),
        (json!([]), json!("Somebody"), true),
    ] {
        let mut pack = document();
        pack["unverified"] = unverified;
        pack["signed_by"] = signed_by;
        assert_eq!(LaboratoryPack::read(&pack).unwrap().is_signed(), is_signed);
    }
}

#[test]
fn a_pack_without_a_part_says_which() {
    for part in [
        "unverified",
        "delta",
        "call_within_minutes",
        "sections",
        "tests",
    ] {
        let mut pack = document();
        pack.as_object_mut().unwrap().remove(part);
        let failure = LaboratoryPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(part), "{part}: {}", failure.detail);
    }
    let mut pack = document();
    pack["delta"]["first_result"] = json!("perhaps");
    assert!(LaboratoryPack::read(&pack).is_err());
    for part in ["test", "code", "section", "units", "cv", "specimen_hours"] {
        let mut pack = document();
        pack["tests"][0].as_object_mut().unwrap().remove(part);
        let failure = LaboratoryPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(part), "{part}: {}", failure.detail);
    }
}
