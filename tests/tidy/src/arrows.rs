//! Which package may depend on which, read from the Cargo manifests.
//!
//! Invariant: a package in no row is a finding, so a new one states its place before it is used.

#[cfg(test)]
mod tests;

use crate::{Finding, Tree};

/// Package, then the packages of this project that it may name; those below `plugins/` and written guests name `sdk`.
const ARROWS: [(&str, &[&str]); 14] = [
    ("fhir", &[]),
    ("record", &["fhir"]),
    ("care", &["record", "fhir"]),
    ("orchestration", &["record", "fhir"]),
    ("gateway", &["record", "fhir"]),
    ("sandbox", &["record", "fhir"]),
    (
        "palatine",
        &[
            "fhir",
            "record",
            "care",
            "orchestration",
            "gateway",
            "sandbox",
            "registry",
        ],
    ),
    ("registry", &[]),
    ("sdk", &[]),
    ("departmental", &["registry"]),
    (
        "journeys",
        &[
            "palatine", "record", "fhir", "gateway", "registry", "sandbox",
        ],
    ),
    (
        "bench",
        &[
            "palatine",
            "record",
            "fhir",
            "orchestration",
            "gateway",
            "registry",
            "sandbox",
        ],
    ),
    ("tidy", &[]),
    ("xtask", &[]),
];

/// Foreign packages with a fence around them: how their names begin, and who may name them.
const FENCES: [(&str, &[&str]); 6] = [
    ("wasmtime", &["sandbox", "bench"]),
    ("cranelift", &["sandbox"]),
    ("axum", &["gateway", "registry"]),
    ("rusqlite", &["record", "registry"]),
    ("tokio-postgres", &["record"]),
    ("deadpool", &["record"]),
];

/// Folders of guests: each names the `sdk` and nothing else of ours.
const GUESTS: [&str; 4] = [
    "plugins/",
    "sdk/example/",
    "sdk/templates/",
    "host/sandbox/tests/hostile/",
];

/// One dependency as a manifest states it.
struct Dependency {
    name: String,
    line: usize,
}

struct Manifest {
    package: String,
    package_line: usize,
    dependencies: Vec<Dependency>,
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree
        .files
        .iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"));
    let read: Vec<_> = manifests
        .map(|file| (file.path.as_str(), read(&file.text)))
        .collect();
    let ours: Vec<&str> = read
        .iter()
        .map(|(_, manifest)| manifest.package.as_str())
        .collect();
    read.iter()
        .flat_map(|(path, manifest)| check_one(path, manifest, &ours))
        .collect()
}

fn check_one(path: &str, manifest: &Manifest, ours: &[&str]) -> Vec<Finding> {
    let is_guest = GUESTS.iter().any(|folder| path.starts_with(folder));
    let row = ARROWS
        .iter()
        .find(|(package, _)| *package == manifest.package)
        .map(|(_, allowed)| *allowed);
    let Some(allowed) = (if is_guest {
        Some(["sdk"].as_slice())
    } else {
        row
    }) else {
        let what = format!(
            "package `{}` has no row of allowed arrows",
            manifest.package
        );
        return vec![Finding::new(
            path,
            manifest.package_line,
            what,
            "give it one in tests/tidy/src/arrows.rs, and in the README",
        )];
    };
    let mut found = Vec::new();
    for dependency in &manifest.dependencies {
        let name = dependency.name.as_str();
        // A package names itself where its tests want a feature of its own.
        let is_itself = name == manifest.package;
        if ours.contains(&name) && !allowed.contains(&name) && !is_itself {
            let what = format!("`{}` depends on `{name}`", manifest.package);
            let mend = format!("it may name only: {}", or_nothing(allowed));
            found.push(Finding::new(path, dependency.line, what, mend));
        }
        let fence = FENCES.iter().find(|(begins, _)| name.starts_with(begins));
        if let Some((_, inside)) =
            fence.filter(|(_, inside)| !inside.contains(&manifest.package.as_str()))
        {
            let what = format!("`{}` depends on `{name}`", manifest.package);
            found.push(Finding::new(
                path,
                dependency.line,
                what,
                format!("only {} may", inside.join(", ")),
            ));
        }
    }
    found
}

fn or_nothing(allowed: &[&str]) -> String {
    if allowed.is_empty() {
        "no other package of the project".to_owned()
    } else {
        allowed.join(", ")
    }
}

/// Reads the package's name and all its dependencies: of tests, of building, and of one target too.
fn read(text: &str) -> Manifest {
    let mut manifest = Manifest {
        package: String::new(),
        package_line: 1,
        dependencies: vec![],
    };
    let mut section = String::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.trim()))
    {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            // `[dependencies.fhir]`: the name is in the header.
            if let Some((before, name)) = section
                .rsplit_once('.')
                .filter(|(before, _)| before.ends_with("dependencies"))
                && before != "workspace.dependencies"
            {
                manifest.dependencies.push(Dependency {
                    name: unquoted(name),
                    line: number,
                });
            }
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let key = unquoted(key.split('.').next().unwrap_or(key));
            if section == "package" && key == "name" {
                manifest.package = unquoted(value);
                manifest.package_line = number;
            } else if section.ends_with("dependencies") && section != "workspace.dependencies" {
                // `name = { package = "fhir" }` is fhir under another name.
                let renamed = value
                    .split_once("package")
                    .and_then(|(_, after)| after.split('"').nth(1));
                let name = renamed.map_or(key, str::to_owned);
                manifest
                    .dependencies
                    .push(Dependency { name, line: number });
            }
        }
    }
    manifest
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}
