//! Several hosts over one PostgreSQL: two records in one process, each as blind to the other as two processes are.
//!
//! Invariant: every test ends by checking the whole log and the whole audit, whatever happened before.

mod cut;
mod reacting;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{create, found, grounds, operator, resource, runtime, update};
use crate::Record;
use crate::audit::Verified;
use crate::clock::Written;
use crate::commit::CommitError;
use crate::limits::{DOUBT_MS_MAX, OTHERS_MS, SESSION_CACHE_MS};
use crate::log::{At, T};
use crate::proposal::{Change, CursorMove, Proposal};
use crate::read::{History, HistoryOf};
use crate::search::Page;
use crate::store::Place;
use crate::store::postgres::cluster::Cluster;
use crate::tests::START_MS;
use cut::{Cut, Wire};

const HOUR_MS: i64 = 3_600_000;

/// A host whose clock is off by so much.
async fn host(url: &str, off_ms: i64) -> Record {
    let clock = Arc::new(Written::at_ms(START_MS + off_ms));
    Record::open(&Place::Postgres(url.to_owned()), clock)
        .await
        .unwrap()
}

/// Two hosts that start at the same moment on an empty database, their clocks two hours apart.
async fn two_hosts(cluster: &Cluster) -> (Record, Record) {
    let url = cluster.database().unwrap();
    tokio::join!(host(&url, HOUR_MS), host(&url, -HOUR_MS))
}

/// Checks that the log has no gap, its moments never go back, and the audit is one chain.
async fn check_whole(record: &Record) {
    let known = record.current();
    let (mut last, mut at) = (T(0), String::new());
    loop {
        let entries = record.commits_after(last, 1_000).await.unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            assert_eq!(entry.t, T(last.0 + 1));
            assert!(entry.at >= at, "{} is before {at}", entry.at);
            (last, at) = (entry.t, entry.at);
        }
    }
    assert!(last >= known);
    let verified = record.verify_audit().await.unwrap();
    assert!(matches!(verified, Verified::Whole { .. }), "{verified:?}");
}

fn patient(number: &str) -> Value {
    json!({ "resourceType": "Patient", "identifier": [{ "system": "urn:n", "value": number }] })
}

fn create_once(number: &str) -> Change {
    Change::Create {
        resource: resource(patient(number)),
        temporary: None,
        if_none_exist: Some(super::query(&format!("Patient?identifier=urn:n|{number}"))),
    }
}

