//! Reactions: one effect for each event, through failures, restarts and reactions to reactions.
//!
//! Invariant: every test counts effects, and asks the departmental how often it was asked.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fhir::resource::ResourceType;
use serde_json::{Value, json};

use crate::Record;
use crate::caller::Role;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{
    Ward, caller, create, everything, manifest, observation, put, task,
};
use crate::departmental::{Answer, Call, Failure, FailureKind, Question};
use crate::limits::{REACTION_DEPTH_MAX, REACTION_TRIES_MAX};
use crate::log::T;
use crate::person::{Difference, Merge, Unmerge};
use crate::proposal::Proposal;
use crate::tests::on_both_databases;

on_both_databases! {
    an_event_has_one_effect_and_what_is_no_event_has_none,
    a_proposal_of_nothing_is_no_effect,
    a_poisoned_departmental_is_parked_and_holds_back_nobody,
    a_failure_that_passes_is_tried_again,
    an_event_survives_a_restart_between_its_tries,
    the_cursor_starts_at_enabling_and_goes_on_through_upgrades,
    reactions_to_reactions_end,
    what_changed_in_between_is_read_again,
    the_loop_reacts_to_whatever_is_committed_while_it_runs,
    many_effects_are_kept_once_and_in_the_order_of_their_events,
    effects_that_rest_on_each_other_are_asked_for_again,
    what_was_answered_before_somebody_got_stuck_is_kept,
    what_a_merge_moves_is_not_reacted_to_again,
}

pub(super) fn reacting(id: &str, version: &str, reactions: Value) -> Value {
    let mut manifest = manifest(id, version);
    manifest["reactions"] = reactions;
    manifest
}

pub(super) fn to_creatinine() -> Value {
    json!([{ "type": "Observation", "on": ["create"], "where": "code=http://loinc.org|2160-0" }])
}

/// A task about the patient of the call, which names the departmental.
pub(super) fn a_task(call: &Call) -> Answer {
    let mut task = task(call.patient.as_ref().unwrap().as_str());
    task["description"] = Value::String(call.release.id.to_string());
    Answer::Proposal(create(task))
}

pub(super) fn trap() -> Answer {
    Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    }
}

/// Counts how often it is asked, and gives the turn to the script.
pub(super) fn counted(
    script: impl Fn(u32, &Call, Question) -> Answer + Send + Sync + 'static,
) -> (Arc<AtomicU32>, Arc<Scripted>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let scripted = Scripted::saying(move |call, question| {
        script(counter.fetch_add(1, Ordering::SeqCst), call, question)
    });
    (asked, scripted)
}

const PARKED: &str = "Task?code=urn:palatine:codes|reaction-parked";

