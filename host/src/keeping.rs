//! The command line's `backup`, `restore`, `verify` and `import`: what they say while they work and when they are done.
//!
//! Invariant: nothing here decides anything; a record that is not whole is an error, so that the exit code says so.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::Record;
use record::backup::{self, Wanted};
use record::caller::SiteCode;
use record::clock::System;
use record::job::Stands;
use record::log::{At, T};
use record::store::Place;
use record::verify::{self, Progress, Verdict};
use tracing::info;

/// Time between two words on how far an import is.
const PROGRESS: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error>;

/// `palatine backup`: what was copied, and where to.
pub async fn backup(
    place: &Place,
    folder: PathBuf,
    keep: Option<usize>,
) -> Result<String, Failure> {
    let taken = backup::backup(place, &folder, keep, &System, &mut say).await?;
    let manifest = &taken.manifest;
    let mut words = format!(
        "{}: the record up to commit {}, {} bytes, SHA-256 {}",
        taken.folder.display(),
        manifest.t,
        manifest.file.bytes,
        manifest.file.sha256
    );
    for old in taken.removed {
        write!(words, "\nremoved {}", old.display())?;
    }
    Ok(words)
}

/// `palatine restore`: what was put back.
pub async fn restore(
    place: &Place,
    folder: PathBuf,
    to: Option<String>,
    replace: bool,
) -> Result<String, Failure> {
    let to = match to {
        None => At::Now,
        Some(text) => text.parse().map_or(At::Instant(text), |t| At::Commit(T(t))),
    };
    let wanted = Wanted {
        folder,
        to,
        replace,
    };
    let restored = backup::restore(place, &wanted, Arc::new(System), &mut say).await?;
    Ok(format!(
        "the record is back as of commit {} from {}; {} later commits and {} leaves of the audit are in the backup only\n{}",
        restored.t,
        restored.folder.display(),
        restored.commits_cut,
        restored.leaves_cut,
        counted(&restored.verdict)
    ))
}

/// `palatine verify`: what was looked through; an error lists what is wrong.
pub async fn verify(place: &Place) -> Result<String, Failure> {
    let verdict = verify::verify(place, &mut say).await?;
    let counted = counted(&verdict);
    if verdict.is_whole() {
        return Ok(format!("the record is whole\n{counted}"));
    }
    let mut words = String::from("the record is not whole");
    for it in &verdict.findings {
        write!(words, "\n{}\n  at {}\n  do: {}", it.what, it.at, it.mend)?;
    }
    if verdict.more > 0 {
        write!(words, "\nand {} more", verdict.more)?;
    }
    write!(words, "\n{counted}")?;
    Err(words.into())
}

/// `palatine import`: what was filed; an error when lines were not.
pub async fn import(record: &Record, site: &SiteCode, folder: &Path) -> Result<String, Failure> {
    let operator = record.operator(site);
    let import = record.import_folder(&operator, folder);
    tokio::pin!(import);
    let imported = loop {
        tokio::select! {
            imported = &mut import => break imported?,
            () = tokio::time::sleep(PROGRESS) => {
                for job in record.all_jobs(&operator).await? {
                    if let Stands::Running(words) = job.stands {
                        info!("{words}");
                    }
                }
            }
        }
    };
    if let Stands::Failed(why) = &imported.job.stands {
        return Err(format!("the import failed: {why}").into());
    }
    let words = format!(
        "{} resources filed, {} stood as they were sent, {} lines rejected",
        imported.filed, imported.unchanged, imported.rejected
    );
    match imported.errors {
        None => Ok(words),
        Some((errors, lines)) => Err(format!(
            "{words}: the reasons are in {}, the lines in {}",
            errors.display(),
            lines.display()
        )
        .into()),
    }
}

fn counted(it: &Verdict) -> String {
    format!(
        "{} commits, {} resources, {} versions, {} index rows, {} messages, {} calls of departmentals, {} leaves of the audit\n\
         keep elsewhere, to prove later that the audit was not rewritten: leaf {} has the digest {}",
        it.commits,
        it.resources,
        it.versions,
        it.index_rows,
        it.messages,
        it.calls,
        it.leaves,
        it.leaves,
        it.head
    )
}

fn say(it: Progress) {
    match it.of {
        Some(of) => info!("{}: {} of {of}", it.step, it.done),
        None => info!("{}: {}", it.step, it.done),
    }
}
