//! Kept calls beside the audit: an edit shows, pruning does not, and a restore cuts them with their leaves.
//!
//! Invariant: each kind of damage is made with the database's own tools, and its opposite passes.

use std::path::Path;
use std::sync::Arc;

use super::verify::tamper;
use crate::Record;
use crate::backup::{Wanted, backup, restore};
use crate::clock::Written;
use crate::departmental::Answer;
use crate::departmental::replay::ReplayError;
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, manifest, observation, open, put, screen};
use crate::log::At;
use crate::store::Place;
use crate::store::call::Which;
use crate::store::scan::scan;
use crate::tests::suite::{NOON_MS, grounds, operator, runtime};
use crate::verify::verify;

/// Damage of four calls, by a statement that both databases understand, and what is said of it.
const DAMAGE: &[(&str, &str)] = &[
    (
        "UPDATE call SET id = 'x' WHERE n = (SELECT min(n) FROM call)",
        "it is not what its leaf says",
    ),
    (
        "UPDATE call SET answer = 'x' WHERE n = (SELECT max(n) FROM call)",
        "it is not what its leaf says",
    ),
    (
        "UPDATE call SET digest = 'x'",
        "it is not what its leaf says",
    ),
    (
        "UPDATE call SET departmental = 'x'",
        "it is not what its leaf says",
    ),
    ("UPDATE call SET t = t + 1", "it is not what its leaf says"),
    (
        "UPDATE call SET at_ms = at_ms - 1",
        "it is not what its leaf says",
    ),
    (
        "UPDATE call SET site = 'RXN'",
        "it is not what its leaf says",
    ),
    (
        "UPDATE call SET body = (SELECT body FROM version WHERE v = 1) WHERE n = (SELECT max(n) FROM call)",
        "it is not what its leaf says",
    ),
    (
        "DELETE FROM call WHERE n = (SELECT max(n) FROM call)",
        "a call was removed",
    ),
    (
        "DELETE FROM call WHERE n = (SELECT min(n) FROM call)",
        "a call was removed",
    ),
    ("DELETE FROM call", "a call was removed"),
    (
        "UPDATE call SET n = 1 WHERE n = (SELECT min(n) FROM call)",
        "a call belongs to no leaf",
    ),
];

async fn opened(place: &Place) -> (Record, Ward) {
    let record = Record::open(place, Arc::new(Written::at_ms(NOON_MS)))
        .await
        .unwrap();
    let ward = Ward::on(&record).await;
    let saying = Scripted::saying(|call, _| Answer::Screen(screen(&call.t.to_string())));
    ward.install(&manifest("pathology", "1.0.0"), saying).await;
    (record, ward)
}

/// Draws so many screens, a commit before each.
async fn drawn(ward: &Ward, n: usize) {
    for _ in 0..n {
        let another = ward.record.current().0 as f64;
        ward.write(vec![put(observation("o1", "p1", another))])
            .await;
        let ask = open("results", Some("p1"));
        ward.record.open_screen(&ward.clinician, ask).await.unwrap();
    }
}

async fn kept(record: &Record) -> usize {
    let all = Which::Since { t: 0, after: 0 };
    let rows = record
        .store()
        .calls(Some("pathology".to_owned()), all, 1_000);
    rows.await.unwrap().len()
}

async fn findings(place: &Place) -> Vec<String> {
    let verdict = verify(place, &mut |_| {}).await.unwrap();
    verdict.findings.into_iter().map(|it| it.what).collect()
}

#[test]
fn an_edited_call_is_found_and_a_pruned_one_is_not_missed() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let whole = ground.another("calls-whole");
            let (record, ward) = opened(&whole).await;
            drawn(&ward, 4).await;
            assert_eq!(record.prune_calls(i64::MAX, 2).await.unwrap(), 2);
            record.close().await;
            let verdict = verify(&whole, &mut |_| {}).await.unwrap();
            assert!(
                verdict.is_whole(),
                "{}: {:?}",
                ground.name,
                verdict.findings
            );
            assert_eq!(verdict.calls, 2);
            tamper(&whole, DAMAGE[9].0).await;
            assert_eq!(
                findings(&whole).await.len(),
                1,
                "one more than was pruned is gone"
            );
            let damaged = ground.another("calls-damaged");
            let (record, ward) = opened(&damaged).await;
            drawn(&ward, 4).await;
            record.close().await;
            tamper(&damaged, "CREATE TABLE undamaged AS SELECT * FROM call").await;
            for (sql, said) in DAMAGE {
                assert_eq!(
                    findings(&damaged).await,
                    Vec::<String>::new(),
                    "{} before {sql}",
                    ground.name
                );
                tamper(&damaged, sql).await;
                let found = findings(&damaged).await;
                assert!(
                    found.iter().any(|it| it.contains(said)),
                    "{} after {sql}: {found:?}",
                    ground.name
                );
                tamper(
                    &damaged,
                    "DELETE FROM call; INSERT INTO call SELECT * FROM undamaged",
                )
                .await;
            }
        });
    }
}

