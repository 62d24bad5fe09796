//! Jobs: import and export of whole records, cut off in the middle and gone on with, and who may do what with them.
//!
//! Invariant: what was exported and imported again equals record by record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fhir::resource::Key;
use serde_json::{Value, json};

use crate::caller::{Caller, Role};
use crate::clock::{Clock, Written};
use crate::job::export::{ExportAsk, Level};
use crate::job::import::Imported;
use crate::job::{FileOf, Job, JobError, JobId, Pause, Stands};
use crate::log::{At, T};
use crate::proposal::Change;
use crate::search::Page;
use crate::store::{Place, Wanted};
use crate::tests::suite::{NOON_MS, commit, create, found, grounds, operator, runtime, update};
use crate::verify::verify;
use crate::{Kind, Record, limits};

/// A record with a folder for its jobs, and the hands of its clock.
async fn open(place: &Place, files: &Path) -> (Record, Arc<Written>) {
    let clock = Arc::new(Written::at_ms(NOON_MS));
    let record = Record::open(place, Arc::<Written>::clone(&clock))
        .await
        .unwrap();
    record.with_jobs(files.to_owned());
    (record, clock)
}

fn write(folder: &Path, name: &str, lines: &[Value]) {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(folder.join(name), lines.join("\n")).unwrap();
}

fn patient(id: &str, family: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id, "name": [{ "family": family }] })
}

fn observation(id: &str, of: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|id| json!({ "reference": format!("Observation/{id}") }))
        .collect();
    let mut it = json!({ "resourceType": "Observation", "id": id, "status": "final", "code": { "text": "x" },
        "subject": { "reference": format!("Patient/{of}") } });
    if !members.is_empty() {
        it["hasMember"] = json!(members);
    }
    it
}

/// Everything that stands, as it was written: without `meta`.
async fn all(record: &Record) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for of in ["Patient", "Observation", "Group", "Organization"] {
        let mut page = Page::First(At::Now);
        loop {
            let found = found(record, &format!("{of}?_count=1000"), &page).await;
            for stored in found.matches {
                let mut body: Value =
                    serde_json::from_str(stored.body.as_deref().unwrap()).unwrap();
                body.as_object_mut().unwrap().remove("meta");
                all.insert(stored.key.to_string(), body);
            }
            match found.next {
                Some(next) => page = Page::Next(next),
                None => break,
            }
        }
    }
    all
}

async fn imported(record: &Record, folder: &Path) -> Imported {
    record
        .import_folder(&operator(record), folder)
        .await
        .unwrap()
}

fn ask(level: Level) -> ExportAsk {
    ExportAsk {
        level,
        types: Vec::new(),
        since: None,
        filters: Vec::new(),
        at: At::Now,
        request: "/fhir/$export".to_owned(),
    }
}

async fn exported(record: &Record, ask: &ExportAsk) -> Job {
    let who = operator(record);
    let id = record.export(&who, ask).await.unwrap();
    assert!(matches!(
        record.job(&who, &id).await.unwrap().stands,
        Stands::Running(_)
    ));
    record.work_once().await.unwrap();
    record.job(&who, &id).await.unwrap()
}

/// The lines of a finished export by what they are.
async fn lines(record: &Record, job: &Job) -> BTreeMap<String, Vec<String>> {
    let Stands::Done { files, .. } = &job.stands else {
        panic!("{job:?}");
    };
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let path = record
            .job_file(&operator(record), &job.id, &file.name)
            .await
            .unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count() as u64, file.count, "{file:?}");
        let of = match &file.of {
            FileOf::Resources(of) => of.clone(),
            FileOf::Deleted => "deleted".to_owned(),
            FileOf::Errors | FileOf::Rejected => panic!("{file:?}"),
        };
        all.entry(of)
            .or_default()
            .extend(text.lines().map(str::to_owned));
    }
    all
}

/// The ids of a finished export, in order.
async fn ids(record: &Record, job: &Job) -> Vec<String> {
    let mut ids = Vec::new();
    for (of, lines) in lines(record, job).await {
        for line in lines {
            let value: Value = serde_json::from_str(&line).unwrap();
            ids.push(match of.as_str() {
                "deleted" => format!("-{}", value["entry"][0]["request"]["url"].as_str().unwrap()),
                _ => format!("{of}/{}", value["id"].as_str().unwrap()),
            });
        }
    }
    ids.sort();
    ids
}

