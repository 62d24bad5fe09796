//! The guests of `tests/hostile` as components.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the guests are.
pub(crate) fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

/// A whole component as it is written; a core module with the contract's types put around it.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let wasm = wat::parse_file(folder().join(format!("{name}.wat"))).unwrap();
    if name.ends_with(".component") {
        return wasm;
    }
    let mut module = wasm;
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(workspace().join("wit/released/0.1.0/departmental.wit"))
        .unwrap();
    let world = if name == "trap-in-proposal" {
        "with-reactions"
    } else {
        "with-screens"
    };
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// The root of the workspace.
fn workspace() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
