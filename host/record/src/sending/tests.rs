//! Queues of messages that go out, on both databases: filled once, fenced, cut with the log, removed when they are old.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use serde_json::json;

use super::{Acknowledgements, Declaration, EVENTS, NewMessage, Outcome, SendingError, State};
use crate::Record;
use crate::caller::{Caller, Role};
use crate::lease::Lease;
use crate::limits::SENT_KEPT_MS;
use crate::log::T;
use crate::store::StoreError;
use crate::tests::on_both_databases;

on_both_databases![
    a_queue_is_filled_once_and_under_a_lease,
    what_is_taken_is_removed_when_it_is_old,
    a_declaration_is_its_sites,
];

fn declaration(id: &str, site: &str) -> Declaration {
    let read = serde_json::from_value(json!({
        "id": id, "site": site, "active": true, "address": "10.0.0.7:2576", "tls": true,
        "sendingApplication": "PALATINE", "sendingFacility": site, "receivingApplication": "TIE",
        "receivingFacility": site, "processingId": "P", "version": "2.5.1", "characterSet": "UNICODE UTF-8",
        "events": EVENTS, "acknowledgements": "application", "answerMs": 30_000, "triesMax": 10,
    }));
    let read: Declaration = read.unwrap();
    assert_eq!(read.acknowledgements, Acknowledgements::Application);
    read
}

fn message(control_id: &str, t: u64) -> NewMessage {
    NewMessage {
        t: T(t),
        control_id: control_id.to_owned(),
        kind: "ADT^A01".to_owned(),
        about: "Encounter/1".to_owned(),
        body: b"MSH|".to_vec(),
        dead: None,
    }
}

async fn declared(record: &Record) -> (Caller, Lease) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let receipt = record
        .declare_interface(&operator, declaration("out", "RXR"))
        .await
        .unwrap();
    let interface = record.interfaces().await.unwrap().pop().unwrap();
    assert_eq!(record.sending_place(&interface).await.unwrap(), receipt.t);
    let lease = record.lease("sending/out").await.unwrap().unwrap();
    (operator, lease)
}

async fn a_queue_is_filled_once_and_under_a_lease(record: Record) {
    let (operator, lease) = declared(&record).await;
    for _ in 0..2 {
        let all = vec![message("a", 2), message("b", 2)];
        record.fill_sending(&lease, "out", T(9), all).await.unwrap();
    }
    record
        .queue_acknowledgement("out", message("c", 0))
        .await
        .unwrap();
    record
        .queue_acknowledgement("out", message("c", 0))
        .await
        .unwrap();
    let waiting = record
        .sending_list(&operator, "out", State::Waiting, 0, 10)
        .await
        .unwrap();
    let numbers: Vec<(i64, &str)> = waiting.iter().map(|it| (it.n(), it.control_id())).collect();
    assert_eq!(numbers, [(1, "a"), (2, "b"), (3, "c")]);
    let interface = record.interfaces().await.unwrap().pop().unwrap();
    assert_eq!(record.sending_place(&interface).await.unwrap(), T(9));
    // Somebody else has taken over.
    let lost = Lease {
        token: lease.token - 1,
        ..lease.clone()
    };
    let put = record
        .fill_sending(&lost, "out", T(10), vec![message("d", 10)])
        .await;
    assert!(matches!(put, Err(StoreError::Fenced { .. })), "{put:?}");
    let caller = record.sender(&interface);
    let done = record
        .sending_done(&lost, &caller, &waiting[0], Outcome::Taken)
        .await;
    assert!(matches!(done, Err(StoreError::Fenced { .. })), "{done:?}");
    assert_eq!(record.sending_place(&interface).await.unwrap(), T(9));
    assert_eq!(
        record.next_to_send("out").await.unwrap().as_ref(),
        waiting.first()
    );
    // Declared anew it stays where it is.
    record
        .declare_interface(&operator, declaration("out", "RXR"))
        .await
        .unwrap();
    let interface = record.interfaces().await.unwrap().pop().unwrap();
    assert_eq!(record.sending_place(&interface).await.unwrap(), T(9));
}

async fn what_is_taken_is_removed_when_it_is_old(record: Record) {
    let (operator, lease) = declared(&record).await;
    let all = vec![message("a", 2), message("b", 2)];
    record.fill_sending(&lease, "out", T(2), all).await.unwrap();
    let interface = record.interfaces().await.unwrap().pop().unwrap();
    let caller = record.sender(&interface);
    let first = record.next_to_send("out").await.unwrap().unwrap();
    assert!(
        record
            .sending_done(&lease, &caller, &first, Outcome::Taken)
            .await
            .unwrap()
    );
    assert!(
        !record
            .sending_done(&lease, &caller, &first, Outcome::Taken)
            .await
            .unwrap(),
        "it is not as it was seen any more"
    );
    assert_eq!(record.prune_sent().await.unwrap(), 0);
    let later = record
        .store()
        .sending_prune(1, record.now_ms() + SENT_KEPT_MS, 10);
    assert_eq!(later.await.unwrap(), 1);
    let counts = record.sending_counts(&operator).await.unwrap();
    assert_eq!((counts[0].1, counts[0].2), (1, 0));
}

async fn a_declaration_is_its_sites(record: Record) {
    let administrator = |site: &str| {
        let (name, role) = ("ada".to_owned(), Role::TrustAdministrator);
        Caller::authenticated(name.clone(), name, role, site.parse().unwrap())
    };
    let (ours, theirs) = (administrator("RXR"), administrator("RXL"));
    record
        .declare_interface(&ours, declaration("ours", "RXR"))
        .await
        .unwrap();
    for refused in [
        record
            .declare_interface(&theirs, declaration("new", "RXR"))
            .await
            .unwrap_err(),
        record
            .declare_interface(&theirs, declaration("ours", "RXL"))
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(refused, SendingError::Forbidden { .. }),
            "{refused}"
        );
    }
    assert_eq!(record.sending_counts(&theirs).await.unwrap().len(), 0);
    assert_eq!(record.sending_counts(&ours).await.unwrap().len(), 1);
    let seen = record
        .sending_list(&theirs, "ours", State::Dead, 0, 10)
        .await;
    assert!(matches!(seen, Err(SendingError::NotFound { .. })));
}
