//! The golden cases: whole calls over written charts, with their whole answers.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::Maternity;

#[test]
fn every_golden_case_holds() {
    let cases = sdk::bedside::golden(env!("CARGO_MANIFEST_DIR"), &Maternity).unwrap();
    assert!(cases >= 60, "there are {cases} golden cases");
}
