//! Calls that are made again: the same answer, another answer and where, other versions, and calls that are gone.
//!
//! Invariant: what is compared was kept by the record itself while the departmental was asked in earnest.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::watch::Looked;
use super::{Of, ReplayError, Replayed};
use crate::Record;
use crate::departmental::advice::Said;
use crate::departmental::manifest::Hook;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{
    Ward, create, manifest, observation, open, put, screen, submit, task,
};
use crate::departmental::{Answer, Departmental, FailureKind, Question};
use crate::limits::{CALL_ANSWER_BYTES_MAX, CALLS_SAMPLED};
use crate::log::{At, T};
use crate::store::call::{CallRow, Which};
use crate::tests::on_both_databases;

on_both_databases! {
    calls_of_every_kind_are_kept_and_give_the_same_again,
    an_answer_that_comes_from_elsewhere_is_found_by_its_path,
    another_version_differs_where_it_should,
    a_thousand_calls_give_the_same_again,
    a_span_is_made_again_on_the_versions_that_answered,
    failures_are_compared_by_their_kind,
    what_is_too_large_is_kept_by_its_digest,
    old_calls_are_pruned,
    an_answer_whose_call_is_not_kept_does_not_leave,
    only_operators_make_calls_again,
    a_version_is_asked_with_what_it_knows_of_the_settings,
}

/// The calls that are kept, oldest first.
async fn kept(record: &Record) -> Vec<CallRow> {
    let all = Which::Since { t: 0, after: 0 };
    let rows = record
        .store()
        .calls(Some("pathology".to_owned()), all, 10_000);
    rows.await.unwrap()
}

async fn again(record: &Record, row: &CallRow) -> Replayed {
    let operator = record.operator(&"RXR".parse().unwrap());
    record.replay(&operator, &row.kept.id).await.unwrap()
}

/// Shows an observation; proposes a task when it is high; reacts with a task.
fn looking(threshold: f64) -> Arc<dyn Departmental> {
    Scripted::new(move |call, question, chart| {
        Box::pin(async move {
            let patient = call
                .patient
                .as_ref()
                .map_or("", |id| id.as_str())
                .to_owned();
            let read = chart.read("Observation/o1").await;
            let seen: Value = serde_json::from_str(&read.unwrap_or("null".to_owned())).unwrap();
            let value = seen["valueQuantity"]["value"].clone();
            match question {
                Question::Open { parameters, .. } => {
                    let asked = parameters["value"]
                        .as_str()
                        .and_then(|text| text.parse().ok());
                    let is_high = asked.unwrap_or(0.0) > threshold;
                    let words = format!("{value} at {} by {}: {is_high}", call.now, call.role);
                    Answer::Screen(screen(&words))
                }
                Question::Submit { form, .. } => {
                    let proposal = create(task(&patient));
                    let mut outcome = json!({ "outcome": 1, "proposal": proposal });
                    if form["dose"].as_str() == Some("wrong") {
                        outcome = json!({ "outcome": 1, "findings": [{ "field": "dose", "message": value.to_string() }] });
                    }
                    Answer::Outcome(outcome)
                }
                Question::Advise { .. } => {
                    let card = json!({ "summary": value.to_string(), "indicator": "info", "source": { "label": "a test" } });
                    Answer::Advice(json!({ "advice": 1, "cards": [card] }))
                }
                Question::Convert { message, .. } => {
                    let mut task = task(&patient);
                    task["description"] = Value::from(String::from_utf8(message).unwrap());
                    Answer::Proposal(create(task))
                }
                Question::React { event } => {
                    let mut task = task(&patient);
                    task["description"] = event["resource"]["id"].clone();
                    Answer::Proposal(create(task))
                }
            }
        })
    })
}

fn reacting() -> Value {
    let mut manifest = manifest("pathology", "1.0.0");
    manifest["reactions"] = json!([{ "type": "Observation", "on": ["create"] }]);
    manifest["hooks"] = json!([{ "hook": "patient-view", "reason": "To say what is high" }]);
    manifest
}

