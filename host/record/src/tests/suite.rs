//! The record's own suite, each test run against SQLite and against PostgreSQL.
//!
//! Invariant: a test that passes on one database only is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod added;
mod as_of;
mod backup;
mod batch;
mod call;
mod commit;
mod condition;
mod everything;
mod hosts;
mod job;
mod matching;
mod parameter;
mod person;
mod plan;
mod profile;
mod property;
mod reach;
mod search;
mod terminology;
mod verify;

use std::future::Future;
use std::sync::Arc;

use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use crate::Record;
use crate::caller::Caller;
use crate::clock::Written;
use crate::proposal::{Change, Proposal};
use crate::search::{Found, Page};
use crate::store::Place;
use crate::store::postgres::cluster::Cluster;

/// 2026-11-22T09:30:00Z.
pub(crate) const NOON_MS: i64 = 1_795_339_800_000;

/// A place to keep a record, and what has to live as long.
pub(super) struct Ground {
    pub(super) place: Place,
    pub(super) name: &'static str,
    _folder: Option<tempfile::TempDir>,
    _cluster: Option<Cluster>,
}

impl Ground {
    /// Another place on the same database, empty.
    pub(super) fn another(&self, name: &str) -> Place {
        match (&self.place, &self._cluster) {
            (Place::Sqlite(folder), _) => Place::Sqlite(folder.join(name)),
            (Place::Postgres(_), Some(cluster)) => Place::Postgres(cluster.database().unwrap()),
            (Place::Postgres(url), None) => Place::Postgres(url.clone()),
        }
    }
}

pub(super) fn grounds() -> Vec<Ground> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Ground {
        place: Place::Sqlite(folder.path().join("record")),
        name: "sqlite",
        _folder: Some(folder),
        _cluster: None,
    };
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => panic!("{why}"),
    };
    let url = cluster.database().unwrap();
    let postgres = Ground {
        place: Place::Postgres(url),
        name: "postgres",
        _folder: None,
        _cluster: Some(cluster),
    };
    vec![sqlite, postgres]
}

/// A runtime of two threads.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A record on each database, with a clock that the test moves.
pub(super) fn on_both<F: Future<Output = ()>>(test: impl Fn(Record, Arc<Written>) -> F) {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            eprintln_name(ground.name);
            let clock = Arc::new(Written::at_ms(NOON_MS));
            let record = Record::open(&ground.place, clock.clone()).await.unwrap();
            test(record.clone(), clock).await;
            record.close().await;
        });
    }
}

#[expect(clippy::print_stderr, reason = "says on which database a test failed")]
fn eprintln_name(name: &str) {
    eprintln!("on {name}");
}

pub(crate) fn operator(record: &Record) -> Caller {
    record.operator(&"RXR".parse().unwrap())
}

pub(super) fn resource(value: Value) -> Resource {
    Resource::from_value(value).unwrap()
}

pub(crate) fn create(value: Value) -> Change {
    Change::Create {
        resource: resource(value),
        temporary: None,
        if_none_exist: None,
    }
}

pub(crate) fn update(key: &Key, value: Value, seen: Option<u64>) -> Change {
    Change::Update {
        key: key.clone(),
        resource: resource(value),
        seen,
        temporary: None,
    }
}

pub(super) fn query(text: &str) -> Query {
    let (resource_type, rest) = text.split_once('?').unwrap_or((text, ""));
    let resource_type: ResourceType = resource_type.parse().unwrap();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(rest.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    Query::parse(resource_type, &pairs).unwrap()
}

pub(crate) async fn commit(record: &Record, changes: Vec<Change>) -> crate::commit::Receipt {
    record
        .commit(&operator(record), Proposal::direct(changes))
        .await
        .unwrap()
}

pub(super) async fn found(record: &Record, text: &str, page: &Page) -> Found {
    match record.search(&operator(record), &query(text), page).await {
        Ok(found) => found,
        Err(error) => panic!("{text}: {error} {error:?}"),
    }
}