async fn an_event_has_one_effect_and_what_is_no_event_has_none(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, reactor) = counted(|_, call, question| {
        let Question::React { event } = question else {
            return trap();
        };
        let right = event["event"] == 1 && event["action"] == "create" && event["t"] == call.t.0;
        if right && call.role == Role::Reaction {
            a_task(call)
        } else {
            trap()
        }
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    assert_eq!(
        record.react_once().await.unwrap(),
        0,
        "nothing before it was enabled"
    );
    let mut glucose = observation("g", "p1", 1.0);
    glucose["code"]["coding"][0]["code"] = Value::String("2345-7".to_owned());
    ward.write(vec![
        put(observation("c1", "p1", 1.0)),
        put(glucose),
        put(observation("c2", "p2", 1.0)),
    ])
    .await;
    ward.write(vec![put(observation("c1", "p1", 2.0))]).await;
    let elsewhere = record.operator(&"RXN".parse().unwrap());
    record
        .commit(
            &elsewhere,
            Proposal::direct(vec![put(observation("c3", "p1", 1.0))]),
        )
        .await
        .unwrap();
    assert_eq!(record.react_once().await.unwrap(), 2);
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(ward.count("Task").await, 2);
    assert_eq!(ward.count("Task?patient=Patient/p1").await, 1);
}

async fn a_proposal_of_nothing_is_no_effect(record: Record) {
    let ward = Ward::on(&record).await;
    let nothing = json!({ "proposal": 1, "summary": "nothing to do", "changes": [] });
    let (asked, reactor) = counted(move |_, _, _| Answer::Proposal(nothing.clone()));
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    let before = record.current();
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(
        (asked.load(Ordering::SeqCst), record.current()),
        (1, before)
    );
}

async fn a_poisoned_departmental_is_parked_and_holds_back_nobody(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, poisoned) = counted(|_, _, _| trap());
    let (_, refusing) = counted(|_, _, _| Answer::Refused(Failure::new("invalid", "not mine")));
    let (_, greedy) = counted(|_, _, _| Answer::Proposal(create(task("p2"))));
    let (_, well) = counted(|_, call, _| a_task(call));
    for (id, departmental) in [
        ("poisoned", poisoned),
        ("refusing", refusing),
        ("greedy", greedy),
        ("well", well),
    ] {
        ward.install(&reacting(id, "1.0.0", to_creatinine()), departmental)
            .await;
    }
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    ward.write(vec![put(observation("c2", "p1", 1.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 8);
    assert_eq!(asked.load(Ordering::SeqCst), 2 * REACTION_TRIES_MAX);
    assert_eq!(ward.count(PARKED).await, 6);
    assert_eq!(ward.count("Task").await, 8);
    assert_eq!(
        record.react_once().await.unwrap(),
        0,
        "parked tasks are nobody's events"
    );
}

async fn a_failure_that_passes_is_tried_again(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, reactor) = counted(|time, call, _| {
        if time + 1 < REACTION_TRIES_MAX {
            trap()
        } else {
            a_task(call)
        }
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 1);
    assert_eq!(asked.load(Ordering::SeqCst), REACTION_TRIES_MAX);
    assert_eq!((ward.count("Task").await, ward.count(PARKED).await), (1, 0));
}

async fn an_event_survives_a_restart_between_its_tries(record: Record) {
    let ward = Ward::on(&record).await;
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    // The first event goes well; in the second the process stops while it waits for the answer.
    let reactor = Scripted::new(move |call, _, _| {
        let time = counter.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match time {
                1 => trap(),
                2 => std::future::pending().await,
                _ => a_task(call),
            }
        })
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    ward.write(vec![
        put(observation("c1", "p1", 1.0)),
        put(observation("c2", "p1", 1.0)),
    ])
    .await;
    let stopped = async {
        while asked.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    record.react(stopped).await;
    assert_eq!(ward.count("Task").await, 1);
    assert_eq!(record.react_once().await.unwrap(), 1);
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!((ward.count("Task").await, ward.count(PARKED).await), (2, 0));
}

async fn the_cursor_starts_at_enabling_and_goes_on_through_upgrades(record: Record) {
    let ward = Ward::on(&record).await;
    let (old_asked, old) = counted(|_, call, _| a_task(call));
    let (new_asked, new) = counted(|_, call, _| a_task(call));
    let old = ward
        .install(&reacting("pathology", "1.0.0", to_creatinine()), old)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    let new = ward
        .install(&reacting("pathology", "2.0.0", to_creatinine()), new)
        .await;
    assert_eq!(
        record.react_once().await.unwrap(),
        1,
        "what waited is not lost"
    );
    record
        .disable(&ward.administrator, &new.id, "an incident")
        .await
        .unwrap();
    ward.write(vec![put(observation("c2", "p1", 1.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 0);
    record
        .enable(&ward.administrator, everything(&old))
        .await
        .unwrap();
    ward.write(vec![put(observation("c3", "p1", 1.0))]).await;
    assert_eq!(
        record.react_once().await.unwrap(),
        1,
        "what happened while it was off is not made up for"
    );
    assert_eq!(
        (
            old_asked.load(Ordering::SeqCst),
            new_asked.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
}

async fn reactions_to_reactions_end(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, reactor) = counted(|_, call, _| a_task(call));
    let to_tasks = json!([{ "type": "Task", "on": ["create"] }]);
    ward.install(&reacting("pathology", "1.0.0", to_tasks), reactor)
        .await;
    let mut first = task("p1");
    first["id"] = Value::String("first".to_owned());
    ward.write(vec![put(first)]).await;
    while record.react_once().await.unwrap() > 0 {}
    assert_eq!(asked.load(Ordering::SeqCst), REACTION_DEPTH_MAX);
    assert_eq!(ward.count(PARKED).await, 1);
    assert_eq!(ward.count("Task").await, 2 + REACTION_DEPTH_MAX as usize);
}

async fn what_changed_in_between_is_read_again(record: Record) {
    let ward = Ward::on(&record).await;
    let reactor = Scripted::new(|_, _, chart| {
        Box::pin(async move {
            let seen: Value =
                serde_json::from_str(&chart.read("Observation/o1").await.unwrap()).unwrap();
            let version = seen["meta"]["versionId"].clone();
            let change = json!({ "action": "update", "resource": observation("o1", "p1", 9.0), "seen": version });
            Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [change] }))
        })
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    ward.write(vec![put(observation("o1", "p1", 5.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 1);
    assert_eq!(ward.body("Observation/o1").await["meta"]["versionId"], "3");
    assert_eq!(ward.count(PARKED).await, 0);
}

async fn the_loop_reacts_to_whatever_is_committed_while_it_runs(record: Record) {
    let ward = Ward::on(&record).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn({
        let record = record.clone();
        async move { record.react(async { drop(stopped.await) }).await }
    });
    let (_, reactor) = counted(|_, call, _| a_task(call));
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    let written = ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    let reacted = tokio::time::timeout(Duration::from_secs(20), record.wait_after(written.t)).await;
    assert!(reacted.is_ok(), "no reaction within 20 s");
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(ward.count("Task").await, 1);
    let other = caller("bo", Role::Clinician, "RXR");
    assert!(
        record
            .cursor(&super::cursor_name(
                other.site(),
                &"pathology".parse().unwrap()
            ))
            .await
            .unwrap()
            .is_some()
    );
}

/// The id of the resource of the event that is asked about.
fn about(question: Question) -> Option<String> {
    let Question::React { event } = question else {
        return None;
    };
    event["resource"]["id"].as_str().map(str::to_owned)
}

/// What the departmental's effects say, in the order of the log; what was put aside as its focus.
async fn effects(record: &Record) -> Vec<String> {
    let mut effects = Vec::new();
    for commit in record.commits_after(T(0), 1_000).await.unwrap() {
        for change in &commit.changes {
            let of_reactions = commit.account == super::event::ACCOUNT;
            if !of_reactions || change.key.resource_type != ResourceType::TASK {
                continue;
            }
            let operator = record.operator(&"RXR".parse().unwrap());
            let stored = record
                .vread(&operator, &change.key, change.version)
                .await
                .unwrap();
            let task: Value = serde_json::from_str(&stored.body.unwrap()).unwrap();
            let text = |at: &str| task.pointer(at).and_then(Value::as_str).map(str::to_owned);
            effects.extend(text("/focus/reference").or_else(|| text("/description")));
        }
    }
    effects
}

async fn many_effects_are_kept_once_and_in_the_order_of_their_events(record: Record) {
    const EVENTS: u32 = 120;
    let ward = Ward::on(&record).await;
    // Some answers take longer than those behind them; some propose nothing, and some cannot be used.
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let reactor = Scripted::new(move |call, question, chart| {
        let id = about(question).unwrap();
        let n: u32 = id[1..].parse().unwrap();
        counter.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            for _ in 0..n % 5 {
                // Of another patient for half of them, which takes no less.
                drop(chart.read("Observation/o1").await);
            }
            match n % 7 {
                0 => Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [] })),
                3 => Answer::Refused(Failure::new("invalid", "not mine")),
                _ => {
                    let mut task = task(call.patient.as_ref().unwrap().as_str());
                    task["description"] = Value::String(id);
                    Answer::Proposal(create(task))
                }
            }
        })
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    let mut expected = Vec::new();
    for n in 0..EVENTS {
        let of = ["p1", "p2"][n as usize % 2];
        ward.write(vec![put(observation(&format!("c{n}"), of, 1.0))])
            .await;
        match n % 7 {
            0 => {}
            3 => expected.push(format!("Observation/c{n}")),
            _ => expected.push(format!("c{n}")),
        }
    }
    assert_eq!(record.react_once().await.unwrap(), expected.len());
    assert_eq!(effects(&record).await, expected);
    assert_eq!(asked.load(Ordering::SeqCst), EVENTS, "each was asked once");
    assert_eq!(record.react_once().await.unwrap(), 0);
}

async fn effects_that_rest_on_each_other_are_asked_for_again(record: Record) {
    let ward = Ward::on(&record).await;
    // Every effect is a new version of one resource, and all events are there before the first is reacted to.
    let reactor = Scripted::new(|_, question, chart| {
        Box::pin(async move {
            if about(question).as_deref() == Some("c0") {
                return Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [] }));
            }
            let mut seen: Value =
                serde_json::from_str(&chart.read("Observation/o1").await.unwrap()).unwrap();
            let version = seen["meta"]["versionId"].clone();
            let value = seen["valueQuantity"]["value"].as_f64().unwrap();
            seen["valueQuantity"]["value"] = json!(value + 1.0);
            seen.as_object_mut().unwrap().remove("meta");
            let change = json!({ "action": "update", "resource": seen, "seen": version });
            Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [change] }))
        })
    });
    ward.install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    for n in 0..6 {
        ward.write(vec![put(observation(&format!("c{n}"), "p1", 1.0))])
            .await;
    }
    assert_eq!(record.react_once().await.unwrap(), 5);
    let body = ward.body("Observation/o1").await;
    assert_eq!(
        (&body["meta"]["versionId"], &body["valueQuantity"]["value"]),
        (&json!("6"), &json!(76.0))
    );
    assert_eq!(ward.count(PARKED).await, 0);
}

async fn what_was_answered_before_somebody_got_stuck_is_kept(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, reactor) = counted(|_, call, _| a_task(call));
    let release = ward
        .install(&reacting("pathology", "1.0.0", to_creatinine()), reactor)
        .await;
    for n in 0..20 {
        ward.write(vec![put(observation(&format!("c{n}"), "p1", 1.0))])
            .await;
    }
    // The library gives the release for eleven calls, and then no more.
    ward.library.withdraw_after(&release.digest, 11);
    assert!(
        record.react_once().await.is_ok(),
        "stuck is no failure of the look"
    );
    assert_eq!(ward.count("Task?_count=100").await, 11);
    ward.library.withdraw_after(&release.digest, u32::MAX);
    assert_eq!(record.react_once().await.unwrap(), 9);
    assert_eq!(ward.count("Task?_count=100").await, 20);
    assert_eq!(asked.load(Ordering::SeqCst), 20);
}

