//! The measurements that the README quotes and the drills that the host must survive.
//!
//! Each prints its figures as one JSON object on its last line. A measurement does not pass or fail by the clock; a drill
//! fails when anything was lost, doubled or untrue, or took longer than the bound that it is about.
#![expect(
    clippy::print_stdout,
    reason = "a measurement speaks on its standard output"
)]

mod backup;
mod bulk;
mod client;
mod clients;
mod departmentals;
mod disk_full;
mod edition;
mod feed;
mod fhir;
mod footprint;
mod growth;
mod host;
mod hostile;
mod import;
mod kill;
mod ledger;
mod matching;
mod mllp;
mod modules;
mod outage;
mod reacting;
mod reactions;
mod read;
mod replay;
mod results;
mod rows;
mod sandbox;
mod screen;
mod server;
mod spread;
mod subscriptions;
mod sync;
mod timed;
mod two_hosts;
mod versions;
mod whole;
mod work;

use clap::{Parser, Subcommand, ValueEnum};
use host::Database;

/// As in the host itself, of which some measurements run a part in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// What the departmentals and templates weigh, what their screens take with 5,000 results, and how long a build is.
    Departmentals,
    /// A fresh sandbox and a screen without content, beside the bare engine's figure.
    Sandbox,
    /// What all hostile guests at once cost the host and a well-behaved departmental.
    Hostile,
    /// Bundles as transactions over HTTP, on both databases.
    Import(Measured),
    /// Reads and searches over HTTP, signed in and audited, on both databases.
    Read(Measured),
    /// The same reads without and with bulk exports under way, on both databases.
    Bulk(Measured),
    /// Import, point reads, searches and creates over HTTP, on both databases or another server.
    Fhir(fhir::Fhir),
    /// The same reads, searches and import with more and more data, and the curve as an SVG.
    Growth(growth::Growth),
    /// Memory, start and enabling with hundreds of enabled departmentals.
    Modules {
        /// How many.
        #[arg(long, default_value_t = 500)]
        modules: u32,
    },
    /// Events that one departmental reacts to on one core, on both databases.
    Reactions {
        /// How many events, for each share of them that has an effect.
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..))]
        events: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// Results over MLLP, each acknowledged after its commit, on both databases; and the parser by itself.
    Feed(feed::Asked),
    /// Memory at rest and time from start to ready.
    Footprint,
    /// How well and how fast records are linked, how weights are learned, and what a registration among many people costs.
    Match(matching::Match),
    /// Five columns of a patient's 5,000 results, from the store to the guest, on both databases.
    Rows {
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// A departmental's whole screen over HTTP, about patients of 5,000 results, at a fixed rate.
    Screen(screen::Asked),
    /// Whom a commit batch concerns, among many subscriptions.
    Subscriptions {
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        subscriptions: u64,
    },
}

#[derive(Subcommand)]
enum Drill {
    /// Backups while a host is written to, put back as of a commit and compared.
    Backup {
        /// How many backups, on each database.
        #[arg(long, default_value_t = 5)]
        cycles: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// kill -9 in the middle of writes and messages.
    Kill {
        /// How often the host is killed, on each database.
        #[arg(long, default_value_t = 200)]
        cycles: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// A small disk that is filled, and emptied again.
    DiskFull {
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// kill -9 of host, database and broker in turn while feeds send and a subscriber comes and goes: order, and all of it once.
    Outage {
        /// How often each of them goes away by itself, and all but the database together, on each database.
        #[arg(long, default_value_t = 10)]
        rounds: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// kill -9 while departmentals react: each event has exactly one effect.
    Reactions {
        /// How often the host is killed, on each database.
        #[arg(long, default_value_t = 50)]
        cycles: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// Real calls made again: the same answers, and with a changed threshold those other answers that there must be.
    Replay {
        /// About how many people results are sent and screens opened.
        #[arg(long, default_value_t = 130, value_parser = clap::value_parser!(u32).range(100..=200))]
        patients: u32,
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// A sync of the right file before every acknowledgement, proved by tracing system calls.
    Sync {
        /// Only this database.
        #[arg(long)]
        database: Option<Database>,
    },
    /// Two hosts over one PostgreSQL, one of them killed in the middle.
    TwoHosts {
        /// How often a host is killed.
        #[arg(long, default_value_t = 6)]
        rounds: u32,
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
        Kind::Bench(Bench::Hostile) => hostile::figures().await?,
        Kind::Bench(Bench::Import(it)) => import::figures(&databases(it.database)).await?,
        Kind::Bench(Bench::Read(it)) => read::figures(&databases(it.database), it.seconds).await?,
        Kind::Bench(Bench::Bulk(it)) => bulk::figures(&databases(it.database), it.seconds).await?,
        Kind::Bench(Bench::Fhir(it)) => fhir::figures(it).await?,
        Kind::Bench(Bench::Growth(it)) => growth::figures(it).await?,
        Kind::Bench(Bench::Modules { modules }) => modules::figures(modules).await?,
        Kind::Bench(Bench::Reactions { events, database }) => {
            reacting::figures(&databases(database), events).await?
        }
        Kind::Bench(Bench::Feed(it)) => feed::figures(&databases(it.database), it).await?,
        Kind::Bench(Bench::Footprint) => footprint::figures().await?,
        Kind::Bench(Bench::Departmentals) => departmentals::figures().await?,
        Kind::Bench(Bench::Match(it)) => matching::figures(&it).await?,
        Kind::Bench(Bench::Rows { database }) => rows::figures(&databases(database)).await?,
        Kind::Bench(Bench::Screen(it)) => screen::figures(it).await?,
        Kind::Bench(Bench::Subscriptions { subscriptions }) => {
            subscriptions::figures(subscriptions).await?
        }
        Kind::Drill(Drill::Backup { cycles, database }) => {
            backup::figures(&databases(database), cycles).await?
        }
        Kind::Drill(Drill::Kill { cycles, database }) => {
            kill::figures(&databases(database), cycles).await?
        }
        Kind::Drill(Drill::DiskFull { database }) => {
            disk_full::figures(&databases(database)).await?
        }
        Kind::Drill(Drill::Outage { rounds, database }) => {
            outage::figures(&databases(database), rounds).await?
        }
        Kind::Drill(Drill::Reactions { cycles, database }) => {
            reactions::figures(&databases(database), cycles).await?
        }
        Kind::Drill(Drill::Replay { patients, database }) => {
            replay::figures(&databases(database), patients).await?
        }
        Kind::Drill(Drill::Sync { database }) => sync::figures(&databases(database)).await?,
        Kind::Drill(Drill::TwoHosts { rounds }) => two_hosts::figures(rounds).await?,
    };
    println!("{figures}");
    Ok(())
}
