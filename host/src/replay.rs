//! The command line's `replay`: past calls of departmentals made again, and in what their answers differ.
//!
//! Invariant: nothing here decides anything; an answer that differs is an error, so that the exit code says so.

use std::fmt::Write as _;

use clap::Args;
use record::Record;
use record::caller::SiteCode;
use record::departmental::Digest;
use record::departmental::replay::{Differences, Replayed, Trial};
use record::departmental::{call_log::PastCall, cost::Cost};
use record::limits::REPLAY_CALLS_MAX;
use record::log::{At, T};

type Failure = Box<dyn std::error::Error>;

/// Which calls are made again, and by which version.
#[derive(Debug, Args)]
pub struct Wanted {
    /// One call by its id, as provenance and audit name it, on the version that answered it.
    #[arg(required_unless_present = "since", conflicts_with_all = ["since", "with"])]
    call: Option<String>,
    /// All calls from this commit's number on, or from a moment such as 2026-11-22T09:30:00Z; each on the version that
    /// answered it, unless another is named.
    #[arg(long)]
    since: Option<String>,
    /// Of them, all calls of a departmental, on the release of this digest (`sha256:…`), before it is enabled.
    #[arg(long, requires = "since")]
    with: Option<Digest>,
    /// At most so many.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(REPLAY_CALLS_MAX)))]
    most: u32,
}

/// `palatine replay`: what was the same; an error says what differs.
///
/// # Errors
/// In words: what differs, or why a call could not be made again.
pub async fn run(record: &Record, wanted: Wanted) -> Result<String, Failure> {
    // Whoever can start the process looks for the whole region.
    let operator = record.operator(&"REGION".parse::<SiteCode>()?);
    let Wanted {
        call,
        with,
        since,
        most,
    } = wanted;
    if let Some(id) = call {
        let replayed = record.replay(&operator, &id).await?;
        return as_exit(replayed.is_same(), one(&replayed)?);
    }
    let since = since.ok_or("name a call, or say --since")?;
    let since = since
        .parse()
        .map_or(At::Instant(since), |t| At::Commit(T(t)));
    let trial = match &with {
        Some(digest) => record.replay_with(&operator, digest, &since, most).await?,
        None => record.replay_since(&operator, &since, most).await?,
    };
    as_exit(trial.same == trial.calls, tried(&trial)?)
}

/// What is printed; as an error, so that the exit code says it too, when not everything is the same.
fn as_exit(is_same: bool, words: String) -> Result<String, Failure> {
    if is_same {
        Ok(words)
    } else {
        Err(words.into())
    }
}

fn one(it: &Replayed) -> Result<String, Failure> {
    let mut words = String::new();
    if it.is_same() {
        write!(words, "the same answer")?;
    } else {
        write!(words, "another answer")?;
    }
    write!(words, "\n{}", asked(&it.call)?)?;
    write!(
        words,
        "\n  then {}, now {}",
        cost(it.call.cost),
        cost(it.cost)
    )?;
    if it.by_load {
        write!(
            words,
            "\n  one of the answers is a timeout or was not loaded: that may come from how busy a host is"
        )?;
    }
    words.push_str(&differing(&it.differences)?);
    Ok(words)
}

fn tried(it: &Trial) -> Result<String, Failure> {
    let on = match &it.release {
        Some(release) => format!(
            "{} {} ({}), tried on",
            release.id, release.version, release.digest
        ),
        None => "every departmental, each on the version that answered:".to_owned(),
    };
    let mut words = format!(
        "{on} {} past calls since commit {}\n{} answers are the same, {} differ: {} in a screen, {} in a proposal",
        it.calls, it.since, it.same, it.different, it.screens, it.proposals
    );
    if it.release.is_some() {
        write!(
            words,
            "\neach call was asked with the grants that held then; settings that only this version has are at their defaults"
        )?;
    }
    if it.more {
        write!(words, "\nthere are more calls: say --most to try them")?;
    }
    for replayed in &it.listed {
        write!(words, "\n\n{}", asked(&replayed.call)?)?;
        write!(
            words,
            "\n  then {} {}, now {}",
            replayed.call.version,
            cost(replayed.call.cost),
            cost(replayed.cost)
        )?;
        words.push_str(&differing(&replayed.differences)?);
    }
    let unlisted = it.different - it.listed.len() as u64;
    if unlisted > 0 {
        write!(words, "\n\nand {unlisted} more that differ")?;
    }
    if it.left_out > 0 {
        write!(words, "\n\n{} calls could not be made again", it.left_out)?;
    }
    for left in &it.reasons {
        write!(words, "\n  {}", left.why)?;
    }
    Ok(words)
}

/// Who asked what, when and of whom.
fn asked(it: &PastCall) -> Result<String, Failure> {
    let mut words = format!(
        "call {} (leaf {}) at {}\n  {} of {} {} ({})\n  for {} at {}, as of commit {}",
        it.id,
        it.leaf,
        it.at,
        it.asked,
        it.departmental,
        it.version,
        it.digest,
        it.role,
        it.site,
        it.t
    );
    if let Some(patient) = &it.patient {
        write!(words, ", about Patient/{patient}")?;
    }
    write!(words, "; asked by {}", it.account)?;
    Ok(words)
}

fn cost(it: Cost) -> String {
    format!(
        "{} µs, the chart read {} times, {} bytes",
        it.micros, it.chart_calls, it.read_bytes
    )
}

/// Side by side, a part of the answer after the other.
fn differing(it: &Differences) -> Result<String, Failure> {
    let mut words = String::new();
    let mut listed: Vec<_> = it.listed.iter().collect();
    listed.sort_by_key(|difference| difference.of);
    for difference in listed {
        let at = match difference.at.as_str() {
            "" => "as a whole",
            at => at,
        };
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(
            words,
            "\n  {} {}\n    then  {}\n    now   {}",
            difference.of.as_str(),
            printable(at),
            printable(&side(&difference.then)),
            printable(&side(&difference.now))
        )?;
    }
    if it.more > 0 {
        write!(words, "\n  and {} more differences", it.more)?;
    }
    Ok(words)
}

/// A guest's words on a terminal: nothing in them moves its cursor or turns its text around.
pub(crate) fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c });
    shown.collect()
}
