//! Servers that would acknowledge what is not on disk, and connections that wait no longer than their bounds.
//!
//! Invariant: each setting that durability rests on is turned off once, and refused by its name.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing unwrap is a failing test"
)]

use super::{config, pool, reading, writing};
use crate::limits;
use crate::store::StoreError;
use crate::store::postgres::Postgres;
use crate::store::postgres::cluster::Cluster;
use crate::tests::runtime;

fn refused(url: &str) -> Option<&'static str> {
    match runtime().block_on(Postgres::open(url)) {
        Ok(_) => None,
        Err(StoreError::NotDurable { setting, .. }) => Some(setting),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn servers_by_case() {
    let cluster = Cluster::start().unwrap();
    for (setting, value, expected) in [
        ("fsync", "off", Some("fsync")),
        ("fsync", "on", None),
        ("full_page_writes", "off", Some("full_page_writes")),
        ("full_page_writes", "on", None),
        ("synchronous_commit", "off", Some("synchronous_commit")),
        ("synchronous_commit", "local", Some("synchronous_commit")),
        ("synchronous_commit", "remote_apply", None),
    ] {
        let url = cluster.database().unwrap();
        runtime().block_on(set(&url, setting, value));
        assert_eq!(refused(&url), expected, "{setting} = {value}");
    }
}

/// Sets it for the whole server, and waits until whoever connects finds it so.
async fn set(url: &str, setting: &str, value: &str) {
    let alter = format!("ALTER SYSTEM SET {setting} = {value}");
    loop {
        let pool = pool(config(url).unwrap(), 1).unwrap();
        let connection = pool.get().await.unwrap();
        let sql = format!("SHOW {setting}");
        let row = connection.query_one(&sql, &[]).await.unwrap();
        if row.get::<_, String>(0) == value {
            return;
        }
        connection.batch_execute(&alter).await.unwrap();
        connection
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .unwrap();
    }
}

#[test]
fn a_setting_of_the_database_alone_is_seen() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().unwrap();
    let name = url.rsplit('/').next().unwrap();
    let alter = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    runtime().block_on(async {
        let pool = pool(config(&url).unwrap(), 1).unwrap();
        let connection = pool.get().await.unwrap();
        connection.batch_execute(&alter).await.unwrap();
    });
    assert_eq!(refused(&url), Some("synchronous_commit"));
}

#[test]
fn waits_are_bounded_on_the_server_and_what_the_connection_string_says_stands() {
    let cluster = Cluster::start().unwrap();
    let url = format!(
        "{}?options=-c%20work_mem%3D5MB",
        cluster.database().unwrap()
    );
    let config = config(&url).unwrap();
    let seconds = |ms: u64| format!("{}s", ms / 1_000);
    runtime().block_on(async {
        for (config, setting, value) in [
            (
                reading(&config),
                "statement_timeout",
                seconds(limits::SEARCH_MS_MAX),
            ),
            (reading(&config), "work_mem", "5MB".to_owned()),
            (
                writing(&config),
                "lock_timeout",
                seconds(limits::TURN_WAIT_MS),
            ),
            (
                writing(&config),
                "idle_in_transaction_session_timeout",
                seconds(limits::TURN_IDLE_MS),
            ),
            (writing(&config), "statement_timeout", "1min".to_owned()),
            (writing(&config), "work_mem", "5MB".to_owned()),
        ] {
            let connection = pool(config, 1).unwrap().get().await.unwrap();
            let row = connection
                .query_one("SELECT current_setting($1)", &[&setting])
                .await
                .unwrap();
            assert_eq!(row.get::<_, String>(0), value, "{setting}");
        }
    });
}