#[test]
fn lines_are_filed_in_any_order_and_what_cannot_be_is_kept_with_its_reason() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let (files, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let (record, _) = open(&ground.place, files.path()).await;
            write(from.path(), "Observation.ndjson", &[
                observation("first", "p1", &["last"]),
                observation("one-of-a-circle", "p2", &["other-of-the-circle"]),
                observation("dangling", "p1", &["nowhere"]),
                observation("on-what-dangles", "p1", &["dangling"]),
                observation("last", "p1", &[]),
                json!({ "resourceType": "Observation", "id": "without-status", "code": { "text": "x" } }),
                observation("other-of-the-circle", "p2", &["one-of-a-circle"]),
                json!({ "resourceType": "Basic", "id": "job-00000000000000000000000000000000", "code": { "text": "x" } }),
            ]);
            // Read after the observations, whatever order the names suggest.
            write(from.path(), "zz.ndjson", &[patient("p1", "Hill"), patient("p2", "Dale"), patient("p1", "Hillier")]);
            std::fs::write(from.path().join("broken.ndjson"), "{\n\n{\"resourceType\":\"Patient\",\"id\":\"p3\"}").unwrap();
            let done = imported(&record, from.path()).await;
            let Stands::Done { .. } = &done.job.stands else { panic!("{:?}", done.job) };
            assert_eq!((done.filed, done.rejected), (8, 5), "{}: {done:?}", ground.name);
            let standing: Vec<String> = all(&record).await.into_keys().collect();
            assert_eq!(standing, [
                "Observation/first", "Observation/last", "Observation/one-of-a-circle",
                "Observation/other-of-the-circle", "Patient/p1", "Patient/p2", "Patient/p3",
            ]);
            assert_eq!(all(&record).await["Patient/p1"]["name"][0]["family"], "Hillier");
            let (errors, rejected) = done.errors.unwrap();
            let errors = std::fs::read_to_string(errors).unwrap();
            for place in ["broken.ndjson line 1", "Observation.ndjson line 3", "Observation.ndjson line 4",
                "Observation.ndjson line 6", "Observation.ndjson line 8"] {
                assert!(errors.contains(place), "{place} in {errors}");
            }
            assert!(errors.contains("Observation/nowhere"), "{errors}");
            assert_eq!(std::fs::read_to_string(rejected).unwrap().lines().count(), 5);
            // The same files again are the same job; other files with the same content change nothing.
            let again = imported(&record, from.path()).await;
            assert_eq!(again.filed, done.filed);
            write(from.path(), "broken.ndjson", &[patient("p3", "")]);
            record.close().await;
            assert!(verify(&ground.place, &mut |_| {}).await.unwrap().is_whole());
        });
    }
}

#[test]
fn an_import_that_was_cut_off_goes_on_and_doubles_nothing() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let (files, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let n = limits::IMPORT_BATCH * 3 + 7;
            // Without ids: filed twice, they would be twice there. Every tenth is no resource.
            let lines: Vec<Value> = (0..n).map(|at| match at % 10 {
                0 => json!({ "resourceType": "Patent" }),
                _ => json!({ "resourceType": "Patient", "name": [{ "family": format!("F{at}") }] }),
            }).collect();
            write(from.path(), "Patient.ndjson", &lines);
            let mut cut_off = 0;
            let done = loop {
                let (record, _) = open(&ground.place, files.path()).await;
                let seen = record.current();
                let who = operator(&record);
                let done = tokio::select! {
                    biased;
                    done = record.import_folder(&who, from.path()) => Some(done.unwrap()),
                    // Two commits on: the first may be the one that begins the job.
                    _ = record.wait_after(T(seen.0 + 1)) => None,
                };
                record.close().await;
                match done {
                    Some(done) => break done,
                    None => cut_off += 1,
                }
            };
            assert!(cut_off > 0, "{}: it was never cut off", ground.name);
            let (record, _) = open(&ground.place, files.path()).await;
            let rejected = n.div_ceil(10);
            assert_eq!(
                (done.filed, done.rejected),
                ((n - rejected) as u64, rejected as u64)
            );
            assert_eq!(all(&record).await.len(), n - rejected, "{}", ground.name);
            let errors = std::fs::read_to_string(done.errors.unwrap().0).unwrap();
            assert_eq!(errors.lines().count(), rejected);
            record.close().await;
        });
    }
}

