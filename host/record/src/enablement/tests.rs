//! Who may enable what, where, with which grants and settings.
//!
//! Invariant: what was refused changed nothing.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use super::{Enable, EnableError};
use crate::Record;
use crate::caller::Role;
use crate::departmental::Answer;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, caller, everything, manifest, screen};
use crate::proposal::Proposal;
use crate::tests::on_both_databases;

on_both_databases! {
    decisions_by_case,
    what_is_enabled_is_read_back_from_the_log,
    what_fails_its_golden_cases_is_not_enabled_and_what_runs_goes_on,
    regional_settings_are_equal_everywhere_and_site_settings_need_not_be,
    nobody_writes_an_enablement_past_the_rules,
}

fn said(error: &EnableError) -> &'static str {
    match error {
        EnableError::Forbidden { .. } => "forbidden",
        EnableError::NotFound { .. } => "not found",
        EnableError::NotAskedFor { .. } => "not asked for",
        EnableError::Setting { .. } => "setting",
        EnableError::Library { .. } => "library",
        EnableError::Commit { .. } => "commit",
        EnableError::Read { .. } => "read",
    }
}

fn nothing() -> std::sync::Arc<Scripted> {
    Scripted::saying(|_, _| Answer::Screen(screen("")))
}

/// Wishes that go too far, and what is said to them.
#[rustfmt::skip]
fn too_far(all: &Enable) -> Vec<(Enable, &'static str)> {
    let create = || vec!["create".to_owned()];
    let mut undeleted = all.writes.clone();
    undeleted[0].1.push("delete".to_owned());
    let with = |reads: &[&str]| reads.iter().map(|name| (*name).to_owned()).collect();
    vec![
        (Enable { departmental: "other".parse().unwrap(), ..all.clone() }, "not found"),
        (Enable { digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(), ..all.clone() }, "not found"),
        (Enable { reads: with(&["Observation", "Condition"]), ..all.clone() }, "not asked for"),
        (Enable { writes: vec![("Condition".to_owned(), create())], ..all.clone() }, "not asked for"),
        (Enable { writes: undeleted, ..all.clone() }, "not asked for"),
        (Enable { intake: with(&["hl7v2:ORU^R30"]), ..all.clone() }, "not asked for"),
        (Enable { hooks: with(&["patient-view"]), ..all.clone() }, "not asked for"),
        (Enable { settings: json!({ "days": "many" }), ..all.clone() }, "setting"),
        (Enable { settings: json!({ "other": 1 }), ..all.clone() }, "setting"),
        (Enable { settings: json!({ "ratio": "2.00" }), ..all.clone() }, "setting"),
    ]
}

async fn decisions_by_case(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .library
        .publish(&manifest("pathology", "1.0.0"), nothing())
        .unwrap();
    let all = everything(&release);
    let before = record.current();
    let operator = record.operator(ward.clinician.site());
    for who in [&ward.clinician, &operator] {
        assert_eq!(
            said(&record.enable(who, all.clone()).await.unwrap_err()),
            "forbidden"
        );
        assert_eq!(said(&record.releases(who).await.unwrap_err()), "forbidden");
        assert_eq!(
            said(&record.disable(who, &release.id, "").await.unwrap_err()),
            "forbidden"
        );
    }
    for (wanted, answer) in too_far(&all) {
        let error = record
            .enable(&ward.administrator, wanted)
            .await
            .unwrap_err();
        assert_eq!(said(&error), answer, "{error}");
    }
    assert_eq!(record.current(), before);
    assert!(record.enabled(ward.administrator.site()).await.is_empty());
    let unknown = record
        .disable(&ward.administrator, &release.id, "")
        .await
        .unwrap_err();
    assert_eq!(said(&unknown), "not found");
    assert_eq!(record.releases(&ward.administrator).await.unwrap().len(), 1);
}

