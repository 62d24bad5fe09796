//! Written calls on a record of their own: for whom they are put, what they know, and which answers would not be taken.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;

use serde_json::{Value, json};

use super::{NotTaken, RehearsalError, Scene};
use crate::caller::Role;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, create, manifest, screen, task};
use crate::departmental::{Answer, Failure, Question, Release};
use crate::tests::on_both_databases;
use crate::{Kind, Record};

on_both_databases! {
    a_call_knows_what_its_scene_says,
    only_operators_rehearse,
    calls_that_would_not_be_made,
    answers_are_taken_as_in_service,
}

fn opening(screen: &str) -> Scene {
    Scene {
        site: "RXR".parse().unwrap(),
        patient: Some("p1".parse().unwrap()),
        encounter: Some("e1".parse().unwrap()),
        role: Role::Clinician,
        now: "2026-11-22T12:00:00Z".to_owned(),
        settings: serde_json::Map::new(),
        question: Question::Open {
            screen: screen.to_owned(),
            parameters: json!({}),
        },
    }
}

/// A departmental that says what it knows of its call.
fn telling() -> Arc<Scripted> {
    Scripted::saying(|call, _| {
        let (patient, encounter) = (&call.patient, &call.encounter);
        Answer::Screen(screen(&format!(
            "{} {} {} {} {} {}",
            call.site,
            patient.as_ref().unwrap(),
            encounter.as_ref().unwrap(),
            call.role,
            call.now,
            call.settings
        )))
    })
}

async fn published(record: &Record) -> (Ward, Arc<Release>) {
    let ward = Ward::on(record).await;
    let release = ward
        .library
        .publish(&manifest("pathology", "1.0.0"), telling());
    (ward, release.unwrap())
}

async fn a_call_knows_what_its_scene_says(record: Record) {
    let (_ward, release) = published(&record).await;
    let operator = record.operator(&"RXR".parse().unwrap());
    let mut scene = opening("results");
    // A regional setting may be tried with any value that it can have.
    scene.settings.insert("ratio".to_owned(), json!("2.00"));
    let rehearsal = record.rehearsal(&operator, &release, scene).await.unwrap();
    let answered = rehearsal.ask(telling().as_ref()).await;
    let expected = screen(r#"RXR p1 e1 clinician 2026-11-22T12:00:00Z {"days":7,"ratio":"2.00"}"#);
    let Answer::Screen(found) = answered.answer else {
        unreachable!("it draws a screen");
    };
    let text = |it: &Value| it["nodes"][0]["text"].as_str().unwrap().to_owned();
    // The order of settings is nobody's business.
    let sorted = |it: &Value| {
        let mut characters: Vec<char> = text(it).chars().collect();
        characters.sort_unstable();
        characters
    };
    assert_eq!(sorted(&found), sorted(&expected), "{}", text(&found));
}

async fn only_operators_rehearse(record: Record) {
    let (ward, release) = published(&record).await;
    for caller in [&ward.clinician, &ward.administrator] {
        let refused = record.rehearsal(caller, &release, opening("results")).await;
        assert_eq!(refused.err().unwrap().kind(), Kind::Forbidden);
    }
}

async fn calls_that_would_not_be_made(record: Record) {
    let (_ward, release) = published(&record).await;
    let operator = record.operator(&"RXR".parse().unwrap());
    let asking = |question| Scene {
        question,
        ..opening("results")
    };
    let mut without_patient = opening("results");
    without_patient.patient = None;
    let mut foreign = opening("results");
    foreign.patient = Some("p9".parse().unwrap());
    let mut unset = opening("results");
    unset.settings.insert("weeks".to_owned(), json!(1));
    let mut as_feed = opening("results");
    as_feed.role = Role::Feed;
    let advise = asking(Question::Advise {
        hook: "patient-view".to_owned(),
        input: json!({}),
    });
    let convert = asking(Question::Convert {
        format: "hl7v2".to_owned(),
        message: Vec::new(),
    });
    for (scene, expected) in [
        (opening("nothing"), "no screen nothing"),
        (without_patient, "no such patient"),
        (foreign, "no such patient"),
        (as_feed, "is not for this role"),
        (unset, "the setting weeks"),
        (advise, "does not ask for the hook patient-view"),
        (convert, "does not ask for messages of the format hl7v2"),
    ] {
        let why = record.rehearsal(&operator, &release, scene).await;
        let why: RehearsalError = why.err().unwrap();
        let words = crate::with_causes(&why);
        assert!(words.contains(expected), "{words}");
    }
}

async fn answers_are_taken_as_in_service(record: Record) {
    let (ward, release) = published(&record).await;
    let operator = record.operator(&"RXR".parse().unwrap());
    let rehearsal = record.rehearsal(&operator, &release, opening("results"));
    let rehearsal = rehearsal.await.unwrap();
    let outcome = |proposal: Value| Answer::Outcome(json!({ "outcome": 1, "proposal": proposal }));
    let mut impossible = task("p1");
    impossible["status"] = json!("wished-for");
    let flag = json!({ "resourceType": "Flag", "status": "active", "code": { "text": "x" }, "subject": { "reference": "Patient/p1" } });
    for (answer, expected) in [
        (Answer::Screen(screen("well")), ""),
        (
            Answer::Screen(json!({ "screen": 1, "nodes": [] })),
            "must have 1 to",
        ),
        (Answer::Refused(Failure::new("invalid", "no")), ""),
        (
            Answer::Outcome(json!({ "outcome": 1 })),
            "neither findings nor",
        ),
        (
            Answer::Outcome(json!({ "outcome": 1, "next": { "screen": "elsewhere" } })),
            "not in its manifest",
        ),
        (outcome(create(task("p2"))), "not granted"),
        (
            outcome(create(flag)),
            "create Flag, which it was not granted",
        ),
        (outcome(create(impossible)), "cannot be committed"),
        (outcome(create(task("p1"))), ""),
        (
            Answer::Advice(json!({ "advice": 1, "cards": [{}] })),
            "cards",
        ),
    ] {
        let taken: Result<(), NotTaken> = rehearsal.take(&answer).await;
        match (&taken, expected) {
            (Ok(()), "") => {}
            (Err(why), expected) if !expected.is_empty() => {
                let words = crate::with_causes(why);
                assert!(words.contains(expected), "{words}");
            }
            (found, _) => assert!(
                found.is_ok() == expected.is_empty(),
                "{answer:?}: {found:?}"
            ),
        }
    }
    assert_eq!(ward.count("Task").await, 1, "what is proposed is committed");
}