async fn calls_of_every_kind_are_kept_and_give_the_same_again(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward.install(&reacting(), looking(1.0)).await;
    let ada = &ward.clinician;
    record
        .open_screen(ada, open("results", Some("p1")))
        .await
        .unwrap();
    let wrong = submit(&release, "k1", json!({ "dose": "wrong" }));
    record.submit_screen(ada, wrong).await.unwrap();
    let right = submit(&release, "k2", json!({ "dose": "1.50" }));
    let done = record.submit_screen(ada, right).await.unwrap();
    ward.write(vec![put(observation("c1", "p2", 3.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 1);
    let (p1, now) = ("p1".parse().unwrap(), record.when(&At::Now).await.unwrap());
    let advised = record.advice(ada, Hook::PatientView, &p1, &now).await;
    assert!(matches!(&advised.unwrap()[0].said, Said::Cards(cards) if cards.len() == 1));
    // The record has gone on since.
    ward.write(vec![put(observation("o1", "p1", 999.0))]).await;
    let rows = kept(&record).await;
    let asked = [
        "open results",
        "submit results acknowledge",
        "submit results acknowledge",
        "react",
        "advise patient-view",
    ];
    assert_eq!(rows.len(), asked.len());
    for (row, asked) in rows.iter().zip(asked) {
        let replayed = again(&record, row).await;
        assert!(replayed.is_same(), "{asked}: {:?}", replayed.differences);
        assert_eq!(replayed.call.asked, asked);
        assert_eq!(replayed.cost.chart_calls, replayed.call.cost.chart_calls);
        assert_eq!(replayed.cost.read_bytes, replayed.call.cost.read_bytes);
        assert_eq!(replayed.cost.chart_calls, 1);
    }
    let commits = record
        .commits_after(T(done.receipt.unwrap().t.0 - 1), 1)
        .await
        .unwrap();
    let by = commits[0].departmental.clone().unwrap();
    assert_eq!(by.call, rows[2].kept.id, "the provenance names the call");
    // What is read for it is the operator's own reading.
    let leaves = record.store().leaves(0, 1_000).await.unwrap();
    let of = |what: &str| {
        let by_operator = leaves.iter().filter(|leaf| leaf.account == "operator");
        by_operator.filter(|leaf| leaf.what == what).count()
    };
    assert_eq!(of("replay"), asked.len());
    assert!(of("read") >= asked.len());
    assert_eq!(
        kept(&record).await.len(),
        asked.len(),
        "making it again is no call"
    );
}

/// Counts how often it is asked and says so.
fn counting() -> Arc<dyn Departmental> {
    let asked = AtomicU32::new(0);
    Scripted::saying(move |_, _| {
        let time = asked.fetch_add(1, Ordering::SeqCst);
        let mut screen = screen("the same");
        screen["nodes"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "kind": "paragraph", "text": time }));
        Answer::Screen(screen)
    })
}

async fn an_answer_that_comes_from_elsewhere_is_found_by_its_path(record: Record) {
    let ward = Ward::on(&record).await;
    ward.install(&manifest("pathology", "1.0.0"), counting())
        .await;
    let ada = &ward.clinician;
    record
        .open_screen(ada, open("results", Some("p1")))
        .await
        .unwrap();
    let replayed = again(&record, &kept(&record).await[0]).await;
    let [difference] = replayed.differences.listed.as_slice() else {
        unreachable!("{:?}", replayed.differences)
    };
    assert_eq!(
        (difference.of, difference.at.as_str()),
        (Of::Screen, "nodes[1].text")
    );
    assert_eq!(difference.then.as_deref(), Some("0"));
    assert_eq!(difference.now.as_deref(), Some("1"));
    let mut looked = Looked::default();
    assert_eq!(record.sample_calls(&mut looked).await.unwrap().len(), 1);
    assert_eq!(
        record.sample_calls(&mut looked).await.unwrap().len(),
        0,
        "looked at already"
    );
    for _ in 0..=CALLS_SAMPLED {
        record
            .open_screen(ada, open("results", Some("p1")))
            .await
            .unwrap();
    }
    let diverged = record.sample_calls(&mut looked).await.unwrap();
    assert_eq!(diverged.len(), CALLS_SAMPLED as usize);
    let told = "Task?code=urn:palatine:codes|replay-diverged&status=requested";
    assert_eq!(
        ward.count(told).await,
        1,
        "one open task however many calls"
    );
}

async fn another_version_differs_where_it_should(record: Record) {
    let ward = Ward::on(&record).await;
    ward.install(&manifest("pathology", "1.0.0"), looking(50.0))
        .await;
    let next = manifest("pathology", "2.0.0");
    let next = ward.library.publish(&next, looking(40.0)).unwrap();
    let mut expected = Vec::new();
    let mut since = T(0);
    for value in (0..100).step_by(5) {
        if value == 45 {
            since = ward.write(vec![put(observation("o9", "p2", 1.0))]).await.t;
        }
        let mut ask = open("results", Some("p1"));
        ask.parameters = json!({ "value": value.to_string() });
        record.open_screen(&ward.clinician, ask).await.unwrap();
        if value > 40 && value <= 50 {
            expected.push(kept(&record).await.last().unwrap().kept.id.clone());
        }
    }
    let operator = record.operator(&"RXR".parse().unwrap());
    let since = At::Commit(since);
    let trial = |n_max| record.replay_with(&operator, &next.digest, &since, n_max);
    let all = trial(1_000).await.unwrap();
    let different: Vec<String> = all.listed.iter().map(|it| it.call.id.clone()).collect();
    assert_eq!(different, expected);
    assert_eq!((all.calls, all.same, all.different), (11, 9, 2));
    assert_eq!(
        (all.screens, all.proposals, all.left_out, all.more),
        (2, 0, 0, false)
    );
    let some = trial(3).await.unwrap();
    assert_eq!((some.calls, some.different, some.more), (3, 2, true));
    let exactly = trial(11).await.unwrap();
    assert_eq!((exactly.calls, exactly.more), (11, false));
}

async fn a_thousand_calls_give_the_same_again(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), looking(1.0))
        .await;
    for round in 0..20 {
        let mut asking = tokio::task::JoinSet::new();
        for at in 0..50 {
            let (record, ada) = (record.clone(), ward.clinician.clone());
            let mut ask = open("results", Some(if at % 2 == 0 { "p1" } else { "p2" }));
            ask.parameters = json!({ "value": at.to_string() });
            asking.spawn(async move { record.open_screen(&ada, ask).await.map(drop) });
        }
        while let Some(asked) = asking.join_next().await {
            asked.unwrap().unwrap();
        }
        ward.write(vec![put(observation("o1", "p1", f64::from(round)))])
            .await;
    }
    let operator = record.operator(&"RXR".parse().unwrap());
    let since = At::Commit(T(0));
    let trial = record.replay_with(&operator, &release.digest, &since, 10_000);
    let trial = trial.await.unwrap();
    assert_eq!(
        (trial.calls, trial.same, trial.different, trial.left_out),
        (1_000, 1_000, 0, 0)
    );
}

