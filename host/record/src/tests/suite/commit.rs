//! Committing: versions, conditions, references, stale writes, messages, cursors, restart, audit.
//!
//! Invariant: what is refused leaves nothing behind.

use std::sync::Arc;

use fhir::resource::Key;
use serde_json::json;

use crate::audit::Verified;
use crate::clock::Written;
use crate::commit::{CommitError, What};
use crate::log::{At, T};
use crate::message::{Arrival, Kept, State};
use crate::proposal::{Basis, Change, CursorMove, Proposal};
use crate::read::{History, HistoryOf};
use crate::tests::suite::{
    NOON_MS, commit, create, grounds, on_both, operator, query, resource, runtime, update,
};
use crate::{ReadError, Record};

fn patient(nhs_number: &str) -> serde_json::Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number }],
        "name": [{ "family": "Oldroyd", "given": ["Anne"] }]
    })
}

#[test]
fn a_resource_is_created_changed_and_ended() {
    on_both(|record, clock| async move {
        let who = operator(&record);
        let made = commit(&record, vec![create(patient("9000000009"))]).await;
        let key = made.outcomes[0].key.clone();
        assert_eq!(
            (made.t, made.outcomes[0].what, made.outcomes[0].version),
            (T(1), What::Created, 1)
        );

        clock.advance_ms(1_000);
        let mut changed = patient("9000000009");
        changed["id"] = json!(key.id.as_str());
        changed["gender"] = json!("female");
        let again = commit(&record, vec![update(&key, changed.clone(), Some(1))]).await;
        assert_eq!(
            (again.t, again.outcomes[0].what, again.outcomes[0].version),
            (T(2), What::Updated, 2)
        );

        let same = commit(&record, vec![update(&key, changed.clone(), None)]).await;
        assert_eq!(
            (same.t, same.outcomes[0].what, same.outcomes[0].version),
            (T(2), What::Existing, 2)
        );

        let late = Proposal::direct(vec![update(&key, changed.clone(), Some(1))]);
        let stale = record.commit(&who, late).await.unwrap_err();
        let seen_too_early = matches!(
            stale,
            CommitError::Stale {
                seen: 1,
                current: 2,
                ..
            }
        );
        assert!(seen_too_early, "{stale:?}");

        let ended = commit(
            &record,
            vec![Change::Delete {
                key: key.clone(),
                seen: Some(2),
            }],
        )
        .await;
        assert_eq!((ended.t, ended.outcomes[0].what), (T(3), What::Deleted));
        assert!(matches!(
            record.read(&who, &key, &At::Now).await,
            Err(ReadError::Gone { t: T(3), .. })
        ));
        let before = record.read(&who, &key, &At::Commit(T(2))).await.unwrap();
        assert_eq!(before.version, 2);
        let body: serde_json::Value =
            serde_json::from_str(before.body.as_deref().unwrap()).unwrap();
        assert_eq!(
            body["meta"]["lastUpdated"],
            json!("2026-11-22T09:30:01.000Z")
        );
        assert_eq!(body["meta"]["versionId"], json!("2"));
        assert_eq!(record.vread(&who, &key, 1).await.unwrap().version, 1);

        let back = commit(&record, vec![update(&key, changed, None)]).await;
        assert_eq!(
            (back.outcomes[0].what, back.outcomes[0].version),
            (What::Created, 4)
        );
        history_and_log(&record, &key).await;
    });
}

async fn history_and_log(record: &Record, key: &Key) {
    let who = operator(record);
    let ask = History {
        of: HistoryOf::Instance(key.clone()),
        since: None,
        during: None,
        as_of: At::Now,
        n_max: 3,
        page: None,
    };
    let first = record.history(&who, &ask).await.unwrap();
    assert_eq!(
        first.versions.iter().map(|v| v.version).collect::<Vec<_>>(),
        [4, 3, 2]
    );
    let second = record
        .history(
            &who,
            &History {
                page: first.next,
                ..ask
            },
        )
        .await
        .unwrap();
    assert_eq!(
        second
            .versions
            .iter()
            .map(|v| v.version)
            .collect::<Vec<_>>(),
        [1]
    );
    assert!(second.next.is_none());

    let log = record.commits_after(T(0), 100).await.unwrap();
    assert_eq!(
        log.iter().map(|entry| entry.t).collect::<Vec<_>>(),
        [T(1), T(2), T(3), T(4)]
    );
    assert_eq!(log[2].changes[0].what, What::Deleted);
    let verified = record.verify_audit().await.unwrap();
    assert!(
        matches!(verified, Verified::Whole { leaves, .. } if leaves >= 9),
        "{verified:?}"
    );
}

