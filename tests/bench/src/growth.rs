//! What ten times the data does to import, reads and searches: the same work at every size, and the curves drawn.
//!
//! Invariant: the data grows by whole histories of new people; nothing is deleted or loaded behind the host's back. Reads
//! and searches are measured at rest: what the import left to be written back by the database is written first.

mod curve;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::host::{Database, Ground};
use crate::import;
use crate::server::Server;
use crate::spread::Spread;
use crate::work;

/// The import at a size is measured over its last rounds, about half a minute.
const ROUNDS: usize = 6;

/// How far to grow.
#[derive(clap::Args)]
pub(crate) struct Growth {
    /// The sizes at which to measure, in resources, rising.
    #[arg(long, value_delimiter = ',', default_values_t = [200_000, 500_000, 1_000_000, 2_000_000])]
    sizes: Vec<usize>,
    /// How long each piece of work is put to the host.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Only this database.
    #[arg(long)]
    database: Option<Database>,
    /// Where the curves are drawn.
    #[arg(long, default_value = "tests/bench/growth.svg")]
    svg: PathBuf,
}

/// `bench growth`.
pub(crate) async fn figures(asked: Growth) -> Result<Value, String> {
    let mut figures = json!({"bench": "growth", "durable": true, "signed_in_and_audited": true});
    let mut lines = Vec::new();
    for database in crate::databases(asked.database) {
        let points = grow(database, &asked).await?;
        figures[database.name()] = json!(points);
        lines.push((database.name(), points));
    }
    std::fs::write(&asked.svg, curve::drawn(&lines))
        .map_err(|why| format!("{}: {why}", asked.svg.display()))?;
    figures["svg"] = json!(asked.svg);
    Ok(figures)
}

/// What several rounds of import measured, as one.
fn together(rounds: &VecDeque<(usize, Duration, Spread)>) -> Result<Value, String> {
    let (mut sent, mut elapsed, mut all) = (0, Duration::ZERO, Spread::new()?);
    for (resources, took, spread) in rounds {
        sent += resources;
        elapsed += *took;
        all.join(spread)?;
    }
    Ok(import::figure(sent, elapsed, &all))
}

/// One point for each size.
async fn grow(database: Database, asked: &Growth) -> Result<Vec<Value>, String> {
    let ground = Ground::new(database).await?;
    let host = ground.start().await?;
    let server = Server::of(&host).await?;
    let (_, bundles) = import::bundles()?;
    let (shared, people) = import::apart(bundles);
    let (mut resources, _) = import::send_all(&server, shared, 1).await?;
    let mut points = Vec::new();
    for size in &asked.sizes {
        // A round is every history once more.
        let mut rounds = VecDeque::new();
        while resources < *size {
            let since = Instant::now();
            let (sent, spread) =
                import::send_all(&server, people.clone(), import::CONNECTIONS).await?;
            rounds.push_back((sent, since.elapsed(), spread));
            if rounds.len() > ROUNDS {
                rounds.pop_front();
            }
            resources += sent;
        }
        let mut point = json!({"resources": resources, "import": together(&rounds)?});
        ground.settle()?;
        for work in work::reading(&server).await? {
            point[work.name] = work
                .put(&server, Duration::from_secs(asked.seconds))
                .await?;
        }
        point["host_resident_mb"] = json!(host.resident_bytes().unwrap_or(0) / 1_000_000);
        point["bytes_per_resource"] = json!(ground.bytes_on_disk() / (resources.max(1) as u64));
        points.push(point);
    }
    host.kill().await?;
    Ok(points)
}
