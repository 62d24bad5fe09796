//! Observations as senders write them, and what is read of them.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::json;

use crate::result::{Found, LabResult, line};

fn shown(it: &LabResult) -> String {
    match &it.found {
        Found::Number(number) => format!("{} [{}]", number.shown(), number.unit),
        Found::Words(words) => words.clone(),
        Found::Nothing(why) => format!("nothing: {}", why.word()),
    }
}

#[test]
fn a_value_is_read_as_it_was_written() {
    let table = r#"
        "valueQuantity":{"value":5.10,"unit":"mmol/L"} => 5.10 [mmol/L]
        "valueQuantity":{"value":5,"comparator":"<","code":"mg/L"} => <5 [mg/L]
        "valueQuantity":{"value":5,"comparator":"ad","unit":"mg"} => ad 5 mg
        "valueQuantity":{"value":1e400,"unit":"mg"} => 1e+400 [mg]
        "valueQuantity":{"unit":"mg"} => nothing: not-reported
        "valueQuantity":{"value":"5","unit":"mg"} => nothing: not-reported
        "valueString":" Haemolysed " => Haemolysed
        "valueCodeableConcept":{"coding":[{"display":"Not detected"}]} => Not detected
        "valueBoolean":false => No
        "valueInteger":4 => 4 []
        "valueRange":{"low":{"value":1,"unit":"g"}} => 1 g or more
        "valueRatio":{"numerator":{"value":1},"denominator":{"value":128}} => 1:128
        "valueSampledData":{} => Reported in a form that this screen cannot show
        "dataAbsentReason":{"coding":[{"code":"masked"}]} => nothing: withheld
        "status":"registered" => nothing: pending
        "status":"entered-in-error","valueString":"Positive" => nothing: not-reported
        "status":"cancelled","valueQuantity":{"value":5} => nothing: not-reported
        "valueQuantity":{"value":5,"unit":"a unit that goes on for far longer than any unit of any laboratory ever should"} => 5 a unit that goes on for far longer than any unit of any laboratory ever should
    "#;
    for row in table.lines().filter(|row| row.contains("=>")) {
        let (member, expected) = row.trim().split_once(" => ").unwrap();
        let status = if member.contains("status") {
            ""
        } else {
            r#""status":"final","#
        };
        let observation =
            serde_json::from_str(&format!(r#"{{"id":"a",{status}{member}}}"#)).unwrap();
        let read = LabResult::read(&observation);
        assert_eq!(
            read.iter().map(shown).collect::<Vec<_>>(),
            [expected],
            "{member}"
        );
    }
}

#[test]
fn each_component_is_a_result() {
    let component =
        |name: &str, value: i32| json!({ "code": { "text": name }, "valueInteger": value });
    let observation = json!({ "id": "a", "status": "final", "component": [component("One", 1), component("Two", 2)] });
    let names: Vec<_> = LabResult::read(&observation)
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(names, ["One", "Two"]);
    let panel = json!({ "id": "a", "status": "final", "code": { "text": "All" }, "valueString": "Seen", "component": [component("One", 1)] });
    assert_eq!(LabResult::read(&panel).len(), 2);
    assert!(
        LabResult::read(&json!({ "status": "final" })).is_empty(),
        "without an id there is nothing to refer to"
    );
}

#[test]
fn a_line_is_one_line_of_bounded_length() {
    assert_eq!(line(" a\n b\t c "), "a b c");
    assert_eq!(line(&"µ".repeat(301)).chars().count(), 300);
    assert!(line(&"µ".repeat(301)).ends_with('…'));
    assert_eq!(line(&"µ".repeat(300)), "µ".repeat(300));
}
