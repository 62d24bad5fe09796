//! Connections to PostgreSQL: how each is set, how long each end waits for the other, and what its errors mean.
//!
//! Invariant: a host or server that is gone or hangs is noticed by the other end within a bound.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::limits;
use crate::store::StoreError;

/// What the server has to do before it acknowledges.
const DURABLE: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];

pub(super) fn failed(doing: &'static str, error: tokio_postgres::Error) -> StoreError {
    let away = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    match error.code() {
        Some(&SqlState::QUERY_CANCELED) => StoreError::TooLong { doing },
        Some(&SqlState::LOCK_NOT_AVAILABLE) => StoreError::Busy { doing },
        Some(&SqlState::DISK_FULL) => StoreError::Full { doing },
        Some(code) if !away.contains(code) => StoreError::Failed {
            doing,
            source: Box::new(error),
        },
        // Without a code it was not the server that answered.
        Some(_) | None => StoreError::Away {
            doing,
            source: Box::new(error),
        },
    }
}

fn no_connection(doing: &'static str, error: PoolError) -> StoreError {
    match error {
        PoolError::Timeout(_) => StoreError::Busy { doing },
        PoolError::Closed => StoreError::Closed,
        PoolError::Backend(error) => failed(doing, error),
        other @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            StoreError::Failed {
                doing,
                source: Box::new(other),
            }
        }
    }
}

/// A connection of a pool, waited for as long as the pool is set to.
pub(super) async fn taken(pool: &Pool, doing: &'static str) -> Result<Object, StoreError> {
    let connection = pool.get().await;
    connection.map_err(|error| no_connection(doing, error))
}

/// What a connection string says, and how long this end waits for a sign of life.
pub(super) fn config(url: &str) -> Result<Config, StoreError> {
    let mut config = Config::from_str(url).map_err(|error| StoreError::Open {
        place: "the PostgreSQL database".to_owned(),
        why: format!("the connection string cannot be read: {error}"),
    })?;
    let silent = Duration::from_secs(limits::CONNECTION_SILENT_S);
    config
        .application_name("palatine")
        .connect_timeout(silent)
        .tcp_user_timeout(silent)
        .keepalives(true)
        .keepalives_idle(silent / 2)
        .keepalives_interval(silent / 5)
        .keepalives_retries(3);
    Ok(config)
}

/// With further settings for the server's end, behind those that the connection string has.
fn with_options<V: Display>(config: &Config, options: &[(&str, V)]) -> Config {
    let mut config = config.clone();
    let mut all = config.get_options().unwrap_or_default().to_owned();
    for (name, value) in options {
        all.push_str(&format!(" -c {name}={value}"));
    }
    config.options(all.trim_start());
    config
}

/// For reading: no statement takes longer than a search may.
pub(super) fn reading(config: &Config) -> Config {
    with_options(config, &[("statement_timeout", limits::SEARCH_MS_MAX)])
}

/// For statements that find rows by their keys, as a plan made once does: to plan them anew for each call, over every
/// partition, takes the server longer than to carry them out.
pub(super) fn planned_once(config: &Config) -> Config {
    with_options(config, &[("plan_cache_mode", "force_generic_plan")])
}

/// For committing: who waits for the turn, or has it and hangs, does so a bounded time.
pub(super) fn writing(config: &Config) -> Config {
    let silent_s = limits::CONNECTION_SILENT_S;
    let options = [
        ("lock_timeout", limits::TURN_WAIT_MS),
        ("idle_in_transaction_session_timeout", limits::TURN_IDLE_MS),
        ("statement_timeout", limits::WRITE_MS_MAX),
        ("tcp_user_timeout", silent_s * 1_000),
        ("tcp_keepalives_idle", silent_s / 2),
        ("tcp_keepalives_interval", silent_s / 5),
        ("tcp_keepalives_count", 3),
    ];
    with_options(config, &options)
}

pub(super) fn pool(config: Config, connections: usize) -> Result<Pool, StoreError> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config, NoTls, manager);
    let timeout = Duration::from_millis(limits::SEARCH_MS_MAX);
    let pool = Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(timeout))
        .create_timeout(Some(timeout))
        .build();
    pool.map_err(|error| StoreError::Failed {
        doing: "opening the database",
        source: Box::new(error),
    })
}

/// Refuses a server that acknowledges what is not on disk.
pub(super) async fn durable(connection: &Object) -> Result<(), StoreError> {
    let doing = "opening the database";
    for setting in DURABLE {
        let row = connection
            .query_one("SELECT current_setting($1)", &[&setting])
            .await
            .map_err(|error| failed(doing, error))?;
        let found: String = row.get(0);
        match (setting, found.as_str()) {
            (_, "on") => {}
            // Each of these waits for this server's own disk, and for another server besides.
            ("synchronous_commit", "remote_apply" | "remote_write") => {}
            _ => {
                return Err(StoreError::NotDurable {
                    setting,
                    wanted: "on",
                    found,
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