async fn a_span_is_made_again_on_the_versions_that_answered(record: Record) {
    let ward = Ward::on(&record).await;
    let operator = record.operator(&"RXR".parse().unwrap());
    let span = |since: T, n_max| {
        let (record, operator) = (record.clone(), operator.clone());
        async move {
            let since = At::Commit(since);
            record.replay_since(&operator, &since, n_max).await.unwrap()
        }
    };
    let ask = |value: u32| {
        let mut ask = open("results", Some("p1"));
        ask.parameters = json!({ "value": value.to_string() });
        ask
    };
    let old = ward
        .install(&manifest("pathology", "1.0.0"), looking(50.0))
        .await;
    let other = ward.install(&manifest("optics", "1.0.0"), counting()).await;
    record.open_screen(&ward.clinician, ask(45)).await.unwrap();
    let mut elsewhere = open("results", Some("p1"));
    elsewhere.departmental = other.id.clone();
    record
        .open_screen(&ward.clinician, elsewhere)
        .await
        .unwrap();
    // The same question to the next version has another answer, and each is held against its own.
    ward.install(&manifest("pathology", "2.0.0"), looking(40.0))
        .await;
    let since = record.current();
    record.open_screen(&ward.clinician, ask(45)).await.unwrap();
    let all = span(T(0), 10).await;
    assert_eq!(
        (all.calls, all.same, all.different, all.left_out, all.more),
        (3, 2, 1, 0, false)
    );
    assert_eq!(all.listed[0].call.departmental, other.id);
    let newest = span(since, 10).await;
    assert_eq!((newest.calls, newest.same), (1, 1));
    let some = span(T(0), 2).await;
    assert_eq!((some.calls, some.more), (2, true));
    ward.library.withdraw(&old.digest);
    record.releases(&ward.administrator).await.unwrap();
    let less = span(T(0), 10).await;
    assert_eq!((less.calls, less.same, less.left_out), (3, 1, 1));
    assert!(
        less.reasons[0].why.contains("published no longer"),
        "{:?}",
        less.reasons
    );
    let clinician = record
        .replay_since(&ward.clinician, &At::Commit(T(0)), 1)
        .await;
    assert!(matches!(clinician, Err(ReplayError::Forbidden { .. })));
}

async fn failures_are_compared_by_their_kind(record: Record) {
    let ward = Ward::on(&record).await;
    let asked = AtomicU32::new(0);
    let failing = Scripted::saying(move |_, _| {
        let time = asked.fetch_add(1, Ordering::SeqCst);
        let kind = if time < 2 {
            FailureKind::Limit
        } else {
            FailureKind::Timeout
        };
        let what = format!("at 0x{time}");
        Answer::Failed { kind, what }
    });
    ward.install(&manifest("pathology", "1.0.0"), failing).await;
    let opened = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await;
    assert!(opened.is_err());
    let rows = kept(&record).await;
    assert!(
        again(&record, &rows[0]).await.is_same(),
        "only the words differ"
    );
    let replayed = again(&record, &rows[0]).await;
    assert!(replayed.by_load);
    let [difference] = replayed.differences.listed.as_slice() else {
        unreachable!("{:?}", replayed.differences)
    };
    assert_eq!(
        (difference.of, difference.at.as_str()),
        (Of::Answer, "failed")
    );
    assert_eq!(difference.then.as_deref(), Some("\"limit\""));
    assert_eq!(difference.now.as_deref(), Some("\"timeout\""));
    let diverged = record.sample_calls(&mut Looked::default()).await.unwrap();
    assert!(
        diverged.is_empty(),
        "a timeout may come from load and is no alarm"
    );
}

