//! The host's command line. Read this first: configuration, record, registry, sandbox, then the edges.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks on its standard streams"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use palatine::Host;
use palatine::bundles::Source;
use palatine::config::Config;
use palatine::feed;
use palatine::interface;
use palatine::keeping;
use palatine::locator;
use palatine::rehearse;
use palatine::replay;
use palatine::seed::{self, Departmentals, Wanted};
use palatine::terminology::{self, Terminology};
use record::Record;
use record::store::Place;

/// Requests come and go on several threads: this gives their memory back sooner, and takes less time about it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "palatine",
    version,
    about = "A regional electronic patient record. Settings: see the README."
)]
struct Words {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves people over HTTP and machines over MLLP until it is told to stop.
    Serve {
        /// Enables at the first trust each release whose digest comes on standard input, and stops when that ends: for
        /// `departmental run`.
        #[arg(long, hide = true)]
        driven: bool,
    },
    /// Fills the record with the demonstration's trusts, accounts and people, and enables what the registry holds.
    Demonstrate {
        /// A folder of FHIR bundles (.json or .json.bz2) in place of invented people.
        #[arg(long)]
        data: Option<PathBuf>,
        /// How many invented people.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=100_000))]
        people: u32,
        /// Enable nothing: the registry need not be there.
        #[arg(long)]
        without_departmentals: bool,
        /// A folder of stories that a departmental brings with it, told of people who are in the record; may be repeated.
        #[arg(long = "with", value_name = "FOLDER")]
        stories: Vec<PathBuf>,
        /// Where to write a laboratory's message about one of the people, to be sent with `palatine send`.
        #[arg(long)]
        message: Option<PathBuf>,
    },
    /// Adds a backup to a folder of backups; the record may be served meanwhile.
    Backup {
        /// The folder of backups. Each goes into a folder of its own, named for when it was taken.
        folder: PathBuf,
        /// Removes all but so many of the newest afterwards.
        #[arg(long)]
        keep: Option<usize>,
    },
    /// Puts a backup back, whole or as of an earlier moment, and looks it through. No host may serve the record.
    Restore {
        /// A backup's folder, or the folder of backups.
        folder: PathBuf,
        /// A commit's number, or a moment such as 2026-11-22T09:30:00Z; everything without it.
        #[arg(long)]
        to: Option<String>,
        /// Puts the record that is there aside (SQLite), or drops it with everything in its schema (PostgreSQL).
        #[arg(long)]
        replace: bool,
    },
    /// Looks the whole record through: log, bodies, indexes, audit. It may be served meanwhile.
    Verify,
    /// Files the resources of a folder's .ndjson files (also .gz and .bz2), going on where it was cut off. Lines that cannot
    /// be filed are listed with their reasons.
    Import {
        /// The folder.
        folder: PathBuf,
        /// For which site, by its ODS code.
        #[arg(long, default_value = "RXR")]
        site: record::caller::SiteCode,
    },
    /// Loads, lists and forgets releases of SNOMED CT and dm+d that the site has a licence for.
    Terminology {
        #[command(subcommand)]
        wanted: Terminology,
    },
    /// Declares what is sent to other systems as HL7 v2, looks after what was not taken, and binds feeds to certificates.
    Interface {
        #[command(subcommand)]
        wanted: interface::Wanted,
    },
    /// Declares who holds documents that pointers in the record lead to, and stops asking one.
    Locator {
        #[command(subcommand)]
        wanted: locator::Wanted,
    },
    /// Asks departmentals again what they were asked, and says in what their answers differ: then, exit code 1.
    Replay(replay::Wanted),
    /// Looks at what feeds sent: kept messages read again by another mapping, before it is used.
    Feed {
        #[command(subcommand)]
        wanted: feed::Wanted,
    },
    /// Puts the golden cases of a component to it in the sandbox, each over a record of its own, and says what each call
    /// cost. Exit code 1 when a case does not pass.
    Rehearse(rehearse::Wanted),
    /// Sends the HL7 v2 messages of a file to an MLLP door and prints the acknowledgements.
    Send {
        /// One or more messages; each begins with MSH.
        file: PathBuf,
        /// The door.
        #[arg(long, default_value = "127.0.0.1:2575")]
        to: String,
    },
    /// Compiles one component from standard input; the host runs this in a process of its own.
    #[command(hide = true, name = "compile-component")]
    Compile,
    /// The same, to code that counts its instructions.
    #[command(hide = true, name = "compile-counting-component")]
    CompileCounting,
    /// Runs one departmental for the host that started it, with nothing else in reach.
    #[command(hide = true, name = "run-departmental")]
    RunDepartmental,
}

