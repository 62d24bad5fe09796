//! The guests of `tests/hostile` as components, for tests and for the bench that looks at what they cost everybody else.
//!
//! Invariant: a guest is what its file says, with nothing put around it but the contract's types.

use std::path::PathBuf;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The one hostile guest that reacts; the others draw screens.
pub const REACTS: &str = "trap-in-proposal";

/// Where the guests are.
#[must_use]
pub fn folder() -> PathBuf {
    here("tests/hostile")
}

/// The names of all guests, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn names() -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).map_err(words)? {
        let name = entry.map_err(words)?.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".wat"));
        names.push(name.ok_or("a guest is a file in WAT")?.to_owned());
    }
    names.sort();
    Ok(names)
}

/// A whole component as it is written; a core module with the contract's types put around it.
///
/// # Errors
/// What is wrong with the file, in words.
pub fn component(name: &str) -> Result<Vec<u8>, String> {
    let wasm = wat::parse_file(folder().join(format!("{name}.wat"))).map_err(words)?;
    if name.ends_with(".component") {
        return Ok(wasm);
    }
    let mut module = wasm;
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(here("../../wit/released/0.1.0/departmental.wit"))
        .map_err(words)?;
    let world = if name == REACTS {
        "with-reactions"
    } else {
        "with-screens"
    };
    let world = resolve
        .select_world(&[package], Some(world))
        .map_err(words)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(words)?;
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(words)
}

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn words(why: impl std::fmt::Display) -> String {
    format!("{why:#}")
}
