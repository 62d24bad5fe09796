//! What each departmental may call and is given at most, read from its component: a file for each under `tests/cases/grants`.
//!
//! What a manifest does not ask for, nobody can give it; `UPDATE=1` writes the files again, for somebody to look at.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use record::caller::Role;
use record::departmental::manifest::{DeclaredView, Manifest, Reaction, Scope, WriteAction};
use record::permission::{Action, allows};
use wasmparser::{Parser, Payload};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldItem};

/// The departmentals of this repository, as `cargo xtask build` leaves them.
const DEPARTMENTALS: [&str; 4] = ["example", "maternity", "ophthalmology", "pathology"];

fn component(name: &str) -> Vec<u8> {
    let products = std::env::var_os("PALATINE_PRODUCTS").expect("run this by `cargo xtask test`");
    std::fs::read(Path::new(&products).join(name).with_extension("wasm")).unwrap()
}

/// The manifest that the component carries.
fn manifest(wasm: &[u8]) -> Manifest {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(it) if depth == 1 && it.name() == "departmental.json" => {
                return Manifest::parse(&serde_json::from_slice(it.data()).unwrap()).unwrap();
            }
            _ => {}
        }
    }
    unreachable!("it carries no manifest")
}

/// Interfaces with their functions, in order of name; those without any are left out.
fn functions<'r>(resolve: &Resolve, items: impl Iterator<Item = &'r WorldItem>) -> Vec<String> {
    let mut lines: Vec<String> = items
        .filter_map(|item| {
            let WorldItem::Interface { id, .. } = item else {
                return Some("a function outside any interface".to_owned());
            };
            let interface = &resolve.interfaces[*id];
            let mut names: Vec<&str> = interface.functions.keys().map(String::as_str).collect();
            names.sort_unstable();
            let name = resolve
                .id_of(*id)
                .unwrap_or_else(|| "an interface without a name".into());
            (!names.is_empty()).then(|| format!("{name}: {}", names.join(", ")))
        })
        .collect();
    lines.sort();
    lines
}

/// The roles that may do this themselves: a departmental is never given more than who it is asked by.
fn by(actions: &[Action], resource_type: &str) -> String {
    let may = |role: &Role| {
        actions
            .iter()
            .all(|action| allows(*role, *action, resource_type))
    };
    let roles: Vec<&str> = Role::ALL
        .iter()
        .filter(|role| may(role))
        .map(|role| role.as_str())
        .collect();
    if roles.is_empty() {
        "nobody".to_owned()
    } else {
        roles.join(", ")
    }
}

fn section(to: &mut String, title: &str, lines: Vec<String>) {
    writeln!(to, "\n{title}").unwrap();
    if lines.is_empty() {
        writeln!(to, "  nothing").unwrap();
    }
    for line in lines {
        writeln!(to, "  {line}").unwrap();
    }
}

/// Each view with its columns, and of whom its rows are.
fn views(manifest: &Manifest) -> Vec<String> {
    let one = |it: &DeclaredView| {
        let columns: Vec<&str> = it
            .view
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let found = if it.search.is_empty() {
            String::new()
        } else {
            format!(", found by {}", it.search.join(", "))
        };
        let whose = match it.scope {
            Scope::Patient => "of the patient of the call",
            Scope::Own => "of the site itself",
            Scope::Site => "of all patients of the site",
        };
        let (columns, of) = (columns.join(", "), it.resource_type());
        let by = by(&[Action::Read], of);
        format!("{}: {columns} of {of} {whose}{found}, asked by {by}", it.id)
    };
    manifest.views.iter().map(one).collect()
}

fn writes(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for write in &manifest.writes {
        for action in &write.actions {
            let needed = match action {
                WriteAction::Create => Action::Create,
                WriteAction::Update => Action::Update,
            };
            let (of, by) = (&write.resource_type, by(&[needed], &write.resource_type));
            lines.push(format!("{} {of}, asked by {by}", action.as_str()));
        }
    }
    lines
}

fn reactions(manifest: &Manifest) -> Vec<String> {
    let one = |it: &Reaction| {
        let on: Vec<&str> = it.on.iter().map(|action| action.as_str()).collect();
        let condition = it
            .condition
            .as_deref()
            .map_or_else(String::new, |it| format!(", where {it}"));
        format!("{} of {}{condition}", on.join(" and "), it.resource_type)
    };
    manifest.reactions.iter().map(one).collect()
}

/// Everything, as the file has it.
fn grants(wasm: &[u8]) -> String {
    let manifest = manifest(wasm);
    let DecodedWasm::Component(resolve, world) = wit_component::decode(wasm).unwrap() else {
        unreachable!("it is a package of WIT")
    };
    let world = &resolve.worlds[world];
    let reads = manifest.reads.iter();
    let read = |of: &String| format!("{of}, asked by {}", by(&[Action::Read], of));
    let packs = manifest.packs.iter();
    let hooks = manifest.hooks.iter().map(|it| it.hook.to_string());
    let intake = manifest.intake.iter().map(|it| it.format.clone());
    let screens = manifest.screens.iter();
    let mut to = format!("{}, contract {}\n", manifest.id, manifest.contract);
    for (title, lines) in [
        ("may call", functions(&resolve, world.imports.values())),
        ("may be asked", functions(&resolve, world.exports.values())),
        (
            "chart.read and chart.search, of the patient of the call",
            reads.map(|it| read(&it.resource_type)).collect(),
        ),
        ("chart.rows", views(&manifest)),
        (
            "packs.get",
            packs
                .map(|it| format!("{} {}", it.name, it.version))
                .collect(),
        ),
        (
            "may propose, about the patient of the call",
            writes(&manifest),
        ),
        ("is told of", reactions(&manifest)),
        ("is asked for advice at", hooks.collect()),
        ("is handed messages", intake.collect()),
        (
            "draws",
            screens
                .map(|it| format!("{}, to {}", it.id, it.audience.join(", ")))
                .collect(),
        ),
    ] {
        section(&mut to, title, lines);
    }
    to
}

fn file(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join("tests/cases/grants")
        .join(name)
        .with_extension("txt")
}

#[test]
fn each_departmental_may_call_what_its_file_says() {
    let mut wrong = Vec::new();
    for name in DEPARTMENTALS {
        let found = grants(&component(name));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(file(name).parent().unwrap()).unwrap();
            std::fs::write(file(name), &found).unwrap();
        }
        let expected = std::fs::read_to_string(file(name)).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}:\n{found}", file(name).display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "these have changed; UPDATE=1 writes them:\n{}",
        wrong.join("\n")
    );
}
