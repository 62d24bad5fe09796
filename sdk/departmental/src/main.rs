//! `departmental`, the supplier's tool: builds a component, checks it, says what it is.
//!
//! What goes wrong is told with the file, what is the matter with it and how to mend it; the exit status is then 1.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod build;
mod check;
mod manifest;
mod toolchain;

/// Builds and checks departmentals: components that Palatine runs in its sandbox.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds the departmental in a folder, in Rust, JavaScript or Python, into a component with its manifest inside.
    Build {
        /// The folder with `departmental.json` and `Cargo.toml`, `package.json` or `pyproject.toml`.
        folder: PathBuf,
        /// Where the component goes. Without it: `ID-VERSION.wasm`, of Rust in the workspace's `target/components`, else in the folder.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Checks a component as the registry and the host will: imports, exports, manifest, size.
    Check {
        /// The component, a `.wasm` file.
        file: PathBuf,
    },
    /// Says what a component is and what it asks for.
    Inspect {
        /// The component, a `.wasm` file.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    match run(&Arguments::parse().command, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            let mut line = format!("error: {wrong}");
            let mut source = wrong.source();
            while let Some(cause) = source {
                line.push_str(&format!("\n  because: {cause}"));
                source = cause.source();
            }
            // Nothing is left to tell if even this cannot be written.
            let _ = writeln!(std::io::stderr(), "{line}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command, out: &mut impl std::io::Write) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Build { folder, out: to } => {
            let built = build::build(folder, to.as_deref(), &mut |line| {
                // A progress line that cannot be written is no reason to stop building.
                let _ = writeln!(std::io::stderr(), "{line}");
            })?;
            let checked = check::check(&std::fs::read(&built)?, &built)?;
            writeln!(out, "{}", checked.summary())?;
        }
        Command::Check { file } => {
            writeln!(out, "{}", check::check(&read(file)?, file)?.summary())?
        }
        Command::Inspect { file } => {
            writeln!(out, "{}", check::check(&read(file)?, file)?.everything())?
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    std::fs::read(file)
        .map_err(|wrong| format!("{}: cannot be read: {wrong}", file.display()).into())
}