#[test]
fn jobs_that_another_host_carries_on_are_left_to_it() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let files = tempfile::tempdir().unwrap();
            let (record, clock) = open(&ground.place, files.path()).await;
            filled(&record).await;
            let who = operator(&record);
            let id = record.export(&who, &ask(Level::System)).await.unwrap();
            let theirs = Wanted {
                name: "jobs".to_owned(),
                holder: "another".to_owned(),
                for_ms: i64::try_from(limits::LEASE_MS).unwrap(),
                now_ms: clock.now_ms(),
            };
            record.store().lease(theirs).await.unwrap().unwrap();
            record
                .work(tokio::time::sleep(Duration::from_millis(300)))
                .await;
            let job = record.job(&who, &id).await.unwrap();
            assert!(matches!(job.stands, Stands::Running(_)), "{}", ground.name);
            let holder = "another".to_owned();
            record
                .store()
                .let_go("jobs".to_owned(), holder)
                .await
                .unwrap();
            let done = async {
                while matches!(
                    record.job(&who, &id).await.unwrap().stands,
                    Stands::Running(_)
                ) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            record.work(done).await;
            lines(&record, &record.job(&who, &id).await.unwrap()).await;
            record.close().await;
        });
    }
}

#[test]
fn a_record_that_is_exported_and_imported_is_the_same_record_by_record() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let (files, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let (record, _) = open(&ground.place, files.path()).await;
            filled(&record).await;
            let before = all(&record).await;
            let asked = ask(Level::System);
            let id = record.export(&operator(&record), &asked).await.unwrap();
            // What is written after the export was asked for is not in it.
            commit(&record, vec![create(patient("later", "Later"))]).await;
            record.work_once().await.unwrap();
            let job = record.job(&operator(&record), &id).await.unwrap();
            let from = tempfile::tempdir().unwrap();
            for (of, lines) in lines(&record, &job).await {
                std::fs::write(from.path().join(format!("{of}.ndjson")), lines.join("\n")).unwrap();
            }
            record.close().await;
            let (empty, _) = open(&ground.another("empty"), other.path()).await;
            let done = imported(&empty, from.path()).await;
            assert_eq!(done.rejected, 0, "{done:?}");
            assert_eq!(all(&empty).await, before, "{}", ground.name);
            empty.close().await;
        });
    }
}

async fn filled(record: &Record) {
    let put = |value: Value| {
        let key: Key = format!(
            "{}/{}",
            value["resourceType"].as_str().unwrap(),
            value["id"].as_str().unwrap()
        )
        .parse()
        .unwrap();
        update(&key, value, None)
    };
    commit(record, vec![
        put(patient("hill", "Hill")),
        put(patient("dale", "Dale")),
        put(json!({ "resourceType": "Organization", "id": "trust", "name": "Trust" })),
        put(observation("h1", "hill", &["h2"])),
        put(observation("h2", "hill", &[])),
        put(observation("d1", "dale", &[])),
        put(json!({ "resourceType": "Group", "id": "hills", "type": "person", "actual": true,
            "member": [{ "entity": { "reference": "Patient/hill" } }, { "entity": { "reference": "Patient/dale" }, "inactive": true }] })),
    ]).await;
}