/// Two records become one and two again: the departmental's own facts move with the rest, and it is asked about none of it.
async fn what_a_merge_moves_is_not_reacted_to_again(record: Record) {
    let ward = Ward::on(&record).await;
    let (asked, reactor) = counted(|_, call, _| a_task(call));
    let reactions = json!([{ "type": "Observation", "on": ["create", "update"] }]);
    ward.install(&reacting("pathology", "1.0.0", reactions), reactor)
        .await;
    ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 1);
    let of = |patient: &str| format!("Task?patient={patient}");
    assert_eq!(ward.count(&of("p1")).await, 1);
    let caller = caller("ada", Role::Clinician, "RXR");
    let wish = Merge {
        source: "Patient/p1".parse().unwrap(),
        target: "Patient/p2".parse().unwrap(),
        reason: "one person".to_owned(),
        evidence: None,
        stands: None,
        accepted: Difference::ALL.into_iter().collect(),
        seen: None,
        message: None,
    };
    let done = record.merge(&caller, &wish).await.unwrap();
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(ward.count(&of("p2")).await, 1);
    let undo = Unmerge {
        event: done.event,
        reason: "two people".to_owned(),
        decisions: BTreeMap::new(),
        seen: None,
    };
    record.unmerge(&caller, &undo).await.unwrap();
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(ward.count(&of("p1")).await, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
