//! Strict order for each patient: what is parked, what is held behind it, and how both go on.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use record::message::{DecideError, State};
use serde_json::json;

use crate::feed::acknowledgement::Code;
use crate::feed::intake::Intake;
use crate::feed::tests::{NOW_MS, Region, case, changed};

/// An update whose class cannot be read.
fn poison() -> Vec<u8> {
    changed(
        "admission.hl7",
        &[
            ("|ADT-1|", "|BAD|"),
            ("PV1|1|I", "PV1|1|Q"),
            ("20260702113000", "20260702120000"),
        ],
    )
}

pub(super) async fn a_parked_message_holds_back_its_patient_and_nobody_else(region: Region) {
    region.filed(case("admission.hl7")).await;
    assert_eq!(region.send(poison()).await.verdict.code, Code::Error);
    // By the NHS number, by the local number alone, and by both.
    let local = changed("update.hl7", &[("9434765919^^^NHS^NH~", "")]);
    region.filed(&local).await;
    region.filed(case("creatinine.hl7")).await;
    // No patient can be read in this one.
    let nobody = changed(
        "creatinine.hl7",
        &[
            ("|LAB-1|", "|LAB-9|"),
            ("PID|1||9434765919^^^NHS^NH~A1001^^^RXR^PI", "PID|1||"),
        ],
    );
    assert_eq!(region.send(&nobody).await.verdict.code, Code::Error);
    region.filed(case("emergency_registration.hl7")).await;
    let expected = ["BAD parked", "ADT-3 held", "LAB-1 held", "LAB-9 parked"];
    assert_eq!(region.waiting().await, expected);
    assert_eq!(
        region.all("Patient").await.len(),
        2,
        "the other patient is filed"
    );
    assert!(region.all("Observation").await.is_empty());
    // A repeat is answered as accepted and held once.
    let t = region.t();
    region.filed(case("creatinine.hl7")).await;
    assert_eq!(region.t(), t);
    // Nothing of it can be filed yet.
    assert_eq!(region.intake.file_waiting().await, 0);
    let seen = region.waited("BAD").await;
    let dropped = region
        .record
        .message_drop(&region.operator, seen, "sent in error");
    dropped.await.unwrap();
    assert_eq!(region.intake.file_waiting().await, 2);
    assert_eq!(region.waiting().await, ["LAB-9 parked"]);
    assert_eq!(region.all("Observation").await.len(), 4);
    let senders = region
        .record
        .message_senders(&region.operator)
        .await
        .unwrap();
    let pas = senders.iter().find(|it| it.source == "PAS|RXR").unwrap();
    assert_eq!(
        (pas.received, pas.filed, pas.parked, pas.held, pas.ended),
        (4, 3, 0, 0, 1)
    );
}

pub(super) async fn a_corrected_copy_takes_the_place_of_its_original(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.send(poison()).await;
    region.filed(case("update.hl7")).await;
    let seen = region.waited("BAD").await;
    // A copy that is wrong as well goes on holding back the same patient.
    let wrong = String::from_utf8(poison())
        .unwrap()
        .replace("PV1|1|Q", "PV1|1|Z");
    let record = &region.record;
    let copy = record.message_correct(&region.operator, seen, wrong.into_bytes());
    let copy = copy.await.unwrap();
    assert_eq!(region.intake.file_waiting().await, 0);
    let looked = record.message_looked(&region.operator, copy).await.unwrap();
    assert!(
        matches!(looked.waiting.state, State::Parked { .. }),
        "{:?}",
        looked.waiting.state
    );
    assert_eq!(region.waiting().await.len(), 2);
    // The right one is filed in the place of the first, before what came after.
    let right = String::from_utf8(poison())
        .unwrap()
        .replace("PV1|1|Q", "PV1|1|E");
    let seen = looked.waiting.waited;
    let copy = record.message_correct(&region.operator, seen, right.into_bytes());
    let copy = copy.await.unwrap();
    assert_eq!(region.intake.file_waiting().await, 2);
    assert!(region.waiting().await.is_empty());
    assert_eq!(region.one("Encounter").await["class"]["code"], "EMER");
    assert_eq!(
        region.one("Patient").await["address"][0]["line"][0],
        "14 Mill Lane"
    );
    // The sender's original stays as it came, and says what stands in its place; its repeat is no new message.
    let first = record.kept("PAS|RXR", "BAD", "").await.unwrap().unwrap();
    let looked = record
        .message_looked(&region.operator, first.t)
        .await
        .unwrap();
    assert_eq!(looked.bytes, poison());
    assert!(matches!(looked.waiting.state, State::Corrected { .. }));
    let filed = record.message_looked(&region.operator, copy).await.unwrap();
    assert_eq!(filed.waiting.state, State::Filed);
    let changes = filed.filed.unwrap().changes;
    assert!(
        changes
            .iter()
            .any(|it| it.key.resource_type.as_str() == "Encounter")
    );
    let t = region.t();
    region.filed(poison()).await;
    assert_eq!(region.t(), t);
}

