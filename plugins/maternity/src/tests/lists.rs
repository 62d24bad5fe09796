//! The lists of a site, and what follows from an assessment.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Action, Event, Parameters, Value, json};

use super::screens::{NOW, booked};
use super::ward::Ward;
use crate::Maternity;

const COLUMNS: [&str; 4] = ["patient", "edd", "born", "last_contact"];

fn site(rows: &[Value]) -> Bedside {
    Bedside::of(env!("CARGO_MANIFEST_DIR"))
        .unwrap()
        .now(NOW)
        .rows("pregnancies", crate::caseload::question(), &COLUMNS, rows)
        .unwrap()
}

#[test]
fn who_is_due_soon_is_on_the_list_and_who_gave_birth_is_not() {
    let rows = [
        json!(["Patient/late", "2026-11-21", null, "2026-11-20"]),
        json!(["Patient/today", "2026-11-22", null, "2026-11-20"]),
        json!(["Patient/soon", "2026-12-06", null, "2026-11-01"]),
        json!(["Patient/later", "2026-12-07", null, null]),
        json!(["Patient/undated", null, null, "2026-11-02"]),
        json!(["Patient/born", "2026-11-21", "2026-11-20", "2026-11-20"]),
    ];
    let due = site(&rows)
        .open(&Maternity, "due", &Parameters::default())
        .unwrap();
    let due = due.to_string();
    for (patient, is_on) in [
        ("late", true),
        ("today", true),
        ("soon", true),
        ("later", false),
        ("undated", true),
        ("born", false),
    ] {
        assert_eq!(
            due.contains(&format!("Patient/{patient}\"")),
            is_on,
            "{patient}"
        );
    }
}

/// Both sides of the setting: 42 days as it is shipped.
#[test]
fn who_was_not_seen_for_long_is_marked() {
    let state = |last: Value| {
        let rows = [json!(["Patient/one", "2027-03-01", null, last])];
        let list = site(&rows).open(&Maternity, "caseload", &Parameters::default());
        list.unwrap().to_string().contains("No recent contact")
    };
    assert!(!state(json!("2026-10-11")), "42 days");
    assert!(state(json!("2026-10-10")), "43 days");
    assert!(state(Value::Null), "never");
}

#[test]
fn a_long_list_goes_on_where_it_stopped() {
    let rows: Vec<_> = (0..120)
        .map(|n| json!([format!("Patient/p{n}"), "2027-01-01", null, null]))
        .collect();
    let page = |from: &str| {
        let parameters = Parameters::default().with("from", from);
        site(&rows)
            .open(&Maternity, "caseload", &parameters)
            .unwrap()["nodes"][1]
            .clone()
    };
    assert_eq!(page("0")["rows"].as_array().unwrap().len(), 50);
    assert_eq!(page("0")["more"]["parameters"]["from"], "50");
    assert_eq!(page("100")["rows"].as_array().unwrap().len(), 20);
    assert_eq!(page("100").get("more"), None);
}

#[test]
fn an_assessment_becomes_one_task() {
    let react = |ward: &Ward| {
        let assessment = ward.resources.iter().rev().find(|it| {
            it["code"]["coding"][0]["code"] == "vte" && it["resourceType"] == "Observation"
        });
        let event = Event::new(7, Action::Create, assessment.unwrap().clone());
        ward.bedside().react(&Maternity, &event).unwrap()["changes"].clone()
    };
    let assessed = |answer: &str| {
        let mut ward = booked();
        ward.record(
            "clots",
            &[
                ("on", "2026-11-20"),
                ("phase", "antenatal"),
                ("previous-vte", answer),
            ],
        );
        ward
    };
    let task = react(&assessed("yes"));
    assert_eq!(
        task[0]["resource"]["description"],
        "Risk of clots, score at least 6: Consider LMWH from the first trimester."
    );
    let words = react(&assessed("no"))[0]["resource"]["description"].to_string();
    assert!(
        words.contains("at least 2") && words.contains("unknown is not no"),
        "{words}"
    );
    let mut again = assessed("yes");
    let mut kept = task[0]["resource"].clone();
    kept["id"] = json!("task");
    again.resources.push(kept);
    assert_eq!(react(&again), json!([]));
    let mut closed = assessed("yes");
    closed.close();
    assert_eq!(react(&closed), json!([]));
}
