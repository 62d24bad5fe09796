//! What of a component's cases is read, and what is refused with its reason.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use record::caller::Role;
use record::departmental::Question;
use serde_json::{Value, json};

use super::{Case, Expected, read};

/// A section with one case, which is this with a name, a title and a moment.
fn section(case: Value) -> Value {
    let mut whole = json!({
        "name": "one", "golden": 1, "title": "It answers", "at": { "now": "2026-11-22T12:00:00Z" },
    });
    for (member, value) in case.as_object().unwrap() {
        whole[member.as_str()] = value.clone();
    }
    json!({ "golden": 1, "charts": { "charts/ward.json": [{ "resourceType": "Patient", "id": "p2" }] }, "cases": [whole] })
}

fn one(case: Value) -> Case {
    read(&section(case)).unwrap().list.remove(0)
}

#[test]
fn who_asks_follows_from_what_is_asked() {
    let open = json!({ "screen": "list" });
    for (asked, at, role) in [
        (json!({ "open": open }), json!({}), Ok(Role::Clinician)),
        (json!({ "react": {} }), json!({}), Ok(Role::Reaction)),
        (
            json!({ "convert": { "format": "hl7v2", "message": "MSH" } }),
            json!({}),
            Ok(Role::Feed),
        ),
        (
            json!({ "open": open }),
            json!({ "role": "doctor" }),
            Ok(Role::Clinician),
        ),
        (
            json!({ "react": {} }),
            json!({ "role": "clinician" }),
            Ok(Role::Clinician),
        ),
        (
            json!({ "open": open }),
            json!({ "role": "wizard" }),
            Err(()),
        ),
        (json!({ "open": open }), json!({ "site": "rxr" }), Err(())),
        (json!({ "open": open }), json!({ "patient": "p1" }), Err(())),
        (
            json!({ "open": open }),
            json!({ "patient": "Encounter/p1" }),
            Err(()),
        ),
    ] {
        let mut asked = asked;
        asked["at"] = at.clone();
        asked["at"]["now"] = json!("2026-11-22T12:00:00Z");
        let found = one(asked).scene().map(|scene| scene.role).map_err(drop);
        assert_eq!(found, role, "{at}");
    }
}

#[test]
fn exactly_one_thing_is_asked_and_expected() {
    for (case, is_asked, is_expected) in [
        (
            json!({ "open": { "screen": "s" }, "answer": {} }),
            true,
            true,
        ),
        (json!({ "answer": {} }), false, true),
        (
            json!({ "open": { "screen": "s" }, "react": {} }),
            false,
            false,
        ),
        (json!({ "open": { "screen": "s" } }), true, false),
        (
            json!({ "react": {}, "answer": {}, "failure": { "code": "a", "detail": "b" } }),
            true,
            false,
        ),
    ] {
        let read = one(case.clone());
        assert_eq!(read.scene().is_ok(), is_asked, "{case}");
        assert_eq!(read.expected().is_ok(), is_expected, "{case}");
    }
    let refused = one(json!({ "react": {}, "failure": { "code": "invalid", "detail": "no" } }));
    assert!(matches!(refused.expected(), Ok(Expected::Failure(it)) if it.code == "invalid"));
}

#[test]
fn charts_are_put_together_in_their_order() {
    let section = section(json!({
        "open": { "screen": "s" },
        "chart": ["charts/ward.json", { "resourceType": "Patient", "id": "p1" }],
    }));
    let cases = read(&section).unwrap();
    let chart = cases.chart_of(&cases.list[0]).unwrap();
    let ids: Vec<_> = chart.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["p2", "p1"]);
    for wrong in [json!(["charts/none.json"]), json!([3])] {
        let mut section = section.clone();
        section["cases"][0]["chart"] = wrong;
        let cases = read(&section).unwrap();
        assert!(cases.chart_of(&cases.list[0]).is_err());
    }
}

#[test]
fn a_section_that_is_not_golden_1_is_refused() {
    let open = json!({ "open": { "screen": "s" } });
    let mut other = section(open.clone());
    other["golden"] = json!(2);
    assert!(read(&other).is_err());
    let mut of_another_form = section(open.clone());
    of_another_form["cases"][0]["golden"] = json!(2);
    assert!(read(&of_another_form).is_err());
    let mut twice = section(open.clone());
    let again = twice["cases"][0].clone();
    twice["cases"].as_array_mut().unwrap().push(again);
    assert!(read(&twice).is_err());
    let mut unknown = section(open);
    unknown["cases"][0]["anwser"] = json!({});
    assert!(read(&unknown).unwrap_err().to_string().contains("anwser"));
}

#[test]
fn a_message_is_handed_over_as_it_is_written() {
    let case = one(json!({ "convert": { "format": "f", "message": "MSH|é\r" } }));
    let Question::Convert { message, .. } = case.scene().unwrap().question else {
        unreachable!("it asks for something else");
    };
    assert_eq!(message, "MSH|é\r".as_bytes());
}