#[test]
fn references_are_resolved_or_refused() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let practitioner = json!({
            "resourceType": "Practitioner",
            "identifier": [{ "system": "urn:example:npi", "value": "17" }]
        });
        commit(&record, vec![create(practitioner)]).await;
        let made = commit(
            &record,
            vec![
                Change::Create {
                    resource: resource(json!({
                        "resourceType": "Observation", "status": "final",
                        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
                        "subject": { "reference": "urn:uuid:0b0e7a4c-0000-4000-8000-000000000001" },
                        "performer": [{ "reference": "Practitioner?identifier=urn:example:npi|17" }]
                    })),
                    temporary: None,
                    if_none_exist: None,
                },
                Change::Create {
                    resource: resource(patient("9000000009")),
                    temporary: Some("urn:uuid:0b0e7a4c-0000-4000-8000-000000000001".into()),
                    if_none_exist: None,
                },
            ],
        )
        .await;
        let body: serde_json::Value =
            serde_json::from_str(made.outcomes[0].body.as_deref().unwrap()).unwrap();
        assert_eq!(
            body["subject"]["reference"],
            json!(made.outcomes[1].key.to_string())
        );
        assert!(
            body["performer"][0]["reference"]
                .as_str()
                .unwrap()
                .starts_with("Practitioner/")
        );

        for (reference, right) in [
            ("Patient/nobody", false),
            ("urn:uuid:0b0e7a4c-0000-4000-8000-000000000009", false),
            ("Patient?identifier=urn:x|none", false),
            ("https://elsewhere.example/fhir/Patient/1", true),
        ] {
            let observation = json!({
                "resourceType": "Observation", "status": "final", "code": { "text": "x" },
                "subject": { "reference": reference }
            });
            let before = record.current();
            let answer = record
                .commit(&who, Proposal::direct(vec![create(observation)]))
                .await;
            match answer {
                Ok(_) => assert!(right, "{reference}"),
                Err(CommitError::UnknownReference { path, .. }) => {
                    assert!(
                        !right && path == "subject.reference",
                        "{reference} at {path}"
                    );
                    assert_eq!(record.current(), before);
                }
                Err(other) => panic!("{reference}: {other}"),
            }
        }
    });
}

#[test]
fn many_who_create_the_same_make_one() {
    on_both(|record, _| async move {
        let tasks = (0..32).map(|_| {
            let record = record.clone();
            tokio::spawn(async move {
                let change = Change::Create {
                    resource: resource(patient("9000000017")),
                    temporary: None,
                    if_none_exist: Some(query(
                        "Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9000000017",
                    )),
                };
                record
                    .commit(&operator(&record), Proposal::direct(vec![change]))
                    .await
                    .unwrap()
                    .outcomes
                    .remove(0)
            })
        });
        let mut outcomes = Vec::new();
        for task in tasks.collect::<Vec<_>>() {
            outcomes.push(task.await.unwrap());
        }
        assert_eq!(
            outcomes
                .iter()
                .filter(|outcome| outcome.what == What::Created)
                .count(),
            1
        );
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.key == outcomes[0].key)
        );
        assert_eq!(record.current(), T(1));
    });
}

