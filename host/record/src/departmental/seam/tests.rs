//! A departmental that fails and fails: left alone for a while, then held back until an administrator decides.
//!
//! Invariant: whoever asks is told that it failed, by its name; what it should have reacted to is not lost.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing unwrap is a failing test"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use serde_json::json;

use crate::caller::Role;
use crate::departmental::screen::AskError;
use crate::departmental::scripted::Scripted;
use crate::departmental::strikes::Verdict;
use crate::departmental::tests::{
    Ward, caller, create, manifest, observation, open, put, screen, task,
};
use crate::departmental::watch::Post;
use crate::departmental::{Answer, FailureKind, Question, Release};
use crate::enablement::EnableError;
use crate::limits::STRIKES_MAX;
use crate::tests::on_both_databases;
use crate::{Kind, Record};

on_both_databases! {
    what_fails_again_and_again_rests_and_is_not_asked,
    what_is_held_back_is_so_in_the_log_until_an_administrator_lets_it_run,
    events_wait_for_a_departmental_that_is_held_back,
    figures_are_for_administrators,
}

fn trap() -> Answer {
    Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    }
}

/// Traps while it is told to, and counts how often it is asked.
#[derive(Clone, Default)]
struct Moody {
    asked: Arc<AtomicU32>,
    is_well: Arc<AtomicBool>,
}

impl Moody {
    fn scripted(&self) -> Arc<Scripted> {
        let moody = self.clone();
        Scripted::saying(move |call, question| {
            moody.asked.fetch_add(1, Ordering::Relaxed);
            if !moody.is_well.load(Ordering::Relaxed) {
                return trap();
            }
            match question {
                Question::React { .. } => {
                    let patient = call.patient.as_ref().unwrap();
                    Answer::Proposal(create(task(patient.as_str())))
                }
                Question::Open { .. } | Question::Submit { .. } => Answer::Screen(screen("well")),
                Question::Advise { .. } | Question::Convert { .. } => trap(),
            }
        })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    fn recovers(&self) {
        self.is_well.store(true, Ordering::Relaxed);
    }
}

/// How opening a screen ends, in a word.
async fn opened(ward: &Ward) -> (String, Option<Kind>) {
    let ask = open("results", Some("p1"));
    match ward.record.open_screen(&ward.clinician, ask).await {
        Ok(_) => ("shown".to_owned(), None),
        Err(error) => {
            let kind = error.kind();
            match error {
                AskError::Failed { kind: how, .. } => (format!("{how:?}"), Some(kind)),
                other => (other.to_string(), Some(kind)),
            }
        }
    }
}

/// A departmental that fails, and its bad spells so far as the log is concerned: one that came after every rest.
async fn held_back(ward: &Ward, release: &Release) {
    let post = Post {
        site: ward.clinician.site().clone(),
        departmental: release.id.clone(),
        digest: release.digest.clone(),
    };
    ward.record
        .follow_up(&post, Verdict::HoldBack { until_ms: 0 })
        .await;
}

async fn what_fails_again_and_again_rests_and_is_not_asked(record: Record) {
    let ward = Ward::on(&record).await;
    let moody = Moody::default();
    ward.install(&manifest("pathology", "1.0.0"), moody.scripted())
        .await;
    for _ in 0..STRIKES_MAX {
        assert_eq!(opened(&ward).await, ("Trap".to_owned(), Some(Kind::Fault)));
    }
    assert_eq!(moody.asked(), STRIKES_MAX);
    assert_eq!(
        opened(&ward).await,
        ("Resting".to_owned(), Some(Kind::Busy))
    );
    assert_eq!(moody.asked(), STRIKES_MAX, "it is left alone");
    let watched = record.watched(&ward.administrator).unwrap();
    assert_eq!(watched.len(), 1);
    let figures = &watched[0].figures;
    assert_eq!(
        (figures.calls, figures.traps, figures.turned_away),
        (u64::from(STRIKES_MAX) + 1, u64::from(STRIKES_MAX), 1)
    );
    assert!(watched[0].rests_until_ms.is_some());
}

async fn what_is_held_back_is_so_in_the_log_until_an_administrator_lets_it_run(record: Record) {
    let ward = Ward::on(&record).await;
    let moody = Moody::default();
    moody.recovers();
    let release = ward
        .install(&manifest("pathology", "1.0.0"), moody.scripted())
        .await;
    assert_eq!(opened(&ward).await.0, "shown");
    held_back(&ward, &release).await;
    let before = record.current();
    held_back(&ward, &release).await;
    assert_eq!(record.current(), before, "it is held back once");
    let enabled = record.enabled(ward.clinician.site()).await;
    let why = enabled[0].held_back.clone().unwrap();
    assert!(why.starts_with("it failed again and again"), "{why}");
    assert_eq!(
        opened(&ward).await,
        ("HeldBack".to_owned(), Some(Kind::Busy))
    );
    assert_eq!(moody.asked(), 1);
    let elsewhere = caller("alan", Role::TrustAdministrator, "RXN");
    for (who, said) in [(&ward.clinician, "forbidden"), (&elsewhere, "not found")] {
        let refused = match record.let_run_again(who, &release.id).await.unwrap_err() {
            EnableError::Forbidden { .. } => "forbidden",
            EnableError::NotFound { .. } => "not found",
            other => panic!("{other}"),
        };
        assert_eq!(refused, said);
    }
    record
        .let_run_again(&ward.administrator, &release.id)
        .await
        .unwrap();
    assert_eq!(opened(&ward).await.0, "shown");
    let again = record.let_run_again(&ward.administrator, &release.id).await;
    assert!(matches!(again, Err(EnableError::NotFound { .. })));
}

async fn events_wait_for_a_departmental_that_is_held_back(record: Record) {
    let ward = Ward::on(&record).await;
    let moody = Moody::default();
    moody.recovers();
    let mut reacting = manifest("pathology", "1.0.0");
    reacting["reactions"] = json!([{ "type": "Observation", "on": ["create"] }]);
    let release = ward.install(&reacting, moody.scripted()).await;
    held_back(&ward, &release).await;
    ward.write(vec![put(observation("o3", "p1", 90.0))]).await;
    assert_eq!(record.react_once().await.unwrap(), 0);
    assert_eq!(moody.asked(), 0);
    record
        .let_run_again(&ward.administrator, &release.id)
        .await
        .unwrap();
    assert_eq!(record.react_once().await.unwrap(), 1);
    assert_eq!(moody.asked(), 1);
}

async fn figures_are_for_administrators(record: Record) {
    let ward = Ward::on(&record).await;
    let operator = record.operator(ward.clinician.site());
    for who in [&ward.clinician, &operator] {
        assert!(matches!(
            record.watched(who),
            Err(EnableError::Forbidden { .. })
        ));
    }
    assert_eq!(record.watched(&ward.administrator).unwrap(), []);
}
