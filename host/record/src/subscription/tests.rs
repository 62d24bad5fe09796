//! Counting on both databases: numbers without gaps through restarts, lost leases, restores and several hosts.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use serde_json::{Value, json};

use crate::Record;
use crate::account::NewAccount;
use crate::caller::{Caller, Role};
use crate::departmental::tests::put;
use crate::log::T;
use crate::proposal::Proposal;
use crate::store::subscription::{EventRow, Step};
use crate::subscription::{CURSOR, cursor_after};
use crate::tests::on_both_databases;

on_both_databases!(
    numbers_have_no_gaps_and_each_event_has_one,
    who_has_lost_the_lease_or_the_place_writes_nothing,
    what_is_old_is_removed_and_says_so,
    a_page_that_writes_a_subscription_counts_from_there_on,
);

async fn clinician(record: &Record) -> Caller {
    let new = NewAccount {
        account: "clinician".to_owned(),
        name: "The clinician".to_owned(),
        role: Role::Clinician,
        site: "RXR".parse().unwrap(),
        password: "correct horse".to_owned(),
        feed: None,
    };
    record.put_account(new).await.unwrap();
    record
        .sign_in("clinician", "correct horse")
        .await
        .unwrap()
        .caller
}

fn subscription(id: &str, criteria: &str) -> Value {
    json!({
        "resourceType": "Subscription", "id": id, "status": "requested", "reason": "x", "criteria": criteria,
        "channel": { "type": "rest-hook", "endpoint": "https://hooks.example.org/" },
    })
}

fn patient(id: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id })
}

async fn write(record: &Record, by: &Caller, values: Vec<Value>) -> T {
    let changes = values.into_iter().map(put).collect();
    record
        .commit(by, Proposal::direct(changes))
        .await
        .unwrap()
        .t
}

/// Numbers and resources of a subscription's events.
async fn events(record: &Record, id: &str) -> Vec<(i64, String)> {
    let rows: Vec<EventRow> = record
        .store()
        .events(id.to_owned(), 0, i64::MAX, 1_000)
        .await
        .unwrap();
    rows.iter()
        .map(|row| (row.number, row.key.id.to_string()))
        .collect()
}

fn expected(ids: &[&str]) -> Vec<(i64, String)> {
    (1..).zip(ids.iter().map(|id| (*id).to_owned())).collect()
}

async fn numbers_have_no_gaps_and_each_event_has_one(record: Record) {
    let by = clinician(&record).await;
    record.count_events_once().await.unwrap();
    write(
        &record,
        &by,
        vec![subscription("all", "urn:palatine:topic:patient-changed")],
    )
    .await;
    write(&record, &by, vec![subscription("one", "Patient?_id=b")]).await;
    for id in ["a", "b", "c"] {
        write(&record, &by, vec![patient(id)]).await;
    }
    assert_eq!(record.count_events_once().await.unwrap(), 4);
    assert_eq!(record.count_events_once().await.unwrap(), 0, "once");
    write(&record, &by, vec![patient("d"), patient("e")]).await;
    assert_eq!(record.count_events_once().await.unwrap(), 2);
    assert_eq!(
        events(&record, "all").await,
        expected(&["a", "b", "c", "d", "e"])
    );
    assert_eq!(events(&record, "one").await, expected(&["b"]));
    let rows = record
        .store()
        .subscriptions(vec!["all".to_owned()])
        .await
        .unwrap();
    assert_eq!(
        (rows[0].last, rows[0].delivered, rows[0].author.as_str()),
        (5, 0, "clinician")
    );
}

