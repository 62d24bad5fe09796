//! Screens that are drawn, forms that are sent, and everything a departmental can do wrong in between.
//!
//! Invariant: what a departmental does wrong is told as its failure, and commits nothing.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{AskError, SubmitAsk};
use crate::caller::Role;
use crate::commit::{CommitError, What};
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{
    Ward, caller, create, manifest, observation, open, put, screen, submit, task,
};
use crate::departmental::{Answer, Failure, FailureKind, Question};
use crate::log::{At, T};
use crate::tests::on_both_databases;
use crate::{Kind, Record};

on_both_databases! {
    screens_are_drawn_for_whom_and_where_they_are_meant,
    what_is_no_screen_is_a_failure_that_names_the_module,
    a_chart_is_what_a_departmental_reads,
    a_screen_of_the_past_is_drawn_from_the_past,
    a_form_commits_what_it_proposes_with_provenance,
    a_form_sent_twice_has_one_effect,
    forms_that_commit_nothing_by_case,
    a_form_needs_a_key_of_some_length,
    a_form_goes_to_the_version_that_drew_it,
}

fn said(error: &AskError) -> &'static str {
    match error {
        AskError::NotEnabled { .. } => "not enabled",
        AskError::NoSuchScreen { .. } => "no such screen",
        AskError::NotForRole { .. } => "not for this role",
        AskError::UnknownPatient => "unknown patient",
        AskError::Failed {
            kind: FailureKind::Malformed,
            ..
        } => "malformed",
        AskError::Failed { .. } => "failed",
        AskError::Refused { .. } => "refused",
        AskError::Incorrect { .. } => "incorrect",
        AskError::Outdated { .. } => "outdated",
        AskError::KeyUsed => "key used",
        AskError::NotGranted { .. } => "not granted",
        AskError::Library { .. } => "library",
        AskError::Commit { .. } => "commit",
        AskError::Read { .. } => "read",
    }
}

fn failed(kind: FailureKind) -> Answer {
    Answer::Failed {
        kind,
        what: "it stopped".to_owned(),
    }
}

async fn screens_are_drawn_for_whom_and_where_they_are_meant(record: Record) {
    let ward = Ward::on(&record).await;
    let elsewhere = caller("bo", Role::Clinician, "RXN");
    assert_eq!(
        said(
            &record
                .open_screen(&ward.clinician, open("results", Some("p1")))
                .await
                .unwrap_err()
        ),
        "not enabled"
    );
    let drawn = Scripted::saying(|call, _| {
        Answer::Screen(screen(
            call.patient.as_ref().map_or("none", |id| id.as_str()),
        ))
    });
    let release = ward.install(&manifest("pathology", "1.0.0"), drawn).await;
    let shown = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await
        .unwrap();
    assert_eq!(shown.screen, screen("p1"));
    assert_eq!(shown.release, release);
    assert_eq!(shown.t, record.current());
    assert_eq!(
        record
            .open_screen(&ward.clinician, open("list", None))
            .await
            .unwrap()
            .screen,
        screen("none")
    );
    let mut bad = open("results", Some("p1"));
    bad.parameters = json!({ "a": 1 });
    for (who, ask, answer) in [
        (
            &ward.clinician,
            open("results", Some("p9")),
            "unknown patient",
        ),
        (&ward.clinician, open("results", None), "unknown patient"),
        (
            &ward.clinician,
            open("secrets", Some("p1")),
            "no such screen",
        ),
        (
            &ward.administrator,
            open("results", Some("p1")),
            "not for this role",
        ),
        (&elsewhere, open("results", Some("p1")), "not enabled"),
        (&ward.clinician, bad, "incorrect"),
    ] {
        let error = record.open_screen(who, ask).await.unwrap_err();
        assert_eq!(said(&error), answer, "{error}");
    }
    ward.library.withdraw(&release.digest);
    let error = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await;
    assert_eq!(said(&error.unwrap_err()), "library");
}

async fn what_is_no_screen_is_a_failure_that_names_the_module(record: Record) {
    let ward = Ward::on(&record).await;
    let asked = AtomicU32::new(0);
    let answers = [
        failed(FailureKind::Trap),
        failed(FailureKind::Timeout),
        Answer::Screen(json!("<p>hello</p>")),
        Answer::Screen(json!({ "screen": 2, "root": 0, "nodes": [{}] })),
        Answer::Screen(json!({ "screen": 1, "root": 0, "nodes": [] })),
        Answer::Screen(json!({ "screen": 1, "root": 0, "nodes": vec![json!({}); 2_001] })),
        Answer::Screen(screen(&"x".repeat(512 * 1024))),
        Answer::Proposal(create(task("p1"))),
        Answer::Outcome(json!({ "outcome": 1, "next": { "screen": "results" } })),
        Answer::Refused(Failure::new("unavailable", "y".repeat(10_000))),
    ];
    let fates = [
        "failed",
        "failed",
        "malformed",
        "malformed",
        "malformed",
        "malformed",
        "malformed",
        "malformed",
        "malformed",
        "refused",
    ];
    let script = answers.clone();
    let scripted = Scripted::saying(move |_, _| {
        script[asked.fetch_add(1, Ordering::Relaxed) as usize].clone()
    });
    ward.install(&manifest("pathology", "1.0.0"), scripted)
        .await;
    let before = record.current();
    for (answer, fate) in answers.iter().zip(fates) {
        let error = record
            .open_screen(&ward.clinician, open("results", Some("p1")))
            .await
            .unwrap_err();
        assert_eq!(said(&error), fate, "{answer:.80?}");
        assert!(
            error.to_string().contains("pathology") && error.to_string().len() < 700,
            "{error}"
        );
    }
    assert_eq!(record.current(), before, "nothing was committed");
}

