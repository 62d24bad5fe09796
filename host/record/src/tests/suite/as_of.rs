//! Reading and searching the record as it was.
//!
//! Invariant: what a search found at `t`, it finds at `t` for ever.

use fhir::resource::Key;
use serde_json::json;

use crate::log::{At, T};
use crate::search::Page;
use crate::tests::suite::{commit, create, found, on_both, operator, update};
use crate::{ReadError, Record};

#[test]
fn a_value_is_found_from_when_to_when_it_stood() {
    on_both(|record, clock| async move {
        let person = |gender: &str, family: &str| json!({ "resourceType": "Patient", "gender": gender, "name": [{ "family": family }] });
        let key = commit(&record, vec![create(person("male", "Hill"))])
            .await
            .outcomes[0]
            .key
            .clone();
        clock.advance_ms(60_000);
        commit(
            &record,
            vec![update(&key, person("female", "Hill"), Some(1))],
        )
        .await;
        clock.advance_ms(60_000);
        commit(
            &record,
            vec![crate::proposal::Change::Delete {
                key: key.clone(),
                seen: None,
            }],
        )
        .await;
        for (asked, at, expected) in [
            ("Patient?gender=male", At::Commit(T(0)), 0),
            ("Patient?gender=male", At::Commit(T(1)), 1),
            ("Patient?gender=male", At::Commit(T(2)), 0),
            ("Patient?gender=female", At::Commit(T(2)), 1),
            ("Patient?gender=female", At::Commit(T(3)), 0),
            ("Patient?family=hill", At::Commit(T(2)), 1),
            ("Patient?family=hill", At::Now, 0),
            ("Patient", At::Commit(T(1)), 1),
            ("Patient", At::Now, 0),
            (
                "Patient?gender=male",
                At::Instant("2026-11-22T09:30:00Z".into()),
                1,
            ),
            (
                "Patient?gender=male",
                At::Instant("2026-11-22T09:30:59.999Z".into()),
                1,
            ),
            (
                "Patient?gender=male",
                At::Instant("2026-11-22T09:31:00Z".into()),
                0,
            ),
            (
                "Patient?gender=male",
                At::Instant("2026-11-22T09:29:59Z".into()),
                0,
            ),
        ] {
            let found = found(&record, asked, &Page::First(at.clone())).await;
            assert_eq!(found.matches.len(), expected, "{asked} at {at:?}");
        }
        moments(&record, &key).await;
    });
}

async fn moments(record: &Record, key: &Key) {
    let who = operator(record);
    assert!(matches!(
        record.read(&who, key, &At::Commit(T(0))).await,
        Err(ReadError::NotFound { .. })
    ));
    assert_eq!(
        record
            .read(&who, key, &At::Commit(T(2)))
            .await
            .unwrap()
            .version,
        2
    );
    let later = record.read(&who, key, &At::Commit(T(9))).await;
    assert!(matches!(later, Err(ReadError::NoSuchMoment { .. })));
    let nonsense = record
        .read(&who, key, &At::Instant("yesterday".into()))
        .await;
    assert!(matches!(nonsense, Err(ReadError::NoSuchMoment { .. })));
}

#[test]
fn a_resource_that_changes_patients_changes_compartments() {
    on_both(|record, _| async move {
        let patient = json!({ "resourceType": "Patient" });
        let made = commit(&record, vec![create(patient.clone()), create(patient)]).await;
        let (one, two) = (made.outcomes[0].key.clone(), made.outcomes[1].key.clone());
        let of = |key: &Key| {
            json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" },
                "subject": { "reference": key.to_string() }, "effectiveDateTime": "2026-01-01" })
        };
        let observation = commit(&record, vec![create(of(&one))]).await.outcomes[0]
            .key
            .clone();
        commit(&record, vec![update(&observation, of(&two), None)]).await;
        for (asked, at, expected) in [
            (format!("Observation?patient={}", one.id), T(2), 1),
            (format!("Observation?patient={}", two.id), T(2), 0),
            (format!("Observation?patient={}", one.id), T(3), 0),
            (format!("Observation?patient={}", two.id), T(3), 1),
            (
                format!("Observation?subject={two}&date=2026-01-01&_sort=-date"),
                T(3),
                1,
            ),
            (
                format!("Observation?subject={one}&date=2026-01-01&_sort=-date"),
                T(3),
                0,
            ),
            ("Observation?date=2026-01-01".to_owned(), T(3), 1),
        ] {
            let found = found(&record, &asked, &Page::First(At::Commit(at))).await;
            assert_eq!(found.matches.len(), expected, "{asked} at {at}");
        }
    });
}