async fn a_page_that_writes_a_subscription_counts_from_there_on(record: Record) {
    let by = clinician(&record).await;
    record.count_events_once().await.unwrap();
    write(&record, &by, vec![patient("before")]).await;
    let whole = vec![
        patient("first"),
        subscription("all", "Patient?"),
        patient("second"),
    ];
    write(&record, &by, whole).await;
    write(&record, &by, vec![patient("third")]).await;
    let mut ended = subscription("all", "Patient?");
    ended["status"] = json!("off");
    write(&record, &by, vec![ended]).await;
    write(&record, &by, vec![patient("unheard")]).await;
    write(&record, &by, vec![subscription("all", "Patient?")]).await;
    write(&record, &by, vec![patient("fourth")]).await;
    record.count_events_once().await.unwrap();
    assert_eq!(
        events(&record, "all").await,
        expected(&["second", "third", "fourth"])
    );
}

async fn who_has_lost_the_lease_or_the_place_writes_nothing(record: Record) {
    let by = clinician(&record).await;
    record.count_events_once().await.unwrap();
    write(&record, &by, vec![subscription("all", "Patient?")]).await;
    write(&record, &by, vec![patient("a")]).await;
    record.count_events_once().await.unwrap();
    let stands = record.store().cursor(CURSOR.to_owned()).await.unwrap();
    let lease = record.lease(CURSOR).await.unwrap().unwrap();
    let mut lost = lease.clone();
    lost.token -= 1;
    let step = |lease, from| Step {
        lease,
        cursor: CURSOR,
        from,
        to: cursor_after(100),
        written: Vec::new(),
        events: Vec::new(),
        now_ms: 0,
    };
    let store = record.store();
    assert!(
        !store.subscriptions_step(step(lost, stands)).await.unwrap(),
        "the lease is another's"
    );
    assert!(
        !store
            .subscriptions_step(step(lease.clone(), None))
            .await
            .unwrap(),
        "it stands elsewhere"
    );
    assert!(
        !store
            .subscriptions_step(step(lease.clone(), Some(1)))
            .await
            .unwrap(),
        "it stands elsewhere"
    );
    assert_eq!(store.cursor(CURSOR.to_owned()).await.unwrap(), stands);
    assert!(store.subscriptions_step(step(lease, stands)).await.unwrap());
    assert_eq!(
        store.cursor(CURSOR.to_owned()).await.unwrap(),
        Some(cursor_after(100))
    );
}

async fn what_is_old_is_removed_and_says_so(record: Record) {
    let by = clinician(&record).await;
    record.count_events_once().await.unwrap();
    write(&record, &by, vec![subscription("all", "Patient?")]).await;
    write(&record, &by, vec![patient("a"), patient("b"), patient("c")]).await;
    record.count_events_once().await.unwrap();
    let later = record.now_ms() + 1;
    assert_eq!(
        record.store().events_prune(later, 2).await.unwrap(),
        2,
        "a bounded number at once"
    );
    assert_eq!(record.store().events_prune(later, 2).await.unwrap(), 1);
    // Whoever waits for what was removed is told that it is gone, rather than nothing.
    let lane = crate::subscription::delivery::Lane::Unproven;
    for _ in 0..2 {
        let shards = crate::subscription::delivery::shards().collect();
        for due in record.deliveries_due(shards, lane).await.unwrap() {
            let name = crate::subscription::delivery::lease_of(due.shard());
            let lease = record.lease(&name).await.unwrap().unwrap();
            assert!(
                record
                    .letter(&due, &lease, "http://x/fhir")
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        record.count_events_once().await.unwrap();
    }
    let shards = crate::subscription::delivery::shards().collect();
    let proven = crate::subscription::delivery::Lane::Proven;
    for due in record.deliveries_due(shards, proven).await.unwrap() {
        let name = crate::subscription::delivery::lease_of(due.shard());
        let lease = record.lease(&name).await.unwrap().unwrap();
        assert!(
            record
                .letter(&due, &lease, "http://x/fhir")
                .await
                .unwrap()
                .is_none()
        );
    }
    let (asked, _) = record.subscription_now("all").await.unwrap().unwrap();
    assert_eq!(asked.status.as_str(), "off");
}