async fn what_is_enabled_is_read_back_from_the_log(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .library
        .publish(&manifest("pathology", "1.0.0"), nothing())
        .unwrap();
    let wanted = Enable {
        reads: vec!["Observation".to_owned()],
        settings: json!({ "days": 14 }),
        ..everything(&release)
    };
    let receipt = record.enable(&ward.administrator, wanted).await.unwrap();
    let site = ward.administrator.site();
    let enabled = record.enabled(site).await;
    assert_eq!(enabled.len(), 1);
    let it = &enabled[0];
    assert_eq!(
        (it.digest.clone(), it.since, it.by.as_str()),
        (release.digest.clone(), receipt.t, "grace")
    );
    assert_eq!(it.reads, ["Observation"]);
    assert_eq!(it.writes, everything(&release).writes);
    assert_eq!(it.settings, json!({ "ratio": "1.50", "days": 14 }));
    assert!(record.enabled(&"RXN".parse().unwrap()).await.is_empty());
    record
        .disable(&ward.administrator, &release.id, "an incident")
        .await
        .unwrap();
    assert!(record.enabled(site).await.is_empty());
    let resource = ward.body(&receipt.outcomes[0].key.to_string()).await;
    assert!(resource.to_string().contains("an incident"));
}

async fn what_fails_its_golden_cases_is_not_enabled_and_what_runs_goes_on(record: Record) {
    let ward = Ward::on(&record).await;
    let runs = ward
        .install(&manifest("pathology", "1.0.0"), nothing())
        .await;
    let newer = ward
        .library
        .publish(&manifest("pathology", "1.1.0"), nothing())
        .unwrap();
    for release in [&runs, &newer] {
        ward.library.fail_rehearsal(
            &release.digest,
            "golden case cumulative: it answers otherwise",
        );
    }
    let refused = record
        .enable(&ward.administrator, everything(&newer))
        .await
        .unwrap_err();
    assert_eq!(said(&refused), "library");
    assert!(crate::with_causes(&refused).contains("golden case cumulative"));
    let enabled = record.enabled(ward.administrator.site()).await;
    assert_eq!(enabled[0].digest, runs.digest);
    // What runs here has passed: its settings and grants can be changed.
    let changed = Enable {
        settings: json!({ "days": 21 }),
        ..everything(&runs)
    };
    record.enable(&ward.administrator, changed).await.unwrap();
}

async fn regional_settings_are_equal_everywhere_and_site_settings_need_not_be(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), nothing())
        .await;
    let mut newer = manifest("pathology", "2.0.0");
    newer["settings"][0]["default"] = Value::String("2.00".to_owned());
    let newer = ward.library.publish(&newer, nothing()).unwrap();
    let elsewhere = caller("alan", Role::TrustAdministrator, "RXN");
    let with = |release, settings| Enable {
        settings,
        ..everything(release)
    };
    let other = record
        .enable(&elsewhere, with(&newer, Value::Null))
        .await
        .unwrap_err();
    assert_eq!(said(&other), "setting");
    assert!(other.to_string().contains("RXR"), "{other}");
    record
        .enable(
            &elsewhere,
            with(&newer, json!({ "ratio": "1.50", "days": 3 })),
        )
        .await
        .unwrap();
    record
        .enable(&ward.administrator, with(&release, json!({ "days": 9 })))
        .await
        .unwrap();
}

async fn nobody_writes_an_enablement_past_the_rules(record: Record) {
    let ward = Ward::on(&record).await;
    let release = ward
        .install(&manifest("pathology", "1.0.0"), nothing())
        .await;
    let enabled = record.enabled(ward.administrator.site()).await;
    let (_, forged) = super::codec::written(&enabled[0], None).unwrap();
    let forged = crate::departmental::tests::put(forged.into_value());
    for caller in [
        &ward.clinician,
        &ward.administrator,
        &record.operator(ward.clinician.site()),
    ] {
        assert!(
            record
                .commit(caller, Proposal::direct(vec![forged.clone()]))
                .await
                .is_err(),
            "{caller:?}"
        );
    }
    assert_eq!(
        record.enabled(ward.administrator.site()).await[0].digest,
        release.digest
    );
}
