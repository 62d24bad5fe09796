//! Numbers that are given once, whoever asks at once, and stand in the commit that uses them.
//!
//! Invariant: what is counted is what was committed: a proposal that is refused counts nothing.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{KINDS, Wanted};
use crate::Record;
use crate::caller::Role;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, caller, everything, manifest, put, submit, task};
use crate::departmental::{Answer, Question, Release};
use crate::log::T;
use crate::tests::on_both_databases;

on_both_databases! {
    every_number_is_given_once_and_with_its_commit,
    sites_and_kinds_count_by_themselves,
}

/// Proposes what the form says, asking for the kinds it says.
fn asking() -> std::sync::Arc<Scripted> {
    Scripted::saying(|_, question| {
        let Question::Submit { form, .. } = question else {
            return Answer::Screen(json!({}));
        };
        let mut changes = vec![json!({
            "action": "create", "resource": form["resource"], "identifiers": form["kinds"],
        })];
        if form["stale"] == true {
            let mut gone = task("p1");
            gone["id"] = form["id"].clone();
            changes.push(json!({ "action": "update", "resource": gone, "seen": "1" }));
        }
        let proposal = json!({ "proposal": 1, "summary": "numbers", "changes": changes });
        Answer::Outcome(json!({ "outcome": 1, "proposal": proposal }))
    })
}

fn numbering() -> Value {
    let mut manifest = manifest("pathology", "1.0.0");
    let writes = ["Task", "Specimen", "ServiceRequest"];
    manifest["writes"] = json!(writes.map(
        |of| json!({ "type": of, "actions": ["create", "update"], "reason": "To order and to take" })
    ));
    manifest
}

async fn sent(
    record: &Record,
    release: &Release,
    site: &str,
    key: &str,
    form: Value,
) -> Vec<Value> {
    let who = caller("ada", Role::Clinician, site);
    let done = record.submit_screen(&who, submit(release, key, form)).await;
    let receipt = done.unwrap().receipt.unwrap();
    let bodies = receipt.outcomes.iter().filter_map(|it| it.body.clone());
    bodies
        .map(|body| serde_json::from_str(&body).unwrap())
        .collect()
}

async fn every_number_is_given_once_and_with_its_commit(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward.install(&numbering(), asking()).await;
    let form = |n: usize| json!({ "n": n, "resource": task("p1"), "kinds": ["order-number"] });
    let mut all = tokio::task::JoinSet::new();
    for n in 0..24 {
        let (record, release) = (record.clone(), release.clone());
        all.spawn(async move {
            let made = sent(&record, &release, "RXR", &format!("k{n}"), form(n)).await;
            made[0]["identifier"][0].clone()
        });
    }
    let given = all.join_all().await;
    let numbers: BTreeSet<&str> = given
        .iter()
        .map(|it| it["value"].as_str().unwrap())
        .collect();
    let wanted: Vec<String> = (1..=24).map(|n| format!("RXR-{n:07}")).collect();
    assert_eq!(numbers.into_iter().collect::<Vec<_>>(), wanted);
    assert_eq!(given[0]["system"], "urn:palatine:identifier:order-number");
    assert_eq!(given[0]["type"]["coding"][0]["code"], "PLAC");
    // The same form again has the effect it had.
    let again = sent(&record, &release, "RXR", "k3", form(3)).await;
    assert!(given.contains(&again[0]["identifier"][0]));
    // What is refused counts nothing; the next number follows.
    ward.write(vec![put(with_id("t1"))]).await;
    let mut newer = with_id("t1");
    newer["status"] = json!("completed");
    ward.write(vec![put(newer)]).await;
    let mut stale = form(30);
    stale["stale"] = json!(true);
    stale["id"] = json!("t1");
    let who = caller("ada", Role::Clinician, "RXR");
    let refused = record
        .submit_screen(&who, submit(&release, "k30", stale))
        .await;
    assert!(refused.unwrap_err().to_string().contains("not committed"));
    let next = sent(&record, &release, "RXR", "k31", form(31)).await;
    assert_eq!(next[0]["identifier"][0]["value"], "RXR-0000025");
    // The counter is in the commit of what it counts, and none of the departmental's doing.
    let last = record
        .commits_after(T(record.current().0 - 1), 1)
        .await
        .unwrap();
    let keys: Vec<String> = last[0]
        .changes
        .iter()
        .map(|it| it.key.resource_type.to_string())
        .collect();
    assert_eq!(keys, ["Task", "Basic", "Provenance"]);
    let provenance = ward.body(&last[0].changes[2].key.to_string()).await;
    let targets = provenance["target"].as_array().unwrap();
    assert_eq!(targets.len(), 1, "{targets:?}");
    // A call made again is compared by what was proposed, not by the number that was given.
    let call = last[0].departmental.clone().unwrap().call;
    let again = record
        .replay(&record.operator(who.site()), &call)
        .await
        .unwrap();
    assert!(again.is_same(), "{:?}", again.differences);
}

fn with_id(id: &str) -> Value {
    let mut task = task("p1");
    task["id"] = Value::from(id);
    task
}

async fn sites_and_kinds_count_by_themselves(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward.install(&numbering(), asking()).await;
    let elsewhere = caller("alan", Role::TrustAdministrator, "RXN");
    record
        .enable(&elsewhere, everything(&release))
        .await
        .unwrap();
    let specimen = json!({ "resourceType": "Specimen", "subject": { "reference": "Patient/p1" } });
    let request = json!({
        "resourceType": "ServiceRequest", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/p1" }, "identifier": [{ "system": "urn:lune", "value": "7" }],
    });
    let both = json!(["accession-number", "order-number"]);
    let rows = [
        (
            "RXR",
            &specimen,
            json!(["accession-number"]),
            "/accessionIdentifier/value",
            "RXR-0000001",
        ),
        (
            "RXN",
            &specimen,
            json!(["accession-number"]),
            "/accessionIdentifier/value",
            "RXN-0000001",
        ),
        (
            "RXR",
            &request,
            both.clone(),
            "/identifier/1/value",
            "RXR-0000002",
        ),
        ("RXR", &request, both, "/identifier/2/value", "RXR-0000002"),
        ("RXR", &request, json!([]), "/identifier/0/value", "7"),
    ];
    for (n, (site, resource, kinds, pointer, number)) in rows.into_iter().enumerate() {
        let form = json!({ "resource": resource, "kinds": kinds });
        let made = sent(&record, &release, site, &format!("k{n}"), form).await;
        assert_eq!(made[0].pointer(pointer).unwrap(), number, "{}", made[0]);
    }
}

#[test]
fn kinds_by_case() {
    for (word, of, words) in [
        ("accession-number", "Specimen", ""),
        ("order-number", "Task", ""),
        (
            "order-number",
            "Specimen",
            "order-number is given to: DeviceRequest",
        ),
        (
            "nhs-number",
            "Patient",
            "this host gives no such identifier; it gives: accession-number, order-number",
        ),
    ] {
        match Wanted::of(0, word, of) {
            Ok(_) => assert_eq!(words, "", "{word} of {of}"),
            Err(what) => assert!(!words.is_empty() && what.starts_with(words), "{what}"),
        }
    }
    // The schema lists the same.
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../wit/schemas/proposal-1.json"
    );
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let listed = schema
        .pointer("/properties/changes/items/oneOf/0/properties/identifiers/items/enum")
        .unwrap();
    assert_eq!(*listed, json!(KINDS.map(|kind| kind.word)));
}
