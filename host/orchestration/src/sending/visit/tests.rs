//! Which event a change of a stay is, one row each.

use serde_json::{Value as Json, json};

use super::event;

/// `in-progress IMP W1,W2` as a stay: status, class, the places in order, of which the last is where the patient is.
fn stay(words: &str) -> Option<Json> {
    let mut words = words.split(' ');
    let (status, class) = (words.next()?, words.next()?);
    let places: Vec<&str> = words
        .next()
        .unwrap_or("")
        .split(',')
        .filter(|it| !it.is_empty())
        .collect();
    let location = |(at, place): (usize, &&str)| {
        let status = if at + 1 == places.len() {
            "active"
        } else {
            "completed"
        };
        json!({"status": status, "location": {"identifier": {"value": place}}})
    };
    let places: Vec<Json> = places.iter().enumerate().map(location).collect();
    Some(json!({"status": status, "class": {"code": class}, "location": places}))
}

#[test]
fn events_by_what_changed() {
    // The version before, the version now, the event.
    let rows = [
        ("", "in-progress IMP W1", "A01"),
        ("", "in-progress AMB", "A04"),
        ("", "arrived EMER", "A04"),
        ("", "planned PRENC", "A05"),
        ("", "finished IMP W1", "A03"),
        ("planned IMP", "in-progress IMP W1", "A01"),
        ("planned AMB", "arrived AMB", "A04"),
        ("in-progress IMP W1", "in-progress IMP W1,W2", "A02"),
        ("in-progress IMP W1", "in-progress IMP W2", "A02"),
        ("in-progress IMP W1,W2", "in-progress IMP W1", "A12"),
        ("in-progress IMP W1", "finished IMP W1", "A03"),
        ("finished IMP W1", "in-progress IMP W1", "A13"),
        ("in-progress EMER", "in-progress IMP W1", "A06"),
        ("in-progress IMP W1", "in-progress AMB W1", "A07"),
        ("in-progress IMP W1", "cancelled IMP W1", "A11"),
        ("in-progress IMP W1", "entered-in-error IMP W1", "A11"),
        ("cancelled IMP W1", "entered-in-error IMP W1", "A08"),
        ("in-progress IMP W1", "in-progress IMP W1", "A08"),
        ("finished IMP W1", "finished IMP W1", "A08"),
    ];
    for (before, now, expected) in rows {
        let now_said = now;
        let now = stay(now).unwrap_or_default();
        let found = event(stay(before).as_ref(), &now);
        assert_eq!(found, expected, "{before} → {now_said}");
    }
}
