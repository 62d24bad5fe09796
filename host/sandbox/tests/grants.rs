//! What each departmental may call and is given at most, read from its component: a file for each under `tests/cases/grants`.
//!
//! What a manifest does not ask for, nobody can give it; `UPDATE=1` writes the files again, for somebody to look at.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use record::caller::Role;
use record::departmental::manifest::{Manifest, WriteAction};
use record::permission::{Action, allows};
use wasmparser::{Parser, Payload};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldItem};

/// The departmentals of this repository, as `cargo xtask build` leaves them.
const DEPARTMENTALS: [&str; 2] = ["example", "pathology"];

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

/// Everything, as the file has it.
fn grants(wasm: &[u8]) -> String {
    let manifest = manifest(wasm);
    let DecodedWasm::Component(resolve, world) = wit_component::decode(wasm).unwrap() else {
        unreachable!("it is a package of WIT")
    };
    let world = &resolve.worlds[world];
    let mut to = format!("{}, contract {}\n", manifest.id, manifest.contract);
    section(
        &mut to,
        "may call",
        functions(&resolve, world.imports.values()),
    );
    section(
        &mut to,
        "may be asked",
        functions(&resolve, world.exports.values()),
    );
    let reads = manifest.reads.iter();
    let reads = reads.map(|it| {
        format!(
            "{0}, asked by {1}",
            it.resource_type,
            by(&[Action::Read], &it.resource_type)
        )
    });
    section(
        &mut to,
        "chart.read and chart.search, of the patient of the call",
        reads.collect(),
    );
    let views = manifest.views.iter().map(|it| {
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
        format!(
            "{}: {} of {}{found}, asked by {}",
            it.id,
            columns.join(", "),
            it.resource_type(),
            by(&[Action::Read], it.resource_type())
        )
    });
    section(
        &mut to,
        "chart.rows, of the patient of the call",
        views.collect(),
    );
    section(
        &mut to,
        "packs.get",
        manifest
            .packs
            .iter()
            .map(|it| format!("{} {}", it.name, it.version))
            .collect(),
    );
    let writes = manifest.writes.iter().flat_map(|it| {
        it.actions.iter().map(move |action| {
            let needed = match action {
                WriteAction::Create => Action::Create,
                WriteAction::Update => Action::Update,
            };
            format!(
                "{} {}, asked by {}",
                action.as_str(),
                it.resource_type,
                by(&[needed], &it.resource_type)
            )
        })
    });
    section(
        &mut to,
        "may propose, about the patient of the call",
        writes.collect(),
    );
    let reactions = manifest.reactions.iter().map(|it| {
        let on: Vec<&str> = it.on.iter().map(|action| action.as_str()).collect();
        let condition = it
            .condition
            .as_deref()
            .map_or_else(String::new, |it| format!(", where {it}"));
        format!("{} of {}{condition}", on.join(" and "), it.resource_type)
    });
    section(&mut to, "is told of", reactions.collect());
    section(
        &mut to,
        "is asked for advice at",
        manifest
            .hooks
            .iter()
            .map(|it| it.hook.to_string())
            .collect(),
    );
    section(
        &mut to,
        "is handed messages",
        manifest.intake.iter().map(|it| it.format.clone()).collect(),
    );
    let screens = manifest.screens.iter();
    let screens = screens.map(|it| format!("{}, to {}", it.id, it.audience.join(", ")));
    section(&mut to, "draws", screens.collect());
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