#[test]
fn an_export_holds_what_was_asked_for() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let files = tempfile::tempdir().unwrap();
            let (record, clock) = open(&ground.place, files.path()).await;
            filled(&record).await;
            clock.advance_ms(60_000);
            let key: Key = "Observation/h2".parse().unwrap();
            let gone: Key = "Observation/d1".parse().unwrap();
            commit(&record, vec![update(&key, observation("h2", "hill", &["h1"]), None), Change::Delete { key: gone, seen: None }]).await;
            let since = Some("2026-11-22T09:30:30Z".to_owned());
            let only = |types: &[&str], level: Level| ExportAsk {
                types: types.iter().map(ToString::to_string).collect(),
                ..ask(level)
            };
            let everything = "Group/hills Observation/h1 Observation/h2 Organization/trust Patient/dale Patient/hill";
            for (asked, expected) in [
                (ask(Level::System), everything),
                (ExportAsk { at: At::Commit(T(1)), ..only(&["Observation"], Level::System) }, "Observation/d1 Observation/h1 Observation/h2"),
                (ask(Level::Patients), "Group/hills Observation/h1 Observation/h2 Patient/dale Patient/hill"),
                (ask(Level::These(vec!["dale".to_owned()])), "Patient/dale"),
                (ask(Level::Group("hills".to_owned())), "Group/hills Observation/h1 Observation/h2 Patient/hill"),
                (only(&["Patient", "Group"], Level::System), "Group/hills Patient/dale Patient/hill"),
                (ExportAsk { since: since.clone(), ..ask(Level::System) }, "-Observation/d1 Observation/h2"),
                (ExportAsk { since: since.clone(), ..ask(Level::These(vec!["hill".to_owned()])) }, "Observation/h2"),
                (ExportAsk { since, ..only(&["Patient"], Level::System) }, ""),
                (ExportAsk { filters: vec!["Patient?family=Hill".to_owned(), "Patient?family=Hill,Dale".to_owned()], ..only(&["Patient"], Level::System) },
                    "Patient/dale Patient/hill"),
                (ExportAsk { filters: vec!["Patient?family=Hill".to_owned()], ..ask(Level::Patients) },
                    "Group/hills Observation/h1 Observation/h2 Patient/hill"),
            ] {
                let job = exported(&record, &asked).await;
                assert_eq!(ids(&record, &job).await.join(" "), expected, "{}: {asked:?}", ground.name);
            }
            for (asked, kind) in [
                (only(&["Patent"], Level::System), Kind::Incorrect),
                (only(&["Organization"], Level::Patients), Kind::Incorrect),
                (ask(Level::Group("nobody".to_owned())), Kind::NotFound),
                (ask(Level::These(vec!["nobody".to_owned()])), Kind::NotFound),
                (ExportAsk { since: Some("yesterday".to_owned()), ..ask(Level::System) }, Kind::Incorrect),
                (ExportAsk { filters: vec!["Patient?_sort=family".to_owned()], ..ask(Level::System) }, Kind::Incorrect),
                (ExportAsk { filters: vec!["Patient?family=x".to_owned()], ..only(&["Group"], Level::System) }, Kind::Incorrect),
                (ExportAsk { at: At::Commit(T(99)), ..ask(Level::System) }, Kind::Incorrect),
            ] {
                let refused = record.export(&operator(&record), &asked).await;
                assert_eq!(refused.map_err(|why| why.kind()), Err(kind), "{asked:?}");
            }
            record.close().await;
        });
    }
}

#[test]
fn an_export_that_was_cut_off_goes_on_without_doubled_or_missing_lines() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let files = tempfile::tempdir().unwrap();
            let (record, _) = open(&ground.place, files.path()).await;
            filled(&record).await;
            let id = record.export(&operator(&record), &ask(Level::System)).await.unwrap();
            record.close().await;
            let mut cut_off = 0;
            loop {
                let (record, _) = open(&ground.place, files.path()).await;
                let seen = record.current();
                let done = tokio::select! {
                    biased;
                    done = record.work_once() => { done.unwrap(); true }
                    _ = record.wait_after(seen) => false,
                };
                record.close().await;
                if done {
                    break;
                }
                cut_off += 1;
                // What a killed host leaves half written.
                std::fs::write(files.path().join(id.as_str()).join("Patient-half.ndjson"), "{\"res").unwrap();
            }
            assert!(cut_off > 0, "{}: it was never cut off", ground.name);
            let (record, _) = open(&ground.place, files.path()).await;
            let job = record.job(&operator(&record), &id).await.unwrap();
            let expected = "Group/hills Observation/d1 Observation/h1 Observation/h2 Organization/trust Patient/dale Patient/hill";
            assert_eq!(ids(&record, &job).await.join(" "), expected, "{}", ground.name);
            record.close().await;
        });
    }
}

