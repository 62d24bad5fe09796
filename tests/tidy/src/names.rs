//! Names that may not be used: for files and modules, at the root, of departmentals in the host, of package registries.
//!
//! Invariant: a new departmental or a new root entry needs no change here to be noticed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::code::{Source, line_of, word_starts};
use crate::{Finding, Tree};

/// The eight names, and what a tool forces.
const ROOT: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    "host",
    "wit",
    "plugins",
    "sdk",
    "registry",
    "tests",
    "README.md",
];

/// Written by the tools and left out of version control.
const ROOT_MADE: [&str; 2] = ["target", "node_modules"];

/// Names that say nothing of what a file holds.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

/// Hosts that serve packages. Which one is used is for the machine's own configuration to say.
const REGISTRY_HOSTS: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("deb", ".debian.org"),
    concat!("ghcr", ".io"),
    concat!("docker", ".io"),
    concat!("quay", ".io"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = root(tree);
    found.extend(files_and_modules(tree));
    found.extend(departmentals_in_the_host(tree));
    found.extend(registry_hosts(tree));
    found
}

fn root(tree: &Tree) -> Vec<Finding> {
    let extra = tree.root_names.iter().filter(|name| {
        let name = name.as_str();
        !name.starts_with('.') && !ROOT.contains(&name) && !ROOT_MADE.contains(&name)
    });
    extra
        .map(|name| {
            Finding::new(
                name,
                1,
                format!("`{name}` stands at the root"),
                "move it into one of the eight, or give it a leading dot",
            )
        })
        .collect()
}

fn files_and_modules(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust_files() {
        if file.path.ends_with("/mod.rs") {
            let mend = "name it after its folder and put it beside that folder";
            found.push(Finding::new(
                &file.path,
                1,
                "a file is called `mod.rs`",
                mend,
            ));
        }
        let mut parts = file
            .path
            .split('/')
            .map(|part| part.trim_end_matches(".rs"));
        if let Some(name) = parts.find(|part| EMPTY_NAMES.contains(part)) {
            found.push(empty_name(&file.path, 1, name));
        }
        let source = Source::read(&file.path, &file.text);
        for at in word_starts(&source.code, "mod") {
            let name: String = source.code[at + 3..]
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if EMPTY_NAMES.contains(&name.as_str()) {
                found.push(empty_name(&file.path, source.line_of(at), &name));
            }
        }
    }
    found
}

fn empty_name(path: &str, line: usize, name: &str) -> Finding {
    let what = format!("`{name}` says nothing of what it holds");
    Finding::new(
        path,
        line,
        what,
        "name it for what a clinician or site manager would call it",
    )
}

/// The host runs any departmental and knows none: a new one changes no file of the host.
fn departmentals_in_the_host(tree: &Tree) -> Vec<Finding> {
    let folders = tree
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("plugins/")?.split_once('/'));
    let names: BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
    let mut found = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.path.starts_with("host/") && file.path.contains("/src/"))
    {
        let source = Source::read(&file.path, &file.text);
        if source.is_test_file() {
            continue;
        }
        let in_tests = source.test_regions();
        let text = file.text.to_lowercase();
        for name in &names {
            for at in word_starts(&text, name) {
                let line = line_of(&text, at);
                if !in_tests
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(&line))
                {
                    let what = format!("the host names the departmental `{name}`");
                    found.push(Finding::new(
                        &file.path,
                        line,
                        what,
                        "read it from the manifest; in a comment, say `a departmental`",
                    ));
                }
            }
        }
    }
    found
}

fn registry_hosts(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != "Cargo.lock") {
        for host in REGISTRY_HOSTS {
            for at in word_starts(&file.text, host) {
                let what = format!("the package registry `{host}` is named");
                let mend = "leave it to the machine's configuration (in a lock file of npm: omit-lockfile-registry-resolved)";
                found.push(Finding::new(
                    &file.path,
                    line_of(&file.text, at),
                    what,
                    mend,
                ));
            }
        }
    }
    found
}
