//! What clinicians notice of bulk exports: reads and searches without one, and while one export follows the other.
//!
//! The readers ask as fast as they are answered over 32 connections, which is harsher than any ward.

use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::host::{Database, Ground};
use crate::server::Server;
use crate::{import, work};

/// Exports that are asked for at once, so that one is under way all the time: they are carried out one after the other.
const EXPORTS: usize = 20;

/// `bench bulk`.
pub(crate) async fn figures(databases: &[Database], seconds: u64) -> Result<Value, String> {
    let mut figures = json!({"bench": "bulk", "durable_audit": true, "exports_asked_for": EXPORTS});
    for database in databases {
        let ground = Ground::new(*database).await?;
        let host = ground.start().await?;
        let server = Server::of(&host).await?;
        let (source, bundles) = import::bundles()?;
        import::load(&server, bundles).await?;
        let quiet = reads(&server, seconds).await?;
        exports(&server).await?;
        let busy = reads(&server, seconds).await?;
        host.kill().await?;
        figures["source"] = json!(source);
        figures[database.name()] = json!({"without_export": quiet, "with_export": busy});
    }
    Ok(figures)
}

async fn reads(server: &Server, seconds: u64) -> Result<Value, String> {
    let mut measured = json!({});
    for work in work::reading(server).await? {
        measured[work.name] = work.put(server, Duration::from_secs(seconds)).await?;
    }
    Ok(measured)
}

/// Asks for exports of everything.
async fn exports(server: &Server) -> Result<(), String> {
    let mut client = server.connect().await?;
    let headers = [("prefer", "respond-async")];
    for _ in 0..EXPORTS {
        let path = server.path("$export");
        let asked = client.request(Method::GET, &path, &headers, Bytes::new());
        let (status, body) = asked.await?;
        if status != StatusCode::ACCEPTED {
            let words = String::from_utf8_lossy(&body);
            return Err(format!("an export was answered {status}: {words}"));
        }
    }
    Ok(())
}
