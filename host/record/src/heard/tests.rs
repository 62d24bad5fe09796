//! Sources by case: who is named, when each was last heard from, and what is told of whom.
//!
//! Invariant: the same on both databases.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::json;

use crate::caller::{Caller, Role};
use crate::departmental::tests::{Ward, caller, observation, put};
use crate::log::{At, T};
use crate::message::{Arrival, Kept, State};
use crate::proposal::{Basis, Change, Proposal};
use crate::tests::on_both_databases;
use crate::{Kind, Record};

on_both_databases! {
    each_source_says_when_it_was_last_heard_from,
    only_who_may_know_is_told,
}

/// Files changes of a message of this feed.
async fn file(record: &Record, feed: &Caller, control_id: &str, changes: Vec<Change>) -> T {
    let source = format!("{}|{}", feed.account().to_uppercase(), feed.site());
    let proposal = Proposal {
        changes,
        basis: Basis::Message {
            source: source.clone(),
            control_id: control_id.to_owned(),
        },
        message: Some(Kept {
            source,
            control_id: control_id.to_owned(),
            received_at: "2026-11-18T00:00:00Z".to_owned(),
            bytes: control_id.as_bytes().to_vec(),
            state: State::Filed,
            numbers: Vec::new(),
            place: None,
            arrival: Arrival::New,
        }),
        cursor: None,
    };
    record.commit(feed, proposal).await.unwrap().t
}

async fn told(record: &Record, who: &Caller, patient: &str, at: &At) -> Vec<String> {
    let sources = record.heard_of(who, &patient.parse().unwrap(), at).await;
    let line = |it: crate::heard::Source| {
        let of = it
            .of_person
            .map_or_else(|| "never".to_owned(), |it| it.t.to_string());
        format!("{} {}: {}, of {patient} {of}", it.name, it.site, it.last.t)
    };
    sources.unwrap().into_iter().map(line).collect()
}

async fn each_source_says_when_it_was_last_heard_from(record: Record) {
    let ward = Ward::on(&record).await;
    assert!(
        told(&record, &ward.clinician, "p1", &At::Now)
            .await
            .is_empty()
    );
    let (lab, pas) = (
        caller("lab", Role::Feed, "RXR"),
        caller("pas", Role::Feed, "RTX"),
    );
    let one = file(&record, &lab, "1", vec![put(observation("l1", "p1", 1.0))]).await;
    let two = file(&record, &lab, "2", vec![put(observation("l2", "p2", 1.0))]).await;
    let three = file(
        &record,
        &pas,
        "1",
        vec![put(
            json!({ "resourceType": "Patient", "id": "p1", "name": [{ "family": "New" }] }),
        )],
    )
    .await;
    // A person's own change is no source's.
    ward.write(vec![put(observation("o9", "p1", 1.0))]).await;
    let who = &ward.clinician;
    let want = [
        format!("LAB|RXR RXR: {two}, of p1 {one}"),
        format!("PAS|RTX RTX: {three}, of p1 {three}"),
    ];
    assert_eq!(told(&record, who, "p1", &At::Now).await, want);
    let want = [
        format!("LAB|RXR RXR: {two}, of p2 {two}"),
        format!("PAS|RTX RTX: {three}, of p2 never"),
    ];
    assert_eq!(told(&record, who, "p2", &At::Now).await, want);
    let want = [format!("LAB|RXR RXR: {one}, of p2 never")];
    assert_eq!(told(&record, who, "p2", &At::Commit(one)).await, want);
}

async fn only_who_may_know_is_told(record: Record) {
    let ward = Ward::on(&record).await;
    let lab = caller("lab", Role::Feed, "RXR");
    file(&record, &lab, "1", vec![put(observation("l1", "p1", 1.0))]).await;
    let here = caller("grace", Role::TrustAdministrator, "RXR");
    let elsewhere = caller("grace", Role::TrustAdministrator, "RTX");
    assert_eq!(record.sources(&here).await.unwrap().len(), 1);
    assert_eq!(record.sources(&elsewhere).await.unwrap().len(), 0);
    let operator = record.operator(ward.clinician.site());
    assert_eq!(record.sources(&operator).await.unwrap().len(), 1);
    let no = record.sources(&ward.clinician).await;
    assert_eq!(no.unwrap_err().kind(), Kind::Forbidden);
    let no = record
        .heard_of(&here, &"p1".parse().unwrap(), &At::Now)
        .await;
    assert_eq!(no.unwrap_err().kind(), Kind::Forbidden);
    let no = record
        .heard_of(&ward.clinician, &"nobody".parse().unwrap(), &At::Now)
        .await;
    assert_eq!(no.unwrap_err().kind(), Kind::NotFound);
}
