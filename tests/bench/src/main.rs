//! The measurements that the README quotes and the drills that the host must survive.
//!
//! Each prints its figures as one JSON object on its last line; none of them passes or fails by the clock.
#![expect(
    clippy::print_stdout,
    reason = "a measurement speaks on its standard output"
)]

mod client;
mod fhir;
mod footprint;
mod growth;
mod host;
mod import;
mod kill;
mod mllp;
mod read;
mod sandbox;
mod server;
mod spread;
mod work;

use clap::{Parser, Subcommand, ValueEnum};
use host::Database;

#[derive(Parser)]
#[command(about = "Measurements and drills")]
struct Words {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Subcommand)]
enum Kind {
    /// One measurement.
    #[command(subcommand)]
    Bench(Bench),
    /// One drill.
    #[command(subcommand)]
    Drill(Drill),
}

#[derive(Subcommand)]
enum Bench {
    /// A fresh sandbox and a screen without content, beside the bare engine's figure.
    Sandbox,
    /// Bundles as transactions over HTTP, on both databases.
    Import(Measured),
    /// Reads and searches over HTTP, signed in and audited, on both databases.
    Read(Measured),
    /// Import, point reads, searches and creates over HTTP, on both databases or another server.
    Fhir(fhir::Fhir),
    /// The same reads, searches and import with more and more data, and the curve as an SVG.
    Growth(growth::Growth),
    /// Memory at rest and time from start to ready.
    Footprint,
}

#[derive(Subcommand)]
enum Drill {
    /// kill -9 in the middle of imports and messages.
    Kill {
        /// How often the host is killed, on each database.
        #[arg(long, default_value_t = 20)]
        cycles: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
}

#[derive(clap::Args)]
struct Measured {
    /// How long each piece of work is put to the host.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Only this database.
    #[arg(long)]
    database: Option<Database>,
}

/// The databases to run on.
fn databases(only: Option<Database>) -> Vec<Database> {
    only.map_or_else(|| Database::value_variants().to_vec(), |one| vec![one])
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let figures = match Words::parse().kind {
        Kind::Bench(Bench::Sandbox) => sandbox::figures().await?,
        Kind::Bench(Bench::Import(it)) => import::figures(&databases(it.database)).await?,
        Kind::Bench(Bench::Read(it)) => read::figures(&databases(it.database), it.seconds).await?,
        Kind::Bench(Bench::Fhir(it)) => fhir::figures(it).await?,
        Kind::Bench(Bench::Growth(it)) => growth::figures(it).await?,
        Kind::Bench(Bench::Footprint) => footprint::figures().await?,
        Kind::Drill(Drill::Kill { cycles, database }) => {
            kill::figures(&databases(database), cycles).await?
        }
    };
    println!("{figures}");
    Ok(())
}
