//! Messages that a departmental reads, by case: who is given one, what is committed, and what is not.
//!
//! Invariant: a message is kept exactly when what was made of it is.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use super::ConvertAsk;
use crate::caller::Role;
use crate::commit::{CommitError, Receipt};
use crate::departmental::screen::AskError;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, caller, create, everything, manifest, observation, task};
use crate::departmental::{Answer, Failure, Question};
use crate::enablement::Enable;
use crate::limits::INTAKE_BYTES_MAX;
use crate::log::T;
use crate::message::{Arrival, Kept, State};
use crate::tests::on_both_databases;
use crate::{Record, departmental::Release};

on_both_databases! {
    a_message_is_committed_with_what_was_made_of_it,
    what_cannot_be_read_keeps_nothing,
    a_format_goes_to_whom_it_was_given,
}

const FORMAT: &str = "hl7v2:ORU^R30";

fn reading(id: &str) -> Value {
    let mut manifest = manifest(id, "1.0.0");
    manifest["intake"] = json!([{ "format": FORMAT, "reason": "To file what was measured" }]);
    manifest
}

fn message(control_id: &str, text: &str) -> Kept {
    Kept {
        source: "POC|RXR".to_owned(),
        control_id: control_id.to_owned(),
        received_at: "2026-11-22T09:00:00Z".to_owned(),
        bytes: text.as_bytes().to_vec(),
        state: State::Filed,
        numbers: Vec::new(),
        place: None,
        arrival: Arrival::New,
    }
}

/// Makes of a message what its text says.
fn by_text() -> std::sync::Arc<Scripted> {
    Scripted::saying(|_, question| {
        let Question::Convert { format, message } = question else {
            return Answer::Screen(json!({}));
        };
        assert_eq!(format, FORMAT);
        let mut measured = observation("x", "p1", 70.5);
        measured.as_object_mut().unwrap().remove("id");
        match String::from_utf8(message).unwrap().as_str() {
            "weight" => Answer::Proposal(create(measured)),
            "nothing" => Answer::Proposal(json!({ "proposal": 1, "summary": "", "changes": [] })),
            "task" => Answer::Proposal(create(task("p1"))),
            "other" => {
                measured["subject"]["reference"] = json!("Patient/p2");
                Answer::Proposal(create(measured))
            }
            "screen" => Answer::Screen(json!({ "screen": 1 })),
            _ => Answer::Refused(Failure::new("invalid", "OBX-5 is no number")),
        }
    })
}

async fn sent(record: &Record, kept: Kept) -> Result<Receipt, AskError> {
    let feed = caller("poc", Role::Feed, "RXR");
    let ask = ConvertAsk {
        departmental: "scales".parse().unwrap(),
        format: FORMAT.to_owned(),
        patient: "p1".parse().unwrap(),
        message: kept,
    };
    record.convert(&feed, ask).await
}

async fn a_message_is_committed_with_what_was_made_of_it(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward.install(&reading("scales"), by_text()).await;
    let done = sent(&record, message("m1", "weight")).await.unwrap();
    assert_eq!(ward.count("Observation?patient=p1").await, 2);
    let kept = record.kept("POC|RXR", "m1", "").await.unwrap().unwrap();
    assert_eq!((kept.t, kept.state), (done.t, State::Filed));
    let provenance = ward.body(&done.outcomes[1].key.to_string()).await;
    let sources: Vec<&str> = provenance["entity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"]["identifier"]["value"].as_str().unwrap())
        .collect();
    let commits = record.commits_after(T(done.t.0 - 1), 1).await.unwrap();
    let by = commits[0].departmental.clone().unwrap();
    let wanted = [release.digest.as_str(), by.call.as_str(), "POC|RXR|m1"];
    assert_eq!(sources, wanted);
    // The call can be made again: its bytes are kept with it.
    let operator = record.operator(ward.clinician.site());
    let again = record.replay(&operator, &by.call).await.unwrap();
    assert!(again.is_same(), "{:?}", again.differences);
    assert_eq!(again.call.asked, "convert hl7v2:ORU^R30");
    // The same message again has no second effect.
    let twice = sent(&record, message("m1", "weight")).await.unwrap_err();
    let AskError::Commit { source } = twice else {
        unreachable!("{twice}")
    };
    assert!(
        matches!(source, CommitError::AlreadyKept { .. }),
        "{source}"
    );
    assert_eq!(ward.count("Observation?patient=p1").await, 2);
    let nothing = sent(&record, message("m2", "nothing")).await.unwrap();
    assert!(nothing.outcomes.is_empty());
    assert!(record.kept("POC|RXR", "m2", "").await.unwrap().is_some());
}

