//! Events that were put aside: who sees them, what another try does, and that each ends once.
//!
//! Invariant: what happens to an event is read from the record itself, the task's versions and the effects.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{Parked, ParkedError, Retried};
use crate::Record;
use crate::caller::Role;
use crate::departmental::tests::{Ward, caller, observation, put};
use crate::departmental::{Answer, Failure};
use crate::limits::REACTION_TRIES_MAX;
use crate::log::T;
use crate::reaction::tests::{a_task, counted, reacting, to_creatinine, trap};
use crate::tests::on_both_databases;

on_both_databases! {
    what_is_listed_is_all_that_another_try_needs,
    an_event_is_tried_again_until_it_has_its_effect,
    an_event_is_dropped_with_a_reason,
    two_tries_at_once_have_one_effect,
    what_was_put_aside_is_nobodys_event,
    what_cannot_be_tried_says_why,
}

/// A departmental that fails until it is mended, installed; and how it is mended.
async fn failing(ward: &Ward) -> Arc<AtomicBool> {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let (_, reactor) = counted(move |_, call, _| match is_mended.load(Ordering::SeqCst) {
        true => a_task(call),
        false => trap(),
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    mended
}

/// Two events of two patients that were put aside, the earlier first.
async fn two(ward: &Ward) -> [Parked; 2] {
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    ward.write(vec![put(observation("c2", "p2", 1.0))]).await;
    assert_eq!(ward.record.react_once().await.unwrap(), 2);
    let listed = ward.record.parked_events(&ward.administrator).await;
    let listed = listed.unwrap();
    assert!(!listed.more);
    let [second, first] = listed.events.try_into().unwrap();
    [first, second]
}

async fn what_is_listed_is_all_that_another_try_needs(record: Record) {
    let ward = Ward::on(&record).await;
    failing(&ward).await;
    let [_, second] = two(&ward).await;
    let admin = &ward.administrator;
    assert_eq!(
        (
            second.resource.to_string().as_str(),
            second.version,
            second.commit
        ),
        ("Observation/c2", 1, T(record.current().0 - 2))
    );
    assert_eq!(second.tries, REACTION_TRIES_MAX);
    assert!(second.why.contains("unreachable"), "{}", second.why);
    let operator = record.operator(admin.site());
    let call = second.call.as_deref().unwrap();
    assert!(record.replay(&operator, call).await.unwrap().is_same());
}

async fn an_event_is_tried_again_until_it_has_its_effect(record: Record) {
    let ward = Ward::on(&record).await;
    let mended = failing(&ward).await;
    let [first, _] = two(&ward).await;
    let admin = &ward.administrator;
    let again = record.retry_parked(admin, &first.task, first.seen).await;
    assert!(
        matches!(&again, Ok(Retried::ParkedAgain(why)) if why.contains("unreachable")),
        "{again:?}"
    );
    let outdated = record.retry_parked(admin, &first.task, first.seen).await;
    assert!(
        matches!(outdated, Err(ParkedError::Changed)),
        "{outdated:?}"
    );
    let listed = record.parked_events(admin).await.unwrap();
    let first = listed
        .events
        .iter()
        .find(|it| it.task == first.task)
        .unwrap();
    assert_eq!(first.tries, REACTION_TRIES_MAX + 1);

    mended.store(true, Ordering::SeqCst);
    let done = record.retry_parked(admin, &first.task, first.seen).await;
    let Ok(Retried::Done(t)) = done else {
        unreachable!("{done:?}")
    };
    let commits = record.commits_after(T(t.0 - 1), 1).await.unwrap();
    assert_eq!(
        commits[0].departmental.as_ref().unwrap().id,
        "pathology",
        "the effect is the departmental's own"
    );
    assert_eq!(
        ward.count("Task?patient=Patient/p1&status=requested").await,
        1
    );
    for seen in [first.seen, first.seen + 1] {
        let ended = record.retry_parked(admin, &first.task, seen).await;
        assert!(matches!(ended, Err(ParkedError::Changed)), "{ended:?}");
    }
    let leaves = record.store().leaves(0, 1_000).await.unwrap();
    let by_admin = leaves.iter().filter(|it| it.account == admin.account());
    let of = |what: &str| by_admin.clone().filter(|it| it.what == what).count();
    assert_eq!((of("parked-list"), of("parked-retry")), (2, 2));
}

async fn an_event_is_dropped_with_a_reason(record: Record) {
    let ward = Ward::on(&record).await;
    failing(&ward).await;
    let [_, second] = two(&ward).await;
    let admin = &ward.administrator;
    let unreasoned = record
        .drop_parked(admin, &second.task, second.seen, " \n")
        .await;
    assert!(
        matches!(unreasoned, Err(ParkedError::NoReason)),
        "{unreasoned:?}"
    );
    let reason = "written down by hand";
    record
        .drop_parked(admin, &second.task, second.seen, reason)
        .await
        .unwrap();
    let task = ward.body(&format!("Task/{}", second.task)).await;
    assert_eq!(
        (&task["status"], &task["statusReason"]["text"]),
        (&json!("cancelled"), &json!(reason))
    );
    let left = record.parked_events(admin).await.unwrap();
    assert_eq!(left.events.len(), 1);
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(
        ward.count("Task?patient=Patient/p2&status=requested").await,
        0
    );
}

async fn two_tries_at_once_have_one_effect(record: Record) {
    let ward = Ward::on(&record).await;
    let mended = failing(&ward).await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    record.react_once().await.unwrap();
    mended.store(true, Ordering::SeqCst);
    let it = record
        .parked_events(&ward.administrator)
        .await
        .unwrap()
        .events
        .remove(0);
    let one = record.retry_parked(&ward.administrator, &it.task, it.seen);
    let other = record.retry_parked(&ward.administrator, &it.task, it.seen);
    let both = tokio::join!(one, other);
    let done = [&both.0, &both.1].into_iter();
    let done = done.filter(|it| matches!(it, Ok(Retried::Done(_)))).count();
    assert_eq!(done, 1, "{both:?}");
    assert_eq!(ward.count("Task?status=requested").await, 1);
}

async fn what_was_put_aside_is_nobodys_event(record: Record) {
    let ward = Ward::on(&record).await;
    let mended = failing(&ward).await;
    let (asked, curious) =
        counted(|_, _, _| Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [] })));
    let to_tasks = json!([{ "type": "Task", "on": ["create", "update"] }]);
    ward.install(&reacting("curious", "1.0.0", to_tasks), curious)
        .await;
    ward.write(vec![
        put(observation("c1", "p1", 1.0)),
        put(observation("c2", "p1", 1.0)),
    ])
    .await;
    record.react_once().await.unwrap();
    let events = record
        .parked_events(&ward.administrator)
        .await
        .unwrap()
        .events;
    mended.store(true, Ordering::SeqCst);
    let admin = &ward.administrator;
    record
        .retry_parked(admin, &events[0].task, events[0].seen)
        .await
        .unwrap();
    record
        .drop_parked(admin, &events[1].task, events[1].seen, "not needed")
        .await
        .unwrap();
    record.react_once().await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the one effect alone");
}

