//! Pieces of work over HTTP: import of whole histories, point reads, two searches, single creates, and two large things.
//!
//! Against our own host everything is durable, signed in and audited; another server is put the first five by its address.

use std::time::Duration;

use serde_json::{Value, json};

use crate::host::{Database, Ground};
use crate::server::Server;
use crate::{import, whole, work};

/// What is measured, and how.
#[derive(clap::Args)]
pub(crate) struct Fhir {
    /// How long each piece of work but the import is put to the server.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Only this database.
    #[arg(long, conflicts_with = "base")]
    database: Option<Database>,
    /// Another server, empty but running, for example `http://127.0.0.1:8090/fhir`.
    #[arg(long)]
    base: Option<String>,
    /// The bearer token for it, where it wants one.
    #[arg(long, requires = "base")]
    token: Option<String>,
}

/// `bench fhir`.
pub(crate) async fn figures(asked: Fhir) -> Result<Value, String> {
    let time = Duration::from_secs(asked.seconds);
    let mut figures = json!({"bench": "fhir"});
    if let Some(base) = &asked.base {
        let (source, measured) = five(&Server::at(base, asked.token.clone())?, time).await?;
        figures["source"] = json!(source);
        figures[base] = measured;
        return Ok(figures);
    }
    figures["durable"] = json!(true);
    figures["signed_in_and_audited"] = json!(true);
    for database in crate::databases(asked.database) {
        let ground = Ground::new(database).await?;
        let before = ground.bytes_on_disk();
        let host = ground.start().await?;
        let server = Server::of(&host).await?;
        let (source, mut measured) = five(&server, time).await?;
        measured["large"] = whole::figures(&server).await?;
        measured["host_resident_mb"] = json!(host.resident_bytes().unwrap_or(0) / 1_000_000);
        measured["host_resident_peak_mb"] = json!(host.peak_bytes().unwrap_or(0) / 1_000_000);
        host.kill().await?;
        measured["bytes_grown"] = json!(ground.bytes_on_disk().saturating_sub(before));
        figures["source"] = json!(source);
        figures[database.name()] = measured;
    }
    Ok(figures)
}

async fn five(server: &Server, time: Duration) -> Result<(String, Value), String> {
    let (source, bundles) = import::bundles()?;
    let (_, imported) = import::load(server, bundles).await?;
    let mut measured = json!({"import": imported});
    for work in work::all(server).await? {
        measured[work.name] = work.put(server, time).await?;
    }
    Ok((source, measured))
}
