//! Backups of a record that goes on being written, put back as of a commit and compared record by record.
//!
//! Invariant: what is put back equals what stood, passes `verify`, and can be written to again.

use std::path::Path;
use std::sync::Arc;

use fhir::resource::Key;
use serde_json::{Value, json};

use crate::backup::{BackupError, Manifest, Taken, Wanted, backup, restore};
use crate::clock::Written;
use crate::log::{At, T};
use crate::proposal::{Change, CursorMove, Proposal};
use crate::read::{History, HistoryOf};
use crate::search::Page;
use crate::store::Place;
use crate::tests::suite::{NOON_MS, commit, create, found, grounds, operator, runtime, update};
use crate::verify::verify;
use crate::{Record, Stored};

/// Searches whose answers have to be the same after a restore.
const SEARCHES: [&str; 6] = [
    "Patient?_count=1000",
    "Patient?family=hill&_count=1000",
    "Patient?gender=female&_count=1000",
    "Observation?_sort=-date&_count=1000",
    "Observation?code=x&_count=1000",
    "Observation?value-quantity=gt4&_count=1000",
];

/// Everything that can be asked of a record now.
#[derive(Debug, PartialEq)]
struct Seen {
    t: T,
    versions: Vec<Stored>,
    found: Vec<Vec<Stored>>,
    cursor: Option<T>,
}

async fn seen(record: &Record) -> Seen {
    let (who, mut versions, mut page) = (operator(record), Vec::new(), None);
    loop {
        let ask = History {
            of: HistoryOf::System,
            since: None,
            during: None,
            as_of: At::Now,
            n_max: 1_000,
            page,
        };
        let turned = record.history(&who, &ask).await.unwrap();
        versions.extend(turned.versions);
        page = turned.next;
        if page.is_none() {
            break;
        }
    }
    let mut all = Vec::new();
    for asked in SEARCHES {
        let mut matches = found(record, asked, &Page::First(At::Now)).await.matches;
        matches.sort_by_key(|stored| stored.key.to_string());
        all.push(matches);
    }
    Seen {
        t: record.current(),
        versions,
        found: all,
        cursor: record.cursor("reader").await.unwrap(),
    }
}

/// Writes of every kind, the same for the same number.
async fn write(record: &Record, n: u64, keys: &mut Vec<Key>) {
    let person = |family: &str, gender: &str| json!({ "resourceType": "Patient", "gender": gender, "name": [{ "family": family }] });
    let of = |subject: &Key, value: u64| -> Value {
        json!({ "resourceType": "Observation", "status": "final", "code": { "coding": [{ "code": "x" }] },
            "subject": { "reference": subject.to_string() }, "effectiveDateTime": format!("2026-01-{:02}", value % 28 + 1),
            "valueQuantity": { "value": value, "unit": "mmol/L" } })
    };
    let family = if n.is_multiple_of(2) { "Hill" } else { "Dale" };
    let made = commit(record, vec![create(person(family, "female"))]).await;
    let patient = made.outcomes[0].key.clone();
    let made = commit(
        record,
        vec![create(of(&patient, n)), create(of(&patient, n + 1))],
    )
    .await;
    let (one, two) = (made.outcomes[0].key.clone(), made.outcomes[1].key.clone());
    if let Some(other) = keys.last() {
        commit(record, vec![update(&one, of(other, n + 2), None)]).await;
    }
    commit(record, vec![update(&patient, person("Hill", "male"), None)]).await;
    commit(
        record,
        vec![Change::Delete {
            key: two,
            seen: None,
        }],
    )
    .await;
    let proposal = Proposal {
        cursor: Some(CursorMove {
            name: "reader".to_owned(),
            from: record.cursor("reader").await.unwrap(),
            to: None,
            under: None,
        }),
        ..Proposal::direct(vec![create(person("Reader", "other"))])
    };
    record.commit(&operator(record), proposal).await.unwrap();
    keys.push(patient);
}

async fn open(place: &Place) -> Record {
    Record::open(place, Arc::new(Written::at_ms(NOON_MS)))
        .await
        .unwrap()
}

async fn taken(place: &Place, folder: &Path, keep: Option<usize>, at_ms: i64) -> Taken {
    let clock = Written::at_ms(NOON_MS + at_ms);
    backup(place, folder, keep, &clock, &mut |_| {})
        .await
        .unwrap()
}

fn wanted(folder: &Path, to: At) -> Wanted {
    Wanted {
        folder: folder.to_owned(),
        to,
        replace: false,
    }
}

