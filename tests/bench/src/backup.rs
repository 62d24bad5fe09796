//! Backups of a host that is being written to, put back as of a commit and compared version by version.
//!
//! The copies are made by the program itself, beside the host; what was acknowledged before one began must be in it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use fhir::query::Query;
use fhir::resource::ResourceType;
use hyper::StatusCode;
use record::Record;
use record::backup::Manifest;
use record::clock::System;
use record::log::At;
use record::read::HistoryOf;
use record::search::Page;
use record::store::Place;
use serde_json::{Value, json};

use crate::client::Client;
use crate::clients::transaction;
use crate::host::{Database, Ground};
use crate::ledger::SYSTEM;
use crate::versions::Versions;

const WRITERS: usize = 2;

/// `drill backup`.
pub(crate) async fn figures(databases: &[Database], cycles: u32) -> Result<Value, String> {
    let mut figures = json!({"drill": "backup", "cycles": cycles});
    for database in databases {
        figures[database.name()] = drill(*database, cycles).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, cycles: u32) -> Result<Value, String> {
    let ground = Ground::new(database).await?;
    let backups = ground.folder().join("backups");
    let host = ground.start().await?;
    let (next, ledger) = (Arc::new(AtomicU64::new(0)), Ledger::default());
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(tokio::spawn(write(
            host.client().await?,
            Arc::clone(&next),
            Arc::clone(&ledger),
        )));
    }
    let (mut acknowledged, mut slowest) = (Vec::new(), Duration::ZERO);
    for _ in 0..cycles {
        tokio::time::sleep(Duration::from_millis(300)).await;
        acknowledged.clone_from(&ledger.lock().unwrap_or_else(PoisonError::into_inner));
        let since = Instant::now();
        ground
            .run("backup", &[&backups.display().to_string()])
            .await?;
        slowest = slowest.max(since.elapsed());
    }
    let t = newest(&backups)?;
    host.kill().await?;
    for writer in writers {
        // They end when the host is gone.
        drop(writer.await);
    }
    let (mut compared, mut different, mut lost) = (0, 0, 0);
    // As the newest backup has it, and as it was half-way there.
    for to in [t, t / 2] {
        let other = ground.another()?;
        let words = [
            backups.display().to_string(),
            "--to".to_owned(),
            to.to_string(),
        ];
        other
            .run("restore", &words.each_ref().map(String::as_str))
            .await?;
        other.run("verify", &[]).await?;
        let (same, not) = compare(&ground.place()?, &other.place()?, to).await?;
        compared += same + not;
        different += not;
        if to == t {
            lost = missing(&other.place()?, &acknowledged).await?;
        }
    }
    ground.run("verify", &[]).await?;
    Ok(json!({
        "last_commit_in_backup": t, "slowest_backup_s": slowest.as_secs_f64(),
        "acknowledged_before_it": acknowledged.len(), "lost": lost,
        "versions_compared": compared, "versions_different": different,
    }))
}

/// The transactions that were acknowledged.
type Ledger = Arc<Mutex<Vec<u64>>>;

async fn write(mut client: Client, next: Arc<AtomicU64>, ledger: Ledger) -> Result<(), String> {
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let body = Bytes::from(transaction(n).to_string());
        let (status, _) = client.post("/fhir", body).await?;
        if status == StatusCode::OK {
            ledger
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(n);
        }
    }
}

/// How many of these transactions are not in a record.
async fn missing(place: &Place, acknowledged: &[u64]) -> Result<u64, String> {
    let record = Record::open(place, Arc::new(System)).await;
    let record = record.map_err(|why| why.to_string())?;
    let site = "RXR"
        .parse()
        .map_err(|why: record::caller::NotASiteCode| why.to_string())?;
    let (who, mut missing) = (record.operator(&site), 0);
    for n in acknowledged {
        let pair = ("identifier".to_owned(), format!("{SYSTEM}|{n}"));
        let query = Query::parse(ResourceType::PATIENT, &[pair]).map_err(|why| why.to_string())?;
        let found = record.search(&who, &query, &Page::First(At::Now)).await;
        missing += u64::from(found.map_err(|why| why.to_string())?.matches.len() != 1);
    }
    record.close().await;
    Ok(missing)
}

/// The last commit of the newest backup.
fn newest(folder: &Path) -> Result<u64, String> {
    let mut last = 0;
    for entry in std::fs::read_dir(folder).map_err(|why| why.to_string())? {
        let path = entry
            .map_err(|why| why.to_string())?
            .path()
            .join("manifest.json");
        let text = std::fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|why| why.to_string())?;
        last = last.max(manifest.t.unsigned_abs());
    }
    Ok(last)
}

/// How many versions up to a commit are the same in both records, and how many are not.
async fn compare(one: &Place, other: &Place, to: u64) -> Result<(u64, u64), String> {
    let (one, other) = (opened(one).await?, opened(other).await?);
    let mut before = Versions::of(&one, HistoryOf::System);
    let mut after = Versions::of(&other, HistoryOf::System);
    let (mut same, mut different) = (0, 0);
    loop {
        let mut expected = before.next().await?;
        while expected.as_ref().is_some_and(|stored| stored.t.0 > to) {
            expected = before.next().await?;
        }
        let found = after.next().await?;
        match (expected, found) {
            (None, None) => break,
            (expected, found) if expected == found => same += 1,
            (_, _) => different += 1,
        }
    }
    one.close().await;
    other.close().await;
    Ok((same, different))
}

async fn opened(place: &Place) -> Result<Record, String> {
    let record = Record::open(place, Arc::new(System)).await;
    record.map_err(|why| why.to_string())
}
