//! The command line's `terminology`: loading, listing and forgetting releases of SNOMED CT and dm+d.
//!
//! Invariant: nothing here decides anything; what the record refuses is an error, so that the exit code says so.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use record::Record;
use record::caller::SiteCode;
use record::terminology::load::{Distribution, Release};
use tracing::info;

/// What can be done with releases.
#[derive(Clone, Debug, Subcommand)]
pub enum Terminology {
    /// Loads a release and puts it to use. Run again after an interruption, it goes on where it was.
    Load {
        /// In which form the files are.
        form: Form,
        /// The release as it was distributed: a folder, or a zip file.
        from: PathBuf,
        /// Of SNOMED CT, the module that the edition goes by, for example 83821000000107.
        #[arg(long)]
        edition: Option<String>,
        /// The date of the version as eight digits, where the names of the files do not say it.
        #[arg(long)]
        date: Option<String>,
    },
    /// Lists the releases that are there.
    List,
    /// Removes a release that is not in use.
    Forget {
        /// Its version, as `list` prints it.
        version: String,
    },
}

/// The form of a release's files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Form {
    /// SNOMED CT, release format 2, snapshot.
    Snomed,
    /// dm+d, the XML files.
    Dmd,
}

/// Does it, and says what was done.
///
/// # Errors
/// In words: what the record refused.
pub async fn run(
    record: &Record,
    wanted: Terminology,
) -> Result<String, Box<dyn std::error::Error>> {
    match wanted {
        Terminology::Load {
            form,
            from,
            edition,
            date,
        } => {
            let distribution = match form {
                Form::Snomed => Distribution::Snomed,
                Form::Dmd => Distribution::Dmd,
            };
            let release = Release {
                distribution,
                from,
                edition,
                date,
            };
            // Whoever can start the process loads for the whole region.
            let operator = record.operator(&"REGION".parse::<SiteCode>()?);
            let said = |words: String| info!("{words}");
            let report = record.load_terminology(&operator, release, &said).await?;
            Ok(format!(
                "{} version {} is in use: {} concepts, {} names; {} batches written",
                report.system, report.version, report.concepts, report.names, report.batches
            ))
        }
        Terminology::List => {
            let mut words = String::new();
            for (system, version, ready) in record.terminology_releases().await? {
                let state = if ready { "" } else { " (not loaded whole)" };
                writeln!(words, "{system} {version}{state}")?;
            }
            Ok(words.trim_end().to_owned())
        }
        Terminology::Forget { version } => {
            record.forget_terminology(&version).await?;
            Ok(format!("{version} was removed"))
        }
    }
}