async fn what_cannot_be_read_keeps_nothing(record: Record) {
    let ward = Ward::on(&record).await;
    ward.install(&reading("scales"), by_text()).await;
    let before = ward.record.current();
    let long = "x".repeat(INTAKE_BYTES_MAX + 1);
    for (text, words) in [
        ("letters", "scales refuses: OBX-5 is no number"),
        ("screen", "scales 1.0.0 failed: it answered no proposal"),
        // A feed writes no tasks, so a departmental that is asked by one does not either.
        (
            "task",
            "scales proposes to write create Task, which it was not granted",
        ),
        (
            "other",
            "scales proposes to write a Observation that is not about the patient of the call",
        ),
        (
            &long,
            "the message has 786433 bytes, and a departmental is given at most 786432",
        ),
    ] {
        let error = sent(&record, message("m1", text)).await.unwrap_err();
        assert!(error.to_string().starts_with(words), "{error}");
        assert!(record.kept("POC|RXR", "m1", "").await.unwrap().is_none());
    }
    assert_eq!(record.current(), before);
    let leaves = record.store().leaves(0, 1_000).await.unwrap();
    let refused = leaves.iter().filter(|leaf| leaf.what == "proposal-refused");
    let about: Vec<&str> = refused.map(|leaf| leaf.about.as_str()).collect();
    assert_eq!(about.len(), 2, "{about:?}");
    assert!(
        about[0].contains(", call ") && about[0].ends_with("create Task"),
        "{about:?}"
    );
}

fn only(release: &Release, intake: &[&str]) -> Enable {
    Enable {
        intake: intake.iter().map(|it| (*it).to_owned()).collect(),
        ..everything(release)
    }
}

async fn a_format_goes_to_whom_it_was_given(record: Record) {
    let ward = Ward::on(&record).await;
    let site = ward.administrator.site();
    let scales = ward.library.publish(&reading("scales"), by_text()).unwrap();
    let other = ward.library.publish(&reading("other"), by_text()).unwrap();
    let mut names = Vec::new();
    for (scales_has, other_has) in [
        (&[][..], &[][..]),
        (&[FORMAT][..], &[][..]),
        (&[FORMAT][..], &[FORMAT][..]),
    ] {
        for wanted in [only(&scales, scales_has), only(&other, other_has)] {
            record.enable(&ward.administrator, wanted).await.unwrap();
        }
        let given = record.given_intake(site, FORMAT).await.unwrap();
        names.push(
            given
                .iter()
                .map(|it| it.to_string())
                .collect::<Vec<_>>()
                .join(" "),
        );
        let elsewhere = record.given_intake(&"RXN".parse().unwrap(), FORMAT).await;
        assert!(elsewhere.unwrap().is_empty());
        assert!(
            record
                .given_intake(site, "hl7v2:ORU^R31")
                .await
                .unwrap()
                .is_empty()
        );
        let answer = sent(&record, message("m1", "letters")).await.unwrap_err();
        let expected = if scales_has.is_empty() {
            "which it was not granted"
        } else {
            "OBX-5 is no number"
        };
        assert!(answer.to_string().ends_with(expected), "{answer}");
    }
    assert_eq!(names, ["", "scales", "other scales"]);
}