async fn a_chart_is_what_a_departmental_reads(record: Record) {
    let ward = Ward::on(&record).await;
    let reader = Scripted::new(|_, _, chart| {
        Box::pin(async move {
            let own = chart.read("Observation/o1").await.is_ok();
            let foreign = chart.read("Observation/o2").await.unwrap_err();
            Answer::Screen(screen(&format!("{own} {}", foreign.code)))
        })
    });
    ward.install(&manifest("pathology", "1.0.0"), reader).await;
    let shown = record
        .open_screen(&ward.clinician, open("results", Some("p1")))
        .await
        .unwrap();
    assert_eq!(shown.screen, screen("true not-found"));
}

async fn a_screen_of_the_past_is_drawn_from_the_past(record: Record) {
    let ward = Ward::on(&record).await;
    let then = record.current();
    ward.write(vec![put(observation("o1", "p1", 99.0))]).await;
    let reader = Scripted::new(|call, _, chart| {
        Box::pin(async move {
            let read = chart.read("Observation/o1").await;
            let value = read.map_or_else(
                |failure| failure.code,
                |body| {
                    serde_json::from_str::<Value>(&body).unwrap()["valueQuantity"]["value"]
                        .to_string()
                },
            );
            Answer::Screen(screen(&format!("{value} as of {}", call.t)))
        })
    });
    ward.install(&manifest("pathology", "1.0.0"), reader).await;
    let now = record.current();
    for (at, expected) in [
        (At::Now, format!("99.0 as of {now}")),
        (At::Commit(now), format!("99.0 as of {now}")),
        (At::Commit(then), format!("71.0 as of {then}")),
        (At::Commit(T(1)), "not-found as of 1".to_owned()),
        (At::Commit(T(0)), "unknown patient".to_owned()),
        (At::Commit(T(now.0 + 1)), "read".to_owned()),
        (
            At::Instant("2199-01-01T00:00:00Z".to_owned()),
            "read".to_owned(),
        ),
        (
            At::Instant("1999-01-01T00:00:00Z".to_owned()),
            "unknown patient".to_owned(),
        ),
    ] {
        let mut ask = open("results", Some("p1"));
        ask.at = at.clone();
        let found = match record.open_screen(&ward.clinician, ask).await {
            Ok(shown) => shown.screen["nodes"][0]["text"]
                .as_str()
                .unwrap()
                .to_owned(),
            Err(why) => said(&why).to_owned(),
        };
        assert_eq!(found, expected, "{at:?}");
    }
}

/// A departmental whose outcome is in its form.
fn obedient() -> Arc<Scripted> {
    Scripted::saying(|_, question| match question {
        Question::Submit { form, .. } => match form.get("answer") {
            Some(Value::String(word)) if word == "trap" => failed(FailureKind::Trap),
            Some(answer) => Answer::Outcome(answer.clone()),
            None => Answer::Refused(Failure::new("invalid", "no answer")),
        },
        Question::Open { .. } | Question::React { .. } => Answer::Screen(screen("draw")),
        Question::Advise { .. } | Question::Convert { .. } => Answer::Screen(screen("draw")),
    })
}

fn proposing(proposal: &Value) -> Value {
    json!({ "answer": { "outcome": 1, "proposal": proposal, "next": { "screen": "results" } } })
}

async fn a_form_commits_what_it_proposes_with_provenance(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), obedient())
        .await;
    let ask = submit(&release, "key-1", proposing(&create(task("p1"))));
    let submitted = record.submit_screen(&ward.clinician, ask).await.unwrap();
    assert_eq!(submitted.next.unwrap().screen, "results");
    let receipt = submitted.receipt.unwrap();
    assert_eq!(receipt.outcomes[0].what, What::Created);
    let provenance = ward
        .body(&receipt.outcomes.last().unwrap().key.to_string())
        .await;
    assert_eq!(provenance["resourceType"], "Provenance");
    assert!(
        provenance.to_string().contains(release.digest.as_str()),
        "{provenance}"
    );
}

