//! Reads and searches a second over HTTP with 32 connections, signed in, each with its audit leaf on disk.

use std::time::Duration;

use serde_json::{Value, json};

use crate::host::{Database, Ground};
use crate::server::Server;
use crate::{import, work};

/// `bench read`.
pub(crate) async fn figures(databases: &[Database], seconds: u64) -> Result<Value, String> {
    let mut figures = json!({"bench": "read", "durable_audit": true});
    for database in databases {
        let ground = Ground::new(*database).await?;
        let host = ground.start().await?;
        let server = Server::of(&host).await?;
        let (source, bundles) = import::bundles()?;
        import::load(&server, bundles).await?;
        let mut measured = json!({});
        for work in work::reading(&server).await? {
            measured[work.name] = work.put(&server, Duration::from_secs(seconds)).await?;
        }
        measured["host_resident_mb"] = json!(host.resident_bytes().unwrap_or(0) / 1_000_000);
        host.kill().await?;
        figures["source"] = json!(source);
        figures[database.name()] = measured;
    }
    Ok(figures)
}
