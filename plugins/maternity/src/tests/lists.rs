//! The lists of a site, the schedule, the help, and what follows from an assessment.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Action, Event, Parameters, Value, json};

use super::folder;
use super::screens::{NOW, booked, empty, followed, same_as_file};
use super::ward::Ward;
use crate::Maternity;

const COLUMNS: [&str; 3] = ["patient", "edd", "last_contact"];

fn site(rows: &[Value]) -> Bedside {
    Bedside::of(folder())
        .unwrap()
        .now(NOW)
        .rows("pregnancies", crate::caseload::question(), &COLUMNS, rows)
        .unwrap()
}

#[test]
fn the_lists_of_a_site_are_as_in_their_files() {
    let rows = [
        json!(["Patient/late", "2026-11-21", "2026-11-20"]),
        json!(["Patient/today", "2026-11-22", "2026-11-20"]),
        json!(["Patient/soon", "2026-12-06", "2026-11-01"]),
        json!(["Patient/later", "2026-12-07", null]),
        json!(["Patient/undated", null, "2026-11-02"]),
    ];
    let open = |screen: &str| {
        site(&rows)
            .open(&Maternity, screen, &Parameters::default())
            .unwrap()
    };
    same_as_file("caseload", &open("caseload"));
    same_as_file("due", &open("due"));
    let due = open("due").to_string();
    for (patient, is_on) in [
        ("late", true),
        ("today", true),
        ("soon", true),
        ("later", false),
        ("undated", true),
    ] {
        assert_eq!(
            due.contains(&format!("Patient/{patient}\"")),
            is_on,
            "{patient}"
        );
    }
    let none = site(&[])
        .open(&Maternity, "due", &Parameters::default())
        .unwrap();
    same_as_file("due-nobody", &none);
}

#[test]
fn a_long_list_goes_on_where_it_stopped() {
    let rows: Vec<_> = (0..120)
        .map(|n| json!([format!("Patient/p{n}"), "2027-01-01", null]))
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
fn the_schedule_and_the_help_are_as_in_their_files() {
    same_as_file("schedule-empty", &empty().open("schedule"));
    same_as_file("schedule-followed", &followed().open("schedule"));
    let mut undated = empty();
    undated.record("booking", &[("on", "2026-11-01")]);
    same_as_file("schedule-undated", &undated.open("schedule"));
    same_as_file("about", &empty().open("about"));
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
