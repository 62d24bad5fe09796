//! `$translate`.

use serde_json::{Value, json};

use super::{check, filled};
use crate::tests::suite::on_both;

/// Concept maps between colours, shapes and tastes.
pub(super) fn maps() -> Vec<Value> {
    let map = |name: &str, group: Value| {
        json!({ "resourceType": "ConceptMap", "url": format!("http://e.org/cm/{name}"), "version": "1", "status": "active",
            "sourceUri": "http://e.org/vs/all", "group": [group] })
    };
    let (c, s) = ("http://e.org/colours", "http://e.org/shapes");
    vec![
        map(
            "first",
            json!({ "source": c, "target": s, "element": [
            { "code": "red", "target": [{ "code": "Round", "display": "Round", "equivalence": "wider", "comment": "as a sign" }] },
            { "code": "blue", "target": [
                { "code": "Square", "equivalence": "narrower", "comment": "if large", "dependsOn": [{ "property": "http://e.org/size", "value": "large" }] },
                { "code": "Round", "equivalence": "equivalent", "dependsOn": [{ "property": "http://e.org/size", "value": "small" }],
                  "product": [{ "property": "http://e.org/tint", "system": "http://e.org/tints", "value": "pale" }] }] },
            { "code": "puce", "target": [{ "equivalence": "unmatched" }] },
        ], "unmapped": { "mode": "other-map", "url": "http://e.org/cm/second" } }),
        ),
        map(
            "second",
            json!({ "source": c, "target": s, "element": [{ "code": "other" }],
            "unmapped": { "mode": "fixed", "code": "Square", "display": "Square" } }),
        ),
        map(
            "round",
            json!({ "source": "http://e.org/x", "target": s, "element": [{ "code": "other" }],
            "unmapped": { "mode": "other-map", "url": "http://e.org/cm/about" } }),
        ),
        map(
            "about",
            json!({ "source": "http://e.org/x", "target": s, "element": [{ "code": "other" }],
            "unmapped": { "mode": "other-map", "url": "http://e.org/cm/round" } }),
        ),
        map(
            "same",
            json!({ "source": "http://e.org/y", "target": "http://e.org/z", "element": [{ "code": "other" }],
            "unmapped": { "mode": "provided" } }),
        ),
    ]
}

#[test]
fn translations() {
    on_both(|record, _| async move {
        filled(&record).await;
        let first = "ConceptMap/$translate?url=http://e.org/cm/first&system=http://e.org/colours";
        check(&record, &"
            FIRST&code=red → result=true; match(equivalence=wider, concept=http://e.org/shapes|Round, source=http://e.org/cm/first|1, comment=as a sign)
            FIRST&code=red&targetsystem=http://e.org/tastes → result=false; message=no map has a match for `red`
            FIRST&code=puce → result=false; message=no map has a match for `puce`; match(equivalence=unmatched, source=http://e.org/cm/first|1)
            FIRST&code=navy → result=true; match(equivalence=inexact, concept=http://e.org/shapes|Square, source=http://e.org/cm/second|1)
            FIRST&code=blue → result=false; message=no map has a match for `blue`
            ConceptMap/$translate?url=http://e.org/cm/first&code=Round&system=http://e.org/shapes&reverse=true → result=true; match(equivalence=narrower, concept=http://e.org/colours|red, source=http://e.org/cm/first|1, comment=as a sign)
            ConceptMap/$translate?system=http://e.org/y&code=anything&targetsystem=http://e.org/z → result=true; match(equivalence=equal, concept=http://e.org/z|anything, source=http://e.org/cm/same|1)
            ConceptMap/$translate?system=http://e.org/nothing&code=x → result=false; message=no map has a match for `x`
            ConceptMap/$translate?url=http://e.org/cm/round&system=http://e.org/x&code=x → refused: the concept map `http://e.org/cm/round` refers to itself for what it does not map
            ConceptMap/$translate?url=http://e.org/cm/nowhere&system=http://e.org/x&code=x → refused: there is no concept map `http://e.org/cm/nowhere` here; create it as a ConceptMap
            ConceptMap/$translate?url=http://e.org/cm/first&code=red → refused: a code means something within its code system only: name the system
            ConceptMap/$translate?url=http://snomed.info/sct?fhir_cm=900000000000523009&system=http://snomed.info/sct&code=x → refused: there is no code system `http://snomed.info/sct` here; a release of it has to be loaded with `palatine terminology load`
        ".replace("FIRST", first)).await;
    });
}

#[test]
fn a_map_asks_for_what_it_depends_on() {
    on_both(|record, _| async move {
        filled(&record).await;
        let parts = |size: &str| {
            json!([
                { "name": "element", "valueUri": "http://e.org/size" },
                { "name": "concept", "valueCodeableConcept": { "coding": [{ "code": size }] } },
            ])
        };
        for (size, expected) in [
            (
                "large",
                "result=true; match(equivalence=narrower, concept=http://e.org/shapes|Square, source=http://e.org/cm/first|1, comment=if large)",
            ),
            (
                "small",
                "result=true; match(equivalence=equivalent, concept=http://e.org/shapes|Round, product(element=http://e.org/tint, concept=http://e.org/tints|pale), source=http://e.org/cm/first|1)",
            ),
        ] {
            let parameters = json!({ "resourceType": "Parameters", "parameter": [
                { "name": "url", "valueUri": "http://e.org/cm/first" },
                { "name": "coding", "valueCoding": { "system": "http://e.org/colours", "code": "blue" } },
                { "name": "dependency", "part": parts(size) },
            ] });
            let question = crate::terminology::Question {
                operation: crate::terminology::Operation::Translate,
                on: None,
                parameters: crate::terminology::parameters::Parameters::read(&parameters).unwrap(),
                at: crate::log::At::Now,
            };
            let caller = crate::tests::suite::operator(&record);
            let answer = record.ask_terminology(&caller, question).await.unwrap();
            assert_eq!(super::short(&answer.resource), expected);
        }
    });
}
