//! How long things may be, and how a file opens.
//!
//! Invariant: tables in tests are data and do not count as code; everything else does.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::Finding;
use crate::code::{Function, Source, word_starts};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const HANDLER_BODY_LINES_MAX: usize = 10;

/// How axum's parts of a request are received; a function of the gateway with one of these among its arguments is a
/// handler. `Caller` alone is not enough: the methods that a handler calls take it too.
const EXTRACTED: [&str; 9] = [
    "State(",
    "Path(",
    "Query(",
    "RawQuery(",
    "Json(",
    "Form(",
    "RawForm(",
    "Extension(",
    "request: Request",
];

pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(opening(source));
    found.extend(file_length(source));
    for function in source.functions() {
        found.extend(function_length(source, &function));
        found.extend(handler_length(source, &function));
    }
    found
}

fn opening(source: &Source<'_>) -> Option<Finding> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").unwrap_or_default().trim();
    says.is_empty().then(|| {
        Finding::new(
            source.path,
            1,
            "the file does not open with `//!`",
            "say in one sentence what it holds, then the invariant it keeps",
        )
    })
}

fn file_length(source: &Source<'_>) -> Option<Finding> {
    if source.is_test_file() {
        return None;
    }
    let in_tests: usize = source
        .test_regions()
        .iter()
        .map(|(first, last)| last - first + 1)
        .sum();
    let lines = source.text.lines().count() - in_tests;
    (lines > FILE_LINES_MAX).then(|| {
        Finding::new(
            source.path,
            FILE_LINES_MAX + 1,
            format!("the file has {lines} lines without its tests; {FILE_LINES_MAX} are allowed"),
            "split it by a word of the domain, not by layer",
        )
    })
}

fn function_length(source: &Source<'_>, function: &Function) -> Option<Finding> {
    let table_lines = if is_in_tests(source, function.line) {
        lines_of_tables(source, function)
    } else {
        0
    };
    let lines = function.line_end - function.line + 1 - table_lines;
    (lines > FUNCTION_LINES_MAX).then(|| {
        Finding::new(
            source.path,
            function.line,
            format!(
                "`{}` has {lines} lines; {FUNCTION_LINES_MAX} are allowed",
                function.name
            ),
            "give its steps names of their own",
        )
    })
}

fn handler_length(source: &Source<'_>, function: &Function) -> Option<Finding> {
    if !source.path.starts_with("host/gateway/src/")
        || !is_handler(function)
        || is_in_tests(source, function.line)
    {
        return None;
    }
    let body = source
        .code
        .lines()
        .skip(function.body_line)
        .take(function.line_end.saturating_sub(function.body_line + 1));
    let lines = body.filter(|line| !line.trim().is_empty()).count();
    (lines > HANDLER_BODY_LINES_MAX).then(|| {
        Finding::new(
            source.path,
            function.line,
            format!(
                "the body of handler `{}` has {lines} lines; {HANDLER_BODY_LINES_MAX} are allowed",
                function.name
            ),
            "extract, call one method, answer; the rest belongs behind that method",
        )
    })
}

/// A layer, which is given the `Next` to hand on to, is none.
fn is_handler(function: &Function) -> bool {
    let arguments = arguments_of(&function.signature).unwrap_or_default();
    if word_starts(arguments, "next: Next").next().is_some() {
        return false;
    }
    EXTRACTED
        .iter()
        .any(|opening| word_starts(arguments, opening).next().is_some())
}

fn arguments_of(signature: &str) -> Option<&str> {
    let open = signature.find('(')?;
    let mut depth = 0_i32;
    let close = signature[open..].find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    Some(&signature[open + 1..open + close])
}

fn is_in_tests(source: &Source<'_>, line: usize) -> bool {
    source.is_test_file()
        || source
            .test_regions()
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&line))
}

/// Lines that lie wholly inside a string or a list: rows of a table.
fn lines_of_tables(source: &Source<'_>, function: &Function) -> usize {
    let within = source
        .literals
        .iter()
        .map(|it| (it.line, it.line_end))
        .chain(source.lists(function));
    let rows: HashSet<usize> = within
        .filter(|(first, last)| *first >= function.line && *last <= function.line_end)
        .flat_map(|(first, last)| first + 1..last)
        .collect();
    rows.len()
}
