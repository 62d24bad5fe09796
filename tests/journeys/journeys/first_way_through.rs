//! The main job once: from an analyser's message to an alert, to a sandboxed departmental's screen, to a signature.
//!
//! Dr Okafor at Royal Blackburn signs in, finds a patient whose kidneys have got worse, and acts on it.

use serde_json::Value;

use crate::browser::Browser;
use crate::ground::{Database, Ground};
use crate::hl7::{Person, admission, creatinine};
use crate::partner::Partner;

/// Nobody else has this number: the test range, with a valid check digit.
const MAUREEN: Person<'_> = Person {
    nhs_number: "9991122338",
    family: "HARGREAVES",
    given: "Maureen",
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_message_to_signature_on_sqlite() {
    first_way_through(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_message_to_signature_on_postgres() {
    first_way_through(Database::Postgres).await;
}

async fn first_way_through(database: Database) {
    let ground = Ground::new(database).await;
    messages_come_in(&ground).await;
    let mut partner = Partner::sign_in(&ground).await;
    let patient = partner
        .only(
            "Patient",
            &format!(
                "identifier=https://fhir.nhs.uk/Id/nhs-number|{}",
                MAUREEN.nhs_number
            ),
        )
        .await;
    let patient = patient["id"].as_str().unwrap().to_owned();
    let before = ground.host.record.current();
    ground.send(&creatinine(&MAUREEN, "R3", "171", 2)).await;
    the_departmental_reacts(&ground, &mut partner, &patient).await;
    a_clinician_acts(&ground, &patient).await;
    who_wrote_what_is_known(&mut partner, &patient).await;
    the_past_stays_as_it_was(&mut partner, &patient, before.0).await;
    ground.host.stop().await;
}

/// An admission, two usual results; a repeated message has no second effect; a broken one is answered and held back alone.
async fn messages_come_in(ground: &Ground) {
    let answers = [
        (admission(&MAUREEN, "A1"), "MSA|AA|A1"),
        (creatinine(&MAUREEN, "R1", "78", 24 * 40), "MSA|AA|R1"),
        (creatinine(&MAUREEN, "R2", "76", 24 * 20), "MSA|AA|R2"),
        (creatinine(&MAUREEN, "R2", "76", 24 * 20), "MSA|AA|R2"),
        (
            String::from(
                "MSH|^~\\&|LAB|RXR|PALATINE|REGION|20261122||ORU^R01|B1|P|2.4\rPID|1||not a number^^^NHS^NH\r",
            ),
            "MSA|AE|B1",
        ),
    ];
    for (message, answer) in answers {
        let said = ground.send(&message).await;
        assert!(said.contains(answer), "{answer} was expected: {said:?}");
    }
}

/// The reaction writes an alert and a task, once.
async fn the_departmental_reacts(ground: &Ground, partner: &mut Partner, patient: &str) {
    let record = &ground.host.record;
    let mut seen = record.current();
    let issue = loop {
        let found = partner
            .all("DetectedIssue", &format!("patient={patient}"))
            .await;
        if let Some(issue) = found.into_iter().next() {
            break issue;
        }
        // The journey's own time limit ends this when no reaction comes.
        seen = record.wait_after(seen).await;
    };
    let text = issue.to_string();
    assert!(
        text.contains("AKI") && text.contains("171"),
        "the alert says what was found in numbers: {text}"
    );
    let tasks = partner.all("Task", &format!("patient={patient}")).await;
    assert_eq!(tasks.len(), 1, "one task for one alert: {tasks:?}");
}

async fn a_clinician_acts(ground: &Ground, patient: &str) {
    let browser = Browser::signed_in(ground, "clinician.rxr").await;
    browser.fill("Find patient", MAUREEN.nhs_number).await;
    browser.press("Find patient").await;
    browser.sees("HARGREAVES, Maureen").await;
    browser.press("HARGREAVES, Maureen").await;
    browser.picture(&format!("{}-1-patient", ground.name)).await;
    browser.sees("999 112 2338").await;
    // The departmental's card on the summary.
    browser.sees("AKI stage 2, by the creatinine taken").await;
    browser.sees("3 reports are not yet read.").await;
    browser.press("Cumulative results").await;
    browser
        .picture(&format!("{}-2-cumulative", ground.name))
        .await;
    for words in [
        "HARGREAVES, Maureen",
        "171",
        "78",
        "AKI stage 2",
        "Creatinine",
    ] {
        browser.sees(words).await;
    }
    browser.press("Acknowledge").await;
    browser
        .picture(&format!("{}-3-acknowledge", ground.name))
        .await;
    browser.choose("Urea and electrolytes").await;
    browser.choose("I am acting on this").await;
    browser.press("Acknowledge and sign").await;
    browser
        .picture(&format!("{}-4-acknowledged", ground.name))
        .await;
    browser.sees("Saved").await;
    browser.sees("Acknowledge 2 reports not yet read").await;
    browser.go(&format!("/patients/{patient}")).await;
    browser.sees("HARGREAVES, Maureen").await;
    browser.sees("2 reports are not yet read.").await;
}

/// What the departmental wrote carries provenance with the digest of the bytes that ran.
async fn who_wrote_what_is_known(partner: &mut Partner, patient: &str) {
    let tasks = partner
        .all("Task", &format!("patient={patient}&status=completed"))
        .await;
    let signed = tasks
        .first()
        .expect("the acknowledgement is a completed task");
    let target = format!("target=Task/{}", signed["id"].as_str().unwrap());
    let provenance = partner.only("Provenance", &target).await.to_string();
    assert!(
        provenance.contains("sha256:"),
        "provenance names the module's digest: {provenance}"
    );
    assert!(
        provenance.contains("clinician.rxr"),
        "provenance names who signed: {provenance}"
    );
}

/// The search of before the third result answers what it answered then.
async fn the_past_stays_as_it_was(partner: &mut Partner, patient: &str, before: u64) {
    let values = |found: Vec<Value>| -> Vec<String> {
        found
            .iter()
            .map(|one| one["valueQuantity"]["value"].to_string())
            .collect()
    };
    let query = format!("patient={patient}&code=http://loinc.org|14682-9&_sort=date");
    assert_eq!(
        values(
            partner
                .all("Observation", &format!("{query}&_asOf={before}"))
                .await
        ),
        ["78", "76"]
    );
    assert_eq!(
        values(partner.all("Observation", &query).await),
        ["78", "76", "171"]
    );
}