#[test]
fn what_is_put_back_as_of_a_commit_equals_what_stood() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let record = open(&ground.place).await;
            let (mut keys, mut stood) = (Vec::new(), Vec::new());
            for n in 0..4 {
                write(&record, n, &mut keys).await;
                stood.push(seen(&record).await);
            }
            // The record is served while it is copied.
            let writing = tokio::spawn({
                let (record, mut keys) = (record.clone(), keys.clone());
                async move {
                    for n in 4..10 {
                        write(&record, n, &mut keys).await;
                    }
                }
            });
            let first = taken(&ground.place, folder.path(), None, 0).await;
            writing.await.unwrap();
            let last = seen(&record).await;
            taken(&ground.place, folder.path(), None, 1).await;
            record.close().await;
            assert!(T(first.manifest.t.unsigned_abs()) >= stood[3].t);
            stood.push(last);
            for (at, before) in stood.iter().enumerate() {
                let place = ground.another(&format!("back-{at}"));
                let wanted = wanted(folder.path(), At::Commit(before.t));
                let clock = Arc::new(Written::at_ms(NOON_MS + 60_000));
                let restored = restore(&place, &wanted, clock, &mut |_| {}).await.unwrap();
                assert_eq!(restored.t, before.t, "{}", ground.name);
                assert!(restored.verdict.is_whole());
                let record = open(&place).await;
                assert_eq!(
                    seen(&record).await,
                    *before,
                    "{} to {}",
                    ground.name,
                    before.t
                );
                let leaves = record
                    .audit_leaves(&operator(&record), 0, 1_000)
                    .await
                    .unwrap();
                assert!(leaves.iter().any(|leaf| leaf.what == "restore"));
                write(&record, 20, &mut keys[..=at.min(3)].to_vec()).await;
                record.close().await;
                let verdict = verify(&place, &mut |_| {}).await.unwrap();
                assert!(
                    verdict.is_whole(),
                    "{}: {:?}",
                    ground.name,
                    verdict.findings
                );
            }
        });
    }
}

#[test]
fn a_restore_refuses_what_would_lose_or_lie() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let record = open(&ground.place).await;
            write(&record, 0, &mut Vec::new()).await;
            record.close().await;
            let one = taken(&ground.place, folder.path(), None, 0).await;
            let put = async |wanted: Wanted, place: &Place| {
                let clock = Arc::new(Written::at_ms(NOON_MS));
                restore(place, &wanted, clock, &mut |_| {}).await
            };
            let again = put(wanted(folder.path(), At::Now), &ground.place).await;
            assert!(
                matches!(again, Err(BackupError::NotEmpty { .. })),
                "{again:?}"
            );
            let replace = Wanted {
                replace: true,
                ..wanted(folder.path(), At::Commit(T(2)))
            };
            assert_eq!(put(replace, &ground.place).await.unwrap().t, T(2));
            let empty = ground.another("empty");
            let later = put(wanted(folder.path(), At::Commit(T(99))), &empty).await;
            assert!(
                matches!(later, Err(BackupError::NoBackup { .. })),
                "{later:?}"
            );
            let later = At::Instant("2026-11-23T00:00:00Z".to_owned());
            let later = put(wanted(folder.path(), later), &empty).await;
            assert!(
                matches!(later, Err(BackupError::NoBackup { .. })),
                "{later:?}"
            );
            // A byte of the copy is changed.
            let file = one.folder.join(&one.manifest.file.name);
            let mut bytes = std::fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&file, bytes).unwrap();
            let damaged = put(wanted(folder.path(), At::Now), &empty).await;
            assert!(
                matches!(damaged, Err(BackupError::Damaged { .. })),
                "{damaged:?}"
            );
            // A program that knew more tables made it.
            let path = one.folder.join("manifest.json");
            let text = std::fs::read_to_string(&path).unwrap();
            let mut manifest: Manifest = serde_json::from_str(&text).unwrap();
            manifest.schema.push("later".to_owned());
            std::fs::write(&path, serde_json::to_string(&manifest).unwrap()).unwrap();
            let other = put(wanted(folder.path(), At::Now), &empty).await;
            assert!(matches!(other, Err(BackupError::Other { .. })), "{other:?}");
        });
    }
}

#[test]
fn the_newest_backups_are_kept() {
    let runtime = runtime();
    let ground = &grounds()[0];
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let record = open(&ground.place).await;
        for n in 0..4 {
            commit(&record, vec![create(json!({ "resourceType": "Patient" }))]).await;
            taken(&ground.place, folder.path(), Some(2), n * 1_000).await;
        }
        record.close().await;
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["2026-11-22T09-30-02.000Z-t3", "2026-11-22T09-30-03.000Z-t4"]
        );
    });
}
