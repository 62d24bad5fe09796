//! What may stand nowhere in the code, and where the one exception is.
//!
//! Invariant: only code is looked at; a word in a comment or a string is never a finding.

#[cfg(test)]
mod tests;

use crate::Finding;
use crate::code::{Source, word_starts};

/// Reading the calendar. The exception is the one `Clock` of each program.
const WALL_CLOCKS: [&str; 6] = [
    "SystemTime::now",
    "UNIX_EPOCH.elapsed",
    "Timestamp::now",
    "Zoned::now",
    "Utc::now",
    "Local::now",
];

/// The one clock of the host, and that of the registry, which is a program of its own.
const CLOCKS: [&str; 2] = ["host/record/src/clock.rs", "registry/src/clock.rs"];

/// Code that is the same wherever and whenever it runs: it has no clock of any sort.
const TIMELESS: [&str; 4] = ["plugins/", "sdk/src/", "host/fhir/src/", "host/care/src/"];

/// Lints that only tests may silence.
const TEST_ONLY_LINTS: [&str; 3] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
];

pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = clocks(source);
    found.extend(attributes(source));
    found.extend(globs(source));
    found.extend(spans(source));
    found
}

fn clocks(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !CLOCKS.contains(&source.path) {
        for words in WALL_CLOCKS {
            found.extend(at_lines(
                source,
                words,
                &format!("`{words}` reads the wall clock"),
                "take the time from `Clock`, as an argument",
            ));
        }
    }
    if TIMELESS
        .iter()
        .any(|folder| source.path.starts_with(folder))
        && !source.is_test_file()
    {
        let what = "`Instant::now` in code that must give the same answer at any time";
        found.extend(at_lines(
            source,
            "Instant::now",
            what,
            "take the time as an argument",
        ));
    }
    found
}

fn attributes(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for opening in ["#[allow", "#![allow"] {
        found.extend(at_lines(
            source,
            opening,
            "a lint is silenced with `allow`",
            "use `#[expect(…, reason = \"…\")]`",
        ));
    }
    found.extend(at_lines(
        source,
        "#[ignore",
        "a test is ignored",
        "assert today's wrong answer and say why",
    ));
    for opening in ["#[expect(", "#![expect("] {
        for at in word_starts(&source.code, opening) {
            let attribute = source.code[at..]
                .split_once(']')
                .map_or("", |(inside, _)| inside);
            let line = source.line_of(at);
            if word_starts(attribute, "reason").next().is_none() {
                let mend = "add `reason = \"…\"`";
                found.push(Finding::new(
                    source.path,
                    line,
                    "a lint is silenced without a reason",
                    mend,
                ));
            }
            let silenced = TEST_ONLY_LINTS
                .iter()
                .find(|lint| word_starts(attribute, lint).next().is_some());
            if let Some(lint) = silenced.filter(|_| !in_tests(source, line)) {
                let what = format!("`{lint}` is silenced outside tests");
                found.push(Finding::new(
                    source.path,
                    line,
                    what,
                    "answer with an error, or `assert!` what was believed",
                ));
            }
        }
    }
    found
}

fn globs(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for at in
        word_starts(&source.code, "pub use").chain(word_starts(&source.code, "pub(crate) use"))
    {
        let statement = source.code[at..]
            .split_once(';')
            .map_or("", |(inside, _)| inside);
        if statement.contains('*') {
            let line = source.line_of(at);
            found.push(Finding::new(
                source.path,
                line,
                "everything of a module is re-exported",
                "name what is re-exported",
            ));
        }
    }
    found
}

fn spans(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for opening in ["#[instrument", "#[tracing::instrument"] {
        for at in word_starts(&source.code, opening) {
            let attribute = source.code[at..]
                .split_once(']')
                .map_or("", |(inside, _)| inside);
            if word_starts(attribute, "skip_all").next().is_none() {
                let line = source.line_of(at);
                let what = "a span records the arguments of its function";
                found.push(Finding::new(
                    source.path,
                    line,
                    what,
                    "write `skip_all` and name the ids that it may carry",
                ));
            }
        }
    }
    found
}

fn at_lines(source: &Source<'_>, words: &str, what: &str, mend: &str) -> Vec<Finding> {
    source
        .lines_with(words)
        .into_iter()
        .map(|line| Finding::new(source.path, line, what, mend))
        .collect()
}

fn in_tests(source: &Source<'_>, line: usize) -> bool {
    source.is_test_file()
        || source
            .test_regions()
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&line))
}
