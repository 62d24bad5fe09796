//! Running checks against a record on each database.
//!
//! Invariant: every check has an empty record of its own; each is a test on SQLite, and one test more runs all of a
//! file on PostgreSQL, so that one server is started for them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failing unwrap is a failing test, and its output says which check it was"
)]

pub(crate) mod suite;

use std::pin::Pin;
use std::sync::Arc;

use crate::Record;
use crate::clock::Written;
use crate::store::Place;
use crate::store::postgres::cluster::Cluster;

/// A check by its name.
pub(crate) type Check = (
    &'static str,
    fn(Record) -> Pin<Box<dyn Future<Output = ()>>>,
);

/// Where the clock stands when a check begins: 2026-11-18.
pub(crate) const START_MS: i64 = 1_795_000_000_000;

/// Makes tests of `async fn(Record)`.
macro_rules! on_both_databases {
    ($($check:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $check() {
                crate::tests::on_sqlite(|record, _| Box::pin(super::$check(record)));
            })+
        }

        #[test]
        fn on_postgres() {
            crate::tests::on_postgres(&[$((stringify!($check), |record| Box::pin($check(record)))),+]);
        }
    };
}
pub(crate) use on_both_databases;

/// Runs a check in a folder of its own, with the hands of its clock.
pub(crate) fn on_sqlite(
    check: impl FnOnce(Record, Arc<Written>) -> Pin<Box<dyn Future<Output = ()>>>,
) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Sqlite(folder.path().to_owned());
    runtime().block_on(on(&place, check));
}

/// Runs checks one after the other, each in a database of its own.
pub(crate) fn on_postgres(checks: &[Check]) {
    let cluster = Cluster::start().unwrap();
    let runtime = runtime();
    for (name, check) in checks {
        println!("{name} on PostgreSQL");
        let place = Place::Postgres(cluster.database().unwrap());
        runtime.block_on(on(&place, |record, _| check(record)));
    }
}

async fn on(
    place: &Place,
    check: impl FnOnce(Record, Arc<Written>) -> Pin<Box<dyn Future<Output = ()>>>,
) {
    let clock = Arc::new(Written::at_ms(START_MS));
    let record = Record::open(place, Arc::<Written>::clone(&clock))
        .await
        .unwrap();
    check(record.clone(), clock).await;
    record.close().await;
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}
