//! Golden cases: whole calls with their whole answers, one in a file of `cases/golden/`.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::Pathology;
use crate::tests::folder;

#[test]
fn golden_cases_hold() {
    let cases = sdk::bedside::golden(folder(), &Pathology).unwrap();
    assert!(cases >= 60, "there are {cases} golden cases");
}