/// Reads a patient and writes them with one more name, as often as needed until it is done.
async fn add_name(record: &Record, key: &fhir::resource::Key, name: &str) -> u32 {
    let who = operator(record);
    for tries in 1.. {
        let seen = record.read(&who, key, &At::Now).await.unwrap();
        let mut body: Value = serde_json::from_str(&seen.body.unwrap()).unwrap();
        let names = body["name"].as_array().cloned().unwrap_or_default();
        body["name"] = names
            .into_iter()
            .chain([json!({ "family": name })])
            .collect();
        let change = update(key, body, Some(seen.version));
        match record.commit(&who, Proposal::direct(vec![change])).await {
            Ok(_) => return tries,
            Err(CommitError::Stale { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("it is done or it goes on")
}

#[test]
fn both_write_at_once_and_nothing_is_lost_doubled_or_starved() {
    const EACH: usize = 12;
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let (a, b) = two_hosts(&cluster).await;
        let shared = super::commit(&a, vec![create(patient("shared"))]).await;
        let shared = shared.outcomes[0].key.clone();
        let mut writers = Vec::new();
        for (name, record) in [("a", &a), ("b", &b)] {
            for writer in 0..4 {
                let (record, shared) = (record.clone(), shared.clone());
                writers.push(tokio::spawn(async move {
                    let who = operator(&record);
                    for n in 0..EACH {
                        super::commit(
                            &record,
                            vec![create(patient(&format!("{name}{writer}{n}")))],
                        )
                        .await;
                        // Eight writers want the same patient to be there once.
                        let proposal = Proposal::direct(vec![create_once(&format!("once{n}"))]);
                        record.commit(&who, proposal).await.unwrap();
                        if writer == 0 {
                            add_name(&record, &shared, &format!("{name}{n}")).await;
                        }
                    }
                }));
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
        for record in [&a, &b] {
            let all = found(record, "Patient?_summary=count", &Page::First(At::Now)).await;
            assert_eq!(all.total, Some(1 + 8 * EACH as u64 + EACH as u64));
            let named = record
                .read(&operator(record), &shared, &At::Now)
                .await
                .unwrap();
            let body: Value = serde_json::from_str(&named.body.unwrap()).unwrap();
            assert_eq!(body["name"].as_array().unwrap().len(), 2 * EACH);
            assert_eq!(named.version, 1 + 2 * EACH as u64);
            check_whole(record).await;
        }
    });
}

#[test]
fn whatever_one_acknowledged_the_other_shows() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let (a, b) = two_hosts(&cluster).await;
        let made = super::commit(&a, vec![create(patient("0"))]).await;
        let key = made.outcomes[0].key.clone();
        // By turns, so that each has in memory what the other replaces.
        for n in 1..40_u64 {
            let (writer, reader) = if n % 2 == 0 { (&a, &b) } else { (&b, &a) };
            let number = n.to_string();
            let new = json!({ "resourceType": "Patient", "active": true,
                "identifier": [{ "system": "urn:new", "value": number }] });
            let wrote = super::commit(
                writer,
                vec![update(&key, patient(&number), Some(n)), create(new)],
            )
            .await;
            let who = operator(reader);
            let new = match n % 4 {
                0 | 1 => {
                    let read = reader.read(&who, &key, &At::Now).await.unwrap();
                    assert_eq!((read.version, read.t), (n + 1, wrote.t));
                    reader
                        .read(&who, &wrote.outcomes[1].key, &At::Now)
                        .await
                        .unwrap()
                }
                2 => {
                    let version = reader.vread(&who, &key, n + 1).await.unwrap();
                    assert_eq!(version.t, wrote.t);
                    let by = format!("Patient?identifier=urn:new|{number}");
                    found(reader, &by, &Page::First(At::Now)).await.matches[0].clone()
                }
                _ => {
                    let ask = History {
                        of: HistoryOf::Type(key.resource_type),
                        since: None,
                        during: None,
                        as_of: At::Now,
                        n_max: 2,
                        page: None,
                    };
                    let page = reader.history(&who, &ask).await.unwrap();
                    assert_eq!((page.t, page.versions[1].version), (wrote.t, n + 1));
                    page.versions[0].clone()
                }
            };
            assert_eq!((new.key, new.t), (wrote.outcomes[1].key.clone(), wrote.t));
        }
        check_whole(&a).await;
    });
}

#[test]
fn cursors_sessions_and_secrets_are_common() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let url = cluster.database().unwrap();
        let clock = Arc::new(Written::at_ms(START_MS));
        let place = Place::Postgres(url.clone());
        let (a, b) = tokio::join!(host(&url, 0), async {
            Record::open(&place, clock.clone()).await.unwrap()
        });
        assert_eq!(a.secret_of_forms(), b.secret_of_forms());
        super::commit(
            &a,
            (0..5).map(|n| create(patient(&n.to_string()))).collect(),
        )
        .await;
        let mut page = Page::First(At::Now);
        let mut keys = Vec::new();
        for record in [&a, &b, &a] {
            let turned = found(record, "Patient?_count=2", &page).await;
            keys.extend(turned.matches.into_iter().map(|stored| stored.key));
            // What comes in between is on no page of this search.
            super::commit(&b, vec![create(patient("later"))]).await;
            page = Page::Next(turned.next.unwrap_or_default());
        }
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 5);
        let account = crate::account::NewAccount {
            account: "ada".to_owned(),
            name: "Ada".to_owned(),
            role: crate::caller::Role::Clinician,
            site: "RXR".parse().unwrap(),
            password: "correct horse".to_owned(),
            feed: None,
        };
        a.put_account(account).await.unwrap();
        let session = a.sign_in("ada", "correct horse").await.unwrap();
        assert_eq!(b.caller(&session.token).await.unwrap().account(), "ada");
        a.sign_out(&session.token).await.unwrap();
        clock.advance_ms(SESSION_CACHE_MS);
        assert!(
            b.caller(&session.token).await.is_err(),
            "it was signed out at the other host"
        );
    });
}

#[test]
fn a_host_that_is_killed_leaves_a_whole_log_and_all_that_it_acknowledged() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().unwrap();
    let survivor = runtime();
    let b = survivor.block_on(host(&url, 0));
    for round in 0..4 {
        // A runtime that is shut down is a process that is gone: tasks stop where they are, connections break.
        let killed = runtime();
        let a = killed.block_on(host(&url, HOUR_MS));
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        for writer in 0..6 {
            let (a, acknowledged) = (a.clone(), Arc::clone(&acknowledged));
            killed.spawn(async move {
                for n in 0.. {
                    let number = format!("{round}-{writer}-{n}");
                    super::commit(&a, vec![create(patient(&number)), create(patient(&number))])
                        .await;
                    acknowledged.lock().unwrap().push(number);
                }
            });
        }
        survivor.block_on(async {
            let enough = 20 * (round + 1);
            for n in 0.. {
                super::commit(&b, vec![create(patient(&format!("b{round}-{n}")))]).await;
                if acknowledged.lock().unwrap().len() >= enough {
                    break;
                }
            }
        });
        killed.shutdown_background();
        let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
        survivor.block_on(async {
            super::commit(&b, vec![create(patient("after"))]).await;
            for number in acknowledged {
                let by = format!("Patient?identifier=urn:n|{number}");
                let there = found(&b, &by, &Page::First(At::Now)).await;
                assert_eq!(there.matches.len(), 2, "{number}");
            }
            check_whole(&b).await;
        });
    }
}