async fn what_cannot_be_tried_says_why(record: Record) {
    let ward = Ward::on(&record).await;
    let (_, refusing) = counted(|_, _, _| Answer::Refused(Failure::new("invalid", "not mine")));
    let release = ward
        .install(&reacting("pathology", "1.0.0", to_creatinine()), refusing)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    record.react_once().await.unwrap();
    let it = record
        .parked_events(&ward.administrator)
        .await
        .unwrap()
        .events
        .remove(0);
    assert_eq!(
        (it.tries, it.why.as_str()),
        (1, "it refused (invalid): not mine")
    );
    let elsewhere = caller("bo", Role::TrustAdministrator, "RXN");
    assert!(
        record
            .parked_events(&elsewhere)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    let hidden = record.retry_parked(&elsewhere, &it.task, it.seen).await;
    assert!(
        matches!(hidden, Err(ParkedError::NotFound { .. })),
        "{hidden:?}"
    );
    let forbidden = record.parked_events(&ward.clinician).await;
    assert!(
        matches!(forbidden, Err(ParkedError::Forbidden { .. })),
        "{forbidden:?}"
    );
    // Another task is none of these.
    ward.write(vec![put(json!({
        "resourceType": "Task", "id": "other", "status": "requested", "intent": "order",
    }))])
    .await;
    let other = record
        .drop_parked(&ward.administrator, &"other".parse().unwrap(), 1, "why not")
        .await;
    assert!(
        matches!(other, Err(ParkedError::NotFound { .. })),
        "{other:?}"
    );
    record
        .disable(&ward.administrator, &release.id, "an incident")
        .await
        .unwrap();
    let stopped = record
        .retry_parked(&ward.administrator, &it.task, it.seen)
        .await;
    assert!(
        matches!(stopped, Err(ParkedError::NotEnabled { .. })),
        "{stopped:?}"
    );
}
