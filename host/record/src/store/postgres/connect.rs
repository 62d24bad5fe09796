//! Connections to PostgreSQL, and whether the server keeps what it acknowledges.
//!
//! Invariant: nobody waits for a connection longer than a search may take.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls};

use super::failed;
use crate::limits;
use crate::store::StoreError;

/// A pool of at most so many connections.
pub(super) fn pool(config: &Config, connections: usize) -> Result<Pool, StoreError> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_config(config.clone(), NoTls, manager);
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

/// An error with its causes.
pub(super) fn words(error: &StoreError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}

/// Why a pool gave no connection.
pub(super) fn no_connection(
    doing: &'static str,
    error: deadpool_postgres::PoolError,
) -> StoreError {
    match error {
        deadpool_postgres::PoolError::Timeout(_) => StoreError::Busy { doing },
        deadpool_postgres::PoolError::Closed => StoreError::Closed,
        other @ (deadpool_postgres::PoolError::Backend(_)
        | deadpool_postgres::PoolError::NoRuntimeSpecified
        | deadpool_postgres::PoolError::PostCreateHook(_)) => StoreError::Failed {
            doing,
            source: Box::new(other),
        },
    }
}

/// Refuses a server that acknowledges what is not on disk.
pub(super) async fn durable(connection: &Object, setting: &'static str) -> Result<(), StoreError> {
    let doing = "opening the database";
    let row = connection
        .query_one("SELECT current_setting($1)", &[&setting])
        .await
        .map_err(|error| failed(doing, error))?;
    let found: String = row.get(0);
    match (setting, found.as_str()) {
        (_, "on") | ("synchronous_commit", "remote_apply" | "remote_write") => Ok(()),
        _ => Err(StoreError::NotDurable {
            setting,
            wanted: "on",
            found,
        }),
    }
}