fn main() -> ExitCode {
    let words = Words::parse();
    if matches!(words.command, Command::Compile) {
        // Before anything else is started: this process handles a stranger's bytes.
        return sandbox::compile::compile_component();
    }
    if matches!(words.command, Command::CompileCounting) {
        return sandbox::compile::compile_counting_component();
    }
    if matches!(words.command, Command::RunDepartmental) {
        return sandbox::run_departmental();
    }
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| usual_log(&words.command).into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(run(words.command)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("palatine: {why}");
            let mut cause = why.source();
            while let Some(why) = cause {
                eprintln!("  because: {why}");
                cause = why.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// What is logged when nothing else is said: a rehearsal says itself what came of each call.
fn usual_log(command: &Command) -> &'static str {
    match command {
        Command::Rehearse(_) => "off",
        Command::Serve { .. }
        | Command::Demonstrate { .. }
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Verify
        | Command::Import { .. }
        | Command::Terminology { .. }
        | Command::Interface { .. }
        | Command::Locator { .. }
        | Command::Replay(_)
        | Command::Feed { .. }
        | Command::Send { .. }
        | Command::Compile
        | Command::CompileCounting
        | Command::RunDepartmental => "info",
    }
}

async fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Serve { driven } => serve(driven).await?,
        Command::Demonstrate {
            data,
            people,
            without_departmentals,
            stories,
            message,
        } => {
            let people = Source::People {
                count: people as usize,
                today: palatine::demonstration::today(),
            };
            let departmentals = match without_departmentals {
                true => Departmentals::None,
                false => Departmentals::All,
            };
            let wanted = Wanted {
                source: data.map_or(people, Source::Folder),
                departmentals,
                stories,
                message,
            };
            said(async |record| seed::demonstrate(record, &wanted).await).await?;
        }
        Command::Backup { folder, keep } => {
            println!("{}", keeping::backup(&store()?, folder, keep).await?);
        }
        Command::Restore {
            folder,
            to,
            replace,
        } => {
            println!(
                "{}",
                keeping::restore(&store()?, folder, to, replace).await?
            );
        }
        Command::Verify => {
            println!("{}", keeping::verify(&store()?).await?);
        }
        Command::Import { folder, site } => {
            said(async |record| keeping::import(record, &site, &folder).await).await?;
        }
        Command::Terminology { wanted } => {
            said(async |record| terminology::run(record, wanted).await).await?;
        }
        Command::Interface { wanted } => {
            said(async |record| interface::run(record, wanted).await).await?;
        }
        Command::Locator { wanted } => {
            said(async |record| locator::run(record, wanted).await).await?;
        }
        Command::Replay(wanted) => {
            said(async |record| replay::run(record, wanted).await).await?;
        }
        Command::Feed { wanted } => {
            said(async |record| feed::run(record, wanted).await).await?;
        }
        Command::Rehearse(wanted) => rehearsed(wanted).await?,
        Command::Send { file, to } => println!("{}", seed::send(&file, &to).await?),
        // Answered before anything was started.
        Command::Compile | Command::CompileCounting | Command::RunDepartmental => {}
    }
    Ok(())
}

async fn rehearsed(wanted: rehearse::Wanted) -> Result<(), Box<dyn std::error::Error>> {
    let (words, is_passed) = rehearse::run(wanted).await?;
    println!("{words}");
    Ok(is_passed.then_some(()).ok_or("not everything passed")?)
}

/// Where the record is.
fn store() -> Result<Place, Box<dyn std::error::Error>> {
    Ok(Config::from_environment()?.store)
}

/// Serves until it is told to stop, or, when it is driven, until nobody tells it anything any more.
async fn serve(driven: bool) -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::start(&Config::from_environment()?).await?;
    println!("http http://{}/\nmllp {}\nready", host.http, host.mllp);
    if driven {
        tokio::select! {
            followed = palatine::driven::follow(&host.record) => followed?,
            stopped = asked_to_stop() => stopped?,
        }
    } else {
        asked_to_stop().await?;
    }
    host.stop().await;
    Ok(())
}

/// Opens the record for one piece of work, closes it again, and prints what the work has to say.
async fn said(
    work: impl AsyncFnOnce(&Record) -> Result<String, Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    let record = palatine::open(&Config::from_environment()?).await?;
    let words = work(&record).await;
    record.close().await;
    println!("{}", words?);
    Ok(())
}

/// Waits for Ctrl-C or the signal that services are stopped with.
async fn asked_to_stop() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