async fn a_form_sent_twice_has_one_effect(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), obedient())
        .await;
    let ask = |key: &str, what: &Value| submit(&release, key, proposing(what));
    let first = record
        .submit_screen(&ward.clinician, ask("k", &create(task("p1"))))
        .await
        .unwrap()
        .receipt
        .unwrap();
    let again = record
        .submit_screen(&ward.clinician, ask("k", &create(task("p1"))))
        .await
        .unwrap()
        .receipt
        .unwrap();
    assert_eq!(first.t, again.t);
    assert_eq!(first.outcomes[0].key, again.outcomes[0].key);
    assert_eq!(ward.count("Task").await, 1);
    let changed = record
        .submit_screen(
            &ward.clinician,
            ask("k", &create(json!({ "resourceType": "Task" }))),
        )
        .await;
    assert_eq!(said(&changed.unwrap_err()), "key used");
    for n in 0..20 {
        let key = format!("both-{n}");
        let (one, two) = tokio::join!(
            record.submit_screen(&ward.clinician, ask(&key, &create(task("p1")))),
            record.submit_screen(&ward.clinician, ask(&key, &create(task("p1")))),
        );
        assert_eq!(
            one.unwrap().receipt.unwrap().t,
            two.unwrap().receipt.unwrap().t
        );
    }
    assert_eq!(ward.count("Task").await, 21);
    let somebody = caller("bo", Role::Clinician, "RXR");
    record
        .submit_screen(&somebody, ask("k", &create(task("p1"))))
        .await
        .unwrap();
    assert_eq!(ward.count("Task").await, 22, "a key is its account's own");
}

async fn forms_that_commit_nothing_by_case(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), obedient())
        .await;
    let stale = json!({ "proposal": 1, "summary": "", "changes": [{ "action": "update", "resource": observation("o1", "p1", 3.0), "seen": "1" }] });
    ward.write(vec![put(observation("o1", "p1", 2.0))]).await;
    let before = record.current();
    for (form, fate) in [
        (json!({ "answer": "trap" }), "failed"),
        (json!({ "answer": 7 }), "malformed"),
        (json!({}), "refused"),
        (
            json!({ "answer": { "outcome": 1, "next": { "screen": "secrets" } } }),
            "malformed",
        ),
        (proposing(&json!({ "proposal": 1 })), "malformed"),
        (proposing(&create(task("p2"))), "not granted"),
        (
            proposing(&create(json!({ "resourceType": "Basic" }))),
            "not granted",
        ),
        (proposing(&stale), "commit"),
        (
            proposing(&create(
                json!({ "resourceType": "Task", "status": 7, "intent": "order", "for": { "reference": "Patient/p1" } }),
            )),
            "commit",
        ),
        (json!({ "answer": "x".repeat(1024 * 1024) }), "incorrect"),
    ] {
        let error = record
            .submit_screen(&ward.clinician, submit(&release, "k", form))
            .await
            .unwrap_err();
        assert_eq!(said(&error), fate, "{error}");
        if let AskError::Commit {
            source: CommitError::Stale { .. },
        } = &error
        {
            assert_eq!(error.kind(), Kind::Conflict);
        }
    }
    let findings = json!({ "answer": { "outcome": 1, "findings": [{ "field": "when", "message": "say when" }] } });
    let submitted = record
        .submit_screen(&ward.clinician, submit(&release, "k", findings))
        .await
        .unwrap();
    assert!(submitted.receipt.is_none());
    assert_eq!(submitted.findings[0].message, "say when");
    assert_eq!(record.current(), before, "nothing was committed");
}

async fn a_form_needs_a_key_of_some_length(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), obedient())
        .await;
    for (key, fate) in [
        (0, "incorrect"),
        (1, "refused"),
        (200, "refused"),
        (201, "incorrect"),
    ] {
        let ask = submit(&release, &"x".repeat(key), json!({}));
        assert_eq!(
            said(
                &record
                    .submit_screen(&ward.clinician, ask)
                    .await
                    .unwrap_err()
            ),
            fate,
            "{key}"
        );
    }
}

async fn a_form_goes_to_the_version_that_drew_it(record: Record) {
    let ward = Ward::on(&record).await;
    let saying = |version: &'static str| {
        Scripted::saying(move |_, _| {
            Answer::Outcome(json!({ "outcome": 1, "findings": [{ "message": version }] }))
        })
    };
    let old = ward
        .install(&manifest("pathology", "1.0.0"), saying("old"))
        .await;
    let new = ward
        .install(&manifest("pathology", "2.0.0"), saying("new"))
        .await;
    let other = ward
        .library
        .publish(&manifest("pathology", "3.0.0"), saying("never enabled"))
        .unwrap();
    let send = async |ask: SubmitAsk| match record.submit_screen(&ward.clinician, ask).await {
        Ok(submitted) => submitted.findings[0].message.clone(),
        Err(error) => said(&error).to_owned(),
    };
    assert_eq!(send(submit(&old, "a", json!({}))).await, "old");
    assert_eq!(send(submit(&new, "b", json!({}))).await, "new");
    assert_eq!(send(submit(&other, "c", json!({}))).await, "outdated");
    ward.library.withdraw(&old.digest);
    ward.record.releases(&ward.administrator).await.unwrap();
    assert_eq!(send(submit(&old, "d", json!({}))).await, "outdated");
    record
        .disable(&ward.administrator, &new.id, "an incident")
        .await
        .unwrap();
    assert_eq!(send(submit(&new, "e", json!({}))).await, "not enabled");
}