#[test]
fn many_who_write_make_a_log_without_gaps() {
    on_both(|record, _| async move {
        let tasks: Vec<_> = (0..64)
            .map(|n| {
                let record = record.clone();
                tokio::spawn(async move {
                    commit(&record, vec![create(patient(&format!("90000{n:05}")))])
                        .await
                        .t
                })
            })
            .collect();
        let mut numbers = Vec::new();
        for task in tasks {
            numbers.push(task.await.unwrap().0);
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
        let log = record.commits_after(T(0), 1_000).await.unwrap();
        assert!(log.iter().map(|entry| entry.t.0).eq(1..=64));
        assert!(log.iter().all(|entry| entry.changes.len() == 1));
    });
}

#[test]
fn one_refused_proposal_does_not_touch_its_neighbours() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let good = record.commit(&who, Proposal::direct(vec![create(patient("9000000009"))]));
        let bad = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" },
            "subject": { "reference": "Patient/nobody" } });
        let bad = record.commit(
            &who,
            Proposal::direct(vec![create(patient("9000000017")), create(bad)]),
        );
        let (good, bad) = tokio::join!(good, bad);
        assert!(
            good.is_ok() && matches!(bad, Err(CommitError::UnknownReference { change: 1, .. }))
        );
        assert_eq!(record.current(), T(1));
    });
}

#[test]
fn a_message_and_a_cursor_count_once() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let kept = Kept {
            source: "LAB|RXR".into(),
            control_id: "17".into(),
            received_at: "2026-11-22T09:30:00Z".into(),
            bytes: b"MSH|^~\\&|LAB|RXR".to_vec(),
            state: State::Filed,
            numbers: Vec::new(),
            place: None,
            arrival: Arrival::New,
        };
        let proposal = |to: u64, from: Option<T>, message: Option<Kept>| Proposal {
            changes: vec![create(patient("9000000009"))],
            basis: Basis::Direct,
            message,
            cursor: Some(CursorMove {
                name: "reader".into(),
                from,
                to: Some(T(to)),
                under: None,
            }),
        };
        record
            .commit(&who, proposal(5, None, Some(kept.clone())))
            .await
            .unwrap();
        assert_eq!(record.cursor("reader").await.unwrap(), Some(T(5)));
        let again = record
            .commit(&who, proposal(6, Some(T(5)), Some(kept.clone())))
            .await;
        assert!(
            matches!(&again, Err(CommitError::AlreadyKept { before }) if before.t == T(1)),
            "{again:?}"
        );
        let moved = record.commit(&who, proposal(6, None, None)).await;
        assert!(matches!(
            moved,
            Err(CommitError::CursorMoved {
                now: Some(T(5)),
                ..
            })
        ));
        assert_eq!(record.current(), T(1));

        other_bytes_are_parked(&record, kept).await;
        let only = Proposal {
            changes: Vec::new(),
            basis: Basis::Direct,
            message: None,
            cursor: Some(CursorMove {
                name: "reader".into(),
                from: Some(T(5)),
                to: Some(T(9)),
                under: None,
            }),
        };
        assert_eq!(record.commit(&who, only).await.unwrap().t, T(2));
        assert_eq!(record.cursor("reader").await.unwrap(), Some(T(9)));
    });
}

async fn other_bytes_are_parked(record: &Record, kept: Kept) {
    let who = operator(record);
    let other = Kept {
        bytes: b"other".to_vec(),
        state: State::Parked {
            reason: "other bytes under a control id that was used".into(),
            at: Some("MSH-10".into()),
        },
        ..kept
    };
    record.park(None, other).await.unwrap();
    let parked = record.parked(&who, T(0), 10).await.unwrap();
    assert_eq!(
        (parked.len(), parked[0].t, parked[0].bytes.as_slice()),
        (1, T(2), b"other".as_slice())
    );
    assert_eq!(
        record
            .kept("LAB|RXR", "17", "")
            .await
            .unwrap()
            .unwrap()
            .state,
        State::Filed
    );
}