async fn what_is_too_large_is_kept_by_its_digest(record: Record) {
    let ward = Ward::on(&record).await;
    let asked = AtomicU32::new(0);
    let huge = Scripted::saying(move |_, _| {
        let time = asked.fetch_add(1, Ordering::SeqCst) / 2;
        Answer::Screen(screen(&format!(
            "{time}{}",
            "x".repeat(CALL_ANSWER_BYTES_MAX)
        )))
    });
    ward.install(&manifest("pathology", "1.0.0"), huge).await;
    let opened = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await;
    assert!(opened.is_err(), "and it is no screen");
    let rows = kept(&record).await;
    assert!(
        rows[0].kept.body.len() < 4_000,
        "{}",
        rows[0].kept.body.len()
    );
    assert!(again(&record, &rows[0]).await.is_same());
    let replayed = again(&record, &rows[0]).await;
    let then = replayed.differences.listed[0].then.clone().unwrap();
    assert!(then.contains("kept as SHA-256"), "{then}");
}

async fn old_calls_are_pruned(record: Record) {
    let ward = Ward::on(&record).await;
    ward.install(&manifest("pathology", "1.0.0"), looking(1.0))
        .await;
    for _ in 0..5 {
        record
            .open_screen(&ward.clinician, open("results", Some("p1")))
            .await
            .unwrap();
    }
    let rows = kept(&record).await;
    let days = 24 * 60 * 60 * 1_000;
    assert_eq!(record.prune_calls(days, 5).await.unwrap(), 0);
    assert_eq!(record.prune_calls(days, 2).await.unwrap(), 3);
    assert_eq!(kept(&record).await, rows[3..]);
    let operator = record.operator(&"RXR".parse().unwrap());
    let gone = record.replay(&operator, &rows[0].kept.id).await;
    assert!(matches!(gone, Err(ReplayError::NoCall { .. })));
    assert_eq!(
        record.prune_calls(-1, 5).await.unwrap(),
        2,
        "all are older than a moment to come"
    );
    assert_eq!(record.prune_calls(-1, 5).await.unwrap(), 0);
}

async fn an_answer_whose_call_is_not_kept_does_not_leave(record: Record) {
    let ward = Ward::on(&record).await;
    let closing = record.clone();
    let last = Scripted::new(move |_, _, _| {
        let record = closing.clone();
        Box::pin(async move {
            record.close().await;
            Answer::Screen(screen("nobody may see this"))
        })
    });
    ward.install(&manifest("pathology", "1.0.0"), last).await;
    let opened = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await;
    assert!(opened.is_err());
}

async fn only_operators_make_calls_again(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), looking(1.0))
        .await;
    record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await
        .unwrap();
    let id = kept(&record).await[0].kept.id.clone();
    for caller in [&ward.clinician, &ward.administrator] {
        let one = record.replay(caller, &id).await;
        assert!(matches!(one, Err(ReplayError::Forbidden { .. })));
        let all = record
            .replay_with(caller, &release.digest, &At::Now, 1)
            .await;
        assert!(matches!(all, Err(ReplayError::Forbidden { .. })));
    }
    let operator = record.operator(&"RXR".parse().unwrap());
    let unknown = record.replay(&operator, "no-such-call").await;
    assert!(matches!(unknown, Err(ReplayError::NoCall { .. })));
}

async fn a_version_is_asked_with_what_it_knows_of_the_settings(record: Record) {
    let ward = Ward::on(&record).await;
    let saying = || Scripted::saying(|call, _| Answer::Screen(screen(&call.settings.to_string())));
    ward.install(&manifest("pathology", "1.0.0"), saying())
        .await;
    let mut next = manifest("pathology", "2.0.0");
    next["settings"] = json!([
        { "name": "ratio", "kind": "decimal", "default": "9", "level": "regional", "reason": "When it speaks up at all" },
        { "name": "new", "kind": "boolean", "default": true, "level": "site", "reason": "Something that is new" },
    ]);
    let next = ward.library.publish(&next, saying()).unwrap();
    record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await
        .unwrap();
    let operator = record.operator(&"RXR".parse().unwrap());
    let since = At::Commit(T(0));
    let trial = record
        .replay_with(&operator, &next.digest, &since, 10)
        .await
        .unwrap();
    let now = trial.listed[0].differences.listed[0].now.clone().unwrap();
    assert_eq!(now, json!(r#"{"ratio":"1.50","new":true}"#).to_string());
}
