//! A host that a supplier's tool drives: it enables at one trust what it is told on its standard input.
//!
//! Invariant: what it is told is a line, what came of it is a line; when nobody can tell it anything any more, it stops.

use std::io::Write as _;

use record::Record;
use record::departmental::Digest;
use record::enablement::Enable;
use record::with_causes;
use tokio::sync::mpsc;

use crate::seed::PASSWORD;

/// Who decides at the trust at which a departmental is tried.
const ADMINISTRATOR: &str = "administrator.rxr";

/// Lines that wait: a tool tells one thing at a time.
const WAITING_MAX: usize = 16;

/// Reads digests of published releases, a line each, and enables each with all that it asks for. Says `enabled DIGEST`, or
/// `not enabled DIGEST: why`. Ends when its input does.
///
/// # Errors
/// When standard input or output cannot be used.
pub async fn follow(record: &Record) -> std::io::Result<()> {
    let (told, mut lines) = mpsc::channel(WAITING_MAX);
    // A thread of its own, since reading standard input cannot be given up; it ends with the process.
    std::thread::Builder::new()
        .name("driven".into())
        .spawn(move || {
            let lines = std::io::stdin().lines().map_while(Result::ok);
            for line in lines {
                if told.blocking_send(line).is_err() {
                    break;
                }
            }
        })?;
    while let Some(line) = lines.recv().await {
        let wanted = line.trim();
        let said = match enabled(record, wanted).await {
            Ok(()) => format!("enabled {wanted}"),
            Err(why) => format!("not enabled {wanted}: {}", why.replace('\n', " ")),
        };
        writeln!(std::io::stdout().lock(), "{said}")?;
    }
    Ok(())
}

async fn enabled(record: &Record, wanted: &str) -> Result<(), String> {
    let digest: Digest = wanted.parse().map_err(|why| format!("{why}"))?;
    let signed_in = record.sign_in(ADMINISTRATOR, PASSWORD).await;
    let administrator = signed_in.map_err(|why| with_causes(&why))?.caller;
    let releases = record.releases(&administrator).await;
    let releases = releases.map_err(|why| with_causes(&why))?;
    let release = releases
        .iter()
        .find(|release| release.digest == digest)
        .ok_or("the registry does not publish it")?;
    let decided = record.enable(&administrator, Enable::all_that(release));
    decided.await.map(drop).map_err(|why| with_causes(&why))
}
