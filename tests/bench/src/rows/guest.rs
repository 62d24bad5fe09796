//! The component that asks for rows and does nothing else: written by hand, so that no time of its own is measured.
//!
//! Invariant: it answers a screen only if it was given as many bytes as so many rows have at least.

use serde_json::{Value, json};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What it is called.
pub(super) const NAME: &str = "asker";
/// Its screen.
pub(super) const SCREEN: &str = "all";
/// Its view.
pub(super) const VIEW: &str = "results";
/// Columns of the view.
pub(super) const COLUMNS: usize = 5;

/// Bytes that a row has at least: five cells, of which one is a reference and one a moment.
const ROW_BYTES: usize = 40;
/// Where the words lie in its memory.
const VIEW_AT: usize = 1024;
const PARAMETERS_AT: usize = 1100;
const SCREEN_AT: usize = 2048;

/// What it asks for.
pub(super) fn manifest() -> Value {
    json!({
        "manifest": 1, "id": NAME, "name": "Asker", "version": "1.0.0", "supplier": "Palatine", "contract": "0.2",
        "screens": [{ "id": SCREEN, "title": "All", "place": "patient", "audience": ["clinician"] }],
        "views": [{
            "id": VIEW, "title": "Results", "reason": "To measure how long they take.", "search": ["date"],
            "view": { "resource": "Observation", "select": [{ "column": [
                { "name": "id", "path": "getResourceKey()" },
                { "name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime" },
                { "name": "code", "path": "code.coding.first().code", "type": "code" },
                { "name": "value", "path": "value.ofType(Quantity).value", "type": "decimal" },
                { "name": "unit", "path": "value.ofType(Quantity).unit", "type": "string" },
            ] }] },
        }],
    })
}

/// The component.
///
/// # Errors
/// When it cannot be encoded.
pub(super) fn component(rows: usize) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut module = wat::parse_str(text(rows))?;
    let mut resolve = Resolve::default();
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/departmental.wit");
    let (package, _) = resolve.push_path(contract)?;
    let world = resolve.select_world(&[package], Some("with-screens"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(ComponentEncoder::default()
        .module(&module)?
        .validate(true)
        .encode()?)
}

fn text(rows: usize) -> String {
    let parameters = json!({ "search": "_sort=-date", "count": rows }).to_string();
    let screen = json!({
        "screen": 1, "root": 0, "nodes": [{ "kind": "paragraph", "text": "They are here." }],
    })
    .to_string();
    let (view_bytes, parameters_bytes, screen_bytes) = (VIEW.len(), parameters.len(), screen.len());
    let least = rows * ROW_BYTES;
    let quoted = |text: &str| text.replace('"', "\\22");
    let (parameters, screen) = (quoted(&parameters), quoted(&screen));
    format!(
        r#"(module
  (import "palatine:departmental/chart@0.2.0" "rows" (func $rows (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 64)
  (data (i32.const {VIEW_AT}) "{VIEW}")
  (data (i32.const {PARAMETERS_AT}) "{parameters}")
  (data (i32.const {SCREEN_AT}) "{screen}")
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))
  (func (export "palatine:departmental/screens@0.2.0#open") (param i32 i32 i32 i32) (result i32)
    (call $rows (i32.const {VIEW_AT}) (i32.const {view_bytes}) (i32.const {PARAMETERS_AT}) (i32.const {parameters_bytes}) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (return (i32.const 16))))
    (if (i32.lt_u (i32.load (i32.const 24)) (i32.const {least})) (then (unreachable)))
    (i32.store (i32.const 20) (i32.const {SCREEN_AT}))
    (i32.store (i32.const 24) (i32.const {screen_bytes}))
    (i32.const 16))
  (func (export "palatine:departmental/screens@0.2.0#submit") (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))"#
    )
}