#[test]
fn a_job_is_its_askers_and_an_operators_and_ends() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let files = tempfile::tempdir().unwrap();
            let (record, clock) = open(&ground.place, files.path()).await;
            filled(&record).await;
            let caller = |name: &str, role| {
                Caller::authenticated(
                    name.to_owned(),
                    name.to_owned(),
                    role,
                    "RXR".parse().unwrap(),
                )
            };
            let (ada, bob) = (
                caller("ada", Role::Clinician),
                caller("bob", Role::Clinician),
            );
            let hers = ask(Level::These(vec!["hill".to_owned()]));
            for (who, asked) in [
                (&ada, ask(Level::System)),
                (&ada, ask(Level::Patients)),
                (&ada, ask(Level::Group("hills".to_owned()))),
                (&caller("sam", Role::TrustAdministrator), hers.clone()),
                (&caller("lab", Role::Feed), hers.clone()),
            ] {
                let refused = record.export(who, &asked).await;
                assert!(
                    matches!(refused, Err(JobError::Forbidden { .. })),
                    "{refused:?}"
                );
            }
            let id = record.export(&ada, &hers).await.unwrap();
            record.work_once().await.unwrap();
            let job = record.job(&ada, &id).await.unwrap();
            let Stands::Done { files: all, .. } = &job.stands else {
                panic!("{job:?}")
            };
            let name = &all[0].name;
            record.job_file(&ada, &id, name).await.unwrap();
            record
                .job_file(&operator(&record), &id, name)
                .await
                .unwrap();
            for refused in [
                record.job(&bob, &id).await.map(drop),
                record.job_file(&bob, &id, name).await.map(drop),
                record
                    .job_file(&ada, &id, "../../record.sqlite")
                    .await
                    .map(drop),
                record.cancel_job(&bob, &id).await,
                record
                    .job(&ada, &JobId::of(&"0".repeat(32)).unwrap())
                    .await
                    .map(drop),
            ] {
                assert!(matches!(refused, Err(JobError::NoJob)), "{refused:?}");
            }
            // Nobody writes a job but the record: it is a `Basic`.
            let theirs = record.all_jobs(&operator(&record)).await.unwrap();
            assert_eq!(theirs.len(), 1);
            record.cancel_job(&ada, &id).await.unwrap();
            assert!(matches!(record.job(&ada, &id).await, Err(JobError::NoJob)));
            assert!(!files.path().join(id.as_str()).exists());
            expires(&record, &clock, &ada, &hers, files.path()).await;
            record.close().await;
        });
    }
}

async fn expires(record: &Record, clock: &Written, ada: &Caller, hers: &ExportAsk, files: &Path) {
    // A day after it ended, a job and its files are gone.
    let id = record.export(ada, hers).await.unwrap();
    record.work_once().await.unwrap();
    clock.advance_ms(limits::JOB_KEPT_MS + 1);
    record.work_once().await.unwrap();
    assert!(matches!(record.job(ada, &id).await, Err(JobError::NoJob)));
    assert!(!files.join(id.as_str()).exists());
}

#[test]
fn a_job_waits_while_it_is_paused() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let files = tempfile::tempdir().unwrap();
            let (record, _) = open(&ground.place, files.path()).await;
            let operator = operator(&record);
            commit(&record, vec![create(patient("p1", "Hargreaves"))]).await;
            let id = record.export(&operator, &ask(Level::System)).await.unwrap();
            let clinician = Caller::authenticated(
                "ada".to_owned(),
                "Ada".to_owned(),
                Role::Clinician,
                "RXR".parse().unwrap(),
            );
            let no = record.pause_job(&clinician, &id, Pause::Wait).await;
            assert_eq!(no.unwrap_err().kind(), Kind::Forbidden);
            record.pause_job(&operator, &id, Pause::Wait).await.unwrap();
            assert_eq!(record.work_once().await.unwrap(), 0);
            let job = record.job(&operator, &id).await.unwrap();
            assert!(
                job.paused
                    && matches!(&job.stands, Stands::Running(words) if words.starts_with("paused"))
            );
            record.pause_job(&operator, &id, Pause::GoOn).await.unwrap();
            assert_eq!(record.work_once().await.unwrap(), 1);
            let done = record.pause_job(&operator, &id, Pause::Wait).await;
            assert!(matches!(done, Err(JobError::Ended)));
            record.close().await;
        });
    }
}