pub(super) async fn what_waits_goes_on_after_a_restart(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.send(poison()).await;
    region.filed(case("creatinine.hl7")).await;
    region.filed(case("creatinine_corrected.hl7")).await;
    let seen = region.waited("BAD").await;
    region
        .record
        .message_drop(&region.operator, seen, "sent in error")
        .await
        .unwrap();
    // The host that took them in is gone; another one, with nothing in its memory, files them in order.
    let clock = std::sync::Arc::new(record::clock::Written::at_ms(NOW_MS));
    let another = Intake::new(region.record.clone(), clock);
    assert_eq!(another.file_waiting().await, 2);
    let creatinine = region.observation("14682-9").await;
    assert_eq!(
        (&creatinine["status"], &creatinine["meta"]["versionId"]),
        (&json!("corrected"), &json!("2"))
    );
}

pub(super) async fn a_message_is_decided_once(region: Region) {
    region.send(poison()).await;
    let seen = region.waited("BAD").await;
    let (record, operator) = (&region.record, &region.operator);
    record.message_replay(operator, seen).await.unwrap();
    let again = record.message_drop(operator, seen, "too late").await;
    assert!(matches!(again, Err(DecideError::Changed)), "{again:?}");
    // Filed again as it is, it is parked again, with its reason.
    assert_eq!(region.intake.file_waiting().await, 0);
    let now = region.waited("BAD").await;
    assert_ne!(now, seen);
    record
        .message_drop(operator, now, "sent in error")
        .await
        .unwrap();
    let end = record.message_replay(operator, now).await;
    assert!(matches!(end, Err(DecideError::Changed)), "{end:?}");
    // Another site's administrator knows of no such message.
    let elsewhere = record.feed("PAS", "RXL").await.unwrap();
    let hidden = record.message_looked(&elsewhere, now.message).await;
    assert!(
        matches!(hidden, Err(DecideError::Forbidden { .. })),
        "{hidden:?}"
    );
}

pub(super) async fn a_backlog_is_told_once_and_cleared_once(region: Region) {
    let messages = record::limits::BACKLOG_MESSAGES;
    for number in 0..messages {
        assert_eq!(region.record.watch_backlogs().await.unwrap(), (0, 0));
        let id = format!("|B-{number}|");
        let bytes = changed(
            "admission.hl7",
            &[
                ("|ADT-1|", &id),
                ("PV1|1|I", "PV1|1|Q"),
                ("A1001", "A9"),
                ("9434765919", ""),
            ],
        );
        region.send(bytes).await;
    }
    assert_eq!(region.record.watch_backlogs().await.unwrap(), (1, 0));
    assert_eq!(region.record.watch_backlogs().await.unwrap(), (0, 0));
    let task = region.one("Task").await;
    assert_eq!(task["status"], "requested");
    assert_eq!(task["code"]["coding"][0]["code"], "feed-backlog");
    assert!(
        task["description"]
            .as_str()
            .unwrap()
            .starts_with("50 messages of PAS|RXR wait"),
        "{task}"
    );
    region.drop_parked().await;
    assert_eq!(region.record.watch_backlogs().await.unwrap(), (0, 1));
    assert_eq!(region.record.watch_backlogs().await.unwrap(), (0, 0));
    assert_eq!(region.one("Task").await["status"], "completed");
}