#[test]
fn an_edited_call_is_not_made_again() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let (record, ward) = opened(&ground.place).await;
            drawn(&ward, 2).await;
            let all = Which::Since { t: 0, after: 0 };
            let rows = record
                .store()
                .calls(Some("pathology".to_owned()), all, 10)
                .await
                .unwrap();
            let digest = rows[0].kept.digest.parse().unwrap();
            let other = "(SELECT body FROM call WHERE n = (SELECT max(n) FROM call))";
            let sql = format!("UPDATE call SET body = {other} WHERE n = {}", rows[0].n);
            tamper(&ground.place, &sql).await;
            let who = operator(&record);
            let edited = record.replay(&who, &rows[0].kept.id).await;
            assert!(
                matches!(edited, Err(ReplayError::Edited { .. })),
                "{edited:?}"
            );
            assert!(
                record
                    .replay(&who, &rows[1].kept.id)
                    .await
                    .unwrap()
                    .is_same()
            );
            let since = At::Commit(crate::log::T(0));
            let trial = record.replay_with(&who, &digest, &since, 10).await.unwrap();
            assert_eq!((trial.calls, trial.same, trial.left_out), (2, 1, 1));
            assert!(
                trial.reasons[0].why.contains("was changed"),
                "{:?}",
                trial.reasons
            );
            record.close().await;
        });
    }
}

#[test]
fn a_restore_cuts_calls_with_their_leaves() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (record, ward) = opened(&ground.place).await;
            drawn(&ward, 3).await;
            let then = record.current();
            drawn(&ward, 2).await;
            let (all, last) = (kept(&record).await, record.current());
            backed_up(&ground.place, folder.path(), 0).await;
            // What is pruned later is missing as of then too, and the leaf that says so is cut.
            assert_eq!(record.prune_calls(i64::MAX, 3).await.unwrap(), 2);
            ward.write(vec![put(observation("o1", "p1", 0.5))]).await;
            backed_up(&ground.place, folder.path(), 1).await;
            record.close().await;
            let newest = folder
                .path()
                .read_dir()
                .unwrap()
                .map(|it| it.unwrap().path())
                .max()
                .unwrap();
            for (at, (from, to, left)) in [
                (folder.path(), last, all),
                (folder.path(), then, 3),
                (&newest, then, 1),
                (&newest, last, 3),
            ]
            .into_iter()
            .enumerate()
            {
                let place = ground.another(&format!("calls-back-{at}"));
                let wanted = Wanted {
                    folder: from.to_owned(),
                    to: At::Commit(to),
                    replace: false,
                };
                let clock = Arc::new(Written::at_ms(NOON_MS + 60_000));
                let restored = restore(&place, &wanted, clock, &mut |_| {}).await.unwrap();
                assert!(restored.verdict.is_whole());
                let record = Record::open(&place, Arc::new(Written::at_ms(NOON_MS)))
                    .await
                    .unwrap();
                assert_eq!(kept(&record).await, left, "{} {at}", ground.name);
                record.close().await;
                assert_eq!(findings(&place).await, Vec::<String>::new());
            }
        });
    }
}

#[test]
fn a_call_is_on_disk_when_its_answer_leaves() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let (record, ward) = opened(&ground.place).await;
            let scan = scan(&ground.place).await.unwrap();
            for n in 1..=5 {
                drawn(&ward, 1).await;
                // Read by somebody else, beside a record that is neither closed nor asked: what a kill would leave.
                let mut calls = scan.calls(&scan.head().await.unwrap());
                let mut there = 0;
                while calls.next().await.unwrap().is_some() {
                    there += 1;
                }
                assert_eq!(there, n, "{}", ground.name);
            }
            record.close().await;
        });
    }
}

async fn backed_up(place: &Place, folder: &Path, at_ms: i64) {
    let clock = Written::at_ms(NOON_MS + at_ms);
    backup(place, folder, None, &clock, &mut |_| {})
        .await
        .unwrap();
}
