//! The command line's `feed`: kept messages read again by another mapping, and what would differ from what their filing made.
//!
//! Invariant: nothing here decides or writes anything; a difference is an error, so that the exit code says so.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Args, Subcommand};
use orchestration::feed::codes::Codes;
use orchestration::limits::{MAP_BYTES_MAX, REPLAY_MESSAGES_MAX};
use orchestration::replay::{Ask, Fate, Replay, Replayed, replay};
use record::Record;
use record::caller::SiteCode;
use record::log::{At, T};

use crate::replay::printable;

/// Characters shown of one value.
const VALUE_CHARACTERS_MAX: usize = 2_000;

type Failure = Box<dyn std::error::Error>;

/// What is done with feeds.
#[derive(Debug, Subcommand)]
pub enum Wanted {
    /// Reads kept messages again and says what each would become, beside what its filing made. Exit code 1 when anything
    /// differs. Nothing is written.
    Replay(Again),
}

/// Which messages are read again, and by what.
#[derive(Debug, Args)]
pub struct Again {
    /// `current`: the mapping of this program over history that earlier versions filed. Or a file with rows of map, from,
    /// to, display and system (as `host/orchestration/maps/palatine.tsv`), put over this program's code maps.
    #[arg(long)]
    map: String,
    /// From this commit's number on, or from a moment such as 2026-11-22T09:30:00Z; all of history without it.
    #[arg(long)]
    since: Option<String>,
    /// At most so many messages. What is left is named, to go on from.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(REPLAY_MESSAGES_MAX)))]
    most: u32,
}

/// `palatine feed`: what would be the same; an error says what would differ.
///
/// # Errors
/// In words: what differs, which line of a table cannot be read, or why the record does not answer.
pub async fn run(record: &Record, wanted: Wanted) -> Result<String, Failure> {
    let Wanted::Replay(again) = wanted;
    // Whoever can start the process looks for the whole region.
    let operator = record.operator(&"REGION".parse::<SiteCode>()?);
    let ask = Ask {
        codes: codes(&again.map)?,
        after: after(record, again.since).await?,
        most: again.most,
    };
    let found = replay(record, &operator, &ask).await?;
    let words = told(&found)?;
    match found.different {
        0 => Ok(words),
        _ => Err(words.into()),
    }
}

fn codes(map: &str) -> Result<Codes, Failure> {
    if map == "current" {
        return Ok(Codes::current());
    }
    let path = Path::new(map);
    let length = std::fs::metadata(path)
        .map_err(|error| format!("{map}: {error}"))?
        .len();
    if length > MAP_BYTES_MAX as u64 {
        return Err(format!("{map}: a table of codes has at most {MAP_BYTES_MAX} bytes").into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{map}: {error}"))?;
    Ok(Codes::current()
        .with(&text)
        .map_err(|error| format!("{map}: {error}"))?)
}

/// The commit behind which messages are read.
async fn after(record: &Record, since: Option<String>) -> Result<T, Failure> {
    let Some(since) = since else {
        return Ok(T(0));
    };
    match since.parse::<u64>() {
        Ok(t) => Ok(T(t.saturating_sub(1))),
        Err(_) => Ok(record.as_of(&At::Instant(since)).await?),
    }
}

fn told(found: &Replay) -> Result<String, Failure> {
    let mut words = format!(
        "map {}: {} messages, {} the same, {} different, {} read by a departmental",
        found.map, found.looked_at, found.same, found.different, found.of_departmentals
    );
    for ((kind, element), counts) in &found.counted {
        write!(
            words,
            "\n  {} {element}: {} added, {} removed, {} changed",
            printable(kind),
            counts.added,
            counts.removed,
            counts.changed
        )?;
    }
    for one in &found.listed {
        message(&mut words, one)?;
    }
    let unlisted = found.different - found.listed.len() as u64;
    if unlisted > 0 {
        write!(words, "\n\nand {unlisted} more that differ")?;
    }
    if let Some(T(last)) = found.more_after {
        write!(
            words,
            "\n\nthere are more messages: go on with --since {}",
            last + 1
        )?;
    }
    Ok(words)
}

/// A value on a terminal; a document in it would fill many screens.
fn shortened(value: &str) -> String {
    let shown: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
    match shown.len() < value.len() {
        true => printable(&format!("{shown} … ({} bytes)", value.len())),
        false => printable(&shown),
    }
}

fn message(words: &mut String, one: &Replayed) -> Result<(), Failure> {
    write!(
        words,
        "\n\ncommit {}: {} {} of {}",
        one.t,
        printable(&one.kind),
        printable(&one.control_id),
        printable(&one.source)
    )?;
    match &one.fate {
        Fate::Otherwise(differences) => {
            for difference in differences {
                write!(words, "\n  {} {}", difference.element, difference.change)?;
                for (when, value) in [("then", &difference.then), ("now", &difference.now)] {
                    if let Some(value) = value {
                        write!(words, "\n    {when} {}", shortened(&value.to_string()))?;
                    }
                }
            }
        }
        Fate::Parked { reason } => write!(
            words,
            "\n  was filed, would be parked: {}",
            printable(reason)
        )?,
        Fate::Filed { was, makes } => {
            write!(
                words,
                "\n  was parked ({}), would be filed:",
                printable(was)
            )?;
            for (what, count) in makes {
                write!(words, " {count} {what}")?;
            }
        }
        Fate::OtherReason { was, reason } => write!(
            words,
            "\n  was parked ({}), would be parked for another reason: {}",
            printable(was),
            printable(reason)
        )?,
    }
    Ok(())
}
