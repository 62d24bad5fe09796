//! What the host takes at rest with one departmental, and how long from start to ready when that is compiled already.

use serde_json::{Value, json};

use crate::host::{Database, Ground, component};

/// `bench footprint`.
pub(crate) async fn figures() -> Result<Value, String> {
    let ground =
        Ground::with_departmentals(Database::Sqlite, &[component("pathology.wasm")?]).await?;
    // The first start compiles; the second is what is measured.
    ground.start().await?.kill().await?;
    let host = ground.start().await?;
    let ready_s = host.ready_after.as_secs_f64();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let resident = host
        .resident_bytes()
        .ok_or("the host's memory cannot be read from /proc")?;
    host.kill().await?;
    Ok(
        json!({"bench": "footprint", "start_to_ready_s": ready_s, "resident_at_rest_mb": resident / 1_000_000}),
    )
}
