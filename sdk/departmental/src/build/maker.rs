//! Programs of other languages that make components: kept in a cache, fetched once by their lock file, run with progress.
//!
//! Invariant: what is fetched is named with its digest, and is used only when all of it was fetched.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::build::BuildError;
use crate::build::kit::{self, Brought};

/// How often somebody who waits is told that it goes on, in seconds.
const PROGRESS_S: u64 = 5;
/// What marks that all was fetched.
const MARK: &str = ".fetched";

/// Where this tool keeps what it fetches.
pub(crate) fn cache() -> Result<PathBuf, BuildError> {
    let given = |name| {
        std::env::var_os(name)
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    };
    given("XDG_CACHE_HOME")
        .or_else(|| {
            Some(
                given("HOME")
                    .or_else(|| given("LOCALAPPDATA"))?
                    .join(".cache"),
            )
        })
        .map(|folder| folder.join("palatine-departmental"))
        .ok_or_else(|| BuildError::Missing {
            what: "there is no folder to keep what is fetched; set HOME or XDG_CACHE_HOME".into(),
        })
}

/// The folder of the cache with these files in it, in which `fetch` has run once.
pub(super) fn fetched(
    cache: &Path,
    language: &str,
    files: &[Brought],
    fetch: impl FnOnce(&Path) -> Result<(), BuildError>,
) -> Result<PathBuf, BuildError> {
    let digest = kit::digest(files);
    let name = format!("{language}-{}", digest.get(..16).unwrap_or(&digest));
    let folder = cache.join(&name);
    let cannot = |source| BuildError::File {
        file: folder.clone(),
        doing: "written",
        source,
    };
    std::fs::create_dir_all(cache).map_err(cannot)?;
    let lock = std::fs::File::create(cache.join(format!("{name}.lock"))).map_err(cannot)?;
    // Another build that fetches the same is waited for; the lock goes with the file.
    lock.lock().map_err(cannot)?;
    if folder.join(MARK).is_file() {
        return Ok(folder);
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(cannot)?;
    }
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    for (name, text) in files {
        std::fs::write(folder.join(name), text).map_err(cannot)?;
    }
    fetch(&folder)?;
    std::fs::write(folder.join(MARK), digest).map_err(cannot)?;
    Ok(folder)
}

/// What a program says of its version; `install`: how one gets it.
pub(super) fn version(program: &str, install: &str) -> Result<String, BuildError> {
    let missing = |what: String| BuildError::Missing {
        what: format!("{program} {what}. Install it: {install}"),
    };
    let output = Command::new(program)
        .arg("--version")
        .output()
        .map_err(|wrong| missing(format!("cannot be run: {wrong}")))?;
    if !output.status.success() {
        return Err(missing("does not say its version".into()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first number of a version, `v20.11.0` or `Python 3.11.7`, and the second.
pub(super) fn numbers(version: &str) -> Option<(u32, u32)> {
    let digits = version.find(|it: char| it.is_ascii_digit())?;
    let mut parts = version.get(digits..)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Runs a program to its end and says every few seconds that it goes on.
pub(crate) fn run(
    mut command: Command,
    doing: &'static str,
    say: &mut dyn FnMut(&str),
) -> Result<Output, BuildError> {
    let failed = |what: String| BuildError::Program { doing, what };
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|wrong| failed(wrong.to_string()))?;
    let (done, ended) = channel();
    let waiting = std::thread::Builder::new()
        .name("waiting".into())
        .spawn(move || done.send(child.wait_with_output()))
        .map_err(|wrong| failed(wrong.to_string()))?;
    let mut seconds = 0;
    let output = loop {
        match ended.recv_timeout(Duration::from_secs(PROGRESS_S)) {
            Ok(output) => break output.map_err(|wrong| failed(wrong.to_string()))?,
            Err(RecvTimeoutError::Timeout) => {
                seconds += PROGRESS_S;
                say(&format!("  {doing}, {seconds} s so far"));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(failed("it was not waited for".into()));
            }
        }
    };
    // It has sent, so nothing is left that could go wrong.
    drop(waiting);
    Ok(output)
}

/// The end of what a program said, as it failed.
pub(crate) fn said(output: &Output) -> String {
    let text = [&output.stderr, &output.stdout].map(|it| String::from_utf8_lossy(it).into_owned());
    let lines: Vec<&str> = text
        .iter()
        .flat_map(|it| it.lines())
        .filter(|it| !it.trim().is_empty())
        .collect();
    let from = lines.len().saturating_sub(20);
    lines.get(from..).unwrap_or_default().join("\n  ")
}

#[cfg(test)]
mod tests;
