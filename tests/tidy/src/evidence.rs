//! That a clinical rule carries its evidence: what it returns, takes, refuses, and where it comes from, with a case table.
//!
//! Invariant: a rule and its table have the same name, so neither can be there without the other.

#[cfg(test)]
mod tests;

use crate::code::{Function, Source};
use crate::{File, Finding, Tree};

const PARTS: &str = "Returns:, Takes:, Refuses: or Not for:, Source:, Reviewed:";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree
        .rust_files()
        .filter(|file| is_where_rules_live(&file.path))
    {
        let source = Source::read(&file.path, &file.text);
        if source.is_test_file() {
            continue;
        }
        let functions = source.functions();
        let claimed: Vec<_> = functions
            .iter()
            .filter(|it| it.docs.lines().any(opens_a_part))
            .collect();
        found.extend(claimed.iter().filter_map(|it| missing_part(&file.path, it)));
        found.extend(claimed.first().and_then(|it| missing_table(tree, file, it)));
    }
    found.extend(
        tree.files
            .iter()
            .filter_map(|file| missing_rule(tree, file)),
    );
    found
}

fn is_where_rules_live(path: &str) -> bool {
    path.starts_with("host/care/src/") || path.starts_with("plugins/") && path.contains("/src/")
}

fn opens_a_part(line: &str) -> bool {
    [
        "Returns:",
        "Takes:",
        "Refuses:",
        "Not for:",
        "Source:",
        "Reviewed:",
    ]
    .iter()
    .any(|part| line.starts_with(part))
}

/// The first part that is not there, or not in its place.
fn missing_part(path: &str, function: &Function) -> Option<Finding> {
    let mut rest = function.docs.as_str();
    for alternatives in [
        ["Returns:"; 2],
        ["Takes:"; 2],
        ["Refuses:", "Not for:"],
        ["Source:"; 2],
        ["Reviewed:"; 2],
    ] {
        let at = alternatives
            .iter()
            .filter_map(|part| Some((rest.find(part)?, part.len())))
            .min();
        let said = at
            .map(|(at, length)| &rest[at + length..])
            .filter(|after| !after.trim().is_empty());
        let Some(after) = said else {
            let part = if alternatives[0] == alternatives[1] {
                alternatives[0].to_owned()
            } else {
                alternatives.join(" or ")
            };
            let what = format!(
                "the evidence of `{}` lacks `{part}` in its place",
                function.name
            );
            return Some(Finding::new(
                path,
                function.line,
                what,
                format!("write, in this order: {PARTS}"),
            ));
        };
        rest = after;
    }
    None
}

/// `plugins/p/src/aki.rs` has `plugins/p/cases/aki.txt`.
fn missing_table(tree: &Tree, file: &File, function: &Function) -> Option<Finding> {
    let (plugin, name) = plugin_and_stem(&file.path, "/src/")?;
    let prefix = format!("{plugin}/cases/{name}.");
    let there = tree.files.iter().any(|it| it.path.starts_with(&prefix));
    let what = format!("the rule `{}` has no table of cases", function.name);
    (!there).then(|| {
        Finding::new(
            &file.path,
            function.line,
            what,
            format!("write {prefix}txt, two rows at each boundary"),
        )
    })
}

/// `plugins/p/cases/aki.txt` has a rule with evidence in `plugins/p/src/aki.rs`.
fn missing_rule(tree: &Tree, file: &File) -> Option<Finding> {
    let (plugin, name) = plugin_and_stem(&file.path, "/cases/")?;
    let rule = format!("{plugin}/src/{name}.rs");
    let has_evidence = tree.file(&rule).is_some_and(|rule| {
        let source = Source::read(&rule.path, &rule.text);
        source
            .functions()
            .iter()
            .any(|it| it.docs.lines().any(opens_a_part))
    });
    let mend = format!("a function of {rule} says in its doc comment: {PARTS}");
    (!has_evidence).then(|| {
        Finding::new(
            &file.path,
            1,
            "this table belongs to no rule with evidence",
            mend,
        )
    })
}

/// `plugins/p/src/aki.rs` is (`plugins/p`, `aki`); a file deeper down is no rule.
fn plugin_and_stem<'a>(path: &'a str, folder: &str) -> Option<(&'a str, &'a str)> {
    let (plugin, file) = path
        .split_once(folder)
        .filter(|(plugin, _)| plugin.starts_with("plugins/"))?;
    let (stem, _) = file.split_once('.')?;
    (!file.contains('/') && plugin.matches('/').count() == 1).then_some((plugin, stem))
}