#[test]
fn a_departmental_is_named_by_its_provenance() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let digest = format!("sha256:{}", "a".repeat(64));
        let basis = Basis::Departmental {
            id: "a-departmental".into(),
            version: "1.2.0".into(),
            digest: digest.clone(),
            site: "RXR".into(),
            call: "call-1".into(),
        };
        let changes = vec![create(patient("9000000009"))];
        let proposal = Proposal {
            changes,
            basis,
            message: None,
            cursor: None,
        };
        let receipt = record.commit(&who, proposal).await.unwrap();
        assert_eq!(receipt.outcomes.len(), 2);
        let body: serde_json::Value =
            serde_json::from_str(receipt.outcomes[1].body.as_deref().unwrap()).unwrap();
        assert_eq!(
            body["target"][0]["reference"],
            json!(format!("{}/_history/1", receipt.outcomes[0].key))
        );
        assert_eq!(
            body["entity"][0]["what"]["identifier"]["value"],
            json!(digest)
        );
        let log = record.commits_after(T(0), 1).await.unwrap();
        assert_eq!(log[0].departmental.as_ref().unwrap().digest, digest);
    });
}

#[test]
fn a_reopened_record_goes_on_where_it_ended() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let mut key: Option<Key> = None;
            for n in 1..=3 {
                let clock = Arc::new(Written::at_ms(NOON_MS - n * 1_000));
                let record = Record::open(&ground.place, clock).await.unwrap();
                assert_eq!(
                    record.current().0,
                    u64::try_from(n - 1).unwrap(),
                    "{}",
                    ground.name
                );
                let made = commit(&record, vec![create(patient(&format!("900000000{n}")))]).await;
                assert_eq!(
                    made.outcomes[0].last_updated, "2026-11-22T09:29:59.000Z",
                    "the clock went back, the log did not"
                );
                if let Some(key) = &key {
                    record
                        .read(&operator(&record), key, &At::Now)
                        .await
                        .unwrap();
                }
                key = Some(made.outcomes[0].key.clone());
                assert!(matches!(
                    record.verify_audit().await.unwrap(),
                    Verified::Whole { .. }
                ));
                record.close().await;
            }
        });
    }
}

#[test]
fn two_hosts_share_one_postgres() {
    let runtime = runtime();
    let grounds = grounds();
    let ground = grounds
        .iter()
        .find(|ground| ground.name == "postgres")
        .unwrap();
    runtime.block_on(async {
        let clock = Arc::new(Written::at_ms(NOON_MS));
        let one = Record::open(&ground.place, clock.clone()).await.unwrap();
        let other = Record::open(&ground.place, clock).await.unwrap();
        let made = commit(&one, vec![create(patient("9000000009"))]).await;
        other.wait_after(T(0)).await;
        let key = made.outcomes[0].key.clone();
        assert_eq!(
            other
                .read(&operator(&other), &key, &At::Now)
                .await
                .unwrap()
                .version,
            1
        );
        let created = both_create(&one, &other).await;
        assert_eq!(created, 10);
        let mut changed = patient("9000000009");
        changed["gender"] = json!("male");
        let t = commit(&other, vec![update(&key, changed, Some(1))]).await.t;
        one.wait_after(T(t.0 - 1)).await;
        assert_eq!(
            one.read(&operator(&one), &key, &At::Now)
                .await
                .unwrap()
                .version,
            2
        );
        let log = one.commits_after(T(0), 1_000).await.unwrap();
        assert!(
            log.iter().map(|entry| entry.t.0).eq(1..=12),
            "gap-free over two hosts"
        );
        assert!(matches!(
            one.verify_audit().await.unwrap(),
            Verified::Whole { .. }
        ));
        one.close().await;
        other.close().await;
    });
}

/// Forty conditional creates of ten patients, half of them from each host; how many made one.
async fn both_create(one: &Record, other: &Record) -> usize {
    let mut writers = Vec::new();
    for n in 0..40_u32 {
        let record = if n % 2 == 0 {
            one.clone()
        } else {
            other.clone()
        };
        writers.push(tokio::spawn(async move {
            let change = Change::Create {
                resource: resource(patient(&format!("80000{:05}", n / 4))),
                temporary: None,
                if_none_exist: Some(query(&format!("Patient?identifier=80000{:05}", n / 4))),
            };
            record
                .commit(&operator(&record), Proposal::direct(vec![change]))
                .await
                .unwrap()
                .outcomes
                .remove(0)
        }));
    }
    let mut created = 0;
    for writer in writers {
        created += usize::from(writer.await.unwrap().what == What::Created);
    }
    created
}
