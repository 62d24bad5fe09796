//! Reasons by case: what a machine can tell is none.

use serde_json::json;

use crate::check::reasons::{shared, wordless};

#[test]
fn reasons_by_case() {
    #[rustfmt::skip] // One case, one line.
    let cases = [
        ("To show the results.", ""),
        ("Results of every trust are what the screens compare.", ""),
        ("Observation Observation Observation", "says no more than the name does"),
        ("read observation data", "says no more than the name does"),
        ("reason: placeholder", "says no more than the name does"),
        ("TODO: write why we need this before release", "is still to be written"),
        ("..........", "says no more than the name does"),
        ("why why why why why", "says no more than the name does"),
    ];
    for (reason, expected) in cases {
        let manifest = json!({ "reads": [{ "type": "Observation", "reason": reason }] });
        let found = wordless(&manifest);
        match expected {
            "" => assert!(found.is_empty(), "{reason}: {found:?}"),
            expected => {
                assert_eq!(found.len(), 1, "{reason}");
                assert!(
                    found[0].starts_with("/reads/0/reason: ") && found[0].contains(expected),
                    "{found:?}"
                );
            }
        }
    }
}

#[test]
fn one_reason_for_two_grants_is_advised_against() {
    let reason = "To show the results of the patient.";
    let manifest = json!({ "reads": [{ "type": "Task", "reason": reason }, { "type": "Observation", "reason": reason }] });
    assert!(wordless(&manifest).is_empty());
    assert!(
        shared(&manifest)[0].starts_with("/reads/1/reason is the same"),
        "{:?}",
        shared(&manifest)
    );
}
