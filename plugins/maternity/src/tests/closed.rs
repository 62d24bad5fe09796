//! That no write reaches a closed pregnancy, over many sequences of submissions, old forms and forged ones among them.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::{Value, json};

use super::Numbers;
use super::ward::Ward;

const SCREENS: [&str; 7] = [
    "booking", "dating", "visit", "growth", "clots", "labour", "birth",
];

fn fields(numbers: &mut Numbers) -> Vec<(&'static str, String)> {
    let day = format!("2026-11-{:02}", 1 + numbers.below(20));
    let any = |numbers: &mut Numbers, low: i64, high: u64| (low + numbers.below(high)).to_string();
    vec![
        ("on", day),
        ("lmp", format!("2026-{:02}-10", 1 + numbers.below(11))),
        ("parity", any(numbers, 0, 5)),
        ("height", any(numbers, 140, 50)),
        ("weight", any(numbers, 45, 80)),
        ("fetuses", any(numbers, 1, 3)),
        (
            "fetus",
            ["A", "B"][usize::try_from(numbers.below(2)).unwrap()].to_owned(),
        ),
        ("crl", any(numbers, 40, 50)),
        ("hc", any(numbers, 250, 60)),
        ("ac", any(numbers, 220, 60)),
        ("systolic", any(numbers, 100, 40)),
        ("diastolic", any(numbers, 60, 30)),
        ("phase", "antenatal".to_owned()),
        ("smoker", "yes".to_owned()),
        ("at", "2026-11-20T10:00:00Z".to_owned()),
        ("outcome", "live".to_owned()),
    ]
}

#[test]
fn no_write_alters_a_closed_pregnancy() {
    let mut numbers = Numbers(0x0123_4567_89AB);
    let (mut kept, mut refused, mut closures) = (0, 0, 0);
    for _ in 0..60 {
        let mut ward = Ward::new("2026-11-22T12:00:00Z");
        let mut old_forms: Vec<(&str, String, Value)> = Vec::new();
        for _ in 0..25 {
            let screen = SCREENS[usize::try_from(numbers.below(7)).unwrap()];
            let fields = fields(&mut numbers);
            let typed: Vec<_> = fields
                .iter()
                .map(|(id, text)| (*id, text.as_str()))
                .collect();
            let (mut action, mut filled) = ward.filled(screen, &typed);
            let mut on = screen;
            match numbers.below(8) {
                0 => {
                    ward.close();
                    closures += 1;
                }
                // A form that somebody opened long ago.
                1 if !old_forms.is_empty() => {
                    let n = u64::try_from(old_forms.len()).unwrap();
                    let old = &old_forms[usize::try_from(numbers.below(n)).unwrap()];
                    (on, action, filled) = (old.0, old.1.clone(), old.2.clone());
                }
                // A form that names a closed pregnancy, in the version in which it is.
                2 => {
                    let closed = ward.closed();
                    let episode = closed
                        .iter()
                        .find(|it| it["resourceType"] == "EpisodeOfCare");
                    if let Some(it) = episode {
                        let reference = format!("EpisodeOfCare/{}", it["id"].as_str().unwrap());
                        filled["carries"] = json!({ "pregnancy": reference });
                        filled["seen"] =
                            json!([{ "resource": reference, "version": it["meta"]["versionId"] }]);
                    }
                }
                _ => old_forms.push((screen, action.clone(), filled.clone())),
            }
            if action == "none" {
                continue;
            }
            let before = ward.closed();
            let outcome = ward.submit(on, &action, &filled);
            assert_eq!(
                ward.closed(),
                before,
                "{on} altered a closed pregnancy: {filled}"
            );
            kept += u32::from(outcome.get("proposal").is_some());
            refused += u32::from(outcome.get("findings").is_some());
        }
        every_fact_has_its_pregnancy_and_contact(&ward);
    }
    assert!(
        kept > 300 && refused > 100 && closures > 50,
        "{kept} {refused} {closures}"
    );
}

#[test]
fn a_form_opened_before_the_closure_is_refused_after_it() {
    let mut ward = Ward::new("2026-11-22T12:00:00Z");
    ward.record("booking", &[("on", "2026-09-01"), ("lmp", "2026-07-01")]);
    let (action, filled) = ward.filled("visit", &[("on", "2026-11-20"), ("pulse", "80")]);
    ward.close();
    let outcome = ward.submit("visit", &action, &filled);
    assert_eq!(
        outcome["findings"][0]["message"],
        "There is no open pregnancy: a closed one cannot be changed."
    );
    ward.record("booking", &[("on", "2026-11-22")]);
    let outcome = ward.submit("visit", &action, &filled);
    assert_eq!(
        outcome["findings"][0]["message"],
        "This form was opened for another pregnancy. Open it again."
    );
}

/// Seen in practice: a new pregnancy copied facts from an old one without anybody saying so.
#[test]
fn what_is_carried_forward_needs_a_confirmation() {
    let mut ward = Ward::new("2026-11-22T12:00:00Z");
    ward.record(
        "booking",
        &[("on", "2026-02-05"), ("height", "165"), ("weight", "70")],
    );
    ward.close();
    let mut unconfirmed = ward.clone();
    unconfirmed.record("booking", &[("on", "2026-11-20")]);
    let heights = |ward: &Ward| {
        ward.resources
            .iter()
            .filter(|it| it.to_string().contains("\"code\":\"height\""))
            .count()
    };
    assert_eq!(
        heights(&unconfirmed),
        1,
        "only the old booking has a height"
    );
    ward.record(
        "booking",
        &[("on", "2026-11-20"), ("height-suggested", "confirm")],
    );
    assert_eq!(heights(&ward), 2);
}

fn every_fact_has_its_pregnancy_and_contact(ward: &Ward) {
    let of = |it: &Value, path: &str, kind: &str| {
        let reference = it.pointer(path).and_then(Value::as_str);
        reference.is_some_and(|it| it.starts_with(kind))
    };
    for it in &ward.resources {
        let is_fact = it["resourceType"] == "Observation";
        assert!(
            !is_fact || of(it, "/focus/0/reference", "EpisodeOfCare/"),
            "{it}"
        );
        assert!(
            !is_fact || of(it, "/encounter/reference", "Encounter/"),
            "{it}"
        );
    }
}
