//! kill -9 in the middle of writes and messages, again and again: what was acknowledged is there, once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clients::{Clients, Tolerated};
use crate::host::{Database, Ground};
use crate::ledger::{Ledger, passes};

/// How long a start may take.
const START_MAX: Duration = Duration::from_secs(5);

/// `drill kill`.
pub(crate) async fn figures(databases: &[Database], cycles: u32) -> Result<Value, String> {
    let mut figures = json!({"drill": "kill", "cycles": cycles});
    for database in databases {
        figures[database.name()] = drill(*database, cycles).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, cycles: u32) -> Result<Value, String> {
    let ground = Ground::new(database).await?;
    let ledger = Arc::new(Ledger::default());
    let mut slowest = Duration::ZERO;
    for cycle in 0..cycles {
        let host = ground.start().await?;
        slowest = slowest.max(host.ready_after);
        let clients = Clients::of(&host, "kill", cycle, &ledger, Tolerated::Nothing).await?;
        // Between 0.3 and 1.2 s, different in every cycle.
        tokio::time::sleep(Duration::from_millis(300 + u64::from(cycle * 379 % 900))).await;
        host.kill().await?;
        clients.ended().await?;
    }
    // Once more, so that what the last kill left is gone through as well.
    let host = ground.start().await?;
    slowest = slowest.max(host.ready_after);
    host.kill().await?;
    let mut judged = ledger.judge(&ground.place()?).await?;
    judged["slowest_start_s"] = json!(slowest.as_secs_f64());
    passes(&judged)?;
    match slowest <= START_MAX {
        true => Ok(judged),
        false => Err(format!(
            "the drill failed: a start took longer than {START_MAX:?}: {judged}"
        )),
    }
}
