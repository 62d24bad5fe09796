//! The reaction to a pressure, and the cards beside the chart.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Event, Value, json};

use super::chart::{FOLLOW_UP, empty, filed, submit};
use crate::Ophthalmology;

fn pressure(mmhg: &str) -> Value {
    let fields = [
        ("pressure-instrument", "goldmann"),
        ("right-pressure", mmhg),
    ];
    let outcome = submit(&empty(), "visit", "record", &fields);
    let mut resource = outcome["proposal"]["changes"][0]["resource"].clone();
    resource["id"] = json!("p");
    resource["meta"] = json!({ "versionId": "3" });
    resource
}

fn reacted(bedside: &sdk::bedside::Bedside, resource: Value) -> Value {
    bedside
        .react(
            &Ophthalmology,
            &Event::new(7, sdk::Action::Create, resource),
        )
        .unwrap()
}

#[test]
fn a_raised_pressure_asks_for_one_review() {
    for (mmhg, tasks) in [("23.9", 0), ("24", 1), ("80", 1)] {
        let proposal = reacted(&empty(), pressure(mmhg));
        assert_eq!(
            proposal["changes"].as_array().unwrap().len(),
            tasks,
            "{mmhg}"
        );
    }
    let proposal = reacted(&empty(), pressure("24"));
    let mut task = proposal["changes"][0]["resource"].clone();
    assert_eq!(task["restriction"]["period"]["end"], "2026-11-21T09:30:00Z");
    task["id"] = json!("t");
    let again = reacted(&empty().with(task).unwrap(), pressure("24"));
    assert_eq!(again["changes"], json!([]), "the same version asks once");
    let sooner = reacted(&empty().setting("raised-pressure-hours", 6), pressure("24"));
    assert_eq!(
        sooner["changes"][0]["resource"]["restriction"]["period"]["end"],
        "2026-11-20T15:30:00Z"
    );
}

#[test]
fn nothing_is_made_of_a_pressure_that_cannot_be_or_has_no_side() {
    let mut kilopascal = pressure("24");
    kilopascal["valueQuantity"]["unit"] = json!("kPa");
    let mut impossible = pressure("24");
    impossible["valueQuantity"]["value"] = json!(240);
    let mut without_side = pressure("24");
    without_side.as_object_mut().unwrap().remove("bodySite");
    let mut withdrawn = pressure("24");
    withdrawn["status"] = json!("entered-in-error");
    let mut other = pressure("24");
    other["code"]["coding"] = json!([{ "system": "http://loinc.org", "code": "2160-0" }]);
    for resource in [kilopascal, impossible, without_side, withdrawn, other] {
        assert_eq!(
            reacted(&empty(), resource.clone())["changes"],
            json!([]),
            "{resource}"
        );
    }
}

#[test]
fn cards_name_the_eye_and_say_nothing_when_there_is_nothing() {
    let none = empty().advise(&Ophthalmology, "patient-view").unwrap();
    assert_eq!(none["cards"], json!([]));
    let bedside = filed(empty(), "g", "glaucoma", "record", &FOLLOW_UP);
    for (now, cards) in [("2027-01-01T23:59:59Z", 0), ("2027-01-02T00:00:00Z", 1)] {
        let advice = bedside
            .clone()
            .now(now)
            .advise(&Ophthalmology, "patient-view")
            .unwrap();
        assert_eq!(advice["cards"].as_array().unwrap().len(), cards, "{now}");
    }
}
