//! Cards beside the chart: open calls and open kidney reviews, and nothing where there is nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Value, json};

use super::chart::empty;
use crate::Pathology;

fn task(id: &str, code: &str, status: &str, due: Option<&str>, description: &str) -> Value {
    let mut task = json!({
        "resourceType": "Task", "id": id, "status": status, "intent": "order",
        "code": { "coding": [{ "system": "urn:palatine:pathology", "code": code }] },
        "for": { "reference": "Patient/maureen" },
        "focus": { "reference": "Observation/c6" },
        "description": description,
        "authoredOn": "2026-11-24T10:00:00Z"
    });
    if let Some(due) = due {
        task["restriction"] = json!({ "period": { "end": due } });
    }
    task
}

fn cards(bedside: &Bedside) -> Vec<String> {
    let advice = bedside.advise(&Pathology, "patient-view").unwrap();
    let cards = advice["cards"].as_array().unwrap().iter();
    let said = cards.map(|it| {
        let text = |member: &str| it[member].as_str().unwrap().to_owned();
        format!("{}: {}", text("indicator"), text("summary"))
    });
    said.collect()
}

#[test]
fn each_open_call_and_review_is_a_card_and_what_is_done_is_none() {
    let call = "telephone-critical-result";
    let at = Some("2026-11-24T15:02:00Z");
    let past = Some("2026-11-24T14:02:00Z");
    let bedside = empty()
        .with_all([
            task("a", call, "requested", at, "Potassium 7.2 mmol/L"),
            task("b", call, "accepted", at, "Sodium 118 mmol/L"),
            task("c", call, "in-progress", None, "Glucose 1.9 mmol/L"),
            task("d", call, "completed", at, "Urea 40 mmol/L"),
            task(
                "e",
                "review-aki",
                "requested",
                at,
                "AKI stage 2: review by then",
            ),
            task(
                "f",
                "review-aki",
                "in-progress",
                past,
                "AKI stage 3: review by then",
            ),
            task(
                "g",
                "review-aki",
                "cancelled",
                past,
                "AKI stage 1: review by then",
            ),
        ])
        .unwrap();
    assert_eq!(
        cards(&bedside),
        [
            "critical: Critical result, nobody told, due 24-Nov-2026 15:02 UTC: Potassium 7.2 mmol/L",
            "critical: Critical result, nobody told, no time set: Glucose 1.9 mmol/L",
            "warning: Critical result, told, what was done is not recorded: Sodium 118 mmol/L",
            "warning: AKI stage 2: review by 24-Nov-2026 15:02 UTC",
            "critical: AKI stage 3: review overdue since 24-Nov-2026 14:02 UTC",
        ]
    );
    assert_eq!(cards(&empty()), Vec::<String>::new());
}

#[test]
fn more_than_fit_are_said_to_be_more() {
    let each = (0..12).map(|n| {
        let id = format!("t{n}");
        task(
            &id,
            "telephone-critical-result",
            "requested",
            None,
            &"x".repeat(200),
        )
    });
    let said = cards(&empty().with_all(each).unwrap());
    assert_eq!(said.len(), 10);
    assert!(said[9].contains("More critical results"));
}