#[test]
fn a_commit_whose_answer_is_cut_off_is_told_as_it_is() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().unwrap();
    runtime().block_on(async {
        let wire = Wire::to(&url).await;
        let (a, b) = tokio::join!(host(&wire.url, 0), host(&url, 0));
        for (n, cut, kept) in [
            (0, Cut::Nowhere, true),
            (1, Cut::BeforeTheServer, false),
            (2, Cut::AfterTheServer, true),
            (3, Cut::AfterTheServer, true),
            (4, Cut::BeforeTheServer, false),
            (5, Cut::Nowhere, true),
        ] {
            let number = n.to_string();
            let proposal = Proposal::direct(vec![create(patient(&number))]);
            wire.cut_next(cut);
            let told = tokio::time::timeout(
                Duration::from_millis(DOUBT_MS_MAX),
                a.commit(&operator(&a), proposal),
            )
            .await
            .unwrap();
            assert_eq!(told.is_ok(), kept, "{cut:?}: {told:?}");
            let by = format!("Patient?identifier=urn:n|{number}");
            let there = found(&b, &by, &Page::First(At::Now)).await;
            assert_eq!(there.matches.len(), usize::from(kept), "{cut:?}");
            if let Ok(receipt) = told {
                assert_eq!(there.matches[0].t, receipt.t);
            }
            let read = found(&a, &by, &Page::First(At::Now)).await;
            assert_eq!(read.matches.len(), usize::from(kept), "{cut:?}");
        }
        check_whole(&a).await;
    });
}

#[test]
fn a_host_that_hangs_with_the_turn_loses_it() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let (a, b) = two_hosts(&cluster).await;
        a.store().begin().await.unwrap();
        // The server ends the turn of whoever says nothing, and the other host's proposal waits for that.
        super::commit(&b, vec![create(patient("b"))]).await;
        assert!(
            a.store().give_up().await.is_err(),
            "its connection was ended"
        );
        super::commit(&a, vec![create(patient("a"))]).await;
        check_whole(&b).await;
    });
}

#[test]
fn a_cursor_moves_only_under_a_lease_that_holds() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let (a, b) = two_hosts(&cluster).await;
        let lease = a.lease("work").await.unwrap().unwrap();
        assert_eq!(b.lease("work").await.unwrap(), None);
        assert_eq!(a.lease("work").await.unwrap().as_ref(), Some(&lease));
        let moved = |from, to, under| Proposal {
            cursor: Some(CursorMove {
                name: "work".to_owned(),
                from,
                to: Some(to),
                under: Some(under),
            }),
            ..Proposal::direct(vec![create(patient("moved"))])
        };
        a.commit(&operator(&a), moved(None, T(7), lease.clone()))
            .await
            .unwrap();
        // As if its time had passed while it was paused.
        a.let_go("work").await;
        let taken_over = b.lease("work").await.unwrap().unwrap();
        assert!(taken_over.token > lease.token);
        let beside = async { super::commit(&a, vec![create(patient("beside"))]).await };
        let who = operator(&a);
        let late = a.commit(&who, moved(Some(T(7)), T(8), lease.clone()));
        let (late, _) = tokio::join!(late, beside);
        assert_eq!(late.unwrap_err().kind(), crate::Kind::Conflict);
        for record in [&a, &b] {
            assert_eq!(record.cursor("work").await.unwrap(), Some(T(7)));
        }
        b.commit(&operator(&b), moved(Some(T(7)), T(9), taken_over))
            .await
            .unwrap();
        assert_eq!(a.cursor("work").await.unwrap(), Some(T(9)));
        let made = found(&a, "Patient?identifier=urn:n|moved", &Page::First(At::Now)).await;
        assert_eq!(made.matches.len(), 2);
        check_whole(&a).await;
    });
}

#[test]
fn the_lease_of_a_host_that_was_killed_is_waited_for_only_where_it_may_live_still() {
    for ground in grounds() {
        runtime().block_on(async {
            let clock = Arc::new(Written::at_ms(START_MS));
            let before = Record::open(&ground.place, clock.clone()).await.unwrap();
            let lease = before.lease("work").await.unwrap().unwrap();
            before.close().await;
            let after = Record::open(&ground.place, clock).await.unwrap();
            let taken = after.lease("work").await.unwrap();
            // A folder is one host's alone; of a PostgreSQL's other hosts nobody knows whether they live.
            let want = (ground.name == "sqlite").then_some(lease.token + 1);
            assert_eq!(taken.map(|it| it.token), want, "{}", ground.name);
            after.close().await;
        });
    }
}

#[test]
fn an_idle_host_follows_within_a_moment() {
    let cluster = Cluster::start().unwrap();
    runtime().block_on(async {
        let (a, b) = two_hosts(&cluster).await;
        let wrote = super::commit(&a, vec![create(patient("0"))]).await;
        let followed = b.wait_after(T(wrote.t.0 - 1));
        // A hundred times the bound, since other tests run beside this one.
        let bound = Duration::from_millis(100 * OTHERS_MS);
        assert_eq!(
            tokio::time::timeout(bound, followed).await.unwrap(),
            wrote.t
        );
    });
}
